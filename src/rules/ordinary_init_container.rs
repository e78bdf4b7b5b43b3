//! See the page.
#![doc = include_str!("ordinary_init_container.md")]

use super::{Finding, Rule, RuleKind, Subject};
use crate::diagnostic::Severity;

/// The rule.
pub static RULE: Rule = Rule {
    name: "ordinary-init-container",
    kind: RuleKind::Unsafe,
    severity: Severity::Error,
    page: include_str!("ordinary_init_container.md"),
    check: Some(check),
};

fn check(subject: &Subject<'_>) -> Vec<Finding> {
    let find = |init: &crate::k8s::pod_spec::Container<'_>| {
        let message = format!(
            "`{}` is named as a sidecar, and it is an ordinary init container, which must end before the pod goes on",
            init.name
        );
        let help =
            "take the name out of the configuration; if the container never ends, add `restartPolicy: Always` by hand";
        RULE.finding(subject.pod.container_path(init), message, help)
    };
    subject.proposal.ordinary.iter().map(find).collect()
}
