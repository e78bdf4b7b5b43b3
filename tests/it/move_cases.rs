//! The forty forms that break text edits: in each the container `log-shipper` moves.
//!
//! The expected texts were worked out from the layouts, not from the program. Beside them an independent reader
//! compares the values, and the comments and line ends are counted.

use serde_yaml::{Mapping, Value};

use crate::support::{convert, files, root, shared};

const SIDECAR: &str = "log-shipper";

/// The cases that are refused: by which rule, and why.
const REFUSED: [(&str, &str, &str); 1] =
    [("38-existing-restartpolicy", "restart-policy-conflict", "the container has another `restartPolicy` already")];

struct Case {
    name: String,
    input: String,
    expected: String,
}

/// All cases that convert, with their expected texts.
fn cases() -> Option<Vec<Case>> {
    let folder = shared("yaml-move-cases")?;
    let inputs = files(&folder, &[".yaml"]);
    assert_eq!(inputs.len(), 40, "cases in {}", folder.display());
    let mut cases = Vec::new();
    for path in inputs {
        let name = path.file_stem().unwrap().to_string_lossy().into_owned();
        if REFUSED.iter().any(|(refused, ..)| *refused == name) {
            continue;
        }
        let expected = root().join(format!("tests/data/move-cases/{name}.expected"));
        let read = |path| std::fs::read_to_string(path).unwrap_or_else(|error| panic!("{name}: {error}"));
        let (input, expected) = (read(path.clone()), read(expected));
        cases.push(Case { name, input, expected });
    }
    Some(cases)
}

/// What the program makes of a case; of a `ResourceList` the part above the results.
fn converted(case: &Case) -> String {
    let converted = convert(&case.input, &[SIDECAR]);
    assert!(!converted.failed, "{}: {:?}", case.name, converted.diagnostics);
    without_results(&converted.text).to_owned()
}

fn without_results(text: &str) -> &str {
    &text[..text.find("\nresults:\n").map_or(text.len(), |at| at + 1)]
}

#[test]
fn the_text_is_what_the_layouts_say() {
    let Some(cases) = cases() else { return };
    let mut problems = String::new();
    for case in &cases {
        let found = converted(case);
        if found != case.expected {
            problems += &format!("== {}: found\n{found}== wanted\n{}", case.name, case.expected);
        }
    }
    assert!(problems.is_empty(), "{problems}");
}

#[test]
fn what_cannot_be_moved_is_refused_and_stays() {
    let Some(folder) = shared("yaml-move-cases") else { return };
    for (name, rule, why) in REFUSED {
        let input = std::fs::read_to_string(folder.join(format!("{name}.yaml"))).unwrap();
        let refused = convert(&input, &[SIDECAR]);
        assert_eq!(refused.text, input, "{name}: {why}");
        let expected = format!("error {rule} spec.containers[1].restartPolicy");
        assert_eq!(refused.diagnostics, [expected], "{name}: {why}");
    }
}

#[test]
fn another_reader_sees_the_values_moved_and_nothing_else() {
    let Some(cases) = cases() else { return };
    for case in &cases {
        let mut values = read(&case.input).unwrap_or_else(|error| panic!("{}: {error}", case.name));
        let moved: usize = values.iter_mut().map(move_sidecars).sum();
        assert!(moved > 0, "{}: the model found nothing to move", case.name);
        let found = read(&converted(case)).unwrap_or_else(|error| panic!("{}: {error}", case.name));
        assert_eq!(found, values, "{}", case.name);
    }
}

fn read(text: &str) -> Result<Vec<Value>, serde_yaml::Error> {
    // The reader takes a byte order mark for content.
    let text = text.trim_start_matches('\u{feff}');
    serde_yaml::Deserializer::from_str(text).map(<Value as serde::Deserialize>::deserialize).collect()
}

/// The model: moves the sidecar in every mapping that has `containers`, and gives the number of moves.
fn move_sidecars(value: &mut Value) -> usize {
    match value {
        Value::Sequence(entries) => entries.iter_mut().map(move_sidecars).sum(),
        Value::Tagged(tagged) => move_sidecars(&mut tagged.value),
        Value::Mapping(mapping) => {
            let below: usize = mapping.values_mut().map(move_sidecars).sum();
            below + usize::from(move_sidecar(mapping).is_some())
        }
        _ => 0,
    }
}

