//! Objects that are patches of others: workloads in which a container has no image.

use super::changes::{Aim, Changes, Patch};
use super::{Origin, text};
use crate::config::Config;
use crate::k8s::pod_spec::{List, field};
use crate::locate::{kind_of, locate};
use crate::select::select;
use crate::yaml::line;
use crate::yaml::tree::{NodeId, Tree};

/// Keeps the containers without an image that stay where they are; those that are selected are the business of
/// `partial-object`.
pub(super) fn read(tree: &Tree<'_>, object: NodeId, config: &Config, changes: &mut Changes) {
    for pod in locate(tree, object, &config.extra_kinds) {
        let candidates = select(tree, &pod, config).candidates;
        let containers = pod.containers(tree, List::Main).into_iter().filter(|container| {
            let has_image = field(tree, container.node, "image").is_some_and(|image| !tree.is_null(image));
            !has_image && candidates.iter().all(|candidate| candidate.container.index != container.index)
        });
        let containers: Vec<_> = containers.map(|container| container.name.to_owned()).collect();
        let origin = Origin::of(tree, pod.object);
        let aim = Aim::at(
            &kind_of(tree, pod.object),
            text(tree, pod.object, &["metadata", "name"]),
            &origin.resource.namespace,
        );
        if let Some(aim) = aim.filter(|_| !containers.is_empty()) {
            changes.patches.put(aim, Patch { origin, is_object: true, containers });
        }
    }
}

/// Whether an entry of a `containers` list may lack an image; `true` also where the lines do not tell.
///
/// The slices of complete workloads are not parsed a second time for the index, so this looks at lines only.
pub(super) fn may_be_partial(text: &str) -> bool {
    let mut words = memchr::memmem::find_iter(text.as_bytes(), List::Main.usual_key()).peekable();
    let mut list: Option<Entries> = None;
    let mut at = 0;
    while at < text.len() {
        while words.next_if(|word| *word < at).is_some() {}
        if list.is_none() {
            // Nothing matters before the line of the next word.
            let Some(word) = words.peek() else { break };
            at = line::start(text, *word);
        }
        let (start, end) = (at, line::end(text, at));
        at = end;
        let line = text.get(start..end).unwrap_or("");
        let key = list.as_ref().and_then(|entries| entries.key);
        if key.is_some_and(|key| line::indentation(line.as_bytes()) > key) {
            continue;
        }
        let content = line.trim_ascii_start();
        let column = line.len() - content.len();
        if key.is_some_and(|key| column > key) || content.is_empty() || content.starts_with('#') {
            continue;
        }
        let content = content.trim_ascii_end();
        if let Some(entries) = &mut list {
            match entries.take(column, content) {
                Taken::Inside => continue,
                Taken::Incomplete => return true,
                Taken::Behind => list = None,
            }
        }
        while words.next_if(|word| *word < start).is_some() {}
        if words.peek().is_none_or(|word| *word >= end) {
            continue;
        }
        match content.strip_prefix("containers:").map(str::trim_start) {
            Some(behind) if behind.is_empty() || behind.starts_with('#') => list = Some(Entries::below(column)),
            Some("null" | "~" | "[]") => {}
            Some(_) => return true,
            None if content.contains("containers:") || content.contains("containers\"") => return true,
            None => {}
        }
    }
    list.is_some_and(|entries| !entries.is_complete)
}

/// The entries of a block list, line by line.
struct Entries {
    header: usize,
    /// Column of the dashes, once there was one.
    dash: Option<usize>,
    /// Column of the keys of the entry.
    key: Option<usize>,
    /// Whether the entry has an image; a list without entries lacks nothing.
    is_complete: bool,
}

/// What a line is to a list.
enum Taken {
    /// A part of it.
    Inside,
    /// Its entry ended without an image.
    Incomplete,
    /// The first line that is no part of it.
    Behind,
}

impl Entries {
    fn below(header: usize) -> Self {
        Self { header, dash: None, key: None, is_complete: true }
    }

    fn take(&mut self, column: usize, content: &str) -> Taken {
        let is_entry = content == "-" || content.starts_with("- ");
        let is_inside = match self.dash {
            Some(dash) => column > dash || (column == dash && is_entry),
            None => is_entry && column >= self.header,
        };
        if !is_inside {
            return if self.is_complete { Taken::Behind } else { Taken::Incomplete };
        }
        if self.dash.is_some_and(|dash| dash < column) {
            if *self.key.get_or_insert(column) == column {
                self.is_complete |= is_image(content);
            }
            return Taken::Inside;
        }
        if !self.is_complete {
            return Taken::Incomplete;
        }
        self.dash = Some(column);
        let first = content.get(1..).unwrap_or("").trim_start();
        self.key = (!first.is_empty()).then(|| column + content.len() - first.len());
        self.is_complete = is_image(first);
        Taken::Inside
    }
}

fn is_image(content: &str) -> bool {
    ["image:", "\"image\":", "'image':"].iter().any(|key| content.starts_with(key))
}

#[cfg(test)]
mod tests {
    use super::may_be_partial;

    #[test]
    fn only_a_list_whose_entries_all_have_an_image_is_left_unparsed() {
        let complete = [
            "spec:\n  containers:\n  - name: a\n    image: a:1\n    env:\n    - name: X\n  - image: b:1\n    name: b\n",
            "- spec:\n    containers: # two\n      - name: a\n\n        # pinned\n        image: a:1\n      -\n        name: b\n        image: b\n  status: {}\n",
            "kind: Role\nrules:\n- resources: [pods]\n",
            "spec:\n  containers: []\n  nodeName: a\n",
            "spec:\n  initContainers:\n  - name: a\n",
        ];
        for text in complete {
            assert!(!may_be_partial(text), "{text}");
        }
        let partial = [
            "spec:\n  containers:\n  - name: a\n    image: a:1\n  - name: b\n",
            "spec:\n  containers:\n  - name: a\n  - name: b\n    image: b:1\n",
            "spec:\n  containers:\n  - name: a\n    env:\n    - image: x\n  volumes:\n  - image: y\n",
            "spec:\n  containers:\n  - *a\n  volumes: []\n",
            "spec: {containers: [{name: a}]}\n",
            "{\"spec\": {\"containers\": [{\"name\": \"a\"}]}}\n",
            "spec:\n  containers:\n    - name: a\n      image: a:1\n---\nspec:\n  containers:\n    - name: b\n",
        ];
        for text in partial {
            assert!(may_be_partial(text), "{text}");
        }
    }
}
