//! See the page.
#![doc = include_str!("startup_deadlock.md")]

use super::{Finding, Rule, RuleKind, Subject};
use crate::diagnostic::Severity;
use crate::k8s::container::Hook;
use crate::k8s::pod_spec::{Container, List};
use crate::lifecycle::Lifecycle;
use crate::shell::endpoint::{Host, endpoints};
use crate::shell::wait::{tested, waits};
use crate::shell::{Block, Script, Simple};
use crate::yaml::path::Path;

/// The rule.
pub static RULE: Rule = Rule {
    name: "startup-deadlock",
    kind: RuleKind::Unsafe,
    severity: Severity::Error,
    page: include_str!("startup_deadlock.md"),
    check: Some(check),
};

fn check(subject: &Subject<'_>) -> Vec<Finding> {
    let after = subject.after;
    subject.proposal.moved.iter().filter_map(|moved| find(subject, after, moved)).collect()
}

/// What makes the start of a sidecar impossible.
pub(super) fn find<'a>(subject: &Subject<'a>, after: &Lifecycle<'a>, moved: &Container<'_>) -> Option<Finding> {
    for (hook, what) in [(Hook::StartupProbe, "startup probe"), (Hook::PostStart, "postStart hook")] {
        let Some(action) = after.action(moved, hook) else { continue };
        let local = action.request.as_ref().filter(|request| request.is_local(after.is_on_host_network()));
        let mut asked: Vec<i64> = local.and_then(|request| request.port).into_iter().collect();
        asked.extend(action.script.iter().flat_map(needed));
        let server = asked.into_iter().find_map(|port| Some((port, after.later_server(moved, port)?)));
        if let Some((port, server)) = server {
            return Some(finding(
                after.path(moved, hook),
                moved,
                server,
                what,
                &format!("asks for port {port}, which"),
            ));
        }
        let tested = action.script.iter().flat_map(|script| tested_first(script, hook)).collect::<Vec<_>>();
        let file = tested.iter().find_map(|file| Some((file, later_writer(after, moved, file, hook)?)));
        if let Some((file, writer)) = file {
            return Some(finding(
                after.path(moved, hook),
                moved,
                writer,
                what,
                &format!("waits for {file}, whose volume"),
            ));
        }
    }
    // Without a startup probe a sidecar counts as started as soon as it runs, whatever its command waits for.
    let _ = after.action(moved, Hook::StartupProbe)?;
    let at = subject.pod.container_path(moved);
    let script = after.command(moved);
    let (what, waits_for) = ("command", "waits, before its startup probe can succeed, for");
    let first = (0..script.commands().len()).find(|index| script.is_background(*index)).unwrap_or(usize::MAX);
    for wait in waits(script).into_iter().filter(|wait| wait.is_endless && !wait.is_background) {
        // What runs beside the loop may already be what the probe asks for.
        if wait.asked.iter().any(|index| *index > first) {
            continue;
        }
        let commands = wait.asked.iter().filter_map(|index| script.commands().get(*index));
        let ports = commands.flat_map(endpoints).filter(|one| one.host == Host::Local).filter_map(|one| one.port);
        let server = ports.map(i64::from).find_map(|port| Some((port, after.later_server(moved, port)?)));
        if let Some((port, server)) = server {
            return Some(finding(at, moved, server, what, &format!("{waits_for} port {port}, which")));
        }
        let files = wait.files(script).into_iter();
        let writer = files.map(|file| (file, later_writer(after, moved, file, Hook::PostStart)));
        if let Some((file, Some(writer))) = writer.into_iter().find(|(_, writer)| writer.is_some()) {
            return Some(finding(at, moved, writer, what, &format!("{waits_for} {file}, whose volume")));
        }
    }
    None
}

fn finding(at: Path, moved: &Container<'_>, server: &Container<'_>, what: &str, asks: &str) -> Finding {
    let serves = if asks.ends_with("volume") { "is filled by" } else { "is served by" };
    let message = format!(
        "the {what} of `{0}` {asks} {serves} `{1}`, and `{1}` would not start before `{0}` has started: the pod would wait for ever",
        moved.name, server.name
    );
    let help = match server.list {
        List::Main => {
            format!("leave `{}` in `containers`, or let it ask for something that it serves itself", moved.name)
        }
        List::Init => format!("place `{}` behind `{}`", moved.name, server.name),
    };
    RULE.finding(at, message, help)
}

/// The local ports without which the command of a probe or hook fails, or never ends.
fn needed(script: &Script) -> Vec<i64> {
    let endless: Vec<usize> = waits(script)
        .into_iter()
        .filter(|wait| wait.is_endless && !wait.is_background)
        .flat_map(|wait| wait.asked)
        .collect();
    let is_loose =
        |block: Block| matches!(block, Block::Body | Block::Function | Block::Branch | Block::Condition { .. });
    let is_needed = |index: usize| match script.commands().get(index) {
        Some(_) if endless.contains(&index) => true,
        // `if curl …; then …; else exit 1; fi`, either way round
        Some(command) if script.around(command).any(|block| block == Block::Test) => {
            script.commands().iter().skip(index + 1).any(Simple::is_failure)
        }
        Some(command) => {
            !script.is_background(index) && script.is_decisive(index) && !script.around(command).any(is_loose)
        }
        None => false,
    };
    let commands = script.commands().iter().enumerate().filter(|(index, _)| is_needed(*index));
    let local = commands.flat_map(|(_, command)| endpoints(command)).filter(|one| one.host == Host::Local);
    local.filter_map(|one| one.port).map(i64::from).collect()
}

/// The files that a probe tests, or that a hook waits for in a loop.
fn tested_first(script: &Script, hook: Hook) -> Vec<String> {
    let waited = waits(script).into_iter().filter(|wait| wait.is_endless && !wait.is_background);
    let mut files: Vec<_> = waited.flat_map(|wait| wait.files(script)).map(str::to_owned).collect();
    if hook == Hook::StartupProbe
        && let [.., command] = script.commands()
        && script.commands().len() <= 2
    {
        files
            .extend(tested(command).into_iter().filter(|(_, is_absence)| !is_absence).map(|(file, _)| file.to_owned()));
    }
    files
}

/// The container that alone can put a file into a volume which is empty when the pod starts, if it starts later.
///
/// A startup probe tests what its own container makes, so there the container itself must be unable to write.
fn later_writer<'a, 'l>(
    after: &'l Lifecycle<'a>,
    moved: &Container<'_>,
    file: &str,
    hook: Hook,
) -> Option<&'l Container<'a>> {
    let place = after.mount(moved, file)?;
    if !after.is_empty_dir(place.volume) || (hook == Hook::StartupProbe && !place.is_read_only) {
        return None;
    }
    if after.before(moved).iter().any(|one| after.writes_to(one, place.volume)) {
        return None;
    }
    after.later(moved).iter().find(|one| after.writes_to(one, place.volume))
}
