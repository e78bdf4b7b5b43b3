//! See the page.
#![doc = include_str!("kubelet_bug.md")]

use super::{Finding, Rule, RuleKind, Subject, listed};
use crate::config::Cluster;
use crate::diagnostic::Severity;
use crate::k8s::container::Hook;
use crate::k8s::pod_spec::{Container, List, field};
use crate::k8s::version::{Range, Version};
use crate::locate::kind_of;
use crate::select::is_native;
use crate::yaml::scalar::{Scalar, resolve};

/// The rule.
pub static RULE: Rule = Rule {
    name: "kubelet-bug",
    kind: RuleKind::Note,
    severity: Severity::Info,
    page: include_str!("kubelet_bug.md"),
    check: Some(check),
};

/// A bug of Kubernetes that native sidecars can meet.
struct Bug {
    /// Its number at kubernetes/kubernetes.
    number: u32,
    /// What happens.
    effect: &'static str,
    /// The first release that has it; `None`: all that have native sidecars.
    since: Option<Version>,
    /// The first release without it, for each minor version that got one, the oldest first. From the last on it is gone.
    fixed: &'static [Version],
    /// Whether it can keep the main containers from running.
    stops_main: bool,
    /// Whether the pod can meet it after the conversion.
    meets: fn(&Subject<'_>) -> bool,
}

/// The bug that only pods with `restartPolicy: Never` meet, of those that stop the main containers.
const NEVER_STARTS: u32 = 132_826;

/// The bugs that some pods meet and others do not. Patch releases: `CHANGELOG-1.28.md` to `CHANGELOG-1.36.md`.
const BUGS: &[Bug] = &[
    // The fix #123323 and its picks #123709 and #123710.
    Bug {
        number: 123_323,
        effect: "a sidecar that restarts keeps the status of its first end",
        since: None,
        fixed: &[Version::patch(28, 8), Version::patch(29, 3), Version::minor(30)],
        stops_main: false,
        meets: |subject| matches!(restart_policy(subject), "Never" | "OnFailure"),
    },
    // The fix #125935 and its pick #126331.
    Bug {
        number: 125_880,
        effect: "a pod that is deleted before its last sidecar has started waits for the end of the grace period",
        since: None,
        fixed: &[Version::patch(30, 4), Version::minor(31)],
        stops_main: false,
        meets: |subject| is_a_later_sidecar_held_back(subject),
    },
    // The fix #133072 and its picks #134800 and #134801; the pick for 1.32 was closed.
    Bug {
        number: NEVER_STARTS,
        effect: "once a sidecar with a startup probe has failed, the main containers never start",
        since: None,
        fixed: &[Version::patch(33, 6), Version::patch(34, 2), Version::minor(35)],
        stops_main: true,
        meets: |subject| restart_policy(subject) == "Never" && has_moved_startup_probe(subject),
    },
    // The fix #132040 and its pick #133390.
    Bug {
        number: 132_037,
        effect: "pods that need the same port of the host are scheduled onto one node",
        since: None,
        fixed: &[Version::patch(33, 6), Version::minor(34)],
        stops_main: false,
        meets: |subject| needs_host_ports(subject),
    },
    // The fix #137146 and its pick #137885.
    Bug {
        number: 136_910,
        effect: "main containers that crash after a restart of the kubelet stay down",
        since: Some(Version::minor(35)),
        fixed: &[Version::patch(35, 4), Version::minor(36)],
        stops_main: true,
        meets: |subject| restart_policy(subject) != "Never" && has_moved_startup_probe(subject),
    },
];

impl Bug {
    /// The oldest release of the range that has the bug.
    fn first_in(&self, range: Range) -> Option<Version> {
        let last = self.fixed.last()?;
        let oldest = self.since.map_or(0, |since| since.minor).max(range.min.minor);
        (oldest..=last.minor).find_map(|minor| {
            let fix = self.fixed.iter().find(|fix| fix.minor == minor);
            range.first_within(minor, 0, fix.map(|fix| fix.patch))
        })
    }

    /// The first release from `version` on that does not have it.
    fn fixed_after(&self, version: Version) -> Option<Version> {
        self.fixed.iter().copied().find(|fix| *fix > version)
    }

