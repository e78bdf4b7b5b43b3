//! From ops to text edits, or a layout refusal. The one place that knows pods and text.
//!
//! Which layout is taken, the first that applies (`ARCHITECTURE.md` shows each by bytes):
//! (a) a header above trailing sidecars, (b) the header renamed above leading ones, (c) the header moved down
//! when `initContainers` stands directly above, (d) the text moved.

mod block;
mod fields;
mod flow;
mod guard;
mod pairs;
mod seam;

use std::cell::OnceCell;
use std::ops::Range;

use crate::k8s::pod_spec::{List, PodSpec};
use crate::propose::Op;
use crate::rules::{Finding, unsupported_yaml};
use crate::yaml::comment::{comments, comments_within};
use crate::yaml::edit::{Edit, Edits};
use crate::yaml::line;
use crate::yaml::path::{Path, Step};
use crate::yaml::tree::{Kind, NodeId, Style, Tree};

/// What `lower` needs to know of a pod's surroundings, gathered once for all pods of a slice.
pub struct Place<'a> {
    /// The tree of the slice.
    pub tree: &'a Tree<'a>,
    /// The slice's object.
    pub object: NodeId,
    /// Whether a part of the same YAML document outside the slice names this anchor.
    pub is_aliased_elsewhere: &'a dyn Fn(&str) -> bool,
    comments: OnceCell<Vec<(usize, &'a str)>>,
    has_odd_break: OnceCell<bool>,
    ending: OnceCell<&'static str>,
}

impl<'a> Place<'a> {
    /// The surroundings of the pods in one slice.
    pub fn new(tree: &'a Tree<'a>, object: NodeId, is_aliased_elsewhere: &'a dyn Fn(&str) -> bool) -> Self {
        Self {
            tree,
            object,
            is_aliased_elsewhere,
            comments: OnceCell::new(),
            has_odd_break: OnceCell::new(),
            ending: OnceCell::new(),
        }
    }

    fn comments(&self) -> &[(usize, &'a str)] {
        self.comments.get_or_init(|| comments(self.tree))
    }

    /// Whether a comment begins in a part of the text. Where no `#` stands, none does.
    fn has_comment(&self, range: &Range<usize>) -> bool {
        let part = self.tree.text.as_bytes().get(range.clone()).unwrap_or(&[]);
        memchr::memchr(b'#', part).is_some() && !comments_within(self.comments(), range).is_empty()
    }

    fn has_odd_break(&self) -> bool {
        *self.has_odd_break.get_or_init(|| line::has_odd_break(self.tree.text))
    }

    fn ending(&self) -> &'static str {
        self.ending.get_or_init(|| line::ending(self.tree.text))
    }
}

/// The edits that carry out the ops on one pod.
///
/// # Errors
/// A finding of `duplicate-key`, `anchor-order` or `unsupported-yaml` when the text has a form in which they
/// cannot be carried out without a doubt.
pub fn lower(place: &Place<'_>, pod: &PodSpec, ops: &[Op]) -> Result<Vec<Edit>, Finding> {
    guard::check(place, pod, ops)?;
    let tree = place.tree;
    if moved_paths(ops).next().is_none() {
        return fields::edits(place, &ops.iter().collect::<Vec<_>>(), |_| false);
    }
    let pair = |list: List| tree.pair(pod.node, pod.key(list));
    let Some((main_key, main)) = pair(List::Main) else {
        return Err(unsupported(pod.list_path(List::Main), "the list is not written here"));
    };
    let (inner, around) = by_entry(ops);
    let mut moved = Vec::new();
    for op in ops {
        if let Op::Move { from, before, .. } = op {
            let found = inner.binary_search_by_key(&from, |(from, _)| from).ok().and_then(|at| inner.get(at));
            let inner = found.map_or(&[][..], |(_, inner)| inner);
            let is_init = from.is_within(&pod.list_path(List::Init));
            let (list, node) =
                if is_init { (List::Init, pair(List::Init).map(|(_, init)| init)) } else { (List::Main, Some(main)) };
            let node = node.ok_or_else(|| unsupported(from.clone(), "the container is written elsewhere"))?;
            moved.push(moved_entry(place, (list, node), (from, *before), inner)?);
        }
    }
    // Where nothing stays in a list, the list itself goes.
    let is_whole_list = |op: &Op| matches!(op, Op::Remove { at, .. } if *at == pod.path);
    let around: Vec<&Op> = around.into_iter().filter(|op| !is_whole_list(op)).collect();
    let around = fields::edits(place, &around, |_| false)?;
    // A text in flow style may be one long line; that of a key in block style is short, and says more than the first.
    let is_line = !tree.is_flow(pod.node);
    let ending = if is_line { line::ending_at(tree.text, tree.span(main_key).end) } else { place.ending() };
    let mut leaves = vec![false; tree.entries(main).len()];
    for moved in moved.iter().filter(|moved| moved.list == List::Main) {
        leaves.get_mut(moved.index).into_iter().for_each(|leaves| *leaves = true);
    }
    let layout = Layout { tree, pod, main_key, main, init: pair(List::Init), moved, leaves, ending };
    let mut edits = if ops.iter().any(is_whole_list) {
        layout.renamed()
    } else if tree.is_flow(main) {
        flow::edits(&layout, place.comments())
    } else {
        block::edits(&layout)
    }?;
    // Where the pod spec is the end of its template, what is added to the pod comes before what is added to the template.
    edits.extend(around);
    Ok(edits)
}

