use std::process::Command;

use serde_yaml::Value;

use super::oracle;
use super::package::documents;
use super::support::{binary, files, output_with_stdin, select, shared};

const IDS: [&str; 2] = ["internal.config.kubernetes.io/id", "config.k8s.io/id"];

/// A `ResourceList` in block style, cut by the columns of its lines.
#[derive(Debug)]
struct Cut<'t> {
    /// Everything up to and with `items:`.
    head: &'t str,
    items: Vec<&'t str>,
    /// Everything from the next key on.
    tail: &'t str,
}

fn cut(text: &str) -> Cut<'_> {
    let mut starts = Vec::new();
    let (mut head, mut tail, mut at) = (0, text.len(), 0);
    for line in text.split_inclusive('\n') {
        let start = at;
        at += line.len();
        if line.starts_with("items:") {
            head = at;
        } else if line.starts_with("- ") && tail == text.len() {
            starts.push(start);
        } else if head > 0 && line.starts_with(|c: char| c.is_ascii_alphabetic()) && tail == text.len() {
            tail = start;
        }
    }
    let ends = starts.iter().copied().skip(1).chain([tail]);
    let items = starts.iter().zip(ends).map(|(start, end)| &text[*start..end]).collect();
    Cut { head: &text[..head], items, tail: &text[tail..] }
}

/// The item as a value; `None` where a second reader rejects it, which it does for a key that occurs twice.
fn value(item: &str) -> Option<Value> {
    serde_yaml::from_str::<Vec<Value>>(item).ok()?.pop()
}

/// What orchestrators really sent, with a configuration that selects `proxy`, or every container where there is none.
#[derive(Debug)]
struct Question {
    name: String,
    text: String,
    selected: String,
    /// Whether the conversion must be refused: no container would stay, or a key occurs twice.
    is_refused: bool,
}

fn questions() -> Vec<Question> {
    let Some(folder) = shared("captures") else { return Vec::new() };
    let mut questions = Vec::new();
    for file in files(&folder, &[".stdin"]) {
        let text = std::fs::read_to_string(&file).unwrap();
        if !text.contains("\nkind: ResourceList\n") {
            continue;
        }
        let Cut { head, items, .. } = cut(&text);
        let values: Vec<_> = items.iter().map(|item| value(item)).collect();
        let pods: Vec<_> = values.iter().flatten().flat_map(|item| oracle::pods(&mut item.clone())).collect();
        let has_proxy = pods.iter().flatten().any(|name| name == "proxy");
        let selected = if has_proxy { "proxy" } else { "*" };
        let is_refused = !has_proxy && (values.contains(&None) || pods.iter().any(|pod| !pod.is_empty()));
        let config = select(&[selected]).trim_end().replace('\n', "\n  ");
        questions.push(Question {
            name: file.file_name().unwrap().to_string_lossy().into_owned(),
            text: format!("{head}{}functionConfig:\n  {config}\n", items.concat()),
            selected: selected.to_owned(),
            is_refused,
        });
    }
    assert!(questions.len() >= 15, "{} captures", questions.len());
    questions
}

/// The lines without their indentation, sorted: what a conversion may not lose, wherever it puts them.
fn lines(text: &str) -> Vec<&str> {
    let mut lines: Vec<_> = text.lines().map(|line| line.trim_start_matches([' ', '-'])).collect();
    lines.sort_unstable();
    lines
}

fn assert_converted(before: &str, after: &str, selected: &str, name: &str) {
    let mut expected = value(before).unwrap();
    if let Some(annotations) = expected["metadata"]["annotations"].as_mapping_mut() {
        annotations.retain(|key, _| !IDS.contains(&key.as_str().unwrap_or("")));
    }
    oracle::convert(&mut expected, &[selected.to_owned()]);
    assert_eq!(value(after), Some(expected), "{name}");

    let is_id = |line: &&str| IDS.iter().any(|id| line.starts_with(&format!("{id}: ")));
    let mut kept: Vec<_> = lines(before).into_iter().filter(|line| !is_id(line)).collect();
    kept.extend(["initContainers:", "restartPolicy: Always"]);
    kept.sort_unstable();
    assert_eq!(lines(after), kept, "{name}");
}

#[test]
fn every_captured_call_is_answered_and_only_selected_items_change() {
    let mut converted = 0;
    for Question { name, text, selected, is_refused } in questions() {
        let output = output_with_stdin(&mut Command::new(binary()), text.as_bytes());
        assert_eq!(output.status.code(), Some(i32::from(is_refused)), "{name}");
        let answer = String::from_utf8(output.stdout).unwrap();
        if !name.contains("dup") {
            // What one reader calls a single document could be two for another: count marks as well.
            assert_eq!(documents(&answer).unwrap().len(), 1, "{name}");
        }
        assert!(!answer.lines().any(|line| line.starts_with("---") || line.starts_with("...")), "{name}");

        let (before, after) = (cut(&text), cut(&answer));
        assert_eq!((before.head, before.items.len()), (after.head, after.items.len()), "{name}");
        assert!(after.tail.starts_with(before.tail), "{name}: {}", after.tail);
        for (before, after) in before.items.iter().zip(&after.items) {
            let is_selected = value(before)
                .is_some_and(|mut item| oracle::pods(&mut item).iter().flatten().any(|name| *name == selected));
            if is_selected && !is_refused {
                assert_converted(before, after, &selected, &name);
                converted += 1;
            } else {
                assert_eq!(before, after, "{name}");
            }
        }
        let results: Option<Value> =
            after.tail.split_once("\nresults:\n").map(|(_, list)| serde_yaml::from_str(list).unwrap());
        let severities: Vec<_> =
            results.iter().flat_map(|list| list.as_sequence().unwrap()).map(|one| one["severity"].clone()).collect();
        assert_eq!(severities.contains(&"error".into()), is_refused, "{name}: {results:?}");
    }
    assert!(converted >= 10 || shared("captures").is_none(), "only {converted} items were converted");
}
