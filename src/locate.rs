//! From an object to the pod specs in it, by the table of kinds and never by guessing.

use std::borrow::Cow;

use kube_core::GroupVersionKind;

use crate::config::ExtraKind;
use crate::k8s::pod_spec::{List, PodSpec, ends_by_policy, field, keys};
use crate::k8s::workloads::{ELSEWHERE, Place, Step, WorkloadKind, gvk, is_list, workload};
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
    let mut found = Vec::new();
    let kind = workload(gvk);
    for place in kind.into_iter().flat_map(|kind| kind.places) {
        found.extend(pods_at(tree, object, place.steps(), (kind, place, place.runs_to_completion)));
    }
    let is_kind = |one: &&ExtraKind| one.group == gvk.group && one.version == gvk.version && one.kind == gvk.kind;
    for own in extra.iter().filter(is_kind) {
        let steps = own.pod_spec.iter().map(|key| key.clone().map_or(Step::Entries, |key| Step::Key(key.into())));
        for pod in pods_at(tree, object, steps, (kind, &ELSEWHERE, own.runs_to_completion)) {
            // Where the table and the configuration name the same place, the table knows more of it.
            if found.iter().all(|known: &PodSpec| known.path != pod.path) {
                found.push(pod);
            }
        }
    }
    found
}

/// The pod specs at the end of some steps: of which kind, which place of it, and whether its pods end by themselves.
fn pods_at(
    tree: &Tree<'_>,
    object: &Spot,
    steps: impl Iterator<Item = Step>,
    (kind, place, runs_to_completion): (Option<&'static WorkloadKind>, &'static Place, bool),
) -> Vec<PodSpec> {
    // Each spot with the one that it is a value of.
    let mut ends = vec![(object.clone(), None)];
    let mut last = None;
    for to in steps {
        let mut further = Vec::new();
        for (spot, _) in &ends {
            let here = |next: Spot| (next, Some(spot.node));
            match &to {
                Step::Key(key) => further.extend(step(tree, spot, key.clone()).map(here)),
                Step::Entries => further.extend(entries(tree, spot).into_iter().map(here)),
                Step::Values => {
                    let keys = keys(tree, spot.node).into_iter();
                    further.extend(keys.filter_map(|key| step(tree, spot, key.to_owned())).map(here));
                }
            }
        }
        ends = further;
        last = Some(to);
    }
    let is_in_template = matches!(last, Some(Step::Key(key)) if key == "spec");
    let pod_spec = |(spot, above): (Spot, Option<NodeId>)| {
        let mut pod = PodSpec {
            is_shared: spot.is_shared,
            path: spot.path,
            object: object.node,
            object_path: object.path.clone(),
            template: above.filter(|above| is_in_template && *above != object.node),
            node: spot.node,
            kind,
            place,
            runs_to_completion: runs_to_completion || ends_by_policy(tree, spot.node),
        };
        let is_list_shared = |list: List| tree.get(pod.node, pod.key(list)) != field(tree, pod.node, pod.key(list));
        pod.is_shared |= is_list_shared(List::Init) || is_list_shared(List::Main);
        pod
    };
    ends.into_iter().map(pod_spec).collect()
}

fn step(tree: &Tree<'_>, from: &Spot, key: impl Into<Cow<'static, str>>) -> Option<Spot> {
    let key = key.into();
    let node = field(tree, from.node, &key)?;
    let is_shared = from.is_shared || tree.get(from.node, &key) != Some(node);
    Some(Spot { node, path: from.path.key(key), is_shared })
}

fn entries(tree: &Tree<'_>, list: &Spot) -> Vec<Spot> {
    let spots = tree.entries(list.node).iter().enumerate().filter_map(|(index, &entry)| {
        let node = tree.resolve(entry)?;
        Some(Spot { node, path: list.path.index(index), is_shared: list.is_shared || node != entry })
    });
    spots.collect()
}
