//! See the page.
#![doc = include_str!("grace_period_shared.md")]

use super::{Finding, Rule, RuleKind, Subject};
use crate::diagnostic::Severity;
use crate::k8s::container::Hook;
use crate::k8s::pod_spec::Container;
use crate::lifecycle::{Action, Lifecycle};
use crate::shell::wait::waits;
use crate::shell::{Block, Script};

/// The rule.
pub static RULE: Rule = Rule {
    name: "grace-period-shared",
    kind: RuleKind::Note,
    severity: Severity::Warning,
    page: include_str!("grace_period_shared.md"),
    check: Some(check),
};

/// Seconds that the kubelet leaves to a container when the grace period is used up
/// (Kubernetes `pkg/kubelet/kuberuntime/kuberuntime_container.go`, `minimumGracePeriodInSeconds`).
const MINIMUM: i64 = 2;

fn check(subject: &Subject<'_>) -> Vec<Finding> {
    let after = subject.after;
    let moved = &subject.proposal.moved;
    if moved.is_empty() {
        return Vec::new();
    }
    let names =
        |all: Vec<&Container<'_>>| all.iter().map(|one| format!("`{}`", one.name)).collect::<Vec<_>>().join(", ");
    let grace = after.grace();
    let sleeps = |one: &Container<'_>| after.action(one, Hook::PreStop).map_or(0, Action::sleeps);
    let mut found = Vec::new();
    let slowest = subject.proposal.main.iter().map(|one| (sleeps(one), one)).max_by_key(|(seconds, _)| *seconds);
    let of_moved = moved.iter().map(|one| (sleeps(one), one)).max_by_key(|(seconds, _)| *seconds);
    let path = || subject.pod.path.key("terminationGracePeriodSeconds");
    if let Some((seconds, app)) = slowest.filter(|(seconds, _)| *seconds > 0 && *seconds >= grace - MINIMUM) {
        let message = format!(
            "the preStop hook of `{}` takes {seconds} of the {grace} seconds of grace, and {} would get SIGTERM only after it: they are killed {MINIMUM} seconds later",
            app.name,
            names(moved.iter().collect())
        );
        found.push(RULE.finding(
            path(),
            message,
            "raise terminationGracePeriodSeconds by what the sidecars need to end",
        ));
    } else if let Some((seconds, one)) = of_moved.filter(|(seconds, _)| *seconds > 0 && *seconds >= grace - MINIMUM) {
        let message = format!(
            "the preStop hook of `{}` takes {seconds} of the {grace} seconds of grace: it is killed {MINIMUM} seconds after its SIGTERM",
            one.name
        );
        found.push(RULE.finding(path(), message, "remove the hook: a native sidecar outlives the app without it"));
    }
    let deaf = moved.iter().filter(|one| subject.pod.runs_to_completion && is_deaf(after, one));
    let deaf: Vec<_> = deaf.collect();
    if let Some(first) = deaf.first() {
        let message = format!(
            "{} does not end on SIGTERM, so the pod is done only {grace} seconds after the app, when the grace period is over",
            names(deaf.clone())
        );
        let help = "trap the signal (`trap 'exit 0' TERM`, and `sleep 1 & wait` in the loop), or lower terminationGracePeriodSeconds";
        found.push(RULE.finding(subject.pod.container_path(first), message, help));
    }
    found
}

/// Whether the first process of a container has no handler for SIGTERM, which the kernel then does not deliver
/// (Linux `pid_namespaces(7)`): a shell that stays in a loop without a trap, or `sleep` and `tail`.
fn is_deaf(after: &Lifecycle<'_>, container: &Container<'_>) -> bool {
    // With a shared namespace the first process is another one.
    if after.is_set("shareProcessNamespace") || after.is_set("hostPID") {
        return false;
    }
    let script = after.command(container);
    let Some(first) = script.commands().first() else { return false };
    let is_program = first.words.first().map(|word| crate::shell::base(&word.text)) == Some(first.name());
    match first.name() {
        "sleep" | "tail" => is_program,
        _ => script.is_shell() && stays(script),
    }
}

/// Whether a shell never ends: a loop in the foreground whose condition always holds and that nothing breaks.
fn stays(script: &Script) -> bool {
    let commands = script.commands();
    let is_handled = commands.iter().any(|one| {
        one.name() == "trap" || one.words.first().is_some_and(|word| matches!(word.text.as_str(), "trap" | "exec"))
    });
    let is_forever = |index: &usize| {
        commands.get(*index).is_some_and(|one| match one.name() {
            "true" | ":" => true,
            "[" => one.arguments().first().is_some_and(|word| word.text == "1" || word.text == "true"),
            _ => false,
        })
    };
    let is_outermost = |wait: &crate::shell::wait::Wait| {
        let first = wait.asked.first().and_then(|index| commands.get(*index));
        first.is_some_and(|one| {
            script.around(one).all(|block| matches!(block, Block::Top | Block::Shell | Block::Condition { .. }))
        })
    };
    let mut loops = waits(script).into_iter().filter(is_outermost);
    !is_handled
        && loops.any(|wait| {
            !wait.is_background
                && !wait.is_until
                && wait.is_endless
                && wait.asked.len() == 1
                && wait.asked.iter().all(is_forever)
        })
}
