//! See the page.
#![doc = include_str!("marker_left_behind.md")]

use super::{Finding, Rule, RuleKind, Subject};
use crate::diagnostic::Severity;
use crate::select::declared::declarations;

/// The rule.
pub static RULE: Rule = Rule {
    name: "marker-left-behind",
    kind: RuleKind::Note,
    severity: Severity::Info,
    page: include_str!("marker_left_behind.md"),
    check: Some(check),
};

fn check(subject: &Subject<'_>) -> Vec<Finding> {
    let Subject { tree, pod, proposal, .. } = subject;
    let mut found: Vec<Finding> = Vec::new();
    for moved in &proposal.moved {
        let is_left = |marker: &str| !proposal.unmarked.iter().any(|(name, one)| *name == moved.name && one == marker);
        for declaration in declarations(tree, pod, moved).into_iter().filter(|one| is_left(&one.marker)) {
            let message = format!(
                "{} tells another tool to stop `{}` when the job is done, which the kubelet does for a native sidecar",
                declaration.marker, moved.name
            );
            let is_known = found.iter().any(|one| one.at == declaration.at && one.message == message);
            if !is_known {
                let help = "remove it once no cluster runs the legacy form any more";
                found.push(RULE.finding(declaration.at, message, help));
            }
        }
    }
    found
}
