use convert_sidecars::diagnostic::Diagnostic;
use convert_sidecars::{Options, run};
use serde_yaml::Value;

use crate::model;

/// Annotations of a workload.
mod annotations;
/// Well-known sidecars.
mod catalogue;
/// What is wrong, where, and what to do about it.
mod errors;
/// Fields beside the selectors.
mod fields;
/// Globs on names and images.
mod globs;
/// The ConfigMap of strings.
mod map;
/// Declarations to other tools.
mod markers;
/// Places in `initContainers`.
mod places;
/// Startup probes.
mod probes;
/// The edits of a profile.
mod profile_edits;
/// Selectors of workloads.
mod selectors;

/// An object of the custom kind with these lines as its `spec`.
fn custom(spec: &str) -> String {
    let spec: String = spec.lines().map(|line| format!("  {line}\n")).collect();
    format!("apiVersion: convert-sidecars.dev/v1alpha1\nkind: ConvertSidecars\nmetadata: {{name: test}}\nspec:\n{spec}")
}

/// What the library made of a text.
#[derive(Debug)]
struct Run {
    text: String,
    diagnostics: Vec<Diagnostic>,
    is_failed: bool,
}

impl Run {
    fn new(config: &str, input: &str) -> Self {
        let answer = run(input, &Options { config: Some(config), threads: 1 }).unwrap();
        let text = answer.output.to_string();
        let is_failed = answer.has_errors();
        assert!(!is_failed || text == input, "a failed call changed its input:\n{config}\n{text}");
        Self { text, diagnostics: answer.diagnostics, is_failed }
    }

    /// Each diagnostic as `severity rule field`; conversions are left out, and the note that comes with each of a named pod.
    fn told(&self) -> Vec<String> {
        let told = self.diagnostics.iter().filter(|one| !is_conversion(one) && one.rule != "immutable-workload");
        told.map(|one| format!("{} {} {}", one.severity, one.rule, one.field)).collect()
    }

    /// What is said of the first conversion.
    fn made(&self) -> &str {
        self.diagnostics.iter().find(|one| is_conversion(one)).map_or("", |one| &one.message)
    }

    /// Names of the objects that were converted, as reported.
    fn converted(&self) -> Vec<&str> {
        let conversions = self.diagnostics.iter().filter(|one| is_conversion(one));
        conversions.map(|one| one.resource.as_ref().unwrap().name.as_str()).collect()
    }
}

fn is_conversion(one: &Diagnostic) -> bool {
    one.rule.is_empty() && one.field.ends_with("initContainers")
}

/// The names in every `initContainers` of a text, with a `*` behind those that are native sidecars.
fn init_of(text: &str) -> Vec<String> {
    let mut found = Vec::new();
    let mut waiting = model::read(text).unwrap();
    waiting.reverse();
    while let Some(value) = waiting.pop() {
        for entry in value.get("initContainers").and_then(Value::as_sequence).into_iter().flatten() {
            let is_native = entry.get("restartPolicy").and_then(Value::as_str) == Some("Always");
            found.push(format!("{}{}", entry["name"].as_str().unwrap(), if is_native { "*" } else { "" }));
        }
        match value {
            Value::Mapping(fields) => {
                let start = waiting.len();
                waiting.extend(fields.into_iter().map(|(_, value)| value));
                waiting[start..].reverse();
            }
            Value::Sequence(entries) => waiting.extend(entries.into_iter().rev()),
            _ => {}
        }
    }
    found
}

/// A pod in block style, with these containers in `containers`.
fn pod(containers: &[&str]) -> String {
    let containers: String = containers.iter().map(|name| format!("  - name: {name}\n    image: {name}:1\n")).collect();
    format!("apiVersion: v1\nkind: Pod\nmetadata:\n  name: web\nspec:\n  containers:\n{containers}")
}

#[test]
fn the_names_in_init_containers_are_read_in_their_order() {
    let text = "spec:\n  initContainers:\n  - {name: a}\n  - {name: b, restartPolicy: Always}\n---\n- {initContainers: [{name: c}]}\n- {initContainers: [{name: d}]}\n";
    assert_eq!(init_of(text), ["a", "b*", "c", "d"]);
}
