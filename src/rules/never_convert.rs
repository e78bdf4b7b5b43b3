//! See the page.
#![doc = include_str!("never_convert.md")]

use super::{Finding, Rule, RuleKind, Subject};
use crate::catalog::profile::Tier;
use crate::diagnostic::Severity;
use crate::propose::Treated;

/// The rule.
pub static RULE: Rule = Rule {
    name: "never-convert",
    kind: RuleKind::Unsafe,
    severity: Severity::Error,
    page: include_str!("never_convert.md"),
    check: Some(check),
};

fn check(subject: &Subject<'_>) -> Vec<Finding> {
    // What knows the container counts, whatever profile the configuration gives it.
    let find = |one: &Treated<'_>| {
        let profile = one.recognised.filter(|profile| profile.tier == Tier::C)?;
        let message = format!("`{}` must not become a native sidecar: {}", one.container.name, profile.reason);
        let help = format!(
            "leave it out of the configuration; `convert-sidecars catalog {}` says how it is recognised",
            profile.name
        );
        Some(RULE.finding(subject.pod.container_path(&one.container), message, help))
    };
    subject.proposal.treated.iter().filter_map(find).collect()
}
