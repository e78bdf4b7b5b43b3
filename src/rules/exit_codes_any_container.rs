//! See the page.
#![doc = include_str!("exit_codes_any_container.md")]

use super::{Finding, Rule, RuleKind, Subject, listed};
use crate::diagnostic::Severity;

/// The rule.
pub static RULE: Rule = Rule {
    name: "exit-codes-any-container",
    kind: RuleKind::Note,
    severity: Severity::Warning,
    page: include_str!("exit_codes_any_container.md"),
    check: Some(check),
};

/// What a process ends with that is stopped and does not handle it: 128 and the number of the signal, SIGKILL or SIGTERM.
const STOPPED: [i128; 2] = [137, 143];

fn check(subject: &Subject<'_>) -> Vec<Finding> {
    let moved = &subject.proposal.moved;
    if moved.is_empty() {
        return Vec::new();
    }
    let Some(job) = subject.job() else { return Vec::new() };
    let rules = job.exit_codes(subject.tree);
    let is_met = |code: &&i128| rules.iter().any(|rule| rule.container.is_none() && rule.matches(**code));
    let codes: Vec<_> = STOPPED.iter().filter(is_met).map(ToString::to_string).collect();
    let first = rules.iter().find(|rule| rule.container.is_none() && STOPPED.iter().any(|code| rule.matches(*code)));
    let Some(rule) = first else { return Vec::new() };
    let at = job.path.key("podFailurePolicy").key("rules").index(rule.index).key("onExitCodes");
    let message = format!(
        "a rule of the Job's failure policy is for any container, and matches {}, with which {} may end when the main container has failed and the sidecar is stopped",
        codes.join(" and "),
        listed(moved)
    );
    vec![RULE.finding(at, message, "write `containerName` with the main container into the rule")]
}
