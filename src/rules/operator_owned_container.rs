//! See the page.
#![doc = include_str!("operator_owned_container.md")]

use super::{Finding, Rule, RuleKind, Subject, in_words};
use crate::diagnostic::Severity;

/// The rule.
pub static RULE: Rule = Rule {
    name: "operator-owned-container",
    kind: RuleKind::Unsafe,
    severity: Severity::Error,
    page: include_str!("operator_owned_container.md"),
    check: Some(check),
};

fn check(subject: &Subject<'_>) -> Vec<Finding> {
    let Some(kind) = subject.pod.kind else { return Vec::new() };
    let owned = subject.proposal.moved.iter().filter(|moved| kind.owned.has(moved.name, moved.index));
    let owned: Vec<_> = owned.copied().collect();
    let Some(first) = owned.first() else { return Vec::new() };
    let by = if kind.owned.names.contains(&first.name) { "by its name" } else { "by its place as the first one" };
    let message =
        format!("{} in a {kind} is the operator's own, known {by}, and not a container beside it", in_words(&owned));
    let help = "narrow the selection so that it leaves out the operator's container";
    vec![RULE.finding(subject.pod.container_path(first), message, help)]
}
