//! Objects that are patches of others: workloads in which a container has no image.

use std::sync::LazyLock;

use memchr::memmem::Finder;

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
/// The slices of complete workloads are not parsed a second time for the index, so this looks at lines only, and at
/// those of the lists alone.
pub(super) fn may_be_partial(text: &str) -> bool {
    const KEY: &str = List::Main.usual_key();
    static WORD: LazyLock<Finder<'_>> = LazyLock::new(|| Finder::new(KEY));
    let mut at = 0;
    while let Some(found) = text.as_bytes().get(at..).and_then(|rest| WORD.find(rest)) {
        if at == 0 && line::has_bare_return(text) {
            return true;
        }
        let (start, end) = (line::start(text, at + found), line::end(text, at + found));
        at = end;
        let line = text.get(start..end).unwrap_or("");
        let content = line.trim_ascii_start();
        if content.starts_with('#') {
            continue;
        }
        let column = line.len() - content.len();
        let content = content.trim_ascii_end();
        match content.strip_prefix("containers:").map(str::trim_start) {
            Some(behind) if behind.is_empty() || behind.starts_with('#') => {
                let rest = text.as_bytes().get(end..).unwrap_or(&[]);
                let is_plain = WORD.find(rest).is_none() && memchr::memchr2(b'\t', b'\r', rest).is_none();
                if is_plain && is_surely_complete(text, end, column) {
                    return false;
                }
                match end_of_complete(text, end, column) {
                    Some(end) => at = end,
                    None => return true,
                }
            }
            Some("null" | "~" | "[]") => {}
            Some(_) => return true,
            None => {
                let is_key = |at: usize| matches!(content.as_bytes().get(at + KEY.len()), Some(b':' | b'"'));
                if WORD.find_iter(content.as_bytes()).any(is_key) {
                    return true;
                }
            }
        }
    }
    false
}

/// Whether all entries of the list below a header in the column `header` have an image, by a look at their dashes and
/// the lines up to their images; `false` where that does not tell. No other list and no odd white space may follow.
///
/// Where the list ends does not matter: an entry of a list behind it may pass for one of its own if it has an image.
fn is_surely_complete(text: &str, from: usize, header: usize) -> bool {
    let bytes = text.as_bytes();
    let mut lines = line::lines(text, from).map(|(start, line)| (start, line::indentation(line.as_bytes())));
    let Some((start, dash)) = lines.find(|(start, column)| !is_void(bytes, start + column)) else { return false };
    if dash < header || bytes.get(start + dash) != Some(&b'-') {
        return false;
    }
    let is_entry = |at: &usize| {
        let before = at.checked_sub(dash + 1).and_then(|start| bytes.get(start..*at)).and_then(<[u8]>::split_first);
        before.is_some_and(|(end, indent)| *end == b'\n' && line::indentation(indent) == dash)
    };
    let mut at = start + dash;
    while let Some(image) = image_of_entry(text, at, dash) {
        let dashes = memchr::memchr_iter(b'-', bytes.get(image..).unwrap_or(&[]));
        let Some(next) = dashes.map(|at| image + at).find(is_entry) else { return true };
        at = next;
    }
    // The last line before it that is no deeper ends the list, unless that is an entry as well.
    let above = line::lines_above(text, at - dash).map(|(start, line)| (start, line::indentation(line.as_bytes())));
    let mut above = above.filter(|(start, column)| *column <= dash && !is_void(bytes, start + column));
    at > start + dash && above.next().is_some_and(|(start, column)| bytes.get(start + column) != Some(&b'-'))
}

/// Where the image of an entry stands that has its dash at `at`, in the column `dash`.
fn image_of_entry(text: &str, at: usize, dash: usize) -> Option<usize> {
    let bytes = text.as_bytes();
    let is_image = |key: usize| text.get(key..).is_some_and(is_image);
    let spaces = line::indentation(bytes.get(at + 1..)?);
    let key = at + 1 + spaces;
    if spaces == 0 || is_void(bytes, key) {
        return None;
    }
    if is_image(key) {
        return Some(key);
    }
    let column = dash + 1 + spaces;
    for (start, line) in line::lines(text, line::end(text, at)) {
        let indentation = line::indentation(line.as_bytes());
        if indentation == column && is_image(start + column) {
            return Some(start + column);
        }
        if indentation < column && !is_void(bytes, start + indentation) {
            return None;
        }
    }
    None
}

