//! What meets at a cut: text that now follows other text may change its meaning or its owner.

use crate::yaml::comment::tail;
use crate::yaml::line::{self, Line};
use crate::yaml::tree::{Kind, NodeId, Tree};

/// Whether a block scalar at the very end of `entry`, shifted by `shift` columns, would swallow what follows:
/// blank lines where it keeps them (`|+`), lines indented as deep as its content always.
pub(super) fn absorbs<'l>(tree: &Tree<'_>, entry: NodeId, shift: isize, follow: impl Iterator<Item = &'l str>) -> bool {
    let Some((leaf, indent)) = block_at_end(tree, entry) else {
        return false;
    };
    let shallowest = tree.column(entry) + 1;
    swallows(keeps_breaks(tree, leaf), indent.max(shallowest).saturating_add_signed(shift), follow)
}

/// Likewise for the value of a pair or an entry in a list of scalars whose key or dash stands in `column`, when what is
/// below it goes.
pub(super) fn absorbs_below<'l>(
    tree: &Tree<'_>,
    (value, column): (NodeId, usize),
    follow: impl Iterator<Item = &'l str>,
) -> bool {
    let leaf = tree.last_leaf(value);
    let Kind::Scalar { style, indent, .. } = &tree.node(leaf).kind else { return false };
    style.is_block() && (keeps_breaks(tree, leaf) || swallows(false, (*indent as usize).max(column + 1), follow))
}

/// Whether a new line directly below the value could become part of it: a block scalar at its end keeps all line
/// breaks, or lacks the last one.
pub(super) fn is_open(tree: &Tree<'_>, value: NodeId) -> bool {
    let leaf = tree.last_leaf(value);
    tree.ends_in_block(value)
        && (keeps_breaks(tree, leaf) || line::end(tree.text, tree.node(leaf).end as usize) >= tree.text.len())
}

/// Whether the header of a block scalar says `+`.
fn keeps_breaks(tree: &Tree<'_>, leaf: NodeId) -> bool {
    let header = tree.text.get(tree.node(leaf).body as usize..).unwrap_or("");
    header.bytes().take_while(|byte| !byte.is_ascii_whitespace()).any(|byte| byte == b'+')
}

fn swallows<'l>(keeps: bool, indent: usize, follow: impl Iterator<Item = &'l str>) -> bool {
    for one in follow {
        let bare = one.trim_end_matches(['\n', '\r']);
        let column = bare.len() - bare.trim_start_matches(' ').len();
        let is_blank = column == bare.len();
        if (is_blank && keeps) || column > indent || (column == indent && !is_blank) {
            return true;
        }
        if !is_blank {
            return false;
        }
    }
    false
}

/// Whether a comment directly at the start of `text[from..]` would belong to a block entry above it whose dash
/// stands in `column`.
pub(super) fn adopts(text: &str, from: usize, column: usize) -> bool {
    let first = line::lines(text, from).next().map(|(_, one)| line::classify(one));
    matches!(first, Some(Line::Comment(at, _)) if at > column)
}

/// The block scalar that `entry` ends in, with its indentation. A comment below it has ended it for good.
pub(super) fn block_at_end(tree: &Tree<'_>, entry: NodeId) -> Option<(NodeId, usize)> {
    let leaf = tree.last_leaf(entry);
    let Kind::Scalar { style, indent, .. } = &tree.node(leaf).kind else {
        return None;
    };
    let is_last = || tail(tree, entry) == line::end(tree.text, tree.node(leaf).end as usize);
    (style.is_block() && is_last()).then_some((leaf, *indent as usize))
}

/// Whether `entry` ends in a block scalar that is cut off by the end of the text: a line break behind it would
/// become part of its value.
pub(super) fn is_unfinished(tree: &Tree<'_>, entry: NodeId) -> bool {
    let is_cut_off = |(leaf, _)| tree.node(leaf).end as usize >= tree.text.len() && !tree.text.ends_with('\n');
    block_at_end(tree, entry).is_some_and(is_cut_off)
}
