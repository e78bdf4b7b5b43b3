//! A reader of the YAML that nearly all manifests are written in: block style, one line a scalar, no sharing.
//!
//! It gives the very tree that [`super::parse`] makes from the parser's events, or nothing at all. What it does not
//! know for certain it declines: properties, aliases, explicit keys, scalars and flow collections that run over several
//! lines, folded scalars, tabs, other line ends than `\n`, characters that a reader may reject. It never says that a
//! text is wrong; that is left to the parser, too.
//!
//! Every line of block YAML without these forms is one of: blank, a comment, `key:`, `key: value`, `- value`,
//! `- key: value`, and its column says to which open collection it belongs. A line that would continue a scalar is
//! deeper than the innermost open collection, which awaits no value then: such lines are declined.
//!
//! For the same reason a collection whose lines were read before need not be read again: what it is depends on its
//! lines alone, and whether it ends where it did shows in the next line's column. See [`Kept`].
//!
//! Debug builds compare each tree with the parser's; so do the tests and the fuzzer.

use std::borrow::Cow;

use super::parse::Kept;
use super::tree::{Kind, Node, NodeId, ScalarStyle, Style, Tree};
use super::{MAX_NODES, line};

/// Deepest nesting that is read here; the parser has a limit of its own.
const MAX_NESTING: usize = 100;

/// Longest key: YAML limits implicit keys to 1024 characters.
const MAX_KEY: usize = 1000;

/// Reads a text of at most one document; `None` when it has any form that is not certain.
pub(super) fn read(text: &str) -> Option<Tree<'_>> {
    read_around(text, &[])
}

/// The same without a look at the lines of these nodes.
pub(super) fn read_around<'s>(text: &'s str, kept: &[Kept]) -> Option<Tree<'s>> {
    if !is_clean(text) {
        return None;
    }
    let mut reader = Reader {
        text,
        bytes: text.as_bytes(),
        nodes: Vec::with_capacity(text.len() / 12 + 8),
        kids: Vec::with_capacity(text.len() / 12 + 8),
        root: None,
        frames: Vec::with_capacity(16),
        open_kids: Vec::with_capacity(32),
        kept,
        left_out: 0,
    };
    reader.lines()?;
    while !reader.frames.is_empty() {
        reader.close()?;
    }
    let roots = vec![reader.root?];
    Some(Tree { text, nodes: reader.nodes, kids: reader.kids, roots, shared: Vec::new(), is_plain: true })
}

/// Whether all characters are printable and stand for themselves to every reader; the only line break is `\n`.
pub(super) fn is_clean(text: &str) -> bool {
    // No early exit, so that the loop is one of vector instructions.
    let is_odd = |byte: u8| byte.wrapping_sub(b' ') >= 0x5f && byte != b'\n';
    let odd = text.bytes().fold(0, |odd, byte| odd | u8::from(is_odd(byte)));
    odd == 0 || text.chars().all(is_printable)
}

fn is_printable(c: char) -> bool {
    let is_odd = matches!(c, '\u{7f}'..='\u{9f}' | '\u{2028}' | '\u{2029}' | '\u{feff}' | '\u{fff0}'..='\u{ffff}')
        || u32::from(c) & 0xfffe == 0xfffe;
    (c >= ' ' || c == '\n') && !is_odd
}

/// What a scalar says and how it is written.
type Written<'s> = (Cow<'s, str>, ScalarStyle);

/// An open block collection.
struct Frame {
    node: NodeId,
    /// Where its children begin in [`Reader::open_kids`].
    first: usize,
    column: usize,
    is_mapping: bool,
    /// Offset behind the `:` of a key that has no value yet, or of a dash with nothing behind it.
    awaits: Option<usize>,
}

struct Reader<'s, 'k> {
    text: &'s str,
    bytes: &'s [u8],
    nodes: Vec<Node<'s>>,
    kids: Vec<NodeId>,
    root: Option<NodeId>,
    frames: Vec<Frame>,
    open_kids: Vec<NodeId>,
    /// What need not be read, the next one first.
    kept: &'k [Kept],
    /// How many nodes were not read.
    left_out: usize,
}

