//! Re-reads what was written and compares it with what was planned.
//!
//! The plan is applied to the values of the input by an `apply` that knows no text and shares no
//! code with the lowering. A difference is a bug of this program: nothing is written then.
//!
//! Everything is compared, but only what a change reaches is taken apart: any other node stays a `Part` of its tree
//! and is compared in place. [`verify_fully`] takes all of it apart and reads both texts with the parser; debug builds
//! run both and want the same verdict.

mod outside;

use std::borrow::Cow;
use std::collections::HashMap;
use std::ops::Range;

use crate::k8s::pod_spec::{List, PodSpec};
use crate::krm::resource::{self, Shape};
use crate::propose::Op;
use crate::yaml::comment::{comments, comments_within, head, pair_end, tail};
use crate::yaml::new::New;
use crate::yaml::parse::{parse, parse_any};
use crate::yaml::path::{Path, Step};
use crate::yaml::scalar::{Scalar, plain};
use crate::yaml::tree::{Kind, NodeId, ScalarStyle, Tree};

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
    let tree = parse(written).map_err(|error| format!("the new text is not YAML: {error}"))?;
    same_as_planned(plan, &tree, false)
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
    same_as_planned(plan, &tree, true)
}

fn same_as_planned(plan: &Plan<'_>, tree: &Tree<'_>, is_full: bool) -> Result<(), String> {
    let Some(object) = resource::object(tree, plan.shape) else {
        return Err("the new text is empty".to_owned());
    };
    same_boundaries(plan, tree)?;
    outside::same_bytes(plan, tree, object)?;
    let lists: Vec<Path> =
        plan.pods.iter().flat_map(|pod| [pod.list_path(List::Init), pod.list_path(List::Main)]).collect();
    let before = Reading::new(plan.tree, plan.object, &lists, &gone(plan));
    let after = Reading::new(tree, object, &lists, &[]);
    let mut expected = before.value(plan.object);
    let mut found = after.value(object);
    if is_full {
        expected.take_apart();
        found.take_apart();
    }
    expected.apply(plan.ops)?;
    expected.compare(&found).map_err(Difference::in_words)?;
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

/// Whether an entry of this list moves.
fn moves_from(ops: &[Op], list: &Path) -> bool {
    ops.iter().any(|op| matches!(op, Op::Move { from, .. } if from.is_within(list)))
}

/// A node by value: what it means, and who owns which comments.
#[derive(Debug, Clone)]
struct Value<'t> {
    data: Data<'t>,
    anchor: Option<&'t str>,
    tag: Option<&'t str>,
    /// The comments of an entry of one of the lists that change.
    comments: Vec<&'t str>,
}

