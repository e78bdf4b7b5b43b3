//! From candidates to a proposal: what would change, in terms of the object and not of its text.

use crate::config::Position;
use crate::k8s::container::Hook;
use crate::k8s::pod_spec::{Container, List, PodSpec, field};
use crate::krm::annotations;
use crate::select::{Candidate, Selection};
use crate::yaml::new::New;
use crate::yaml::path::{Path, Step};
use crate::yaml::tree::{NodeId, Tree};

/// A change of one node of the input.
///
/// All ops of a proposal take effect at once: every path and index is one of the input. They say nothing of the
/// order of keys, nor of text.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Op {
    /// Takes an entry out of its list and puts it into the list `to`, which is made if it is not there. Entries
    /// that go to the same place keep the order of the ops.
    Move {
        /// The entry.
        from: Path,
        /// The list.
        to: Path,
        /// The entry of `to` before which it goes; `None` for the end.
        before: Option<usize>,
    },
    /// Puts a new key into a mapping.
    Add {
        /// The mapping.
        at: Path,
        /// The key.
        key: &'static str,
        /// The value.
        value: New,
    },
    /// Puts another value in the place of a scalar.
    Replace {
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
#[derive(Debug, Clone, Default)]
pub struct Proposal<'t> {
    /// The containers that become native sidecars, in their order.
    pub moved: Vec<Container<'t>>,
    /// The containers that stay main containers.
    pub main: Vec<Container<'t>>,
    /// The entries that `initContainers` has already.
    pub init: Vec<Container<'t>>,
    /// Ordinary init containers that were named as if they were sidecars.
    pub ordinary: Vec<Container<'t>>,
    /// Placement targets that are not there: the container, and the name that its position asks for.
    pub misplaced: Vec<(Container<'t>, String)>,
    /// The ops.
    pub ops: Vec<Op>,
}

impl<'t> Proposal<'t> {
    /// The entries of `initContainers` in the order that they will have.
    pub fn init_in_order(&self) -> Vec<Container<'t>> {
        let mut order = Vec::new();
        let mut place = |wanted: Option<usize>| {
            for op in &self.ops {
                let Op::Move { from, before, .. } = op else { continue };
                let index = match from.0.last() {
                    Some(Step::Index(index)) if *before == wanted => *index,
                    _ => continue,
                };
                order.extend(self.moved.iter().find(|moved| moved.index == index));
            }
            order.extend(wanted.and_then(|wanted| self.init.get(wanted)));
        };
        (0..self.init.len()).map(Some).chain([None]).for_each(&mut place);
        order
    }

    /// Whether a container will have a startup probe: its own, or one that is added.
    pub fn has_startup_probe(&self, tree: &Tree<'_>, container: &Container<'_>) -> bool {
        let is_added = |op: &Op| {
            let Op::Add { at, key: "startupProbe", .. } = op else { return false };
            container.list == List::Main && at.0.last() == Some(&Step::Index(container.index))
        };
        Hook::StartupProbe.find(tree, container.node).is_some() || self.ops.iter().any(is_added)
    }
}

/// Proposes to make the candidates of one pod native.
pub fn propose<'t>(tree: &'t Tree<'_>, pod: &PodSpec, selection: &Selection<'t>) -> Proposal<'t> {
    let candidates = &selection.candidates;
    let is_moved = |container: &Container<'_>| candidates.iter().any(|one| one.container.index == container.index);
    let mut proposal = Proposal {
        moved: candidates.iter().map(|candidate| candidate.container).collect(),
        main: pod.containers(tree, List::Main).into_iter().filter(|one| !is_moved(one)).collect(),
        init: pod.containers(tree, List::Init),
        ordinary: selection.ordinary.clone(),
        ..Proposal::default()
    };
    for candidate in candidates {
        let container = &candidate.container;
        let at = pod.container_path(container);
        let has = |key: &str| field(tree, container.node, key).is_some();
        match tree.get(container.node, "restartPolicy") {
            Some(policy) if tree.scalar(policy) == Some("Always") => {}
            // `restart-policy-conflict` speaks of it; this is what an accepted one comes to.
            Some(_) => proposal.ops.push(Op::Replace { at: at.clone(), key: "restartPolicy", value: "Always" }),
            None => proposal.ops.push(Op::Add { at: at.clone(), key: "restartPolicy", value: New::text("Always") }),
        }
        if let Some(probe) = &candidate.treatment.startup_probe
            && !has("startupProbe")
        {
            proposal.ops.push(Op::Add { at, key: "startupProbe", value: probe.clone() });
        }
    }
    let places = place(&proposal.init, candidates);
    for (index, before) in places.order {
        if let Some(candidate) = candidates.get(index) {
            let from = pod.container_path(&candidate.container);
            proposal.ops.push(Op::Move { from, to: pod.list_path(List::Init), before });
        }
    }
    proposal.misplaced = places.misplaced;
    proposal
}

