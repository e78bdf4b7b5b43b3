//! What must hold for the spans of every tree: they nest, and nothing of the text is lost between them.
//!
//! An own reader of the gaps between the leaves, and of the leaves themselves, that shares no code with the parser.
//! The fuzz targets use it too.

use std::ops::Range;

use convert_sidecars::yaml::comment::comments;
use convert_sidecars::yaml::line::has_bare_return;
use convert_sidecars::yaml::tree::{Kind, Node, ScalarStyle, Tree};

/// Checks all spans of a tree; says what is wrong with the first that is.
pub(crate) fn check(tree: &Tree<'_>) -> Result<(), String> {
    nested(tree)?;
    // A text with bare carriage returns is never edited, so only the parser's own spans matter there.
    if has_bare_return(tree.text) {
        return Ok(());
    }
    let mut gaps = Gaps { text: tree.text, ..Gaps::default() };
    let mut at = 0;
    for id in tree.ids() {
        let node = tree.node(id);
        let Some(leaf) = leaf(node) else { continue };
        gaps.read(at..leaf.start)?;
        if leaf.start < leaf.end {
            says(tree.text, node, &tree.text[leaf.clone()])?;
        }
        if matches!(node.kind, Kind::Scalar { style, .. } if style.is_block()) {
            gaps.header_comment(&leaf);
        }
        at = leaf.end;
    }
    gaps.read(at..tree.text.len())?;
    let nodes = || tree.ids().map(|id| tree.node(id));
    let anchors: Vec<_> = nodes().filter_map(|node| node.anchor()).collect();
    let tags: Vec<_> = nodes().filter_map(Node::tag).collect();
    same("anchors", &gaps.anchors, &anchors)?;
    same("tags", &gaps.tags, &tags)?;
    same("comments", &gaps.comments, &comments(tree))
}

fn same<T: PartialEq + std::fmt::Debug>(what: &str, text: &T, tree: &T) -> Result<(), String> {
    if text == tree { Ok(()) } else { Err(format!("{what} in the text {text:?}, in the tree {tree:?}")) }
}

/// Every span is in bounds and on character boundaries, lies within its parent's and behind its elder siblings.
fn nested(tree: &Tree<'_>) -> Result<(), String> {
    for id in tree.ids() {
        let node = tree.node(id);
        let places = [node.lead, node.start, node.body, node.end].map(|at| at as usize);
        if !places.is_sorted() || !places.iter().all(|at| tree.text.is_char_boundary(*at)) {
            return Err(format!("lead, start, body and end of {:?} are {places:?}", node.kind));
        }
        let mut from = places[2];
        for child in tree.children(id).iter().map(|child| tree.node(*child)) {
            if (child.lead as usize) < from || child.end > node.end {
                let (lead, end) = (child.lead, child.end);
                return Err(format!("{:?} at {lead}..{end} leaves its place {from}..{}", child.kind, node.end));
            }
            from = child.end as usize;
        }
    }
    let roots: Vec<_> = tree.roots.iter().map(|root| tree.node(*root)).collect();
    match roots.windows(2).find(|pair| pair[0].end > pair[1].lead) {
        Some(pair) => Err(format!("a document ends at {} and the next begins at {}", pair[0].end, pair[1].lead)),
        None => Ok(()),
    }
}

/// The span of a leaf without its properties; those of a node that is not written count to the gap.
fn leaf(node: &Node<'_>) -> Option<Range<usize>> {
    let (body, end) = (node.body as usize, node.end as usize);
    match &node.kind {
        Kind::Scalar { value, style: ScalarStyle::Plain, .. } if value.is_empty() => Some(end..end),
        Kind::Scalar { .. } | Kind::Alias(_) => Some(body..end),
        Kind::Mapping(_) | Kind::Sequence(_) | Kind::Kept(_) => None,
    }
}

/// Reads what stands between the leaves.
#[derive(Default)]
struct Gaps<'s> {
    text: &'s str,
    anchors: Vec<&'s str>,
    tags: Vec<&'s str>,
    comments: Vec<(usize, &'s str)>,
}

impl Gaps<'_> {
    /// Reads one gap; an error when it holds anything but what may stand between leaves.
    fn read(&mut self, gap: Range<usize>) -> Result<(), String> {
        let text = self.text;
        let mut at = gap.start;
        while at < gap.end {
            let rest = &text[at..gap.end];
            let is_line_start = at == 0 || text[..at].ends_with(['\n', '\r', '\u{feff}']);
            let is_alone = text[at..].chars().nth(1).is_none_or(|c| " \t\n\r".contains(c));
            let is_marker = is_line_start
                && (rest.starts_with("---") || rest.starts_with("..."))
                && text[at..].chars().nth(3).is_none_or(|c| " \t\n\r".contains(c));
            let first = rest.chars().next().unwrap_or(' ');
            at += match first {
                ' ' | '\t' | '\n' | '\r' | '\u{feff}' => first.len_utf8(),
                '#' if is_line_start || text[..at].ends_with([' ', '\t']) => {
                    let line = &rest[..rest.find('\n').unwrap_or(rest.len())];
                    self.comments.push((at, line.trim_end_matches('\r')));
                    line.len()
                }
                '%' if is_line_start => {
                    let line = rest.find('\n').unwrap_or(rest.len());
                    rest[..line].find(" #").map_or(line, |comment| comment + 1)
                }
                '-' | '.' if is_marker => 3,
                ':' | ',' | '[' | ']' | '{' | '}' => 1,
                '-' | '?' if is_alone => 1,
                '&' => {
                    let name = &rest[1..word(rest)];
                    self.anchors.push(name);
                    1 + name.len()
                }
                '!' => {
                    let end = if rest.starts_with("!<") { rest.find('>').map(|end| end + 1) } else { Some(word(rest)) };
                    let tag = &rest[..end.ok_or_else(|| format!("a tag at {at} is not closed"))?];
                    self.tags.push(tag);
                    tag.len()
                }
                _ => return Err(format!("between {} and {} stands {:?}", gap.start, gap.end, &rest)),
            };
        }
        Ok(())
    }

    /// Takes the comment on the header line of a block scalar, which lies inside of the leaf.
    fn header_comment(&mut self, leaf: &Range<usize>) {
        let line = self.text[leaf.clone()].lines().next().unwrap_or("");
        if let Some(at) = line.find(" #").or_else(|| line.find("\t#")) {
            self.comments.push((leaf.start + at + 1, &line[at + 1..]));
        }
    }
}

