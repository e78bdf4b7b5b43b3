//! Cuts a text into parts without parsing it: documents of a stream, entries of a top-level list.
//!
//! A document marker at the start of a line is one in every context of the grammar, so cutting a
//! stream is always right. A list is cut at its dashes, which is right unless a quoted scalar or
//! a flow collection runs on over a line that looks like a dash; such lines are recognised, and
//! then the part is parsed, or the caller is told to parse the whole document.

use std::ops::Range;

use super::line::{self, Line};
use super::openers::{Openers, is_closed};
use super::parse::parse;
use super::scan::{first_pair, is};

/// A text of any number of documents, and what one pass over it finds.
#[derive(Debug)]
pub struct Stream<'s> {
    text: &'s str,
    /// Offsets of the lines that begin with `---` or `...` followed by white space or nothing.
    markers: Vec<usize>,
    nul: Option<usize>,
    has_return: bool,
}

impl<'s> Stream<'s> {
    /// Looks through the text.
    pub fn of(text: &'s str) -> Self {
        let bytes = text.as_bytes();
        let first = if text.starts_with('\u{feff}') { 3 } else { 0 };
        let is_hit =
            |byte: u8, next: u8| is(byte, 0) | is(byte, b'\r') | (is(byte, b'\n') & (is(next, b'-') | is(next, b'.')));
        let mut markers: Vec<_> = Some(first).filter(|at| is_marker(bytes, *at)).into_iter().collect();
        let mut from = 0;
        while let Some(at) = first_pair(bytes, from, is_hit) {
            if bytes.get(at) != Some(&b'\n') {
                return Self::of_odd(text, first);
            }
            from = at + 1;
            markers.extend(Some(from).filter(|at| is_marker(bytes, *at)));
        }
        Self { text, markers, nul: None, has_return: false }
    }

    /// The same of a text with carriage returns, which may end lines, or a NUL byte.
    fn of_odd(text: &'s str, first: usize) -> Self {
        let bytes = text.as_bytes();
        let lines = memchr::memchr2_iter(b'\n', b'\r', bytes).map(|at| at + 1);
        let markers = std::iter::once(first).chain(lines).filter(|at| is_marker(bytes, *at)).collect();
        let has_return = memchr::memchr(b'\r', bytes).is_some();
        Self { text, markers, nul: memchr::memchr(0, bytes), has_return }
    }

    /// Where the first NUL byte stands.
    pub fn nul(&self) -> Option<usize> {
        self.nul
    }

