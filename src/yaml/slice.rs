//! Cuts a text into parts without parsing it: documents of a stream, entries of a top-level list.
//!
//! A document marker at the start of a line is one in every context of the grammar, so cutting a
//! stream is always right. A list is cut at its dashes, which is right unless a quoted scalar or
//! a flow collection runs on over a line that looks like a dash; such lines are recognised, and
//! then the part is parsed, or the caller is told to parse the whole document.

use std::ops::Range;

use super::line::{self, Line};
use super::parse::parse;

/// The documents of a stream, in order and without gaps: each with its directives, its `---`, its
/// `...` and the comments around it.
pub fn documents(text: &str) -> Vec<Range<usize>> {
    let mut found = Vec::new();
    let mut start = 0;
    let mut has_begun = false;
    for at in marker_lines(text) {
        let end = line::break_end(text, at);
        if text.get(at..).is_some_and(|rest| rest.starts_with("...")) {
            found.push(start..end);
            start = end;
            has_begun = false;
        } else {
            if has_begun || has_content(text.get(start..at).unwrap_or("")) {
                found.push(start..at);
                start = at;
            }
            has_begun = true;
        }
    }
    if start < text.len() || found.is_empty() {
        found.push(start..text.len());
    }
    found
}

/// Offsets of the lines that begin with `---` or `...` followed by white space or nothing.
fn marker_lines(text: &str) -> Vec<usize> {
    let bytes = text.as_bytes();
    let is_marker = move |at: &usize| {
        let rest = bytes.get(*at..).unwrap_or(&[]);
        (rest.starts_with(b"---") || rest.starts_with(b"..."))
            && matches!(rest.get(3), None | Some(b' ' | b'\t' | b'\n' | b'\r'))
    };
    let first = if text.starts_with('\u{feff}') { 3 } else { 0 };
    let first = std::iter::once(first);
    if memchr::memchr(b'\r', bytes).is_some() {
        let lines = memchr::memchr2_iter(b'\n', b'\r', bytes).map(|at| at + 1);
        return first.chain(lines).filter(is_marker).collect();
    }
    // Few lines begin so: a search for them is many times as fast as a look at each line.
    let places = |mark: &'static str| memchr::memmem::find_iter(bytes, mark).map(|at| at + 1);
    let mut found: Vec<_> = first.chain(places("\n---")).chain(places("\n...")).filter(is_marker).collect();
    found.sort_unstable();
    found
}

/// Whether there is anything but comments, directives and blank lines.
fn has_content(text: &str) -> bool {
    text.trim_start_matches('\u{feff}')
        .split(['\n', '\r'])
        .any(|one| matches!(line::classify(one), Line::Content(_)) && !one.starts_with('%'))
}

/// A document whose top level is a block mapping with a block sequence below one key.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CutList {
    /// Everything up to the first entry's line.
    pub head: Range<usize>,
    /// The entries, each from the line of its dash to the next one's.
    pub entries: Vec<Range<usize>>,
    /// Everything behind the last entry.
    pub tail: Range<usize>,
}

