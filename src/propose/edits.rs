//! Edits beyond the move: what the native form of a well-known sidecar has, by its profile in the catalogue.

use std::cell::OnceCell;

use super::Op;
use super::markers;
use crate::catalog::profile::{Applicability, Op as Wanted, Profile, ProfileEdit, When};
use crate::catalog::recognise::Traits;
use crate::catalog::wildcard::Wildcard;
use crate::config::EditLevel;
use crate::k8s::container::{Handler, Hook, handler, texts};
use crate::k8s::pod_spec::{Container, PodSpec, field};
use crate::krm::annotations::IDS;
use crate::select::declared::{Declaration, declarations};
use crate::select::{Candidate, Injected};
use crate::yaml::new::New;
use crate::yaml::path::Path;
use crate::yaml::tree::{NodeId, Tree};

/// An edit that is proposed, for the report.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Edited {
    /// The field.
    pub at: Path,
    /// What happens to it, and why.
    pub what: String,
}

/// A container with what is known of it.
pub(super) struct Known<'a, 't> {
    pub(super) tree: &'t Tree<'t>,
    pub(super) pod: &'a PodSpec,
    pub(super) container: &'a Container<'t>,
    /// The containers of both lists.
    pub(super) all: &'a [Container<'t>],
    /// What it is recognised by, if anybody asks.
    pub(super) traits: OnceCell<Traits<'t>>,
}

/// The ops and reports so far.
#[derive(Debug, Default)]
pub(super) struct Made<'t> {
    pub(super) ops: Vec<Op>,
    pub(super) edited: Vec<Edited>,
    /// Ordinary init containers that go before all others, by name.
    pub(super) first: Vec<String>,
    /// Declarations to other tools that go.
    pub(super) unmarked: Vec<(&'t str, String)>,
    /// Annotations of the pods that change: their new values, or `None` for those that go.
    pub(super) annotations: Vec<(String, Option<String>)>,
}

/// Makes the edits of a profile that the level allows.
///
/// A hook that holds the main containers back goes only where a startup probe does that.
pub(super) fn make(known: &Known<'_, '_>, profile: &Profile, level: EditLevel, is_gated: bool, made: &mut Made<'_>) {
    let is_allowed = |edit: &&ProfileEdit| match edit.applicability {
        Applicability::Safe => level >= EditLevel::Safe,
        Applicability::All => level == EditLevel::All,
    };
    let is_met = |edit: &&ProfileEdit| edit.min_tag.as_deref().is_none_or(|tag| known.is_at_least(tag, level));
    let is_covered = |edit: &&ProfileEdit| is_gated || !matches!(edit.op, Wanted::RemovePostStart(_));
    let edits = profile.edits.iter().filter(is_allowed).filter(is_met);
    let edits: Vec<_> = edits.filter(is_covered).collect();
    hooks(known, &edits, made);
    arguments(known, &edits, made);
    variables(known, &edits, made);
    for edit in edits {
        match &edit.op {
            Wanted::SetAnnotation { name, value } => markers::set(known, (name, value), &edit.reason, made),
            Wanted::RemoveAnnotation(name) => markers::remove(known, name, &edit.reason, made),
            Wanted::MoveInAnnotation(name) => markers::move_name(known, name, &edit.reason, made),
            Wanted::MoveInitFirst(names) => made.first.extend(names.iter().cloned()),
            _ => {}
        }
    }
    let annotation = profile.injector.as_ref().and_then(|injector| injector.annotation.as_ref());
    if let Some((name, value)) = annotation.filter(|_| level == EditLevel::All)
        && markers::value(known, name, made).is_some()
    {
        let reason = "an injector that comes by again would put the sidecar back";
        markers::set(known, (name, value), reason, made);
    }
}

impl<'t> Known<'_, 't> {
    pub(super) fn traits(&self) -> &Traits<'t> {
        self.traits.get_or_init(|| Traits::of(self.tree, self.container, self.all))
    }

    fn path(&self) -> Path {
        self.pod.container_path(self.container)
    }

    /// Whether the image is that new; an unknown version is only good enough where a person looks.
    pub(super) fn is_at_least(&self, tag: &str, level: EditLevel) -> bool {
        let image = self.traits().image.as_ref();
        image.and_then(|image| image.is_at_least(tag)).unwrap_or(level == EditLevel::All)
    }

    /// `what` ends in a preposition: the container's name follows.
    pub(super) fn report(&self, at: Path, what: &str, reason: &str, made: &mut Made<'_>) {
        let what = format!("{what} `{}`: {reason}", self.container.name);
        made.edited.push(Edited { at, what });
    }
}

