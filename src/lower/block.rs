//! Layouts of lists in block style.

use std::ops::Range;

use super::seam::{absorbs, adopts, block_at_end, is_unfinished};
use super::{Layout, Moved, is_bare_null, is_block_list, is_empty_list, unsupported};
use crate::k8s::pod_spec::List;
use crate::rules::{Finding, anchor_order};
use crate::yaml::comment::{head, head_above, tail};
use crate::yaml::edit::Edit;
use crate::yaml::line::{self, is_first_on_line};
use crate::yaml::tree::{Kind, NodeId, Tree};

/// The edits for a `containers` list in block style.
pub(super) fn edits(layout: &Layout<'_>) -> Result<Vec<Edit>, Finding> {
    if layout.init.is_none()
        && let Some(found) = header_above_tail(layout).or_else(|| header_renamed(layout))
    {
        return Ok(found);
    }
    match header_shifted(layout) {
        Some(found) => Ok(found),
        None => text_moved(layout),
    }
}

/// The line `KEY:` at the column of the pod spec's keys.
fn header(layout: &Layout<'_>, list: List) -> String {
    let indent = " ".repeat(layout.tree.column(layout.main_key));
    [&indent, &layout.key(list), ":", layout.ending].concat()
}

/// Layout (a): the moved ones are the tail; a header above the first of them is all.
fn header_above_tail(layout: &Layout<'_>) -> Option<Vec<Edit>> {
    let first = layout.moved.first()?;
    let lead = layout.lead(first.entry);
    if !layout.is_tail() || !is_first_on_line(layout.text(), lead) {
        return None;
    }
    let mut edits = layout.inner_edits();
    edits.push(Edit::insertion(head(layout.text(), lead), header(layout, List::Init)));
    Some(edits)
}

/// Layout (b): the moved ones are the head; the header is renamed, a new one goes above the first that stays.
fn header_renamed(layout: &Layout<'_>) -> Option<Vec<Edit>> {
    let tree = layout.tree;
    let kept = layout.kept().next()?;
    let list = tree.node(layout.main);
    let has_properties = list.anchor().is_some() || list.tag().is_some();
    if !layout.is_head() || has_properties || !is_first_on_line(tree.text, layout.lead(kept)) {
        return None;
    }
    let key = tree.node(layout.main_key);
    let mut edits = layout.inner_edits();
    edits.push(Edit::replacement(key.body as usize..key.end as usize, layout.key(List::Init)));
    edits.push(Edit::insertion(head(tree.text, layout.lead(kept)), header(layout, List::Main)));
    Some(edits)
}

/// Layout (c): `initContainers` stands directly above and the head moves to its end; only the header moves.
fn header_shifted(layout: &Layout<'_>) -> Option<Vec<Edit>> {
    let tree = layout.tree;
    let (init_key, init) = layout.init?;
    let above = *tree.entries(init).last()?;
    let kept = layout.kept().next()?;
    let first = *layout.entries().first()?;
    let keys: Vec<_> = tree.pairs(layout.pod.node).map(|(key, _)| key).collect();
    let is_adjacent = keys.array_windows().any(|pair| *pair == [init_key, layout.main_key]);
    let is_same_style = is_block_list(tree, init) && tree.column(above) == tree.column(first);
    let key_end = tree.span(layout.main_key).end;
    let header_line = line::start(tree.text, layout.lead(layout.main_key))..line::end(tree.text, key_end);
    let is_simple = is_first_on_line(tree.text, tree.span(layout.main_key).start)
        && layout.lead(layout.main_key) == tree.span(layout.main_key).start
        && tree
            .text
            .get(key_end..header_line.end)
            .and_then(|rest| rest.trim_start().strip_prefix(':'))
            .is_some_and(is_space_or_comment)
        && is_first_on_line(tree.text, layout.lead(first))
        && is_first_on_line(tree.text, layout.lead(kept));
    if !layout.is_head() || !layout.is_all_last() || !is_adjacent || !is_same_style || !is_simple {
        return None;
    }
    let moving = head(tree.text, layout.lead(layout.main_key))..header_line.end;
    let column = tree.column(first);
    let below = line::lines(tree.text, header_line.end).map(|(_, one)| one);
    let gives_comments = head(tree.text, layout.lead(first)) == header_line.end
        && head_above(tree.text, moving.start, column) < moving.start;
    if gives_comments || adopts(tree.text, header_line.end, column) || absorbs(tree, above, 0, below) {
        return None;
    }
    let mut edits = layout.inner_edits();
    edits.push(Edit::insertion(head(tree.text, layout.lead(kept)), tree.text.get(moving.clone())?));
    edits.push(Edit::deletion(moving));
    Some(edits)
}

