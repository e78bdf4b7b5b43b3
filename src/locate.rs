//! From an object to the pod specs in it, by the table of kinds and never by guessing.

use crate::k8s::pod_spec::{List, PodSpec, field};
use crate::k8s::workloads::{gvk, is_list, workload};
use crate::yaml::path::Path;
use crate::yaml::tree::{NodeId, Tree};

/// The pod specs of the object at `object`: its own, or those of the items of a list, lists in lists included.
pub fn locate(tree: &Tree<'_>, object: NodeId) -> Vec<PodSpec> {
    let mut found = Vec::new();
    // Aliases may make a list its own item: a path longer than the tree is deep ends the walk.
    let mut waiting = vec![(object, Path::default(), false)];
    while let Some((object, path, is_shared)) = waiting.pop() {
        let text = |key| field(tree, object, key).and_then(|id| tree.scalar(id)).unwrap_or("");
        let gvk = gvk(text("apiVersion"), text("kind"));
        if is_list(&gvk) && path.0.len() < crate::yaml::MAX_DEPTH {
            let Some(items) = field(tree, object, "items") else {
                continue;
            };
            let is_shared = is_shared || tree.get(object, "items") != Some(items);
            let path = path.key("items");
            for (index, &item) in tree.entries(items).iter().enumerate().rev() {
                let Some(target) = tree.resolve(item) else {
                    continue;
                };
                waiting.push((target, path.index(index), is_shared || target != item));
            }
        } else if let Some(row) = workload(&gvk) {
            found.extend(pod_spec(tree, object, &path, row.pod_spec, is_shared));
        }
    }
    found
}

fn pod_spec(
    tree: &Tree<'_>,
    object: NodeId,
    object_path: &Path,
    keys: &[&str],
    mut is_shared: bool,
) -> Option<PodSpec> {
    let mut node = object;
    let mut path = object_path.clone();
    for key in keys {
        let next = field(tree, node, key)?;
        is_shared = is_shared || tree.get(node, key) != Some(next);
        (node, path) = (next, path.key(key));
    }
    for list in [List::Init, List::Main] {
        let found = field(tree, node, list.key());
        is_shared = is_shared || tree.get(node, list.key()) != found;
    }
    Some(PodSpec { path, object, object_path: object_path.clone(), node, is_shared })
}
