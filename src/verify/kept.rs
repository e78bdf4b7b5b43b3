//! The parts of the input that no op reaches and that stand in the new text as they were: they are not read again.
//!
//! Where they stand is guessed, and then their bytes are compared, so a wrong guess costs time only. What it means that
//! lines are the same is said in [`parse_around`](crate::yaml::parse::parse_around).

use std::ops::Range;

use super::Plan;
use crate::propose::Op;
use crate::yaml::line;
use crate::yaml::parse::Kept;
use crate::yaml::path::Path;
use crate::yaml::tree::{Kind, NodeId, Style, Tree};

/// Parts that are shorter, in bytes, take less to read than to look for.
const WORTH: usize = 64;

/// How many times the length of the new text is searched for all parts together. What is not found then is read.
const SEARCHES: usize = 2;

/// The parts, in the order of both texts.
#[derive(Debug, Default)]
pub(super) struct Parts {
    /// Their lines in the input.
    pub(super) lines: Vec<Range<usize>>,
    /// Their places in the new text.
    pub(super) places: Vec<Kept>,
}

/// The parts of the input that no op reaches and that can be found in the new text.
pub(super) fn find(plan: &Plan<'_>, written: &str) -> Parts {
    if !plan.tree.is_plain() {
        return Parts::default();
    }
    let (mut reached, mut leaving) = (Vec::new(), Vec::new());
    for op in plan.ops {
        reach(plan, op.place(), &mut reached);
        if let Op::Move { from, to, .. } = op {
            reach(plan, to, &mut reached);
            leaving.extend(from.find(plan.tree, plan.object));
        }
    }
    reached.sort_unstable();
    leaving.sort_unstable();
    let left = SEARCHES * written.len();
    let parts = Parts::default();
    let mut search = Search { tree: plan.tree, written, reached, leaving, before: 0, after: 0, left, parts };
    search.below(plan.object);
    search.parts
}

/// Adds the nodes along a path, as far as there are any.
fn reach(plan: &Plan<'_>, path: &Path, reached: &mut Vec<NodeId>) {
    let mut at = Some(plan.object);
    let mut steps = path.0.iter();
    while let Some(node) = at {
        reached.push(node);
        at = steps.next().and_then(|step| step.find(plan.tree, node));
    }
}

struct Search<'a> {
    tree: &'a Tree<'a>,
    written: &'a str,
    /// The nodes that an op changes or that hold one, and those that go elsewhere, sorted.
    reached: Vec<NodeId>,
    leaving: Vec<NodeId>,
    /// Where the last part ends, in the input and in the new text.
    before: usize,
    after: usize,
    /// How many bytes may still be searched.
    left: usize,
    parts: Parts,
}

impl Search<'_> {
    /// Looks for the children of a node.
    fn below(&mut self, id: NodeId) {
        let tree = self.tree;
        match tree.node(id).kind {
            Kind::Mapping(Style::Block) => tree.pairs(id).for_each(|(_, value)| self.node(value, false)),
            Kind::Sequence(Style::Block) => tree.entries(id).iter().for_each(|entry| self.node(*entry, true)),
            _ => {}
        }
    }

    fn node(&mut self, id: NodeId, is_entry: bool) {
        let tree = self.tree;
        if self.reached.binary_search(&id).is_ok() {
            if self.leaving.binary_search(&id).is_err() {
                self.below(id);
            }
            return;
        }
        let node = tree.node(id);
        let is_block = matches!(node.kind, Kind::Mapping(Style::Block) | Kind::Sequence(Style::Block));
        if !is_block || (node.end - node.lead) as usize <= WORTH {
            return;
        }
        let lead = node.lead as usize;
        let Some(indent) = line::indent(tree.text, lead) else { return };
        let lines = lead - indent.len()..line::end(tree.text, node.end as usize);
        // The last line of a block scalar is the one before whatever follows.
        let place = if tree.ends_in_block(id) { None } else { self.place(&lines) };
        match place {
            None => self.below(id),
            Some(at) => {
                let moved = |offset: u32| at + (offset as usize - lines.start);
                (self.before, self.after) = (lines.end, at + lines.len());
                let (lead, start, end) = (moved(node.lead), moved(node.start), moved(node.end));
                let nodes = tree.size(id);
                self.parts.places.push(Kept { node: id, is_entry, lines: at..self.after, lead, start, end, nodes });
                self.parts.lines.push(lines);
            }
        }
    }

    /// Where the same lines stand in the new text, behind the last part.
    fn place(&mut self, lines: &Range<usize>) -> Option<usize> {
        let piece = self.tree.text.get(lines.clone())?.as_bytes();
        let written = self.written.as_bytes();
        let is_there = |at: usize| written.get(at..).is_some_and(|rest| rest.starts_with(piece));
        let expected = self.after + lines.start.checked_sub(self.before)?;
        if !piece.ends_with(b"\n") {
            return None;
        }
        // A place that is no start of a line is no place to the reader.
        if is_there(expected) {
            return Some(expected);
        }
        for (at, one) in line::lines(self.written, self.after) {
            if is_there(at) {
                return Some(at);
            }
            self.left = self.left.checked_sub(one.len())?;
        }
        None
    }
}
