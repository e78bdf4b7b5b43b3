//! See the page.
#![doc = include_str!("restart_policy_conflict.md")]

use super::{Finding, Rule, RuleKind, Subject};
use crate::diagnostic::Severity;
use crate::k8s::pod_spec::{Container, field};

/// The rule.
pub static RULE: Rule = Rule {
    name: "restart-policy-conflict",
    kind: RuleKind::Unsafe,
    severity: Severity::Error,
    page: include_str!("restart_policy_conflict.md"),
    check: Some(check),
};

fn check(subject: &Subject<'_>) -> Vec<Finding> {
    let find = |moved: &Container<'_>| {
        let policy = field(subject.tree, moved.node, "restartPolicy")?;
        let written = subject.tree.scalar(policy).unwrap_or("");
        if written == "Always" || subject.tree.is_null(policy) {
            return None;
        }
        let message = format!(
            "`{}` has `restartPolicy: {written}` of its own, and a native sidecar is always restarted",
            moved.name
        );
        let at = subject.pod.container_path(moved).key("restartPolicy");
        Some(RULE.finding(
            at,
            message,
            "if the container may be restarted, remove its restartPolicy; else leave it where it is",
        ))
    };
    subject.proposal.moved.iter().filter_map(find).collect()
}
