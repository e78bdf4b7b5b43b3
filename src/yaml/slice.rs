//! Cuts a text into parts without parsing it: documents of a stream, entries of a top-level list.
//!
//! A document marker at the start of a line is one in every context of the grammar, so cutting a
//! stream is always right. A list is cut at its dashes, which is right unless a quoted scalar or
//! a flow collection runs on over a line that looks like a dash; such lines are recognised, and
//! then the part is parsed, or the caller is told to parse the whole document.

use std::convert::Infallible;
use std::ops::Range;

use super::line::{self, Line};
use super::openers::{all_close, is_closed};
use super::parse::parse;
use super::scan::{first_pair, is};
use crate::parallel::in_parallel;

/// A text of any number of documents, and what one pass over it finds.
#[derive(Debug)]
pub struct Stream<'s> {
    text: &'s str,
    threads: usize,
    /// Offsets of the lines that begin with `---` or `...` followed by white space or nothing.
    markers: Vec<usize>,
    nul: Option<usize>,
    has_return: bool,
}

/// Bytes of a long text that are looked through at a time.
const PART: usize = 64 * 1024;

/// A range of offsets in parts of [`PART`] bytes, the last one shorter.
fn parts(range: &Range<usize>) -> Vec<Range<usize>> {
    let starts = range.clone().step_by(PART);
    starts.map(|start| start..range.end.min(start + PART)).collect()
}

impl<'s> Stream<'s> {
    /// Looks through the text.
    pub fn of(text: &'s str) -> Self {
        Self::read(text, 1)
    }

    /// The same on as many threads at most; 0 for as many as there are cores.
    pub fn read(text: &'s str, threads: usize) -> Self {
        let bytes = text.as_bytes();
        let first = if text.starts_with('\u{feff}') { 3 } else { 0 };
        let found = in_parallel(&parts(&(0..bytes.len())), bytes.len(), threads, |part| markers(bytes, part).ok_or(()));
        let Ok(found) = found else { return Self::of_odd(text, threads, first) };
        let markers = Some(first).filter(|at| is_marker(bytes, *at)).into_iter().chain(found.into_iter().flatten());
        Self { text, threads, markers: markers.collect(), nul: None, has_return: false }
    }

    /// The same of a text with carriage returns, which may end lines, or a NUL byte.
    fn of_odd(text: &'s str, threads: usize, first: usize) -> Self {
        let bytes = text.as_bytes();
        let lines = memchr::memchr2_iter(b'\n', b'\r', bytes).map(|at| at + 1);
        let markers = std::iter::once(first).chain(lines).filter(|at| is_marker(bytes, *at)).collect();
        let has_return = memchr::memchr(b'\r', bytes).is_some();
        Self { text, threads, markers, nul: memchr::memchr(0, bytes), has_return }
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
        let cut = Cutter::new(self, document, key, true).and_then(Cutter::cut).filter(|cut| {
            let is_whole = |entry: &Range<usize>| {
                let text = self.text.get(entry.clone()).unwrap_or("");
                if all_close(text) || parse(text).is_ok() { Ok(()) } else { Err(()) }
            };
            in_parallel(&cut.entries, document.len(), self.threads, is_whole).is_ok()
        });
        debug_assert_eq!(cut, self.cut_list_by_lines(document, key), "{:?}", self.text);
        cut
    }

    /// The same with a look at each line: slower, and what [`Self::cut_list`] is compared with.
    pub fn cut_list_by_lines(&self, document: &Range<usize>, key: &str) -> Option<CutList> {
        let is_whole = |entry: &Range<usize>| {
            let text = self.text.get(entry.clone()).unwrap_or("");
            line::lines(text, 0).all(|(_, one)| is_closed(one)) || parse(text).is_ok()
        };
        let cut = Cutter::new(self, document, key, false).and_then(Cutter::cut)?;
        cut.entries.iter().all(is_whole).then_some(cut)
    }
}