/// `lifecycle` as the edits leave it.
fn hooks(known: &Known<'_, '_>, edits: &[&ProfileEdit], made: &mut Made<'_>) {
    let tree = known.tree;
    let at = known.path();
    let lifecycle = field(tree, known.container.node, "lifecycle");
    let find = |hook: Hook| hook.find(tree, known.container.node);
    let is_meant = |when: &When, hook: Option<NodeId>| hook.is_some_and(|hook| holds(when, tree, hook));
    let reason = |hook: Hook| {
        edits.iter().find_map(|edit| match &edit.op {
            Wanted::RemovePreStop(when) if hook == Hook::PreStop && is_meant(when, find(hook)) => Some(&edit.reason),
            Wanted::RemovePostStart(when) if hook == Hook::PostStart && is_meant(when, find(hook)) => {
                Some(&edit.reason)
            }
            _ => None,
        })
    };
    let (pre, post) = (find(Hook::PreStop), find(Hook::PostStart));
    let (no_pre, no_post) = (reason(Hook::PreStop), reason(Hook::PostStart));
    let set = edits.iter().find_map(|edit| match &edit.op {
        Wanted::SetPreStop(new) if pre.is_none() || no_pre.is_some() => {
            Some((markers::filled(known, new), &edit.reason))
        }
        _ => None,
    });
    let inner = at.key("lifecycle");
    for (key, reason) in [("preStop", no_pre), ("postStart", no_post)] {
        if let Some(reason) = reason {
            known.report(inner.key(key), &format!("removed `lifecycle.{key}` of"), reason, made);
        }
    }
    if let Some((_, reason)) = &set {
        known.report(inner.key("preStop"), "set `lifecycle.preStop` of", reason, made);
    }
    let own_keys = lifecycle.map_or(0, |node| tree.pairs(node).count());
    let gone = usize::from(no_pre.is_some()) + usize::from(no_post.is_some());
    let remove = |at: &Path, key: &str| Op::Remove { at: at.clone(), key: key.to_owned(), with_comments: true };
    let key = || "preStop".to_owned();
    let whole = |new: &New| New::Map(vec![(key(), new.clone())]);
    let has_lifecycle = tree.get(known.container.node, "lifecycle").is_some();
    match set {
        Some((new, _)) if own_keys == gone && has_lifecycle => {
            made.ops.push(Op::Replace { at, key: "lifecycle".to_owned(), value: whole(&new) });
        }
        Some((new, _)) if !has_lifecycle => {
            made.ops.push(Op::Add { at, key: "lifecycle".to_owned(), value: whole(&new) });
        }
        None if gone > 0 && own_keys == gone => made.ops.push(remove(&at, "lifecycle")),
        set => {
            if let Some((new, _)) = set {
                let (at, value) = (inner.clone(), new);
                let is_there =
                    pre.is_some() || tree.get(lifecycle.unwrap_or(known.container.node), "preStop").is_some();
                let op =
                    if is_there { Op::Replace { at, key: key(), value } } else { Op::Add { at, key: key(), value } };
                made.ops.push(op);
            } else if no_pre.is_some() {
                made.ops.push(remove(&inner, "preStop"));
            }
            if no_post.is_some() && post.is_some() {
                made.ops.push(remove(&inner, "postStart"));
            }
        }
    }
}

/// Whether an edit is about this hook.
fn holds(when: &When, tree: &Tree<'_>, hook: NodeId) -> bool {
    if when.exec.is_empty() && when.http_path.is_empty() && !when.sleep {
        return true;
    }
    match handler(tree, hook) {
        Some(Handler::Exec(words)) => {
            let line = words.join(" ");
            when.exec.iter().any(|pattern| pattern.matches(&line) || words.iter().any(|word| pattern.matches(word)))
        }
        Some(Handler::HttpGet { path, .. }) => when.http_path.iter().any(|pattern| pattern.matches(path)),
        Some(Handler::Sleep { .. }) => when.sleep,
        _ => false,
    }
}

