//! See the page.
#![doc = include_str!("cluster_too_old.md")]

use super::{Finding, Rule, RuleKind, Subject};
use crate::diagnostic::Severity;
use crate::k8s::pod_spec::List;
use crate::k8s::version::Version;

/// The rule.
pub static RULE: Rule = Rule {
    name: "cluster-too-old",
    kind: RuleKind::Invalid,
    severity: Severity::Error,
    page: include_str!("cluster_too_old.md"),
    check: Some(check),
};

/// The feature gate of native sidecars (KEP-753, `pkg/features/kube_features.go`).
const GATE: &str = "SidecarContainers";
/// Alpha: the field exists, the gate is off by default.
const ALPHA: Version = Version::minor(28);
/// Beta: the gate is on by default.
const BETA: Version = Version::minor(29);
/// GA: the gate is locked on.
const GA: Version = Version::minor(33);

fn check(subject: &Subject<'_>) -> Vec<Finding> {
    let cluster = &subject.config.cluster;
    if subject.proposal.moved.is_empty() {
        return Vec::new();
    }
    let version = cluster.min();
    let gate = cluster.feature_gates.get(GATE).copied();
    let at = || subject.pod.list_path(List::Init);
    if version < ALPHA {
        let message = format!("native sidecars need Kubernetes 1.29, and `cluster.minVersion` is {version}");
        return vec![RULE.finding(at(), message, "upgrade the cluster, then raise `cluster.minVersion`")];
    }
    if version < BETA && gate != Some(true) {
        let message =
            format!("native sidecars are off by default in Kubernetes 1.28, and `cluster.minVersion` is {version}");
        let help = "if the feature gate is on in every API server and node, set `cluster.featureGates: {SidecarContainers: true}`";
        return vec![RULE.finding(at(), message, help)];
    }
    if version < GA && gate == Some(false) {
        let message =
            format!("native sidecars need the feature gate {GATE}, and `cluster.featureGates` says that it is off");
        return vec![RULE.finding(at(), message, "turn the feature gate on, or remove the line if it is on")];
    }
    Vec::new()
}
