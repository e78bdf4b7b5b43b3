//! What must hold whenever a text is cut without parsing it: the parts say what the whole says.
//!
//! The fuzz targets use it too.

use std::ops::Range;

use convert_sidecars::yaml::line;
use convert_sidecars::yaml::parse::parse;
use convert_sidecars::yaml::slice::{CutList, Stream};
use convert_sidecars::yaml::tree::{Kind, Style, Tree};

/// Cuts the stream into documents and compares them with the whole.
pub(crate) fn check_documents(text: &str) -> Result<(), String> {
    let cut = Stream::of(text).documents();
    contiguous(&cut, &(0..text.len()))?;
    let Ok(whole) = parse(text) else { return Ok(()) };
    let mut nodes = Vec::new();
    for range in &cut {
        let part = parse(&text[range.clone()]).map_err(|error| format!("document {range:?}: {error}"))?;
        if part.roots.len() > 1 {
            return Err(format!("{range:?} holds {} documents", part.roots.len()));
        }
        nodes.extend(written(&part, range.start));
    }
    let wanted = written(&whole, 0);
    // A text with bare carriage returns is never edited, so it is enough that no node is lost.
    if line::has_bare_return(text) {
        return if wanted.len() == nodes.len() { Ok(()) } else { Err(format!("{nodes:?} instead of {wanted:?}")) };
    }
    same(&wanted, &nodes)
}

/// Cuts the list below `key` in each document, compares the parts with the whole, and gives the number of entries
/// of each list that was cut.
pub(crate) fn check_list(text: &str, key: &str) -> Result<Vec<usize>, String> {
    let mut counts = Vec::new();
    let stream = Stream::of(text);
    for document in stream.documents() {
        let cut = stream.cut_list(&document, key);
        let slow = stream.cut_list_by_lines(&document, key);
        if cut != slow {
            return Err(format!("{cut:?}, but {slow:?} by lines"));
        }
        let Some(cut) = cut else { continue };
        let parts: Vec<_> = [&cut.head].into_iter().chain(&cut.entries).chain([&cut.tail]).cloned().collect();
        contiguous(&parts, &document)?;
        let Ok(whole) = parse(&text[document.clone()]) else { continue };
        check_cut(text, &document, &whole, key, &cut).map_err(|why| format!("{why} in {cut:?}"))?;
        counts.push(cut.entries.len());
    }
    Ok(counts)
}

fn check_cut(text: &str, document: &Range<usize>, whole: &Tree<'_>, key: &str, cut: &CutList) -> Result<(), String> {
    let list = whole.roots.first().and_then(|root| whole.get(*root, key)).ok_or("a cut, but no list")?;
    if whole.node(list).kind != Kind::Sequence(Style::Block) {
        return Err("a cut, but no block sequence".to_owned());
    }
    let leads = whole.entries(list).iter().map(|entry| whole.node(*entry).lead as usize);
    let wanted: Vec<_> = leads.map(|lead| document.start + line::start(whole.text, lead)).collect();
    let found: Vec<_> = cut.entries.iter().map(|entry| entry.start).collect();
    if wanted != found {
        return Err(format!("entries at {found:?} instead of {wanted:?}"));
    }
    let behind = document.start + whole.node(list).end as usize;
    if cut.tail.start < behind {
        return Err(format!("the tail starts at {}, the list ends at {behind}", cut.tail.start));
    }
    // The nodes of the parts are those of the whole: the sequence itself stands in each entry instead of once, and
    // the mapping around everything stands in the tail once more.
    let mut nodes = Vec::new();
    for (range, skipped) in
        [(&cut.head, 0)].into_iter().chain(cut.entries.iter().map(|entry| (entry, 1))).chain([(&cut.tail, 1)])
    {
        let part = parse(&text[range.clone()]).map_err(|error| format!("part {range:?}: {error}"))?;
        nodes.extend(written(&part, range.start).into_iter().skip(skipped));
    }
    let mut expected = written(whole, document.start);
    // In the head, the list is an absent scalar behind the key.
    let position = whole.ids().position(|id| id == list).unwrap_or(0);
    let absent = nodes.get(position).filter(|node| node.text == "Scalar").cloned().ok_or("the head holds the list")?;
    expected[position] = absent;
    same_leaves(&expected, &nodes)
}

fn contiguous(parts: &[Range<usize>], all: &Range<usize>) -> Result<(), String> {
    let mut at = all.start;
    for part in parts {
        if part.start != at || part.end < part.start {
            return Err(format!("{parts:?} do not tile {all:?}"));
        }
        at = part.end;
    }
    if at == all.end { Ok(()) } else { Err(format!("{parts:?} do not tile {all:?}")) }
}

/// What a node is and where it stands.
#[derive(Debug, Clone, PartialEq)]
struct Written {
    text: &'static str,
    value: String,
    properties: (Option<String>, Option<String>),
    place: (usize, usize),
}

fn written(tree: &Tree<'_>, base: usize) -> Vec<Written> {
    let one = |id| {
        let node = tree.node(id);
        let (text, value) = match &node.kind {
            Kind::Scalar { value, .. } => ("Scalar", value.to_string()),
            Kind::Alias(name) => ("Alias", name.to_string()),
            Kind::Mapping(_) => ("Mapping", String::new()),
            Kind::Sequence(_) => ("Sequence", String::new()),
            Kind::Kept(_) => ("Kept", String::new()),
        };
        let properties = (node.anchor().map(str::to_owned), node.tag().map(str::to_owned));
        Written { text, value, properties, place: (base + node.lead as usize, base + node.end as usize) }
    };
    tree.ids().map(one).collect()
}

fn same(whole: &[Written], parts: &[Written]) -> Result<(), String> {
    let place = (0..whole.len().max(parts.len())).find(|at| whole.get(*at) != parts.get(*at));
    place.map_or(Ok(()), |at| Err(format!("{:?} instead of {:?}", parts.get(at), whole.get(at))))
}

/// Like [`same`], without the ends of collections: in a part they end with it.
fn same_leaves(whole: &[Written], parts: &[Written]) -> Result<(), String> {
    let without_ends = |nodes: &[Written]| -> Vec<_> {
        let mut nodes = nodes.to_vec();
        for node in nodes.iter_mut().filter(|node| matches!(node.text, "Mapping" | "Sequence")) {
            node.place.1 = 0;
        }
        nodes
    };
    same(&without_ends(whole), &without_ends(parts))
}
