//! Annotations of the pods that change with a sidecar: what its injector remembers, what sets it up, what names it.

use super::Op;
use super::edits::{Edited, Known, Made};
use crate::k8s::pod_spec::{List, PodSpec, field};
use crate::krm::annotations::IDS;
use crate::yaml::edit::{Edit, Edits};
use crate::yaml::new::New;
use crate::yaml::parse::parse;
use crate::yaml::tree::{Kind, NodeId, Tree};

fn annotations(tree: &Tree<'_>, pod: &PodSpec) -> Option<NodeId> {
    field(tree, pod.metadata_node()?, "metadata").and_then(|node| field(tree, node, "annotations"))
}

/// The value of an annotation after the changes that were made so far.
pub(super) fn value(known: &Known<'_, '_>, name: &str, made: &Made<'_>) -> Option<String> {
    value_in((known.tree, known.pod), name, made)
}

fn value_in((tree, pod): (&Tree<'_>, &PodSpec), name: &str, made: &Made<'_>) -> Option<String> {
    if let Some((_, value)) = made.annotations.iter().rfind(|(one, _)| one == name) {
        return value.clone();
    }
    let node = annotations(tree, pod).and_then(|node| field(tree, node, name))?;
    tree.scalar(node).map(str::to_owned)
}

fn change(pod: &PodSpec, name: &str, value: Option<String>, what: String, made: &mut Made<'_>) {
    let Some((_, path)) = pod.metadata_holder() else { return };
    made.annotations.retain(|(one, _)| one != name);
    made.annotations.push((name.to_owned(), value));
    let at = path.key("metadata").key("annotations").key(name.to_owned());
    made.edited.push(Edited { at, what });
}

/// Gives an annotation of the pods a value.
pub(super) fn set(known: &Known<'_, '_>, pair: (&str, &str), reason: &str, made: &mut Made<'_>) {
    set_in((known.tree, known.pod), pair, reason, made);
}

/// The same for a pod of which no container is looked at.
pub(super) fn set_in((tree, pod): (&Tree<'_>, &PodSpec), (name, new): (&str, &str), reason: &str, made: &mut Made<'_>) {
    if value_in((tree, pod), name, made).as_deref() != Some(new) {
        let what = format!("set the annotation {name} to `{new}`: {reason}");
        change(pod, name, Some(new.to_owned()), what, made);
    }
}

/// Takes an annotation of the pods away.
pub(super) fn remove(known: &Known<'_, '_>, name: &str, reason: &str, made: &mut Made<'_>) {
    if value(known, name, made).is_some() {
        change(known.pod, name, None, format!("removed the annotation {name}: {reason}"), made);
    }
}

/// An annotation whose JSON lists the containers of the pod by both of their keys: the sidecar goes to the other list.
pub(super) fn move_name(known: &Known<'_, '_>, name: &str, reason: &str, made: &mut Made<'_>) {
    // Text in a block scalar would have to be written on one line.
    let node = annotations(known.tree, known.pod).and_then(|node| field(known.tree, node, name));
    let is_block = |id: NodeId| matches!(&known.tree.node(id).kind, Kind::Scalar { style, .. } if style.is_block());
    if node.is_some_and(is_block) {
        return;
    }
    if let Some(json) = value(known, name, made).and_then(|json| moved(&json, known.container.name)) {
        let what = format!("moved `{}` in the annotation {name}: {reason}", known.container.name);
        change(known.pod, name, Some(json), what, made);
    }
}

/// The ops that make the changes.
pub(super) fn ops(tree: &Tree<'_>, pod: &PodSpec, changes: &[(String, Option<String>)]) -> Vec<Op> {
    if changes.is_empty() {
        return Vec::new();
    }
    let Some((holder, path)) = pod.metadata_holder() else { return Vec::new() };
    let metadata = field(tree, holder, "metadata");
    let annotations = annotations(tree, pod);
    let old = |name: &str| annotations.and_then(|node| tree.get(node, name));
    let is_change = |(name, value): &&(String, Option<String>)| match (old(name), value) {
        (None, None) => false,
        (Some(old), Some(value)) => tree.scalar(old) != Some(value),
        _ => true,
    };
    let changes: Vec<_> = changes.iter().filter(is_change).collect();
    if changes.is_empty() {
        return Vec::new();
    }
    // The orchestrator's own ids go with every change, so that they do not count.
    let is_user = |key: NodeId| tree.scalar(key).is_none_or(|key| !IDS.contains(&key));
    let is_gone =
        |key: NodeId| changes.iter().any(|(name, value)| value.is_none() && tree.scalar(key) == Some(name.as_str()));
    let has_users = |node: Option<NodeId>| node.is_some_and(|node| tree.pairs(node).any(|(key, _)| is_user(key)));
    let keeps_any = annotations.is_some_and(|node| tree.pairs(node).any(|(key, _)| is_user(key) && !is_gone(key)));
    let added = changes.iter().filter(|(name, _)| old(name).is_none());
    let added = added.filter_map(|(name, value)| Some((name.clone(), New::text(value.as_deref()?))));
    let added: Vec<(String, New)> = added.collect();
    let at = path.key("metadata");
    let key = || "annotations".to_owned();
    if keeps_any {
        let at = at.key("annotations");
        let one = |(name, value): &&(String, Option<String>)| {
            let (at, key) = (at.clone(), name.clone());
            match value.as_deref().map(New::text) {
                None => Op::Remove { at, key, with_comments: true },
                Some(value) if old(name).is_some() => Op::Replace { at, key, value },
                Some(value) => Op::Add { at, key, value },
            }
        };
        return changes.iter().map(one).collect();
    }
    if added.is_empty() {
        return vec![Op::Remove { at, key: key(), with_comments: true }];
    }
    let value = New::Map(added);
    if has_users(metadata) {
        let is_there = annotations.is_some();
        return vec![if is_there { Op::Replace { at, key: key(), value } } else { Op::Add { at, key: key(), value } }];
    }
    let value = New::Map(vec![(key(), value)]);
    let key = "metadata".to_owned();
    vec![if metadata.is_some() { Op::Replace { at: path, key, value } } else { Op::Add { at: path, key, value } }]
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
    let node = annotations(known.tree, known.pod).and_then(|node| field(known.tree, node, name));
    let value = node.and_then(|id| known.tree.scalar(id)).filter(|value| !value.is_empty()).unwrap_or(default);
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
