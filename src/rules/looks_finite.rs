//! See the page.
#![doc = include_str!("looks_finite.md")]

use super::runs_to_completion::evidence;
use super::{Finding, Rule, RuleKind, Subject, listed};
use crate::diagnostic::Severity;
use crate::k8s::container::Hook;
use crate::k8s::pod_spec::{Container, field};
use crate::k8s::process::Process;

/// The rule.
pub static RULE: Rule = Rule {
    name: "looks-finite",
    kind: RuleKind::Note,
    severity: Severity::Warning,
    page: include_str!("looks_finite.md"),
    check: Some(check),
};

/// Words of a command that say that it keeps running. Any of them silences the rule: it is a note about what only looks
/// like a task, and a wrong one is worse than none.
const ENDLESS: [&str; 13] = [
    "agent",
    "daemon",
    "daemonize",
    "infinity",
    "listen",
    "proxy",
    "serve",
    "server",
    "--server",
    "--watch",
    "watch",
    "worker",
    "tail",
];

fn check(subject: &Subject<'_>) -> Vec<Finding> {
    if !subject.pod.runs_to_completion {
        return Vec::new();
    }
    let proposal = subject.proposal;
    let looks_finite = |moved: &&Container<'_>| {
        evidence(subject, moved).is_none() && (is_bounded(subject, moved) || is_equal_of_a_main(subject, moved))
    };
    let found: Vec<_> = proposal.moved.iter().filter(looks_finite).collect();
    let Some(first) = found.first() else { return Vec::new() };
    let why = if found.iter().any(|moved| is_bounded(subject, moved)) {
        "`timeout` ends it".to_owned()
    } else {
        let same = proposal.main.iter().filter(|main| image(subject, main) == image(subject, first));
        format!("the same image as {} and no port, probe or hook", listed(same))
    };
    let message = format!(
        "{} may be a task of its own, not a helper ({why}): as a native sidecar it would be started again when it ends, and stopped when the main containers have ended, with its work undone",
        listed(found.iter().copied())
    );
    let help = "leave it in `containers` if it ends by itself; if it does not, allow `looks-finite` for the workload";
    vec![RULE.finding(subject.pod.container_path(first), message, help)]
}

fn image<'a>(subject: &Subject<'a>, container: &Container<'_>) -> &'a str {
    field(subject.tree, container.node, "image").and_then(|image| subject.tree.scalar(image)).unwrap_or("").trim()
}

/// Whether a `timeout` (coreutils) ends the container.
fn is_bounded(subject: &Subject<'_>, moved: &Container<'_>) -> bool {
    Process::of(subject.tree, moved.node).program() == Some("timeout")
}

/// Whether a container looks like one more of the main containers: their image, and nothing that says that it stays.
fn is_equal_of_a_main(subject: &Subject<'_>, moved: &Container<'_>) -> bool {
    let tree = subject.tree;
    let own = image(subject, moved);
    let is_same = |main: &Container<'_>| !own.is_empty() && image(subject, main) == own;
    subject.proposal.main.iter().any(is_same)
        && subject.after.ports(moved).is_empty()
        && Hook::ALL.iter().all(|hook| hook.find(tree, moved.node).is_none())
        && !stays(&Process::of(tree, moved.node).argv)
}

/// Whether a word of the command says that it keeps running, or it loops for ever.
fn stays(argv: &[&str]) -> bool {
    let words = argv.iter().flat_map(|text| text.split(|c: char| c.is_whitespace() || ";&|()".contains(c)));
    let words: Vec<_> = words.filter(|word| !word.is_empty()).collect();
    let loops = |pair: &[&str]| matches!(pair, ["while", "true" | ":" | "1"] | ["until", "false"]);
    words.iter().any(|word| ENDLESS.contains(word)) || words.windows(2).any(loops)
}