#[derive(Debug, Clone)]
enum Data<'t> {
    /// A subtree, as it was read.
    Same(Part<'t>),
    Scalar(&'t str, Written),
    Alias(&'t str),
    Sequence(Vec<Value<'t>>),
    /// The flag says that keys came or went, so that the order may differ.
    Mapping(Pairs<'t>, bool),
}

/// How a scalar is to be written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Written {
    /// As it is.
    Style(ScalarStyle),
    /// In whatever style makes it a text; it is new.
    Text,
    /// So that it is what it says; it is new.
    Literal,
}

impl Written {
    /// Whether a scalar that was found is written so.
    fn fits(self, found: &str, style: Self) -> bool {
        let is_plain = style == Self::Style(ScalarStyle::Plain);
        match self {
            Self::Style(_) => self == style,
            Self::Text => !is_plain || matches!(plain(found), Scalar::Str(_)),
            Self::Literal => is_plain,
        }
    }
}

type Pairs<'t> = Vec<(Value<'t>, Value<'t>)>;

/// A node with all below it, not taken apart.
#[derive(Debug, Clone, Copy)]
struct Part<'t> {
    of: &'t Reading<'t, 't>,
    id: NodeId,
}

impl<'t> Part<'t> {
    /// The node with its children, which are not taken apart.
    fn apart(self) -> Data<'t> {
        let Self { of, id } = self;
        match &of.tree.node(id).kind {
            Kind::Scalar { value, style, .. } => Data::Scalar(value, Written::Style(*style)),
            Kind::Alias(name) => Data::Alias(name),
            Kind::Sequence(_) => {
                let is_watched = of.is_watched(id);
                let entries = of.tree.entries(id).iter().map(|entry| {
                    let mut value = of.value(*entry);
                    if is_watched {
                        value.comments = of.owned(id, *entry);
                    }
                    value
                });
                Data::Sequence(entries.collect())
            }
            Kind::Mapping(_) => {
                let pairs = of.tree.pairs(id).map(|(key, value)| (of.value(key), of.value(value)));
                Data::Mapping(pairs.collect(), false)
            }
        }
    }

    /// Whether both hold the same and no list that changes, which is compared entry by entry.
    ///
    /// The nodes of a subtree stand one behind the other, parents first: with the same nodes and the same numbers of
    /// children in that order, two subtrees are the same.
    fn is_same(self, other: Self) -> bool {
        let (one, two) = (self.of.tree, other.of.tree);
        let mut left = 1;
        for (id, at) in one.ids_from(self.id).zip(two.ids_from(other.id)) {
            let (node, found) = (one.node(id), two.node(at));
            let children = one.children(id).len();
            let is_same = children == two.children(at).len()
                && node.anchor() == found.anchor()
                && node.tag() == found.tag()
                && match (&node.kind, &found.kind) {
                    (Kind::Scalar { value, style, .. }, Kind::Scalar { value: text, style: written, .. }) => {
                        value == text && style == written
                    }
                    (Kind::Alias(name), Kind::Alias(found)) => name == found,
                    (Kind::Mapping(_), Kind::Mapping(_)) => true,
                    (Kind::Sequence(_), Kind::Sequence(_)) => !self.of.is_watched(id) && !other.of.is_watched(at),
                    _ => false,
                };
            if !is_same {
                return false;
            }
            left = left - 1 + children;
            if left == 0 {
                return true;
            }
        }
        false
    }
}

#[derive(Debug)]
struct Reading<'t, 's> {
    tree: &'t Tree<'s>,
    /// The lists that change, sorted.
    lists: Vec<NodeId>,
    comments: Vec<(usize, &'s str)>,
}

impl<'t, 's> Reading<'t, 's> {
    /// Reads a tree without the comments in `gone`.
    fn new(tree: &'t Tree<'s>, object: NodeId, lists: &[Path], gone: &[Range<usize>]) -> Self {
        let mut lists: Vec<_> = lists.iter().filter_map(|path| path.find(tree, object)).collect();
        lists.sort_unstable();
        let mut comments = comments(tree);
        comments.retain(|(at, _)| !gone.iter().any(|range| range.contains(at)));
        Self { tree, lists, comments }
    }

    fn is_watched(&self, list: NodeId) -> bool {
        self.lists.binary_search(&list).is_ok()
    }

    fn value(&self, id: NodeId) -> Value<'_> {
        let node = self.tree.node(id);
        let data = Data::Same(Part { of: self, id });
        Value { data, anchor: node.anchor(), tag: node.tag(), comments: Vec::new() }
    }

    /// All comments in an order that does not depend on their places.
    fn sorted_comments(&self) -> Vec<&'s str> {
        let mut texts: Vec<_> = self.comments.iter().map(|(_, text)| text.trim_end()).collect();
        texts.sort_unstable();
        texts
    }

    fn owned(&self, list: NodeId, entry: NodeId) -> Vec<&'t str> {
        let span = if self.tree.is_flow(list) {
            self.tree.span(entry)
        } else {
            head(self.tree.text, self.tree.node(entry).lead as usize)..tail(self.tree, entry)
        };
        comments_within(&self.comments, &span).into_iter().map(str::trim_end).collect()
    }
}

impl<'t> Value<'t> {
    fn new(data: Data<'t>) -> Self {
        Self { data, anchor: None, tag: None, comments: Vec::new() }
    }

    fn word(text: &'t str) -> Self {
        Self::new(Data::Scalar(text, Written::Text))
    }

    fn from_new(new: &'t New) -> Self {
        match new {
            New::Text(text) => Self::word(text),
            New::Literal(text) => Self::new(Data::Scalar(text, Written::Literal)),
            New::List(entries) => Self::new(Data::Sequence(entries.iter().map(Self::from_new).collect())),
            New::Map(pairs) => {
                let pairs = pairs.iter().map(|(key, value)| (Self::word(key), Self::from_new(value)));
                Self::new(Data::Mapping(pairs.collect(), false))
            }
        }
    }

