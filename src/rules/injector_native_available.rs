//! See the page.
#![doc = include_str!("injector_native_available.md")]

use super::{Finding, Rule, RuleKind, Subject, mesh_not_native};
use crate::diagnostic::Severity;
use crate::select::Injected;

/// The rule.
pub static RULE: Rule = Rule {
    name: "injector-native-available",
    kind: RuleKind::Note,
    severity: Severity::Info,
    page: include_str!("injector_native_available.md"),
    check: Some(check),
};

fn check(subject: &Subject<'_>) -> Vec<Finding> {
    if subject.proposal.injected.iter().all(|one| one.is_settled) {
        return Vec::new();
    }
    let told = mesh_not_native::RULE.check.map(|check| check(subject)).unwrap_or_default();
    let is_told = |one: &Injected<'_>| told.iter().any(|finding| finding.at == one.at);
    let find = |one: &Injected<'_>| {
        let (name, value) = one.injector.annotation.as_ref()?;
        let since = one.injector.since.as_ref().map(|since| format!(" (from {since} on)")).unwrap_or_default();
        let by_default = one.injector.default_since.as_ref();
        let by_default = by_default.map(|since| format!(", which is the default from {since} on")).unwrap_or_default();
        let message = format!(
            "{} puts its sidecar into the pod, and makes it native where the pod asks for it{since}{by_default}",
            one.injector.name
        );
        let help = format!("annotate the pod with {name}: \"{value}\", or run with `edits: All`");
        Some(RULE.finding(one.at.clone(), message, help))
    };
    let open = subject.proposal.injected.iter().filter(|one| !one.is_settled && !is_told(one));
    open.filter_map(find).collect()
}