/// Length of the anchor or tag that `rest` begins with.
fn word(rest: &str) -> usize {
    rest.find([' ', '\t', '\n', '\r', ',', '[', ']', '{', '}']).unwrap_or(rest.len())
}

/// Whether the text of a leaf is what the node holds.
fn says(text: &str, node: &Node<'_>, source: &str) -> Result<(), String> {
    let is_right = match &node.kind {
        Kind::Alias(name) => source.strip_prefix('*') == Some(name),
        Kind::Scalar { value, style, indent } => match style {
            ScalarStyle::Plain => folded(source) == **value,
            ScalarStyle::Single => {
                inside(source, '\'').is_some_and(|inner| folded(inner).replace("''", "'") == **value)
            }
            ScalarStyle::Double => is_double_quoted(source, value),
            ScalarStyle::Literal => {
                source.starts_with('|') && is_literal(source, value, *indent as usize, ends_text(text, node))
            }
            ScalarStyle::Folded => {
                let words = source.split_once('\n').map_or("", |(_, content)| content);
                source.starts_with('>') && words.split_whitespace().eq(value.split_whitespace())
            }
        },
        Kind::Mapping(_) | Kind::Sequence(_) => true,
        Kind::Kept(_) => false,
    };
    if is_right { Ok(()) } else { Err(format!("{source:?} is read as {:?}", node.kind)) }
}

fn ends_text(text: &str, node: &Node<'_>) -> bool {
    node.end as usize == text.len()
}

fn inside(source: &str, quote: char) -> Option<&str> {
    source.strip_prefix(quote)?.strip_suffix(quote)
}

/// The first unescaped quote is the last character, and without escapes the text is the value.
fn is_double_quoted(source: &str, value: &str) -> bool {
    let Some(inner) = inside(source, '"') else { return false };
    let mut is_escaped = false;
    let has_quote = inner.chars().any(|c| {
        let is_end = c == '"' && !is_escaped;
        is_escaped = c == '\\' && !is_escaped;
        is_end
    });
    !has_quote && !is_escaped && (inner.contains('\\') || folded(inner) == value)
}

/// A flow scalar's lines joined as YAML 1.2 section 6.5 says.
fn folded(source: &str) -> String {
    let source = source.replace("\r\n", "\n").replace('\r', "\n");
    let lines: Vec<_> = source.split('\n').collect();
    let space = [' ', '\t'];
    let mut folded = String::new();
    let mut breaks = 0;
    for (index, line) in lines.iter().enumerate() {
        let line = if index > 0 { line.trim_start_matches(space) } else { line };
        let line = if index + 1 < lines.len() { line.trim_end_matches(space) } else { line };
        if index > 0 && line.is_empty() && index + 1 < lines.len() {
            breaks += 1;
            continue;
        }
        if index > 0 {
            folded.push_str(&if breaks == 0 { " ".to_owned() } else { "\n".repeat(breaks) });
        }
        folded.push_str(line);
        breaks = 0;
    }
    folded
}

/// The content lines without their indentation are the value, up to the last line breaks unless those are kept.
fn is_literal(source: &str, value: &str, indent: usize, ends_text: bool) -> bool {
    let source = source.replace("\r\n", "\n").replace('\r', "\n");
    let (header, content) = source.split_once('\n').unwrap_or((&source, ""));
    let indicators = header.split([' ', '\t']).next().unwrap_or("");
    let is_blank = content.trim_start_matches([' ', '\n']).is_empty();
    // Spaces behind an indentation that the header gives are content, also where nothing else is.
    let is_given = indicators.contains(|c: char| c.is_ascii_digit()) && !value.trim_end_matches('\n').is_empty();
    let lines = content.split('\n').map(|line| {
        let spaces = line.len() - line.trim_start_matches(' ').len();
        &line[if is_blank && !is_given { spaces } else { spaces.min(indent) }..]
    });
    let content = lines.collect::<Vec<_>>().join("\n");
    let keeps = indicators.contains('+');
    if keeps {
        let value_or_empty = value.strip_suffix('\n').unwrap_or(value);
        content == value_or_empty || (ends_text && content == value)
    } else {
        content.trim_end_matches('\n') == value.trim_end_matches('\n')
    }
}
