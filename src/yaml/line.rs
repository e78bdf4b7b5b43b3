//! Lines, columns and line breaks of a text.

/// Offset of the first byte of the line that holds `at`.
pub fn start(text: &str, at: usize) -> usize {
    let before = text.as_bytes().get(..at).unwrap_or(text.as_bytes());
    memchr::memrchr(b'\n', before).map_or(0, |found| found + 1)
}

/// Offset behind the line break of the line that holds `at`, or the end of the text.
pub fn end(text: &str, at: usize) -> usize {
    let after = text.as_bytes().get(at..).unwrap_or(&[]);
    memchr::memchr(b'\n', after).map_or(text.len(), |found| at + found + 1)
}

/// Offset behind the next line break as YAML knows them, or the end of the text: a carriage return alone is one, too.
pub fn break_end(text: &str, at: usize) -> usize {
    let rest = text.as_bytes().get(at..).unwrap_or(&[]);
    match memchr::memchr2(b'\n', b'\r', rest) {
        Some(found) if rest.get(found..found + 2) == Some(b"\r\n") => at + found + 2,
        Some(found) => at + found + 1,
        None => text.len(),
    }
}

/// Column of `at` in characters, counted from 0; a byte order mark does not count, but for one behind the first line.
pub fn column(text: &str, at: usize) -> usize {
    let start = start(text, at);
    let before = text.get(start..at).unwrap_or("");
    let before = if start == 0 { before.trim_start_matches('\u{feff}') } else { before };
    before.chars().count()
}

/// Whether only spaces (or a byte order mark) stand before `at` on its line.
pub fn is_first_on_line(text: &str, at: usize) -> bool {
    let before = text.get(..at).unwrap_or("").trim_end_matches(' ').trim_end_matches('\u{feff}');
    before.is_empty() || before.ends_with('\n')
}

/// What stands before `at` on its line, if that is white space alone. Long lines are not read to their start.
pub fn indent(text: &str, at: usize) -> Option<&str> {
    let before = text.get(..at)?;
    let bare = before.trim_end_matches([' ', '\t', '\r']);
    (bare.is_empty() || bare.ends_with('\n')).then(|| before.get(bare.len()..)).flatten()
}

/// Offset behind the line break behind `at`, if nothing but white space and a comment stand between.
pub fn free_end(text: &str, at: usize) -> Option<usize> {
    let rest = text.get(at..)?;
    let next = rest.trim_start_matches([' ', '\t', '\r']);
    (next.is_empty() || next.starts_with(['\n', '#'])).then(|| end(text, at))
}

/// The line break that the text uses: that of its first line.
pub fn ending(text: &str) -> &'static str {
    match memchr::memchr(b'\n', text.as_bytes()) {
        Some(at) if at > 0 && text.as_bytes().get(at - 1) == Some(&b'\r') => "\r\n",
        _ => "\n",
    }
}

/// The line break that ends the line of `at`, or that the text uses where the line is the last one.
pub fn ending_at(text: &str, at: usize) -> &'static str {
    let rest = text.get(at..end(text, at)).unwrap_or("");
    if rest.ends_with("\r\n") {
        "\r\n"
    } else if rest.ends_with('\n') {
        "\n"
    } else {
        ending(text)
    }
}

/// What one whole line holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Line<'s> {
    /// Nothing but white space.
    Blank,
    /// Only a comment, with its column and its text from `#` on.
    Comment(usize, &'s str),
    /// Anything else, with the column of its first character.
    Content(usize),
}

/// Says what a line holds; its line break may be there or not.
pub fn classify(line: &str) -> Line<'_> {
    let Some(column) = line.bytes().position(|byte| !matches!(byte, b' ' | b'\t')) else { return Line::Blank };
    match line.as_bytes().get(column) {
        Some(b'#') => Line::Comment(column, line.get(column..).unwrap_or("").trim_end_matches(['\n', '\r'])),
        Some(b'\n' | b'\r') if line.bytes().skip(column).all(|byte| matches!(byte, b'\n' | b'\r')) => Line::Blank,
        _ => Line::Content(column),
    }
}

/// The lines of `text[from..]`, each with its offset and its line break.
pub fn lines(text: &str, from: usize) -> impl Iterator<Item = (usize, &str)> {
    let mut at = from;
    std::iter::from_fn(move || {
        if at >= text.len() {
            return None;
        }
        let next = end(text, at);
        let line = (at, text.get(at..next)?);
        at = next;
        Some(line)
    })
}

/// The lines above the line that starts at `from`, nearest first, each with its offset.
pub fn lines_above(text: &str, from: usize) -> impl Iterator<Item = (usize, &str)> {
    let mut at = from;
    std::iter::from_fn(move || {
        let last = at.checked_sub(1)?;
        let begin = start(text, last);
        let line = (begin, text.get(begin..at)?);
        at = begin;
        Some(line)
    })
}

/// Whether a carriage return stands without a line feed behind it: a line break to YAML, but not to this module.
pub fn has_bare_return(text: &str) -> bool {
    let bytes = text.as_bytes();
    memchr::memchr_iter(b'\r', bytes).any(|at| bytes.get(at + 1) != Some(&b'\n'))
}

/// Whether the text holds a character that some readers take for a line break and others do not:
/// a bare carriage return, NEL, LS or PS.
pub fn has_odd_break(text: &str) -> bool {
    has_bare_return(text) || (!text.is_ascii() && text.contains(['\u{85}', '\u{2028}', '\u{2029}']))
}

/// The number of spaces at the start of a line.
pub fn indentation(line: &[u8]) -> usize {
    let mut at = 0;
    while let Some(chunk) = line.get(at..).and_then(<[u8]>::first_chunk::<8>) {
        let others = u64::from_le_bytes(*chunk) ^ u64::from_ne_bytes([b' '; 8]);
        if others != 0 {
            return at + (others.trailing_zeros() / 8) as usize;
        }
        at += 8;
    }
    at + line.iter().skip(at).take_while(|byte| **byte == b' ').count()
}
