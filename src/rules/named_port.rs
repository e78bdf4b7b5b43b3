//! See the page.
#![doc = include_str!("named_port.md")]

use super::{Finding, Rule, RuleKind, Subject};
use crate::diagnostic::Severity;
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
    let names = |container: &crate::k8s::pod_spec::Container<'_>| {
        let named = subject.after.ports(container).iter();
        named.filter_map(|port| Some((port.index, port.name?, port.protocol))).collect::<Vec<_>>()
    };
    let mut place = None;
    let mut words = Vec::new();
    // A Service takes the port of a main container first; then the name goes on meaning something.
    let kept: Vec<_> = subject.proposal.main.iter().flat_map(names).collect();
    for moved in &subject.proposal.moved {
        let is_lost = |(_, name, protocol): &(usize, &str, &str)| {
            kept.iter().all(|(_, kept, other)| (kept, other) != (name, protocol))
        };
        let lost: Vec<_> = names(moved).into_iter().filter(is_lost).collect();
        let Some((index, ..)) = lost.first() else { continue };
        place.get_or_insert_with(|| subject.pod.container_path(moved).key("ports").index(*index).key("name"));
        let ports: Vec<_> = lost.iter().map(|(_, name, _)| format!("`{name}`")).collect();
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
