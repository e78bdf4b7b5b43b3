//! See the page.
#![doc = include_str!("startup_gate.md")]

use super::{Finding, Rule, RuleKind, Subject, startup_deadlock};
use crate::diagnostic::Severity;
use crate::k8s::container::Hook;
use crate::k8s::pod_spec::Container;
use crate::lifecycle::Action;
use crate::shell::endpoint::{Host, endpoints, host_of};

/// The rule.
pub static RULE: Rule = Rule {
    name: "startup-gate",
    kind: RuleKind::Note,
    severity: Severity::Warning,
    page: include_str!("startup_gate.md"),
    check: Some(check),
};

/// Seconds before the first probe from which on the delay is worth a word.
const LONG: i64 = 30;

fn check(subject: &Subject<'_>) -> Vec<Finding> {
    let after = subject.after;
    // A probe that the configuration adds is meant as a gate.
    let has_own = |one: &&Container<'_>| Hook::StartupProbe.find(subject.tree, one.node).is_some();
    let find = |moved: &Container<'_>| {
        let action = after.action(moved, Hook::StartupProbe)?;
        let effect = match remote(action) {
            Some(host) => format!("cannot succeed without `{host}`, outside of the pod"),
            None if action.delay >= LONG => format!("asks for the first time after {} seconds", action.delay),
            None => return None,
        };
        if startup_deadlock::find(subject, after, moved).is_some() {
            return None;
        }
        let message =
            format!("the startup probe of `{}` {effect}, and the app will not start before it succeeds", moved.name);
        let help = "until now it held back nothing but the container's other probes; make sure that the app may wait";
        Some(RULE.finding(after.path(moved, Hook::StartupProbe), message, help))
    };
    subject.proposal.moved.iter().filter(has_own).filter_map(find).collect()
}

/// A host outside of the pod that a probe needs.
fn remote(action: &Action) -> Option<String> {
    let requested = action.request.as_ref().and_then(|request| request.host.as_deref()).map(host_of);
    let script = action.script.as_ref();
    let commands = script.into_iter().flat_map(|script| {
        let commands = script.commands().iter().enumerate();
        commands.filter(|(index, _)| script.is_decisive(*index) && !script.is_background(*index))
    });
    let asked = commands.flat_map(|(_, command)| endpoints(command)).map(|one| one.host);
    requested.into_iter().chain(asked).find_map(|host| if let Host::Other(name) = host { Some(name) } else { None })
}
