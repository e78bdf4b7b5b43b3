//! Changes of fields where they stand: keys and entries that come, go or get another value.

use std::ops::Range;

use super::flow::{Members, removals};
use super::seam::{absorbs_below, is_open};
use super::{Place, guard, pairs, unsupported};
use crate::propose::Op;
use crate::rules::Finding;
use crate::yaml::comment::{head, pair_end, tail};
use crate::yaml::edit::Edit;
use crate::yaml::line::{self, Line, is_first_on_line};
use crate::yaml::new::{Lists, New};
use crate::yaml::path::Path;
use crate::yaml::scalar::{Scalar, plain, quote};
use crate::yaml::tree::{Kind, NodeId, Tree};

/// Why a field could not be edited.
type Why = &'static str;

const ELSEWHERE: Why = "it is written elsewhere";

/// The edits of all ops but moves, place by place, inner ones first: where two mappings end in one place, what is added
/// to the inner one comes first.
///
/// # Errors
/// A finding of `duplicate-key` or `unsupported-yaml`.
pub(super) fn edits(place: &Place<'_>, ops: &[&Op], is_entry: impl Fn(&Path) -> bool) -> Result<Vec<Edit>, Finding> {
    let mut lowered = Vec::new();
    let mut places: Vec<&Path> = Vec::new();
    for op in ops {
        if !places.contains(&op.place()) {
            places.push(op.place());
        }
    }
    places.sort_by_key(|at| std::cmp::Reverse(at.0.len()));
    for at in places {
        let here: Vec<&Op> = ops.iter().copied().filter(|op| op.place() == at).collect();
        for op in &here {
            if let Op::Add { key, .. } | Op::Replace { key, .. } | Op::Remove { key, .. } = op {
                guard::unique_along(place, at, key)?;
            }
        }
        guard::not_shared(place, at)?;
        let refuse = |why: Why| unsupported(at.clone(), why);
        let node = at.find(place.tree, place.object).ok_or_else(|| refuse(ELSEWHERE))?;
        let mut found = match here.first() {
            Some(Op::Append { .. } | Op::Drop { .. }) => in_list(place, node, &here),
            _ => in_mapping(place, node, &here, is_entry(at)),
        };
        lowered.append(found.as_mut().map_err(|why| refuse(why))?);
    }
    Ok(lowered)
}

fn in_mapping(place: &Place<'_>, mapping: NodeId, ops: &[&Op], is_entry: bool) -> Result<Vec<Edit>, Why> {
    let tree = place.tree;
    if !matches!(tree.node(mapping).kind, Kind::Mapping(_)) {
        return Err("it is no mapping of its own");
    }
    let mut adds = Vec::new();
    let mut bare = Vec::new();
    let mut commented = Vec::new();
    let mut edits = Vec::new();
    for op in ops {
        match op {
            Op::Add { key, value, .. } => adds.push((key.as_str(), value)),
            Op::Replace { key, value, .. } => edits.extend(replace(place, mapping, key, value)?),
            Op::Remove { key, with_comments: true, .. } => commented.push(key.as_str()),
            Op::Remove { key, .. } => bare.push(key.as_str()),
            Op::Move { .. } | Op::Append { .. } | Op::Drop { .. } => return Err("it is no mapping of its own"),
        }
    }
    if is_entry {
        edits.extend(add_to_container(tree, mapping, &adds)?);
    } else {
        let spec = tree.pair(mapping, "spec").map(|(key, _)| (key, tree.node(key).lead as usize));
        let spec = spec.filter(|(_, lead)| !tree.is_flow(mapping) && is_first_on_line(tree.text, *lead));
        let is_metadata = |add: &&(&str, &New)| add.0 == "metadata" && spec.is_some();
        let (metadata, rest): (Vec<_>, Vec<_>) = adds.iter().copied().partition(|add| is_metadata(&add));
        if let Some((key, lead)) = spec.filter(|_| !metadata.is_empty()) {
            edits.push(pairs::new_pairs(tree, key, head(tree.text, lead), &metadata));
        }
        edits.extend(add_at_end(tree, mapping, &rest)?);
    }
    if !bare.is_empty() {
        edits.extend(pairs::remove(place, mapping, &bare)?);
    }
    if !commented.is_empty() {
        not_needed_elsewhere(place, commented.iter().filter_map(|key| tree.get(mapping, key)))?;
        edits.extend(remove_with_comments(place, mapping, &commented)?);
    }
    Ok(edits)
}

