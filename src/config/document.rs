//! Documents made from the schema: the annotated `function-config.yaml` and the OpenAPI schema.

use std::fmt::Write;

use super::schema::{Field, ROOT, SPEC, Shape, Status};
use super::{API_VERSION, KIND};

/// Column at which the comments of `function-config.yaml` begin.
const COMMENT_COLUMN: usize = 38;

/// An object of the custom kind that shows every field that works, with its default and what it means.
pub fn function_config() -> String {
    let mut text = format!(
        "# Every field, with its default. All of them are optional.\napiVersion: {API_VERSION}\nkind: {KIND}\nmetadata:\n  name: convert-sidecars\nspec:\n"
    );
    fields(SPEC, "  ", "", &mut text);
    text
}

fn fields(of: &[Field], indent: &str, dash: &str, text: &mut String) {
    let mut lead = format!("{indent}{dash}");
    for field in of.iter().filter(|field| is_shown(field)) {
        let is_object = matches!(field.shape, Shape::Object(_)) && field.default.is_empty();
        let pair = if is_object {
            format!("{lead}{}:", field.name)
        } else {
            format!("{lead}{}: {}", field.name, field.default)
        };
        let _ = writeln!(text, "{pair:<COMMENT_COLUMN$} # {}", doc(field));
        let inner = format!("{indent}{}", " ".repeat(dash.len()));
        match field.shape {
            Shape::Object(below) if is_object => fields(below, &format!("{inner}  "), "", text),
            Shape::List(Shape::Object(below)) if field.default == "[]" => {
                fields(below, &format!("{inner}# "), "- ", text);
            }
            _ => {}
        }
        lead = inner;
    }
}

/// Fields without a default of their own, such as a probe's handlers, are left to the schema.
fn is_shown(field: &Field) -> bool {
    let is_any_below = matches!(field.shape, Shape::Object(below) if below.iter().any(is_shown));
    is_any_below || !field.default.is_empty()
}

fn doc(field: &Field) -> String {
    match field.shape {
        Shape::Choice(all) => {
            let choices = if let Status::Only(some) = field.status { some } else { all };
            format!("{} ({})", field.doc, choices.join(" | "))
        }
        _ => field.doc.to_owned(),
    }
}

/// The structural OpenAPI v3 schema of the custom kind, as JSON; editors read it as a JSON schema.
pub fn open_api() -> String {
    let mut text = String::new();
    schema(&Shape::Object(ROOT), "Configuration of the KRM function convert-sidecars.", 0, &mut text);
    text.push('\n');
    text
}

fn schema(shape: &Shape, doc: &str, depth: usize, text: &mut String) {
    let pad = "  ".repeat(depth + 1);
    text.push_str("{\n");
    if !doc.is_empty() {
        let _ = writeln!(text, "{pad}\"description\": {},", crate::yaml::scalar::quote(doc));
    }
    match shape {
        Shape::Text | Shape::Version => write_type(text, &pad, "string"),
        Shape::Bool => write_type(text, &pad, "boolean"),
        Shape::Int => write_type(text, &pad, "integer"),
        Shape::IntOrText => {
            let _ = write!(text, "{pad}\"x-kubernetes-int-or-string\": true");
        }
        Shape::Choice(choices) => {
            write_type(text, &pad, "string");
            let choices: Vec<_> = choices.iter().map(|choice| format!("\"{choice}\"")).collect();
            let _ = write!(text, ",\n{pad}\"enum\": [{}]", choices.join(", "));
        }
        Shape::List(of) => nested(text, &pad, "array", "items", of, depth),
        Shape::Map(of) => nested(text, &pad, "object", "additionalProperties", of, depth),
        Shape::Object([]) => write_type(text, &pad, "object"),
        Shape::Object(fields) => {
            write_type(text, &pad, "object");
            let _ = write!(text, ",\n{pad}\"properties\": {{");
            let mut separator = "\n";
            for field in *fields {
                let _ = write!(text, "{separator}{pad}  \"{}\": ", field.name);
                let working = match field.status {
                    Status::Only(choices) => &Shape::Choice(choices),
                    Status::Works => &field.shape,
                };
                schema(working, field.doc, depth + 2, text);
                separator = ",\n";
            }
            let _ = write!(text, "\n{pad}}}");
        }
    }
    let _ = write!(text, "\n{}}}", "  ".repeat(depth));
}

fn write_type(text: &mut String, pad: &str, name: &str) {
    let _ = write!(text, "{pad}\"type\": \"{name}\"");
}

fn nested(text: &mut String, pad: &str, name: &str, key: &str, of: &Shape, depth: usize) {
    write_type(text, pad, name);
    let _ = write!(text, ",\n{pad}\"{key}\": ");
    schema(of, "", depth + 1, text);
}
