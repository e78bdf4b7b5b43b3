//! See the page.
#![doc = include_str!("hpa_container_metric.md")]

use super::{Finding, Rule, RuleKind, Subject};
use crate::diagnostic::Severity;
use crate::index::in_words;
use crate::k8s::version::Version;

/// The rule.
pub static RULE: Rule = Rule {
    name: "hpa-container-metric",
    kind: RuleKind::Unsafe,
    severity: Severity::Error,
    page: include_str!("hpa_container_metric.md"),
    check: Some(check),
};

/// The controller takes the requests of native sidecars too (kubernetes#120001).
const FOUND: Version = Version::minor(29);

fn check(subject: &Subject<'_>) -> Vec<Finding> {
    let cluster = &subject.config.cluster;
    if subject.proposal.moved.is_empty() || cluster.min() >= FOUND {
        return Vec::new();
    }
    let workload = subject.workload();
    let scalers: Vec<_> = subject.index.scalers(workload).collect();
    let find = |moved: &crate::k8s::pod_spec::Container<'_>| {
        let users = scalers.iter().filter(|scaler| scaler.containers.iter().any(|name| name == moved.name));
        let users = in_words(users.map(|scaler| &scaler.origin));
        let message = format!(
            "the resources of `{}` are a metric of {users}, and before Kubernetes {FOUND} its requests are looked up in `containers` only, so nothing would be scaled; {}",
            moved.name,
            cluster.min_in_words()
        );
        let help = "scale by another container or by the whole pod, or wait for the upgrade";
        (!users.is_empty()).then(|| RULE.finding(subject.pod.container_path(moved), message, help))
    };
    subject.proposal.moved.iter().filter_map(find).collect()
}
