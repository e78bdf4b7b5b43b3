//! See the page.
#![doc = include_str!("wait_loop.md")]

use super::{Finding, Rule, RuleKind, Subject};
use crate::diagnostic::Severity;
use crate::k8s::container::Hook;
use crate::k8s::pod_spec::{Container, List};
use crate::lifecycle::Lifecycle;
use crate::shell::endpoint::{Host, endpoints};
use crate::shell::wait::waits;

/// The rule.
pub static RULE: Rule = Rule {
    name: "wait-loop",
    kind: RuleKind::Note,
    severity: Severity::Info,
    page: include_str!("wait_loop.md"),
    check: Some(check),
};

fn check(subject: &Subject<'_>) -> Vec<Finding> {
    let after = subject.after;
    let stays = after.order().iter().filter(|one| !after.is_sidecar(one));
    stays.filter_map(|waiter| find(subject, after, waiter)).collect()
}

fn find<'a>(subject: &Subject<'a>, after: &Lifecycle<'a>, waiter: &Container<'_>) -> Option<Finding> {
    let ports = waited(after, waiter);
    let moved = &subject.proposal.moved;
    let (port, server) = ports.into_iter().find_map(|port| {
        let server = moved.iter().find(|one| after.serves(one, port))?;
        (!after.serves(waiter, port)).then_some((port, server))
    })?;
    let is_before = after.later(server).contains(waiter);
    let (name, sidecar) = (waiter.name, server.name);
    let (message, help) = match (waiter.list, is_before) {
        (List::Init, true) => (
            format!(
                "the init container `{name}` waits for port {port} of `{sidecar}`: it could not end until now, and can once `{sidecar}` starts before it"
            ),
            String::new(),
        ),
        (List::Init, false) => (
            format!(
                "the init container `{name}` waits for port {port} of `{sidecar}`, which starts only after it: the pod waits for ever, as it did"
            ),
            format!("place `{sidecar}` before it: `position: {{type: Before, container: {name}}}`"),
        ),
        (List::Main, _) if after.action(server, Hook::StartupProbe).is_some() => (
            format!(
                "`{name}` waits for port {port} of `{sidecar}`, whose startup probe now holds `{name}` back until then"
            ),
            "the loop can go".to_owned(),
        ),
        (List::Main, _) => (
            format!("`{name}` waits for port {port} of `{sidecar}`, which would start before it, yet not be awaited"),
            format!("keep the loop, or give `{sidecar}` a startup probe on that port"),
        ),
    };
    Some(RULE.finding(subject.pod.container_path(waiter), message, help))
}

/// The local ports that a container waits for in a loop.
fn waited(after: &Lifecycle<'_>, waiter: &Container<'_>) -> Vec<i64> {
    let script = after.command(waiter);
    let asked = waits(script).into_iter().filter(|wait| !wait.is_background).flat_map(|wait| wait.asked);
    let commands = asked.filter_map(|index| script.commands().get(index));
    let local = commands.flat_map(endpoints).filter(|one| one.host == Host::Local);
    let mut ports: Vec<_> = local.filter_map(|one| one.port).map(i64::from).collect();
    // Programs whose whole purpose is to wait.
    let waiters =
        script.commands().iter().filter(|one| one.name().starts_with("wait-for") || one.name() == "dockerize");
    let local = waiters.flat_map(endpoints).filter(|one| one.host == Host::Local);
    ports.extend(local.filter_map(|one| one.port).map(i64::from));
    ports
}