/// The ops inside of each entry that moves, by the paths of these and in their order, and the ops outside of all of
/// them, which stay where they are.
fn by_entry(ops: &[Op]) -> (Vec<(&Path, Vec<&Op>)>, Vec<&Op>) {
    let mut inner: Vec<(&Path, Vec<&Op>)> = moved_paths(ops).map(|from| (from, Vec::new())).collect();
    inner.sort_unstable_by_key(|(from, _)| *from);
    // All entries stand equally deep, so that a part of a path says which of them it leads into.
    let depth = inner.first().map_or(0, |(from, _)| from.0.len());
    let mut around = Vec::new();
    for op in ops.iter().filter(|op| !matches!(op, Op::Move { .. })) {
        let entry = op.place().0.get(..depth);
        let found = entry.and_then(|entry| inner.binary_search_by(|(from, _)| from.0.as_slice().cmp(entry)).ok());
        match found.and_then(|at| inner.get_mut(at)) {
            Some((_, inner)) => inner.push(op),
            None => around.push(op),
        }
    }
    (inner, around)
}

fn moved_paths(ops: &[Op]) -> impl Iterator<Item = &Path> {
    ops.iter().filter_map(|op| if let Op::Move { from, .. } = op { Some(from) } else { None })
}

/// The edits of fields of the object, for ops that concern no pod.
///
/// # Errors
/// A finding of `unsupported-yaml` or `duplicate-key`.
pub fn lower_fields(place: &Place<'_>, ops: &[Op]) -> Result<Vec<Edit>, Finding> {
    fields::edits(place, &ops.iter().collect::<Vec<_>>(), |_| false)
}

/// An entry that moves, with the edits inside of it.
struct Moved {
    /// The list that it leaves. Only what comes from `containers` becomes native; an entry of `initContainers` only
    /// gets another place in its list.
    list: List,
    index: usize,
    entry: NodeId,
    /// The entry of `initContainers` before which it goes; `None` for the end.
    before: Option<usize>,
    inner: Vec<Edit>,
}

/// Everything that the layouts look at.
struct Layout<'a> {
    tree: &'a Tree<'a>,
    pod: &'a PodSpec,
    main_key: NodeId,
    main: NodeId,
    init: Option<(NodeId, NodeId)>,
    /// In the order in which they will stand in `initContainers`.
    moved: Vec<Moved>,
    /// For each entry of `containers` whether it leaves the list.
    leaves: Vec<bool>,
    ending: &'static str,
}

