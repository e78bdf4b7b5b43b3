//! See the page.
#![doc = include_str!("monitor_drops_sidecar.md")]

use super::{Finding, Rule, RuleKind, Subject};
use crate::diagnostic::Severity;
use crate::index::{Monitor, in_words};
use crate::k8s::container::Port;

/// The rule.
pub static RULE: Rule = Rule {
    name: "monitor-drops-sidecar",
    kind: RuleKind::Note,
    severity: Severity::Warning,
    page: include_str!("monitor_drops_sidecar.md"),
    check: Some(check),
};

fn check(subject: &Subject<'_>) -> Vec<Finding> {
    let moved = subject.proposal.moved.iter();
    let all = moved.map(|moved| (moved, subject.after.ports(moved)));
    let with_ports: Vec<_> = all.filter(|(_, ports)| !ports.is_empty()).collect();
    if with_ports.is_empty() {
        return Vec::new();
    }
    let workload = subject.workload();
    let by_pod = subject.index.pod_monitors(workload);
    let mut by_service: Vec<&Monitor> = Vec::new();
    for monitor in subject.services().iter().flat_map(|one| subject.index.service_monitors(one)) {
        if !by_service.contains(&monitor) {
            by_service.push(monitor);
        }
    }
    if by_pod.is_empty() && by_service.is_empty() {
        return Vec::new();
    }
    let mut found = Vec::new();
    for (moved, ports) in &with_ports {
        let at = subject.pod.container_path(moved);
        if let Some(users) = scraping(&by_pod, ports) {
            let message = format!(
                "`{}` is scraped by {users}, whose relabelings drop init containers, and to Prometheus a native sidecar is one",
                moved.name
            );
            found.push(RULE.finding(at.clone(), message, "drop by the container's name instead, in the same change"));
        }
        if let Some(users) = scraping(&by_service, ports) {
            let message = format!(
                "`{}` is scraped by {users}, which finds it by its targetPort, and before 3.0 Prometheus knows no ports of native sidecars behind a Service",
                moved.name
            );
            found.push(RULE.finding(at, message, "use the `port` of the Service in its place, or Prometheus 3.0"));
        }
    }
    found
}

/// Those of the monitors that scrape one of the ports, in words.
fn scraping(monitors: &[&Monitor], ports: &[Port<'_>]) -> Option<String> {
    let is_scraped = |wanted: &String| {
        ports
            .iter()
            .any(|port| port.name == Some(wanted) || port.number.is_some_and(|number| number.to_string() == *wanted))
    };
    let users = monitors.iter().filter(|monitor| monitor.ports.iter().any(is_scraped));
    let users = in_words(users.map(|monitor| &monitor.origin));
    (!users.is_empty()).then_some(users)
}
