//! See the page.
#![doc = include_str!("runs_to_completion.md")]

use super::{Finding, Rule, RuleKind, Subject};
use crate::diagnostic::Severity;
use crate::k8s::pod_spec::Container;
use crate::k8s::process::{Process, boolean, flag, variables};
use crate::yaml::path::Path;

/// The rule.
pub static RULE: Rule = Rule {
    name: "runs-to-completion",
    kind: RuleKind::Unsafe,
    severity: Severity::Error,
    page: include_str!("runs_to_completion.md"),
    check: Some(check),
};

/// A program that ends by itself, always or on demand.
struct Finite {
    /// Base name of the program.
    program: &'static str,
    /// Base names of the images that have it as their entry point.
    images: &'static [&'static str],
    /// The first argument, one of these; none: any.
    verbs: &'static [&'static str],
    /// What makes it end.
    when: When,
}

enum When {
    /// It always does.
    Always,
    /// With this flag.
    Flag(&'static str),
    /// With this flag switched off.
    NoFlag(&'static str),
    /// With a variable of one of these names that is true.
    IsTrue(&'static [&'static str]),
    /// With a variable that has this value.
    Is(&'static str, &'static str),
}

/// Programs that end by themselves. The page names the source of each.
const FINITE: &[Finite] = &[
    Finite { program: "git-sync", images: &["git-sync"], verbs: &[], when: When::Flag("one-time") },
    Finite {
        program: "git-sync",
        images: &["git-sync"],
        verbs: &[],
        when: When::IsTrue(&["GITSYNC_ONE_TIME", "GIT_SYNC_ONE_TIME"]),
    },
    Finite { program: "consul-template", images: &["consul-template"], verbs: &[], when: When::Flag("once") },
    Finite { program: "vault", images: &["vault"], verbs: &["agent"], when: When::Flag("exit-after-auth") },
    Finite { program: "spiffe-helper", images: &["spiffe-helper"], verbs: &[], when: When::NoFlag("daemon-mode") },
    Finite { program: "k8s-sidecar", images: &["k8s-sidecar"], verbs: &[], when: When::Is("METHOD", "LIST") },
    Finite { program: "certbot", images: &["certbot"], verbs: &[], when: When::Always },
    Finite {
        program: "kubectl",
        images: &["kubectl"],
        verbs: &[
            "annotate", "apply", "create", "delete", "drain", "label", "patch", "replace", "scale", "taint", "wait",
        ],
        when: When::Always,
    },
    Finite { program: "pg_dump", images: &[], verbs: &[], when: When::Always },
    Finite { program: "pg_dumpall", images: &[], verbs: &[], when: When::Always },
    Finite { program: "pg_restore", images: &[], verbs: &[], when: When::Always },
    Finite { program: "mysqldump", images: &[], verbs: &[], when: When::Always },
    Finite { program: "mongodump", images: &[], verbs: &[], when: When::Always },
    Finite { program: "mongorestore", images: &[], verbs: &[], when: When::Always },
];

/// Utilities of POSIX and the GNU coreutils that end when they have done what their arguments say.
const UTILITIES: [&str; 16] = [
    "chgrp", "chmod", "chown", "cp", "date", "echo", "false", "ln", "ls", "mkdir", "mv", "printf", "rm", "rmdir",
    "touch", "true",
];

/// A `sleep` of this many seconds, 30 days, or more is meant as one for ever.
const FOR_EVER: u64 = 30 * 24 * 60 * 60;

fn check(subject: &Subject<'_>) -> Vec<Finding> {
    if !subject.pod.runs_to_completion {
        return Vec::new();
    }
    let find = |moved: &Container<'_>| {
        let (at, why) = evidence(subject, moved)?;
        let message = format!(
            "`{}` ends by itself ({why}), and a native sidecar that ends is started again as long as the main containers run",
            moved.name
        );
        let help = "leave it in `containers`, or make it an ordinary init container if it only prepares something; allow the rule if it may run again and again";
        Some(RULE.finding(at, message, help))
    };
    subject.proposal.moved.iter().filter_map(find).collect()
}

