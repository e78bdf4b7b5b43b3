//! What stands below simple keys, by a look at the lines alone: for the few values of a text that is not read.
//!
//! In block style a line in the column of a mapping's keys is one of its keys, and all that is deeper belongs to the
//! value before it, whatever it is. That holds for texts in which no quoted scalar and no flow collection runs on over
//! the end of a line. Whatever is not certain gives `None`, and then the text must be parsed.
//!
//! What is found is what the text says if it is YAML, which is not asked.

use super::line;
use super::openers::all_close;
use super::plain::is_clean;

/// A block mapping of which nothing but keys is looked at.
#[derive(Debug, Clone, Copy)]
pub struct Mapping<'s> {
    text: &'s str,
    /// Where its first key stands.
    first: usize,
    column: usize,
    /// The column of the key above it.
    above: Option<usize>,
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
}

/// The lines do not tell.
struct Uncertain;

impl<'s> Mapping<'s> {
    /// The mapping that a text of one document is.
    pub fn of_document(text: &'s str) -> Option<Self> {
        let from = if text.starts_with("---\n") { "---\n".len() } else { 0 };
        let (first, column) = first_content(text, from)?;
        is_readable(text).then_some(Self { text, first, column, above: None })
    }

    /// The mapping in the one entry of a block list.
    pub fn of_entry(text: &'s str) -> Option<Self> {
        let (dash, column) = first_content(text, 0)?;
        let behind = text.as_bytes().get(dash..)?.strip_prefix(b"- ")?;
        let width = "- ".len() + line::indentation(behind);
        let mapping = Self { text, first: dash + width, column: column + width, above: None };
        is_readable(text).then_some(mapping)
    }

    /// The values of these keys, each `None` when the mapping does not have it. Of a key that stands twice the first is
    /// taken.
    pub fn get<const N: usize>(&self, keys: [&str; N]) -> Option<[Option<Value<'s>>; N]> {
        let mut found = [None; N];
        for pair in self.pairs() {
            let (key, value) = pair?;
            if let Some((_, place)) = keys.iter().zip(&mut found).find(|(wanted, _)| **wanted == key) {
                place.get_or_insert(value);
                if found.iter().all(Option::is_some) {
                    break;
                }
            }
        }
        Some(found)
    }

    /// The pairs in order, up to a line that is not certain.
    pub fn pairs(&self) -> impl Iterator<Item = Option<(&'s str, Value<'s>)>> {
        let mapping = *self;
        // Where the next key stands, or behind which line.
        let mut next = Some((mapping.first, true));
        std::iter::from_fn(move || {
            let at = match next.take()? {
                (at, true) => at,
                (line_end, false) => match mapping.key_behind(line_end) {
                    Ok(at) => at?,
                    Err(Uncertain) => return Some(None),
                },
            };
            let pair = mapping.pair(at);
            next = pair.map(|(_, value)| (value.line_end, false));
            Some(pair)
        })
    }

    /// The pair whose key is at an offset.
    fn pair(&self, at: usize) -> Option<(&'s str, Value<'s>)> {
        let rest = self.text.get(at..)?;
        let key = rest.get(..rest.bytes().position(|byte| !is_word(byte))?)?;
        let behind = rest.as_bytes().get(key.len()..)?;
        if !key.starts_with(|c: char| c.is_ascii_alphabetic()) || !matches!(behind, [b':'] | [b':', b' ' | b'\n', ..]) {
            return None;
        }
        let start = at + key.len() + 1;
        Some((key, Value { text: self.text, column: self.column, start, line_end: line::end(self.text, start) }))
    }

    /// Where the first key below a line stands, if there is one.
    fn key_behind(&self, line_end: usize) -> Result<Option<usize>, Uncertain> {
        let bytes = self.text.as_bytes();
        let rest = bytes.get(line_end..).unwrap_or(&[]);
        let breaks = memchr::memchr_iter(b'\n', rest).map(|at| line_end + at + 1);
        for start in std::iter::once(line_end).chain(breaks) {
            let column = line::indentation(bytes.get(start..).unwrap_or(&[]));
            if column > self.column {
                continue;
            }
            match (bytes.get(start + column), bytes.get(start + column + 1)) {
                (None | Some(b'\n' | b'#'), _) => {}
                // The dashes of a list may stand below its key.
                (Some(b'-'), None | Some(b' ' | b'\n')) if column == self.column => {}
                _ if column == self.column => return Ok(Some(start + column)),
                _ if self.above.is_some_and(|above| column <= above) => return Ok(None),
                _ => return Err(Uncertain),
            }
        }
        Ok(None)
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
        let is_alone = first_content(self.text, self.line_end).is_none_or(|(_, column)| column <= self.column);
        (is_void(behind) && is_alone && (is_plain || line.len() > scalar.len() + 1)).then_some(scalar)
    }

    /// The block mapping below its key.
    pub fn mapping(&self) -> Option<Mapping<'s>> {
        let (first, column) = first_content(self.text, self.line_end)?;
        let is_below = is_void(self.text.get(self.start..self.line_end)?) && column > self.column;
        is_below.then_some(Mapping { text: self.text, first, column, above: Some(self.column) })
    }
}

/// Whether the lines of a text say what belongs to what.
fn is_readable(text: &str) -> bool {
    is_clean(text) && all_close(text)
}

/// The first line from the one at `from` on that holds more than a comment: where that begins, and its column.
fn first_content(text: &str, from: usize) -> Option<(usize, usize)> {
    let bytes = text.as_bytes();
    let mut at = from;
    while at < text.len() {
        let column = line::indentation(bytes.get(at..)?);
        if !matches!(bytes.get(at + column), None | Some(b'\n' | b'#')) {
            return Some((at + column, column));
        }
        at = line::end(text, at);
    }
    None
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
