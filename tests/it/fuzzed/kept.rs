//! What need not be read again: whatever stands around the same lines, they are read as the same node, or not at all.

use convert_sidecars::yaml::line;
use convert_sidecars::yaml::parse::{Kept, parse_any, parse_around, parse_plain};
use convert_sidecars::yaml::tree::{Kind, NodeId, ScalarStyle, Style, Tree};

/// Each block collection of one text wherever its lines stand in the other, alone and together; how many were taken.
pub(crate) fn check(one: &str, other: &str) -> usize {
    let Some(tree) = parse_plain(one) else { return 0 };
    let mut all = Vec::new();
    for id in tree.ids() {
        let values = tree.pairs(id).map(|(_, value)| (value, false));
        let entries = tree.entries(id).iter().map(|entry| (*entry, true));
        for (child, is_entry) in values.chain(entries) {
            let found = if tree.is_flow(id) { Vec::new() } else { places(&tree, child, is_entry, other) };
            all.extend(found);
        }
    }
    let mut taken = all.iter().filter(|kept| is_taken(&tree, other, std::slice::from_ref(kept))).count();
    all.sort_by_key(|kept| (kept.lines.start, std::cmp::Reverse(kept.lines.end)));
    let mut reached = 0;
    all.retain(|kept| {
        let is_free = kept.lines.start >= reached;
        reached = if is_free { kept.lines.end } else { reached };
        is_free
    });
    taken += usize::from(all.len() > 1 && is_taken(&tree, other, &all));
    taken
}

/// Where the lines of a node stand in the other text.
fn places(tree: &Tree<'_>, id: NodeId, is_entry: bool, other: &str) -> Vec<Kept> {
    let node = tree.node(id);
    let lead = node.lead as usize;
    let start = line::start(tree.text, lead);
    let lines = &tree.text[start..line::end(tree.text, node.end as usize)];
    let mut last = id;
    while let Some(child) = tree.children(last).last() {
        last = *child;
    }
    let ends_in_block = matches!(tree.node(last).kind, Kind::Scalar { style: ScalarStyle::Literal, .. });
    let is_block = matches!(node.kind, Kind::Mapping(Style::Block) | Kind::Sequence(Style::Block));
    if !is_block || ends_in_block || !tree.text[start..lead].trim_matches(' ').is_empty() || !lines.ends_with('\n') {
        return Vec::new();
    }
    let starts = other.match_indices(lines).map(|(at, _)| at).filter(|at| *at == 0 || other[..*at].ends_with('\n'));
    let kept = |at: usize| {
        let moved = |offset: u32| at + (offset as usize - start);
        let (lead, start, end) = (moved(node.lead), moved(node.start), moved(node.end));
        Kept { node: id, is_entry, lines: at..at + lines.len(), lead, start, end, nodes: tree.size(id) }
    };
    starts.map(kept).collect()
}

/// Whether the other text is read around these; panics when it is not what all of it is read as.
fn is_taken(tree: &Tree<'_>, other: &str, kept: &[Kept]) -> bool {
    let Some(found) = parse_around(other, kept) else { return false };
    let whole = parse_any(other).unwrap_or_else(|error| panic!("{error}:\n{other}\naround {kept:?}"));
    let roots = (found.roots.first().copied(), whole.roots.first().copied());
    let (Some(root), Some(of_whole)) = roots else { panic!("no root in\n{other}") };
    same(tree, kept, (&found, root), (&whole, of_whole));
    true
}

fn same(tree: &Tree<'_>, kept: &[Kept], (found, id): (&Tree<'_>, NodeId), (whole, at): (&Tree<'_>, NodeId)) {
    let (node, wanted) = (found.node(id), whole.node(at));
    let place = |tree: &Tree<'_>, id| {
        let node = tree.node(id);
        [node.lead, node.start, node.body, node.end].map(i64::from)
    };
    assert_eq!(place(found, id), place(whole, at), "{}\naround {kept:?}", found.text);
    let Kind::Kept(original) = node.kind else {
        assert_eq!(node.kind, wanted.kind, "{}\naround {kept:?}", found.text);
        let (children, others) = (found.children(id), whole.children(at));
        assert_eq!(children.len(), others.len(), "{}\naround {kept:?}", found.text);
        for (child, other) in children.iter().zip(others) {
            same(tree, kept, (found, *child), (whole, *other));
        }
        return;
    };
    let shift = i64::from(wanted.lead) - i64::from(tree.node(original).lead);
    let mut pairs = vec![(original, at)];
    while let Some((id, at)) = pairs.pop() {
        assert_eq!(tree.node(id).kind, whole.node(at).kind, "{}\naround {kept:?}", found.text);
        assert_eq!(place(tree, id).map(|one| one + shift), place(whole, at), "{}\naround {kept:?}", found.text);
        let (children, others) = (tree.children(id), whole.children(at));
        assert_eq!(children.len(), others.len(), "{}\naround {kept:?}", found.text);
        pairs.extend(children.iter().copied().zip(others.iter().copied()));
    }
}
