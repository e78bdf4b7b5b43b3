//! See the page.
#![doc = include_str!("restart_policy_outside_init.md")]

use super::{Finding, Rule, RuleKind, Subject};
use crate::diagnostic::Severity;
use crate::k8s::pod_spec::field;
use crate::yaml::line::{self, is_first_on_line};

/// The rule.
pub static RULE: Rule = Rule {
    name: "restart-policy-outside-init",
    kind: RuleKind::Note,
    severity: Severity::Warning,
    page: include_str!("restart_policy_outside_init.md"),
    check: Some(check),
};

/// Whether the rule can have something to say of a text in which no container is selected.
///
/// It has not where every `restartPolicy` plainly is a field of a pod: not indented deeper than the keys `containers`,
/// whose values are block lists, and nothing is shared.
pub fn may_concern(text: &str) -> bool {
    let places =
        |word: &'static str| memchr::memmem::find_iter(text.as_bytes(), word).map(move |at| (at, at + word.len()));
    let column = |at: usize| is_first_on_line(text, at).then(|| line::column(text, at));
    let mut policies = places("restartPolicy").peekable();
    if policies.peek().is_none() {
        return false;
    }
    // An alias, a merge or an explicit key may bring any field to any place.
    if memchr::memchr2(b'*', b'?', text.as_bytes()).is_some() {
        return true;
    }
    let mut shallowest = usize::MAX;
    for (at, end) in places("containers") {
        let below = line::end(text, end);
        let Some(rest) = text.get(end..below).and_then(|rest| rest.strip_prefix(':')).map(str::trim) else { continue };
        let is_header = rest.is_empty() || rest.starts_with('#');
        let is_block_list = is_header && text.get(below..).is_some_and(|below| below.trim_start().starts_with('-'));
        match column(at) {
            Some(column) if is_block_list => shallowest = shallowest.min(column),
            _ => return true,
        }
    }
    policies.any(|(at, _)| column(at).is_none_or(|column| column > shallowest))
}

fn check(subject: &Subject<'_>) -> Vec<Finding> {
    let tree = subject.tree;
    let policy = |main: &crate::k8s::pod_spec::Container<'_>| {
        field(tree, main.node, "restartPolicy").and_then(|policy| tree.scalar(policy)) == Some("Always")
    };
    let find = |main: &crate::k8s::pod_spec::Container<'_>| {
        let message = format!(
            "`{}` has `restartPolicy: Always` in `containers`, which makes no native sidecar: rejected up to Kubernetes 1.33, dropped in 1.34, a restart policy of its own from 1.35 on",
            main.name
        );
        let help = "if it is a sidecar, select it; else remove the line";
        RULE.finding(subject.pod.container_path(main).key("restartPolicy"), message, help)
    };
    subject.proposal.main.iter().filter(|main| policy(main)).map(find).collect()
}
