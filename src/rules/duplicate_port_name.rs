//! See the page.
#![doc = include_str!("duplicate_port_name.md")]

use super::{Finding, Rule, RuleKind, Subject};
use crate::diagnostic::Severity;
use crate::k8s::container::Port;
use crate::k8s::pod_spec::{Container, List};
use crate::k8s::version::Version;

/// The rule.
pub static RULE: Rule = Rule {
    name: "duplicate-port-name",
    kind: RuleKind::Note,
    severity: Severity::Warning,
    page: include_str!("duplicate_port_name.md"),
    check: Some(check),
};

/// The first release whose EndpointSlices know the port names of native sidecars (kubernetes#128850).
const SIDECARS_KNOWN: Version = Version::minor(33);

/// A port and the container that has it.
type Held<'t> = (Container<'t>, Port<'t>);

fn check(subject: &Subject<'_>) -> Vec<Finding> {
    let after = subject.after;
    let is_moved = |container: &Container<'_>| container.list == List::Main && after.is_sidecar(container);
    let before = held(subject, &subject.pod.containers(subject.tree, List::Main));
    let main = held(subject, &subject.proposal.main);
    let sidecars: Vec<_> = after.order().iter().filter(|one| after.is_sidecar(one)).copied().collect();
    let sidecars = held(subject, &sidecars);
    let mut found: Vec<Finding> = Vec::new();
    for (at, (holder, port)) in before.iter().enumerate().filter(|(_, (holder, _))| is_moved(holder)) {
        // Only the first holder of a name is ever looked at.
        if first(before.get(..at).unwrap_or(&[]), port).is_some() {
            continue;
        }
        let (now, since) = match (first(&main, port), first(&sidecars, port)) {
            (Some(main), _) => (main, ""),
            (None, Some(sidecar)) if ends_with_sidecars(subject) => (sidecar, ", from Kubernetes 1.33 on"),
            _ => continue,
        };
        if now.0 == *holder || now.1.number == port.number {
            continue;
        }
        let [old, new] = [port, &now.1].map(|port| port.number.map_or("?".to_owned(), |number| number.to_string()));
        let message = format!(
            "`{}` and `{}` both have a port `{}`: a Service with that targetPort goes to {old} of `{}` now, and to {new} of `{}` after the conversion{since}",
            holder.name,
            now.0.name,
            port.name.unwrap_or(""),
            holder.name,
            now.0.name
        );
        let help = "give one of the ports another name, or write the number in the Service's targetPort";
        let place = subject.pod.container_path(holder).key("ports").index(port.index).key("name");
        found.push(RULE.finding(place, message, help));
    }
    // `named-target-port` has looked at the Services of these pods.
    if found.is_empty() || subject.services().is_empty() { found } else { Vec::new() }
}

/// Whether a release in the range knows the port names of native sidecars.
fn ends_with_sidecars(subject: &Subject<'_>) -> bool {
    subject.config.cluster.max_version.is_none_or(|newest| newest >= SIDECARS_KNOWN)
}

/// The named ports of these containers, in the order in which a look-up meets them.
fn held<'t>(subject: &Subject<'t>, containers: &[Container<'t>]) -> Vec<Held<'t>> {
    let of = |container: &Container<'t>| {
        let named = subject.after.ports(container).iter().copied().filter(|port| port.name.is_some());
        let container = *container;
        named.map(move |port| (container, port)).collect::<Vec<_>>()
    };
    containers.iter().flat_map(of).collect()
}

/// What a look-up of the port's name and protocol finds (Kubernetes `staging/src/k8s.io/endpointslice/utils.go`, `findPort`).
fn first<'h, 't>(all: &'h [Held<'t>], wanted: &Port<'_>) -> Option<&'h Held<'t>> {
    all.iter().find(|(_, port)| (port.name, port.protocol) == (wanted.name, wanted.protocol))
}