/// Arguments that come and go. The first word of `command` is the program and stays.
fn arguments(known: &Known<'_, '_>, edits: &[&ProfileEdit], made: &mut Made<'_>) {
    let tree = known.tree;
    let at = known.path();
    for (key, first) in [("command", 1), ("args", 0)] {
        let words: Vec<_> = texts(tree, known.container.node, key).collect();
        let mut dropped = Vec::new();
        for (index, word) in words.iter().enumerate().skip(first) {
            let meant = edits.iter().find(|edit| {
                matches!(&edit.op, Wanted::RemoveArgs(patterns) if patterns.iter().any(|pattern| pattern.matches(word)))
            });
            if let Some(edit) = meant {
                known.report(
                    at.key(key).index(index),
                    &format!("removed the argument `{word}` of"),
                    &edit.reason,
                    made,
                );
                dropped.push(index);
            }
        }
        if !dropped.is_empty() && dropped.len() == words.len() {
            made.ops.push(Op::Remove { at: at.clone(), key: key.to_owned(), with_comments: true });
        } else {
            made.ops.extend(dropped.into_iter().map(|index| Op::Drop { list: at.key(key), index }));
        }
    }
    let wanted = edits.iter().filter_map(|edit| match &edit.op {
        Wanted::AddArgs(args) => Some(args.iter().map(|arg| (arg.as_str(), edit.reason.as_str()))),
        _ => None,
    });
    let missing = wanted.flatten().filter(|(arg, _)| !known.traits().command.contains(arg));
    add_arguments(known, &missing.collect::<Vec<_>>(), made);
}

/// Arguments at the end of `args`, each with its reason.
pub(super) fn add_arguments(known: &Known<'_, '_>, missing: &[(&str, &str)], made: &mut Made<'_>) {
    let at = known.path();
    for (arg, reason) in missing {
        known.report(at.key("args"), &format!("added the argument `{arg}` to"), reason, made);
    }
    let values = missing.iter().map(|(arg, _)| New::text(arg)).collect();
    add_entries((known.tree, known.container.node), &at, "args", values, made);
}

