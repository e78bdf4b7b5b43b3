//! See the page.
#![doc = include_str!("pointer_into_containers.md")]

use super::{Finding, Rule, RuleKind, Subject};
use crate::diagnostic::Severity;
use crate::index::{Pointer, Which, in_words};
use crate::k8s::pod_spec::List;
use crate::propose::Op;
use crate::select::annotations;
use crate::yaml::parse::parse;
use crate::yaml::path::{Path, Step};

/// The rule.
pub static RULE: Rule = Rule {
    name: "pointer-into-containers",
    kind: RuleKind::Note,
    severity: Severity::Warning,
    page: include_str!("pointer_into_containers.md"),
    check: Some(check),
};

/// OpenShift's image triggers, a list of objects in JSON (openshift/library-go, `pkg/image/trigger`).
const TRIGGERS: &str = "image.openshift.io/triggers";

fn check(subject: &Subject<'_>) -> Vec<Finding> {
    if subject.proposal.moved.is_empty() {
        return Vec::new();
    }
    let workload = subject.workload();
    let pointing = subject.index.pointers(workload);
    let mut misled: Vec<(String, &Pointer)> = Vec::new();
    misled.extend(pointing.iter().map(|one| (one.origin.to_string(), &one.pointer)));
    let triggers = triggers(subject);
    misled.extend(triggers.iter().map(|pointer| (format!("the annotation {TRIGGERS}"), pointer)));
    misled.retain(|(_, pointer)| is_misled(subject, pointer));
    let Some((_, first)) = misled.first() else { return Vec::new() };
    let at = place(subject, first);
    let paths = in_words(misled.iter().map(|(origin, pointer)| format!("`{}` of {origin}", pointer.text)));
    let message = format!("the conversion changes what is meant by {paths}");
    let help = "move the path to `initContainers`, or correct its index, in the same change; a path by name is safer than one by index";
    vec![RULE.finding(at, message, help)]
}

/// Whether a path would mean another container than now, or one less.
fn is_misled(subject: &Subject<'_>, pointer: &Pointer) -> bool {
    let proposal = subject.proposal;
    let keys = subject.pod.path.0.get(subject.pod.object_path.0.len()..).unwrap_or(&[]);
    let is_step = |(step, key): (&Step, &String)| matches!(step, Step::Key(one) if one == key);
    if keys.len() != pointer.keys.len() || !keys.iter().zip(&pointer.keys).all(is_step) {
        return false;
    }
    match (pointer.list, &pointer.which) {
        (List::Main, Which::Index(index)) => proposal.moved.iter().any(|moved| moved.index <= *index),
        (List::Main, Which::Names(names)) => {
            proposal.moved.iter().any(|moved| names.iter().any(|name| name == moved.name))
        }
        (List::Main, Which::All) => true,
        (List::Init, Which::Index(index)) => {
            proposal.ops.iter().any(|op| matches!(op, Op::Move { before: Some(before), .. } if before <= index))
        }
        // Names stay, and what meant all init containers means the sidecars as well.
        (List::Init, _) => false,
    }
}

/// The container that the path means now, or its list.
fn place(subject: &Subject<'_>, pointer: &Pointer) -> Path {
    let list = subject.pod.list_path(pointer.list);
    let named = |names: &[String]| {
        subject.proposal.moved.iter().find(|moved| names.iter().any(|name| name == moved.name)).map(|moved| moved.index)
    };
    match &pointer.which {
        Which::Index(index) => list.index(*index),
        Which::Names(names) => named(names).map_or_else(|| list.clone(), |index| list.index(index)),
        Which::All => list,
    }
}

/// The paths in the workload's own image triggers.
fn triggers(subject: &Subject<'_>) -> Vec<Pointer> {
    let mut found = Vec::new();
    for (text, _) in annotations(subject.tree, subject.pod, TRIGGERS) {
        let Ok(tree) = parse(text) else { continue };
        let entries = tree.roots.iter().flat_map(|root| tree.entries(*root));
        let paths = entries.filter_map(|entry| tree.get(*entry, "fieldPath")).filter_map(|path| tree.scalar(path));
        found.extend(paths.filter_map(Pointer::read));
    }
    found
}