/// What shows that a container ends by itself: the field and the reason.
pub(super) fn evidence(subject: &Subject<'_>, moved: &Container<'_>) -> Option<(Path, String)> {
    let tree = subject.tree;
    let process = Process::of(tree, moved.node);
    let at = subject.pod.container_path(moved);
    let by_arguments = || {
        let key = if crate::k8s::pod_spec::field(tree, moved.node, "args").is_some() { "args" } else { "command" };
        at.key(key)
    };
    if let Some(program) = process.program() {
        if UTILITIES.contains(&program) {
            return Some((by_arguments(), format!("`{program}` does")));
        }
        if program == "sleep" && ends(process.argv.get(1..)?) {
            return Some((by_arguments(), format!("`{}`", process.argv.join(" "))));
        }
    }
    FINITE.iter().find_map(|finite| {
        let mut arguments = process.arguments_of(finite.program, finite.images)?;
        if !finite.verbs.is_empty() {
            let (verb, rest) = arguments.split_first()?;
            arguments = finite.verbs.contains(verb).then_some(rest)?;
        }
        let variable = |is_it: &dyn Fn(&str, &str) -> bool| {
            variables(tree, moved.node).into_iter().find(|(_, name, value)| is_it(name, value))
        };
        let by_variable = |(index, name, value): (usize, &str, &str)| {
            (at.key("env").index(index), format!("{} does with {name}={value}", finite.program))
        };
        match finite.when {
            When::Always => Some((by_arguments(), format!("{} does", finite.program))),
            When::Flag(name) => (flag(arguments, name) == Some(true))
                .then(|| (by_arguments(), format!("{} does with `--{name}`", finite.program))),
            When::NoFlag(name) => (flag(arguments, name) == Some(false))
                .then(|| (by_arguments(), format!("{} does with `--{name}=false`", finite.program))),
            When::IsTrue(names) => {
                variable(&|name, value| names.contains(&name) && boolean(value) == Some(true)).map(by_variable)
            }
            When::Is(wanted, value) => variable(&|name, found| name == wanted && found == value).map(by_variable),
        }
    })
}

/// Whether the durations of a `sleep` come to less than what is meant as for ever.
fn ends(durations: &[&str]) -> bool {
    let seconds = |text: &&str| {
        let unit = match text.bytes().last()? {
            b'm' => 60,
            b'h' => 3600,
            b'd' => 86_400,
            _ => 1,
        };
        let number = text.trim_end_matches(['s', 'm', 'h', 'd']);
        let whole = number.split('.').next()?;
        let is_number = number.bytes().all(|byte| byte.is_ascii_digit() || byte == b'.');
        is_number.then(|| whole.parse::<u64>().ok()?.checked_mul(unit))?
    };
    let sum = durations.iter().map(seconds).try_fold(0_u64, |sum, one| sum.checked_add(one?));
    !durations.is_empty() && sum.is_some_and(|sum| sum < FOR_EVER)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_sleep_is_finite_unless_it_is_meant_for_ever() {
        for finite in [&["5"][..], &["1h"], &["0.5"], &["1d", "12h"], &["3600s"], &["29d"]] {
            assert!(ends(finite), "{finite:?}");
        }
        let endless =
            [&["infinity"][..], &["inf"], &["30d"], &["2147483647"], &["99999999999999999999"], &["$(N)"], &[]];
        for endless in endless {
            assert!(!ends(endless), "{endless:?}");
        }
        // Just below 30 days, and 30 days, in each unit.
        for (below, days) in [("2591999", "2592000"), ("43199m", "43200m"), ("719h", "720h"), ("29d", "30d")] {
            assert!(ends(&[below]) && !ends(&[days]), "{below} {days}");
        }
    }
}
