//! The fields of the configuration as data: what each takes, what it means, and whether it works yet.
//!
//! The walker in [`validate`](super::validate), the annotated `function-config.yaml` and the OpenAPI schema
//! ([`document`](super::document)) all come from this table.

use super::profile_schema::PROFILE;

/// What a field takes.
#[derive(Debug, Clone, Copy)]
pub enum Shape {
    /// Any text.
    Text,
    /// `true` or `false`.
    Bool,
    /// A whole number.
    Int,
    /// A whole number or a text, such as a port.
    IntOrText,
    /// A Kubernetes version as a string; may be empty.
    Version,
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
}

/// One field.
#[derive(Debug, Clone, Copy)]
pub struct Field {
    /// Its key.
    pub name: &'static str,
    /// What it takes.
    pub shape: Shape,
    /// Its default, as YAML in one line; empty for objects, whose fields have their own.
    pub default: &'static str,
    /// What it means, in one line.
    pub doc: &'static str,
    /// Whether it works.
    pub status: Status,
}

pub(super) const fn works(name: &'static str, shape: Shape, default: &'static str, doc: &'static str) -> Field {
    Field { name, shape, default, doc, status: Status::Works }
}

const fn only(
    name: &'static str,
    shape: Shape,
    default: &'static str,
    doc: &'static str,
    choices: &'static [&'static str],
) -> Field {
    Field { name, shape, default, doc, status: Status::Only(choices) }
}

pub(super) const TEXT_LIST: Shape = Shape::List(&Shape::Text);
const EDITS: Shape = Shape::Choice(&["None", "Safe", "All"]);

const HEADER: Shape =
    Shape::Object(&[works("name", Shape::Text, "", "its name"), works("value", Shape::Text, "", "its value")]);

/// A probe (Kubernetes 1.36 API, `core/v1 Probe`).
pub(super) const PROBE: Shape = Shape::Object(&[
    works(
        "exec",
        Shape::Object(&[works("command", TEXT_LIST, "[]", "command and arguments")]),
        "",
        "a command that exits 0",
    ),
    works(
        "httpGet",
        Shape::Object(&[
            works("path", Shape::Text, "", "path"),
            works("port", Shape::IntOrText, "", "number, or name of a port of the same container"),
            works("host", Shape::Text, "", "host, the pod's own address by default"),
            works("scheme", Shape::Choice(&["HTTP", "HTTPS"]), "HTTP", "scheme"),
            works("httpHeaders", Shape::List(&HEADER), "[]", "headers"),
        ]),
        "",
        "an HTTP request that is answered with a status from 200 to 399",
    ),
    works(
        "tcpSocket",
        Shape::Object(&[
            works("port", Shape::IntOrText, "", "number, or name of a port of the same container"),
            works("host", Shape::Text, "", "host, the pod's own address by default"),
        ]),
        "",
        "a port that accepts connections",
    ),
    works(
        "grpc",
        Shape::Object(&[
            works("port", Shape::Int, "", "port"),
            works("service", Shape::Text, "", "service of the health check request"),
        ]),
        "",
        "a gRPC health check",
    ),
    works("initialDelaySeconds", Shape::Int, "0", "seconds before the first try"),
    works("timeoutSeconds", Shape::Int, "1", "seconds until a try fails"),
    works("periodSeconds", Shape::Int, "10", "seconds between tries"),
    works("successThreshold", Shape::Int, "1", "must be 1 for startup probes"),
    works("failureThreshold", Shape::Int, "3", "failed tries until the container is restarted"),
    works("terminationGracePeriodSeconds", Shape::Int, "", "seconds between SIGTERM and SIGKILL when the probe fails"),
]);

const POSITION: Shape = Shape::Object(&[
    works(
        "type",
        Shape::Choice(&["Last", "First", "Before", "After"]),
        "Last",
        "place in initContainers; Last keeps the order of start and the effective resource requests, unless its profile has a place for it",
    ),
    works("container", Shape::Text, "\"\"", "for Before and After: the entry of initContainers that is meant"),
]);

const STARTUP_PROBE: Shape = Shape::Object(&[
    works(
        "source",
        Shape::Choice(&["Keep", "Profile", "FromReadiness", "Custom"]),
        "Keep",
        "where the sidecar has none; Keep: add none; Profile: the catalogue's; FromReadiness: its readiness probe with time to start; Custom: `probe`",
    ),
    works("probe", PROBE, "{}", "for Custom: the probe, as in a container"),
]);

const SELECTOR: Shape = Shape::Object(&[
    works("group", Shape::Text, "\"\"", "regular expression on the API group, anchored"),
    works("version", Shape::Text, "\"\"", "regular expression on the API version, anchored"),
    works("kind", Shape::Text, "\"\"", "regular expression on the kind, anchored"),
    works("name", Shape::Text, "\"\"", "regular expression on metadata.name, anchored"),
    works("namespace", Shape::Text, "\"\"", "regular expression on metadata.namespace, anchored"),
    works("labelSelector", Shape::Text, "\"\"", "label selector, e.g. \"app=web,tier in (a,b)\""),
    works("annotationSelector", Shape::Text, "\"\"", "the same on annotations"),
]);

