//! See the page.
#![doc = include_str!("host_port_unmapped.md")]

use super::{Finding, Rule, RuleKind, Subject};
use crate::diagnostic::Severity;
use crate::k8s::pod_spec::{Container, field};
use crate::yaml::scalar::{Scalar, resolve};

/// The rule.
pub static RULE: Rule = Rule {
    name: "host-port-unmapped",
    kind: RuleKind::Unsafe,
    severity: Severity::Error,
    page: include_str!("host_port_unmapped.md"),
    check: Some(check),
};

fn check(subject: &Subject<'_>) -> Vec<Finding> {
    let tree = subject.tree;
    let host_network = field(tree, subject.pod.node, "hostNetwork").and_then(|id| resolve(tree, id));
    if host_network == Some(Scalar::Bool(true)) {
        return Vec::new();
    }
    subject.proposal.moved.iter().filter_map(|moved| find(subject, moved)).collect()
}

fn find(subject: &Subject<'_>, moved: &Container<'_>) -> Option<Finding> {
    let tree = subject.tree;
    let ports = field(tree, moved.node, "ports").map_or(&[][..], |ports| tree.entries(ports));
    let is_set = |port: &Scalar<'_>| !matches!(port, Scalar::Null | Scalar::Int(0));
    let host_port = |port: &crate::yaml::tree::NodeId| {
        let node = tree.resolve(*port)?;
        resolve(tree, field(tree, node, "hostPort")?).filter(is_set)
    };
    let index = ports.iter().position(|port| host_port(port).is_some())?;
    let message = format!(
        "`{}` has a hostPort, and the kubelet maps host ports of `containers` only, so nothing would listen on the node",
        moved.name
    );
    let at = subject.pod.container_path(moved).key("ports").index(index).key("hostPort");
    Some(RULE.finding(at, message, "leave the container where it is, use a Service, or set hostNetwork on the pod"))
}
