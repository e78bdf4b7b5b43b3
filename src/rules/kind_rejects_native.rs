//! See the page.
#![doc = include_str!("kind_rejects_native.md")]

use super::{Finding, Rule, RuleKind, Subject, in_words};
use crate::config::Support;
use crate::diagnostic::Severity;
use crate::k8s::pod_spec::{Container, List, field};
use crate::k8s::workloads::{Verdict, WorkloadKind};

/// The rule.
pub static RULE: Rule = Rule {
    name: "kind-rejects-native",
    kind: RuleKind::Invalid,
    severity: Severity::Error,
    page: include_str!("kind_rejects_native.md"),
    check: Some(check),
};

fn check(subject: &Subject<'_>) -> Vec<Finding> {
    let (pod, moved) = (subject.pod, &subject.proposal.moved);
    let Some(kind) = pod.kind.filter(|_| !moved.is_empty()) else { return Vec::new() };
    if let Verdict::Refuse(why) = pod.verdict() {
        let message = format!("{} cannot be native in a {kind}: {why}", in_words(moved));
        let help = "leave it out by `workloads.exclude` or its annotation, or narrow the selection";
        return vec![RULE.finding(pod.list_path(List::Main), message, help)];
    }
    if let Support::TooOld(operator, release) = subject.config.cluster.support(kind) {
        let message = format!(
            "{} cannot be native in a {kind}: {} knows native sidecars from {} on, and `cluster.components` says {release}",
            in_words(moved),
            operator.name,
            operator.since
        );
        let help = "upgrade the operator, its CRDs included, then raise `cluster.components`";
        return vec![RULE.finding(pod.list_path(List::Main), message, help)];
    }
    if kind.rejects_resize_policy { resize_policies(subject, kind) } else { Vec::new() }
}

fn resize_policies(subject: &Subject<'_>, kind: &WorkloadKind) -> Vec<Finding> {
    // An empty list is none to Kubernetes' validation (`len(ctr.ResizePolicy) > 0`).
    let has_policy = |moved: &&Container<'_>| {
        let policy = field(subject.tree, moved.node, "resizePolicy");
        policy.is_some_and(|list| !subject.tree.entries(list).is_empty())
    };
    let find = |moved: &Container<'_>| {
        let message = format!(
            "`{}` has a resizePolicy, which the own validation of a {kind} rejects in `initContainers` whatever the release of Kubernetes",
            moved.name
        );
        RULE.finding(subject.pod.container_path(moved).key("resizePolicy"), message, "remove the resizePolicy")
    };
    subject.proposal.moved.iter().filter(has_policy).map(find).collect()
}
