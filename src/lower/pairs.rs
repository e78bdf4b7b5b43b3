//! Adding and removing pairs of mappings, in block and in flow style.

use std::ops::Range;

use super::Place;
use super::flow::{Members, removals};
use crate::yaml::comment::skip_space;
use crate::yaml::edit::Edit;
use crate::yaml::line;
use crate::yaml::new::{Lists, New};
use crate::yaml::scalar::{Scalar, plain, quote, quote_like};
use crate::yaml::tree::{NodeId, Tree};

/// Why a pair could not be edited.
type Why = &'static str;

/// The edits that put new pairs directly after the pair `name` of a mapping.
pub(super) fn add_after_name(tree: &Tree<'_>, mapping: NodeId, adds: &[(&str, &New)]) -> Result<Vec<Edit>, Why> {
    if adds.is_empty() {
        return Ok(Vec::new());
    }
    let name = tree.pair(mapping, "name").ok_or("the container has no name of its own")?;
    if tree.is_flow(mapping) {
        return Ok(add_in_flow(tree, mapping, name, adds));
    }
    let (name_key, name) = name;
    let at = line::end(tree.text, tree.span(name).end.max(tree.span(name_key).end));
    Ok(vec![new_pairs(tree, name_key, at, adds)])
}

/// New pairs in block style on lines of their own at `at`, written like the pair of `key`.
pub(super) fn new_pairs(tree: &Tree<'_>, key: NodeId, at: usize, adds: &[(&str, &New)]) -> Edit {
    whole_line(tree.text, at, &pair_lines(tree, key, at, adds))
}

/// Their lines, without the last line break.
pub(super) fn pair_lines(tree: &Tree<'_>, key: NodeId, at: usize, adds: &[(&str, &New)]) -> String {
    let written = tree.source(key);
    let column = tree.column(key);
    let is_plain = adds.iter().all(|(_, value)| matches!(value, New::Text(_) | New::Literal(_)));
    let lists = if is_plain { Lists::default() } else { Lists::beside(tree, at) };
    let ending = line::ending_at(tree.text, tree.span(key).end);
    let mut lines = String::new();
    for (key, value) in adds {
        let key = key_like(key, written);
        match value {
            New::Text(word) if is_word(word) => {
                lines.extend(std::iter::repeat_n(' ', column));
                lines.extend([&key, ": ", &quote_like(word, written), ending]);
            }
            other => lines.extend(other.block(&key, column, lists).iter().flat_map(|line| [line.as_str(), ending])),
        }
    }
    lines.truncate(lines.len().saturating_sub(ending.len()));
    lines
}

/// Whether the text may stand in any quotes, or in none, as it is.
fn is_word(text: &str) -> bool {
    text.bytes().all(|byte| byte.is_ascii_alphabetic()) && matches!(plain(text), Scalar::Str(_))
}

/// A key in the quotes of another one; `.`, `/`, `-` and `_` need none.
fn key_like(key: &str, like: &str) -> String {
    let is_plain = key.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"-_./".contains(&byte));
    if is_plain { quote_like(key, like) } else { quote(key) }
}

/// The insertion of a line before the one that starts at `at`, or at the end of a text without a last line break.
pub(super) fn whole_line(text: &str, at: usize, one: &str) -> Edit {
    let before = text.get(..at).unwrap_or("");
    let ending = match before.strip_suffix('\n') {
        Some(line) if line.ends_with('\r') => "\r\n",
        Some(_) => "\n",
        None => line::ending(text),
    };
    let pieces = if before.ends_with('\n') { [one, ending] } else { [ending, one] };
    Edit::insertion(at, pieces.concat())
}

fn add_in_flow(
    tree: &Tree<'_>,
    mapping: NodeId,
    (name_key, name): (NodeId, NodeId),
    adds: &[(&str, &New)],
) -> Vec<Edit> {
    let text = tree.text;
    let bytes = text.as_bytes();
    let end = tree.span(name).end;
    let written = tree.source(name_key);
    let is_json = written.starts_with('"');
    let colon =
        text.get(tree.span(name_key).end..tree.span(name).start).filter(|colon| !colon.contains('\n')).unwrap_or(": ");
    let new = adds.iter().map(|(key, value)| format!("{}{colon}{}", key_like(key, written), value.flow(is_json)));
    let new: Vec<String> = new.collect();
    let pairs: Vec<_> = tree.pairs(mapping).collect();
    let position = pairs.iter().position(|(key, _)| *key == name_key).unwrap_or(0);
    let behind = skip_space(text, end);
    let comma = (bytes.get(behind) == Some(&b',')).then_some(behind);
    let beside = |gap: &str| vec![Edit::insertion(end, format!("{gap}{}", new.join(gap)))];
    let below = |indent: &str, last: &str| {
        let lines = new.iter().map(|pair| format!("{indent}{pair}")).collect::<Vec<_>>();
        format!("{}{last}", lines.join(&format!(",{}", line::ending_at(text, end))))
    };
    if let (Some((next, _)), Some(comma)) = (pairs.get(position + 1), comma) {
        let next = tree.node(*next).lead as usize;
        let gap = text.get(end..next).unwrap_or(", ");
        if !gap.contains('\n') {
            return beside(gap);
        }
        let indent = text.get(line::start(text, next)..next).unwrap_or("");
        return vec![whole_line(text, line::end(text, comma), &below(indent, ","))];
    }
    let lead = tree.node(name_key).lead as usize;
    let indent = line::indent(text, lead);
    match (indent, comma) {
        (Some(indent), Some(comma)) => vec![whole_line(text, line::end(text, comma), &below(indent, ","))],
        (Some(indent), None) if line::end(text, end) <= behind => {
            vec![Edit::insertion(end, ","), whole_line(text, line::end(text, end), &below(indent, ""))]
        }
        _ => {
            let before =
                position.checked_sub(1).and_then(|before| pairs.get(before)).map(|(_, value)| tree.span(*value).end);
            let gap = before.and_then(|before| text.get(before..lead)).filter(|gap| !gap.contains('\n'));
            beside(gap.unwrap_or(if colon == ":" { "," } else { ", " }))
        }
    }
}

/// The edits that take pairs away from a mapping.
pub(super) fn remove(place: &Place<'_>, mapping: NodeId, keys: &[&str]) -> Result<Vec<Edit>, Why> {
    let tree = place.tree;
    let pairs: Vec<_> = tree.pairs(mapping).collect();
    let is_removed =
        |index: usize| pairs.get(index).and_then(|(key, _)| tree.scalar(*key)).is_some_and(|key| keys.contains(&key));
    let spans =
        pairs.iter().map(|(key, value)| tree.node(*key).lead as usize..tree.span(*value).end.max(tree.span(*key).end));
    let spans: Vec<Range<usize>> = spans.collect();
    let edits = if tree.is_flow(mapping) {
        let node = tree.node(mapping);
        let members = Members { spans, inside: node.body as usize + 1..node.end as usize - 1 };
        removals(&members, is_removed)
    } else {
        let removed = spans.iter().enumerate().filter(|(index, _)| is_removed(*index)).map(|(_, span)| span);
        let mut edits = Vec::new();
        for span in removed {
            if !line::is_first_on_line(tree.text, span.start) {
                return Err("a key to be removed stands behind another token on its line");
            }
            edits.push(Edit::deletion(line::start(tree.text, span.start)..line::end(tree.text, span.end)));
        }
        edits
    };
    if edits.iter().any(|edit| place.has_comment(&edit.range)) {
        return Err("a comment stands inside of what is to be removed");
    }
    Ok(edits)
}