impl<'s> Reader<'s, '_> {
    /// The byte at an offset; a line break at the end of the text.
    #[inline]
    fn byte(&self, at: usize) -> u8 {
        self.bytes.get(at).copied().unwrap_or(b'\n')
    }

    #[inline]
    fn skip_spaces(&self, at: usize) -> usize {
        // Between two tokens there is one space nearly always.
        let second = at + usize::from(self.byte(at) == b' ');
        if self.byte(second) == b' ' {
            second + line::indentation(self.bytes.get(second..).unwrap_or(&[]))
        } else {
            second
        }
    }

    /// Offset of the line break that ends the line, or of the end of the text.
    #[inline]
    fn line_end(&self, at: usize) -> usize {
        let rest = self.bytes.get(at..).unwrap_or(&[]);
        memchr::memchr(b'\n', rest).map_or(self.text.len(), |found| at + found)
    }

    /// Whether a `-` or `:` at an offset is an indicator.
    #[inline]
    fn is_indicator(&self, at: usize) -> bool {
        matches!(self.byte(at + 1), b' ' | b'\n')
    }

    /// Whether a plain scalar begins at an offset in block style.
    #[inline]
    fn begins_plain(&self, at: usize) -> bool {
        let first = self.byte(at);
        starts_plain(first) || (first == b'-' && !self.is_indicator(at))
    }

    fn lines(&mut self) -> Option<()> {
        let mut at = 0;
        let mut has_marker = false;
        while let Some(rest) = self.bytes.get(at..).filter(|rest| !rest.is_empty()) {
            // The parser says which limit it is.
            if self.nodes.len() + self.left_out > MAX_NODES {
                return None;
            }
            if let Some((kept, others)) = self.kept.split_first()
                && kept.lines.start <= at
            {
                self.keep(kept, at)?;
                (self.kept, at) = (others, kept.lines.end);
                continue;
            }
            let column = line::indentation(rest);
            let first = at + column;
            match self.byte(first) {
                b'\n' => at = first + 1,
                b'#' => at = self.line_end(first) + 1,
                b'%' if column == 0 => return None,
                b'-' | b'.' if column == 0 && self.is_marker(at) => {
                    let is_first = !has_marker && self.nodes.is_empty();
                    if !is_first || self.byte(at) != b'-' || self.byte(at + 3) != b'\n' {
                        return None;
                    }
                    has_marker = true;
                    at += 4;
                }
                _ => at = self.line(first, column)?,
            }
        }
        self.kept.is_empty().then_some(())
    }

    /// Takes the node whose first line begins at `at` without reading it.
    fn keep(&mut self, kept: &Kept, at: usize) -> Option<()> {
        let column = kept.lead.checked_sub(at)?;
        if kept.lines.start != at {
            return None;
        }
        let is_dash = self.byte(kept.lead) == b'-' && self.is_indicator(kept.lead);
        if kept.is_entry && is_dash {
            self.settle(kept.lead, column, is_dash)?;
        } else {
            let frame = self.frames.last()?;
            frame.awaits.filter(|_| frame.is_mapping && !kept.is_entry)?;
            if column < frame.column || (column == frame.column && !is_dash) {
                return None;
            }
        }
        self.node(Kind::Kept(kept.node), kept.lead, kept.start, kept.end);
        self.left_out += kept.nodes;
        Some(())
    }

    /// Whether a line begins with `---` or `...`; what else follows is for the parser to judge.
    fn is_marker(&self, at: usize) -> bool {
        self.text.get(at..at + 3).is_some_and(|mark| mark == "---" || mark == "...")
    }

    /// Reads the line whose first character is at `at`; gives the start of the next one.
    fn line(&mut self, mut at: usize, mut column: usize) -> Option<usize> {
        let mut is_dash = self.byte(at) == b'-' && self.is_indicator(at);
        self.settle(at, column, is_dash)?;
        let mut lead = at;
        while is_dash {
            let content = self.skip_spaces(at + 1);
            if matches!(self.byte(content), b'\n' | b'#') {
                self.frames.last_mut()?.awaits = Some(at);
                return Some(self.line_end(content) + 1);
            }
            column += content - at;
            lead = at;
            at = content;
            is_dash = self.byte(at) == b'-' && self.is_indicator(at);
            if is_dash {
                self.open(false, lead, at, column)?;
            }
        }
        // The innermost collection is a sequence when a dash stands before.
        let is_entry = !self.frames.last()?.is_mapping;
        if self.begins_plain(at) {
            let mut stops = Stops::new(self.bytes, at);
            let (end, is_key) = self.plain_end(&mut stops);
            if is_key {
                if self.byte(end - 1) == b' ' {
                    return None;
                }
                let key = (Cow::Borrowed(self.text.get(at..end)?), ScalarStyle::Plain);
                return self.pair(key, at, stops, end, is_entry.then_some((lead, column)));
            }
            return if is_entry { self.plain(at, end, lead) } else { None };
        }
        match self.byte(at) {
            b'"' | b'\'' => {
                let (value, style, end) = self.quoted(at)?;
                if self.byte(end) == b':' && self.is_indicator(end) {
                    let stops = Stops::new(self.bytes, end + 1);
                    return self.pair((value, style), at, stops, end, is_entry.then_some((lead, column)));
                }
            }
            b'|' | b'[' | b'{' => {}
            _ => return None,
        }
        if is_entry { self.value(at, lead) } else { None }
    }

    /// Takes a key at `at` with its `:` at `colon`, and reads its value; gives the start of the next line. The first key
    /// of an entry opens a mapping, with the entry's indicator and column.
    #[inline]
    fn pair(
        &mut self,
        key: Written<'s>,
        at: usize,
        mut stops: Stops<'_>,
        colon: usize,
        entry: Option<(usize, usize)>,
    ) -> Option<usize> {
        if colon - at > MAX_KEY {
            return None;
        }
        if let Some((lead, column)) = entry {
            self.open(true, lead, at, column)?;
        }
        self.leaf(key, at, at, colon);
        let value = self.skip_spaces(colon + 1);
        match self.byte(value) {
            b'\n' | b'#' => {
                self.frames.last_mut()?.awaits = Some(colon + 1);
                Some(self.line_end(value) + 1)
            }
            _ if self.begins_plain(value) => {
                let (end, is_key) = self.plain_end(&mut stops);
                if is_key { None } else { self.plain(value, end, value) }
            }
            _ => self.value(value, value),
        }
    }

    /// Closes what ended before a line in `column`, and opens what begins with it.
    #[inline]
    fn settle(&mut self, at: usize, column: usize, is_dash: bool) -> Option<()> {
        loop {
            let Some(frame) = self.frames.last() else {
                return if self.nodes.is_empty() { self.open(!is_dash, at, at, column) } else { None };
            };
            if column > frame.column {
                let awaits = frame.awaits?;
                let lead = if frame.is_mapping { at } else { awaits };
                return self.open(!is_dash, lead, at, column);
            }
            if column == frame.column {
                match (frame.is_mapping, is_dash, frame.awaits.is_some()) {
                    (true, true, true) => return self.open(false, at, at, column),
                    (true, true, false) | (false, true, true) => return None,
                    (true, false, _) => return self.fill(),
                    (false, true, false) => return Some(()),
                    // The next key behind a sequence that is not indented.
                    (false, false, _) => {}
                }
            }
            self.close()?;
        }
    }

    /// Opens a block collection as the next child of the innermost one, or as the root.
    fn open(&mut self, is_mapping: bool, lead: usize, at: usize, column: usize) -> Option<()> {
        if self.frames.len() >= MAX_NESTING {
            return None;
        }
        let kind = if is_mapping { Kind::Mapping(Style::Block) } else { Kind::Sequence(Style::Block) };
        let node = self.node(kind, lead, at, at);
        self.frames.push(Frame { node, first: self.open_kids.len(), column, is_mapping, awaits: None });
        Some(())
    }

    /// Gives a key without a value the empty one; entries without one are left to the parser.
    #[inline]
    fn fill(&mut self) -> Option<()> {
        let frame = self.frames.last()?;
        if let Some(at) = frame.awaits {
            if !frame.is_mapping {
                return None;
            }
            self.leaf((Cow::Borrowed(""), ScalarStyle::Plain), at, at, at);
        }
        Some(())
    }

    fn close(&mut self) -> Option<()> {
        self.fill()?;
        let frame = self.frames.pop()?;
        self.adopt(frame.node, frame.first)
    }

    /// Makes the open children from `first` on those of `node`, which ends where the last one does or further on.
    fn adopt(&mut self, node: NodeId, first: usize) -> Option<()> {
        let start = self.kids.len();
        self.kids.extend_from_slice(self.open_kids.get(first..)?);
        let last = match self.open_kids.last() {
            Some(last) if self.open_kids.len() > first => self.nodes.get(last.0 as usize)?.end,
            _ => 0,
        };
        self.open_kids.truncate(first);
        let kids = (narrow(start)?, narrow(self.kids.len())?);
        let node = self.nodes.get_mut(node.0 as usize)?;
        node.kids = kids;
        node.end = node.end.max(last);
        Some(())
    }

    #[inline]
    fn node(&mut self, kind: Kind<'s>, lead: usize, start: usize, end: usize) -> NodeId {
        // Offsets fit: the text is no longer than `MAX_BYTES`.
        let offset = |at: usize| narrow(at).unwrap_or(u32::MAX);
        let id = NodeId(offset(self.nodes.len()));
        let (lead, start, end) = (offset(lead), offset(start), offset(end));
        self.nodes.push(Node { kind, lead, start, body: start, end, properties: None, kids: (0, 0) });
        match self.frames.last_mut() {
            None => self.root = Some(id),
            Some(frame) => {
                // A value has come, whatever it is.
                frame.awaits = None;
                self.open_kids.push(id);
            }
        }
        id
    }

    #[inline]
    fn leaf(&mut self, (value, style): Written<'s>, lead: usize, start: usize, end: usize) {
        self.node(Kind::Scalar { value, style, indent: 0 }, lead, start, end);
    }

    /// Where a plain scalar ends in block style: at a `:` that makes it a key, before a comment, or with the line.
    #[inline]
    fn plain_end(&self, stops: &mut Stops<'_>) -> (usize, bool) {
        loop {
            let stop = stops.next();
            match self.byte(stop) {
                b':' if self.is_indicator(stop) => return (stop, true),
                // A scalar does not begin with `#`, so a byte stands before it.
                b'#' if self.byte(stop - 1) == b' ' => return (stop, false),
                b':' | b'#' => {}
                _ => return (stop, false),
            }
        }
    }

    /// Reads the value at `at`, which is no plain scalar; gives the start of the next line.
    #[inline]
    fn value(&mut self, at: usize, lead: usize) -> Option<usize> {
        let end = match self.byte(at) {
            b'"' | b'\'' => {
                let (value, style, end) = self.quoted(at)?;
                self.leaf((value, style), lead, at, end);
                end
            }
            b'|' => return self.literal(at, lead),
            b'[' | b'{' => self.flow(at, lead, 0)?,
            _ => return None,
        };
        self.rest_of_line(end)
    }

    /// Takes the plain scalar at `at` whose line, up to a comment on it, ends at `end`; gives the start of the next line.
    #[inline]
    fn plain(&mut self, at: usize, end: usize, lead: usize) -> Option<usize> {
        let value = self.text.get(at..end)?.trim_end_matches(' ');
        self.leaf((Cow::Borrowed(value), ScalarStyle::Plain), lead, at, at + value.len());
        Some(if self.byte(end) == b'\n' { end } else { self.line_end(end) } + 1)
    }

    /// The start of the next line, if nothing but a comment stands on the rest of this one.
    fn rest_of_line(&self, end: usize) -> Option<usize> {
        let rest = self.skip_spaces(end);
        match self.byte(rest) {
            b'\n' => Some(rest + 1),
            b'#' if rest > end => Some(self.line_end(rest) + 1),
            _ => None,
        }
    }

    /// A quoted scalar that ends on its line: value, style, offset behind it.
    fn quoted(&self, at: usize) -> Option<(Cow<'s, str>, ScalarStyle, usize)> {
        let start = at + 1;
        let rest = self.bytes.get(start..)?;
        if self.byte(at) == b'\'' {
            let mut end = 0;
            let mut is_doubled = false;
            loop {
                end += memchr::memchr2(b'\'', b'\n', rest.get(end..)?)?;
                match (rest.get(end), rest.get(end + 1)) {
                    (Some(b'\n'), _) => return None,
                    (_, Some(b'\'')) => is_doubled = true,
                    _ => break,
                }
                end += 2;
            }
            let inner = self.text.get(start..start + end)?;
            let value = if is_doubled { Cow::Owned(inner.replace("''", "'")) } else { Cow::Borrowed(inner) };
            return Some((value, ScalarStyle::Single, start + end + 1));
        }
        let stop = memchr::memchr3(b'"', b'\\', b'\n', rest)?;
        match rest.get(stop) {
            Some(b'"') => {
                let value = Cow::Borrowed(self.text.get(start..start + stop)?);
                Some((value, ScalarStyle::Double, start + stop + 1))
            }
            Some(b'\\') => {
                let (value, length) = unescaped(self.text.get(start..self.line_end(start))?)?;
                Some((Cow::Owned(value), ScalarStyle::Double, start + length + 1))
            }
            _ => None,
        }
    }

    /// Reads a literal block scalar whose `|` is at `at`; gives the start of the line behind it.
    fn literal(&mut self, at: usize, lead: usize) -> Option<usize> {
        let parent = self.frames.last()?.column;
        let is_stripped = self.byte(at + 1) == b'-';
        let mut next = self.rest_of_line(at + 1 + usize::from(is_stripped))?;
        let text = self.text;
        let mut value = String::new();
        let (mut indent, mut end, mut blank) = (None, at, 0);
        while next < text.len() {
            let first = self.skip_spaces(next);
            let column = first - next;
            let line_end = self.line_end(first);
            if first == line_end {
                // Spaces beyond the indentation are content, and those before the first content may be wrong.
                if column > indent.unwrap_or(0) {
                    return None;
                }
                blank += 1;
            } else {
                let indent = *indent.get_or_insert(column);
                if column < indent || column <= parent {
                    // A line in between is wrong, or a comment.
                    if column > parent {
                        return None;
                    }
                    break;
                }
                // The end of the text would end the scalar's last line without a break.
                if line_end == text.len() {
                    return None;
                }
                value.extend(std::iter::repeat_n('\n', blank));
                value.push_str(text.get(next + indent..=line_end)?);
                (blank, end) = (0, line_end);
            }
            next = line_end + 1;
        }
        if value.is_empty() {
            return None;
        }
        if is_stripped {
            value.pop();
        }
        let indent = narrow(indent?)?;
        let kind = Kind::Scalar { value: Cow::Owned(value), style: ScalarStyle::Literal, indent };
        self.node(kind, lead, at, end);
        Some(next)
    }

    /// Reads a flow collection that ends on its line; gives the offset behind it.
    fn flow(&mut self, at: usize, lead: usize, depth: usize) -> Option<usize> {
        if depth > MAX_NESTING {
            return None;
        }
        let is_mapping = self.byte(at) == b'{';
        let close = if is_mapping { b'}' } else { b']' };
        let kind = if is_mapping { Kind::Mapping(Style::Flow) } else { Kind::Sequence(Style::Flow) };
        let node = self.node(kind, lead, at, at);
        let first = self.open_kids.len();
        let mut next = self.skip_spaces(at + 1);
        while self.byte(next) != close || self.open_kids.len() > first {
            if is_mapping {
                let colon = self.flow_scalar(next)?;
                let is_quoted = matches!(self.byte(next), b'"' | b'\'');
                if self.byte(colon) != b':' || !(is_quoted || self.byte(colon + 1) == b' ') || colon - next > MAX_KEY {
                    return None;
                }
                next = self.skip_spaces(colon + 1);
            }
            next = match self.byte(next) {
                b'[' | b'{' => self.flow(next, next, depth + 1)?,
                _ => self.flow_scalar(next)?,
            };
            next = self.skip_spaces(next);
            match self.byte(next) {
                b',' => next = self.skip_spaces(next + 1),
                byte if byte == close => break,
                _ => return None,
            }
            // A comma before the bracket is no entry; rare enough to be left to the parser.
            if self.byte(next) == close {
                return None;
            }
        }
        let end = next + 1;
        self.nodes.get_mut(node.0 as usize)?.end = narrow(end)?;
        self.adopt(node, first)?;
        Some(end)
    }

    /// Reads a scalar in a flow collection; gives the offset behind it.
    fn flow_scalar(&mut self, at: usize) -> Option<usize> {
        let first = self.byte(at);
        if matches!(first, b'"' | b'\'') {
            let (value, style, end) = self.quoted(at)?;
            self.leaf((value, style), at, at, end);
            return Some(end);
        }
        let second = self.byte(at + 1);
        let is_plain = starts_plain(first) || (first == b'-' && (second == b'-' || starts_plain(second)));
        if !is_plain {
            return None;
        }
        let mut end = at + 1;
        loop {
            match self.byte(end) {
                b',' | b']' | b'}' => break,
                b':' if matches!(self.byte(end + 1), b' ' | b',' | b'[' | b']' | b'{' | b'}' | b'\n') => break,
                b'\n' | b'[' | b'{' | b'#' | b'"' | b'\'' => return None,
                _ => end += 1,
            }
        }
        let value = self.text.get(at..end)?;
        if value.ends_with(' ') {
            return None;
        }
        self.leaf((Cow::Borrowed(value), ScalarStyle::Plain), at, at, end);
        Some(end)
    }
}

