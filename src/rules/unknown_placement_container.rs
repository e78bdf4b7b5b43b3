//! See the page.
#![doc = include_str!("unknown_placement_container.md")]

use super::{Finding, Rule, RuleKind, Subject};
use crate::diagnostic::Severity;
use crate::k8s::pod_spec::Container;

/// The rule.
pub static RULE: Rule = Rule {
    name: "unknown-placement-container",
    kind: RuleKind::Invalid,
    severity: Severity::Error,
    page: include_str!("unknown_placement_container.md"),
    check: Some(check),
};

fn check(subject: &Subject<'_>) -> Vec<Finding> {
    let find = |(moved, target): &(Container<'_>, String)| {
        let message = format!(
            "`{}` is to be placed next to `{target}`, which is neither an entry of `initContainers` nor another sidecar with a place of its own",
            moved.name
        );
        RULE.finding(
            subject.pod.container_path(moved),
            message,
            "correct `position.container`, or use `position: {type: Last}`",
        )
    };
    subject.proposal.misplaced.iter().map(find).collect()
}
