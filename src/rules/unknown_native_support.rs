//! See the page.
#![doc = include_str!("unknown_native_support.md")]

use super::{Finding, Rule, RuleKind, Subject, in_words};
use crate::config::Support;
use crate::diagnostic::Severity;
use crate::k8s::pod_spec::List;
use crate::k8s::workloads::Verdict;
use crate::locate::kind_of;

/// The rule.
pub static RULE: Rule = Rule {
    name: "unknown-native-support",
    kind: RuleKind::Note,
    severity: Severity::Warning,
    page: include_str!("unknown_native_support.md"),
    check: Some(check),
};

fn check(subject: &Subject<'_>) -> Vec<Finding> {
    let (pod, moved) = (subject.pod, &subject.proposal.moved);
    if moved.is_empty() || matches!(pod.verdict(), Verdict::Refuse(_)) {
        return Vec::new();
    }
    let (message, help) = match pod.kind.map(|kind| (kind, subject.config.cluster.support(kind))) {
        Some((kind, Support::Unknown(operator))) => (
            format!(
                "{} in a {kind} needs {} {}, and `cluster.components` does not name its release; an older one drops the restartPolicy",
                in_words(moved),
                operator.name,
                operator.since
            ),
            format!(
                "set `cluster.components: {{{}: \"{}\"}}`, with the oldest release in use",
                operator.name, operator.since
            ),
        ),
        None => {
            let kind = kind_of(subject.tree, pod.object).kind;
            let message = format!(
                "{} in a {kind}, which is not built in: whether its schema and its controller know native sidecars is not known",
                in_words(moved)
            );
            (
                message,
                "see that the schema of the kind has `restartPolicy` in `initContainers`: else it is dropped"
                    .to_owned(),
            )
        }
        Some((_, Support::Known | Support::TooOld(..))) => return Vec::new(),
    };
    vec![RULE.finding(pod.list_path(List::Init), message, help)]
}
