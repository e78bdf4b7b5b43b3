//! See the page.
#![doc = include_str!("named_target_port.md")]

use super::{Finding, Rule, RuleKind, Subject};
use crate::diagnostic::Severity;
use crate::index::{Service, TargetPort, in_words};
use crate::k8s::container::Port;
use crate::k8s::pod_spec::{Container, List};
use crate::k8s::version::Version;

/// The rule.
pub static RULE: Rule = Rule {
    name: "named-target-port",
    kind: RuleKind::Unsafe,
    severity: Severity::Error,
    page: include_str!("named_target_port.md"),
    check: Some(check),
};

/// EndpointSlices look for named ports in native sidecars too (kubernetes#128850, first in 1.33.0).
const FOUND: Version = Version::minor(33);

fn check(subject: &Subject<'_>) -> Vec<Finding> {
    let moved = &subject.proposal.moved;
    let is_named = |container: &Container<'_>| subject.after.ports(container).iter().any(|port| port.name.is_some());
    if !moved.iter().any(is_named) {
        return Vec::new();
    }
    let services = subject.services();
    if services.is_empty() {
        return Vec::new();
    }
    let before = subject.pod.containers(subject.tree, List::Main);
    let after = after(subject);
    let mut found = Vec::new();
    for container in moved {
        for port in subject.after.ports(container) {
            found.extend(find(subject, services, (container, port), &before, &after));
        }
    }
    found
}

/// The containers in which a named port is looked up after the conversion, in their order.
fn after<'t>(subject: &Subject<'t>) -> Vec<Container<'t>> {
    let proposal = subject.proposal;
    let mut found = proposal.main.clone();
    if subject.config.cluster.min() >= FOUND {
        let init = subject.after.order().iter().filter(|one| subject.after.is_sidecar(one));
        found.extend(init);
    }
    found
}

/// The first container with a port of that name and protocol (Kubernetes `endpointslice/util`, `findPort`).
fn look_up<'s, 't, 'c>(
    subject: &'s Subject<'t>,
    all: &'s [Container<'c>],
    target: &TargetPort,
) -> Option<(&'s Container<'c>, &'s Port<'t>)> {
    all.iter().find_map(|container| {
        let is_target = |port: &&Port<'_>| port.name == Some(&target.name) && port.protocol == target.protocol;
        subject.after.ports(container).iter().find(is_target).map(|port| (container, port))
    })
}

fn find(
    subject: &Subject<'_>,
    services: &[&Service],
    (container, port): (&Container<'_>, &Port<'_>),
    before: &[Container<'_>],
    after: &[Container<'_>],
) -> Option<Finding> {
    let target = TargetPort::new(port.name?, port.protocol);
    let users: Vec<_> = services.iter().filter(|service| service.ports.contains(&target)).collect();
    let (first, _) = look_up(subject, before, &target)?;
    if users.is_empty() || first.index != container.index {
        return None;
    }
    let users = in_words(users.into_iter().map(|service| &service.origin));
    let cluster = &subject.config.cluster;
    let start = format!("`{}` of `{}` is a targetPort of {users}", target.name, container.name);
    let message = match look_up(subject, after, &target) {
        Some((_, other)) if other.number == port.number => return None,
        Some((other, _)) => {
            format!("{start}, and `{}` has a port of that name, which would get the traffic instead", other.name)
        }
        None => format!(
            "{start}, and before Kubernetes {FOUND} names of ports are looked up in `containers` only, so there would be no endpoint for it; {}",
            cluster.min_in_words()
        ),
    };
    let number = port.number.map_or_else(|| "the number".to_owned(), |number| number.to_string());
    let help = format!("write {number} as the targetPort, in the same change");
    let at = subject.pod.container_path(container).key("ports").index(port.index).key("name");
    Some(RULE.finding(at, message, help))
}
