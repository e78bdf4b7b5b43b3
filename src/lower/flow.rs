//! Layouts of lists in flow style and in JSON: the text always moves.

use std::ops::Range;

use super::block::{anchor_disorder, keeps_anchors, shifted};
use super::pairs::whole_line;
use super::seam::is_unfinished;
use super::{Layout, Moved, is_bare_null, is_block_list, is_empty_list, unsupported};
use crate::k8s::pod_spec::List;
use crate::rules::Finding;
use crate::yaml::comment::{comments_within, head, skip_space, tail};
use crate::yaml::edit::Edit;
use crate::yaml::line::{self, is_first_on_line};
use crate::yaml::tree::{NodeId, Tree};

/// The members of a flow collection: their spans, and what lies between its brackets.
pub(super) struct Members {
    pub(super) spans: Vec<Range<usize>>,
    pub(super) inside: Range<usize>,
}

impl Members {
    fn of(tree: &Tree<'_>, list: NodeId) -> Self {
        let node = tree.node(list);
        let spans = tree.entries(list).iter().map(|entry| tree.span(*entry)).collect();
        Self { spans, inside: node.body as usize + 1..node.end as usize - 1 }
    }

    /// Text before the first member, between the first two, behind the last.
    fn gaps<'t>(&self, text: &'t str) -> (&'t str, Option<&'t str>, &'t str) {
        let first = self.spans.first().map_or(self.inside.end, |span| span.start);
        let last = self.spans.last().map_or(self.inside.end, |span| span.end);
        let between = match self.spans.as_slice() {
            [a, b, ..] => text.get(a.end..b.start),
            _ => None,
        };
        (text.get(self.inside.start..first).unwrap_or(""), between, text.get(last..self.inside.end).unwrap_or(""))
    }

    /// Whether a comment stands between the brackets, but in no member.
    fn has_comments(&self, all: &[(usize, &str)]) -> bool {
        let inside: usize = self.spans.iter().map(|span| comments_within(all, span).len()).sum();
        comments_within(all, &self.inside).len() > inside
    }
}

/// The deletions that take some members of a flow collection away, each with one comma.
///
/// A member that goes takes the text up to the kept member before it along, or, at the head, up to the next one.
pub(super) fn removals(members: &Members, is_removed: impl Fn(usize) -> bool) -> Vec<Edit> {
    let spans = &members.spans;
    let mut edits = Vec::new();
    let mut kept_end = None;
    let mut index = 0;
    while let Some(span) = spans.get(index) {
        if !is_removed(index) {
            kept_end = Some(span.end);
            index += 1;
            continue;
        }
        let mut last = index;
        while last + 1 < spans.len() && is_removed(last + 1) {
            last += 1;
        }
        let end = spans.get(last).map_or(span.end, |span| span.end);
        edits.push(Edit::deletion(match (kept_end, spans.get(last + 1)) {
            (Some(kept_end), _) => kept_end..end,
            (None, Some(next)) => span.start..next.start,
            (None, None) => members.inside.clone(),
        }));
        index = last + 1;
    }
    edits
}

/// The edits for a `containers` list in flow style.
pub(super) fn edits(layout: &Layout<'_>, all: &[(usize, &str)]) -> Result<Vec<Edit>, Finding> {
    let tree = layout.tree;
    if layout.moved.iter().any(|moved| moved.list == List::Init) {
        return layout.refuse("init containers change their places in a pod in flow style");
    }
    let members = Members::of(tree, layout.main);
    let is_commented = members.has_comments(all);
    let lines = if is_commented { own_lines(layout, &members)? } else { Vec::new() };
    let mut edits: Vec<_> = lines.iter().map(|(range, _)| Edit::deletion(range.clone())).collect();
    if !is_commented {
        edits.extend(removals(&members, |index| layout.is_moved(index)));
    }
    let mut moves = Vec::new();
    for group in layout.groups() {
        let arriving = if is_commented {
            Arriving { list: lines_as_list(layout, &members, &lines)?, members: None }
        } else {
            let texts = group
                .iter()
                .map(|moved| layout.edited(moved, tree.span(moved.entry)))
                .collect::<Result<Vec<_>, _>>()?;
            let (first, between, last) = members.gaps(tree.text);
            let list = format!("[{first}{}{last}]", texts.join(between.unwrap_or(", ")));
            Arriving { list, members: Some(texts) }
        };
        let insertion = insertion(layout, group, &arriving, &members, all)?;
        moves.extend(group.iter().map(|moved| (tree.span(moved.entry), insertion.range.start)));
        edits.push(insertion);
    }
    if keeps_anchors(tree, &moves) { Ok(edits) } else { Err(anchor_disorder(layout)) }
}

