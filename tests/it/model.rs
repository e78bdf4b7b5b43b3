use std::collections::HashMap;

use convert_sidecars::k8s::workloads::{self, Verdict, gvk, is_list, workload};
use serde::Deserialize;
use serde_yaml::{Mapping, Value};

/// All documents of a YAML text, or why a second YAML reader cannot read it.
pub(crate) fn read(text: &str) -> Result<Vec<Value>, String> {
    let documents = serde_yaml::Deserializer::from_str(text).map(Value::deserialize);
    documents.collect::<Result<_, _>>().map_err(|error| error.to_string())
}

/// What the manual says of a conversion, on values: each selected container leaves `containers` for the end of
/// `initContainers` and is always restarted.
pub(crate) fn convert(document: &mut Value, selected: &[&str]) {
    convert_to(document, selected, Place::Last);
}

/// Where converted containers go.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Place<'n> {
    /// The front of `initContainers`.
    First,
    /// Its end.
    Last,
    /// Directly before the entry with this name.
    Before(&'n str),
    /// Directly behind it.
    After(&'n str),
}

/// The same with another place in `initContainers`.
pub(crate) fn convert_to(document: &mut Value, selected: &[&str], place: Place<'_>) {
    visit(document, &mut |pod| {
        let Some(Value::Sequence(all)) = pod.get_mut("containers") else { return };
        let (moved, kept): (Vec<_>, Vec<_>) =
            std::mem::take(all).into_iter().partition(|one| name(one).is_some_and(|name| selected.contains(&name)));
        *all = kept;
        if moved.is_empty() {
            return;
        }
        let is_emptied = all.is_empty() && !pod.contains_key("initContainers");
        let mut init = match pod.get("initContainers") {
            Some(Value::Sequence(init)) => init.clone(),
            _ => Vec::new(),
        };
        if is_emptied {
            pod.remove("containers");
        }
        let entry = |wanted: &str| init.iter().position(|one| name(one) == Some(wanted)).unwrap_or(init.len());
        let place = match place {
            Place::First => 0,
            Place::Last => init.len(),
            Place::Before(target) => entry(target),
            Place::After(target) => (entry(target) + 1).min(init.len()),
        };
        let native = moved.into_iter().map(|mut container| {
            if let Value::Mapping(container) = &mut container {
                container.insert("restartPolicy".into(), "Always".into());
            }
            container
        });
        init.splice(place..place, native);
        pod.insert("initContainers".into(), Value::Sequence(init));
    });
}

/// A pod spec as far as the choice of a layout depends on it.
#[derive(Debug, Clone)]
pub(crate) struct Pod {
    /// The names in `containers`, empty for entries without one.
    pub(crate) containers: Vec<String>,
    /// Whether there is a key `initContainers`.
    pub(crate) has_init: bool,
}

impl Pod {
    /// Whether there is a choice: two containers or more.
    pub(crate) fn has_choice(&self) -> bool {
        self.containers.len() > 1
    }

    pub(crate) fn has(&self, name: &str) -> bool {
        self.containers.iter().any(|one| one == name)
    }
}

/// The pods of a document, in no particular order of lists in lists.
pub(crate) fn pods(document: &Value) -> Vec<Pod> {
    let mut found = Vec::new();
    visit(&mut document.clone(), &mut |pod| {
        let containers = pod.get("containers").and_then(Value::as_sequence).into_iter().flatten();
        let containers = containers.map(|one| name(one).unwrap_or_default().to_owned()).collect();
        found.push(Pod { containers, has_init: pod.contains_key("initContainers") });
    });
    found
}

pub(crate) fn name(container: &Value) -> Option<&str> {
    container.get("name").and_then(Value::as_str)
}

/// Calls `act` with each pod spec of the document.
pub(crate) fn visit(document: &mut Value, act: &mut dyn FnMut(&mut Mapping)) {
    let text = |key| document.get(key).and_then(Value::as_str).unwrap_or("");
    let gvk = gvk(text("apiVersion"), text("kind"));
    if is_list(&gvk) {
        let items = document.get_mut("items").and_then(Value::as_sequence_mut);
        items.into_iter().flatten().for_each(|item| visit(item, act));
    } else if let Some(row) = workload(&gvk) {
        let by_itself =
            |place: &&workloads::Place| matches!(place.verdict.unwrap_or(row.verdict), Verdict::ByItself(_));
        for place in row.places.iter().filter(|place| !by_itself(place)) {
            follow(document, place.path, &mut |pod| visit_list(pod, place.list, act));
        }
    }
}

/// Calls `act` with what stands at the end of a path: `[]` steps into lists, `*` into mappings.
fn follow(value: &mut Value, path: &str, act: &mut dyn FnMut(&mut Mapping)) {
    let (part, rest) = path.split_once('.').unwrap_or((path, ""));
    let next: Vec<&mut Value> = match (part, part.strip_suffix("[]")) {
        ("", _) => {
            if let Value::Mapping(pod) = value {
                act(pod);
            }
            return;
        }
        ("*", _) => value.as_mapping_mut().into_iter().flat_map(|all| all.values_mut()).collect(),
        (_, Some(key)) => value.get_mut(key).and_then(Value::as_sequence_mut).into_iter().flatten().collect(),
        (key, None) => value.get_mut(key).into_iter().collect(),
    };
    for value in next {
        follow(value, rest, act);
    }
}

/// Calls `act` with a pod whose list of containers has another name, as if it had the usual one.
fn visit_list(pod: &mut Mapping, list: &str, act: &mut dyn FnMut(&mut Mapping)) {
    if list == "containers" {
        return act(pod);
    }
    let mut view = Mapping::new();
    for (own, usual) in [(list, "containers"), ("initContainers", "initContainers")] {
        view.extend(pod.remove(own).map(|value| (usual.into(), value)));
    }
    act(&mut view);
    for (own, usual) in [(list, "containers"), ("initContainers", "initContainers")] {
        pod.extend(view.remove(usual).map(|value| (own.into(), value)));
    }
}

/// How often each line stands more in `after` than in `before`; negative for lines that are gone.
///
/// Line ends do not count, lines that are as frequent are left out, and the answer is sorted.
pub(crate) fn changed_lines<'t>(before: &'t str, after: &'t str) -> Vec<(&'t str, i32)> {
    let mut balance: HashMap<&str, i32> = HashMap::new();
    before.lines().for_each(|line| *balance.entry(line).or_default() -= 1);
    after.lines().for_each(|line| *balance.entry(line).or_default() += 1);
    let mut changed: Vec<_> = balance.into_iter().filter(|(_, count)| *count != 0).collect();
    changed.sort_unstable();
    changed
}

