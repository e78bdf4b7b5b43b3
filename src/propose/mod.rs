//! From candidates to a proposal: what would change, in terms of the object and not of its text.

mod edits;
mod markers;
mod place;
mod probe;

use std::cell::OnceCell;

use crate::catalog::profile::Profile;
use crate::config::{EditLevel, Treatment};
use crate::k8s::container::Hook;
use crate::k8s::pod_spec::{Container, List, PodSpec};
use crate::k8s::workloads::Verdict;
use crate::krm::annotations;
use crate::select::{Injected, Selection};
use crate::yaml::new::New;
use crate::yaml::path::{Path, Step};
use crate::yaml::tree::{NodeId, Tree};
pub use edits::Edited;
use edits::{Known, Made};
use place::{Slot, place};
pub use probe::{NoProbe, Outcome};

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
        key: String,
        /// The value.
        value: New,
    },
    /// Puts another value in the place of what a key has.
    Replace {
        /// The mapping.
        at: Path,
        /// The key.
        key: String,
        /// The value.
        value: New,
    },
    /// Takes a key and its value away.
    Remove {
        /// The mapping.
        at: Path,
        /// The key.
        key: String,
        /// Whether the comments that belong to it go as well.
        with_comments: bool,
    },
    /// Puts an entry behind the last one of a list.
    Append {
        /// The list, which has entries.
        list: Path,
        /// The entry.
        value: New,
    },
    /// Takes an entry out of a list in which others stay, with the comments that belong to it.
    Drop {
        /// The list.
        list: Path,
        /// The entry's place.
        index: usize,
    },
}

impl Op {
    /// The node whose members the op changes; for a move the entry itself.
    pub fn place(&self) -> &Path {
        match self {
            Self::Move { from, .. } => from,
            Self::Add { at, .. } | Self::Replace { at, .. } | Self::Remove { at, .. } => at,
            Self::Append { list, .. } | Self::Drop { list, .. } => list,
        }
    }
}

/// A container that becomes a native sidecar, beside the move itself.
#[derive(Debug, Clone)]
pub struct Treated<'t> {
    /// The container.
    pub container: Container<'t>,
    /// What the catalogue knows of it.
    pub profile: Option<&'t Profile>,
    /// The profile that knows it, whatever profile the configuration gives it.
    pub recognised: Option<&'t Profile>,
    /// How it is treated.
    pub treatment: Treatment,
    /// What becomes of its startup probe.
    pub probe: Outcome,
    /// Whether its profile has a startup probe that it answers as it is.
    pub profile_answers: bool,
}

/// What a conversion of one pod would do.
#[derive(Debug, Clone, Default)]
pub struct Proposal<'t> {
    /// The containers that become native sidecars, in their order.
    pub moved: Vec<Container<'t>>,
    /// The same with how they are treated.
    pub treated: Vec<Treated<'t>>,
    /// The containers that stay main containers.
    pub main: Vec<Container<'t>>,
    /// The entries that `initContainers` has already.
    pub init: Vec<Container<'t>>,
    /// Containers that were selected in a place whose operator makes sidecars native itself; then nothing else is here.
    pub left: Vec<Container<'t>>,
    /// Ordinary init containers that were named as if they were sidecars.
    pub ordinary: Vec<Container<'t>>,
    /// Placement targets that are not there: the container, and the name that its position asks for.
    pub misplaced: Vec<(Container<'t>, String)>,
    /// The ops.
    pub ops: Vec<Op>,
    /// The edits among them that go beyond the move.
    pub edits: Vec<Edited>,
    /// Declarations to other tools that go: the container's name and the marker.
    pub unmarked: Vec<(&'t str, String)>,
    /// Sidecars that an injector will put into the pods.
    pub injected: Vec<Injected<'t>>,
}

impl<'t> Proposal<'t> {
    /// The entries of `initContainers` in the order that they will have.
    pub fn init_in_order(&self) -> Vec<Container<'t>> {
        let mut moves = Vec::new();
        for op in &self.ops {
            let Op::Move { from, before, .. } = op else { continue };
            let [.., Step::Key(list), Step::Index(index)] = from.0.as_slice() else { continue };
            let mut all = if list == List::Init.usual_key() { self.init.iter() } else { self.moved.iter() };
            moves.extend(all.find(|one| one.index == *index).map(|container| (*before, *container)));
        }
        let is_moving = |one: &&Container<'_>| !moves.iter().any(|(_, moved)| moved.entry == one.entry);
        let mut order = Vec::new();
        for place in (0..self.init.len()).map(Some).chain([None]) {
            order.extend(moves.iter().filter(|(before, _)| *before == place).map(|(_, container)| *container));
            order.extend(place.and_then(|place| self.init.get(place)).filter(is_moving));
        }
        order
    }
}

impl Proposal<'_> {
    /// Whether a container will have a startup probe: its own, or one that is added.
    pub fn has_startup_probe(&self, tree: &Tree<'_>, container: &Container<'_>) -> bool {
        let is_added = |one: &Treated<'_>| one.container == *container && matches!(one.probe, Outcome::Added(_));
        Hook::StartupProbe.find(tree, container.node).is_some() || self.treated.iter().any(is_added)
    }
}

