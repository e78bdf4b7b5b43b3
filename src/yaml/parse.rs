//! From text to [`Tree`]: the parser's events plus the places that they leave out.
//!
//! The events say nothing of dashes, of the header of a block scalar, or of where a block
//! collection ends; those are found here by scanning the gaps between tokens.

use std::borrow::Cow;
use std::ops::Range;

use granit_parser::{ErrorKind, Event, Parser, ScalarStyle as Written, ScanError, Span, StructureStyle};

use super::comment::skip_space;
use super::tree::{Kind, Node, NodeId, Properties, ScalarStyle, Style, Tree};
use super::{MAX_ALIASES, MAX_BYTES, MAX_DEPTH, MAX_NODES, line, plain};
use crate::error::Error;

/// Reads all documents of `text`.
///
/// # Errors
/// [`Error::Syntax`] with a position in `text`, or [`Error::Limit`] for text that is nested deeper than [`MAX_DEPTH`],
/// longer than [`MAX_BYTES`], or holds more than [`MAX_NODES`] nodes or [`MAX_ALIASES`] aliases.
pub fn parse(text: &str) -> Result<Tree<'_>, Error> {
    let Some(tree) = parse_plain(text) else { return parse_any(text) };
    debug_assert!(parse_any(text).is_ok_and(|same| same == tree), "read otherwise than the parser reads it: {text}");
    Ok(tree)
}

/// Reads `text` if it is one document in the form that nearly all manifests have, without the parser, several
/// times as fast and with the same answer; `None` for any other form.
pub fn parse_plain(text: &str) -> Option<Tree<'_>> {
    if text.len() > MAX_BYTES { None } else { plain::read(text) }
}

/// A node of another tree whose lines stand in the text that is to be read.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Kept {
    /// The node: a block collection that is the value of a key, or a block entry of several lines.
    pub node: NodeId,
    /// Whether it is an entry, whose first line begins with its dash.
    pub is_entry: bool,
    /// Its lines, from the start of the first to behind the last one's break.
    pub lines: Range<usize>,
    /// Where it stands there: its indicator or first character, its first character, its end.
    pub lead: usize,
    /// See `lead`.
    pub start: usize,
    /// See `lead`.
    pub end: usize,
    /// How many nodes it has.
    pub nodes: usize,
}

/// Reads `text` like [`parse_plain`], but takes each of the nodes in `kept` for a node without looking at its lines.
///
/// That is right where the lines are the same as in the other text, byte by byte, where the other tree was read by
/// [`parse_plain`] as well, and where no block scalar ends a node, whose value could depend on what follows. The nodes
/// are in the order of `text`. `None` where one of them does not begin a node of its kind here.
pub fn parse_around<'s>(text: &'s str, kept: &[Kept]) -> Option<Tree<'s>> {
    if text.len() > MAX_BYTES { None } else { plain::read_around(text, kept) }
}

/// Reads all documents of `text` with the parser. [`parse`] gives the same answer; this one is there to show it.
///
/// # Errors
/// Those of [`parse`].
pub fn parse_any(text: &str) -> Result<Tree<'_>, Error> {
    if text.len() > MAX_BYTES {
        return Err(Error::Limit { limit: "the length of a YAML text in bytes", allowed: MAX_BYTES });
    }
    let options = granit_parser::options! {
        bom_inside_document_as_content: true,
        block_scalar_eof_without_line_feed: true,
        emit_unresolved_aliases: true,
        emit_anchor_events: true,
        flow_nesting_limit: MAX_DEPTH,
        block_nesting_limit: MAX_DEPTH,
    };
    let mut builder = Builder::new(text);
    for event in Parser::new_from_str_with_options(text, options) {
        let (event, span) = event.map_err(|error| syntax(&error))?;
        builder.event(event, span);
        // The parser counts levels of block and of flow style by themselves.
        if builder.frames.len() > MAX_DEPTH {
            return Err(depth_error());
        }
        if builder.tree.nodes.len() > MAX_NODES {
            return Err(Error::Limit {
                limit: "the number of values and keys in one YAML document",
                allowed: MAX_NODES,
            });
        }
        if builder.aliases > MAX_ALIASES {
            return Err(Error::Limit { limit: "the number of aliases in one YAML document", allowed: MAX_ALIASES });
        }
    }
    Ok(builder.tree)
}

