//! See the page.
#![doc = include_str!("shared_process_namespace.md")]

use super::pre_stop_exits::is_process_of;
use super::{Finding, Rule, RuleKind, Subject};
use crate::diagnostic::Severity;
use crate::k8s::container::Hook;
use crate::k8s::pod_spec::Container;
use crate::shell::{Simple, base};

/// The rule.
pub static RULE: Rule = Rule {
    name: "shared-process-namespace",
    kind: RuleKind::Note,
    severity: Severity::Warning,
    page: include_str!("shared_process_namespace.md"),
    check: Some(check),
};

fn check(subject: &Subject<'_>) -> Vec<Finding> {
    let after = subject.after;
    if !after.is_set("shareProcessNamespace") {
        return Vec::new();
    }
    let find = |moved: &Container<'_>| {
        let hook = after.action(moved, Hook::PostStart).and_then(|action| action.script.as_ref());
        let probe = after.action(moved, Hook::StartupProbe).and_then(|action| action.script.as_ref());
        let scripts = [Some(after.command(moved)), hook, probe];
        let names = scripts.iter().flatten().flat_map(|script| script.commands()).filter_map(searched);
        let (name, app) = names.into_iter().find_map(|name| {
            let mut mains = subject.proposal.main.iter();
            Some((name, mains.find(|main| is_process_of(subject, after, main, name))?))
        })?;
        let message = format!(
            "`{}` looks for the process `{name}` of `{}`, which will start only after it: at first there is none",
            moved.name, app.name
        );
        let help = "make sure that it waits for the process, and that neither its startup probe nor its postStart hook needs it";
        Some(RULE.finding(subject.pod.container_path(moved), message, help))
    };
    subject.proposal.moved.iter().filter_map(find).collect()
}

/// The name that a command looks for among all processes.
fn searched(command: &Simple) -> Option<&str> {
    if !matches!(command.name(), "pgrep" | "pkill" | "killall" | "pidof") {
        return None;
    }
    let last = command.arguments().iter().rfind(|word| !word.text.starts_with('-') && word.is_known())?;
    Some(base(last.text.trim_start_matches('^').trim_end_matches('$'))).filter(|name| !name.is_empty())
}
