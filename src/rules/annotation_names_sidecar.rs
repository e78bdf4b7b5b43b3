//! See the page.
#![doc = include_str!("annotation_names_sidecar.md")]

use super::{Finding, Rule, RuleKind, Subject};
use crate::diagnostic::Severity;
use crate::k8s::pod_spec::field;

/// The rule.
pub static RULE: Rule = Rule {
    name: "annotation-names-sidecar",
    kind: RuleKind::Note,
    severity: Severity::Warning,
    page: include_str!("annotation_names_sidecar.md"),
    check: Some(check),
};

/// Annotations of pods by which a tool finds a container, and finds it in `containers` only.
struct Row {
    /// How the annotation starts.
    prefix: &'static str,
    /// How it ends.
    suffix: &'static str,
    /// What becomes of it.
    effect: &'static str,
}

const ROWS: &[Row] = &[
    // velero `pkg/podexec/pod_command_executor.go`, `ensureContainerExists`; velero#9393.
    Row {
        prefix: "",
        suffix: ".velero.io/container",
        effect: "Velero up to 1.17 finds no native sidecar, so the hook fails",
    },
    // opentelemetry-operator#4635, merged after 2026-01-19.
    Row {
        prefix: "instrumentation.opentelemetry.io/",
        suffix: "container-names",
        effect: "releases of the OpenTelemetry operator before 2026 instrument no init container, so it would be left out",
    },
];

fn check(subject: &Subject<'_>) -> Vec<Finding> {
    let tree = subject.tree;
    // A pod has the annotations of its template; a Pod stands for itself.
    let above = subject.pod.path.above();
    let is_pod = above == subject.pod.object_path;
    let holder = if is_pod { Some(subject.pod.object) } else { subject.pod.template };
    let annotations = holder
        .and_then(|holder| field(tree, holder, "metadata"))
        .and_then(|metadata| field(tree, metadata, "annotations"));
    let mut found = Vec::new();
    for (key, value) in annotations.into_iter().flat_map(|annotations| tree.pairs(annotations)) {
        let (Some(key), Some(value)) = (tree.scalar(key), tree.scalar(value)) else { continue };
        let Some(row) = ROWS.iter().find(|row| key.starts_with(row.prefix) && key.ends_with(row.suffix)) else {
            continue;
        };
        let mut names = value.split(',').map(str::trim);
        let Some(name) = names.find(|name| subject.proposal.moved.iter().any(|moved| moved.name == *name)) else {
            continue;
        };
        let at = above.key("metadata").key("annotations").key(key.to_owned());
        let message = format!("the annotation {key} names `{name}`, and {}", row.effect);
        found.push(RULE.finding(at, message, "upgrade the tool first, or leave the container where it is"));
    }
    found
}
