//! The fields of a profile, for `spec.profiles`; the files of the catalogue have the same.
//!
//! [`crate::catalog::profile`] says what they mean.

use super::schema::{Field, PROBE, Shape, TEXT_LIST, works};

const VARIABLE: Shape = Shape::Object(&[
    works("name", Shape::Text, "", "its name; `*` stands for any characters"),
    works("value", Shape::Text, "", "its value, likewise; any value when it is left out"),
]);

const VARIABLES: Shape = Shape::List(&VARIABLE);

const ON_TEXTS: Shape = Shape::Object(&[
    works("any", TEXT_LIST, "", "one of these must hold"),
    works("all", TEXT_LIST, "", "all of these must hold"),
    works("none", TEXT_LIST, "", "none of these may hold"),
]);

const ON_VARIABLES: Shape = Shape::Object(&[
    works("any", VARIABLES, "", "one of these must be there"),
    works("all", VARIABLES, "", "all of these must be there"),
    works("none", VARIABLES, "", "none of these may be there"),
]);

const MATCH: Shape = Shape::Object(&[
    works("container", TEXT_LIST, "", "globs on the container's name, one of which must match"),
    works("image", TEXT_LIST, "", "globs on its image, as in `sidecars`, one of which must match"),
    works("command", ON_TEXTS, "", "patterns on a word of command and args, or on all of them with spaces between"),
    works("env", ON_VARIABLES, "", "variables"),
    works("beside", ON_TEXTS, "", "globs on the names of the other containers of the pod"),
]);

const PLACEMENT: Shape = Shape::Object(&[
    works("type", Shape::Choice(&["Last", "First", "After"]), "", "place in initContainers"),
    works(
        "containers",
        TEXT_LIST,
        "",
        "for After: entries of initContainers; the last one counts, and none of them means Last",
    ),
]);

const REQUIREMENT: Shape = Shape::Object(&[
    works("args", TEXT_LIST, "", "one of these arguments meets it"),
    works("env", VARIABLES, "", "or one of these variables"),
    works("add", Shape::Text, "", "an argument that `edits: All` may add to meet it"),
]);

const GATE: Shape = Shape::Object(&[
    works("probe", PROBE, "{tcpSocket: {port: 8080}}", "the probe, as in a container"),
    works("requires", Shape::List(&REQUIREMENT), "", "what the container must have for the probe to be answered"),
    works(
        "portFrom",
        Shape::Object(&[
            works("args", TEXT_LIST, "", "arguments that name another port than the probe's"),
            works("env", TEXT_LIST, "", "variables that do"),
        ]),
        "",
        "what sets the port",
    ),
    works("minTag", Shape::Version, "", "oldest version of the image that answers it, quoted"),
    works("fromReadiness", Shape::Bool, "", "take the handler of its own readiness probe where it has one"),
    works("source", Shape::Text, "", "who says so"),
]);

const EDIT: Shape = Shape::Object(&[
    works(
        "op",
        Shape::Choice(&[
            "RemovePreStop",
            "RemovePostStart",
            "SetPreStop",
            "RemoveArgs",
            "AddArgs",
            "SetEnv",
            "RemoveEnv",
            "SetAnnotation",
            "RemoveAnnotation",
            "MoveInAnnotation",
            "MoveInitFirst",
        ]),
        "",
        "what is done",
    ),
    works("applicability", Shape::Choice(&["Safe", "All"]), "", "at which level of `edits`"),
    works("reason", Shape::Text, "", "why"),
    works("source", Shape::Text, "", "who says so"),
    works("minTag", Shape::Version, "", "oldest version of the image that it works with, quoted"),
    works(
        "when",
        Shape::Object(&[
            works("exec", TEXT_LIST, "", "patterns on the command"),
            works("httpPath", TEXT_LIST, "", "patterns on the path"),
            works("sleep", Shape::Bool, "", "the hook is a sleep"),
        ]),
        "",
        "for RemovePreStop and RemovePostStart: which hooks; all of them when it is left out",
    ),
    works(
        "handler",
        Shape::Object(&[
            works("exec", Shape::Object(&[works("command", TEXT_LIST, "", "command and arguments")]), "", "a command"),
            works(
                "httpGet",
                Shape::Object(&[
                    works("path", Shape::Text, "", "path"),
                    works("port", Shape::IntOrText, "", "port"),
                    works("host", Shape::Text, "", "host"),
                    works("scheme", Shape::Choice(&["HTTP", "HTTPS"]), "", "scheme"),
                ]),
                "",
                "an HTTP request",
            ),
        ]),
        "",
        "for SetPreStop: the hook",
    ),
    works("args", TEXT_LIST, "", "for AddArgs: arguments; for RemoveArgs: patterns on them"),
    works("name", Shape::Text, "", "of the variable or annotation"),
    works("value", Shape::Text, "", "its value"),
    works("containers", TEXT_LIST, "", "for MoveInitFirst: names of init containers"),
]);

const INJECTOR: Shape = Shape::Object(&[
    works("name", Shape::Text, "", "its name"),
    works(
        "askedBy",
        Shape::Object(&[
            works("labels", VARIABLES, "", "labels of the pod template"),
            works("annotations", VARIABLES, "", "annotations of the pod template"),
        ]),
        "",
        "how a workload asks for it",
    ),
    works("annotation", VARIABLE, "", "annotation of the pod template that turns native sidecars on"),
    works("setting", Shape::Text, "", "setting of the injector that does"),
    works("since", Shape::Text, "", "its first release that can"),
    works("defaultSince", Shape::Text, "", "its first release that does by default"),
    works("source", Shape::Text, "", "who says so"),
]);

const SOURCE: Shape = Shape::Object(&[
    works("repository", Shape::Text, "", "owner/name on GitHub, or an address"),
    works("path", Shape::Text, "", "file in it"),
    works("says", Shape::Text, "", "what it says"),
]);

/// The fields of a profile.
pub(super) const PROFILE: &[Field] = &[
    works("name", Shape::Text, "\"audit-proxy\"", "its name, for `profile` and `catalog.profiles`"),
    works("title", Shape::Text, "", "what it is"),
    works(
        "role",
        Shape::Choice(&[
            "Proxy",
            "DatabaseProxy",
            "Identity",
            "Logs",
            "Telemetry",
            "Exporter",
            "Sync",
            "Runtime",
            "Main",
        ]),
        "",
        "what it does for the main container",
    ),
    works("tier", Shape::Choice(&["A", "B", "C"]), "A", "A: convert when recognised; B: only when named; C: never"),
    works("reason", Shape::Text, "", "for B and C: why not more freely"),
    works("edition", Shape::Text, "", "in files of the catalogue"),
    works(
        "match",
        Shape::List(&MATCH),
        "[{image: [example/audit-proxy]}]",
        "how it is recognised; one entry must match",
    ),
    works("mayBeMain", Shape::Bool, "", "whether it is also a common main container"),
    works(
        "workloads",
        Shape::Choice(&["RunToCompletion", "All"]),
        "",
        "in which workloads it is converted without being named; `catalog.workloads` limits it further",
    ),
    works(
        "readinessNeedsMain",
        Shape::Choice(&["Never", "Always", "Unknown"]),
        "",
        "whether its readiness depends on the main container",
    ),
    works("placement", PLACEMENT, "", "where it goes"),
    works("startupProbe", GATE, "", "its startup probe"),
    works("edits", Shape::List(&EDIT), "", "what its native form has beyond the move"),
    works("injector", INJECTOR, "", "who injects it"),
    works("notes", TEXT_LIST, "", "what else to know"),
    works("sources", Shape::List(&SOURCE), "", "where the facts come from"),
];
