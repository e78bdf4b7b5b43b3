//! See the page.
#![doc = include_str!("immutable_workload.md")]

use super::{Finding, Rule, RuleKind, Subject};
use crate::diagnostic::Severity;
use crate::k8s::pod_spec::field;

/// The rule.
pub static RULE: Rule = Rule {
    name: "immutable-workload",
    kind: RuleKind::Note,
    severity: Severity::Info,
    page: include_str!("immutable_workload.md"),
    check: Some(check),
};

/// Annotations with which an object is made anew and never changed: those of hooks, whatever their value.
const HOOKS: [&str; 2] = ["argocd.argoproj.io/hook", "helm.sh/hook"];
/// Annotations with which a deployer replaces what it cannot change, and the words that the value must have.
const REPLACING: [(&str, &[&str]); 2] = [
    ("argocd.argoproj.io/sync-options", &["Force=true", "Replace=true"]),
    ("kustomize.toolkit.fluxcd.io/force", &["enabled"]),
];

fn check(subject: &Subject<'_>) -> Vec<Finding> {
    let (tree, pod) = (subject.tree, subject.pod);
    let Some(kind) = pod.kind.filter(|kind| kind.is_immutable && !subject.proposal.moved.is_empty()) else {
        return Vec::new();
    };
    let metadata = field(tree, pod.object, "metadata");
    let name = metadata.and_then(|metadata| tree.scalar(field(tree, metadata, "name")?)).unwrap_or("");
    let annotations = metadata.and_then(|metadata| field(tree, metadata, "annotations"));
    let annotation = |key: &str| annotations.and_then(|all| tree.scalar(field(tree, all, key)?));
    let is_replaced = REPLACING.iter().any(|(key, words)| {
        let has = |value: &str, word: &str| value.split(',').any(|one| one.trim() == word);
        annotation(key).is_some_and(|value| words.iter().all(|word| has(value, word)))
    });
    if name.is_empty() || is_replaced || HOOKS.iter().any(|key| annotation(key).is_some()) {
        return Vec::new();
    }
    let message =
        format!("the containers of a live {kind} are fixed, so one named `{name}` does not take the native form");
    let help = "delete the live one before the next apply, or give this one another name";
    vec![RULE.finding(pod.object_path.key("metadata").key("name"), message, help)]
}