fn syntax(error: &ScanError) -> Error {
    match error.kind() {
        ErrorKind::RecursionLimitExceeded => depth_error(),
        kind => {
            Error::Syntax { line: error.marker().line(), column: error.marker().col() + 1, message: kind.to_string() }
        }
    }
}

fn depth_error() -> Error {
    Error::Limit { limit: "the nesting of YAML collections", allowed: MAX_DEPTH }
}

/// An open collection.
struct Frame {
    node: NodeId,
    /// Where its children begin in [`Builder::open_kids`].
    first: usize,
}

struct Builder<'s> {
    tree: Tree<'s>,
    frames: Vec<Frame>,
    open_kids: Vec<NodeId>,
    /// Offset behind the last token that was seen.
    cursor: usize,
    aliases: usize,
}

impl<'s> Builder<'s> {
    fn new(text: &'s str) -> Self {
        let tree =
            Tree { text, nodes: Vec::new(), kids: Vec::new(), roots: Vec::new(), shared: Vec::new(), is_plain: false };
        Self { tree, frames: Vec::new(), open_kids: Vec::new(), cursor: 0, aliases: 0 }
    }

    fn event(&mut self, event: Event<'s>, span: Span) {
        match event {
            Event::DocumentStart(explicit, _) => {
                self.cursor = if explicit { offsets(span).1 } else { self.cursor };
            }
            Event::Scalar(value, style, ..) => self.scalar(value, style, span),
            Event::Alias(_) | Event::UnresolvedAlias(_) => {
                let (start, end) = offsets(span);
                let name = self.tree.text.get(start + 1..end).unwrap_or("");
                let alias = self.open(Kind::Alias(Cow::Borrowed(name)), span, start, end);
                self.tree.shared.push(alias);
                self.aliases += 1;
                self.cursor = end;
            }
            Event::SequenceStart(style, ..) => self.collection(Kind::Sequence(read_style(style)), span),
            Event::MappingStart(style, ..) => self.collection(Kind::Mapping(read_style(style)), span),
            Event::SequenceEnd | Event::MappingEnd => self.close(span),
            Event::Anchor(_, name) => self.anchor(name, span),
            _ => {}
        }
    }

    fn scalar(&mut self, value: Cow<'s, str>, style: Written, span: Span) {
        let (start, end) = offsets(span);
        let style = match style {
            Written::Plain => ScalarStyle::Plain,
            Written::SingleQuoted => ScalarStyle::Single,
            Written::DoubleQuoted => ScalarStyle::Double,
            Written::Literal => ScalarStyle::Literal,
            Written::Folded => ScalarStyle::Folded,
        };
        if style.is_block() {
            let header = self.indicator(offsets_of_tag(span).1.max(self.cursor), b"|>");
            let indent = span.start.col();
            // Where there is no content, no line of spaces is deep enough to be some.
            let has_content = value.bytes().any(|byte| byte != b'\n');
            let end = block_scalar_end(self.tree.text, header, end, if has_content { indent } else { usize::MAX });
            let indent = u32::try_from(indent).unwrap_or(u32::MAX);
            self.open(Kind::Scalar { value, style, indent }, span, header, end);
            self.cursor = end;
        } else if start == end {
            let at = self.absent(start).max(offsets_of_tag(span).1);
            let value = Cow::Borrowed("");
            self.open(Kind::Scalar { value, style, indent: 0 }, span, at, at);
            self.cursor = self.cursor.max(at);
        } else {
            self.open(Kind::Scalar { value, style, indent: 0 }, span, start, end);
            self.cursor = end;
        }
    }

