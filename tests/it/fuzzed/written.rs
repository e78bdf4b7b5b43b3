//! What the function writes of its own, results and inserted values: other readers read the same strings.

use convert_sidecars::diagnostic::{Diagnostic, FileRef, ResourceRef, Severity};
use convert_sidecars::krm::results::Entry;
use convert_sidecars::yaml::new::{Lists, New};
use convert_sidecars::yaml::scalar::quote;
use convert_sidecars::{Options, report, run};
use serde_json::{Value, json};

use super::choices::Choices;

/// Characters that some format or reader treats in its own way.
const ODD: &str = "a b:#-?,[]{}&*!|>'\"%@`\\/~\n\r\t\0\u{7}\u{1b}\u{7f}\u{85}\u{a0}\u{2028}\u{2029}\u{feff}\u{fffe}\u{ffff}\u{1f680}é<=0._";

/// Words that a reader of plain scalars takes for something else than text (go-yaml's table `resolveMap`), and three
/// that look like it.
const NO_TEXT: [&str; 12] = ["y", "n", "yes", "no", "on", "off", "true", "false", "null", "nan", "inf", "none"];

/// Everything on what these bytes choose.
pub(crate) fn check(bytes: &[u8]) {
    let mut choices = Choices(bytes);
    match choices.below(3) {
        0 => check_entries(&mut choices),
        1 => check_answer(&mut choices),
        _ => check_new(&mut choices),
    }
}

/// The text as JSON's and libyaml's reader see it; go-yaml is a port of the latter.
fn yaml(text: &str) -> Value {
    serde_yaml::from_str(text).unwrap_or_else(|error| panic!("{error}: {text:?}"))
}

fn json(text: &str) -> Value {
    serde_json::from_str(text).unwrap_or_else(|error| panic!("{error}: {text:?}"))
}

fn text(choices: &mut Choices<'_>) -> String {
    if choices.rarely(3) { choices.pick(&NO_TEXT).to_owned() } else { choices.text(ODD, 12) }
}

fn check_entries(choices: &mut Choices<'_>) {
    let severity = choices.pick(&[Severity::Error, Severity::Warning, Severity::Info]);
    let rule = choices.pick(&["", "duplicate-key"]);
    let mut diagnostic = Diagnostic::new(rule, severity, text(choices));
    diagnostic.help = text(choices);
    diagnostic.field = text(choices);
    if choices.rarely(2) {
        diagnostic.resource = Some(ResourceRef {
            api_version: text(choices),
            kind: text(choices),
            name: text(choices),
            namespace: text(choices),
        });
    }
    if choices.rarely(2) {
        let index = choices.rarely(2).then(|| u64::MAX / u64::try_from(1 + choices.below(256)).unwrap_or(1));
        diagnostic.file = Some(FileRef { path: text(choices), index });
    }
    let wanted = json!([wanted(&diagnostic), wanted(&diagnostic)]);
    let entry = Entry::of(&diagnostic);
    for (indent, ending) in [("", "\n"), ("  ", "\r\n")] {
        let mut block = String::new();
        (0..2).for_each(|_| entry.write_block(indent, ending, &mut block));
        let mut lines = block.split_terminator(ending);
        assert!(lines.all(|line| !line.contains(['\n', '\r', '\u{85}', '\u{2028}', '\u{2029}'])), "{block:?}");
        assert_eq!(yaml(&block), wanted);
    }
    let mut flow = String::new();
    entry.write_flow(&mut flow);
    let flow = format!("[{flow}, {flow}]");
    assert_eq!(json(&flow), wanted);
    assert_eq!(yaml(&flow), wanted);
}

/// The result that a diagnostic comes to (KRM functions specification, `Result`); what is empty is left out.
fn wanted(diagnostic: &Diagnostic) -> Value {
    let mut result = json!({ "message": diagnostic.text(), "severity": diagnostic.severity.as_str() });
    if let Some(id) = &diagnostic.resource {
        let mut parts =
            json!({ "apiVersion": id.api_version, "kind": id.kind, "name": id.name, "namespace": id.namespace });
        parts.as_object_mut().unwrap().retain(|_, part| part != "");
        if parts != json!({}) {
            result["resourceRef"] = parts;
        }
    }
    if !diagnostic.field.is_empty() {
        result["field"] = json!({ "path": diagnostic.field });
    }
    if let Some(file) = &diagnostic.file {
        result["file"] = json!({ "path": file.path });
        if let Some(index) = file.index {
            result["file"]["index"] = json!(index);
        }
    }
    if !diagnostic.rule.is_empty() {
        result["tags"] = json!({ "rule": diagnostic.rule });
    }
    result
}

