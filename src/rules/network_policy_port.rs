//! See the page.
#![doc = include_str!("network_policy_port.md")]

use super::{Finding, Rule, RuleKind, Subject};
use crate::diagnostic::Severity;
use crate::index::in_words;
use crate::k8s::container::Port;
use crate::k8s::pod_spec::Container;

/// The rule.
pub static RULE: Rule = Rule {
    name: "network-policy-port",
    kind: RuleKind::Note,
    severity: Severity::Warning,
    page: include_str!("network_policy_port.md"),
    check: Some(check),
};

fn check(subject: &Subject<'_>) -> Vec<Finding> {
    let moved = subject.proposal.moved.iter();
    let all = moved.flat_map(|moved| subject.after.ports(moved).iter().map(move |port| (moved, port)));
    let named: Vec<_> = all.filter(|(_, port)| port.name.is_some()).collect();
    if named.is_empty() {
        return Vec::new();
    }
    let policies = subject.index.policies(subject.workload());
    let find = |(moved, port): (&Container<'_>, &Port<'_>)| {
        let name = port.name?;
        let users = policies
            .iter()
            .filter(|policy| policy.ports.iter().any(|target| target.name == name && target.protocol == port.protocol));
        let users = in_words(users.map(|policy| &policy.origin));
        if users.is_empty() {
            return None;
        }
        let message = format!(
            "`{name}` of `{}` is a port of {users}, and not every network plugin looks for named ports in `initContainers`, so the rule may allow nothing: Calico finds it from 3.30 on, Antrea does not",
            moved.name
        );
        let number = port.number.map_or_else(|| "the number".to_owned(), |number| number.to_string());
        let help = format!("write {number} in the policy, in the same change");
        let at = subject.pod.container_path(moved).key("ports").index(port.index).key("name");
        Some(RULE.finding(at, message, help))
    };
    named.into_iter().filter_map(find).collect()
}
