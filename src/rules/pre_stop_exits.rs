//! See the page.
#![doc = include_str!("pre_stop_exits.md")]

use super::{Finding, Rule, RuleKind, Subject};
use crate::diagnostic::Severity;
use crate::k8s::container::Hook;
use crate::k8s::pod_spec::{Container, field};
use crate::lifecycle::Lifecycle;
use crate::shell::ending::{Ending, ending, is_quit};
use crate::shell::endpoint::Host;
use crate::shell::wait::waits;
use crate::shell::{Block, base};

/// The rule.
pub static RULE: Rule = Rule {
    name: "pre-stop-exits",
    kind: RuleKind::Unsafe,
    severity: Severity::Error,
    page: include_str!("pre_stop_exits.md"),
    check: Some(check),
};

fn check(subject: &Subject<'_>) -> Vec<Finding> {
    let after = subject.after;
    let find = |moved: &Container<'_>| {
        let how = exits(subject, after, moved)?;
        let message = format!(
            "`{}` ends itself in its preStop hook ({how}), which runs when termination begins: it would be gone while the app still works",
            moved.name
        );
        let help = "remove the hook: a native sidecar gets its signal after the app has ended";
        Some(RULE.finding(after.path(moved, Hook::PreStop), message, help))
    };
    subject.proposal.moved.iter().filter_map(find).collect()
}

/// How the preStop hook of a sidecar ends it, in words; `None` where it has none that does for certain.
pub(super) fn exits<'a>(subject: &Subject<'a>, after: &Lifecycle<'a>, moved: &Container<'_>) -> Option<String> {
    let action = after.action(moved, Hook::PreStop)?;
    if let Some(request) = &action.request {
        let is_own =
            request.is_local(after.is_on_host_network()) && request.port.is_some_and(|port| is_own(after, moved, port));
        return (is_own && is_quit(&request.path)).then(|| format!("GET {}", request.path));
    }
    let script = action.script.as_ref()?;
    // A loop in front may wait for the app: then nothing is certain.
    let first = waits(script).iter().flat_map(|wait| &wait.asked).min().copied().unwrap_or(usize::MAX);
    let indexes = (0..script.commands().len()).take_while(|index| *index < first);
    indexes.into_iter().find_map(|index| {
        let command = script.commands().get(index)?;
        let is_loose = |block| matches!(block, Block::Function | Block::Branch | Block::Body | Block::Condition { .. });
        if script.around(command).any(is_loose) {
            return None;
        }
        match ending(script, index)? {
            Ending::First if !after.is_set("shareProcessNamespace") && !after.is_set("hostPID") => {
                Some("kill 1".to_owned())
            }
            Ending::Named(name) if is_process_of(subject, after, moved, &name) => {
                Some(format!("{} {name}", command.name()))
            }
            Ending::File(file) if !after.is_set("shareProcessNamespace") => Some(format!("kill $(cat {file})")),
            Ending::Server(text) => Some(text.to_owned()),
            Ending::Asked(endpoint) if endpoint.host == Host::Local => {
                let port = i64::from(endpoint.port?);
                is_own(after, moved, port).then(|| format!("{} {}", command.name(), endpoint.path))
            }
            _ => None,
        }
    })
}

/// Whether a local port is the container's own: it says so, or nobody else does.
fn is_own(after: &Lifecycle<'_>, moved: &Container<'_>, port: i64) -> bool {
    after.serves(moved, port) || !after.order().iter().any(|one| one != moved && after.serves(one, port))
}

/// Whether a process of this name is the program that the container runs, by its command or image.
pub(super) fn is_process_of<'a>(
    subject: &Subject<'a>,
    after: &Lifecycle<'a>,
    container: &Container<'_>,
    name: &str,
) -> bool {
    let image = field(subject.tree, container.node, "image").and_then(|id| subject.tree.scalar(id)).unwrap_or("");
    let image = base(image).split([':', '@']).next().unwrap_or("");
    let script = after.command(container);
    let mut programs = script.commands().iter().map(crate::shell::Simple::name);
    // Names of processes are cut off after 15 bytes (Linux `TASK_COMM_LEN`).
    let is_same = |one: &str| !one.is_empty() && (one == name || one.get(..15) == Some(name));
    is_same(image) || programs.any(is_same) || is_same(&container.name.replace('_', "-"))
}
