//! See the page.
#![doc = include_str!("post_start_gate.md")]

use super::{Finding, Rule, RuleKind, Subject, startup_deadlock};
use crate::diagnostic::Severity;
use crate::k8s::container::Hook;
use crate::k8s::pod_spec::Container;
use crate::lifecycle::Lifecycle;

/// The rule.
pub static RULE: Rule = Rule {
    name: "post-start-gate",
    kind: RuleKind::Note,
    severity: Severity::Info,
    page: include_str!("post_start_gate.md"),
    check: Some(check),
};

fn check(subject: &Subject<'_>) -> Vec<Finding> {
    let after = subject.after;
    let find = |moved: &Container<'_>| {
        after.action(moved, Hook::PostStart)?;
        // Those behind it in `containers` were held back already.
        let held = subject.proposal.main.iter().filter(|one| Lifecycle::stood_before(one, moved));
        let held: Vec<_> = held.map(|one| format!("`{}`", one.name)).collect();
        let at = after.path(moved, Hook::PostStart);
        let is_worse = || startup_deadlock::find(subject, after, moved).is_some_and(|finding| finding.at == at);
        if held.is_empty() || is_worse() {
            return None;
        }
        let message = format!(
            "{} will start only when the postStart hook of `{}` has succeeded; until now {} before it",
            held.join(", "),
            moved.name,
            if held.len() == 1 { "it started" } else { "they started" },
        );
        let help = "make sure that the hook ends soon, and needs nothing of the app";
        Some(RULE.finding(at, message, help))
    };
    subject.proposal.moved.iter().filter_map(find).collect()
}
