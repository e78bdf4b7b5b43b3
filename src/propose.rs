//! From candidates to a proposal: what would change, in terms of the object and not of its text.

use crate::k8s::pod_spec::{Container, List, PodSpec, field};
use crate::krm::annotations;
use crate::select::Candidate;
use crate::yaml::path::Path;
use crate::yaml::tree::{NodeId, Tree};

/// A change of one node of the input.
///
/// All ops of a proposal take effect at once: every path is one of the input. They say nothing of the order
/// of keys, nor of text.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Op {
    /// Takes an entry out of its list and puts it at the end of the list `to`, which is made if it is
    /// not there. Entries that move to the same list keep the order of the ops.
    Move {
        /// The entry.
        from: Path,
        /// The list.
        to: Path,
    },
    /// Puts a new key into a mapping.
    Add {
        /// The mapping.
        at: Path,
        /// The key.
        key: &'static str,
        /// The value, a word of letters.
        value: &'static str,
    },
    /// Takes a key and its value away.
    Remove {
        /// The mapping.
        at: Path,
        /// The key.
        key: &'static str,
    },
}

/// What a conversion of one pod would do.
#[derive(Debug, Clone)]
pub struct Proposal<'t> {
    /// The containers that become native sidecars, in their order.
    pub moved: Vec<Container<'t>>,
    /// The containers that stay main containers.
    pub main: Vec<Container<'t>>,
    /// The entries that `initContainers` has already.
    pub init: Vec<Container<'t>>,
    /// The ops.
    pub ops: Vec<Op>,
}

/// Proposes to make the candidates of one pod native.
pub fn propose<'t>(tree: &'t Tree<'_>, pod: &PodSpec, candidates: &[Candidate<'t>]) -> Proposal<'t> {
    let moved: Vec<_> = candidates.iter().map(|candidate| candidate.container).collect();
    let is_moved = |container: &Container<'_>| moved.iter().any(|one| one.index == container.index);
    let main = pod.containers(tree, List::Main).into_iter().filter(|one| !is_moved(one)).collect();
    let mut ops = Vec::new();
    for container in &moved {
        let from = pod.container_path(container);
        if field(tree, container.node, "restartPolicy").is_none() {
            ops.push(Op::Add { at: from.clone(), key: "restartPolicy", value: "Always" });
        }
        ops.push(Op::Move { from, to: pod.list_path(List::Init) });
    }
    Proposal { moved, main, init: pod.containers(tree, List::Init), ops }
}

/// The ops that take kyaml's ids away from a changed item; see [`annotations::IDS`].
///
/// `annotations` goes with them when nothing else is in it.
pub fn drop_ids(tree: &Tree<'_>, object: NodeId) -> Vec<Op> {
    let Some(all) = tree.find(object, &["metadata", "annotations"]) else {
        return Vec::new();
    };
    let present: Vec<_> = annotations::IDS.into_iter().filter(|id| tree.get(all, id).is_some()).collect();
    if present.is_empty() {
        return Vec::new();
    }
    if present.len() == tree.pairs(all).count() {
        return vec![Op::Remove { at: Path::of(&["metadata"]), key: "annotations" }];
    }
    let at = Path::of(&["metadata", "annotations"]);
    present.into_iter().map(|key| Op::Remove { at: at.clone(), key }).collect()
}
