//! See the page.
#![doc = include_str!("opt_in_kind.md")]

use super::{Finding, Rule, RuleKind, Subject, in_words};
use crate::diagnostic::Severity;
use crate::k8s::pod_spec::List;
use crate::k8s::workloads::Verdict;

/// The rule.
pub static RULE: Rule = Rule {
    name: "opt-in-kind",
    kind: RuleKind::Unsafe,
    severity: Severity::Error,
    page: include_str!("opt_in_kind.md"),
    check: Some(check),
};

fn check(subject: &Subject<'_>) -> Vec<Finding> {
    let (pod, moved) = (subject.pod, &subject.proposal.moved);
    let (Some(kind), Verdict::OptIn(why), false) = (pod.kind, pod.verdict(), moved.is_empty()) else {
        return Vec::new();
    };
    let message = format!("{} in a {kind} would become native only on request: {why}", in_words(moved));
    let help = "if the native form is right here, allow `opt-in-kind` on the workload; else leave the workload out";
    vec![RULE.finding(pod.list_path(List::Main), message, help)]
}
