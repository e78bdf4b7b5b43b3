//! From an object to the pod specs in it, by the table of kinds and never by guessing.

use kube_core::GroupVersionKind;

use crate::config::ExtraKind;
use crate::k8s::pod_spec::{List, PodSpec, ends_by_policy, field};
use crate::k8s::workloads::{gvk, is_list, workload};
use crate::yaml::path::Path;
use crate::yaml::tree::{NodeId, Tree};

/// A place on the way from an object to its pod specs.
#[derive(Debug, Clone)]
struct Spot {
    node: NodeId,
    path: Path,
    /// Whether an alias or a merge key lies on the way.
    is_shared: bool,
}

/// The pod specs of the object at `object`: its own, or those of the items of a list, lists in lists included.
///
/// `extra` are kinds beside those of the table.
pub fn locate(tree: &Tree<'_>, object: NodeId, extra: &[ExtraKind]) -> Vec<PodSpec> {
    let mut found = Vec::new();
    let mut waiting = vec![Spot { node: object, path: Path::default(), is_shared: false }];
    while let Some(spot) = waiting.pop() {
        let gvk = kind_of(tree, spot.node);
        // Aliases may make a list its own item: a path longer than the tree is deep ends the walk.
        if is_list(&gvk) && spot.path.0.len() < crate::yaml::MAX_DEPTH {
            waiting.extend(step(tree, &spot, "items").into_iter().flat_map(|items| entries(tree, &items)).rev());
        } else {
            found.extend(pod_specs(tree, &spot, &gvk, extra));
        }
    }
    found
}

/// Group, version and kind of an object.
pub fn kind_of(tree: &Tree<'_>, object: NodeId) -> GroupVersionKind {
    let text = |key| field(tree, object, key).and_then(|id| tree.scalar(id)).unwrap_or("");
    gvk(text("apiVersion"), text("kind"))
}

fn pod_specs(tree: &Tree<'_>, object: &Spot, gvk: &GroupVersionKind, extra: &[ExtraKind]) -> Vec<PodSpec> {
    let mut ends = vec![object.clone()];
    let mut template = None;
    let runs_to_completion;
    if let Some(row) = workload(gvk) {
        runs_to_completion = row.runs_to_completion;
        for key in row.pod_spec {
            ends = ends.iter().filter_map(|spot| step(tree, spot, key)).collect();
        }
        let to_template = row.pod_spec.split_last().map_or(&[][..], |(_, above)| above);
        template = (!to_template.is_empty())
            .then(|| to_template.iter().try_fold(object.node, |node, key| field(tree, node, key)))
            .flatten();
    } else {
        let is_kind =
            |kind: &&ExtraKind| kind.group == gvk.group && kind.version == gvk.version && kind.kind == gvk.kind;
        let Some(kind) = extra.iter().find(is_kind) else { return Vec::new() };
        runs_to_completion = kind.runs_to_completion;
        for key in &kind.pod_spec {
            ends = match key {
                Some(key) => ends.iter().filter_map(|spot| step(tree, spot, key)).collect(),
                None => ends.iter().flat_map(|spot| entries(tree, spot)).collect(),
            };
        }
    }
    let pod_spec = |spot: Spot| {
        let is_list_shared = |list: List| tree.get(spot.node, list.key()) != field(tree, spot.node, list.key());
        PodSpec {
            is_shared: spot.is_shared || is_list_shared(List::Init) || is_list_shared(List::Main),
            path: spot.path,
            object: object.node,
            object_path: object.path.clone(),
            template,
            node: spot.node,
            runs_to_completion: runs_to_completion || ends_by_policy(tree, spot.node),
        }
    };
    ends.into_iter().map(pod_spec).collect()
}

fn step(tree: &Tree<'_>, from: &Spot, key: &str) -> Option<Spot> {
    let node = field(tree, from.node, key)?;
    let is_shared = from.is_shared || tree.get(from.node, key) != Some(node);
    Some(Spot { node, path: from.path.key(key), is_shared })
}

fn entries(tree: &Tree<'_>, list: &Spot) -> Vec<Spot> {
    let spots = tree.entries(list.node).iter().enumerate().filter_map(|(index, &entry)| {
        let node = tree.resolve(entry)?;
        Some(Spot { node, path: list.path.index(index), is_shared: list.is_shared || node != entry })
    });
    spots.collect()
}