/// The places of line breaks, `:` and `#` from an offset on, found eight bytes at a time; at last the end.
struct Stops<'s> {
    bytes: &'s [u8],
    /// Where the bytes begin that `found` is about.
    at: usize,
    /// The high bit of each byte that is one and was not given yet, the first byte lowest.
    found: u64,
}

impl<'s> Stops<'s> {
    const LOWS: u64 = u64::from_ne_bytes([0x7f; 8]);

    #[inline]
    fn new(bytes: &'s [u8], from: usize) -> Self {
        let mut stops = Self { bytes, at: from, found: 0 };
        stops.found = stops.look();
        stops
    }

    /// Which of the next eight bytes are one; behind the end all are.
    #[inline]
    fn look(&self) -> u64 {
        let rest = self.bytes.get(self.at..).unwrap_or(&[]);
        let chunk = rest.first_chunk::<8>().copied().unwrap_or_else(|| {
            let mut last = [b'\n'; 8];
            last.iter_mut().zip(rest).for_each(|(place, byte)| *place = *byte);
            last
        });
        let word = u64::from_le_bytes(chunk);
        // The high bit of each byte says that it is not zero.
        let others = |byte: u8| {
            let word = word ^ u64::from_ne_bytes([byte; 8]);
            ((word & Self::LOWS) + Self::LOWS) | word
        };
        !(others(b'\n') & others(b':') & others(b'#')) & !Self::LOWS
    }