    /// Where a node that is not written stands: behind the `:` or `-` that announces it.
    fn absent(&self, reported: usize) -> usize {
        let at = skip_space(self.tree.text, self.cursor);
        let is_value = self.awaits_value();
        let is_flow = self.frames.last().is_some_and(|frame| self.tree.is_flow(frame.node));
        let bytes = self.tree.text.as_bytes();
        // In block style, `:word` is the next key, and a `:` in another column than the `?` is that of a mapping around.
        let key = self.open_kids.last().map_or(self.cursor, |key| self.tree.node(*key).lead as usize);
        let is_on_line = line::start(self.tree.text, at) <= key;
        let is_own = is_on_line || line::column(self.tree.text, at) == line::column(self.tree.text, key);
        let is_indicator = is_flow || (is_own && bytes.get(at + 1).is_none_or(u8::is_ascii_whitespace));
        match bytes.get(at) {
            Some(b':') if is_value && is_indicator => at + 1,
            _ if is_value => self.cursor,
            _ => reported.max(self.cursor),
        }
    }

    /// Whether the innermost open collection is a mapping whose last key has no value yet.
    fn awaits_value(&self) -> bool {
        self.frames.last().is_some_and(|frame| {
            let is_mapping = matches!(self.tree.node(frame.node).kind, Kind::Mapping(_));
            is_mapping && (self.open_kids.len() - frame.first) % 2 == 1
        })
    }

    /// Offset of the first of these indicators from `from` on that is no part of a comment or a property.
    fn indicator(&self, from: usize, wanted: &[u8]) -> usize {
        let bytes = self.tree.text.as_bytes();
        let mut at = from;
        loop {
            at = skip_space(self.tree.text, at);
            match bytes.get(at) {
                None => return at,
                Some(byte) if wanted.contains(byte) => return at,
                Some(b'&' | b'!') => {
                    let rest = bytes.get(at..).unwrap_or(&[]);
                    at += rest.iter().position(u8::is_ascii_whitespace).unwrap_or(rest.len());
                }
                Some(_) => at += 1,
            }
        }
    }

    fn collection(&mut self, kind: Kind<'s>, span: Span) {
        let (start, end) = offsets(span);
        // Where an indentless sequence starts, the parser is past its first dash already.
        let may_be_indentless = kind == Kind::Sequence(Style::Block) && self.awaits_value();
        let body = if may_be_indentless { start.min(self.indicator(self.cursor, b"-")) } else { start };
        let node = self.open(kind, span, body, end);
        self.frames.push(Frame { node, first: self.open_kids.len() });
        let reached = if may_be_indentless { self.cursor } else { end };
        self.cursor = self.cursor.max(reached).max(offsets_of_tag(span).1);
    }

    /// Adds a node below the innermost open collection.
    fn open(&mut self, kind: Kind<'s>, span: Span, body: usize, end: usize) -> NodeId {
        let (tag_start, tag_end) = offsets_of_tag(span);
        let is_tagged = tag_start < tag_end;
        let start = if is_tagged { body.min(tag_start) } else { body };
        let lead = self.lead(start);
        let tag = if is_tagged { self.tree.text.get(tag_start..tag_end) } else { None };
        let id = NodeId(narrow(self.tree.nodes.len()));
        self.tree.nodes.push(Node {
            kind,
            lead: narrow(lead),
            start: narrow(start),
            body: narrow(body),
            end: narrow(end.max(tag_end)),
            properties: tag.map(|tag| Box::new(Properties { anchor: None, tag: Some(tag) })),
            kids: (0, 0),
        });
        if self.frames.is_empty() {
            self.tree.roots.push(id);
        } else {
            self.open_kids.push(id);
        }
        id
    }

    /// Offset of the `-` or `?` that introduces the node at `start`, or `start`.
    fn lead(&self, start: usize) -> usize {
        let Some(frame) = self.frames.last() else {
            return start;
        };
        let indicator = match self.tree.node(frame.node).kind {
            Kind::Sequence(Style::Block) => b'-',
            Kind::Mapping(_) if !self.awaits_value() => b'?',
            _ => return start,
        };
        let bytes = self.tree.text.as_bytes();
        let mut at = skip_space(self.tree.text, self.cursor);
        // The `:` of the key above the first dash and the `,` before a flow entry stand in the same gap.
        while at < start && matches!(bytes.get(at), Some(b':' | b',')) {
            at = skip_space(self.tree.text, at + 1);
        }
        if at < start && bytes.get(at) == Some(&indicator) { at } else { start }
    }

