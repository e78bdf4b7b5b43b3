//! See the page.
#![doc = include_str!("monitor_drops_sidecar.md")]

use super::{Finding, Rule, RuleKind, Subject};
use crate::diagnostic::Severity;
use crate::index::{Workload, in_words};
use crate::k8s::container::{Port, ports};
use crate::k8s::pod_spec::Container;

/// The rule.
pub static RULE: Rule = Rule {
    name: "monitor-drops-sidecar",
    kind: RuleKind::Note,
    severity: Severity::Warning,
    page: include_str!("monitor_drops_sidecar.md"),
    check: Some(check),
};

fn check(subject: &Subject<'_>) -> Vec<Finding> {
    let with_ports: Vec<(&Container<'_>, Vec<Port<'_>>)> = {
        let moved = subject.proposal.moved.iter();
        moved.map(|moved| (moved, ports(subject.tree, moved.node))).filter(|(_, ports)| !ports.is_empty()).collect()
    };
    if with_ports.is_empty() {
        return Vec::new();
    }
    let monitors = subject.index.monitors(&Workload::of(subject.tree, subject.pod));
    let find = |(moved, ports): &(&Container<'_>, Vec<Port<'_>>)| {
        let is_scraped = |wanted: &String| {
            ports.iter().any(|port| {
                port.name == Some(wanted) || port.number.is_some_and(|number| number.to_string() == *wanted)
            })
        };
        let users = monitors.iter().filter(|monitor| monitor.ports.iter().any(is_scraped));
        let users = in_words(users.map(|monitor| &monitor.origin));
        let message = format!(
            "`{}` is scraped by {users}, whose relabelings drop init containers, and to Prometheus a native sidecar is one",
            moved.name
        );
        let help = "drop by the container's name instead, in the same change";
        (!users.is_empty()).then(|| RULE.finding(subject.pod.container_path(moved), message, help))
    };
    with_ports.iter().filter_map(find).collect()
}