    /// The documents in order and without gaps: each with its directives, its `---`, its `...` and the comments around
    /// it.
    pub fn documents(&self) -> Vec<Range<usize>> {
        let text = self.text;
        let mut found = Vec::new();
        let mut start = 0;
        let mut has_begun = false;
        for &at in &self.markers {
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

    /// Cuts the block sequence below the top-level `key` of `document` into its entries.
    ///
    /// `None` when the form is another one or when a cut could be wrong: then the whole document must be parsed.
    pub fn cut_list(&self, document: &Range<usize>, key: &str) -> Option<CutList> {
        let cut = Cutter::new(self, document, key, true).and_then(Cutter::cut);
        debug_assert_eq!(cut, self.cut_list_by_lines(document, key), "{:?}", self.text);
        cut
    }

    /// The same with a look at each line: slower, and what [`Self::cut_list`] is compared with.
    pub fn cut_list_by_lines(&self, document: &Range<usize>, key: &str) -> Option<CutList> {
        Cutter::new(self, document, key, false).and_then(Cutter::cut)
    }
}

fn is_marker(bytes: &[u8], at: usize) -> bool {
    let rest = bytes.get(at..).unwrap_or(&[]);
    (rest.starts_with(b"---") || rest.starts_with(b"..."))
        && matches!(rest.get(3), None | Some(b' ' | b'\t' | b'\n' | b'\r'))
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

/// What is known of a list while it is cut.
struct Cutter<'s, 'k> {
    /// The text up to the end of the document.
    text: &'s str,
    key: &'k str,
    /// Whether runs of inner lines are skipped.
    skips: bool,
    /// Where the list may begin: behind the line of the key.
    start: usize,
    openers: Openers<'s>,
    /// The column of the dashes, once there was one.
    dashes: Option<usize>,
    /// Whether a line of the last entry may run on over its end.
    is_doubtful: bool,
    found: CutList,
}

impl<'s, 'k> Cutter<'s, 'k> {
    /// Reads the lines up to the key; `None` without one, and where one of them is in doubt.
    fn new(stream: &Stream<'s>, document: &Range<usize>, key: &'k str, skips: bool) -> Option<Self> {
        let text = stream.text.get(..document.end)?;
        if stream.has_return && line::has_bare_return(text.get(document.start..)?) {
            return None;
        }
        let mut lines = line::lines(text, document.start);
        let start = loop {
            let (at, one) = lines.next()?;
            if is_key_line(one, key) {
                break at + one.len();
            }
            if !is_closed(one) {
                return None;
            }
        };
        let found = CutList { head: document.clone(), entries: Vec::new(), tail: document.end..document.end };
        let openers = Openers::new(text, start);
        // Carriage returns stand in each line or in none, and would end each run.
        let skips = skips && !stream.has_return;
        Some(Self { text, key, skips, start, openers, dashes: None, is_doubtful: false, found })
    }

    fn cut(mut self) -> Option<CutList> {
        let mut at = self.start;
        loop {
            at = self.skip(at);
            let end = line::end(self.text, at);
            if at >= end || self.take(at, self.text.get(at..end)?)? {
                break;
            }
            at = end;
        }
        let (text, tail) = (self.text, self.found.tail.start);
        if self.found.entries.is_empty() {
            return None;
        }
        self.finish(tail)?;
        let is_tail_clear = line::lines(text, tail).all(|(_, one)| is_closed(one) && !is_key_line(one, self.key));
        let is_head_clear = || Some(announces(text.get(self.found.head.clone())?, self.key));
        (is_tail_clear && is_head_clear()?).then_some(self.found)
    }

    /// Goes over lines that can only be inner ones of an entry, and notes a doubt that they raise; where the next line
    /// begins that must be looked at.
    fn skip(&mut self, at: usize) -> usize {
        if !self.skips || self.dashes != Some(0) {
            return at;
        }
        let end = inner_end(self.text.as_bytes(), at);
        self.is_doubtful = self.is_doubtful || !self.openers.all_close(at..end);
        end
    }

    /// Takes the line that begins at `at`; whether it ends the list.
    fn take(&mut self, at: usize, one: &str) -> Option<bool> {
        let column = line::indentation(one.as_bytes());
        match one.as_bytes().get(column) {
            Some(b'\t') if matches!(line::classify(one), Line::Content(_)) => return None,
            None | Some(b'\n' | b'\r' | b'#' | b'\t') => return Some(false),
            // A byte order mark is content within a document, but not at the start of a part.
            Some(b'.' | 0xef) if one.starts_with("...") || one.starts_with('\u{feff}') => return None,
            _ => {}
        }
        let dashes = *self.dashes.get_or_insert(column);
        if column == dashes && is_dash(one, column) {
            self.finish(at)?;
            if self.found.entries.is_empty() {
                self.found.head.end = at;
            }
            self.found.entries.push(at..self.text.len());
            self.is_doubtful = self.openers.reach(at, one) && !is_closed(one);
        } else if column > dashes {
            self.is_doubtful = self.is_doubtful || (self.openers.reach(at, one) && !is_closed(one));
        } else {
            if column != 0 || is_dash(one, column) {
                return None;
            }
            self.finish(at)?;
            self.found.tail.start = at;
            return Some(true);
        }
        Some(false)
    }

    /// Ends the last entry at `at`; parses it if a line of it could run on over its end.
    fn finish(&mut self, at: usize) -> Option<()> {
        let Some(last) = self.found.entries.last_mut() else {
            return Some(());
        };
        last.end = last.end.min(at);
        if self.is_doubtful {
            parse(self.text.get(last.clone())?).ok()?;
            self.is_doubtful = false;
        }
        Some(())
    }
}

/// The end of the lines from `at` on that begin with a space or are empty and hold no tab behind a space. In a list whose
/// dashes stand in column 0, in a text without carriage returns, they cannot be anything but inner lines, comments and
/// blanks.
fn inner_end(bytes: &[u8], at: usize) -> usize {
    let ends = |byte: u8, next: u8| {
        (is(byte, b' ') & is(next, b'\t')) | (is(byte, b'\n') & (1 ^ (is(next, b' ') | is(next, b'\n'))))
    };
    if !matches!(bytes.get(at), Some(b' ' | b'\n')) {
        return at;
    }
    match first_pair(bytes, at, ends) {
        Some(end) if bytes.get(end) == Some(&b'\n') => end + 1,
        Some(inside) => memchr::memrchr(b'\n', bytes.get(at..inside).unwrap_or(&[])).map_or(at, |found| at + found + 1),
        None => bytes.len(),
    }
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

fn is_key_line(one: &str, key: &str) -> bool {
    one.strip_prefix(key)
        .and_then(|rest| rest.strip_prefix(':'))
        .is_some_and(|rest| matches!(line::classify(rest), Line::Blank | Line::Comment(1.., _)))
}

fn is_dash(one: &str, column: usize) -> bool {
    let mut rest = one.bytes().skip(column);
    rest.next() == Some(b'-') && matches!(rest.next(), None | Some(b' ' | b'\n' | b'\r'))
}
