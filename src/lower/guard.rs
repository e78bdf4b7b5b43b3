//! Forms in which an edit would touch more than what is written in its place.

use super::{Place, unsupported};
use crate::k8s::pod_spec::{List, PodSpec};
use crate::propose::Op;
use crate::rules::{Finding, duplicate_key};
use crate::yaml::path::{Path, Step};
use crate::yaml::tree::{Kind, NodeId, Tree};

/// Refuses what no layout can handle.
pub(super) fn check(place: &Place<'_>, pod: &PodSpec, ops: &[Op]) -> Result<(), Finding> {
    let tree = place.tree;
    if place.has_odd_break() {
        let why =
            "a character in it is a line break to some readers only (a bare carriage return, U+0085, U+2028 or U+2029)";
        return Err(unsupported(pod.path.clone(), why));
    }
    if pod.is_shared {
        return Err(unsupported(pod.path.clone(), "an alias or a merge key brings in the pod spec or its containers"));
    }
    for list in [List::Main, List::Init] {
        unique_along(place, &pod.path, pod.key(list))?;
        not_shared(place, &pod.list_path(list))?;
    }
    let mut names: Vec<_> = pod.containers(tree, List::Main).into_iter().map(|one| one.name).collect();
    names.sort_unstable();
    for op in ops {
        if let Op::Move { from, .. } = op {
            check_entry(place, &names, from)?;
        }
    }
    Ok(())
}

/// `names` are those of all entries of `containers`, sorted.
fn check_entry(place: &Place<'_>, names: &[&str], from: &Path) -> Result<(), Finding> {
    let tree = place.tree;
    let Some(entry) = from.find(tree, place.object) else {
        return Err(unsupported(from.clone(), "the container is written elsewhere"));
    };
    if let Kind::Alias(_) = tree.node(entry).kind {
        return Err(unsupported(from.clone(), "the container is an alias"));
    }
    let Some(name) = tree.get(entry, "name").and_then(|id| tree.scalar(id)) else {
        return Err(unsupported(from.clone(), "the name of the container comes from a merge key or an alias"));
    };
    not_shared(place, from)?;
    let mut keys: Vec<&str> = tree.pairs(entry).filter_map(|(key, _)| tree.scalar(key)).collect();
    keys.sort_unstable();
    if let Some([key, _]) = keys.array_windows().find(|[a, b]| a == b) {
        return Err(duplicate(from.key((*key).to_owned()), key));
    }
    let same_name = names.partition_point(|one| *one <= name) - names.partition_point(|one| *one < name);
    if same_name > 1 {
        let message = format!(
            "the name `{name}`, by which Kubernetes tells the entries of this list apart, stands {same_name} times in it"
        );
        return Err(duplicate_key::RULE.finding(from.clone(), message, "remove or rename all but one"));
    }
    Ok(())
}

/// Refuses a path on which the next key stands twice in its mapping, and a last mapping in which `key` does.
pub(super) fn unique_along(place: &Place<'_>, path: &Path, key: &str) -> Result<(), Finding> {
    let mut mapping = place.object;
    for (depth, step) in path.0.iter().enumerate() {
        let below = match step {
            Step::Key(key) => only(place.tree, mapping, key, path.0.get(..depth))?,
            Step::Index(_) => step.find(place.tree, mapping),
        };
        let Some(below) = below else { return Ok(()) };
        mapping = below;
    }
    only(place.tree, mapping, key, Some(&path.0)).map(drop)
}

/// The value of a key; refused when it stands twice in the mapping, which is `at` this path.
fn only(tree: &Tree<'_>, mapping: NodeId, key: &str, at: Option<&[Step]>) -> Result<Option<NodeId>, Finding> {
    let mut found = tree.pairs(mapping).filter(|(one, _)| tree.scalar(*one) == Some(key));
    let first = found.next();
    if found.next().is_some() {
        return Err(duplicate(Path(at.unwrap_or(&[]).to_vec()).key(key.to_owned()), key));
    }
    Ok(first.map(|(_, value)| value))
}

fn duplicate(at: Path, key: &str) -> Finding {
    let message =
        format!("the key `{key}` stands more than once in its mapping, and readers disagree which one counts");
    duplicate_key::RULE.finding(at, message, "remove all but one")
}

/// Refuses a path through a node that is used in another place as well: the edit would change it there too.
pub(super) fn not_shared(place: &Place<'_>, path: &Path) -> Result<(), Finding> {
    let tree = place.tree;
    if tree.shared.is_empty() {
        return Ok(());
    }
    let nodes = path.walk(tree, place.object).unwrap_or_default();
    for anchor in nodes.iter().filter_map(|id| tree.node(*id).anchor()) {
        let is_alias = |id: NodeId| matches!(&tree.node(id).kind, Kind::Alias(name) if name == anchor);
        if tree.shared.iter().any(|id| is_alias(*id)) || (place.is_aliased_elsewhere)(anchor) {
            let why = format!("the anchor `&{anchor}` makes this text serve in another place as well");
            return Err(unsupported(path.clone(), &why));
        }
    }
    Ok(())
}
