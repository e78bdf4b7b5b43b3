//! The input as a whole: a `ResourceList`, or bare documents.

use std::convert::Infallible;
use std::ops::Range;

use super::resource::{Resource, Shape};
use super::results::Entry;
use crate::diagnostic::Diagnostic;
use crate::error::Error;
use crate::parallel::in_parallel;
use crate::yaml::edit::Edit;
use crate::yaml::parse::parse;
use crate::yaml::slice::{CutList, Stream};
use crate::yaml::tree::{Kind, NodeId, Style, Tree};
use crate::yaml::{MAX_BYTES, line};

/// The versions of `ResourceList` that orchestrators send (KRM functions specification; kyaml `kio`).
pub const VERSIONS: [&str; 3] =
    ["config.kubernetes.io/v1", "config.kubernetes.io/v1beta1", "config.kubernetes.io/v1alpha1"];

/// Results that are written at a time.
const RESULTS: usize = 16;

/// About how many bytes one has.
const RESULT_BYTES: usize = 512;

/// Everything that came in, cut into items.
#[derive(Debug)]
pub struct Input<'s> {
    /// The whole text.
    pub text: &'s str,
    /// The items in order.
    pub resources: Vec<Resource<'s>>,
    /// What stands around them; `None` for bare documents.
    pub envelope: Option<Envelope<'s>>,
}

/// What a `ResourceList` holds beside its items.
#[derive(Debug)]
pub struct Envelope<'s> {
    text: &'s str,
    is_flow: bool,
    /// Where a new top-level pair goes.
    end: usize,
    /// Where one goes that must not stand at the end: before the first.
    start: usize,
    /// Whether the text ends in a block scalar without a line break, whose value a line break would change.
    is_open_end: bool,
    results: Option<Range<usize>>,
    function_config: Option<(Tree<'s>, NodeId)>,
}

impl<'s> Input<'s> {
    /// Cuts the text into items, parsing as little as it can, on so many threads at most; 0 for as many as there are
    /// cores.
    ///
    /// # Errors
    /// [`Error::Syntax`] for a `ResourceList` that is not YAML or a NUL byte, [`Error::NotAResourceList`] for one of an
    /// unknown version or with content behind it, [`Error::Limit`] for a text that is too long.
    pub fn read(text: &'s str, threads: usize) -> Result<Self, Error> {
        if text.len() > MAX_BYTES {
            return Err(Error::Limit { limit: "the length of the input in bytes", allowed: MAX_BYTES });
        }
        let stream = Stream::read(text, threads);
        if let Some(nul) = stream.nul() {
            return Err(nul_byte(text, nul));
        }
        let documents = stream.documents();
        if memchr::memmem::find(text.as_bytes(), b"ResourceList").is_some() {
            for document in &documents {
                if let Some(found) = Self::resource_list(text, &stream, document)? {
                    no_other_content(text, &documents, document)?;
                    return Ok(found);
                }
            }
        }
        let resources =
            documents.into_iter().map(|span| Resource { text: at(text, &span), span, shape: Shape::Document });
        Ok(Self { text, resources: resources.collect(), envelope: None })
    }

    /// Reads `document` if it is a `ResourceList`.
    fn resource_list(text: &'s str, stream: &Stream<'s>, document: &Range<usize>) -> Result<Option<Self>, Error> {
        if memchr::memmem::find(at(text, document).as_bytes(), b"ResourceList").is_none() {
            return Ok(None);
        }
        let shift = |from: usize| move |error: Error| error.shifted(lines_before(text, from));
        if let Some(cut) = stream.cut_list(document, "items")
            && let tail = parse(at(text, &cut.tail)).map_err(shift(cut.tail.start))?
            && continues_mapping(&tail)
        {
            let head = parse(at(text, &cut.head)).map_err(shift(cut.head.start))?;
            if !is_resource_list(&[&head, &tail])? {
                return Ok(None);
            }
            return Ok(Some(Self::from_cut(text, cut, head, tail)));
        }
        let tree = match parse(at(text, document)) {
            Ok(tree) => tree,
            Err(error) if has_kind_line(at(text, document)) => {
                return Err(shift(document.start)(error));
            }
            // Some other document that mentions the word; whoever needs it will see the error.
            Err(_) => return Ok(None),
        };
        if !is_resource_list(&[&tree])? {
            return Ok(None);
        }
        Self::from_tree(text, document.start, tree).map(Some)
    }

