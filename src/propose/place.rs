//! Places among `initContainers`.

use crate::catalog::profile::Placement;
use crate::config::{EditLevel, Position};
use crate::k8s::pod_spec::Container;
use crate::select::Candidate;

/// Where the candidates go.
pub(super) struct Places<'t> {
    /// Each entry that moves, with the entry of `initContainers` before which it goes, in the order of the result.
    pub(super) order: Vec<(Slot, Option<usize>)>,
    pub(super) misplaced: Vec<(Container<'t>, String)>,
}

/// An entry of the list in the making.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Slot {
    /// An entry of `initContainers`, by its index.
    Init(usize),
    /// A candidate, by its index.
    Moved(usize),
}

/// Settles the places: first those that need no target, then those whose target has a place.
///
/// `first` names ordinary init containers that go before all others, in this order.
pub(super) fn place<'t>(init: &[Container<'t>], candidates: &[Candidate<'t>], first: &[String]) -> Places<'t> {
    let positions: Vec<Position> = candidates.iter().map(|candidate| position(candidate, init)).collect();
    let leading = leading(init, first);
    let is_leading = |index: &usize| leading.contains(index);
    let rest = (0..init.len()).filter(|index| !is_leading(index));
    let mut slots: Vec<Slot> = leading.iter().copied().chain(rest).map(Slot::Init).collect();
    let mut waiting: Vec<usize> = (0..candidates.len()).collect();
    // Last in order; First from the last one on, so that both keep the order of `containers`.
    let of = |index: usize| positions.get(index);
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
    let is_moving = |slot: &Slot| match slot {
        Slot::Moved(_) => true,
        Slot::Init(index) => is_leading(index),
    };
    let mut order = Vec::new();
    for (at, slot) in slots.iter().enumerate().filter(|(_, slot)| is_moving(slot)) {
        let next = slots.iter().skip(at).find_map(|slot| match slot {
            Slot::Init(index) if !is_leading(index) => Some(*index),
            _ => None,
        });
        order.push((*slot, next));
    }
    let misplaced = waiting.iter().filter_map(|index| {
        let (Position::Before(target) | Position::After(target)) = of(*index)? else { return None };
        Some((candidates.get(*index)?.container, target.clone()))
    });
    Places { order, misplaced: misplaced.collect() }
}

/// The init containers that go before all others; none when they stand there already.
fn leading(init: &[Container<'_>], first: &[String]) -> Vec<usize> {
    let find = |name: &String| init.iter().position(|container| container.name == name);
    let mut leading: Vec<usize> = Vec::new();
    for index in first.iter().filter_map(find) {
        if !leading.contains(&index) {
            leading.push(index);
        }
    }
    let is_there = leading.iter().enumerate().all(|(place, index)| place == *index);
    if is_there { Vec::new() } else { leading }
}

/// The position that the configuration asks for, or else, unless it wants nothing but the move, the profile: directly behind the pod's own network init
/// container, wherever that stands. To go before all others can raise what the pod requests, and changes what other
/// init containers find; that takes `edits: All`.
fn position(candidate: &Candidate<'_>, init: &[Container<'_>]) -> Position {
    let treatment = &candidate.treatment;
    let is_plain_move = treatment.edits == EditLevel::None;
    if treatment.position != Position::Last || treatment.is_position_stated || is_plain_move {
        return treatment.position.clone();
    }
    let first = || if treatment.edits == EditLevel::All { Position::First } else { Position::Last };
    match candidate.profile.map(|profile| &profile.placement) {
        None | Some(Placement::Last) => Position::Last,
        Some(Placement::First) => Position::First,
        Some(Placement::After { containers, is_first_otherwise }) => {
            let is_meant = |one: &&Container<'_>| containers.iter().any(|glob| glob.matches(one.name));
            match init.iter().rfind(is_meant) {
                Some(target) => Position::After(target.name.to_owned()),
                None if *is_first_otherwise => first(),
                None => Position::Last,
            }
        }
    }
}