    /// The node, taken apart one level deep where it is not yet.
    fn apart(&mut self) -> &mut Data<'t> {
        if let Data::Same(part) = self.data {
            self.data = part.apart();
        }
        &mut self.data
    }

    /// Takes everything apart.
    fn take_apart(&mut self) {
        match self.apart() {
            Data::Sequence(entries) => entries.iter_mut().for_each(Self::take_apart),
            Data::Mapping(pairs, _) => pairs.iter_mut().for_each(|(key, value)| {
                key.take_apart();
                value.take_apart();
            }),
            _ => {}
        }
    }

    /// What the node holds, one level deep.
    fn data(&self) -> Cow<'_, Data<'t>> {
        match self.data {
            Data::Same(part) => Cow::Owned(part.apart()),
            _ => Cow::Borrowed(&self.data),
        }
    }

    /// Applies all ops at once.
    fn apply(&mut self, ops: &'t [Op]) -> Result<(), String> {
        for op in ops {
            match op {
                Op::Add { at, key, value } => {
                    let (pairs, is_changed) = self.mapping(at)?;
                    pairs.push((Self::word(key), Self::from_new(value)));
                    *is_changed = true;
                }
                Op::Replace { at, key, value } => *self.at(&at.key(key.clone()))? = Self::from_new(value),
                Op::Append { list, value } => self.sequence(list)?.push(Self::from_new(value)),
                Op::Move { .. } | Op::Remove { .. } | Op::Drop { .. } => {}
            }
        }
        // A list goes when its entries have left it.
        let is_left = |op: &Op| matches!(op, Op::Remove { at, key, .. } if moves_from(ops, &at.key(key.clone())));
        let (late, early): (Vec<&Op>, Vec<&Op>) = ops.iter().partition(|op| is_left(op));
        self.take_away(&early)?;
        let mut moving = Vec::new();
        for op in ops {
            if let Op::Move { from, to, before } = op {
                let mut list = from.clone();
                let Some(Step::Index(index)) = list.0.pop() else {
                    return Err(format!("{from} is no entry of a list"));
                };
                let entry = self.sequence(&list)?.get(index).cloned().ok_or_else(|| format!("{from} is not there"))?;
                moving.push((list, index, (to, *before), entry));
            }
        }
        let mut sources: HashMap<&Path, Vec<usize>> = HashMap::new();
        for (list, index, ..) in &moving {
            sources.entry(list).or_default().push(*index);
        }
        for (list, gone) in &mut sources {
            gone.sort_unstable();
            let mut index = 0..;
            self.sequence(list)?.retain(|_| index.next().is_none_or(|at| gone.binary_search(&at).is_err()));
        }
        let mut ends = HashMap::new();
        // Backwards, so that the places of the input stay valid; entries for one place keep their order.
        for group in moving.chunk_by(|(.., one, _), (.., two, _)| one == two).rev() {
            let Some((.., (to, before), _)) = group.first() else { continue };
            let gone = |place: usize| sources.get(to).map_or(0, |gone| gone.partition_point(|index| *index < place));
            let list = self.list_at(to)?;
            let end = *ends.entry(*to).or_insert(list.len());
            let place = before.map_or(end, |place| place - gone(place)).min(end);
            list.splice(place..place, group.iter().map(|(.., entry)| entry.clone()));
        }
        self.take_away(&late)
    }

    /// Takes keys and entries away. Entries go from the last one on, so that the places of the input stay valid.
    fn take_away(&mut self, ops: &[&Op]) -> Result<(), String> {
        let mut dropped = Vec::new();
        for op in ops {
            match op {
                Op::Remove { at, key, .. } => {
                    let (pairs, is_changed) = self.mapping(at)?;
                    pairs.retain(|(name, _)| name.text() != Some(key));
                    *is_changed = true;
                }
                Op::Drop { list, index } => dropped.push((list, *index)),
                _ => {}
            }
        }
        dropped.sort_unstable();
        for (list, index) in dropped.into_iter().rev() {
            let entries = self.sequence(list)?;
            if index >= entries.len() {
                return Err(format!("{list}[{index}] is not there"));
            }
            entries.remove(index);
        }
        Ok(())
    }

    fn text(&self) -> Option<&str> {
        match &self.data {
            Data::Scalar(text, _) => Some(text),
            Data::Same(part) => part.of.tree.scalar(part.id),
            _ => None,
        }
    }

    fn at(&mut self, path: &Path) -> Result<&mut Self, String> {
        let missing = || format!("{path} is not there");
        path.0.iter().try_fold(self, |value, step| match (value.apart(), step) {
            (Data::Mapping(pairs, _), Step::Key(key)) => {
                pairs.iter_mut().find(|(name, _)| name.text() == Some(key)).map(|(_, value)| value).ok_or_else(missing)
            }
            (Data::Sequence(entries), Step::Index(index)) => entries.get_mut(*index).ok_or_else(missing),
            _ => Err(missing()),
        })
    }

    fn mapping(&mut self, path: &Path) -> Result<(&mut Pairs<'t>, &mut bool), String> {
        match self.at(path)?.apart() {
            Data::Mapping(pairs, is_changed) => Ok((pairs, is_changed)),
            _ => Err(format!("{path} is no mapping")),
        }
    }

    fn sequence(&mut self, path: &Path) -> Result<&mut Vec<Value<'t>>, String> {
        match self.at(path)?.apart() {
            Data::Sequence(entries) => Ok(entries),
            _ => Err(format!("{path} is no list")),
        }
    }

    /// The list at `path`, made if it is missing or null.
    fn list_at(&mut self, path: &'t Path) -> Result<&mut Vec<Value<'t>>, String> {
        let Some((Step::Key(key), parent)) = path.0.split_last() else {
            return Err(format!("{path} is no field"));
        };
        let (pairs, is_changed) = self.mapping(&Path(parent.to_vec()))?;
        *is_changed = true;
        let place = match pairs.iter().position(|(name, _)| name.text() == Some(key)) {
            Some(place) => place,
            None => {
                pairs.push((Self::word(key), Self::new(Data::Sequence(Vec::new()))));
                pairs.len() - 1
            }
        };
        let Some((_, value)) = pairs.get_mut(place) else {
            return Err(format!("{path} is not there"));
        };
        if let Data::Scalar(..) = value.apart() {
            *value = Self::new(Data::Sequence(Vec::new()));
        }
        match value.apart() {
            Data::Sequence(entries) => Ok(entries),
            _ => Err(format!("{path} is no list")),
        }
    }

    /// Whether both are the same; else where they differ, and how.
    fn compare(&self, actual: &Self) -> Result<(), Difference> {
        if self.anchor != actual.anchor || self.tag != actual.tag {
            return Err(Difference::here("another anchor or tag".to_owned()));
        }
        if self.comments != actual.comments {
            return Err(Difference::here(format!("comments {:?} instead of {:?}", actual.comments, self.comments)));
        }
        if let (Data::Same(wanted), Data::Same(found)) = (&self.data, &actual.data)
            && wanted.is_same(*found)
        {
            return Ok(());
        }
        match (&*self.data(), &*actual.data()) {
            (Data::Scalar(wanted, written), Data::Scalar(found, found_written)) => {
                if wanted == found && written.fits(found, *found_written) {
                    Ok(())
                } else {
                    Err(Difference::here(format!("{found:?} instead of {wanted:?}")))
                }
            }
            (Data::Alias(wanted), Data::Alias(found)) if wanted == found => Ok(()),
            (Data::Sequence(wanted), Data::Sequence(found)) if wanted.len() == found.len() => {
                for (index, (wanted, found)) in wanted.iter().zip(found).enumerate() {
                    wanted.compare(found).map_err(|difference| difference.below(Step::Index(index)))?;
                }
                Ok(())
            }
            (Data::Mapping(wanted, is_changed), Data::Mapping(found, _)) if wanted.len() == found.len() => {
                let (mut wanted, mut found): (Vec<_>, Vec<_>) = (wanted.iter().collect(), found.iter().collect());
                if *is_changed {
                    // A key that stands twice beside what changes is passed on, each with its own value: both sorts
                    // are stable.
                    wanted.sort_by_key(|(key, _)| key.text());
                    found.sort_by_key(|(key, _)| key.text());
                }
                for ((key, value), (found_key, found_value)) in wanted.into_iter().zip(found) {
                    let same = key.compare(found_key).and_then(|()| value.compare(found_value));
                    let step = || Step::Key(key.text().unwrap_or("?").to_owned().into());
                    same.map_err(|difference| difference.below(step()))?;
                }
                Ok(())
            }
            (Data::Mapping(wanted, true), Data::Scalar(found, _)) if wanted.is_empty() && found.is_empty() => Ok(()),
            _ => Err(Difference::here("something else".to_owned())),
        }
    }
}

/// Where two values differ, and how.
#[derive(Debug)]
struct Difference {
    /// The way there, the last step first.
    steps: Vec<Step>,
    what: String,
}

impl Difference {
    fn here(what: String) -> Self {
        Self { steps: Vec::new(), what }
    }

    fn below(mut self, step: Step) -> Self {
        self.steps.push(step);
        self
    }

    /// As in `spec.containers[0]: something else`.
    fn in_words(self) -> String {
        format!("{}: {}", Path(self.steps.into_iter().rev().collect()), self.what)
    }
}
