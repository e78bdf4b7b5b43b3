//! See the page.
#![doc = include_str!("operator_makes_native.md")]

use super::{Finding, Rule, RuleKind, Subject, in_words};
use crate::diagnostic::Severity;
use crate::k8s::pod_spec::List;
use crate::k8s::workloads::Verdict;

/// The rule.
pub static RULE: Rule = Rule {
    name: "operator-makes-native",
    kind: RuleKind::Note,
    severity: Severity::Info,
    page: include_str!("operator_makes_native.md"),
    check: Some(check),
};

fn check(subject: &Subject<'_>) -> Vec<Finding> {
    let (pod, left) = (subject.pod, &subject.proposal.left);
    let (Some(kind), Verdict::ByItself(how), false) = (pod.kind, pod.verdict(), left.is_empty()) else {
        return Vec::new();
    };
    let message = format!("{} in a {kind} is left as it is: {how}", in_words(left));
    vec![RULE.finding(pod.list_path(List::Main), message, "set it in the operator's configuration")]
}