impl Layout<'_> {
    fn text(&self) -> &str {
        self.tree.text
    }

    fn lead(&self, id: NodeId) -> usize {
        self.tree.node(id).lead as usize
    }

    fn entries(&self) -> &[NodeId] {
        self.tree.entries(self.main)
    }

    fn is_moved(&self, index: usize) -> bool {
        self.leaves.get(index).is_some_and(|leaves| *leaves)
    }

    /// The moved entries that leave `containers`.
    fn leaving(&self) -> impl Iterator<Item = &Moved> {
        self.moved.iter().filter(|moved| moved.list == List::Main)
    }

    /// The entries that stay.
    fn kept(&self) -> impl Iterator<Item = NodeId> + '_ {
        self.entries().iter().enumerate().filter(|(index, _)| !self.is_moved(*index)).map(|(_, id)| *id)
    }

    /// The moved entries that go to the same place, place by place.
    fn groups(&self) -> impl Iterator<Item = &[Moved]> {
        self.moved.chunk_by(|a, b| a.before == b.before)
    }

    /// Whether all of them go to the end of the list.
    fn is_all_last(&self) -> bool {
        self.moved.iter().all(|moved| moved.before.is_none())
    }

    /// Whether the moved entries are the first ones of the list.
    fn is_head(&self) -> bool {
        self.leaving().enumerate().all(|(position, moved)| position == moved.index)
    }

    /// Whether the moved entries are the last ones of the list.
    fn is_tail(&self) -> bool {
        let first = self.entries().len() - self.moved.len();
        self.moved.iter().enumerate().all(|(position, moved)| first + position == moved.index)
    }

    /// The key of a list, written like the key of `containers`.
    fn key(&self, list: List) -> String {
        let node = self.tree.node(self.main_key);
        let written = self.text().get(node.body as usize..node.end as usize).unwrap_or("");
        crate::yaml::scalar::quote_like(self.pod.key(list), written)
    }

    /// The whole list takes the name of the other one: nothing stays, and the other one is not there.
    fn renamed(&self) -> Result<Vec<Edit>, Finding> {
        let list = self.tree.node(self.main);
        if !self.is_head() || list.anchor().is_some() || list.tag().is_some() {
            return self.refuse("the list has an anchor or a tag, and nothing would be left in it");
        }
        let key = self.tree.node(self.main_key);
        let mut edits = self.inner_edits();
        edits.push(Edit::replacement(key.body as usize..key.end as usize, self.key(List::Init)));
        Ok(edits)
    }

    fn inner_edits(&self) -> Vec<Edit> {
        self.moved.iter().flat_map(|moved| moved.inner.iter().cloned()).collect()
    }

    /// `range` of the text with the edits inside of a moved entry.
    fn edited(&self, moved: &Moved, range: Range<usize>) -> Result<String, Finding> {
        match Edits::new(moved.inner.clone()) {
            Ok(inner) => Ok(inner.apply_within(self.text(), range)),
            Err(_) => self.refuse("two changes of the container touch the same text"),
        }
    }

    fn refuse<T>(&self, why: &str) -> Result<T, Finding> {
        Err(unsupported(self.pod.list_path(List::Main), why))
    }
}

fn moved_entry(
    place: &Place<'_>,
    (list, node): (List, NodeId),
    (from, before): (&Path, Option<usize>),
    inner: &[&Op],
) -> Result<Moved, Finding> {
    let tree = place.tree;
    let place_of = |index: usize| tree.entries(node).get(index).copied().map(|entry| (index, entry));
    let stated = from.0.last().and_then(|step| if let Step::Index(index) = step { place_of(*index) } else { None });
    let Some((index, entry)) = stated.filter(|(_, entry)| from.find(tree, place.object) == Some(*entry)) else {
        return Err(unsupported(from.clone(), "the container is written elsewhere"));
    };
    let is_single_pair =
        tree.is_flow(entry) && !matches!(tree.text.as_bytes().get(tree.node(entry).body as usize), Some(b'{'));
    if is_single_pair || !matches!(tree.node(entry).kind, Kind::Mapping(_)) {
        return Err(unsupported(from.clone(), "the container is no mapping of its own"));
    }
    let inner = fields::edits(place, inner, |at| at == from)?;
    Ok(Moved { list, index, entry, before, inner })
}

fn unsupported(at: Path, why: &str) -> Finding {
    let message = format!("this form of YAML cannot be edited without a doubt: {why}");
    unsupported_yaml::RULE.finding(
        at,
        message,
        "write it in plain block style, without sharing by anchors, and run again",
    )
}

/// Whether the node is a block sequence with entries.
fn is_block_list(tree: &Tree<'_>, id: NodeId) -> bool {
    tree.node(id).kind == Kind::Sequence(Style::Block) && !tree.entries(id).is_empty()
}

/// Whether the node is `[]` without an anchor or tag.
fn is_empty_list(tree: &Tree<'_>, id: NodeId) -> bool {
    let node = tree.node(id);
    node.kind == Kind::Sequence(Style::Flow) && tree.entries(id).is_empty() && node.start == node.body
}

/// Whether the node is null without an anchor or tag.
fn is_bare_null(tree: &Tree<'_>, id: NodeId) -> bool {
    tree.is_null(id) && tree.node(id).anchor().is_none()
}