/// A list with odd names in it, refused or converted: its results are the diagnostics, whatever the form.
fn check_answer(choices: &mut Choices<'_>) {
    let [web, side, name, path] = [(); 4].map(|()| text(choices));
    let item = json!({
        "apiVersion": "v1", "kind": "Pod",
        "metadata": { "name": name, "annotations": { "internal.config.kubernetes.io/path": path } },
        "spec": { "containers": [{ "name": web, "image": "w" }, { "name": side, "image": "s" }] },
    });
    let config = json!({ "apiVersion": "v1", "kind": "ConfigMap", "data": { "sidecars": "*" } });
    let list = json!({ "apiVersion": "config.kubernetes.io/v1", "kind": "ResourceList", "items": [item], "functionConfig": config });
    let flow = serde_json::to_string(&list).unwrap();
    let block = format!(
        "apiVersion: config.kubernetes.io/v1\nkind: ResourceList\nitems:\n- {}\nfunctionConfig: {}\n",
        serde_json::to_string(&list["items"][0]).unwrap(),
        serde_json::to_string(&list["functionConfig"]).unwrap()
    );
    for (input, is_json) in [(&flow, true), (&block, false)] {
        let Ok(answer) = run(input, &Options::default()) else { continue };
        let output = answer.output.to_string();
        let read = if is_json { json(&output) } else { yaml_after_json(&output) };
        let results: Vec<_> = answer.diagnostics.iter().map(wanted).collect();
        let found = read.get("results").cloned().unwrap_or(json!([]));
        assert_eq!(found, json!(results), "{output}");
        for line in answer.diagnostics.iter().flat_map(|one| [report::line(one), one.text()]) {
            assert!(!line.contains(|c: char| c.is_control() || "\u{2028}\u{2029}".contains(c)), "{line:?}");
        }
    }
}

/// The results of an answer whose items JSON alone may be able to read.
fn yaml_after_json(output: &str) -> Value {
    yaml(output.rfind("\nresults:").map_or("{}", |at| &output[at..]))
}

/// A value to be inserted.
fn value(choices: &mut Choices<'_>, depth: usize) -> (New, Value) {
    match choices.below(if depth == 0 { 2 } else { 4 }) {
        0 => {
            let text = text(choices);
            (New::text(&text), Value::String(text))
        }
        1 => {
            let number = choices.below(256);
            (New::Literal(number.to_string()), json!(number))
        }
        2 => {
            let many = choices.below(3);
            let (news, values) = (0..many).map(|_| value(choices, depth - 1)).unzip();
            (New::List(news), Value::Array(values))
        }
        _ => {
            let many = choices.below(3);
            let mut pairs: Vec<(String, New)> = Vec::new();
            let mut map = serde_json::Map::new();
            for _ in 0..many {
                let (key, (new, value)) = (text(choices), value(choices, depth - 1));
                // libyaml takes no key longer than 1024 characters, and these never are.
                if map.insert(key.clone(), value).is_none() {
                    pairs.push((key, new));
                } else {
                    return (New::Map(Vec::new()), json!({}));
                }
            }
            (New::Map(pairs), Value::Object(map))
        }
    }
}

fn check_new(choices: &mut Choices<'_>) {
    let (new, wanted) = value(choices, 3);
    assert_eq!(yaml(&new.flow(false)), wanted);
    let flow = new.flow(true);
    assert_eq!(json(&flow), wanted);
    assert_eq!(yaml(&flow), wanted);
    let column = choices.below(5);
    let lists = Lists { is_tall: choices.below(2) == 1, indent: choices.below(3) };
    let block = new.block("key", column, lists).join("\n") + "\n";
    assert_eq!(yaml(&block)["key"], wanted, "{block}");
    for text in [new.flow(false), block] {
        let plain = text.split(['[', ']', '{', '}', ',', '\n']).flat_map(|part| part.split(": ")).map(str::trim);
        let plain = plain.map(|word| word.trim_start_matches("- "));
        let is_no_text = |word: &str| NO_TEXT[..9].contains(&word.to_ascii_lowercase().as_str());
        assert!(!plain.into_iter().any(is_no_text), "a word that Go may read as no text stands without quotes: {text}");
    }
    let any = text(choices);
    let quoted = quote(&any);
    assert_eq!((json(&quoted), yaml(&quoted)), (json!(any), json!(any)));
}