/// New pairs of a container: what makes it a sidecar behind the name, arguments behind the command, the rest at the end.
fn add_to_container(tree: &Tree<'_>, mapping: NodeId, adds: &[(&str, &New)]) -> Result<Vec<Edit>, Why> {
    if tree.is_flow(mapping) {
        return pairs::add_after_name(tree, mapping, adds);
    }
    let mut present = ["command", "image"].iter().filter_map(|key| tree.pair(mapping, key));
    let program = present.find(|(_, value)| !is_open(tree, *value));
    let is_sidecars = |key: &str| matches!(key, "restartPolicy" | "startupProbe");
    let (first, others): (Vec<_>, Vec<_>) = adds.iter().copied().partition(|(key, _)| is_sidecars(key));
    let (args, rest): (Vec<_>, Vec<_>) = others.into_iter().partition(|(key, _)| *key == "args" && program.is_some());
    let mut edits = pairs::add_after_name(tree, mapping, &first)?;
    if let Some((key, value)) = program.filter(|_| !args.is_empty()) {
        edits.push(pairs::new_pairs(tree, key, pair_end(tree, key, value), &args));
    }
    edits.extend(add_at_end(tree, mapping, &rest).or_else(|_| pairs::add_after_name(tree, mapping, &rest))?);
    Ok(edits)
}

/// New pairs behind the last pair of a mapping below which lines can be added.
fn add_at_end(tree: &Tree<'_>, mapping: NodeId, adds: &[(&str, &New)]) -> Result<Vec<Edit>, Why> {
    if adds.is_empty() {
        return Ok(Vec::new());
    }
    let pairs: Vec<_> = tree.pairs(mapping).collect();
    if tree.is_flow(mapping) {
        let node = tree.node(mapping);
        let new: Vec<_> = adds.iter().map(|(key, value)| value.flow_pair(key, is_json(tree, mapping))).collect();
        let new = new.join(", ");
        return match pairs.last() {
            Some((key, value)) => {
                let end = tree.span(*value).end.max(tree.span(*key).end);
                Ok(vec![Edit::insertion(end, format!(", {new}"))])
            }
            None => Ok(vec![Edit::replacement(node.body as usize..node.end as usize, format!("{{{new}}}"))]),
        };
    }
    let (key, value) = pairs
        .iter()
        .rfind(|(_, value)| !is_open(tree, *value))
        .ok_or("every key of the mapping ends in a block scalar that a new line would become a part of")?;
    if tree.node(*key).lead != tree.node(*key).body {
        return Err("a key of the mapping is written as an explicit key");
    }
    Ok(vec![pairs::new_pairs(tree, *key, pair_end(tree, *key, *value), adds)])
}

/// Another value for a key: in the place of a scalar or of a value in flow style, else in that of the whole pair.
fn replace(place: &Place<'_>, mapping: NodeId, key: &str, value: &New) -> Result<Vec<Edit>, Why> {
    let tree = place.tree;
    let (key_node, old) = tree.pair(mapping, key).ok_or("the value to be replaced is not written here")?;
    let node = tree.node(old);
    let written = tree.source(old);
    let is_bare = node.start == node.body && !written.is_empty();
    match (&node.kind, value) {
        (Kind::Alias(_), _) => Err("the value to be replaced is an alias"),
        (Kind::Scalar { style, .. }, New::Text(text)) if !style.is_block() && is_bare => {
            Ok(vec![Edit::replacement(tree.span(old), text_like(text, written))])
        }
        (Kind::Scalar { .. }, other) if is_bare && tree.is_flow(mapping) => {
            Ok(vec![Edit::replacement(tree.span(old), other.flow(is_json(tree, mapping)))])
        }
        (Kind::Mapping(_) | Kind::Sequence(_), other) if tree.is_flow(old) && is_bare && !written.contains('\n') => {
            Ok(vec![Edit::replacement(tree.span(old), other.flow(is_json(tree, old)))])
        }
        _ if tree.is_flow(mapping) => Err("a value to be replaced in flow style is not written out on one line"),
        (_, other) => {
            not_needed_elsewhere(place, std::iter::once(old))?;
            let lead = tree.node(key_node).lead as usize;
            if lead != tree.span(key_node).start {
                return Err("the key of a value that changes is written as an explicit key");
            }
            let new = pairs::pair_lines(tree, key_node, lead, &[(key, other)]);
            let is_block = !tree.is_flow(old) && !matches!(node.kind, Kind::Scalar { .. });
            // The comments in a block collection go with it; those behind anything else stay.
            let key_end = tree.span(key_node).end;
            let end = match tree.text.get(key_end..).and_then(|rest| rest.find(':')) {
                _ if is_block => pair_end(tree, key_node, old),
                Some(colon) if written.is_empty() => key_end + colon + 1,
                _ => tree.span(old).end,
            };
            let has_break = is_block && tree.text.get(..end).is_some_and(|text| text.ends_with('\n'));
            let ending = if has_break { line::ending(tree.text) } else { "" };
            Ok(vec![Edit::replacement(lead..end, format!("{}{ending}", new.trim_start()))])
        }
    }
}