    fn from_cut(text: &'s str, cut: CutList, head: Tree<'s>, tail: Tree<'s>) -> Self {
        let resources =
            cut.entries.into_iter().map(|span| Resource { text: at(text, &span), span, shape: Shape::BlockEntry });
        let end = match tail.roots.first() {
            Some(root) => line::end(text, cut.tail.start + tail.span(*root).end),
            None => cut.tail.end,
        };
        let last_tree = if tail.roots.is_empty() { None } else { Some(ends_in_block(&tail)) };
        let resources: Vec<Resource<'s>> = resources.collect();
        let is_open =
            || last_tree.unwrap_or_else(|| resources.last().is_some_and(|last| parses_to_block_end(last.text)));
        let is_open_end = !text.ends_with('\n') && is_open();
        let mut envelope = Envelope::new(text, vec![(cut.head.start, head), (cut.tail.start, tail)], end);
        envelope.is_open_end = is_open_end;
        Self { text, resources, envelope: Some(envelope) }
    }

    /// For a list that could not be cut: in flow style, or with lines that look like dashes and are none.
    fn from_tree(text: &'s str, base: usize, tree: Tree<'s>) -> Result<Self, Error> {
        let root = tree.roots.first().copied();
        let items = root.and_then(|root| tree.get(root, "items"));
        let entries = items.map_or(&[][..], |items| tree.entries(items));
        let is_flow_list = items.is_some_and(|items| tree.is_flow(items));
        let mut resources: Vec<Resource<'s>> = Vec::with_capacity(entries.len());
        for &entry in entries {
            let node = tree.node(entry);
            let span = if is_flow_list {
                base + node.start as usize..base + node.end as usize
            } else {
                if !line::is_first_on_line(tree.text, node.lead as usize) {
                    return Err(Error::NotAResourceList(
                        "an entry of `items` begins on the line of another token; write each dash on a line of its own"
                            .to_owned(),
                    ));
                }
                let start = base + line::start(tree.text, node.lead as usize);
                if let Some(last) = resources.last_mut() {
                    last.span.end = start;
                    last.text = at(text, &last.span);
                }
                start..line::end(text, base + node.end as usize)
            };
            let shape = if is_flow_list { Shape::FlowEntry } else { Shape::BlockEntry };
            resources.push(Resource { text: at(text, &span), span, shape });
        }
        let end = match root {
            // Behind the last pair, so that a closing bracket on a line of its own stays there.
            Some(root) if tree.is_flow(root) => {
                base + tree.pairs(root).last().map_or(0, |(_, value)| tree.span(value).end)
            }
            Some(root) => line::end(text, base + tree.span(root).end),
            None => text.len(),
        };
        let is_open_end = !text.ends_with('\n') && ends_in_block(&tree);
        let mut envelope = Envelope::new(text, vec![(base, tree)], end);
        envelope.is_open_end = is_open_end;
        Ok(Self { text, resources, envelope: Some(envelope) })
    }
}

impl<'s> Envelope<'s> {
    fn new(text: &'s str, trees: Vec<(usize, Tree<'s>)>, end: usize) -> Self {
        let mut envelope =
            Self { text, is_flow: false, end, start: 0, is_open_end: false, results: None, function_config: None };
        if let Some((base, tree)) = trees.first() {
            let first = tree.roots.first().and_then(|root| tree.pairs(*root).next());
            envelope.start = first.map_or(0, |(key, _)| *base + tree.node(key).lead as usize);
        }
        for (base, tree) in trees {
            let Some(&root) = tree.roots.first() else {
                continue;
            };
            envelope.is_flow = tree.is_flow(root);
            if let Some((key, value)) = tree.pair(root, "results") {
                let lead = line::start(tree.text, tree.node(key).lead as usize);
                let start = if envelope.is_flow { tree.node(key).lead as usize } else { lead };
                envelope.results = Some(base + start..base + tree.span(value).end.max(tree.span(key).end));
            }
            if let Some(config) = tree.get(root, "functionConfig") {
                envelope.function_config = Some((tree, config));
            }
        }
        envelope
    }

    /// The `functionConfig`, if there is one.
    pub fn function_config(&self) -> Option<(&Tree<'s>, NodeId)> {
        self.function_config.as_ref().map(|(tree, node)| (tree, *node))
    }

    /// The edits that put `results` into the list, in the place of results that came in.
    ///
    /// A list in flow style stays one: the results are written as JSON. `items` are the edits of the items: where the last
    /// of them ends in a line break, no other one comes between it and the results. `threads` is as in [`in_parallel`].
    pub fn write_results(&self, results: &[Diagnostic], items: &[Edit], threads: usize) -> Vec<Edit> {
        if self.is_flow {
            let mut list = "\"results\": [".to_owned();
            for (index, one) in results.iter().enumerate() {
                list.push_str(if index == 0 { "" } else { ", " });
                Entry::of(one).write_flow(&mut list);
            }
            list.push(']');
            return vec![match &self.results {
                Some(old) => Edit::replacement(old.clone(), list),
                None => Edit::insertion(self.end, format!(", {list}")),
            }];
        }
        let ending = line::ending(self.text);
        let old = self.results.as_ref().map(|old| old.start..line::end(self.text, old.end));
        let indent = line::indent(self.text, self.start).unwrap_or("");
        let parts: Vec<_> = results.chunks(RESULTS).collect();
        let Ok(blocks) = in_parallel(&parts, results.len() * RESULT_BYTES, threads, |part| {
            let mut block = String::with_capacity(part.len() * RESULT_BYTES);
            part.iter().for_each(|one| Entry::of(one).write_block(indent, ending, &mut block));
            Ok::<_, Infallible>(block)
        });
        let mut header = format!("{indent}results:{ending}");
        let mut edits: Vec<_> = old.iter().cloned().map(Edit::deletion).collect();
        // What will stand before them: old results go, and the last item may have changed.
        let place = if self.is_open_end {
            line::start(self.text, old.map_or(self.start, |old| old.start))
        } else {
            let kept = old.filter(|old| old.end >= self.end).map_or(self.end, |old| old.start);
            let last = || items.iter().filter(|edit| edit.range.end == kept);
            let before = match last().rfind(|edit| !edit.text.is_empty()) {
                Some(edit) => &edit.text,
                None => at(self.text, &(0..last().map(|edit| edit.range.start).min().unwrap_or(kept))),
            };
            if !before.ends_with('\n') {
                header.insert_str(0, ending);
            }
            self.end
        };
        edits.extend([header].into_iter().chain(blocks).map(|text| Edit::insertion(place, text)));
        edits
    }
}