    fn anchor(&mut self, name: Cow<'s, str>, span: Span) {
        let (start, end) = offsets(span);
        let newest = narrow(self.tree.nodes.len().saturating_sub(1));
        if let Some(node) = self.tree.nodes.last_mut() {
            let (from, to) = (narrow(start), narrow(end));
            let has_indicator = node.lead < node.start;
            let is_absent = node.body == node.end && !matches!(node.kind, Kind::Mapping(_) | Kind::Sequence(_));
            if is_absent {
                // Nothing is written but properties: the node stands behind them.
                node.start = if node.tag().is_some() { node.start.min(from) } else { from };
                node.end = node.end.max(to);
                node.body = node.end;
            } else {
                node.start = node.start.min(from);
            }
            if !has_indicator {
                node.lead = node.start;
            }
            node.properties.get_or_insert_default().anchor = Some(name);
            self.tree.shared.push(NodeId(newest));
        }
        self.cursor = self.cursor.max(end);
    }

    fn close(&mut self, span: Span) {
        let Some(frame) = self.frames.pop() else {
            return;
        };
        let first = self.tree.kids.len();
        self.tree.kids.extend(self.open_kids.drain(frame.first..));
        let kids = (narrow(first), narrow(self.tree.kids.len()));
        let last_end = self.tree.kids.get(first..).and_then(<[_]>::last).map(|last| self.tree.node(*last).end);
        let (start, end) = offsets(span);
        let bytes = self.tree.text.as_bytes();
        let Some(node) = self.tree.nodes.get_mut(frame.node.0 as usize) else {
            return;
        };
        node.kids = kids;
        let opener = bytes.get(node.body as usize);
        let is_flow = matches!(node.kind, Kind::Mapping(Style::Flow) | Kind::Sequence(Style::Flow));
        if is_flow && start < end && matches!(opener, Some(b'{' | b'[')) {
            node.end = narrow(end);
            self.cursor = end;
        } else {
            node.end = node.end.max(last_end.unwrap_or(node.end));
        }
    }
}

fn narrow(at: usize) -> u32 {
    u32::try_from(at).unwrap_or(u32::MAX)
}

fn offsets(span: Span) -> (usize, usize) {
    span.byte_range().map_or((0, 0), |range| (range.start, range.end))
}

fn offsets_of_tag(span: Span) -> (usize, usize) {
    span.tag_span().map_or((0, 0), offsets)
}

fn read_style(style: StructureStyle) -> Style {
    match style {
        StructureStyle::Block => Style::Block,
        StructureStyle::Flow => Style::Flow,
    }
}

/// Offset behind the last character of the block scalar whose header is at `header`, before the line
/// break that ends it. The parser's span runs on to `reported`, the next token.
fn block_scalar_end(text: &str, header: usize, reported: usize, indent: usize) -> usize {
    let header_end = line::break_end(text, header);
    let header_text = text.get(header..header_end).unwrap_or("");
    let keeps = header_text.bytes().take_while(|byte| !byte.is_ascii_whitespace()).any(|byte| byte == b'+');
    let mut end = header + header_text.split('#').next().unwrap_or("").trim_end().len();
    let mut at = header_end;
    while at < reported {
        let next = line::break_end(text, at);
        if next > reported && reported < text.len() {
            break;
        }
        let whole = text.get(at..next).unwrap_or("");
        let bare = whole.trim_end_matches(['\n', '\r']);
        let is_blank = bare.len() <= indent && bare.bytes().all(|byte| byte == b' ');
        if !is_blank || (keeps && bare.len() < whole.len()) {
            end = at + bare.len();
        }
        at = next;
    }
    end
}
