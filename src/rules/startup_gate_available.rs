//! See the page.
#![doc = include_str!("startup_gate_available.md")]

use super::{Finding, Rule, RuleKind, Subject, kubelet_bug};
use crate::config::StartupProbe;
use crate::diagnostic::Severity;
use crate::propose::Treated;

/// The rule.
pub static RULE: Rule = Rule {
    name: "startup-gate-available",
    kind: RuleKind::Note,
    severity: Severity::Info,
    page: include_str!("startup_gate_available.md"),
    check: Some(check),
};

fn check(subject: &Subject<'_>) -> Vec<Finding> {
    let is_open = |one: &&Treated<'_>| {
        one.treatment.startup_probe == StartupProbe::Keep
            && one.profile_answers
            && !subject.proposal.has_startup_probe(subject.tree, &one.container)
    };
    let open: Vec<_> = subject.proposal.treated.iter().filter(is_open).collect();
    let Some(first) = open.first() else { return Vec::new() };
    if kubelet_bug::stops_main_behind_a_startup_probe(subject) {
        return Vec::new();
    }
    let names: Vec<_> = open.iter().map(|one| format!("`{}`", one.container.name)).collect();
    let message = format!(
        "the main containers start as soon as {} runs, ready or not; the catalogue has a startup probe for it",
        names.join(" and ")
    );
    let help = "set `startupProbe: {source: Profile}`";
    vec![RULE.finding(subject.pod.container_path(&first.container), message, help)]
}
