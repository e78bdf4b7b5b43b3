//! See the page.
#![doc = include_str!("killer_container.md")]

use super::pre_stop_exits::is_process_of;
use super::{Finding, Rule, RuleKind, Subject};
use crate::diagnostic::Severity;
use crate::k8s::pod_spec::Container;
use crate::lifecycle::Lifecycle;
use crate::shell::ending::{Ending, ending};

/// The rule.
pub static RULE: Rule = Rule {
    name: "killer-container",
    kind: RuleKind::Unsafe,
    severity: Severity::Error,
    page: include_str!("killer_container.md"),
    check: Some(check),
};

fn check(subject: &Subject<'_>) -> Vec<Finding> {
    let after = subject.after;
    subject.proposal.main.iter().filter_map(|killer| find(subject, after, killer)).collect()
}

/// What makes a container one that only ends a moved one.
pub(super) fn find<'a>(subject: &Subject<'a>, after: &Lifecycle<'a>, killer: &Container<'_>) -> Option<Finding> {
    if !after.ports(killer).is_empty() || !after.is_set("shareProcessNamespace") {
        return None;
    }
    let script = after.command(killer);
    if !script.commands().iter().skip(usize::from(script.is_shell())).all(|one| is_part(one.name())) {
        return None;
    }
    let names = (0..script.commands().len()).filter_map(|index| match ending(script, index)? {
        Ending::Named(name) => Some(name),
        _ => None,
    });
    let victim = names.into_iter().find_map(|name| {
        let mut moved = subject.proposal.moved.iter();
        moved.find(|one| is_process_of(subject, after, one, &name))
    })?;
    let message = format!(
        "`{0}` only ends the process of `{1}`, and a native sidecar is started again as long as `{0}` or another container of the app runs",
        killer.name, victim.name
    );
    let help = format!("remove `{}`: Kubernetes ends a native sidecar when the app has ended", killer.name);
    Some(RULE.finding(subject.pod.container_path(killer), message, help))
}

/// Commands that look at processes, wait, and end them.
fn is_part(name: &str) -> bool {
    matches!(
        name,
        "" | "ps"
            | "grep"
            | "awk"
            | "sed"
            | "wc"
            | "head"
            | "tail"
            | "cut"
            | "xargs"
            | "pgrep"
            | "pidof"
            | "pkill"
            | "killall"
            | "kill"
            | "sleep"
            | "echo"
            | "printf"
            | "date"
            | "true"
            | "false"
            | ":"
            | "["
            | "[["
            | "test"
            | "exit"
            | "break"
            | "continue"
            | "return"
            | "wait"
            | "trap"
            | "set"
    )
}
