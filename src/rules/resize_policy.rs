//! See the page.
#![doc = include_str!("resize_policy.md")]

use super::{Finding, Rule, RuleKind, Subject};
use crate::diagnostic::Severity;
use crate::k8s::pod_spec::field;
use crate::k8s::version::Version;

/// The rule.
pub static RULE: Rule = Rule {
    name: "resize-policy",
    kind: RuleKind::Invalid,
    severity: Severity::Error,
    page: include_str!("resize_policy.md"),
    check: Some(check),
};

/// In-place resize: alpha in 1.27, on by default in 1.33; where it is off the field is dropped from every container.
const GATE: &str = "InPlacePodVerticalScaling";
/// The first release that accepts the field on native sidecars.
const ALLOWED: Version = Version::minor(33);

fn check(subject: &Subject<'_>) -> Vec<Finding> {
    let cluster = &subject.config.cluster;
    if cluster.min() >= ALLOWED || cluster.feature_gates.get(GATE) != Some(&true) {
        return Vec::new();
    }
    // An empty list is none to the API server (`len(ctr.ResizePolicy) > 0`).
    let policies = |moved: &crate::k8s::pod_spec::Container<'_>| {
        field(subject.tree, moved.node, "resizePolicy").map_or(&[][..], |list| subject.tree.entries(list))
    };
    let has_policy = subject.proposal.moved.iter().filter(|moved| !policies(moved).is_empty());
    let find = |moved: &crate::k8s::pod_spec::Container<'_>| {
        let message = format!(
            "`{}` has a resizePolicy, which Kubernetes before 1.33 rejects in `initContainers` where {GATE} is on, and {}",
            moved.name,
            cluster.min_in_words()
        );
        RULE.finding(
            subject.pod.container_path(moved).key("resizePolicy"),
            message,
            "remove it, or raise `cluster.minVersion` to \"1.33\"",
        )
    };
    has_policy.map(find).collect()
}
