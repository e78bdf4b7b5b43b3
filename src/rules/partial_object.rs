//! See the page.
#![doc = include_str!("partial_object.md")]

use super::{Finding, Rule, RuleKind, Subject};
use crate::diagnostic::Severity;
use crate::k8s::pod_spec::field;

/// The rule.
pub static RULE: Rule = Rule {
    name: "partial-object",
    kind: RuleKind::Unsafe,
    severity: Severity::Error,
    page: include_str!("partial_object.md"),
    check: Some(check),
};

fn check(subject: &Subject<'_>) -> Vec<Finding> {
    let has_image = |moved: &crate::k8s::pod_spec::Container<'_>| {
        field(subject.tree, moved.node, "image").is_some_and(|image| !subject.tree.is_null(image))
    };
    let find = |moved: &crate::k8s::pod_spec::Container<'_>| {
        let message = format!(
            "`{}` has no image, so this looks like a patch of an object that is complete elsewhere",
            moved.name
        );
        let help = "convert the built result instead, in the last overlay; or convert base and patch by hand, together";
        RULE.finding(subject.pod.container_path(moved), message, help)
    };
    subject.proposal.moved.iter().filter(|moved| !has_image(moved)).map(find).collect()
}