/// Where the candidates go.
struct Places<'t> {
    /// Each candidate with the entry of `initContainers` before which it goes, in the order of the result.
    order: Vec<(usize, Option<usize>)>,
    misplaced: Vec<(Container<'t>, String)>,
}

/// An entry of the list in the making.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Slot {
    Init(usize),
    Moved(usize),
}

/// Settles the places: first those that need no target, then those whose target has a place.
fn place<'t>(init: &[Container<'t>], candidates: &[Candidate<'t>]) -> Places<'t> {
    let mut slots: Vec<Slot> = (0..init.len()).map(Slot::Init).collect();
    let mut waiting: Vec<usize> = (0..candidates.len()).collect();
    // Last in order; First from the last one on, so that both keep the order of `containers`.
    let of = |index: usize| candidates.get(index).map(|candidate| &candidate.treatment.position);
    slots.extend(waiting.iter().filter(|index| of(**index) == Some(&Position::Last)).map(|index| Slot::Moved(*index)));
    let firsts = waiting.iter().filter(|index| of(**index) == Some(&Position::First));
    let firsts: Vec<_> = firsts.map(|index| Slot::Moved(*index)).collect();
    slots.splice(0..0, firsts);
    waiting.retain(|index| !matches!(of(*index), Some(Position::Last | Position::First)));
    let name_of = |slot: &Slot| match slot {
        Slot::Init(index) => init.get(*index).map(|container| container.name),
        Slot::Moved(index) => candidates.get(*index).map(|candidate| candidate.container.name),
    };
    loop {
        let before = waiting.len();
        waiting.retain(|index| {
            let (Some(Position::Before(target) | Position::After(target)), Some(position)) = (of(*index), of(*index))
            else {
                return false;
            };
            let Some(at) = slots.iter().position(|slot| name_of(slot) == Some(target)) else { return true };
            // Those that stand directly behind the same target already keep their order.
            let behind = slots
                .iter()
                .skip(at + 1)
                .take_while(|slot| matches!(slot, Slot::Moved(other) if of(*other) == Some(position)));
            let at = if matches!(position, Position::After(_)) { at + 1 + behind.count() } else { at };
            slots.insert(at, Slot::Moved(*index));
            false
        });
        if waiting.is_empty() || waiting.len() == before {
            break;
        }
    }
    let mut order = Vec::new();
    for (at, slot) in slots.iter().enumerate() {
        if let Slot::Moved(index) = slot {
            let next =
                slots.iter().skip(at).find_map(|slot| if let Slot::Init(index) = slot { Some(*index) } else { None });
            order.push((*index, next));
        }
    }
    let misplaced = waiting.iter().filter_map(|index| candidates.get(*index)).filter_map(|candidate| {
        let (Position::Before(target) | Position::After(target)) = &candidate.treatment.position else { return None };
        Some((candidate.container, target.clone()))
    });
    Places { order, misplaced: misplaced.collect() }
}

/// The ops that take kyaml's ids away from a changed item; see [`annotations::IDS`].
///
/// `annotations` goes with them when nothing else is in it.
pub fn drop_ids(tree: &Tree<'_>, object: NodeId) -> Vec<Op> {
    let Some(all) = tree.find(object, &["metadata", "annotations"]) else { return Vec::new() };
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
