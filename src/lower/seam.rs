//! What meets at a cut: text that now follows other text may change its meaning or its owner.

use crate::yaml::line::{self, Line};
use crate::yaml::tree::{Kind, NodeId, Tree};

/// Whether a block scalar at the very end of `entry`, shifted by `shift` columns, would swallow what follows:
/// blank lines where it keeps them (`|+`), lines indented as deep as its content always.
pub(super) fn absorbs<'l>(tree: &Tree<'_>, entry: NodeId, shift: isize, follow: impl Iterator<Item = &'l str>) -> bool {
    let leaf = tree.last_leaf(entry);
    let Kind::Scalar { style, indent, .. } = &tree.node(leaf).kind else {
        return false;
    };
    if !style.is_block() {
        return false;
    }
    let header = tree.text.get(tree.node(leaf).body as usize..).unwrap_or("");
    let keeps = header.bytes().take_while(|byte| !byte.is_ascii_whitespace()).any(|byte| byte == b'+');
    let shallowest = tree.column(entry) + 1;
    let indent = (*indent as usize).max(shallowest).saturating_add_signed(shift);
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

/// Whether `entry` ends in a block scalar that is cut off by the end of the text: a line break behind it would
/// become part of its value.
pub(super) fn is_unfinished(tree: &Tree<'_>, entry: NodeId) -> bool {
    let leaf = tree.node(tree.last_leaf(entry));
    let is_block = matches!(leaf.kind, Kind::Scalar { style, .. } if style.is_block());
    is_block && leaf.end as usize >= tree.text.len() && !tree.text.ends_with('\n')
}