fn is_space_or_comment(rest: &str) -> bool {
    let body = rest.trim_start();
    body.is_empty() || (body.starts_with('#') && body.len() < rest.len())
}

/// Where moved text goes, and what goes with it.
struct Destination {
    at: usize,
    /// Columns to shift the moved text by.
    shift: isize,
    before: String,
    after: String,
    /// Further edits, such as taking an empty list away.
    also: Vec<Edit>,
}

/// Layout (d): the text moves.
fn text_moved(layout: &Layout<'_>) -> Result<Vec<Edit>, Finding> {
    let tree = layout.tree;
    for moved in &layout.moved {
        if !is_first_on_line(tree.text, layout.lead(moved.entry)) {
            return layout.refuse("the dash of a container stands behind another token on its line");
        }
        if is_unfinished(tree, moved.entry) {
            return layout.refuse(
                "a block scalar at the end of the file has no line break behind it, and moving it would add one",
            );
        }
    }
    let ranges = layout.moved.iter().map(|moved| head(tree.text, layout.lead(moved.entry))..tail(tree, moved.entry));
    let ranges: Vec<Range<usize>> = ranges.collect();
    check_gaps(layout, &ranges)?;
    let groups: Vec<_> = layout.groups().collect();
    let mut destinations =
        groups.iter().map(|group| destination(layout, group)).collect::<Result<Vec<Destination>, Finding>>()?;
    let targets = |destinations: &[Destination]| {
        let repeat = groups.iter().zip(destinations).flat_map(|(group, to)| std::iter::repeat_n(to.at, group.len()));
        ranges.iter().cloned().zip(repeat).collect::<Vec<_>>()
    };
    if !keeps_anchors(tree, &targets(&destinations)) {
        let after = after_containers(layout).filter(|_| layout.init.is_none());
        destinations = after.into_iter().collect();
        if destinations.is_empty() || !keeps_anchors(tree, &targets(&destinations)) {
            return Err(anchor_disorder(layout));
        }
    }
    let mut edits: Vec<_> = ranges.iter().cloned().map(Edit::deletion).collect();
    for (group, destination) in groups.into_iter().zip(destinations) {
        edits.extend(arrival(layout, group, destination)?);
    }
    if layout.kept().next().is_none() {
        edits.push(emptied(layout)?);
    }
    Ok(edits)
}

/// The edit that makes the list of which nothing stays an empty one: without it, the header alone would be null.
fn emptied(layout: &Layout<'_>) -> Result<Edit, Finding> {
    let (key, list) = (layout.tree.span(layout.main_key), layout.tree.node(layout.main));
    let header_end = line::end(layout.text(), key.end);
    let colon = layout.text().get(key.end..header_end).and_then(|rest| rest.find(':'));
    match colon.filter(|_| list.anchor().is_none() && list.tag().is_none() && layout.lead(layout.main_key) == key.start)
    {
        Some(colon) => Ok(Edit::insertion(key.end + colon + 1, " []")),
        None => layout.refuse("nothing would be left in the list, and its header is written in an unusual way"),
    }
}

/// The edits that put the moved entries of a group to their place.
fn arrival(layout: &Layout<'_>, group: &[Moved], destination: Destination) -> Result<Vec<Edit>, Finding> {
    let tree = layout.tree;
    let mut text = destination.before;
    // What only changes its place in `initContainers` keeps its indentation.
    let shift = |moved: &Moved| if moved.list == List::Main { destination.shift } else { 0 };
    for moved in group {
        text.push_str(&rendered(layout, moved, shift(moved))?);
    }
    text.push_str(&destination.after);
    let is_line = destination.after.is_empty();
    let follow = line::lines(tree.text, destination.at).map(|(_, one)| one);
    if is_line && group.last().is_some_and(|last| absorbs(tree, last.entry, shift(last), follow)) {
        return layout.refuse("a block scalar at the end of the container would swallow the lines below its new place");
    }
    let is_at_line_start =
        tree.text.get(..destination.at).is_some_and(|before| before.is_empty() || before.ends_with('\n'));
    if is_line && !is_at_line_start {
        // The last line break of a block scalar is part of its value.
        let ends_in_block = group.last().is_some_and(|last| block_at_end(tree, last.entry).is_some());
        let own = if ends_in_block { text.as_str() } else { text.trim_end_matches(['\n', '\r']) };
        text = format!("{}{own}", layout.ending);
    }
    let mut edits = destination.also;
    edits.push(Edit::insertion(destination.at, text));
    Ok(edits)
}

