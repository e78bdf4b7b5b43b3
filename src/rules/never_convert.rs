//! See the page.
#![doc = include_str!("never_convert.md")]

use super::{Finding, Rule, RuleKind, Subject};
use crate::catalog::profile::Tier;
use crate::diagnostic::Severity;
use crate::k8s::pod_spec::{Container, List};
use crate::select::profile_of;

/// The rule.
pub static RULE: Rule = Rule {
    name: "never-convert",
    kind: RuleKind::Unsafe,
    severity: Severity::Error,
    page: include_str!("never_convert.md"),
    check: Some(check),
};

fn check(subject: &Subject<'_>) -> Vec<Finding> {
    let Subject { tree, pod, proposal, config, .. } = subject;
    if proposal.moved.is_empty() {
        return Vec::new();
    }
    let all: Vec<_> = [List::Main, List::Init].into_iter().flat_map(|list| pod.containers(tree, list)).collect();
    // What knows the container counts, whatever profile the configuration gives it.
    let find = |moved: &Container<'_>| {
        let profile = profile_of(tree, config, moved, &all).filter(|profile| profile.tier == Tier::C)?;
        let message = format!("`{}` must not become a native sidecar: {}", moved.name, profile.reason);
        let help = format!(
            "leave it out of the configuration; `convert-sidecars catalog {}` says how it is recognised",
            profile.name
        );
        Some(RULE.finding(pod.container_path(moved), message, help))
    };
    proposal.moved.iter().filter_map(find).collect()
}