    fn in_words(&self, first: Version) -> String {
        let later: Vec<_> = self.fixed.iter().filter(|fix| **fix > first).map(Version::to_string).collect();
        let fixes = match later.split_last() {
            Some((last, [])) => last.clone(),
            Some((last, others)) => format!("{} and {last}", others.join(", ")),
            None => String::new(),
        };
        format!("{} (kubernetes#{}, in {first}, fixed in {fixes})", self.effect, self.number)
    }
}

fn check(subject: &Subject<'_>) -> Vec<Finding> {
    if subject.proposal.moved.is_empty() {
        return Vec::new();
    }
    let cluster = &subject.config.cluster;
    let (oldest, range) = (cluster.min(), judged(cluster));
    // Nobody said that such an old release is in use, so that only what stops the app is worth a word.
    let matters = |bug: &&Bug| cluster.min_version.is_some() || bug.stops_main;
    let met = BUGS.iter().filter(matters).filter_map(|bug| Some((bug, bug.first_in(range)?)));
    let met = met.filter(|(bug, _)| (bug.meets)(subject));
    let met: Vec<_> = met.collect();
    let Some(free) = met.iter().filter_map(|(bug, first)| bug.fixed_after(*first)).max() else { return Vec::new() };
    let effects: Vec<_> = met.iter().map(|(bug, first)| bug.in_words(*first)).collect();
    let message = format!(
        "with {} as {} the pod can meet {} of Kubernetes: {}; {}",
        listed(&subject.proposal.moved),
        if subject.proposal.moved.len() == 1 { "a native sidecar" } else { "native sidecars" },
        if met.len() == 1 { "a bug" } else { "bugs" },
        effects.join("; "),
        cluster.min_in_words()
    );
    let help = format!(
        "from {free} on {} fixed; write what the clusters run in `cluster.minVersion`, with the patch, since without one .0 is meant",
        if met.len() == 1 { "it is" } else { "they are" }
    );
    let mut finding = RULE.finding(subject.pod.list_path(List::Init), message, help);
    if met.iter().any(|(bug, first)| bug.stops_main && *first == oldest) {
        finding.severity = Severity::Warning;
    }
    vec![finding]
}

/// The releases that are looked at: which newer ones the pod will meet is not known unless the configuration says so.
fn judged(cluster: &Cluster) -> Range {
    let oldest = cluster.min();
    Range { min: oldest, max: cluster.max_version.or(Some(Version::minor(oldest.minor))) }
}

/// Whether a release in the range has a bug by which a sidecar with a startup probe can stop the main containers of
/// a pod like this one.
pub(super) fn stops_main_behind_a_startup_probe(subject: &Subject<'_>) -> bool {
    let cluster = &subject.config.cluster;
    let is_never = restart_policy(subject) == "Never";
    let concerns = |bug: &&Bug| bug.stops_main && is_never == (bug.number == NEVER_STARTS);
    BUGS.iter().filter(concerns).any(|bug| bug.first_in(judged(cluster)).is_some())
}

/// The pod's `restartPolicy`.
fn restart_policy<'a>(subject: &Subject<'a>) -> &'a str {
    let policy = field(subject.tree, subject.pod.node, "restartPolicy").and_then(|id| subject.tree.scalar(id));
    policy.unwrap_or("Always")
}

fn has_moved_startup_probe(subject: &Subject<'_>) -> bool {
    let proposal = subject.proposal;
    proposal.moved.iter().any(|moved| proposal.has_startup_probe(subject.tree, moved))
}

/// Whether something stands before a later sidecar that can keep it from starting.
fn is_a_later_sidecar_held_back(subject: &Subject<'_>) -> bool {
    let tree = subject.tree;
    let is_sidecar = |one: &Container<'_>| one.list == List::Main || is_native(tree, one);
    let holds = |one: &Container<'_>| {
        !is_sidecar(one)
            || subject.proposal.has_startup_probe(tree, one)
            || Hook::PostStart.find(tree, one.node).is_some()
    };
    let order = subject.proposal.init_in_order();
    let first = order.iter().position(is_sidecar);
    let last = order.iter().rposition(is_sidecar);
    let between = first.zip(last).and_then(|(first, last)| order.get(first..last));
    between.is_some_and(|between| between.iter().any(holds))
}

/// Whether a moved container listens on the host. A DaemonSet has one pod on a node, so its own cannot collide.
fn needs_host_ports(subject: &Subject<'_>) -> bool {
    let tree = subject.tree;
    let host_network = field(tree, subject.pod.node, "hostNetwork").and_then(|id| resolve(tree, id));
    host_network == Some(Scalar::Bool(true))
        && kind_of(tree, subject.pod.object).kind != "DaemonSet"
        && subject.proposal.moved.iter().any(|moved| !subject.after.ports(moved).is_empty())
}

#[cfg(test)]
mod tests {
    use super::*;

    /// For each bug the releases around its fixes that have it, and those that do not, by the changelogs.
    const RELEASES: &[(u32, &str, &str)] = &[
        (123_323, "1.28 1.28.7 1.29 1.29.2", "1.28.8 1.29.3 1.30 1.36"),
        (125_880, "1.28.15 1.29 1.29.14 1.30 1.30.3", "1.30.4 1.31 1.36"),
        (132_826, "1.29 1.32.13 1.33 1.33.5 1.34 1.34.1", "1.33.6 1.34.2 1.35 1.36"),
        (132_037, "1.29 1.32.13 1.33.5", "1.33.6 1.34 1.36"),
        (136_910, "1.35 1.35.3", "1.29 1.34.9 1.35.4 1.36"),
    ];

    #[test]
    fn each_bug_is_in_the_releases_before_its_fixes_and_in_no_others() {
        assert_eq!(RELEASES.len(), BUGS.len());
        for (number, with, without) in RELEASES {
            let bug = BUGS.iter().find(|bug| bug.number == *number).unwrap();
            for (releases, has_it) in [(with, true), (without, false)] {
                for release in releases.split(' ') {
                    let version: Version = release.parse().unwrap();
                    // A newest release without a patch means all of them, so that of a `.0` is looked at from below.
                    let max = if version.patch == 0 { Version::patch(version.minor, 1) } else { version };
                    let first = bug.first_in(Range { min: version, max: Some(max) });
                    assert_eq!(first == Some(version), has_it, "#{number} in {release}: {first:?}");
                }
            }
        }
    }
}
