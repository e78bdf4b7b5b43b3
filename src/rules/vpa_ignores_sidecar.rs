//! See the page.
#![doc = include_str!("vpa_ignores_sidecar.md")]

use super::{Finding, Rule, RuleKind, Subject};
use crate::diagnostic::Severity;
use crate::index::{Vpa, in_words};

/// The rule.
pub static RULE: Rule = Rule {
    name: "vpa-ignores-sidecar",
    kind: RuleKind::Note,
    severity: Severity::Warning,
    page: include_str!("vpa_ignores_sidecar.md"),
    check: Some(check),
};

fn check(subject: &Subject<'_>) -> Vec<Finding> {
    if subject.proposal.moved.is_empty() {
        return Vec::new();
    }
    let workload = subject.workload();
    let find = |vpa: &Vpa| {
        let lost = subject.proposal.moved.iter().filter(|moved| is_scaled(vpa, moved.name));
        let lost: Vec<_> = lost.collect();
        let names = in_words(lost.iter().map(|moved| format!("`{}`", moved.name)));
        let message = format!(
            "{} gives no recommendations for native sidecars, so {names} would keep the requests that are written (unless the gate NativeSidecar is on, planned for VPA 1.8)",
            vpa.origin
        );
        let first = lost.first()?;
        Some(RULE.finding(subject.pod.container_path(first), message, "write requests that suit it"))
    };
    subject.index.vpas(workload).filter_map(find).collect()
}

/// Whether a container gets something from the VPA now: by a policy of its own, or by the one for the others.
fn is_scaled(vpa: &Vpa, container: &str) -> bool {
    let policy = |name: &str| vpa.policies.iter().find(|(one, _)| one == name).map(|(_, is_on)| *is_on);
    match policy(container) {
        Some(is_on) => is_on,
        None => vpa.is_applied && policy("*").unwrap_or(true),
    }
}
