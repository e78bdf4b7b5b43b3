//! See the page.
#![doc = include_str!("effective_requests_raised.md")]

use super::{Finding, Rule, RuleKind, Subject, listed};
use crate::diagnostic::Severity;
use crate::k8s::pod_spec::{Container, List};
use crate::k8s::resources::{self, Amounts, Init, Side};
use crate::select::is_native;

/// The rule.
pub static RULE: Rule = Rule {
    name: "effective-requests-raised",
    kind: RuleKind::Note,
    severity: Severity::Warning,
    page: include_str!("effective_requests_raised.md"),
    check: Some(check),
};

fn check(subject: &Subject<'_>) -> Vec<Finding> {
    // What starts behind every ordinary init container adds to none of them, and its sum with the others is as it was.
    let (order, after) = (subject.after.order(), subject.after);
    let last = order.iter().rposition(|one| one.list == List::Init && !after.is_sidecar(one));
    let mut before = order.iter().take(last.unwrap_or(0));
    if !before.any(|one| one.list == List::Main) {
        return Vec::new();
    }
    let overhead = resources::overhead(subject.tree, subject.pod.node);
    let mut raised = Vec::new();
    for side in [Side::Requests, Side::Limits] {
        let (mut before, mut after) = before_and_after(subject, side);
        if side == Side::Requests {
            resources::add(&mut before, &overhead);
            resources::add(&mut after, &overhead);
        }
        let own = own_amounts(subject, side);
        for (resource, amount) in after.iter().filter(|(resource, _)| !own.contains_key(*resource)) {
            if let (Some(before), Some(after)) = (before.get(resource).copied().flatten(), *amount)
                && before < after
            {
                raised.push(format!("{}.{resource} from {before} to {after}", side.key()));
            }
        }
    }
    if raised.is_empty() {
        return Vec::new();
    }
    let message = format!(
        "{} would run beside an init container behind it, which raises what the pod effectively needs: {}",
        listed(&subject.proposal.moved),
        raised.join(", ")
    );
    let help = "use `position: {type: Last}`, which never raises it, or see that quotas and nodes have room";
    vec![RULE.finding(subject.pod.list_path(List::Init), message, help)]
}

/// What the pod states for itself, where that counts instead of what its containers need: in the oldest release and so
/// in all (KEP-2837; `PodRequests` in `component-helpers/resource/helpers.go`).
fn own_amounts<'a>(subject: &Subject<'a>, side: Side) -> Amounts<'a> {
    let cluster = &subject.config.cluster;
    let gate = cluster.feature_gates.get(resources::POD_LEVEL_GATE).copied();
    if resources::has_pod_level(cluster.min(), gate) {
        resources::written(subject.tree, subject.pod.node, side)
    } else {
        Amounts::new()
    }
}

/// What the containers of the pod effectively need, as they stand and as they would.
pub(super) fn before_and_after<'a>(subject: &Subject<'a>, side: Side) -> (Amounts<'a>, Amounts<'a>) {
    let (tree, proposal) = (subject.tree, subject.proposal);
    let asked = |node| resources::asked(tree, node, side);
    let init = |one: &Container<'a>| Init {
        is_sidecar: one.list == List::Main || is_native(tree, one),
        amounts: asked(one.node),
    };
    let main: Vec<_> = proposal.main.iter().map(|one| asked(one.node)).collect();
    let all: Vec<_> = main.iter().cloned().chain(proposal.moved.iter().map(|one| asked(one.node))).collect();
    let before: Vec<_> = proposal.init.iter().map(init).collect();
    let after: Vec<_> = proposal.init_in_order().iter().map(init).collect();
    (resources::effective(&before, &all), resources::effective(&after, &main))
}
