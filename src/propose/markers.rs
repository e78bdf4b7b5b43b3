//! Annotations by which an injector remembers what it put into the pod, and those that set the sidecar up.

use super::Op;
use super::edits::{Edited, Known, Made, pod_annotation, pod_metadata};
use crate::k8s::pod_spec::{List, field};
use crate::yaml::edit::{Edit, Edits};
use crate::yaml::new::New;
use crate::yaml::parse::parse;
use crate::yaml::tree::{Kind, NodeId, Tree};

/// An annotation whose JSON lists the containers of the pod by both of their keys: the sidecar goes to the other list.
pub(super) fn move_name(known: &Known<'_, '_>, annotation: &str, reason: &str, made: &mut Made) {
    let tree = known.tree;
    let (holder, path) = pod_metadata(known.pod);
    let annotations = field(tree, holder, "metadata").and_then(|node| field(tree, node, "annotations"));
    let Some(old) = annotations.and_then(|node| tree.get(node, annotation)) else { return };
    // Text in a block scalar would have to be written on one line.
    if !matches!(&tree.node(old).kind, Kind::Scalar { style, .. } if !style.is_block()) {
        return;
    }
    let Some(value) = tree.scalar(old).and_then(|json| moved(json, known.container.name)) else { return };
    let at = path.key("metadata").key("annotations");
    let op = Op::Replace { at: at.clone(), key: annotation.to_owned(), value: New::text(&value) };
    if !made
        .ops
        .iter()
        .any(|one| matches!(one, Op::Replace { at: place, key, .. } if *place == at && key == annotation))
    {
        made.ops.push(op);
        let what = format!("moved `{}` in the annotation {annotation}: {reason}", known.container.name);
        made.edited.push(Edited { at: at.key(annotation), what });
    }
}

/// The JSON with the container of this name, or its mapping, at the end of the other list.
fn moved(json: &str, name: &str) -> Option<String> {
    let tree = parse(json).ok()?;
    let root = *tree.roots.first()?;
    let (key, list) = tree.pair(root, List::Main.usual_key())?;
    let is_meant = |entry: &&NodeId| {
        let named = tree.get(**entry, "name").unwrap_or(**entry);
        tree.scalar(named) == Some(name)
    };
    let entries = tree.entries(list);
    let entry = *entries.iter().find(is_meant)?;
    let rest: Vec<_> = entries.iter().filter(|one| **one != entry).map(|one| tree.source(*one)).collect();
    let moving = tree.source(entry);
    let edits = match tree.get(root, List::Init.usual_key()) {
        None if rest.is_empty() => vec![Edit::replacement(tree.span(key), quoted(List::Init))],
        None => {
            let before = format!("{}:[{moving}],", quoted(List::Init));
            vec![Edit::insertion(tree.span(key).start, before), without(&tree, list, &rest)]
        }
        Some(init) => vec![with(&tree, init, moving)?, without(&tree, list, &rest)],
    };
    Some(Edits::new(edits).ok()?.apply(json))
}

fn quoted(list: List) -> String {
    format!("\"{}\"", list.usual_key())
}

/// As Go writes a list of nothing.
fn without(tree: &Tree<'_>, list: NodeId, rest: &[&str]) -> Edit {
    let text = if rest.is_empty() { "null".to_owned() } else { format!("[{}]", rest.join(",")) };
    Edit::replacement(tree.span(list), text)
}

fn with(tree: &Tree<'_>, list: NodeId, moving: &str) -> Option<Edit> {
    match tree.entries(list).last() {
        Some(last) => Some(Edit::insertion(tree.span(*last).end, format!(",{moving}"))),
        None if tree.is_null(list) || matches!(tree.node(list).kind, Kind::Sequence(_)) => {
            Some(Edit::replacement(tree.span(list), format!("[{moving}]")))
        }
        None => None,
    }
}

const OPEN: &str = "{annotations[";

/// The handler with the values of the pod's annotations in the place of `{annotations[NAME] or DEFAULT}`.
pub(super) fn filled(known: &Known<'_, '_>, handler: &New) -> New {
    match handler {
        New::Text(text) => New::Text(filled_text(known, text).unwrap_or_else(|| text.clone())),
        New::Literal(text) => New::Literal(text.clone()),
        New::List(entries) => New::List(entries.iter().map(|entry| filled(known, entry)).collect()),
        New::Map(pairs) => New::Map(pairs.iter().map(|(key, value)| (key.clone(), filled(known, value))).collect()),
    }
}

fn filled_text(known: &Known<'_, '_>, text: &str) -> Option<String> {
    let (before, rest) = text.split_once(OPEN)?;
    let (name, rest) = rest.split_once("] or ")?;
    let (default, after) = rest.split_once('}')?;
    let value = pod_annotation(known, name).filter(|value| !value.is_empty()).unwrap_or(default);
    Some(format!("{before}{value}{after}"))
}

#[cfg(test)]
mod tests {
    use super::moved;

    #[test]
    fn a_name_goes_to_the_other_list_and_the_rest_of_the_json_stays() {
        let to = |json: &str| moved(json, "b");
        let same = |json: &str, wanted: &str| assert_eq!(to(json).as_deref(), Some(wanted));
        same(
            r#"{"initContainers":["a"],"containers":["b"],"x":[1]}"#,
            r#"{"initContainers":["a","b"],"containers":null,"x":[1]}"#,
        );
        same(r#"{"initContainers":null,"containers":["b","c"]}"#, r#"{"initContainers":["b"],"containers":["c"]}"#);
        same(r#"{"containers":[{"name":"b","x":{}}]}"#, r#"{"initContainers":[{"name":"b","x":{}}]}"#);
        same(r#"{"containers":["c","b"]}"#, r#"{"initContainers":["b"],"containers":["c"]}"#);
        same(r#"{"initContainers":[],"containers":["b"]}"#, r#"{"initContainers":["b"],"containers":null}"#);
        for other in [
            r#"{"containers":["c"]}"#,
            r#"{"containers":null}"#,
            r#"["b"]"#,
            "b",
            "{",
            r#"{"initContainers":1,"containers":["b"]}"#,
        ] {
            assert_eq!(to(other), None, "{other}");
        }
    }
}
