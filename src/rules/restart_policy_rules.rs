//! See the page.
#![doc = include_str!("restart_policy_rules.md")]

use super::{Finding, Rule, RuleKind, Subject};
use crate::config::Cluster;
use crate::diagnostic::Severity;
use crate::k8s::pod_spec::field;
use crate::k8s::version::Version;

/// The rule.
pub static RULE: Rule = Rule {
    name: "restart-policy-rules",
    kind: RuleKind::Invalid,
    severity: Severity::Error,
    page: include_str!("restart_policy_rules.md"),
    check: Some(check),
};

/// Rules on any container (KEP-5307): alpha in 1.34, beta and on in 1.35.
const RULES_GATE: &str = "ContainerRestartRules";
const RULES_ALPHA: Version = Version::minor(34);
const RULES_BETA: Version = Version::minor(35);
/// With it, rules are legal on native sidecars (KEP-5532): alpha in 1.35, beta and on in 1.36.
const RESTART_ALL_GATE: &str = "RestartAllContainersOnContainerExits";
const RESTART_ALL_BETA: Version = Version::minor(36);

fn check(subject: &Subject<'_>) -> Vec<Finding> {
    let Some(version) = first_rejecting(&subject.config.cluster) else { return Vec::new() };
    // An empty list is none to the API server.
    let rules = |moved: &crate::k8s::pod_spec::Container<'_>| {
        field(subject.tree, moved.node, "restartPolicyRules").map_or(&[][..], |list| subject.tree.entries(list))
    };
    let has_rules = subject.proposal.moved.iter().filter(|moved| !rules(moved).is_empty());
    let find = |moved: &crate::k8s::pod_spec::Container<'_>| {
        let message =
            format!("`{}` has restartPolicyRules, which Kubernetes {version} rejects on native sidecars", moved.name);
        let help = "remove them, or set `cluster.minVersion: \"1.36\"`, the first release that accepts them";
        RULE.finding(subject.pod.container_path(moved).key("restartPolicyRules"), message, help)
    };
    has_rules.map(find).collect()
}

/// The first release in the range that knows the field and forbids it on native sidecars.
fn first_rejecting(cluster: &Cluster) -> Option<Version> {
    let gate = |name: &str, default: bool| cluster.feature_gates.get(name).copied().unwrap_or(default);
    let rejects = |version: Version| {
        let knows_rules = version >= RULES_ALPHA && gate(RULES_GATE, version >= RULES_BETA);
        let allows_them = version >= RULES_BETA && gate(RESTART_ALL_GATE, version >= RESTART_ALL_BETA);
        knows_rules && !allows_them
    };
    cluster.range().first_with(RESTART_ALL_BETA, rejects)
}
