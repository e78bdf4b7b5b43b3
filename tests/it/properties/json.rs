use proptest::collection::{btree_map, vec};
use proptest::prelude::*;
use serde::Serialize;
use serde_json::json;

use super::check;
use crate::support;

/// A pod as JSON: its layout, and the values of its containers.
fn json_pod() -> impl Strategy<Value = (Option<usize>, serde_json::Value, Vec<bool>)> {
    let leaf = prop_oneof![
        Just(json!(null)),
        any::<bool>().prop_map(|value| json!(value)),
        any::<i32>().prop_map(|value| json!(value)),
        "[ -~ß語]{0,6}".prop_map(|value| json!(value)),
        prop::sample::select(vec!["#x", "a: b", "- c", "[", "}", ",", "\u{1f680}", "containers", "\"\\"])
            .prop_map(|value| json!(value)),
    ];
    let value = leaf.prop_recursive(2, 8, 3, |inner| {
        prop_oneof![
            vec(inner.clone(), 0..3).prop_map(|list| json!(list)),
            btree_map("[a-z#:]{1,4}", inner, 0..3).prop_map(|map| json!(map)),
        ]
    });
    let fields = || btree_map(prop_oneof![Just("image".to_owned()), "[a-z]{1,2}", "p[a-z]{1,2}"], value.clone(), 0..3);
    let list = |prefix: &'static str, count| {
        vec(fields(), count).prop_map(move |entries| {
            let entries = entries.into_iter().enumerate().map(|(index, mut entry)| {
                entry.insert("name".to_owned(), json!(format!("{prefix}{index}")));
                entry
            });
            json!(entries.collect::<Vec<_>>())
        })
    };
    let init = prop_oneof![
        Just(json!({})),
        Just(json!({"initContainers": null})),
        Just(json!({"initContainers": []})),
        list("i", 1..=2).prop_map(|init| json!({"initContainers": init})),
    ];
    let indent = prop::sample::select(vec![None, Some(0), Some(2), Some(4)]);
    (indent, list("c", 1..=4), init, fields(), vec(any::<bool>(), 4)).prop_map(
        |(indent, containers, mut spec, fields, selected)| {
            let more = fields.into_iter().map(|(key, value)| (format!("z{key}"), value));
            spec.as_object_mut().unwrap().extend(more);
            spec["containers"] = containers;
            (indent, json!({"apiVersion": "v1", "kind": "Pod", "spec": spec}), selected)
        },
    )
}

/// The text of a value; `None`: on one line.
fn json_text(value: &serde_json::Value, indent: Option<usize>) -> String {
    let Some(indent) = indent else { return value.to_string() };
    let indent = " ".repeat(indent);
    let mut text = Vec::new();
    let formatter = serde_json::ser::PrettyFormatter::with_indent(indent.as_bytes());
    value.serialize(&mut serde_json::Serializer::with_formatter(&mut text, formatter)).unwrap();
    String::from_utf8(text).unwrap()
}

/// JSON stays JSON in its layout: one line stays one line without a space, indented lines stay indented lines.
#[test]
fn generated_json_stays_json() {
    check(500, json_pod(), |(indent, pod, selected)| {
        let input = json_text(&pod, indent);
        let containers = pod["spec"]["containers"].as_array().unwrap();
        let (mut moved, mut kept, mut names) = (Vec::new(), Vec::new(), Vec::new());
        for (container, is_selected) in containers.iter().zip(&selected) {
            let mut container = container.clone();
            if *is_selected {
                names.push(container["name"].as_str().unwrap().to_owned());
                container["restartPolicy"] = json!("Always");
                moved.push(container);
            } else {
                kept.push(container);
            }
        }
        let names: Vec<_> = names.iter().map(String::as_str).collect();
        let answer = support::convert_anyway(&input, &names);
        if kept.is_empty() || moved.is_empty() {
            prop_assert_eq!(answer.text, input);
            prop_assert_eq!(answer.failed, kept.is_empty());
            return Ok(());
        }
        let mut wanted = pod.clone();
        wanted["spec"]["containers"] = json!(kept);
        let init = wanted["spec"].get("initContainers").and_then(|init| init.as_array()).cloned().unwrap_or_default();
        wanted["spec"]["initContainers"] = json!(init.into_iter().chain(moved).collect::<Vec<_>>());
        prop_assert!(!answer.failed, "{:?}\n{}", answer.diagnostics, input);
        let actual: serde_json::Value = serde_json::from_str(&answer.text)
            .map_err(|error| TestCaseError::fail(format!("{error}\n{}\nfrom\n{input}", answer.text)))?;
        prop_assert_eq!(&actual, &wanted, "\n{}\nfrom\n{}", answer.text, input);
        prop_assert_eq!(
            layout(&answer.text),
            layout(&json_text(&wanted, indent)),
            "\n{}\nfrom\n{}",
            answer.text,
            input
        );
        prop_assert_eq!(support::convert_anyway(&answer.text, &names).text, answer.text);
        Ok(())
    });
}

/// The lines of a text in any order, as its keys may stand in any; of one line alone the length.
fn layout(text: &str) -> Vec<String> {
    let mut lines: Vec<_> = text.lines().map(|line| line.trim_end_matches(',').to_owned()).collect();
    lines.sort_unstable();
    if let [line] = lines.as_slice() { vec![line.len().to_string()] } else { lines }
}
