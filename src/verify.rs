//! Re-reads what was written and compares it with what was planned.
//!
//! The plan is applied to the values of the input by an `apply` that knows no text and shares no
//! code with the lowering. A difference is a bug of this program: nothing is written then.
//!
//! Everything is compared, but only what a change reaches is taken apart: any other node stays a `Part` of its tree
//! and is compared in place. Where its lines are the input's, byte by byte, they are not even read again.
//! [`verify_fully`] takes all of it apart and reads both texts with the parser; debug builds run both and want the same
//! verdict.

mod compare;
mod kept;
mod outside;
mod value;

use std::ops::Range;

use compare::Difference;
use kept::Parts;
use value::{Part, Reading};

use crate::k8s::pod_spec::{List, PodSpec};
use crate::krm::resource::{self, Shape};
use crate::propose::Op;
use crate::yaml::comment::{comments_outside, head, pair_end, tail};
use crate::yaml::parse::{parse, parse_any, parse_around};
use crate::yaml::path::Path;
use crate::yaml::tree::{Kind, NodeId, Tree};

/// What was planned for one slice.
#[derive(Debug, Clone, Copy)]
pub struct Plan<'a> {
    /// The tree of the input.
    pub tree: &'a Tree<'a>,
    /// The slice's object in it.
    pub object: NodeId,
    /// How the slice stands in the input.
    pub shape: Shape,
    /// The pods that change.
    pub pods: &'a [PodSpec],
    /// Everything that changes.
    pub ops: &'a [Op],
}

/// Compares the new text of a slice with the plan.
///
/// # Errors
/// Where they differ, in words for a bug report.
pub fn verify(plan: &Plan<'_>, written: &str) -> Result<(), String> {
    let parts = kept::find(plan, written);
    if !parts.places.is_empty()
        && let Some(tree) = parse_around(written, &parts.places)
        && same_as_planned(plan, &tree, &parts, false).is_ok()
    {
        return Ok(());
    }
    // Whatever is wrong is said of the whole text.
    let tree = parse(written).map_err(|error| format!("the new text is not YAML: {error}"))?;
    same_as_planned(plan, &tree, &Parts::default(), false)
}

/// The same with everything taken apart and with both texts read by the parser: slow, and without the reasoning that
/// makes [`verify`] fast. Debug builds hold the one against the other.
///
/// # Errors
/// Those of [`verify`].
pub fn verify_fully(plan: &Plan<'_>, written: &str) -> Result<(), String> {
    if parse_any(plan.tree.text).as_ref() != Ok(plan.tree) {
        return Err("the input is read otherwise than the parser reads it".to_owned());
    }
    let tree = parse_any(written).map_err(|error| format!("the new text is not YAML: {error}"))?;
    same_as_planned(plan, &tree, &Parts::default(), true)
}

/// `kept` is what was not read again.
fn same_as_planned(plan: &Plan<'_>, tree: &Tree<'_>, kept: &Parts, is_full: bool) -> Result<(), String> {
    let Some(object) = resource::object(tree, plan.shape) else {
        return Err("the new text is empty".to_owned());
    };
    same_boundaries(plan, tree)?;
    outside::same_bytes(plan, tree, object)?;
    let lists: Vec<Path> =
        plan.pods.iter().flat_map(|pod| [pod.list_path(List::Init), pod.list_path(List::Main)]).collect();
    let gone = gone(plan);
    let mut comments = comments_outside(plan.tree, &kept.lines);
    comments.retain(|(at, _)| !gone.iter().any(|range| range.contains(at)));
    let before = Reading::new(plan.tree, plan.object, &lists, comments);
    let kept_lines: Vec<_> = kept.places.iter().map(|place| place.lines.clone()).collect();
    let after = Reading::new(tree, object, &lists, comments_outside(tree, &kept_lines));
    let mut expected = before.value(plan.object);
    if is_full {
        expected.take_apart();
    }
    expected.apply(plan.ops)?;
    expected.compare(Part { of: &after, id: object }).map_err(Difference::in_words)?;
    if before.sorted_comments() == after.sorted_comments() {
        Ok(())
    } else {
        Err("the comments are not the same".to_owned())
    }
}

/// The slice must still be one item, cut where it was cut before.
fn same_boundaries(plan: &Plan<'_>, after: &Tree<'_>) -> Result<(), String> {
    let count = |tree: &Tree<'_>| {
        let inside = match plan.shape {
            Shape::BlockEntry => tree.roots.first().map_or(0, |root| tree.entries(*root).len()),
            Shape::Document | Shape::FlowEntry => 1,
        };
        (tree.roots.len(), inside)
    };
    let ends = |tree: &Tree<'_>| tree.text.ends_with('\n');
    if count(plan.tree) != count(after) || (ends(plan.tree) && !ends(after)) {
        return Err("the new text is cut into items in another way".to_owned());
    }
    Ok(())
}

/// Where the comments stand that belong to what is taken away with them.
fn gone(plan: &Plan<'_>) -> Vec<Range<usize>> {
    let tree = plan.tree;
    let range = |op: &Op| match op {
        Op::Remove { at, key, with_comments: true } => {
            let (key, value) = tree.pair(at.find(tree, plan.object)?, key)?;
            let lead = tree.node(key).lead as usize;
            Some(if tree.is_flow(at.find(tree, plan.object)?) {
                lead..tree.span(value).end
            } else {
                head(tree.text, lead)..pair_end(tree, key, value)
            })
        }
        Op::Replace { at, key, .. } => {
            let (key, old) = tree.pair(at.find(tree, plan.object)?, key)?;
            match tree.node(old).kind {
                Kind::Scalar { .. } | Kind::Alias(_) => None,
                _ if tree.is_flow(old) => Some(tree.span(old)),
                _ => Some(tree.node(key).lead as usize..pair_end(tree, key, old)),
            }
        }
        Op::Drop { list, index } => {
            let list = list.find(tree, plan.object)?;
            let entry = *tree.entries(list).get(*index)?;
            let lead = tree.node(entry).lead as usize;
            Some(if tree.is_flow(list) { tree.span(entry) } else { head(tree.text, lead)..tail(tree, entry) })
        }
        _ => None,
    };
    plan.ops.iter().filter_map(range).collect()
}