/// Whether a collection in flow style has its texts in quotes.
fn is_json(tree: &Tree<'_>, id: NodeId) -> bool {
    tree.source(id).contains('"')
}

/// The deletions, if no comment stands in them: in flow style it is not sure whose it is.
fn uncommented(place: &Place<'_>, deletions: Vec<Edit>) -> Result<Vec<Edit>, Why> {
    if deletions.iter().any(|edit| place.has_comment(&edit.range)) {
        return Err("a comment stands between the brackets or braces from which something is to be removed");
    }
    Ok(deletions)
}

fn remove_with_comments(place: &Place<'_>, mapping: NodeId, keys: &[&str]) -> Result<Vec<Edit>, Why> {
    let tree = place.tree;
    let is_removed = |key: &NodeId| tree.scalar(*key).is_some_and(|key| keys.contains(&key));
    let all: Vec<_> = tree.pairs(mapping).collect();
    if all.iter().all(|(key, _)| is_removed(key)) {
        return Err("nothing would be left of the mapping");
    }
    if tree.is_flow(mapping) {
        let spans = all.iter().map(|(key, value)| tree.node(*key).lead as usize..tree.span(*value).end);
        let node = tree.node(mapping);
        let members = Members { spans: spans.collect(), inside: node.body as usize + 1..node.end as usize - 1 };
        return uncommented(place, removals(&members, |index| all.get(index).is_some_and(|(key, _)| is_removed(key))));
    }
    let mut edits = Vec::new();
    for (position, (key, value)) in all.iter().enumerate().filter(|(_, (key, _))| is_removed(key)) {
        let lead = tree.node(*key).lead as usize;
        if !is_first_on_line(tree.text, lead) {
            return Err("a key to be removed stands behind another token on its line");
        }
        let range = head(tree.text, lead)..pair_end(tree, *key, *value);
        let above = all.iter().take(position).rfind(|(key, _)| !is_removed(key));
        let below = line::lines(tree.text, range.end).map(|(_, one)| one);
        if above.is_some_and(|(key, value)| absorbs_below(tree, (*value, tree.column(*key)), below)) {
            return Err("a block scalar above would swallow the lines below what is to be removed");
        }
        edits.push(cut(tree.text, range));
    }
    Ok(edits)
}

/// The deletion of whole lines; where blank lines stand on both sides, those above go as well.
fn cut(text: &str, range: Range<usize>) -> Edit {
    let is_blank = |one: &str| line::classify(one) == Line::Blank;
    let is_blank_below = line::lines(text, range.end).next().is_some_and(|(_, one)| is_blank(one));
    let blank = line::lines_above(text, range.start).take_while(|(_, one)| is_blank(one)).last();
    let start = blank.filter(|_| is_blank_below).map_or(range.start, |(at, _)| at);
    Edit::deletion(start..range.end)
}