fn move_sidecar(pod: &mut Mapping) -> Option<()> {
    let containers = untagged(pod.get_mut("containers")?).as_sequence_mut()?;
    let at = containers.iter_mut().position(|entry| {
        let name = untagged(entry).get_mut("name").map(untagged);
        name.is_some_and(|name| name.as_str() == Some(SIDECAR))
    })?;
    let mut sidecar = containers.remove(at);
    untagged(&mut sidecar).as_mapping_mut()?.insert("restartPolicy".into(), "Always".into());
    let mut init = match pod.remove("initContainers") {
        Some(Value::Sequence(entries)) => entries,
        _ => Vec::new(),
    };
    init.push(sidecar);
    pod.insert("initContainers".into(), Value::Sequence(init));
    Some(())
}

fn untagged(value: &mut Value) -> &mut Value {
    match value {
        Value::Tagged(tagged) => &mut tagged.value,
        other => other,
    }
}

#[test]
fn comments_and_line_ends_stay() {
    let Some(cases) = cases() else { return };
    for case in &cases {
        let found = converted(case);
        assert_eq!(hashes(&found), hashes(&case.input), "{}", case.name);
        let bare_feeds = |text: &str| text.matches('\n').count() - text.matches("\r\n").count();
        if case.input.contains("\r\n") {
            assert_eq!(bare_feeds(&found), bare_feeds(&case.input), "{}: line feeds without a return", case.name);
        } else {
            assert_eq!(found.matches('\r').count(), 0, "{}: carriage returns", case.name);
        }
        assert_eq!(found.ends_with('\n'), case.input.ends_with('\n'), "{}: the last line", case.name);
    }
}

/// Everything from a `#` behind white space to the end of its line, sorted.
fn hashes(text: &str) -> Vec<&str> {
    let mut found: Vec<_> = text.lines().filter_map(|line| line.find('#').map(|at| &line[at..])).collect();
    found.sort_unstable();
    found
}

#[test]
fn a_second_run_changes_no_byte() {
    let Some(cases) = cases() else { return };
    for case in &cases {
        let once = convert(&case.input, &[SIDECAR]).text;
        let twice = convert(&once, &[SIDECAR]);
        assert_eq!(twice.text, once, "{}", case.name);
        assert_eq!(twice.diagnostics, Vec::<String>::new(), "{}", case.name);
    }
}

/// Pods that once met an internal error: what it was, input, output.
const REGRESSIONS: [(&str, &str, &str); 3] = [
    (
        "a key of the pod spec that stands twice, and is none of ours",
        "  a: 1\n  containers:\n  - name: app\n    image: a\n  - name: log-shipper\n    image: s\n  a: 2\n",
        "  a: 1\n  containers:\n  - name: app\n    image: a\n  initContainers:\n  - name: log-shipper\n    restartPolicy: Always\n    image: s\n  a: 2\n",
    ),
    (
        "a key of the container that is a list",
        "  containers:\n  - name: app\n    image: a\n  - ? - a\n    : b\n    name: log-shipper\n    image: s\n",
        "  containers:\n  - name: app\n    image: a\n  initContainers:\n  - ? - a\n    : b\n    name: log-shipper\n    restartPolicy: Always\n    image: s\n",
    ),
    (
        "a block scalar that moves to the end of a text without a last line break",
        "  containers:\n  - name: log-shipper\n    image: s\n    a: |+\n      b\n\n  - name: app\n    image: a\n  initContainers: []",
        "  containers:\n  - name: app\n    image: a\n  initContainers:\n  - name: log-shipper\n    restartPolicy: Always\n    image: s\n    a: |+\n      b\n\n",
    ),
];

#[test]
fn what_once_was_an_internal_error_converts() {
    let head = "apiVersion: v1\nkind: Pod\nspec:\n";
    for (what, input, expected) in REGRESSIONS {
        let found = convert(&format!("{head}{input}"), &[SIDECAR]);
        assert_eq!(found.text, format!("{head}{expected}"), "{what}: {:?}", found.diagnostics);
    }
}
