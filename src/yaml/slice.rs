//! Cuts a text into parts without parsing it: documents of a stream, entries of a top-level list.
//!
//! A document marker at the start of a line is one in every context of the grammar, so cutting a
//! stream is always right. A list is cut at its dashes, which is right unless a quoted scalar or
//! a flow collection runs on over a line that looks like a dash; such lines are recognised, and
//! then the part is parsed, or the caller is told to parse the whole document.

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
    /// An offset in each line that does not begin with a space or hold nothing, or that holds a tab; where it is not in
    /// the first column, it is the tab's. Of an odd text the lines with markers only.
    outer: Vec<usize>,
    nul: Option<usize>,
    /// Whether it holds carriage returns, which may end lines, or other control characters.
    is_odd: bool,
}

/// Bytes of a long text that are looked through at a time.
const PART: usize = 64 * 1024;

impl<'s> Stream<'s> {
    /// Looks through the text.
    pub fn of(text: &'s str) -> Self {
        Self::read(text, 1)
    }

    /// The same on as many threads at most; 0 for as many as there are cores.
    pub fn read(text: &'s str, threads: usize) -> Self {
        let bytes = text.as_bytes();
        let first = if text.starts_with('\u{feff}') { 3 } else { 0 };
        let starts: Vec<_> = (0..bytes.len()).step_by(PART).collect();
        let look = |start: &usize| outer_places(bytes, *start..bytes.len().min(start + PART)).ok_or(());
        match in_parallel(&starts, bytes.len(), threads, look) {
            Ok(found) => {
                let outer = std::iter::once(first).chain(found.into_iter().flatten()).collect();
                Self { text, threads, outer, nul: None, is_odd: false }
            }
            Err(()) => {
                let lines = memchr::memchr2_iter(b'\n', b'\r', bytes).map(|at| at + 1);
                let markers = std::iter::once(first).chain(lines).filter(|at| is_marker(bytes, *at));
                Self { text, threads, outer: markers.collect(), nul: memchr::memchr(0, bytes), is_odd: true }
            }
        }
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
        for &at in self.outer.iter().filter(|at| is_marker(text.as_bytes(), **at)) {
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

/// What [`Stream::outer`] has of a part of a text; `None` when there is an odd character in it.
fn outer_places(bytes: &[u8], part: Range<usize>) -> Option<Vec<usize>> {
    let is_hit =
        |byte: u8, next: u8| u8::from(byte <= b'\r') & (1 ^ (is(byte, b'\n') & (is(next, b' ') | is(next, b'\n'))));
    let mut found = Vec::new();
    let mut from = part.start;
    while let Some(at) = first_pair(bytes, from..part.end, is_hit) {
        from = at + 1;
        match bytes.get(at) {
            Some(b'\n') => found.push(at + 1),
            Some(b'\t') => {
                found.push(at);
                // Further tabs of the line say nothing new.
                let rest = bytes.get(from..part.end)?;
                let others = rest.iter().position(|byte| *byte <= b'\r' && *byte != b'\t');
                from = others.map_or(part.end, |other| from + other);
            }
            _ => return None,
        }
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
    /// A place in each line that is not skipped where inner lines are: see [`Stream::outer`].
    outer: Option<std::slice::Iter<'s, usize>>,
    /// Where the list may begin: behind the line of the key.
    start: usize,
    /// The column of the dashes, once there was one.
    dashes: Option<usize>,
    found: CutList,
}

impl<'s, 'k> Cutter<'s, 'k> {
    /// Reads the lines up to the key; `None` without one, and where one of them is in doubt.
    fn new(stream: &'s Stream<'_>, document: &Range<usize>, key: &'k str, skips: bool) -> Option<Self> {
        let text = stream.text.get(..document.end)?;
        if stream.is_odd && line::has_bare_return(text.get(document.start..)?) {
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
        let behind_key =
            || stream.outer.get(stream.outer.partition_point(|place| *place < start)..).map(<[usize]>::iter);
        let outer = if skips && !stream.is_odd { behind_key() } else { None };
        Some(Self { text, key, outer, start, dashes: None, found })
    }

    fn cut(mut self) -> Option<CutList> {
        let mut at = self.start;
        while at < self.text.len() {
            let end = line::end(self.text, at);
            if self.take(at, self.text.get(at..end)?)? {
                break;
            }
            at = end;
            // In a list whose dashes stand in the first column, all but outer lines are inner ones of an entry, comments
            // and blanks.
            if let Some(outer) = self.outer.as_mut().filter(|_| self.dashes == Some(0)) {
                let place = outer.find(|place| **place >= end).filter(|place| **place < self.text.len());
                at = place.map_or(self.text.len(), |place| line::start(self.text, *place));
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
