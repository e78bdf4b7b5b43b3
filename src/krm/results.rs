//! The `results` of a `ResourceList`, written so that every reader reads them alike.
//!
//! Strings are always quoted, numbers never are (kpt fails on `index: "0"`), and nothing is shared by
//! anchors (kpt fails on aliases in results).

use std::borrow::Cow;

use crate::diagnostic::Diagnostic;
use crate::yaml::scalar::quote_onto;

/// A value of a result.
#[derive(Debug, Clone, PartialEq, Eq)]
enum Value<'d> {
    Text(Cow<'d, str>),
    Number(u64),
    Map(Fields<'d>),
}

type Fields<'d> = Vec<(&'static str, Value<'d>)>;

/// One entry of `results` (KRM functions specification, `Result`).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Entry<'d>(Fields<'d>);

impl<'d> Entry<'d> {
    /// The diagnostic as a result: message with help, severity, resource, field, file, and the rule's name as a tag.
    pub fn of(diagnostic: &'d Diagnostic) -> Self {
        let text = |text: &'d str| Value::Text(Cow::Borrowed(text));
        let mut fields = Vec::with_capacity(6);
        fields.push(("message", Value::Text(Cow::Owned(diagnostic.text()))));
        fields.push(("severity", Value::Text(Cow::Borrowed(diagnostic.severity.as_str()))));
        if let Some(resource) = &diagnostic.resource {
            let parts = [
                ("apiVersion", &resource.api_version),
                ("kind", &resource.kind),
                ("name", &resource.name),
                ("namespace", &resource.namespace),
            ];
            let known = parts.into_iter().filter(|(_, part)| !part.is_empty()).map(|(key, part)| (key, text(part)));
            let known: Fields<'d> = known.collect();
            // Without a key in it, a block mapping would be null.
            if !known.is_empty() {
                fields.push(("resourceRef", Value::Map(known)));
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

    /// Adds the entry to a text as JSON on one line.
    pub fn write_flow(&self, out: &mut String) {
        flow(&self.0, out);
    }

    /// Adds the entry to a text as lines of a block sequence whose dashes stand behind `indent`.
    pub fn write_block(&self, indent: &str, ending: &str, out: &mut String) {
        block(&self.0, indent, &["- ", "  "], ending, out);
    }
}

fn flow(fields: &[(&'static str, Value<'_>)], out: &mut String) {
    let mut separator = "{\"";
    for (key, value) in fields {
        out.push_str(separator);
        out.push_str(key);
        out.push_str("\": ");
        scalar(value, out);
        separator = ", \"";
    }
    out.push('}');
}

/// Behind `indent`, the first of `leads` stands before the first key, the second one before the others.
fn block(fields: &[(&'static str, Value<'_>)], indent: &str, leads: &[&str; 2], ending: &str, out: &mut String) {
    let [mut lead, others] = *leads;
    for (key, value) in fields {
        for part in [indent, lead, key, ":"] {
            out.push_str(part);
        }
        lead = others;
        if let Value::Map(inner) = value {
            out.push_str(ending);
            // Nothing is nested deeper than a map in the entry.
            block(inner, indent, &["    "; 2], ending, out);
        } else {
            out.push(' ');
            scalar(value, out);
            out.push_str(ending);
        }
    }
}

fn scalar(value: &Value<'_>, out: &mut String) {
    match value {
        Value::Text(text) => quote_onto(text, out),
        Value::Number(number) => out.push_str(&number.to_string()),
        Value::Map(inner) => flow(inner, out),
    }
}
