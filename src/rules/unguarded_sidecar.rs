//! See the page.
#![doc = include_str!("unguarded_sidecar.md")]

use super::{Finding, Rule, RuleKind, Subject};
use crate::diagnostic::Severity;
use crate::k8s::container::Hook;
use crate::k8s::pod_spec::{Container, field};
use crate::k8s::version::Version;
use crate::propose::Op;

/// The rule.
pub static RULE: Rule = Rule {
    name: "unguarded-sidecar",
    kind: RuleKind::Note,
    severity: Severity::Info,
    page: include_str!("unguarded_sidecar.md"),
    check: Some(check),
};

/// Alpha: the field exists, and a server drops it unless its gate is on (KEP-753).
const ALPHA: Version = Version::minor(28);
/// Beta: the gate is on by default.
const BETA: Version = Version::minor(29);
const GATE: &str = "SidecarContainers";

fn check(subject: &Subject<'_>) -> Vec<Finding> {
    let cluster = &subject.config.cluster;
    // Below 1.28, and in it without the gate, `cluster-too-old` refuses.
    let is_alpha = (ALPHA..BETA).contains(&cluster.min());
    if !is_alpha || cluster.feature_gates.get(GATE) != Some(&true) {
        return Vec::new();
    }
    let unguarded: Vec<_> = subject.proposal.moved.iter().filter(|moved| !is_guarded(subject, moved)).collect();
    let Some(first) = unguarded.first() else { return Vec::new() };
    let names: Vec<_> = unguarded.iter().map(|container| format!("`{}`", container.name)).collect();
    let verb = if names.len() == 1 { "has" } else { "have" };
    let message = format!(
        "{} {verb} no probe and no lifecycle hook, so a server or node whose gate {GATE} is off takes the pod all the same and it waits in Init for ever; {}, and the gate is on by default from 1.29 on",
        names.join(", "),
        cluster.min_in_words()
    );
    let help = "add a startupProbe: where the field is lost the API server rejects the pod then";
    vec![RULE.finding(subject.pod.container_path(first), message, help)]
}

/// Whether the container has a field that an ordinary init container may not have, or gets one.
fn is_guarded(subject: &Subject<'_>, container: &Container<'_>) -> bool {
    let all = [Hook::StartupProbe, Hook::ReadinessProbe, Hook::LivenessProbe, Hook::PostStart, Hook::PreStop];
    let path = subject.pod.container_path(container);
    let is_added = |op: &Op| matches!(op, Op::Add { at, key, .. } if *at == path && key == "startupProbe");
    all.into_iter().any(|hook| hook.find(subject.tree, container.node).is_some())
        // A stop signal stands there as well (KEP-4960).
        || field(subject.tree, container.node, "lifecycle").is_some_and(|node| subject.tree.pairs(node).next().is_some())
        || subject.proposal.ops.iter().any(is_added)
}
