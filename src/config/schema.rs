//! The fields of the configuration as data: what each takes, and whether it works yet.

/// What a field takes.
#[derive(Debug, Clone, Copy)]
pub enum Shape {
    /// Any text.
    Text,
    /// `true` or `false`.
    Bool,
    /// A Kubernetes version as a string; may be empty.
    Version,
    /// A glob on container names.
    Glob,
    /// One of these words.
    Choice(&'static [&'static str]),
    /// A list of one shape.
    List(&'static Shape),
    /// A mapping from any name to one shape.
    Map(&'static Shape),
    /// A mapping with these fields.
    Object(&'static [Field]),
}

/// Whether a field works in this release.
#[derive(Debug, Clone, Copy)]
pub enum Status {
    /// All of it.
    Works,
    /// Only these of its choices.
    Only(&'static [&'static str]),
    /// Not yet: writing it is an error.
    Later,
}

/// One field.
#[derive(Debug, Clone, Copy)]
pub struct Field {
    /// Its key.
    pub name: &'static str,
    /// What it takes.
    pub shape: Shape,
    /// Whether it works.
    pub status: Status,
}

const fn works(name: &'static str, shape: Shape) -> Field {
    Field { name, shape, status: Status::Works }
}

const fn only(name: &'static str, shape: Shape, choices: &'static [&'static str]) -> Field {
    Field { name, shape, status: Status::Only(choices) }
}

const fn later(name: &'static str, shape: Shape) -> Field {
    Field { name, shape, status: Status::Later }
}

const TEXT_LIST: Shape = Shape::List(&Shape::Text);
const EDITS: Shape = Shape::Choice(&["None", "Safe", "All"]);

const POSITION: Shape = Shape::Object(&[
    only("type", Shape::Choice(&["Last", "First", "Before", "After"]), &["Last"]),
    later("container", Shape::Text),
]);

const STARTUP_PROBE: Shape = Shape::Object(&[
    only("source", Shape::Choice(&["Keep", "Profile", "FromReadiness", "Custom"]), &["Keep"]),
    later("probe", Shape::Map(&Shape::Text)),
]);

const SELECTOR: Shape = Shape::Object(&[
    later("group", Shape::Text),
    later("version", Shape::Text),
    later("kind", Shape::Text),
    later("name", Shape::Text),
    later("namespace", Shape::Text),
    later("labelSelector", Shape::Text),
    later("annotationSelector", Shape::Text),
]);

const CLUSTER: Shape = Shape::Object(&[
    works("minVersion", Shape::Version),
    later("maxVersion", Shape::Version),
    works("featureGates", Shape::Map(&Shape::Bool)),
    later("components", Shape::Map(&Shape::Text)),
]);

const SIDECAR: Shape = Shape::Object(&[
    works("container", Shape::Glob),
    later("image", Shape::Text),
    later("profile", Shape::Text),
    works("position", POSITION),
    works("startupProbe", STARTUP_PROBE),
    only("edits", EDITS, &["None"]),
]);

/// The fields of `spec`.
pub const SPEC: &[Field] = &[
    works("action", Shape::Choice(&["Convert", "Check"])),
    only("direction", Shape::Choice(&["ToNative", "ToLegacy"]), &["ToNative"]),
    works("cluster", CLUSTER),
    works(
        "workloads",
        Shape::Object(&[
            later("include", Shape::List(&SELECTOR)),
            later("exclude", Shape::List(&SELECTOR)),
            later("extraKinds", TEXT_LIST),
        ]),
    ),
    works("sidecars", Shape::List(&SIDECAR)),
    works("position", POSITION),
    works("startupProbe", STARTUP_PROBE),
    only("edits", EDITS, &["None"]),
    works(
        "catalog",
        Shape::Object(&[
            only("mode", Shape::Choice(&["Recommended", "Listed", "None"]), &["None"]),
            later("profiles", TEXT_LIST),
            later("workloads", Shape::Choice(&["RunToCompletion", "All"])),
            later("edition", Shape::Text),
        ]),
    ),
    later("profiles", TEXT_LIST),
    only("onRefusal", Shape::Choice(&["Fail", "Skip", "Auto"]), &["Fail", "Auto"]),
    works("strict", Shape::Bool),
    later("rules", Shape::Map(&Shape::Text)),
];

/// The fields of the whole object; what an orchestrator adds beside them is let through.
pub const ROOT: &[Field] = &[
    works("apiVersion", Shape::Text),
    works("kind", Shape::Text),
    works("metadata", Shape::Map(&Shape::Text)),
    works("spec", Shape::Object(SPEC)),
];
