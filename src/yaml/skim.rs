//! What stands below simple keys, by a look at the lines alone: for the few values of a text that is not read.
//!
//! In block style a line in the column of a mapping's keys is one of its keys, and all that is deeper belongs to the
//! value before it, whatever it is. That holds for texts in which no quoted scalar and no flow collection runs on over
//! the end of a line. Whatever is not certain gives `None`, and then the text must be parsed.
//!
//! What is found is what the text says if it is YAML, which is not asked.

use std::ops::Range;

use super::line;
use super::openers::all_close;
use super::plain::is_clean;

/// A block mapping in which nothing but the keys was looked at.
#[derive(Debug, Clone, Copy)]
pub struct Mapping<'s> {
    text: &'s str,
    /// Where its first key stands.
    first: usize,
    column: usize,
    end: usize,
}

/// What stands behind a key and in the lines below it.
#[derive(Debug, Clone, Copy)]
pub struct Value<'s> {
    text: &'s str,
    /// The column of the key.
    column: usize,
    /// Behind the colon.
    start: usize,
    /// Where the line of the key ends.
    line_end: usize,
    /// The start of the next key's line.
    end: usize,
}

impl<'s> Mapping<'s> {
    /// The mapping that a document is.
    pub fn of_document(text: &'s str) -> Option<Self> {
        let from = if text.starts_with("---\n") { "---\n".len() } else { 0 };
        let (first, column) = first_content(text, from..text.len())?;
        is_readable(text).then_some(Self { text, first, column, end: text.len() })
    }

    /// The mapping in the one entry of a block list.
    pub fn of_entry(text: &'s str) -> Option<Self> {
        let (dash, column) = first_content(text, 0..text.len())?;
        let behind = text.as_bytes().get(dash..)?.strip_prefix(b"- ")?;
        let width = "- ".len() + line::indentation(behind);
        let mapping = Self { text, first: dash + width, column: column + width, end: text.len() };
        (mapping.first < text.len() && is_readable(text)).then_some(mapping)
    }

    /// The values of these keys, each `None` when the mapping does not have it.
    pub fn get<const N: usize>(&self, keys: [&str; N]) -> Option<[Option<Value<'s>>; N]> {
        let mut found = [None; N];
        for pair in self.pairs() {
            let (key, value) = pair?;
            if let Some((_, place)) = keys.iter().zip(&mut found).find(|(wanted, _)| **wanted == key)
                && place.replace(value).is_some()
            {
                return None;
            }
        }
        Some(found)
    }

    /// The pairs in order, up to a line that is not certain.
    pub fn pairs(&self) -> impl Iterator<Item = Option<(&'s str, Value<'s>)>> {
        let Self { text, first, column, end } = *self;
        let mut next = Some(first);
        std::iter::from_fn(move || {
            let at = next.take().filter(|at| *at < end)?;
            let rest = text.get(at..end).unwrap_or("");
            let key = rest.bytes().position(|byte| !is_word(byte)).and_then(|length| rest.get(..length));
            let is_key = |key: &&str| {
                let behind = rest.as_bytes().get(key.len()..).unwrap_or(&[]);
                key.starts_with(|c: char| c.is_ascii_alphabetic())
                    && matches!(behind, [b':'] | [b':', b' ' | b'\n', ..])
            };
            let pair = key.filter(is_key).and_then(|key| {
                let start = at + key.len() + 1;
                let line_end = line::end(text, start);
                let behind = behind_value(text, line_end..end, column)?;
                next = Some(behind + column);
                Some((key, Value { text, column, start, line_end, end: behind }))
            });
            Some(pair)
        })
    }
}

impl<'s> Value<'s> {
    /// Its text, if it is a scalar on the line of its key: one word, or quoted without escapes.
    pub fn scalar(&self) -> Option<&'s str> {
        let line = self.text.get(self.start..self.line_end)?.trim_start_matches(' ');
        let (scalar, behind) = match line.strip_prefix(['"', '\'']) {
            Some(inner) => {
                let quote = line.get(..1)?;
                let (scalar, behind) = inner.split_once(quote)?;
                (!scalar.contains('\\') || quote == "'").then_some((scalar, behind))?
            }
            None => line.split_at_checked(line.bytes().position(|byte| !is_word(byte)).unwrap_or(line.len()))?,
        };
        let is_plain = line.starts_with(|c: char| c.is_ascii_alphanumeric());
        let is_alone = is_void(behind) && first_content(self.text, self.line_end..self.end).is_none();
        (is_alone && (is_plain || line.len() > scalar.len() + 1)).then_some(scalar)
    }

    /// The block mapping below its key.
    pub fn mapping(&self) -> Option<Mapping<'s>> {
        let (first, column) = first_content(self.text, self.line_end..self.end)?;
        let is_below = is_void(self.text.get(self.start..self.line_end)?) && column > self.column;
        is_below.then_some(Mapping { text: self.text, first, column, end: self.end })
    }
}

/// Whether the lines of a text say what belongs to what.
fn is_readable(text: &str) -> bool {
    is_clean(text) && all_close(text)
}

/// The first line that holds more than a comment: where that begins, and its column.
fn first_content(text: &str, lines: Range<usize>) -> Option<(usize, usize)> {
    let bytes = text.as_bytes();
    let mut at = lines.start;
    while at < lines.end {
        let column = line::indentation(bytes.get(at..)?);
        if !matches!(bytes.get(at + column), None | Some(b'\n' | b'#')) {
            return Some((at + column, column));
        }
        at = line::end(text, at);
    }
    None
}

/// The start of the first of these lines that is no part of the value of a key in this column; `None` where it is no
/// further key.
fn behind_value(text: &str, lines: Range<usize>, column: usize) -> Option<usize> {
    let bytes = text.as_bytes().get(..lines.end)?;
    let rest = bytes.get(lines.start..)?;
    let breaks = memchr::memchr_iter(b'\n', rest).map(|at| lines.start + at + 1);
    for start in std::iter::once(lines.start).chain(breaks) {
        let found = line::indentation(bytes.get(start..)?);
        if found > column {
            continue;
        }
        match (bytes.get(start + found), bytes.get(start + found + 1)) {
            (None | Some(b'\n' | b'#'), _) => {}
            // The dashes of a list may stand below its key.
            (Some(b'-'), None | Some(b' ' | b'\n')) if found == column => {}
            _ => return (found == column).then_some(start),
        }
    }
    Some(lines.end)
}

/// Whether nothing but a comment stands here, behind a token.
fn is_void(rest: &str) -> bool {
    let next = rest.trim_start_matches(' ');
    next.is_empty() || next.starts_with('\n') || (next.starts_with('#') && next.len() < rest.len())
}

/// Characters of words that are scalars wherever they stand.
fn is_word(byte: u8) -> bool {
    matches!(byte, b'-' | b'.' | b'/' | b'_' | b'0'..=b'9' | b'A'..=b'Z' | b'a'..=b'z')
}
