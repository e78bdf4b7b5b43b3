//! See the page.
#![doc = include_str!("name_in_both_lists.md")]

use super::{Finding, Rule, RuleKind, Subject};
use crate::diagnostic::Severity;

/// The rule.
pub static RULE: Rule = Rule {
    name: "name-in-both-lists",
    kind: RuleKind::Invalid,
    severity: Severity::Error,
    page: include_str!("name_in_both_lists.md"),
    check: Some(check),
};

fn check(subject: &Subject<'_>) -> Vec<Finding> {
    let proposal = subject.proposal;
    let both = proposal.moved.iter().filter(|moved| proposal.init.iter().any(|init| init.name == moved.name));
    let find = |moved: &crate::k8s::pod_spec::Container<'_>| {
        let message =
            format!("`{}` is an entry of `initContainers` as well, and names must be unique in a pod", moved.name);
        let help = "remove one of the two; if this is a patch of a sidecar that was made native in a base, move the patch to `initContainers`";
        RULE.finding(subject.pod.container_path(moved), message, help)
    };
    both.map(find).collect()
}
