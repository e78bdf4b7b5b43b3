//! See the page.
#![doc = include_str!("restart_policy_outside_init.md")]

use super::{Finding, Rule, RuleKind, Subject};
use crate::diagnostic::Severity;
use crate::k8s::pod_spec::field;

/// The rule.
pub static RULE: Rule = Rule {
    name: "restart-policy-outside-init",
    kind: RuleKind::Note,
    severity: Severity::Warning,
    page: include_str!("restart_policy_outside_init.md"),
    check: Some(check),
};

fn check(subject: &Subject<'_>) -> Vec<Finding> {
    let tree = subject.tree;
    let policy = |main: &crate::k8s::pod_spec::Container<'_>| {
        field(tree, main.node, "restartPolicy").and_then(|policy| tree.scalar(policy)) == Some("Always")
    };
    let find = |main: &crate::k8s::pod_spec::Container<'_>| {
        let message = format!(
            "`{}` has `restartPolicy: Always` in `containers`, which makes no native sidecar: rejected up to Kubernetes 1.33, dropped in 1.34, a restart policy of its own from 1.35 on",
            main.name
        );
        let help = "if it is a sidecar, select it; else remove the line";
        RULE.finding(subject.pod.container_path(main).key("restartPolicy"), message, help)
    };
    subject.proposal.main.iter().filter(|main| policy(main)).map(find).collect()
}