/// Entries at the end of a list of a mapping, which may not be there yet.
fn add_entries((tree, mapping): (&Tree<'_>, NodeId), at: &Path, key: &'static str, new: Vec<New>, made: &mut Made<'_>) {
    if new.is_empty() {
        return;
    }
    // Entries that were added before.
    let is_same = |place: &Path, other: &str| place == at && other == key;
    let list = made.ops.iter_mut().find_map(|op| match op {
        Op::Add { at, key, value: New::List(list) } | Op::Replace { at, key, value: New::List(list) }
            if is_same(at, key) =>
        {
            Some(list)
        }
        _ => None,
    });
    if let Some(list) = list {
        list.extend(new);
        return;
    }
    let list = field(tree, mapping, key);
    let removed = |op: &Op| matches!(op, Op::Remove { at: from, key: gone, .. } if from == at && gone == key);
    if let Some(position) = made.ops.iter().position(removed) {
        made.ops.remove(position);
        made.ops.push(Op::Replace { at: at.clone(), key: key.to_owned(), value: New::List(new) });
    } else if list.is_some_and(|list| !tree.entries(list).is_empty()) {
        made.ops.extend(new.into_iter().map(|value| Op::Append { list: at.key(key), value }));
    } else if list.is_some() {
        made.ops.push(Op::Replace { at: at.clone(), key: key.to_owned(), value: New::List(new) });
    } else {
        made.ops.push(Op::Add { at: at.clone(), key: key.to_owned(), value: New::List(new) });
    }
}

/// Takes the variables away whose names begin like this marker: OpenKruise has several.
fn remove_variables(known: &Known<'_, '_>, marker: &str, made: &mut Made<'_>) {
    let edit = ProfileEdit {
        op: Wanted::RemoveEnv(Wildcard::new(&format!("{marker}*"))),
        applicability: Applicability::All,
        min_tag: None,
        reason: UNMARKED.to_owned(),
        source: String::new(),
    };
    variables(known, &[&edit], made);
}

/// Variables that come, go or change.
fn variables(known: &Known<'_, '_>, edits: &[&ProfileEdit], made: &mut Made<'_>) {
    let tree = known.tree;
    let at = known.path();
    let list = field(tree, known.container.node, "env");
    let entries = list.map_or(&[][..], |list| tree.entries(list));
    let name_of = |entry: &NodeId| field(tree, tree.resolve(*entry)?, "name").and_then(|id| tree.scalar(id));
    let is_removed = |pattern: &Wildcard, entry: &NodeId| name_of(entry).is_some_and(|name| pattern.matches(name));
    let mut dropped = Vec::new();
    let mut new = Vec::new();
    for edit in edits {
        match &edit.op {
            Wanted::RemoveEnv(pattern) => {
                for (index, _) in entries.iter().enumerate().filter(|(_, entry)| is_removed(pattern, entry)) {
                    let name = entries.get(index).and_then(name_of).unwrap_or("");
                    let what = format!("removed the variable `{name}` of");
                    known.report(at.key("env").index(index), &what, &edit.reason, made);
                    dropped.push(index);
                }
            }
            Wanted::SetEnv { name, value } => match entries.iter().position(|entry| name_of(entry) == Some(name)) {
                Some(index) => {
                    let entry = entries.get(index).and_then(|entry| tree.resolve(*entry));
                    let old = entry.and_then(|entry| field(tree, entry, "value")).and_then(|id| tree.scalar(id));
                    if old.is_some_and(|old| old != value) {
                        let inner = at.key("env").index(index);
                        let what = format!("set the variable `{name}` to `{value}` in");
                        known.report(inner.key("value"), &what, &edit.reason, made);
                        made.ops.push(Op::Replace { at: inner, key: "value".to_owned(), value: New::text(value) });
                    }
                }
                None => {
                    let what = format!("added the variable `{name}` to");
                    known.report(at.key("env"), &what, &edit.reason, made);
                    let pairs = [("name", name), ("value", value)];
                    new.push(New::Map(pairs.map(|(key, text)| (key.to_owned(), New::text(text))).to_vec()));
                }
            },
            _ => {}
        }
    }
    if !dropped.is_empty() && dropped.len() == entries.len() {
        made.ops.push(Op::Remove { at: at.clone(), key: "env".to_owned(), with_comments: true });
    } else {
        made.ops.extend(dropped.into_iter().map(|index| Op::Drop { list: at.key("env"), index }));
    }
    add_entries((tree, known.container.node), &at, "env", new, made);
}

/// Why a declaration to another tool goes.
const UNMARKED: &str = "it tells another tool to stop the sidecar when the job is done, which the kubelet does now";

/// Takes away what a workload declares of the container to other tools, where it is about containers that move only.
pub(super) fn unmark<'t>(known: &Known<'_, 't>, candidates: &[Candidate<'t>], made: &mut Made<'t>) {
    let (tree, pod, container) = (known.tree, known.pod, known.container);
    let env = known.path().key("env");
    for Declaration { marker, at } in declarations(tree, pod, container) {
        if at == env {
            remove_variables(known, &marker, made);
        } else {
            let is_moved = |name: &str| candidates.iter().any(|one| one.container.name == name);
            let of_pod = pod.metadata_holder().filter(|(_, path)| at.is_within(&path.key("metadata")));
            let holder = of_pod.as_ref().map_or(pod.object, |(holder, _)| *holder);
            let annotations = tree.find(holder, &["metadata", "annotations"]);
            let names = annotations.and_then(|all| tree.scalar(tree.get(all, &marker)?));
            let is_list = names.is_some_and(|names| names.split(',').any(|name| name.trim() == container.name));
            if is_list && !names.is_some_and(|names| names.split(',').all(|name| is_moved(name.trim()))) {
                continue;
            }
            if of_pod.is_some() {
                markers::remove(known, &marker, UNMARKED, made);
            } else if !made.unmarked.iter().any(|(_, one)| *one == marker) {
                made.ops.extend(annotations.map(|all| removal(tree, all, &at, &marker)));
                made.edited.push(Edited {
                    at: at.key(marker.clone()),
                    what: format!("removed the annotation {marker}: {UNMARKED}"),
                });
            }
        }
        made.unmarked.push((container.name, marker));
    }
}

/// The op that takes an annotation of the workload away, and all of them where nothing else is there.
fn removal(tree: &Tree<'_>, annotations: NodeId, at: &Path, name: &str) -> Op {
    let is_other = |key: &str| key != name && !IDS.contains(&key);
    let is_alone = !tree.pairs(annotations).any(|(key, _)| tree.scalar(key).is_none_or(is_other));
    let above = at.above();
    let (at, key) = if is_alone { (above, "annotations") } else { (at.clone(), name) };
    Op::Remove { at, key: key.to_owned(), with_comments: true }
}

/// Asks the injectors for native sidecars by the annotation that they have for it.
pub(super) fn ask_for_native(tree: &Tree<'_>, pod: &PodSpec, injected: &mut [Injected<'_>], made: &mut Made<'_>) {
    for one in injected.iter_mut().filter(|one| !one.is_settled) {
        let Some((name, value)) = one.injector.annotation.as_ref() else { continue };
        let reason = format!("{} makes its sidecar native then", one.injector.name);
        markers::set_in((tree, pod), (name, value), &reason, made);
        (one.is_settled, one.is_native) = (true, true);
    }
}
