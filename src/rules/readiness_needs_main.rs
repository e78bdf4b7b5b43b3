//! See the page.
#![doc = include_str!("readiness_needs_main.md")]

use super::{Finding, Rule, RuleKind, Subject};
use crate::catalog::profile::NeedsMain;
use crate::config::StartupProbe;
use crate::diagnostic::Severity;
use crate::propose::{Outcome, Treated};

/// The rule.
pub static RULE: Rule = Rule {
    name: "readiness-needs-main",
    kind: RuleKind::Unsafe,
    severity: Severity::Error,
    page: include_str!("readiness_needs_main.md"),
    check: Some(check),
};

fn check(subject: &Subject<'_>) -> Vec<Finding> {
    let is_copied = |one: &&Treated<'_>| {
        one.treatment.startup_probe == StartupProbe::FromReadiness && matches!(one.probe, Outcome::Added(_))
    };
    let find = |one: &Treated<'_>| {
        let profile = one.profile.filter(|profile| profile.readiness_needs_main == NeedsMain::Always)?;
        let message = format!(
            "`{}` is ready only when a main container is, and as a startup probe its readiness probe would keep that one from starting",
            one.container.name
        );
        let help = match profile.gate {
            Some(_) => "set `startupProbe: {source: Profile}` for it",
            None => "set `startupProbe: {source: Keep}` for it",
        };
        Some(RULE.finding(subject.pod.container_path(&one.container).key("readinessProbe"), message, help))
    };
    subject.proposal.treated.iter().filter(is_copied).filter_map(find).collect()
}