/// Proposes to make the candidates of one pod native.
pub fn propose<'t>(tree: &'t Tree<'_>, pod: &PodSpec, selection: &Selection<'t>) -> Proposal<'t> {
    let candidates = &selection.candidates;
    if let Verdict::ByItself(_) = pod.verdict() {
        let left = candidates.iter().map(|candidate| candidate.container).collect();
        return Proposal { left, ..Proposal::default() };
    }
    // Candidates stand in the order of their list.
    let is_moved = |container: &Container<'_>| {
        candidates.binary_search_by_key(&container.index, |candidate| candidate.container.index).is_ok()
    };
    let all = pod.containers(tree, List::Main);
    let init = pod.containers(tree, List::Init);
    let mut everything = all.clone();
    everything.extend(&init);
    let mut proposal = Proposal {
        moved: candidates.iter().map(|candidate| candidate.container).collect(),
        main: all.into_iter().filter(|one| !is_moved(one)).collect(),
        ordinary: selection.ordinary.clone(),
        ..Proposal::default()
    };
    let mut made = Made::default();
    for candidate in candidates {
        let container = &candidate.container;
        let at = pod.container_path(container);
        let always = (at.clone(), "restartPolicy".to_owned(), New::text("Always"));
        match tree.get(container.node, "restartPolicy") {
            Some(policy) if tree.scalar(policy) == Some("Always") => {}
            // `restart-policy-conflict` speaks of it; this is what an accepted one comes to.
            Some(_) => made.ops.push(Op::Replace { at: always.0, key: always.1, value: always.2 }),
            None => made.ops.push(Op::Add { at: always.0, key: always.1, value: always.2 }),
        }
        let known = Known { tree, pod, container, all: &everything, traits: OnceCell::new() };
        let level = candidate.treatment.edits;
        let gate = candidate.profile.and_then(|profile| profile.gate.as_ref());
        if let Some(profile) = candidate.profile {
            let wanted = &candidate.treatment.startup_probe;
            let is_gated = probe::is_gated(&known, wanted, gate, level);
            edits::make(&known, profile, level, is_gated, &mut made);
        }
        if level == EditLevel::All {
            edits::unmark(&known, candidates, &mut made);
        }
        let probe = probe::outcome(&known, &candidate.treatment.startup_probe, gate, level, &mut made);
        if let Outcome::Added(probe) = &probe {
            let reason = probe::reason(&candidate.treatment.startup_probe);
            known.report(at.key("startupProbe"), "added a startup probe to", reason, &mut made);
            made.ops.push(Op::Add { at, key: "startupProbe".to_owned(), value: probe.clone() });
        }
        let (treatment, profile, recognised) = (candidate.treatment.clone(), candidate.profile, candidate.recognised);
        let profile_answers = gate.is_some_and(|gate| probe::is_answered(&known, gate));
        let container = *container;
        proposal.treated.push(Treated { container, profile, recognised, treatment, probe, profile_answers });
    }
    let level = candidates.iter().map(|one| one.treatment.edits).fold(selection.edits, EditLevel::max);
    proposal.injected.clone_from(&selection.injected);
    if level == EditLevel::All {
        edits::ask_for_native(tree, pod, &mut proposal.injected, &mut made);
    }
    made.ops.extend(markers::ops(tree, pod, &made.annotations));
    let places = place(&init, candidates, &made.first);
    let is_in_order = places.order.is_sorted();
    let is_emptied = proposal.main.is_empty() && !candidates.is_empty();
    if pod.place.is_additive && is_emptied && is_in_order && pod.list(tree, List::Init).is_none() {
        // Nothing is left of the list, so it takes the other name as a whole.
        let key = pod.key(List::Main).to_owned();
        made.ops.push(Op::Remove { at: pod.path.clone(), key, with_comments: false });
    }
    for (slot, before) in places.order {
        let from = match slot {
            Slot::Moved(index) => candidates.get(index).map(|candidate| &candidate.container),
            Slot::Init(index) => init.get(index),
        };
        let to = pod.list_path(List::Init);
        made.ops.extend(from.map(|container| Op::Move { from: pod.container_path(container), to, before }));
    }
    (proposal.ops, proposal.edits, proposal.unmarked) = (made.ops, made.edited, made.unmarked);
    (proposal.init, proposal.misplaced) = (init, places.misplaced);
    proposal
}

/// The ops that take kyaml's ids away from a changed item; see [`annotations::IDS`].
///
/// `annotations` goes with them when nothing else is in it. `ops` are what changes otherwise: where those replace or
/// remove all annotations, the ids go anyway.
pub fn drop_ids(tree: &Tree<'_>, object: NodeId, ops: &[Op]) -> Vec<Op> {
    let is_gone = |op: &Op| match op {
        Op::Replace { at, key, .. } | Op::Remove { at, key, .. } => {
            key == "annotations" && *at == Path::of(&["metadata"])
        }
        _ => false,
    };
    if ops.iter().any(is_gone) {
        return Vec::new();
    }
    let Some(all) = tree.find(object, &["metadata", "annotations"]) else { return Vec::new() };
    let present: Vec<_> = annotations::IDS.into_iter().filter(|id| tree.get(all, id).is_some()).collect();
    if present.is_empty() {
        return Vec::new();
    }
    // The ids are the orchestrator's, comments beside them are the user's.
    let remove = |at: Path, key: &str| Op::Remove { at, key: key.to_owned(), with_comments: false };
    if present.len() == tree.pairs(all).count() {
        return vec![remove(Path::of(&["metadata"]), "annotations")];
    }
    let at = Path::of(&["metadata", "annotations"]);
    present.into_iter().map(|key| remove(at.clone(), key)).collect()
}