/// Refuses when an entry that stays would swallow what follows the gap below it.
fn check_gaps(layout: &Layout<'_>, ranges: &[Range<usize>]) -> Result<(), Finding> {
    let tree = layout.tree;
    let entries = layout.entries();
    for (index, &entry) in entries.iter().enumerate() {
        let is_gap = !layout.is_moved(index) && layout.is_moved(index + 1);
        let kept_lines =
            line::lines(tree.text, tail(tree, entry)).filter(|(at, _)| !ranges.iter().any(|range| range.contains(at)));
        if is_gap && absorbs(tree, entry, 0, kept_lines.map(|(_, one)| one)) {
            return layout.refuse("a block scalar above the container would swallow the lines below it");
        }
    }
    let init = layout.init.map_or(&[][..], |(_, init)| tree.entries(init));
    for moved in layout.moved.iter().filter(|moved| moved.list == List::Init) {
        let above = moved.index.checked_sub(1).and_then(|above| init.get(above));
        if above.is_some_and(|above| block_at_end(tree, *above).is_some()) {
            return layout.refuse("a block scalar above an init container would swallow the lines below it");
        }
    }
    Ok(())
}

/// Where a group of moved entries goes.
fn destination(layout: &Layout<'_>, group: &[Moved]) -> Result<Destination, Finding> {
    let tree = layout.tree;
    let Some((init_key, init)) = layout.init else {
        return Ok(before_containers(layout));
    };
    let plain = |at, shift, also| Destination { at, shift, before: String::new(), after: String::new(), also };
    if is_block_list(tree, init) {
        let Some(&last) = tree.entries(init).last() else { return Ok(before_containers(layout)) };
        let columns = |id: NodeId| isize::try_from(tree.column(id)).unwrap_or(0);
        let shift = layout.entries().first().map_or(0, |first| columns(last) - columns(*first));
        let next = group.first().and_then(|moved| moved.before).and_then(|next| tree.entries(init).get(next));
        return match next.map(|next| layout.lead(*next)) {
            Some(lead) if is_first_on_line(tree.text, lead) => Ok(plain(head(tree.text, lead), shift, Vec::new())),
            Some(_) => layout.refuse("the first dash of `initContainers` stands behind another token on its line"),
            None if is_unfinished(tree, last) => {
                layout.refuse("`initContainers` ends in a block scalar without a line break behind it")
            }
            None => Ok(plain(tail(tree, last), shift, Vec::new())),
        };
    }
    if !is_bare_null(tree, init) && !is_empty_list(tree, init) {
        let why = "`initContainers` is in flow style and `containers` in block style";
        return Err(unsupported(layout.pod.list_path(List::Init), why));
    }
    match empty_list(layout, init_key, init) {
        Some((at, also)) => Ok(plain(at, 0, also)),
        None => {
            let why = "the empty `initContainers` is written in an unusual way";
            Err(unsupported(layout.pod.list_path(List::Init), why))
        }
    }
}

/// `initContainers:` with nothing, `null` or `[]`, perhaps on a line below, as Helm's `nindent` writes it: where
/// the entries go, and the edit that takes away what stands there.
fn empty_list(layout: &Layout<'_>, init_key: NodeId, init: NodeId) -> Option<(usize, Vec<Edit>)> {
    let tree = layout.tree;
    let text = tree.text;
    let (key, value) = (tree.span(init_key), tree.span(init));
    let header_end = line::end(text, key.end);
    let colon = key.end + text.get(key.end..header_end)?.find(':')? + 1;
    let at = line::end(text, value.end);
    let kept = if value.start < header_end {
        colon
    } else {
        let between = text.get(header_end..value.start)?;
        let behind = text.get(value.end..at)?;
        let is_alone = between.trim().is_empty() && behind.trim().is_empty();
        is_alone.then(|| text.get(..header_end).map(|header| header.trim_end().len())).flatten()?
    };
    let dash = layout.entries().first().map_or(0, |first| tree.column(*first));
    if layout.lead(init_key) != key.start || adopts(text, at, dash) {
        return None;
    }
    Some((at, if value.is_empty() { Vec::new() } else { vec![Edit::deletion(kept..value.end)] }))
}

