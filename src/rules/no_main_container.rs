//! See the page.
#![doc = include_str!("no_main_container.md")]

use super::{Finding, Rule, RuleKind, Subject};
use crate::diagnostic::Severity;
use crate::k8s::pod_spec::List;

/// The rule.
pub static RULE: Rule = Rule {
    name: "no-main-container",
    kind: RuleKind::Invalid,
    severity: Severity::Error,
    page: include_str!("no_main_container.md"),
    check: Some(check),
};

fn check(subject: &Subject<'_>) -> Vec<Finding> {
    // An operator adds the main container to an additive list.
    let has_main = !subject.proposal.main.is_empty() || subject.pod.place.is_additive;
    if has_main || subject.proposal.moved.is_empty() {
        return Vec::new();
    }
    let names: Vec<_> = subject.proposal.moved.iter().map(|container| container.name).collect();
    let message = format!(
        "every container of the pod is selected ({}), and a pod needs at least one entry in `containers`",
        names.join(", ")
    );
    vec![RULE.finding(
        subject.pod.list_path(List::Main),
        message,
        "narrow the selection so that the main container stays",
    )]
}
