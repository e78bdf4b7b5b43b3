//! See the page.
#![doc = include_str!("set_image_skips_sidecar.md")]

use super::{Finding, Rule, RuleKind, Subject};
use crate::diagnostic::Severity;
use crate::index::in_words;
use crate::k8s::pod_spec::{Container, field};

/// The rule.
pub static RULE: Rule = Rule {
    name: "set-image-skips-sidecar",
    kind: RuleKind::Note,
    severity: Severity::Warning,
    page: include_str!("set_image_skips_sidecar.md"),
    check: Some(check),
};

fn check(subject: &Subject<'_>) -> Vec<Finding> {
    if subject.proposal.moved.is_empty() {
        return Vec::new();
    }
    let workload = subject.workload();
    let find = |moved: &Container<'_>| {
        let image = field(subject.tree, moved.node, "image").and_then(|image| subject.tree.scalar(image))?;
        let users = subject.index.set_images(workload).filter(|call| call.image == name_of(image));
        let users = in_words(users.map(|call| &call.origin));
        if users.is_empty() {
            return None;
        }
        let message = format!(
            "the image of `{}` is set by kpt's set-image in {users}, which changes images in `containers` only",
            moved.name
        );
        let help = "give it `additionalImageFields` for `initContainers`, or use a setter (`# kpt-set`) in its place";
        Some(RULE.finding(subject.pod.container_path(moved).key("image"), message, help))
    };
    subject.proposal.moved.iter().filter_map(find).collect()
}

/// An image without its tag and digest.
fn name_of(image: &str) -> &str {
    let image = image.split('@').next().unwrap_or(image);
    match image.rsplit_once(':') {
        Some((name, tag)) if !tag.contains('/') => name,
        _ => image,
    }
}
