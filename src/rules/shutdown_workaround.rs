//! See the page.
#![doc = include_str!("shutdown_workaround.md")]

use super::pre_stop_exits::is_process_of;
use super::{Finding, Rule, RuleKind, Subject, killer_container};
use crate::diagnostic::Severity;
use crate::k8s::pod_spec::Container;
use crate::lifecycle::Lifecycle;
use crate::shell::ending::{Ending, ending};
use crate::shell::endpoint::{Endpoint, Host};
use crate::shell::{Block, Script};

/// The rule.
pub static RULE: Rule = Rule {
    name: "shutdown-workaround",
    kind: RuleKind::Note,
    severity: Severity::Info,
    page: include_str!("shutdown_workaround.md"),
    check: Some(check),
};

fn check(subject: &Subject<'_>) -> Vec<Finding> {
    let after = subject.after;
    if subject.proposal.moved.is_empty() {
        return Vec::new();
    }
    let find = |main: &Container<'_>| {
        if killer_container::find(subject, after, main).is_some() {
            return None;
        }
        let script = after.command(main);
        if let Some(wrapper) = wrapper(script) {
            let message = format!(
                "`{}` is started by `{wrapper}`, which ends the sidecars when it has ended: Kubernetes does so now",
                main.name
            );
            return Some(RULE.finding(subject.pod.container_path(main), message, "start the program itself"));
        }
        let (sidecar, is_last) = (0..script.commands().len()).find_map(|index| {
            let sidecar = ended(subject, after, &ending(script, index)?)?;
            Some((sidecar, is_last(script, index)))
        })?;
        let message = format!(
            "`{}` ends `{}` when its work is done; Kubernetes does so now{}",
            main.name,
            sidecar.name,
            if is_last { "" } else { ", and starts it again while anything of the app still runs" },
        );
        let help = "take the call out of the command, and keep its exit code";
        Some(RULE.finding(subject.pod.container_path(main), message, help))
    };
    subject.proposal.main.iter().filter_map(find).collect()
}

/// The moved container that is ended.
fn ended<'a>(subject: &Subject<'a>, after: &Lifecycle<'a>, ending: &Ending) -> Option<&'a Container<'a>> {
    let moved = &subject.proposal.moved;
    match ending {
        Ending::Named(name) if after.is_set("shareProcessNamespace") => {
            moved.iter().find(|one| is_process_of(subject, after, one, name))
        }
        Ending::Asked(Endpoint { host: Host::Local, port: Some(port), path }) => {
            let port = i64::from(*port);
            if let Some(server) = after.order().iter().find(|one| after.serves(one, port)) {
                return moved.iter().find(|one| *one == server);
            }
            // Admin ports are rarely declared. No other program has this path.
            let [only] = moved.as_slice() else { return None };
            path.ends_with("/quitquitquit").then_some(only)
        }
        _ => None,
    }
}

/// Whether only the exit follows.
fn is_last(script: &Script, index: usize) -> bool {
    let behind = script.commands().iter().skip(index + 1);
    let is_in_loop = |block| matches!(block, Block::Body | Block::Condition { .. });
    let is_over = |one: &crate::shell::Simple| {
        matches!(one.name(), "exit" | "echo" | "true" | "wait" | "sleep" | "") || script.around(one).any(is_in_loop)
    };
    behind.into_iter().all(is_over)
}

/// A program that starts another one and ends the sidecars after it, by its own documentation: linkerd-await
/// (`--shutdown`), kubexit, scuttle, envoy-preflight.
fn wrapper(script: &Script) -> Option<&str> {
    script.commands().iter().find_map(|one| {
        let has_shutdown = || one.arguments().iter().any(|word| matches!(word.text.as_str(), "--shutdown" | "-S"));
        match one.name() {
            name @ ("kubexit" | "scuttle" | "envoy-preflight") => Some(name),
            name @ "linkerd-await" if has_shutdown() => Some(name),
            _ => None,
        }
    })
}
