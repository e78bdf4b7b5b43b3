//! See the page.
#![doc = include_str!("duplicate_port_name.md")]

use super::{Finding, Rule, RuleKind, Subject};
use crate::diagnostic::Severity;
use crate::k8s::container::Port;
use crate::k8s::pod_spec::{Container, List};
use crate::k8s::version::Version;
use crate::lifecycle::Lifecycle;

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

fn check(subject: &Subject<'_>) -> Vec<Finding> {
    let Subject { after, proposal, .. } = subject;
    let moved = proposal.moved.iter().flat_map(|holder| after.ports(holder).iter().map(move |port| (holder, port)));
    let mut named = moved.filter(|(_, port)| port.name.is_some()).peekable();
    if named.peek().is_none() {
        return Vec::new();
    }
    let before = subject.pod.containers(subject.tree, List::Main);
    let sidecars = || after.order().iter().filter(|one| after.is_sidecar(one));
    let mut found: Vec<Finding> = Vec::new();
    for (holder, port) in named {
        // Only the first holder of a name is ever looked at.
        if first(after, &before, port).is_none_or(|(one, first)| one != holder || first.index != port.index) {
            continue;
        }
        let (now, since) = match (first(after, &proposal.main, port), first(after, sidecars(), port)) {
            (Some(main), _) => (main, ""),
            (None, Some(sidecar)) if ends_with_sidecars(subject) => (sidecar, ", from Kubernetes 1.33 on"),
            _ => continue,
        };
        if now.0 == holder || now.1.number == port.number {
            continue;
        }
        let [old, new] = [port, now.1].map(|port| port.number.map_or("?".to_owned(), |number| number.to_string()));
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

/// What a look-up of the port's name and protocol finds (Kubernetes `staging/src/k8s.io/endpointslice/utils.go`, `findPort`).
fn first<'h, 't: 'h>(
    after: &'h Lifecycle<'t>,
    containers: impl IntoIterator<Item = &'h Container<'t>>,
    wanted: &Port<'_>,
) -> Option<(&'h Container<'t>, &'h Port<'t>)> {
    containers.into_iter().find_map(|container| {
        let mut ports = after.ports(container).iter();
        let port = ports.find(|port| (port.name, port.protocol) == (wanted.name, wanted.protocol))?;
        Some((container, port))
    })
}