/// Cuts the block sequence below the top-level `key` of `text[document]` into its entries.
///
/// `None` when the form is another one or when a cut could be wrong: then the whole document must be parsed.
pub fn cut_list(text: &str, document: &Range<usize>, key: &str) -> Option<CutList> {
    if line::has_bare_return(text.get(document.clone())?) {
        return None;
    }
    let whole = text.get(..document.end)?;
    let mut lines = line::lines(whole, document.start);
    let list_start = loop {
        let (at, one) = lines.next()?;
        if is_key_line(one, key) {
            break at + one.len();
        }
        if !is_closed(one) {
            return None;
        }
    };
    let mut openers = Openers::new(whole, list_start);
    let mut cut = CutList { head: document.start..document.end, entries: Vec::new(), tail: document.end..document.end };
    let mut dash_column = None;
    let mut is_doubtful = false;
    for (at, one) in lines {
        let column = indentation(one.as_bytes());
        match one.as_bytes().get(column) {
            Some(b'\t') if matches!(line::classify(one), Line::Content(_)) => return None,
            None | Some(b'\n' | b'\r' | b'#' | b'\t') => continue,
            // A byte order mark is content within a document, but not at the start of a part.
            Some(b'.' | 0xef) if one.starts_with("...") || one.starts_with('\u{feff}') => return None,
            _ => {}
        }
        let dashes = *dash_column.get_or_insert(column);
        if column == dashes && is_dash(one, column) {
            finish(text, &mut cut, at, is_doubtful)?;
            if cut.entries.is_empty() {
                cut.head.end = at;
            }
            cut.entries.push(at..document.end);
            is_doubtful = openers.reach(at, one) && !is_closed(one);
        } else if column > dashes {
            is_doubtful = is_doubtful || (openers.reach(at, one) && !is_closed(one));
        } else {
            if column != 0 || is_dash(one, column) {
                return None;
            }
            finish(text, &mut cut, at, is_doubtful)?;
            cut.tail.start = at;
            break;
        }
    }
    if cut.entries.is_empty() {
        return None;
    }
    let tail_start = cut.tail.start;
    finish(text, &mut cut, tail_start, is_doubtful)?;
    let is_tail_clear =
        line::lines(text.get(..document.end)?, tail_start).all(|(_, one)| is_closed(one) && !is_key_line(one, key));
    (is_tail_clear && list_start <= cut.head.end && announces(text.get(cut.head.clone())?, key)).then_some(cut)
}

/// Whether the text in front of the entries is a mapping that ends in its only `key`, without a value, and not, say,
/// a block scalar that reads like one.
fn announces(head: &str, key: &str) -> bool {
    parse(head).is_ok_and(|tree| {
        let Some(&root) = tree.roots.first() else {
            return false;
        };
        let last = tree.pairs(root).last();
        let is_announced =
            last.is_some_and(|(_, value)| tree.scalar(value) == Some("")) && last == tree.pair(root, key);
        tree.roots.len() == 1 && is_announced
    })
}

/// Ends the last entry at `at`; parses it if a line of it could run on over its end.
fn finish(text: &str, cut: &mut CutList, at: usize, is_doubtful: bool) -> Option<()> {
    let Some(last) = cut.entries.last_mut() else {
        return Some(());
    };
    last.end = last.end.min(at);
    if is_doubtful {
        parse(text.get(last.clone())?).ok()?;
    }
    Some(())
}

fn is_key_line(one: &str, key: &str) -> bool {
    one.strip_prefix(key)
        .and_then(|rest| rest.strip_prefix(':'))
        .is_some_and(|rest| matches!(line::classify(rest), Line::Blank | Line::Comment(1.., _)))
}

fn is_dash(one: &str, column: usize) -> bool {
    let mut rest = one.bytes().skip(column);
    rest.next() == Some(b'-') && matches!(rest.next(), None | Some(b' ' | b'\n' | b'\r'))
}

/// Whether no quoted scalar and no flow collection that begins on this line is still open at its end.
///
/// The line is read as if it began outside of both. `false` also when in doubt.
fn is_closed(one: &str) -> bool {
    let bytes = one.as_bytes();
    if memchr::memchr3(b'"', b'\'', b'[', bytes).is_none() && memchr::memchr(b'{', bytes).is_none() {
        return true;
    }
    Tokens { bytes, at: 0 }.close()
}

/// The places of characters that may open something, for lines that are asked for in order: most hold none, and then
/// one search over all of them is much less work than one in each.
struct Openers<'s> {
    bytes: &'s [u8],
    /// The next quote or bracket, and the next brace.
    next: [usize; 2],
}

impl<'s> Openers<'s> {
    fn new(text: &'s str, from: usize) -> Self {
        let mut openers = Self { bytes: text.as_bytes(), next: [from; 2] };
        openers.search(from);
        openers
    }

    /// Makes sure that both places are at or behind `from`.
    fn search(&mut self, from: usize) {
        let rest = self.bytes.get(from..).unwrap_or(&[]);
        let [quote, brace] = &mut self.next;
        if *quote <= from {
            *quote = memchr::memchr3(b'"', b'\'', b'[', rest).map_or(self.bytes.len(), |found| from + found);
        }
        if *brace <= from {
            *brace = memchr::memchr(b'{', rest).map_or(self.bytes.len(), |found| from + found);
        }
    }