const EXTRA_KIND: Shape = Shape::Object(&[
    works("apiVersion", Shape::Text, "\"example.com/v1\"", "group and version of the kind"),
    works("kind", Shape::Text, "\"Runner\"", "the kind"),
    works(
        "podSpecPath",
        Shape::Text,
        "\"spec.pools[].template.spec\"",
        "path to the pod spec; [] steps into every entry of a list",
    ),
    works("runsToCompletion", Shape::Bool, "false", "whether its pods end by themselves, as a Job's do"),
]);

const CLUSTER: Shape = Shape::Object(&[
    works(
        "minVersion",
        Shape::Version,
        "\"\"",
        "oldest control plane and node that the output must run on, quoted; empty: 1.29 is assumed",
    ),
    works("maxVersion", Shape::Version, "\"\"", "newest one; empty: no limit"),
    works(
        "featureGates",
        Shape::Map(&Shape::Bool),
        "{}",
        "gates that differ from the release's defaults; SidecarContainers: true is needed for 1.28",
    ),
    works(
        "components",
        Shape::Map(&Shape::Version),
        "{}",
        "oldest release of each operator whose kinds carry pods, quoted, e.g. {argo-rollouts: \"1.7\"}; docs/kinds.md has their names",
    ),
]);

const SIDECAR: Shape = Shape::Object(&[
    works("container", Shape::Text, "\"istio-proxy\"", "glob on the container's name"),
    works(
        "image",
        Shape::Text,
        "\"istio/proxyv2\"",
        "glob on the image's repository, whole trailing path segments; registry, tag and digest count only when written",
    ),
    works(
        "profile",
        Shape::Text,
        "\"\"",
        "alone: what the catalogue recognises as this; beside the others: use this profile; None: use none",
    ),
    works("position", POSITION, "", "instead of spec.position"),
    works("startupProbe", STARTUP_PROBE, "", "instead of spec.startupProbe"),
    works("edits", EDITS, "Safe", "instead of spec.edits"),
]);

/// The fields of `spec`.
pub const SPEC: &[Field] = &[
    works(
        "action",
        Shape::Choice(&["Convert", "Check"]),
        "Convert",
        "Check changes nothing: every conversion that is due is an error",
    ),
    only(
        "direction",
        Shape::Choice(&["ToNative", "ToLegacy"]),
        "ToNative",
        "from legacy sidecars to native ones",
        &["ToNative"],
    ),
    works("cluster", CLUSTER, "", "what the output must run on"),
    works(
        "workloads",
        Shape::Object(&[
            works(
                "include",
                Shape::List(&SELECTOR),
                "[]",
                "objects to look at, all by default; every field of an entry must match",
            ),
            works("exclude", Shape::List(&SELECTOR), "[]", "objects to leave alone"),
            works("extraKinds", Shape::List(&EXTRA_KIND), "[]", "pod specs in kinds that are not built in"),
        ]),
        "",
        "which objects",
    ),
    works(
        "sidecars",
        Shape::List(&SIDECAR),
        "[]",
        "which containers; the first entry that matches a container wins, and what an entry states must all match",
    ),
    works("position", POSITION, "", "where sidecars go, unless their entry says otherwise"),
    works("startupProbe", STARTUP_PROBE, "", "their startup probe, unless their entry says otherwise"),
    works(
        "edits",
        EDITS,
        "Safe",
        "edits beyond the move; Safe: those that keep the meaning and that upstream makes as well; All: those to look at too",
    ),
    works(
        "catalog",
        Shape::Object(&[
            works(
                "mode",
                Shape::Choice(&["Recommended", "Listed", "None"]),
                "Recommended",
                "which well-known sidecars are selected without being named; Recommended: those of tier A",
            ),
            works("profiles", TEXT_LIST, "[]", "for Listed: names of profiles"),
            works(
                "workloads",
                Shape::Choice(&["RunToCompletion", "All"]),
                "RunToCompletion",
                "in which workloads; RunToCompletion: those whose pods end by themselves, as a Job's do",
            ),
            works("edition", Shape::Text, "\"\"", "use the catalogue as it was, e.g. \"2026.11\"; empty: as it is"),
        ]),
        "",
        "well-known sidecars",
    ),
    works("profiles", Shape::List(&Shape::Object(PROFILE)), "[]", "your own entries of the catalogue, in its form"),
    works(
        "onRefusal",
        Shape::Choice(&["Fail", "Skip", "Auto"]),
        "Auto",
        "Fail: one refused workload fails the call; Skip: it is left alone with a warning; Auto: Fail for what is named explicitly",
    ),
    works("strict", Shape::Bool, "false", "true: notes about the configuration itself are errors"),
    works(
        "rules",
        Shape::Map(&Shape::Choice(&["Error", "Warning", "Info", "Off"])),
        "{}",
        "severity of a rule by its name; what stands at Error refuses the workload",
    ),
];

/// The fields of the whole object; what an orchestrator adds beside them is let through.
pub const ROOT: &[Field] = &[
    works("apiVersion", Shape::Text, "", ""),
    works("kind", Shape::Text, "", ""),
    works("metadata", Shape::Object(&[]), "", "as for any object"),
    works("spec", Shape::Object(SPEC), "", ""),
];