fn in_list(place: &Place<'_>, list: NodeId, ops: &[&Op]) -> Result<Vec<Edit>, Why> {
    let tree = place.tree;
    let entries = tree.entries(list);
    let mut new = Vec::new();
    let mut dropped = Vec::new();
    for op in ops {
        match op {
            Op::Append { value, .. } => new.push(value),
            Op::Drop { index, .. } => dropped.push(*index),
            _ => return Err("it is no list of its own"),
        }
    }
    let Some(&last) = entries.last() else { return Err("the list is empty, or no list of its own") };
    if dropped.len() >= entries.len() {
        return Err("nothing would be left of the list");
    }
    not_needed_elsewhere(place, dropped.iter().filter_map(|index| entries.get(*index)).copied())?;
    let mut edits = Vec::new();
    if tree.is_flow(list) {
        let node = tree.node(list);
        let spans = entries.iter().map(|entry| tree.span(*entry)).collect();
        let members = Members { spans, inside: node.body as usize + 1..node.end as usize - 1 };
        if !dropped.is_empty() {
            edits.extend(uncommented(place, removals(&members, |index| dropped.contains(&index)))?);
        }
        let written = tree.source(last);
        let texts = new.iter().map(|value| match value {
            New::Text(text) if written.starts_with(['\'', '"']) => text_like(text, written),
            other => other.flow(tree.source(list).contains('"')),
        });
        let texts: Vec<_> = texts.collect();
        if !texts.is_empty() {
            edits.push(Edit::insertion(tree.span(last).end, format!(", {}", texts.join(", "))));
        }
        return Ok(edits);
    }
    for &index in &dropped {
        let Some(&entry) = entries.get(index) else { return Err(ELSEWHERE) };
        let lead = tree.node(entry).lead as usize;
        if !is_first_on_line(tree.text, lead) {
            return Err("an entry to be removed stands behind another token on its line");
        }
        let range = head(tree.text, lead)..tail(tree, entry);
        let above = (0..index).rfind(|above| !dropped.contains(above)).and_then(|above| entries.get(above));
        let below = line::lines(tree.text, range.end).map(|(_, one)| one);
        if above.is_some_and(|above| absorbs_below(tree, (*above, tree.column(*above)), below)) {
            return Err("a block scalar above would swallow the lines below what is to be removed");
        }
        edits.push(cut(tree.text, range));
    }
    if !new.is_empty() {
        if is_open(tree, last) {
            return Err("the list ends in a block scalar that a new line would become a part of");
        }
        let lists = Lists::beside(tree, tree.span(last).start);
        let lines = new.iter().flat_map(|value| entry_lines(value, tree.column(last), tree.source(last), lists));
        let lines: Vec<_> = lines.collect();
        edits.push(pairs::whole_line(tree.text, tail(tree, last), &lines.join(line::ending(tree.text))));
    }
    Ok(edits)
}

/// The lines of a new entry whose dash stands in `column`, in the style of the entry `like`.
fn entry_lines(value: &New, column: usize, like: &str, lists: Lists) -> Vec<String> {
    let dash = format!("{}- ", " ".repeat(column));
    match value {
        New::Text(text) => vec![format!("{dash}{}", text_like(text, like))],
        New::Map(_) if like.starts_with('{') => vec![format!("{dash}{}", value.flow(false))],
        other => other.entry(column, lists),
    }
}

/// Refuses to take text away that holds an anchor which an alias outside of it needs.
fn not_needed_elsewhere(place: &Place<'_>, nodes: impl Iterator<Item = NodeId>) -> Result<(), Why> {
    let tree = place.tree;
    for node in nodes {
        let span = tree.span(node);
        let is_inside = |id: &NodeId| span.contains(&(tree.node(*id).start as usize));
        let anchors = tree.shared.iter().filter(|id| is_inside(id)).filter_map(|id| tree.node(*id).anchor());
        for anchor in anchors {
            let is_alias = |id: &&NodeId| matches!(&tree.node(**id).kind, Kind::Alias(name) if name == anchor);
            let is_used = tree.shared.iter().filter(is_alias).any(|id| !is_inside(id));
            if is_used || (place.is_aliased_elsewhere)(anchor) {
                return Err("what is to be removed holds an anchor that is used in another place");
            }
        }
    }
    Ok(())
}

/// A text in the style of another one: plain where that is plain and every reader takes this for the same text.
fn text_like(text: &str, like: &str) -> String {
    let is_plain_like = !like.starts_with(['"', '\'', '[', '{', '*', '&', '!']);
    let is_safe = text.starts_with(|c: char| c.is_ascii_alphanumeric() || "-/_".contains(c))
        && !text.starts_with("- ")
        && text.chars().all(|c| c.is_ascii_alphanumeric() || "-_./=:@+".contains(c))
        && !text.ends_with(':')
        && !text.trim_start_matches('-').is_empty()
        && matches!(plain(text), Scalar::Str(_));
    let is_printable = text.chars().all(|c| c.is_ascii_graphic() || c == ' ');
    if is_plain_like && is_safe {
        text.to_owned()
    } else if like.starts_with('\'') && is_printable {
        format!("'{}'", text.replace('\'', "''"))
    } else {
        quote(text)
    }
}