    /// Whether one stands in the line that begins at `at`.
    fn reach(&mut self, at: usize, one: &str) -> bool {
        if self.next.iter().any(|next| *next < at) {
            self.search(at);
        }
        self.next.iter().any(|next| *next < at + one.len())
    }
}

/// The number of spaces at the start of a line.
fn indentation(line: &[u8]) -> usize {
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

/// A reader of the tokens of one line, precise enough to see what opens and what closes.
struct Tokens<'l> {
    bytes: &'l [u8],
    at: usize,
}

impl Tokens<'_> {
    fn peek(&self, ahead: usize) -> Option<u8> {
        self.bytes.get(self.at + ahead).copied()
    }

    fn is_space(byte: Option<u8>) -> bool {
        matches!(byte, None | Some(b' ' | b'\t' | b'\n' | b'\r'))
    }

    /// Reads the line; whether everything that opens on it certainly closes.
    fn close(&mut self) -> bool {
        loop {
            while self.peek(0).is_some() && Self::is_space(self.peek(0)) {
                self.at += 1;
            }
            let is_indicator = Self::is_space(self.peek(1));
            match self.peek(0) {
                None | Some(b'#' | b'|' | b'>') => return true,
                Some(b'-' | b'?' | b':') if is_indicator => self.at += 1,
                Some(b'&' | b'*' | b'!') => self.skip_while(|byte| !Self::is_space(Some(byte))),
                Some(b'"' | b'\'') => {
                    if !self.quoted() || !Self::is_space(self.peek(usize::from(self.peek(0) == Some(b':')))) {
                        return false;
                    }
                }
                Some(b'[' | b'{') => {
                    if !self.flow() {
                        return false;
                    }
                }
                Some(b'%' | b'@' | b'`' | b']' | b'}' | b',') => return false,
                Some(_) => {
                    if !self.plain() {
                        return true;
                    }
                }
            }
        }
    }

    fn skip_while(&mut self, accepts: impl Fn(u8) -> bool) {
        while self.peek(0).is_some_and(&accepts) {
            self.at += 1;
        }
    }

    /// Reads a plain scalar in block context; whether a value may follow it.
    fn plain(&mut self) -> bool {
        while let Some(byte) = self.peek(0) {
            let is_value = byte == b':' && Self::is_space(self.peek(1));
            let is_comment = byte == b'#' && self.at > 0 && Self::is_space(self.bytes.get(self.at - 1).copied());
            if is_value || is_comment {
                return is_value;
            }
            self.at += 1;
        }
        false
    }

    /// Reads a quoted scalar; whether it ends on this line.
    fn quoted(&mut self) -> bool {
        let quote = self.peek(0);
        self.at += 1;
        while let Some(byte) = self.peek(0) {
            self.at += 1;
            if byte == b'\\' && quote == Some(b'"') {
                self.at += 1;
            } else if Some(byte) == quote {
                if quote == Some(b'\'') && self.peek(0) == quote {
                    self.at += 1;
                } else {
                    return true;
                }
            }
        }
        false
    }

    /// Reads a flow collection; whether it certainly ends on this line.
    fn flow(&mut self) -> bool {
        let mut depth = 0usize;
        let mut before = b'[';
        let mut may_quote = true;
        while let Some(byte) = self.peek(0) {
            match byte {
                b'[' | b'{' => depth += 1,
                b']' | b'}' => depth -= 1,
                b'"' | b'\'' if may_quote => {
                    if !self.quoted() {
                        return false;
                    }
                    (before, may_quote) = (byte, false);
                    continue;
                }
                // A quote in the middle of a word, a comment, a property: rare enough to let the parser decide.
                b'"' | b'\'' | b'#' | b'!' | b'&' | b'*' => return false,
                _ => {}
            }
            self.at += 1;
            if depth == 0 {
                return Self::is_space(self.peek(0)) || self.peek(0) == Some(b':');
            }
            may_quote = match byte {
                b'[' | b'{' | b',' => true,
                b':' => matches!(before, b'"' | b'\'' | b']' | b'}'),
                b' ' | b'\t' => may_quote || before == b':',
                _ => false,
            };
            before = byte;
        }
        false
    }
}