fn at<'s>(text: &'s str, span: &Range<usize>) -> &'s str {
    text.get(span.clone()).unwrap_or("")
}

/// Whether the last thing in the text is a block scalar.
fn ends_in_block(tree: &Tree<'_>) -> bool {
    tree.roots.last().is_some_and(|root| tree.ends_in_block(*root))
}

fn parses_to_block_end(text: &str) -> bool {
    parse(text).is_ok_and(|tree| ends_in_block(&tree))
}

fn lines_before(text: &str, at: usize) -> usize {
    memchr::memchr_iter(b'\n', text.as_bytes().get(..at).unwrap_or(&[])).count()
}

/// YAML knows no such character; UTF-16 without a byte order mark is full of them and would pass as text without pods.
fn nul_byte(text: &str, at: usize) -> Error {
    let before = text.get(..at).unwrap_or("");
    let column = before.rsplit('\n').next().map_or(0, |line| line.chars().count()) + 1;
    let message = "a NUL byte is no text; if the file is in UTF-16, convert it to UTF-8".to_owned();
    Error::Syntax { line: lines_before(text, at) + 1, column, message }
}

/// Whether what stands behind the items is more pairs, or nothing; text that was cut short in a key is neither.
fn continues_mapping(tail: &Tree<'_>) -> bool {
    tail.roots.iter().all(|root| tail.node(*root).kind == Kind::Mapping(Style::Block))
}

fn has_kind_line(document: &str) -> bool {
    line::lines(document, 0).any(|(_, one)| one.trim_end() == "kind: ResourceList")
}

/// Whether the top-level pairs in `trees` are those of a `ResourceList`.
fn is_resource_list(trees: &[&Tree<'_>]) -> Result<bool, Error> {
    let field = |key: &str| {
        trees
            .iter()
            .find_map(|tree| tree.roots.first().and_then(|root| tree.get(*root, key)).and_then(|id| tree.scalar(id)))
    };
    if field("kind") != Some("ResourceList") {
        return Ok(false);
    }
    match field("apiVersion") {
        Some(version) if !VERSIONS.contains(&version) => Err(Error::NotAResourceList(format!(
            "`apiVersion: {version}` of the ResourceList is unknown; supported are {}",
            VERSIONS.join(", ")
        ))),
        _ => Ok(true),
    }
}

/// A `ResourceList` is one document; orchestrators reject an answer with more.
fn no_other_content(text: &str, documents: &[Range<usize>], list: &Range<usize>) -> Result<(), Error> {
    let is_other = |document: &&Range<usize>| {
        *document != list
            && parse(at(text, document)).map_or(true, |tree| !tree.roots.iter().all(|root| tree.is_null(*root)))
    };
    match documents.iter().find(is_other) {
        None => Ok(()),
        Some(other) => Err(Error::NotAResourceList(format!(
            "the ResourceList shares its stream with another document (line {}); send it alone",
            lines_before(text, other.start) + 1
        ))),
    }
}
