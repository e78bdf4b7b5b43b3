//! See the page.
#![doc = include_str!("patch_names_sidecar.md")]

use super::{Finding, Rule, RuleKind, Subject};
use crate::diagnostic::Severity;
use crate::index::{Patch, in_words};

/// The rule.
pub static RULE: Rule = Rule {
    name: "patch-names-sidecar",
    kind: RuleKind::Note,
    severity: Severity::Warning,
    page: include_str!("patch_names_sidecar.md"),
    check: Some(check),
};

fn check(subject: &Subject<'_>) -> Vec<Finding> {
    if subject.proposal.moved.is_empty() {
        return Vec::new();
    }
    let patches = subject.index.patches(subject.workload());
    let find = |moved: &crate::k8s::pod_spec::Container<'_>| {
        let users = patches.iter().filter(|patch| patch.containers.iter().any(|name| name == moved.name));
        let users = in_words(users.map(|patch| origin(patch)));
        if users.is_empty() {
            return None;
        }
        let message = format!(
            "`{}` stands in `containers` of {users}: applied after the conversion, it would make a second container of that name, which the API server rejects",
            moved.name
        );
        let help =
            "convert the built result, in the last overlay; or move the entry to `initContainers` in the patch as well";
        Some(RULE.finding(subject.pod.container_path(moved), message, help))
    };
    subject.proposal.moved.iter().filter_map(find).collect()
}

fn origin(patch: &Patch) -> String {
    match &patch.origin.file {
        Some(file) if patch.is_object => format!("the partial {} in `{}`", patch.origin, file.path),
        _ if patch.is_object => format!("a partial {}", patch.origin),
        _ => format!("a patch in {}", patch.origin),
    }
}
