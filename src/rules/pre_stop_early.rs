//! See the page.
#![doc = include_str!("pre_stop_early.md")]

use super::{Finding, Rule, RuleKind, Subject, pre_stop_exits};
use crate::diagnostic::Severity;
use crate::k8s::container::Hook;
use crate::k8s::pod_spec::Container;
use crate::lifecycle::Action;
use crate::shell::Script;
use crate::shell::ending::written;
use crate::shell::endpoint::{Host, endpoints};
use crate::shell::wait::waits;

/// The rule.
pub static RULE: Rule = Rule {
    name: "pre-stop-early",
    kind: RuleKind::Note,
    severity: Severity::Info,
    page: include_str!("pre_stop_early.md"),
    check: Some(check),
};

/// Commands that tell a proxy to take no new connections and to go on: right at the start of termination.
///
/// Sources: Istio `pilot-agent request POST drain`, which its own native form adds; Kuma `killall -USR2 kuma-dp`, the
/// same; Envoy "Administration interface", `/healthcheck/fail` and `/drain_listeners`.
const DRAINS: &[(&str, &[&str])] = &[
    ("pilot-agent", &["request", "POST", "drain"]),
    ("killall", &["-USR2"]),
    ("pkill", &["-USR2"]),
    ("kill", &["-USR2"]),
];

/// Paths of requests that do the same.
const DRAIN_PATHS: &[&str] = &["/healthcheck/fail", "/drain_listeners", "/drain"];

fn check(subject: &Subject<'_>) -> Vec<Finding> {
    let after = subject.after;
    let find = |moved: &Container<'_>| {
        let action = after.action(moved, Hook::PreStop)?;
        if pre_stop_exits::exits(subject, after, moved).is_some() || is_drain(action) {
            return None;
        }
        let waits = action.script.as_ref().is_some_and(|script| !waits(script).is_empty());
        let name = moved.name;
        let (message, help) = if waits || action.sleeps() > 0 {
            let message = format!(
                "the preStop hook of `{name}` waits, to outlive the app: a native sidecar outlives it anyway, and the pod will stop later for it"
            );
            (message, "remove the hook if that is all that it is for")
        } else {
            let message = format!(
                "the preStop hook of `{name}` runs when termination begins, while the app still works, and not when `{name}` itself is stopped"
            );
            (message, "what has to be done last belongs to the container's handling of SIGTERM")
        };
        Some(RULE.finding(after.path(moved, Hook::PreStop), message, help))
    };
    subject.proposal.moved.iter().filter_map(find).collect()
}

/// Whether a hook does nothing but drain.
fn is_drain(action: &Action) -> bool {
    let is_drain_path = |path: &str| DRAIN_PATHS.iter().any(|drain| path.split('?').next() == Some(drain));
    let drains = |script: &Script| {
        script.commands().iter().any(|command| {
            let has =
                |wanted: &&str| command.arguments().iter().any(|word| word.text.trim_start_matches('/') == *wanted);
            let is_known = DRAINS.iter().any(|(name, words)| *name == command.name() && words.iter().all(has));
            is_known
                || is_drain_path(&written(command))
                || endpoints(command).iter().any(|one| one.host == Host::Local && is_drain_path(&one.path))
        })
    };
    let is_request = action.request.as_ref().is_some_and(|request| is_drain_path(&request.path));
    is_request || action.script.as_ref().is_some_and(drains)
}