/// A new list above `containers` and above the comments that belong to it.
fn before_containers(layout: &Layout<'_>) -> Destination {
    let lead = layout.lead(layout.main_key);
    let header = header(layout, List::Init);
    if is_first_on_line(layout.text(), lead) {
        return Destination {
            at: head(layout.text(), lead),
            shift: 0,
            before: header,
            after: String::new(),
            also: Vec::new(),
        };
    }
    let after = " ".repeat(layout.tree.column(layout.main_key));
    Destination { at: lead, shift: 0, before: header.trim_start().to_owned(), after, also: Vec::new() }
}

/// A new list below `containers`, for aliases that must stay behind their anchors.
fn after_containers(layout: &Layout<'_>) -> Option<Destination> {
    let last = *layout.entries().last()?;
    let kept = layout.kept().last()?;
    if is_unfinished(layout.tree, kept) {
        return None;
    }
    let at = tail(layout.tree, last);
    Some(Destination { at, shift: 0, before: header(layout, List::Init), after: String::new(), also: Vec::new() })
}

/// The moved entry with its inner edits, as whole lines, shifted.
fn rendered(layout: &Layout<'_>, moved: &Moved, shift: isize) -> Result<String, Finding> {
    let range = head(layout.text(), layout.lead(moved.entry))..tail(layout.tree, moved.entry);
    let mut text = layout.edited(moved, range)?;
    if !text.ends_with('\n') {
        text.push_str(layout.ending);
    }
    Ok(shifted(&text, shift))
}

/// The lines with `shift` more (or fewer) leading spaces; empty lines stay empty.
pub(super) fn shifted(text: &str, shift: isize) -> String {
    if shift == 0 {
        return text.to_owned();
    }
    let more = " ".repeat(usize::try_from(shift).unwrap_or(0));
    let fewer = usize::try_from(-shift).unwrap_or(0);
    let mut result = String::with_capacity(text.len());
    for (_, one) in line::lines(text, 0) {
        let spaces = one.bytes().take(fewer).take_while(|byte| *byte == b' ').count();
        if !matches!(one, "\n" | "\r\n") {
            result.push_str(&more);
        }
        result.push_str(one.get(spaces..).unwrap_or(one));
    }
    result
}

/// Whether every alias still finds the anchor that it finds now when each range moves to its place.
///
/// Anchors of one name must also keep their order, since later parts of the document may use the last one.
pub(super) fn keeps_anchors(tree: &Tree<'_>, moves: &[(Range<usize>, usize)]) -> bool {
    // What stands before or behind all of the moves keeps its place among the others.
    let first = moves.iter().map(|(range, to)| range.start.min(*to)).min().unwrap_or(0);
    let last = moves.iter().map(|(range, to)| range.end.max(*to)).max().unwrap_or(0);
    let mut tokens = Vec::new();
    for &id in &tree.shared {
        let node = tree.node(id);
        let at = node.start as usize;
        if at < first || at > last {
            continue;
        }
        let place = match moves.iter().enumerate().find(|(_, (range, _))| range.contains(&at)) {
            Some((index, (_, to))) => (*to, 0, index, at),
            None => (at, 1, 0, at),
        };
        match (node.anchor(), &node.kind) {
            (Some(name), _) => tokens.push((place, name, true)),
            (None, Kind::Alias(name)) => tokens.push((place, name.as_ref(), false)),
            _ => {}
        }
    }
    let before = bindings(tokens.iter().map(|(place, name, is_anchor)| (place.3, *name, *is_anchor)));
    tokens.sort_unstable();
    let after = bindings(tokens.iter().map(|(place, name, is_anchor)| (place.3, *name, *is_anchor)));
    before == after
}

/// For each anchor and alias, by its place in the input, the anchor of its name before it.
fn bindings<'n>(tokens: impl Iterator<Item = (usize, &'n str, bool)>) -> Vec<(usize, Option<usize>)> {
    let mut latest = std::collections::HashMap::new();
    let mut found = Vec::new();
    for (at, name, is_anchor) in tokens {
        found.push((at, latest.get(name).copied()));
        if is_anchor {
            latest.insert(name, at);
        }
    }
    found.sort_unstable();
    found
}

pub(super) fn anchor_disorder(layout: &Layout<'_>) -> Finding {
    let first = layout.moved.first().map_or(0, |moved| moved.index);
    let message = "moving the container would put an alias before its anchor, or give it another one";
    let help = "write the shared value out in the container, or move the anchor up";
    anchor_order::RULE.finding(layout.pod.list_path(List::Main).index(first), message, help)
}