/// Whether nothing but a comment stands at the end of an indentation.
fn is_void(bytes: &[u8], at: usize) -> bool {
    matches!(bytes.get(at), None | Some(b'\n' | b'#'))
}

/// Where the list ends whose header is the line before `at`, with its key in the column `header`; `None` when an entry
/// may lack an image.
fn end_of_complete(text: &str, mut at: usize, header: usize) -> Option<usize> {
    let mut entries = Entries { header, dash: None, key: None, is_complete: true };
    while at < text.len() {
        let (start, end) = (at, line::end(text, at));
        at = end;
        // An entry with an image is of no more interest, and of one without only the keys are.
        let passed = if entries.is_complete { entries.dash } else { entries.key };
        let is_passed = |column| text.as_bytes().get(start..end).is_some_and(|line| line::indentation(line) > column);
        if passed.is_some_and(is_passed) {
            continue;
        }
        let line = text.get(start..end).unwrap_or("");
        let content = line.trim_ascii_start();
        if content.is_empty() || content.starts_with('#') {
            continue;
        }
        match entries.take(line.len() - content.len(), content.trim_ascii_end()) {
            Taken::Inside => {}
            Taken::Incomplete => return None,
            Taken::Behind => return Some(start),
        }
    }
    entries.is_complete.then_some(at)
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
    fn take(&mut self, column: usize, content: &str) -> Taken {
        let is_entry = content == "-" || content.starts_with("- ") || content.starts_with("-\t");
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

/// Whether a text begins with the key of an image and one that is not null on the same line.
fn is_image(content: &str) -> bool {
    let value = ["image:", "\"image\":", "'image':"].iter().find_map(|key| content.strip_prefix(key));
    let value = value.map(|value| value.trim_start_matches([' ', '\t']));
    value.is_some_and(|value| {
        !value.is_empty() && !["\n", "\r", "#", "~", "null"].iter().any(|no| value.starts_with(no))
    })
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
            // What stands in an entry is no list of the pod, and neither are the dashes of the list behind it.
            "spec:\n  containers:\n  - name: a\n    image: a:1\n    args:\n    - containers:\n  volumes:\n  - name: b\n",
            "spec:\n  containers:\n  - name: a\n    image: a:1\n# end\n\n  - image: b:1\n    x: |\n      - name: c\nstatus:\n- b\n",
            "spec:\r\n  containers:\r\n  -\r\n    env:\r\n    - name: X\r\n    image: a:1\r\n",
            // An image further down, and lists behind the last entry with dashes in the same column.
            "spec:\n  containers:\n\n  # first\n  - name: a\n    args:\n    - x\n\n# b\n    image: a:1\n  -   name: b\n      image: b:1\n  x:\n  - image: c\n  y:\n  - name: d\n",
            "containers:\n- image: a-b-c\n- name: b\n  image: b\nvolumes: # c\n\n# d\n- name: d\n",
            "data:\n  # containers:\n  text: the containers of a pod\n",
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
            // The image of the list behind is not the entry's, and the second list counts as the first does.
            "spec:\n  containers:\n  - name: a\n  other:\n  - image: b:1\n",
            "spec:\n  containers:\n  - image: a:1\n  -\n    name: b\n    env:\n    - image: c\n",
            "containers:\n- image: a\n- name: b\n  args:\n  - image: x\n  env: {}\nvolumes:\n- image: d\n",
            "containers:\n- image: a\n# b\n- name: b\n",
            "containers:\n- name: a\n   image: b\n- image: c\n",
            "containers:\n- image: a\n-\n- image: c\n",
            "- containers:\n  - image: a:1\n",
            "a:\n  containers:\n  - image: a:1\nb:\n  the containers: 1\n",
            "a: containers\nb: {\"containers\": []}\n",
            "containers:\n- image: a\n- name: b\n  image:\n",
            "containers:\n- image: # none\n  name: a\n",
            "containers:\n- image: ~\n- image: a\n",
            "containers:\r\n- image: a\r\n- name: b\r\n  image: null\r\n",
            "containers:\n-\tname: a\n",
            "containers:\n- image: a\n- name: b\n  image:\ta\n-\tname: c\n",
            "containers:\n- image: a\r- name: b\n",
            "spec:\n  containers:\n    - name: a\n      image: a:1\n---\nspec:\n  containers:\n    - name: b\n",
        ];
        for text in partial {
            assert!(may_be_partial(text), "{text}");
        }
    }
}
