//! See the page.
#![doc = include_str!("done_file_restart_loop.md")]

use super::{Finding, Rule, RuleKind, Subject};
use crate::diagnostic::Severity;
use crate::k8s::pod_spec::Container;
use crate::lifecycle::{Lifecycle, Mount};
use crate::shell::wait::{tested, waits};
use crate::shell::{Block, Script};

/// The rule.
pub static RULE: Rule = Rule {
    name: "done-file-restart-loop",
    kind: RuleKind::Unsafe,
    severity: Severity::Error,
    page: include_str!("done_file_restart_loop.md"),
    check: Some(check),
};

fn check(subject: &Subject<'_>) -> Vec<Finding> {
    let after = subject.after;
    let main = &subject.proposal.main;
    // A pod that never starts its only app again is over when that one has written the file.
    if main.len() < 2 && after.restart_policy() == "Never" {
        return Vec::new();
    }
    let find = |moved: &Container<'_>| {
        let script = after.command(moved);
        let (file, writer) = polled(script).into_iter().find_map(|file| {
            let place = after.mount(moved, file)?;
            let writer = main.iter().find(|one| writes(after, one, &place))?;
            Some((file, writer))
        })?;
        let message = format!(
            "`{}` ends when `{}` has written {file}, and as a native sidecar it is started again, finds the file and ends, over and over",
            moved.name, writer.name
        );
        let help =
            "take the wait for the file out of its command: Kubernetes ends a native sidecar when the app has ended";
        Some(RULE.finding(subject.pod.container_path(moved), message, help))
    };
    subject.proposal.moved.iter().filter_map(find).collect()
}

/// Commands that only end things, or say so.
fn only_ends(name: &str) -> bool {
    matches!(name, "kill" | "pkill" | "killall" | "wait" | "exit" | "echo" | "printf" | "true" | ":" | "sleep" | "")
}

/// The files whose appearance ends the script and does nothing else: with work to follow it would be another matter.
fn polled(script: &Script) -> Vec<&str> {
    let commands = script.commands();
    let mut files = Vec::new();
    let kills = |name: &str| matches!(name, "kill" | "pkill" | "killall");
    for wait in waits(script) {
        let end = wait.asked.iter().chain(&wait.body).max().map_or(0, |last| last + 1);
        let behind = commands.iter().enumerate().skip(end);
        let is_end = if wait.is_background {
            behind.filter(|(index, _)| script.is_background(*index)).any(|(_, one)| kills(one.name()))
        } else {
            behind.map(|(_, one)| one.name()).all(only_ends)
        };
        if is_end {
            files.extend(wait.files(script));
        }
    }
    for (index, command) in commands.iter().enumerate() {
        let is_in_loop = script.around(command).any(|block| block == Block::Body);
        let next = commands.iter().skip(index + 1).take(3).take_while(|one| only_ends(one.name()));
        let is_end = is_in_loop && next.into_iter().any(|one| kills(one.name()) || one.name() == "exit");
        let found = tested(command).into_iter().filter(|(_, is_absence)| is_end && *is_absence == command.is_negated);
        files.extend(found.map(|(file, _)| file));
    }
    files
}

/// Whether a container writes this file of a volume: `touch FILE`, `> FILE`, also in a `trap`.
fn writes<'a>(after: &Lifecycle<'a>, container: &Container<'_>, place: &Mount<'a>) -> bool {
    let script = after.command(container);
    let traps = script.commands().iter().filter(|one| one.name() == "trap").filter_map(|one| one.arguments().first());
    let traps: Vec<_> = traps.map(|word| Script::of_text(&word.text)).collect();
    let commands = traps.iter().chain([script]).flat_map(Script::commands);
    let written = commands.flat_map(|one| {
        let touched = if one.name() == "touch" { one.arguments() } else { &[] };
        touched.iter().chain(&one.files)
    });
    written.into_iter().filter_map(|file| after.mount(container, &file.text)).any(|other| other.is_same_file(place))
}
