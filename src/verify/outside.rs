//! The bytes that the plan does not touch: they must be the input's.

use std::ops::Range;

use super::Plan;
use crate::k8s::pod_spec::List;
use crate::propose::Op;
use crate::yaml::line::{self, Line};
use crate::yaml::path::{Path, Step};
use crate::yaml::tree::{NodeId, Tree};

/// Compares the text around the lists and mappings that the ops name, and the entries of the lists that stay.
pub(super) fn same_bytes(plan: &Plan<'_>, after: &Tree<'_>, object: NodeId) -> Result<(), String> {
    same_around(plan, after.text)?;
    same_entries(plan, after, object)
}

/// Only the input's tree is used: what is written must hold the same pieces in the same order, the first at its start
/// and the last at its end.
fn same_around(plan: &Plan<'_>, written: &str) -> Result<(), String> {
    let text = plan.tree.text;
    let mut kept_from = 0;
    let mut at = 0;
    let is_gone = || "bytes outside of the lists are not the input's".to_owned();
    for region in regions(plan) {
        let piece = text.get(kept_from..region.start).unwrap_or("");
        let rest = written.get(at..).ok_or_else(is_gone)?;
        let found = if kept_from == 0 { rest.starts_with(piece).then_some(0) } else { find(rest, piece) };
        at += found.ok_or_else(is_gone)? + piece.len();
        kept_from = region.end;
    }
    let last = text.get(kept_from..).unwrap_or("");
    if written.get(at..).is_some_and(|rest| rest.ends_with(last)) { Ok(()) } else { Err(is_gone()) }
}

/// Where a piece stands first. Pieces are long, and preparing a search for all of one takes longer than the search.
fn find(text: &str, piece: &str) -> Option<usize> {
    let (text, piece) = (text.as_bytes(), piece.as_bytes());
    let start = piece.get(..PREFIX).unwrap_or(piece);
    let first = memchr::memmem::find(text, start)?;
    if text.get(first..).is_some_and(|rest| rest.starts_with(piece)) {
        return Some(first);
    }
    memchr::memmem::find(text, piece)
}

/// Bytes that are looked for before the rest of a piece is compared.
const PREFIX: usize = 24;

/// Each entry that no op names must stand in its list as it is written in the input.
fn same_entries(plan: &Plan<'_>, after: &Tree<'_>, object: NodeId) -> Result<(), String> {
    let mut touched: Vec<&[Step]> = plan.ops.iter().map(|op| op.place().0.as_slice()).collect();
    touched.sort_unstable();
    for list in plan.pods.iter().flat_map(|pod| [pod.list_path(List::Init), pod.list_path(List::Main)]) {
        let mut written = entries(after, object, &list).iter().map(|entry| after.source(*entry));
        let mut path = list.index(0);
        for (index, entry) in entries(plan.tree, plan.object, &list).iter().enumerate() {
            if let Some(last) = path.0.last_mut() {
                *last = Step::Index(index);
            }
            // Whatever lies below a path sorts directly behind it.
            let next = touched.get(touched.partition_point(|one| *one < path.0.as_slice()));
            let is_touched = next.is_some_and(|one| one.starts_with(&path.0));
            if !is_touched && !written.any(|one| one == plan.tree.source(*entry)) {
                return Err(format!("{path}: other bytes"));
            }
        }
    }
    Ok(())
}

fn entries<'t>(tree: &'t Tree<'_>, object: NodeId, list: &Path) -> &'t [NodeId] {
    list.find(tree, object).map_or(&[], |list| tree.entries(list))
}

/// What the ops may touch, in order and without overlaps.
fn regions(plan: &Plan<'_>) -> Vec<Range<usize>> {
    let mut found = Vec::new();
    for op in plan.ops {
        let range = match op {
            Op::Move { from, to, .. } => match (pair(plan, &from.above()), pair(plan, to)) {
                (Some(one), Some(two)) => Some(one.start.min(two.start)..one.end.max(two.end)),
                (one, two) => one.or(two),
            },
            other => other
                .place()
                .find(plan.tree, plan.object)
                .map(|node| plan.tree.node(node).lead as usize..plan.tree.span(node).end),
        };
        found.extend(range.map(|range| widened(plan.tree.text, range)));
    }
    found.sort_unstable_by_key(|range| range.start);
    let mut merged: Vec<Range<usize>> = Vec::with_capacity(found.len());
    for range in found {
        match merged.last_mut().filter(|last| range.start <= last.end) {
            Some(last) => last.end = last.end.max(range.end),
            None => merged.push(range),
        }
    }
    merged
}

/// From the key at the end of the path to the end of its value.
fn pair(plan: &Plan<'_>, path: &Path) -> Option<Range<usize>> {
    let (Step::Key(key), above) = path.0.split_last()? else { return None };
    let mapping = Path(above.to_vec()).find(plan.tree, plan.object)?;
    let (key, value) = plan.tree.pair(mapping, key)?;
    Some(plan.tree.node(key).lead as usize..plan.tree.span(value).end.max(plan.tree.span(key).end))
}

/// The range with the comments and blank lines around it, where it begins and ends on lines of its own.
fn widened(text: &str, range: Range<usize>) -> Range<usize> {
    let is_free = |one: &str| !matches!(line::classify(one), Line::Content(_));
    let Range { mut start, mut end } = range;
    if line::is_first_on_line(text, start) {
        start = line::start(text, start);
        start = line::lines_above(text, start).take_while(|(_, one)| is_free(one)).last().map_or(start, |(at, _)| at);
    }
    if let Some(line_end) = line::free_end(text, end) {
        end = line_end;
        end = line::lines(text, end).take_while(|(_, one)| is_free(one)).last().map_or(end, |(at, one)| at + one.len());
    }
    start..end
}
