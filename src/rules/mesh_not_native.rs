//! See the page.
#![doc = include_str!("mesh_not_native.md")]

use super::{Finding, Rule, RuleKind, Subject, in_words};
use crate::catalog::profile::{Placement, Role};
use crate::diagnostic::Severity;
use crate::k8s::pod_spec::Container;
use crate::select::profile_of;

/// The rule.
pub static RULE: Rule = Rule {
    name: "mesh-not-native",
    kind: RuleKind::Note,
    severity: Severity::Warning,
    page: include_str!("mesh_not_native.md"),
    check: Some(check),
};

fn check(subject: &Subject<'_>) -> Vec<Finding> {
    let proposal = subject.proposal;
    if proposal.moved.is_empty() {
        return Vec::new();
    }
    let moved = || in_words(&proposal.moved);
    // What no init container prepares redirects nothing.
    let redirects = |placement: &Placement| matches!(placement, Placement::After { .. });
    let is_mesh = |one: &&crate::select::Injected<'_>| {
        one.profile.role == Role::Proxy && redirects(&one.profile.placement) && !one.is_native
    };
    if let Some(mesh) = proposal.injected.iter().find(is_mesh) {
        let by_default = mesh.injector.default_since.as_ref();
        let by_default = by_default.map(|since| format!(", as it does by default from {since} on")).unwrap_or_default();
        let message = format!(
            "{} will start before the proxy that {} puts into the pod, and has no network until then, unless it makes that native{by_default}",
            moved(),
            mesh.injector.name
        );
        let help = match &mesh.injector.annotation {
            Some((name, value)) => format!("annotate the pod with {name}: \"{value}\", or run with `edits: All`"),
            None => "make the proxy native first".to_owned(),
        };
        return vec![RULE.finding(mesh.at.clone(), message, help)];
    }
    let left = redirected_to(subject);
    let find = |main: &Container<'_>| {
        let message = format!(
            "{} will start before `{}`, to which an init container has redirected the pod's traffic by then, and has no network until it runs",
            moved(),
            main.name
        );
        RULE.finding(subject.pod.container_path(main), message, format!("make `{}` native as well", main.name))
    };
    left.map(find).into_iter().collect()
}

/// The container that stays and is a mesh's proxy whose init container is in the pod.
fn redirected_to<'a>(subject: &Subject<'a>) -> Option<&'a Container<'a>> {
    let proposal = subject.proposal;
    if proposal.init.is_empty() {
        return None;
    }
    let all: Vec<_> = [&proposal.main, &proposal.moved, &proposal.init].into_iter().flatten().copied().collect();
    proposal.main.iter().find(|main| {
        let Some(profile) = profile_of(subject.tree, subject.config, main, &all) else { return false };
        let (Role::Proxy, Placement::After { containers, .. }) = (profile.role, &profile.placement) else {
            return false;
        };
        proposal.init.iter().any(|init| containers.iter().any(|glob| glob.matches(init.name)))
    })
}