/// What arrives in one place: as a new list, and one by one unless comments between them forbid it.
struct Arriving {
    list: String,
    members: Option<Vec<String>>,
}

/// The moved members as whole lines with their comments: range in the input and text.
fn own_lines(layout: &Layout<'_>, members: &Members) -> Result<Vec<(Range<usize>, String)>, Finding> {
    let text = layout.text();
    let mut lines = Vec::new();
    for moved in &layout.moved {
        let span = layout.tree.span(moved.entry);
        let end = line::end(text, span.end);
        let behind = skip_space(text, span.end);
        let comma = if text.as_bytes().get(behind) == Some(&b',') { behind + 1 } else { span.end };
        let is_alone = is_first_on_line(text, span.start)
            && comma <= end
            && skip_space(text, comma) >= end
            && end <= members.inside.end;
        if !is_alone {
            return layout.refuse("comments stand between the containers of a list in flow style that share a line");
        }
        let range = head(text, span.start)..end;
        lines.push((range.clone(), layout.edited(moved, range)?));
    }
    Ok(lines)
}

/// A new list of whole lines, closed as the list of `containers` is.
fn lines_as_list(layout: &Layout<'_>, members: &Members, lines: &[(Range<usize>, String)]) -> Result<String, Finding> {
    let close = members.inside.end;
    if !is_first_on_line(layout.text(), close) {
        return layout.refuse(
            "comments stand between the containers of a list in flow style that is closed on a line of theirs",
        );
    }
    let indent = " ".repeat(line::column(layout.text(), close));
    let entries: String = lines.iter().map(|(_, text)| text.as_str()).collect();
    Ok(format!("[{}{entries}{indent}]", layout.ending))
}

/// The edit that puts the moved containers into `initContainers`.
fn insertion(
    layout: &Layout<'_>,
    group: &[Moved],
    arriving: &Arriving,
    members: &Members,
    all: &[(usize, &str)],
) -> Result<Edit, Finding> {
    let tree = layout.tree;
    let list = arriving.list.as_str();
    let Some((_, init)) = layout.init else { return new_list(layout, list) };
    let refuse = |why: &str| Err(unsupported(layout.pod.list_path(List::Init), why));
    let node = tree.node(init);
    let (start, end) = (node.body as usize, node.end as usize);
    if is_bare_null(tree, init) && start == end {
        return if tree.text.get(..end).is_some_and(|before| before.ends_with(':')) {
            Ok(Edit::insertion(end, format!(" {list}")))
        } else {
            refuse("the empty `initContainers` is written in an unusual way")
        };
    }
    let is_commented = Members::of_any(tree, init).has_comments(all);
    if is_bare_null(tree, init) || (is_empty_list(tree, init) && !is_commented) {
        return Ok(Edit::replacement(start..end, list));
    }
    let Some(texts) = &arriving.members else {
        return refuse(
            "comments stand between the containers of a list in flow style, and `initContainers` has entries already",
        );
    };
    if is_block_list(tree, init) {
        return into_block(layout, group, texts, init);
    }
    if !tree.is_flow(init) || is_commented || tree.entries(init).is_empty() {
        return refuse("comments stand in `initContainers`, which is in flow style");
    }
    let own = Members::of(tree, init);
    let (_, between, _) = own.gaps(tree.text);
    let gap = between.or(members.gaps(tree.text).1).unwrap_or(", ");
    let next = group.first().and_then(|moved| moved.before).and_then(|next| own.spans.get(next));
    let last = own.spans.last().map_or(end, |span| span.end);
    Ok(match next {
        Some(next) => Edit::insertion(next.start, format!("{}{gap}", texts.join(gap))),
        None => Edit::insertion(last, format!("{gap}{}", texts.join(gap))),
    })
}