/// The least number of lines to delete and to insert that make `after` of `before`; `None` beyond `limit`.
///
/// E. W. Myers, "An O(ND) Difference Algorithm and Its Variations", the greedy form.
pub(crate) fn line_distance(before: &str, after: &str, limit: usize) -> Option<usize> {
    let (a, b): (Vec<&str>, Vec<&str>) = (before.lines().collect(), after.lines().collect());
    // `furthest[k + limit + 1]` is the furthest line of `a` reached on the diagonal `k`.
    let mut furthest = vec![0usize; 2 * limit + 3];
    for distance in 0..=limit {
        for index in (limit + 1 - distance..=limit + 1 + distance).step_by(2) {
            let is_insertion = index == limit + 1 - distance
                || (index != limit + 1 + distance && furthest[index - 1] < furthest[index + 1]);
            let mut x = if is_insertion { furthest[index + 1] } else { furthest[index - 1] + 1 };
            // On the diagonal k = index - limit - 1, y is x - k.
            while let Some(y) = (x + limit + 1).checked_sub(index)
                && x < a.len()
                && y < b.len()
                && a[x] == b[y]
            {
                x += 1;
            }
            furthest[index] = x;
            if x >= a.len() && x + limit + 1 >= b.len() + index {
                return Some(distance);
            }
        }
    }
    None
}

#[test]
fn line_distance_counts_deleted_and_inserted_lines() {
    assert_eq!(line_distance("a\nb\nc\n", "a\nb\nc\n", 3), Some(0));
    assert_eq!(line_distance("a\nc\n", "a\nb\nc\nd\n", 3), Some(2));
    assert_eq!(line_distance("a\nb\nc\n", "a\nx\nc\n", 3), Some(2));
    assert_eq!(line_distance("a\nb\nc\nd\n", "b\nc\nd\na\n", 3), Some(2));
    assert_eq!(line_distance("", "a\nb\n", 3), Some(2));
    assert_eq!(line_distance("a\nb\nc\nd\n", "w\nx\ny\nz\n", 3), None);
}