/// The markers in a part of a text; `None` when the part holds a NUL byte or a carriage return.
fn markers(bytes: &[u8], part: &Range<usize>) -> Option<Vec<usize>> {
    let is_hit =
        |byte: u8, next: u8| is(byte, 0) | is(byte, b'\r') | (is(byte, b'\n') & (is(next, b'-') | is(next, b'.')));
    let mut found = Vec::new();
    let mut from = part.start;
    while let Some(at) = first_pair(bytes, from..part.end, is_hit) {
        if bytes.get(at) != Some(&b'\n') {
            return None;
        }
        from = at + 1;
        found.extend(Some(from).filter(|at| is_marker(bytes, *at)));
    }
    Some(found)
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

/// What is known of a list while it is cut at its dashes. Whether one of them stands inside of a scalar or a flow
/// collection that began before is not asked here.
struct Cutter<'s, 'k> {
    /// The text up to the end of the document.
    text: &'s str,
    key: &'k str,
    threads: usize,
    /// Whether runs of inner lines are skipped.
    skips: bool,
    /// Where the list may begin: behind the line of the key.
    start: usize,
    /// The column of the dashes, once there was one.
    dashes: Option<usize>,
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
        // Carriage returns stand in each line or in none, and would end each run.
        let skips = skips && !stream.has_return;
        Some(Self { text, key, threads: stream.threads, skips, start, dashes: None, found })
    }

    fn cut(mut self) -> Option<CutList> {
        let mut at = self.start;
        let mut outer: Option<std::vec::IntoIter<usize>> = None;
        while at < self.text.len() {
            let end = line::end(self.text, at);
            if self.take(at, self.text.get(at..end)?)? {
                break;
            }
            at = end;
            if self.skips && self.dashes == Some(0) {
                let places = outer.get_or_insert_with(|| outer_places(self.text, end, self.threads).into_iter());
                at = places.find(|place| *place >= end).map_or(self.text.len(), |place| line::start(self.text, place));
            }
        }
        let (text, tail) = (self.text, self.found.tail.start);
        self.found.entries.last_mut()?.end = tail;
        let is_tail_clear = line::lines(text, tail).all(|(_, one)| is_closed(one) && !is_key_line(one, self.key));
        let is_head_clear = || Some(announces(text.get(self.found.head.clone())?, self.key));
        (is_tail_clear && is_head_clear()?).then_some(self.found)
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
            match self.found.entries.last_mut() {
                Some(last) => last.end = at,
                None => self.found.head.end = at,
            }
            self.found.entries.push(at..self.text.len());
        } else if column <= dashes {
            if column != 0 || is_dash(one, column) {
                return None;
            }
            self.found.tail.start = at;
            return Some(true);
        }
        Some(false)
    }
}

/// A place in each line from the one at `from` on, except in those that begin with a space or are empty and hold no tab
/// behind a space. In a list whose dashes stand in column 0, in a text without carriage returns, these cannot be anything
/// but inner lines, comments and blanks.
fn outer_places(text: &str, from: usize, threads: usize) -> Vec<usize> {
    let bytes = text.as_bytes();
    // The break before a line shows where it begins.
    let range = from.saturating_sub(1)..bytes.len();
    let look = |part: &Range<usize>| Ok::<_, Infallible>(outer_places_in(bytes, part));
    let Ok(found) = in_parallel(&parts(&range), range.len(), threads, look);
    found.concat()
}

fn outer_places_in(bytes: &[u8], part: &Range<usize>) -> Vec<usize> {
    let is_hit = |byte: u8, next: u8| {
        (is(byte, b' ') & is(next, b'\t')) | (is(byte, b'\n') & (1 ^ (is(next, b' ') | is(next, b'\n'))))
    };
    let mut found = Vec::new();
    let mut from = part.start;
    while let Some(at) = first_pair(bytes, from..part.end, is_hit) {
        found.push(at + 1);
        // The rest of the line is of no more interest.
        let rest = bytes.get(at + 1..part.end).unwrap_or(&[]);
        from = memchr::memchr(b'\n', rest).map_or(part.end, |behind| at + 1 + behind);
    }
    found
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