impl Members {
    /// Like [`Members::of`], with nothing inside for nodes that are no flow collection.
    fn of_any(tree: &Tree<'_>, id: NodeId) -> Self {
        if tree.is_flow(id) { Self::of(tree, id) } else { Self { spans: Vec::new(), inside: 0..0 } }
    }
}

/// The moved members as entries of a block list.
fn into_block(layout: &Layout<'_>, group: &[Moved], texts: &[String], init: NodeId) -> Result<Edit, Finding> {
    let tree = layout.tree;
    let Some(&last) = tree.entries(init).last() else { return layout.refuse("`initContainers` is empty") };
    let next = group.first().and_then(|moved| moved.before).and_then(|next| tree.entries(init).get(next));
    if next.is_some_and(|next| !is_first_on_line(tree.text, layout.lead(*next))) {
        return layout.refuse("the first dash of `initContainers` stands behind another token on its line");
    }
    if next.is_none() && is_unfinished(tree, last) {
        return layout.refuse("`initContainers` ends in a block scalar without a line break behind it");
    }
    let column = tree.column(last);
    let entries = group.iter().zip(texts).map(|(moved, text)| {
        let from = isize::try_from(tree.column(moved.entry)).unwrap_or(0);
        let to = isize::try_from(column + 2).unwrap_or(0);
        let (first, rest) = text.split_once('\n').map_or((text.as_str(), None), |(first, rest)| (first, Some(rest)));
        let rest = rest.map_or(String::new(), |rest| format!("\n{}", shifted(rest, to - from)));
        format!("{}- {first}{rest}", " ".repeat(column))
    });
    let entries: Vec<_> = entries.collect();
    let at = next.map_or_else(|| tail(tree, last), |next| head(tree.text, layout.lead(*next)));
    Ok(whole_line(tree.text, at, &entries.join(layout.ending)))
}

/// A new pair before `containers`.
fn new_list(layout: &Layout<'_>, list: &str) -> Result<Edit, Finding> {
    let tree = layout.tree;
    let text = tree.text;
    let lead = layout.lead(layout.main_key);
    let key = layout.key(List::Init);
    if lead != tree.span(layout.main_key).start {
        return layout.refuse("`containers` is written as an explicit key");
    }
    let own_line = line::indent(text, lead);
    if !tree.is_flow(layout.pod.node) {
        return Ok(match own_line {
            Some(indent) => Edit::insertion(head(text, lead), format!("{indent}{key}: {list}{}", layout.ending)),
            None => Edit::insertion(
                lead,
                format!("{key}: {list}{}{}", layout.ending, " ".repeat(tree.column(layout.main_key))),
            ),
        });
    }
    let colon = text.get(tree.span(layout.main_key).end..tree.span(layout.main).start).unwrap_or(": ");
    let gap = match own_line {
        Some(indent) => format!("{}{indent}", layout.ending),
        None => space_after_comma(layout, colon).to_owned(),
    };
    Ok(Edit::insertion(lead, format!("{key}{colon}{list},{gap}")))
}

/// The space that the pairs of the pod spec have behind their commas.
fn space_after_comma<'t>(layout: &'t Layout<'_>, colon: &str) -> &'t str {
    let tree = layout.tree;
    let pairs: Vec<_> = tree.pairs(layout.pod.node).collect();
    let gap = pairs.array_windows().find_map(|[(_, value), (next, _)]| {
        let gap = tree.text.get(tree.span(*value).end..layout.lead(*next))?;
        gap.trim_start().strip_prefix(',').filter(|space| space.trim().is_empty() && !space.contains('\n'))
    });
    gap.unwrap_or(if colon == ":" { "" } else { " " })
}
