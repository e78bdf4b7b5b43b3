//! See the page.
#![doc = include_str!("named_port.md")]

use super::{Finding, Rule, RuleKind, Subject};
use crate::diagnostic::Severity;
use crate::k8s::container::Port;
use crate::k8s::version::Version;

/// The rule.
pub static RULE: Rule = Rule {
    name: "named-port",
    kind: RuleKind::Note,
    severity: Severity::Info,
    page: include_str!("named_port.md"),
    check: Some(check),
};

/// The first release whose EndpointSlices know the port names of native sidecars (kubernetes#128850).
const KNOWN: Version = Version::minor(33);

fn check(subject: &Subject<'_>) -> Vec<Finding> {
    let cluster = &subject.config.cluster;
    if cluster.min() >= KNOWN || subject.pod.runs_to_completion || !subject.may_be_in_a_service() {
        return Vec::new();
    }
    let after = subject.after;
    // A Service takes the port of a main container first; then the name goes on meaning something.
    let is_kept = |lost: &Port<'_>| {
        let mut kept = subject.proposal.main.iter().flat_map(|main| after.ports(main));
        kept.any(|port| (port.name, port.protocol) == (lost.name, lost.protocol))
    };
    let mut place = None;
    let mut words = Vec::new();
    for moved in &subject.proposal.moved {
        let lost = after.ports(moved).iter().filter(|port| port.name.is_some() && !is_kept(port));
        let lost: Vec<_> = lost.collect();
        let Some(first) = lost.first() else { continue };
        place.get_or_insert_with(|| subject.pod.container_path(moved).key("ports").index(first.index).key("name"));
        let ports: Vec<_> = lost.iter().filter_map(|port| port.name).map(|name| format!("`{name}`")).collect();
        words.push(format!("{} of `{}`", ports.join(" and "), moved.name));
    }
    let Some(place) = place else { return Vec::new() };
    // `named-target-port` has looked at the Services of these pods.
    if !subject.services().is_empty() {
        return Vec::new();
    }
    let message = format!(
        "a Service that names the port {} in targetPort loses it before Kubernetes 1.33, and {}",
        words.join(", "),
        cluster.min_in_words()
    );
    vec![RULE.finding(place, message, "if there is one, write the number in its targetPort")]
}
