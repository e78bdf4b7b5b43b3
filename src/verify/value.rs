//! What a text means, by value, and what the ops make of it.

use std::collections::BTreeMap;
use std::ops::Range;

use crate::propose::Op;
use crate::yaml::comment::{comments_within, head, tail};
use crate::yaml::new::New;
use crate::yaml::path::{Path, Step};
use crate::yaml::scalar::{Scalar, plain};
use crate::yaml::tree::{Kind, Node, NodeId, ScalarStyle, Tree};

/// A node by value: what it means, and who owns which comments.
#[derive(Debug, Clone)]
pub(super) struct Value<'t> {
    pub(super) data: Data<'t>,
    /// The node that it is or was, with its properties; `None` for what is new.
    pub(super) node: Option<Part<'t>>,
    /// The list in which it stood, if that is one of those that change.
    pub(super) list: Option<NodeId>,
}

#[derive(Debug, Clone)]
pub(super) enum Data<'t> {
    /// All of the node, as it was read.
    Same,
    Scalar(&'t str, Written),
    Alias(&'t str),
    /// What was not read again, where something else was expected.
    Kept,
    Sequence(Vec<Value<'t>>),
    /// The flag says that keys came or went, so that the order may differ.
    Mapping(Pairs<'t>, bool),
}

/// How a scalar is to be written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Written {
    /// As it is.
    Style(ScalarStyle),
    /// In whatever style makes it a text; it is new.
    Text,
    /// So that it is what it says; it is new.
    Literal,
}

impl Written {
    /// Whether a scalar that was found is written so.
    pub(super) fn fits(self, found: &str, style: Self) -> bool {
        let is_plain = style == Self::Style(ScalarStyle::Plain);
        match self {
            Self::Style(_) => self == style,
            Self::Text => !is_plain || matches!(plain(found), Scalar::Str(_)),
            Self::Literal => is_plain,
        }
    }
}

pub(super) type Pairs<'t> = Vec<(Value<'t>, Value<'t>)>;

/// A node with all below it, not taken apart.
#[derive(Debug, Clone, Copy)]
pub(super) struct Part<'t> {
    pub(super) of: &'t Reading<'t, 't>,
    pub(super) id: NodeId,
}

impl<'t> Part<'t> {
    /// The node with its children, which are not taken apart.
    pub(super) fn apart(self) -> Data<'t> {
        let Self { of, id } = self;
        match &of.tree.node(id).kind {
            Kind::Scalar { value, style, .. } => Data::Scalar(value, Written::Style(*style)),
            Kind::Alias(name) => Data::Alias(name),
            Kind::Kept(_) => Data::Kept,
            Kind::Sequence(_) => {
                let list = of.is_watched(id).then_some(id);
                let entries = of.tree.entries(id).iter().map(|entry| Value { list, ..of.value(*entry) });
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
    /// children in that order, two subtrees are the same. What was not read again is the node that it is said to be.
    pub(super) fn is_same(self, other: Self) -> bool {
        let (one, two) = (self.of.tree, other.of.tree);
        let (mut id, mut at) = (self.id, other.id);
        let mut left = 1;
        loop {
            if let Kind::Kept(kept) = two.node(at).kind {
                let behind = one.behind(id);
                if kept != id || self.of.watches_within(id..behind) {
                    return false;
                }
                id = behind;
                left -= 1;
            } else {
                let children = one.children(id).len();
                let is_watched = || self.of.is_watched(id) || other.of.is_watched(at);
                if children != two.children(at).len() || !is_like(one.node(id), two.node(at), is_watched) {
                    return false;
                }
                id = id.next();
                left = left - 1 + children;
            }
            if left == 0 {
                return true;
            }
            at = at.next();
        }
    }
}

/// Whether two nodes are the same but for their children; a list that is watched is like no other.
fn is_like(one: &Node<'_>, two: &Node<'_>, is_watched: impl Fn() -> bool) -> bool {
    let is_same = match (&one.kind, &two.kind) {
        (Kind::Scalar { value, style, .. }, Kind::Scalar { value: found, style: written, .. }) => {
            value == found && style == written
        }
        (Kind::Alias(name), Kind::Alias(found)) => name == found,
        (Kind::Mapping(_), Kind::Mapping(_)) => true,
        (Kind::Sequence(_), Kind::Sequence(_)) => !is_watched(),
        _ => false,
    };
    is_same && one.anchor() == two.anchor() && one.tag() == two.tag()
}

#[derive(Debug)]
pub(super) struct Reading<'t, 's> {
    pub(super) tree: &'t Tree<'s>,
    /// The lists that change, sorted.
    lists: Vec<NodeId>,
    /// The comments that are compared, in order: all but those of what goes, and of what was not read again.
    comments: Vec<(usize, &'s str)>,
}

impl<'t, 's> Reading<'t, 's> {
    pub(super) fn new(tree: &'t Tree<'s>, object: NodeId, lists: &[Path], comments: Vec<(usize, &'s str)>) -> Self {
        let mut lists: Vec<_> = lists.iter().filter_map(|path| path.find(tree, object)).collect();
        lists.sort_unstable();
        Self { tree, lists, comments }
    }

    pub(super) fn is_watched(&self, list: NodeId) -> bool {
        self.lists.binary_search(&list).is_ok()
    }

    fn watches_within(&self, nodes: Range<NodeId>) -> bool {
        self.lists.get(self.lists.partition_point(|list| *list < nodes.start)).is_some_and(|list| *list < nodes.end)
    }

    pub(super) fn value(&self, id: NodeId) -> Value<'_> {
        Value { data: Data::Same, node: Some(Part { of: self, id }), list: None }
    }

    /// All comments in an order that does not depend on their places.
    pub(super) fn sorted_comments(&self) -> Vec<&'s str> {
        let mut texts: Vec<_> = self.comments.iter().map(|(_, text)| text.trim_end()).collect();
        texts.sort_unstable();
        texts
    }

    pub(super) fn owned(&self, list: NodeId, entry: NodeId) -> Vec<&'t str> {
        let span = if self.tree.is_flow(list) {
            self.tree.span(entry)
        } else {
            head(self.tree.text, self.tree.node(entry).lead as usize)..tail(self.tree, entry)
        };
        comments_within(&self.comments, &span).into_iter().map(str::trim_end).collect()
    }
}

impl<'t> Value<'t> {
    pub(super) fn new(data: Data<'t>) -> Self {
        Self { data, node: None, list: None }
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

    /// The comments that it owns as an entry of one of the lists that change.
    pub(super) fn comments(&self) -> Vec<&'t str> {
        match (self.node, self.list) {
            (Some(node), Some(list)) => node.of.owned(list, node.id),
            _ => Vec::new(),
        }
    }

    /// The node, taken apart one level deep where it is not yet.
    pub(super) fn apart(&mut self) -> &mut Data<'t> {
        if let (Data::Same, Some(node)) = (&self.data, self.node) {
            self.data = node.apart();
        }
        &mut self.data
    }

    /// Takes everything apart.
    pub(super) fn take_apart(&mut self) {
        match self.apart() {
            Data::Sequence(entries) => entries.iter_mut().for_each(Self::take_apart),
            Data::Mapping(pairs, _) => pairs.iter_mut().for_each(|(key, value)| {
                key.take_apart();
                value.take_apart();
            }),
            _ => {}
        }
    }

    /// Applies all ops at once.
    pub(super) fn apply(&mut self, ops: &'t [Op]) -> Result<(), String> {
        for op in ops {
            match op {
                Op::Add { at, key, value } => {
                    let (pairs, is_changed) = self.mapping(&at.0)?;
                    pairs.push((Self::word(key), Self::from_new(value)));
                    *is_changed = true;
                }
                Op::Replace { at, key, value } => *self.at(&at.key(key.clone()).0)? = Self::from_new(value),
                Op::Append { list, value } => self.sequence(&list.0)?.push(Self::from_new(value)),
                Op::Move { .. } | Op::Remove { .. } | Op::Drop { .. } => {}
            }
        }
        // A list goes when its entries have left it.
        let (late, early): (Vec<&Op>, Vec<&Op>) = ops.iter().partition(|op| is_left(op, ops));
        self.take_away(&early)?;
        self.move_entries(ops)?;
        self.take_away(&late)
    }

    fn move_entries(&mut self, ops: &'t [Op]) -> Result<(), String> {
        let mut moving = Vec::new();
        let mut sources: BTreeMap<&[Step], Vec<usize>> = BTreeMap::new();
        for op in ops {
            let Op::Move { from, to, before } = op else { continue };
            let Some((Step::Index(index), list)) = from.0.split_last() else {
                return Err(format!("{from} is no entry of a list"));
            };
            let entry = self.sequence(list)?.get_mut(*index).ok_or_else(|| format!("{from} is not there"))?;
            // What stays behind goes below.
            moving.push(((to, *before), Some(std::mem::replace(entry, Self::new(Data::Kept)))));
            sources.entry(list).or_default().push(*index);
        }
        for (list, gone) in &mut sources {
            gone.sort_unstable();
            let mut index = 0..;
            self.sequence(list)?.retain(|_| index.next().is_none_or(|at| gone.binary_search(&at).is_err()));
        }
        let mut ends = BTreeMap::new();
        // Backwards, so that the places of the input stay valid; entries for one place keep their order.
        let mut rest = moving.as_mut_slice();
        while let Some(((to, before), _)) = rest.last() {
            let (to, before) = (*to, *before);
            let others = rest.iter().rposition(|(place, _)| *place != (to, before)).map_or(0, |last| last + 1);
            let gone = |place: usize| {
                sources.get(to.0.as_slice()).map_or(0, |gone| gone.partition_point(|index| *index < place))
            };
            let list = self.list_at(to)?;
            let end = *ends.entry(to).or_insert(list.len());
            let place = before.map_or(end, |place| place - gone(place)).min(end);
            let (earlier, group) = rest.split_at_mut(others);
            list.splice(place..place, group.iter_mut().filter_map(|(_, entry)| entry.take()));
            rest = earlier;
        }
        Ok(())
    }

    /// Takes keys and entries away. Entries go from the last one on, so that the places of the input stay valid.
    fn take_away(&mut self, ops: &[&Op]) -> Result<(), String> {
        let mut dropped = Vec::new();
        for op in ops {
            match op {
                Op::Remove { at, key, .. } => {
                    let (pairs, is_changed) = self.mapping(&at.0)?;
                    pairs.retain(|(name, _)| name.text() != Some(key));
                    *is_changed = true;
                }
                Op::Drop { list, index } => dropped.push((list, *index)),
                _ => {}
            }
        }
        dropped.sort_unstable();
        for (list, index) in dropped.into_iter().rev() {
            let entries = self.sequence(&list.0)?;
            if index >= entries.len() {
                return Err(format!("{list}[{index}] is not there"));
            }
            entries.remove(index);
        }
        Ok(())
    }

    pub(super) fn text(&self) -> Option<&str> {
        match &self.data {
            Data::Scalar(text, _) => Some(text),
            Data::Same => self.node.and_then(|node| node.of.tree.scalar(node.id)),
            _ => None,
        }
    }

    fn at(&mut self, path: &[Step]) -> Result<&mut Self, String> {
        let missing = || format!("{} is not there", in_words(path));
        path.iter().try_fold(self, |value, step| match (value.apart(), step) {
            (Data::Mapping(pairs, _), Step::Key(key)) => {
                pairs.iter_mut().find(|(name, _)| name.text() == Some(key)).map(|(_, value)| value).ok_or_else(missing)
            }
            (Data::Sequence(entries), Step::Index(index)) => entries.get_mut(*index).ok_or_else(missing),
            _ => Err(missing()),
        })
    }

    fn mapping(&mut self, path: &[Step]) -> Result<(&mut Pairs<'t>, &mut bool), String> {
        match self.at(path)?.apart() {
            Data::Mapping(pairs, is_changed) => Ok((pairs, is_changed)),
            _ => Err(format!("{} is no mapping", in_words(path))),
        }
    }

    fn sequence(&mut self, path: &[Step]) -> Result<&mut Vec<Value<'t>>, String> {
        match self.at(path)?.apart() {
            Data::Sequence(entries) => Ok(entries),
            _ => Err(format!("{} is no list", in_words(path))),
        }
    }

    /// The list at `path`, made if it is missing or null.
    fn list_at(&mut self, path: &'t Path) -> Result<&mut Vec<Value<'t>>, String> {
        let Some((Step::Key(key), parent)) = path.0.split_last() else {
            return Err(format!("{path} is no field"));
        };
        let (pairs, is_changed) = self.mapping(parent)?;
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
}

fn in_words(path: &[Step]) -> String {
    Path(path.to_vec()).to_string()
}

/// Whether the op takes a list away from which an entry moves.
fn is_left(op: &Op, ops: &[Op]) -> bool {
    let Op::Remove { at, key, .. } = op else { return false };
    let is_its = |from: &Path| {
        let below = from.0.strip_prefix(at.0.as_slice()).and_then(<[_]>::first);
        matches!(below, Some(Step::Key(list)) if list == key)
    };
    ops.iter().any(|op| matches!(op, Op::Move { from, .. } if is_its(from)))
}
