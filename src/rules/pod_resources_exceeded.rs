//! See the page.
#![doc = include_str!("pod_resources_exceeded.md")]

use super::effective_requests_raised::before_and_after;
use super::{Finding, Rule, RuleKind, Subject, listed};
use crate::diagnostic::Severity;
use crate::k8s::quantity::Quantity;
use crate::k8s::resources::{self, POD_LEVEL_BETA, POD_LEVEL_GATE, Side};

/// The rule.
pub static RULE: Rule = Rule {
    name: "pod-resources-exceeded",
    kind: RuleKind::Invalid,
    severity: Severity::Error,
    page: include_str!("pod_resources_exceeded.md"),
    check: Some(check),
};

fn check(subject: &Subject<'_>) -> Vec<Finding> {
    let cluster = &subject.config.cluster;
    let gate = cluster.feature_gates.get(POD_LEVEL_GATE).copied();
    let has_pod_level = |release| resources::has_pod_level(release, gate);
    let Some(release) = cluster.range().first_with(POD_LEVEL_BETA, has_pod_level) else { return Vec::new() };
    let stated = |side| resources::written(subject.tree, subject.pod.node, side);
    let (requests, limits) = (stated(Side::Requests), stated(Side::Limits));
    if subject.proposal.moved.is_empty() || (requests.is_empty() && limits.is_empty()) {
        return Vec::new();
    }
    let (before, after) = before_and_after(subject, Side::Requests);
    let mut findings = Vec::new();
    for (resource, amount) in &after {
        // Without a request of its own the pod requests what its containers need, which its limit must not be below.
        let (side, own) = match (requests.get(resource), limits.get(resource)) {
            (Some(own), _) => (Side::Requests, own),
            (None, Some(own)) => (Side::Limits, own),
            (None, None) => continue,
        };
        let (Some(own), Some(before), Some(after)) = (*own, before.get(resource).copied().flatten(), *amount) else {
            continue;
        };
        if before <= own && own < after {
            let at = subject.pod.path.key("resources").key(side.key()).key((*resource).to_owned());
            let message = message(subject, resource, side, [own, before, after]);
            let message = format!("{message}, and Kubernetes {release} rejects that");
            let help = format!(
                "use `position: {{type: Last}}`, which needs no more than now, or raise `resources.{}.{resource}` of the pod",
                side.key()
            );
            findings.push(RULE.finding(at, message, help));
        }
    }
    findings
}

fn message(subject: &Subject<'_>, resource: &str, side: Side, [own, before, after]: [Quantity; 3]) -> String {
    format!(
        "the pod's own {} of {resource} are {own}, and its containers, which need {before} now, would need {after} with {} before an init container",
        side.key(),
        listed(&subject.proposal.moved)
    )
}
