//! Comments: where they stand between the tokens.

use std::ops::Range;

use super::line;
use super::tree::{Kind, NodeId, Tree};

/// Skips white space, line breaks and comments from `at` on.
pub fn skip_space(text: &str, mut at: usize) -> usize {
    let bytes = text.as_bytes();
    loop {
        match bytes.get(at) {
            Some(b' ' | b'\t' | b'\n' | b'\r') => at += 1,
            Some(b'#') if starts_comment(text, at) => at = line::break_end(text, at),
            Some(0xEF) if text.get(at..).is_some_and(|rest| rest.starts_with('\u{feff}')) => at += 3,
            _ => return at,
        }
    }
}

/// Whether the `#` at `at` begins a comment when it stands between tokens.
fn starts_comment(text: &str, at: usize) -> bool {
    let before = text.get(..at).and_then(|before| before.chars().next_back());
    matches!(before, None | Some(' ' | '\t' | '\n' | '\r' | '\u{feff}'))
}

/// All comments of the text in order: offset of the `#` and text up to the end of the line.
///
/// Only the places of a `#` are looked at. Where no scalar and no alias holds it, nothing but white space, comments,
/// indicators, node properties and document markers stands around it.
pub fn comments<'s>(tree: &Tree<'s>) -> Vec<(usize, &'s str)> {
    comments_outside(tree, &[])
}

/// The comments outside of these ranges, which are in order and begin and end between lines.
pub fn comments_outside<'s>(tree: &Tree<'s>, ranges: &[Range<usize>]) -> Vec<(usize, &'s str)> {
    let text = tree.text;
    let mut ranges = ranges.iter().peekable();
    let mut found = Vec::new();
    let mut at = hash(text, 0);
    while at < text.len() {
        while ranges.next_if(|range| range.end <= at).is_some() {}
        if let Some(inside) = ranges.peek().filter(|range| range.start <= at) {
            at = hash(text, inside.end);
            continue;
        }
        let next = match leaf_end(tree, at) {
            Some(end) => end,
            None if starts_comment(text, at) => {
                let end = line::break_end(text, at);
                found.push((at, text.get(at..end).unwrap_or("").trim_end_matches(['\n', '\r'])));
                end
            }
            None => at + 1,
        };
        at = hash(text, next);
    }
    found
}

/// The end of the scalar or alias that holds the offset; the header of a block scalar can have a comment.
fn leaf_end(tree: &Tree<'_>, at: usize) -> Option<usize> {
    let node = tree.node_before(at)?;
    let start = match node.kind {
        Kind::Scalar { style, .. } if style.is_block() => line::break_end(tree.text, node.body as usize),
        Kind::Scalar { .. } | Kind::Alias(_) => node.body as usize,
        Kind::Mapping(_) | Kind::Sequence(_) | Kind::Kept(_) => return None,
    };
    (start..node.end as usize).contains(&at).then_some(node.end as usize)
}

/// Offset of the first `#` from `from` on, or the end of the text.
fn hash(text: &str, from: usize) -> usize {
    let rest = text.as_bytes().get(from..).unwrap_or(&[]);
    memchr::memchr(b'#', rest).map_or(text.len(), |found| from + found)
}

/// The comments inside one span of the text.
pub fn comments_within<'s>(all: &[(usize, &'s str)], span: &Range<usize>) -> Vec<&'s str> {
    let from = all.partition_point(|(at, _)| *at < span.start);
    let to = all.partition_point(|(at, _)| *at < span.end);
    all.get(from..to).unwrap_or(&[]).iter().map(|(_, text)| *text).collect()
}

/// First line of the comments that belong to the block entry or key whose indicator is at `lead`:
/// the contiguous run of comment lines directly above it that are not indented deeper than it is, down
/// from the last commented-out entry or mark of a region in it.
///
/// The start of the entry's own line when there is none; `lead` itself when other tokens stand before it on its line.
pub fn head(text: &str, lead: usize) -> usize {
    let own_line = line::start(text, lead);
    if !line::is_first_on_line(text, lead) {
        return lead;
    }
    head_above(text, own_line, line::column(text, lead))
}

/// First line of the comments that would belong to a block entry or key in `column` if its line began at `own_line`.
pub fn head_above(text: &str, own_line: usize, column: usize) -> usize {
    let mut top = own_line;
    for (at, above) in line::lines_above(text, own_line) {
        match line::classify(above) {
            line::Line::Comment(at_column, _) if at_column <= column => top = at,
            _ => break,
        }
    }
    below_foreign(text, top..own_line)
}

/// Where those of a run of comment lines end that belong to nobody: commented-out entries (`# - key: …` and the
/// lines below that are indented deeper than the dash) and the marks of regions.
fn below_foreign(text: &str, run: Range<usize>) -> usize {
    let mut below = run.start;
    let mut dash = None;
    for (at, comment) in line::lines(text, run.start).take_while(|(at, _)| *at < run.end) {
        let body = comment.trim_start().trim_start_matches('#');
        let depth = body.len() - body.trim_start().len();
        if is_disabled_entry(body.trim_start()) {
            dash = Some(depth);
        } else if dash.is_some_and(|dash| depth <= dash) {
            dash = None;
        }
        if dash.is_some() || is_region_mark(body.trim_start()) {
            below = at + comment.len();
        }
    }
    below
}

/// Whether a comment's text reads `[START name]` or `[END name]`: documentation cuts its excerpts there.
fn is_region_mark(body: &str) -> bool {
    body.starts_with("[START ") || body.starts_with("[END ")
}

/// Whether a comment's text reads `- key: …` or `- {…`: an entry that someone switched off.
fn is_disabled_entry(body: &str) -> bool {
    let Some(entry) = body.strip_prefix("- ").map(str::trim_start) else {
        return false;
    };
    let key = entry.split([' ', '\r', '\n']).next().unwrap_or("");
    entry.starts_with('{') || key.ends_with(':')
}

/// Offset behind the lines of a block pair: its last line with the comment on it, and the comment lines directly below
/// that are indented deeper than its key.
pub fn pair_end(tree: &Tree<'_>, key: NodeId, value: NodeId) -> usize {
    let last = (tree.span(value).end).max(tree.span(key).end);
    below(tree.text, line::end(tree.text, last), tree.column(key))
}

/// Offset behind the lines of the block entry `id`: its last line with the comment on it, and the
/// comment lines directly below that are indented deeper than its dash.
pub fn tail(tree: &Tree<'_>, id: NodeId) -> usize {
    let node = tree.node(id);
    let column = line::column(tree.text, node.lead as usize);
    below(tree.text, line::end(tree.text, (node.end as usize).max(node.lead as usize)), column)
}

/// Offset behind the comment lines at `bottom` that are indented deeper than `column`.
fn below(text: &str, mut bottom: usize, column: usize) -> usize {
    for (at, one) in line::lines(text, bottom) {
        match line::classify(one) {
            line::Line::Comment(at_column, _) if at_column > column => bottom = at + one.len(),
            _ => break,
        }
    }
    bottom
}