    #[inline]
    fn next(&mut self) -> usize {
        while self.found == 0 {
            self.at += 8;
            self.found = self.look();
        }
        let place = self.at + (self.found.trailing_zeros() / 8) as usize;
        self.found &= self.found - 1;
        place.min(self.bytes.len())
    }
}

/// Whether a plain scalar may begin with this byte; `-` may where no space follows it.
#[inline]
fn starts_plain(byte: u8) -> bool {
    byte.is_ascii_alphanumeric()
        || byte >= 0x80
        || matches!(byte, b'_' | b'/' | b'.' | b'$' | b'(' | b')' | b'<' | b'=' | b'+' | b'~' | b'^' | b';' | b'\\')
}

/// The value of a double-quoted scalar with the commonest escapes, and the length of its text up to the quote.
fn unescaped(line: &str) -> Option<(String, usize)> {
    let mut value = String::with_capacity(line.len());
    let mut at = 0;
    loop {
        let rest = line.get(at..)?;
        let stop = memchr::memchr2(b'"', b'\\', rest.as_bytes())?;
        value.push_str(rest.get(..stop)?);
        at += stop;
        if line.as_bytes().get(at) == Some(&b'"') {
            return Some((value, at));
        }
        value.push(match line.as_bytes().get(at + 1)? {
            b'"' => '"',
            b'\\' => '\\',
            b'n' => '\n',
            b't' => '\t',
            _ => return None,
        });
        at += 2;
    }
}

fn narrow(at: usize) -> Option<u32> {
    u32::try_from(at).ok()
}
