//! The `results` of a `ResourceList`, written so that every reader reads them alike.
//!
//! Strings are always quoted, numbers never are (kpt fails on `index: "0"`), and nothing is shared by
//! anchors (kpt fails on aliases in results).

use crate::diagnostic::Diagnostic;
use crate::yaml::scalar::quote;

/// A value of a result.
#[derive(Debug, Clone, PartialEq, Eq)]
enum Value {
    Text(String),
    Number(u64),
    Map(Vec<(&'static str, Value)>),
}

/// One entry of `results` (KRM functions specification, `Result`).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Entry(Vec<(&'static str, Value)>);

impl Entry {
    /// The diagnostic as a result: message with help, severity, resource, field, file, and the rule's name as a tag.
    pub fn of(diagnostic: &Diagnostic) -> Self {
        let text = |text: &str| Value::Text(text.to_owned());
        let mut fields =
            vec![("message", Value::Text(diagnostic.text())), ("severity", text(diagnostic.severity.as_str()))];
        if let Some(resource) = &diagnostic.resource {
            let parts = [
                ("apiVersion", &resource.api_version),
                ("kind", &resource.kind),
                ("name", &resource.name),
                ("namespace", &resource.namespace),
            ];
            let known: Vec<_> = parts.into_iter().filter(|(_, part)| !part.is_empty()).collect();
            // Without a key in it, a block mapping would be null.
            if !known.is_empty() {
                let known = known.into_iter().map(|(key, part)| (key, text(part)));
                fields.push(("resourceRef", Value::Map(known.collect())));
            }
        }
        if !diagnostic.field.is_empty() {
            fields.push(("field", Value::Map(vec![("path", text(&diagnostic.field))])));
        }
        if let Some(file) = &diagnostic.file {
            let mut parts = vec![("path", text(&file.path))];
            parts.extend(file.index.map(|index| ("index", Value::Number(index))));
            fields.push(("file", Value::Map(parts)));
        }
        if !diagnostic.rule.is_empty() {
            fields.push(("tags", Value::Map(vec![("rule", text(diagnostic.rule))])));
        }
        Self(fields)
    }

    /// The entry as JSON on one line.
    pub fn flow(&self) -> String {
        flow(&self.0)
    }

    /// The entry as lines of a block sequence whose dashes stand in column 0.
    pub fn block(&self) -> Vec<String> {
        let mut lines = Vec::new();
        block(&self.0, "  ", &mut lines);
        if let Some(first) = lines.first_mut() {
            first.replace_range(..1, "-");
        }
        lines
    }
}

fn flow(fields: &[(&'static str, Value)]) -> String {
    let pairs = fields.iter().map(|(key, value)| match value {
        Value::Map(inner) => format!("\"{key}\": {}", flow(inner)),
        other => format!("\"{key}\": {}", scalar(other)),
    });
    format!("{{{}}}", pairs.collect::<Vec<_>>().join(", "))
}

fn block(fields: &[(&'static str, Value)], indent: &str, lines: &mut Vec<String>) {
    for (key, value) in fields {
        match value {
            Value::Map(inner) => {
                lines.push(format!("{indent}{key}:"));
                block(inner, &format!("{indent}  "), lines);
            }
            other => lines.push(format!("{indent}{key}: {}", scalar(other))),
        }
    }
}

fn scalar(value: &Value) -> String {
    match value {
        Value::Text(text) => quote(text),
        Value::Number(number) => number.to_string(),
        Value::Map(inner) => flow(inner),
    }
}
