//! See the page.
#![doc = include_str!("injector_placeholder.md")]

use super::{Finding, Rule, RuleKind, Subject};
use crate::diagnostic::Severity;
use crate::k8s::pod_spec::field;

/// The rule.
pub static RULE: Rule = Rule {
    name: "injector-placeholder",
    kind: RuleKind::Unsafe,
    severity: Severity::Error,
    page: include_str!("injector_placeholder.md"),
    check: Some(check),
};

/// The image that Istio's injector replaces when it merges its own container (istio `pkg/kube/inject/inject.go`).
const PLACEHOLDER: &str = "auto";

fn check(subject: &Subject<'_>) -> Vec<Finding> {
    let image = |moved: &crate::k8s::pod_spec::Container<'_>| {
        field(subject.tree, moved.node, "image").and_then(|image| subject.tree.scalar(image)).unwrap_or("")
    };
    let find = |moved: &crate::k8s::pod_spec::Container<'_>| {
        let message =
            format!("`{}` is a placeholder (`image: auto`) that an injector merges with its own container", moved.name);
        let help = "leave it in `containers`; the injector moves it itself when native sidecars are on";
        RULE.finding(subject.pod.container_path(moved).key("image"), message, help)
    };
    subject.proposal.moved.iter().filter(|moved| image(moved) == PLACEHOLDER).map(find).collect()
}
