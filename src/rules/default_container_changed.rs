//! See the page.
#![doc = include_str!("default_container_changed.md")]

use super::{Finding, Rule, RuleKind, Subject};
use crate::diagnostic::Severity;

/// The rule.
pub static RULE: Rule = Rule {
    name: "default-container-changed",
    kind: RuleKind::Note,
    severity: Severity::Info,
    page: include_str!("default_container_changed.md"),
    check: Some(check),
};

/// What kubectl asks first (KEP-2227).
const ANNOTATION: &str = "kubectl.kubernetes.io/default-container";

fn check(subject: &Subject<'_>) -> Vec<Finding> {
    let is_named = |all| subject.tree.get(all, ANNOTATION).is_some();
    // Where the list only adds to the operator's containers, the first of them is not the pod's first.
    if subject.pod.place.is_additive || subject.pod_metadata("annotations").is_some_and(is_named) {
        return Vec::new();
    }
    let moved = subject.proposal.moved.iter().find(|container| container.index == 0);
    let (Some(moved), Some(main)) = (moved, subject.proposal.main.first()) else { return Vec::new() };
    let message = format!(
        "`kubectl logs` and `exec` without -c take the first of `containers`: that was `{}` and will be `{}`",
        moved.name, main.name
    );
    let help = format!("if somebody counts on it, annotate the pod with {ANNOTATION}: {}", moved.name);
    vec![RULE.finding(subject.pod.container_path(moved), message, help)]
}
