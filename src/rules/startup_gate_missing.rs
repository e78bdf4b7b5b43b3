//! See the page.
#![doc = include_str!("startup_gate_missing.md")]

use super::{Finding, Rule, RuleKind, Subject};
use crate::diagnostic::Severity;
use crate::propose::{NoProbe, Outcome, Treated};

/// The rule.
pub static RULE: Rule = Rule {
    name: "startup-gate-missing",
    kind: RuleKind::Note,
    severity: Severity::Info,
    page: include_str!("startup_gate_missing.md"),
    check: Some(check),
};

fn check(subject: &Subject<'_>) -> Vec<Finding> {
    let find = |one: &Treated<'_>| {
        let Outcome::Missing(why) = &one.probe else { return None };
        let (why, help) = match why {
            NoProbe::NoReadiness => ("it has no readiness probe to make one of".to_owned(), "write one by hand"),
            NoProbe::SharedReadiness => (
                "its readiness probe is brought in by a merge key, or holds an alias that leads nowhere".to_owned(),
                "write the probe out in the container",
            ),
            NoProbe::NoProfile => ("the catalogue knows none for it".to_owned(), "use `source: Custom` for it"),
            NoProbe::Unanswered(lack) => (lack.clone(), "change the container, or use `source: Custom` for it"),
        };
        let message = format!("`{}` gets no startup probe: {why}", one.container.name);
        Some(RULE.finding(subject.pod.container_path(&one.container), message, help))
    };
    subject.proposal.treated.iter().filter_map(find).collect()
}
