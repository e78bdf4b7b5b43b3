//! See the page.
#![doc = include_str!("pod_failure_policy_target.md")]

use super::{Finding, Rule, RuleKind, Subject};
use crate::diagnostic::Severity;

/// The rule.
pub static RULE: Rule = Rule {
    name: "pod-failure-policy-target",
    kind: RuleKind::Unsafe,
    severity: Severity::Error,
    page: include_str!("pod_failure_policy_target.md"),
    check: Some(check),
};

fn check(subject: &Subject<'_>) -> Vec<Finding> {
    let moved = &subject.proposal.moved;
    if moved.is_empty() {
        return Vec::new();
    }
    let Some(job) = subject.job() else { return Vec::new() };
    let rules = job.exit_codes(subject.tree);
    let is_moved = |name: &str| moved.iter().any(|one| one.name == name);
    let hit = rules.iter().find_map(|rule| Some((rule, rule.container.filter(|name| is_moved(name))?)));
    let Some((rule, name)) = hit else { return Vec::new() };
    let at = job.path.key("podFailurePolicy").key("rules").index(rule.index).key("onExitCodes").key("containerName");
    let message = format!(
        "the Job's failure policy waits for exit codes of `{name}`, which as a native sidecar is restarted when it fails, so the rule would hardly ever apply"
    );
    let help = "leave the container in `containers`, or take the rule out of the policy if its failures need no answer";
    vec![RULE.finding(at, message, help)]
}
