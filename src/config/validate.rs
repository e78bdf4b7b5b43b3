//! Walks a configuration along the schema: every error at once, each with the path to its key.

use serde_yaml::{Mapping, Value};

use super::schema::{Field, ROOT, Shape, Status};
use super::spec::Spec;
use super::{MAX_VALUES, problem};
use crate::diagnostic::Diagnostic;
use crate::yaml::scalar::{Scalar, resolve};
use crate::yaml::tree::{Kind, NodeId, Tree};

/// Reads an object of the custom kind: what can be read of its `spec`, and what is wrong with the rest.
pub(super) fn read(tree: &Tree<'_>, node: NodeId) -> (Spec, Vec<Diagnostic>) {
    let mut walk = Walk { tree, errors: Vec::new(), left: MAX_VALUES };
    let value = walk.object(node, ROOT, "");
    if let Some(at) = walk.errors.iter().position(|error| error.message.starts_with(TOO_MANY)) {
        // Whatever else is said of it is about what was not read any more.
        return (Spec::default(), vec![walk.errors.swap_remove(at)]);
    }
    let spec = value.get("spec").cloned().unwrap_or(Value::Mapping(Mapping::new()));
    let spec = serde_yaml::from_value(spec).unwrap_or_else(|error| {
        // A list that holds what could not be read is known to be wrong already.
        if walk.errors.is_empty() {
            walk.errors.push(problem("spec", error.to_string(), String::new()));
        }
        Spec::default()
    });
    (spec, walk.errors)
}

/// The nearest of `known` to a word that is none of them, if one is near.
pub fn nearest<'k>(word: &str, known: impl Iterator<Item = &'k str>) -> Option<&'k str> {
    let lower = word.to_ascii_lowercase();
    known
        .map(|one| (strsim::damerau_levenshtein(&lower, &one.to_ascii_lowercase()), one))
        .filter(|(distance, one)| *distance <= one.len().max(3) / 3)
        .min_by_key(|(distance, _)| *distance)
        .map(|(_, one)| one)
}

const TOO_MANY: &str = "the number of values in a configuration";

struct Walk<'t, 's> {
    tree: &'t Tree<'s>,
    errors: Vec<Diagnostic>,
    /// How many values may still be read: aliases can stand for far more than is written.
    left: usize,
}

impl Walk<'_, '_> {
    fn fail(&mut self, path: &str, message: impl Into<String>, help: impl Into<String>) -> Value {
        self.errors.push(problem(path, message.into(), help.into()));
        Value::Null
    }

    fn value(&mut self, node: NodeId, shape: &Shape, path: &str) -> Value {
        let Some(left) = self.left.checked_sub(1) else {
            if !self.errors.iter().any(|error| error.message.starts_with(TOO_MANY)) {
                self.fail(
                    path,
                    format!("{TOO_MANY} is limited to {MAX_VALUES}, with those that aliases stand for"),
                    "",
                );
            }
            return Value::Null;
        };
        self.left = left;
        if let Kind::Alias(_) = self.tree.node(node).kind {
            return match self.tree.resolve(node) {
                Some(target) if self.tree.span(target).end <= self.tree.span(node).start => {
                    self.value(target, shape, path)
                }
                _ => self.fail(path, "the alias has no anchor before it", "write the value here"),
            };
        }
        match shape {
            Shape::Text => self.text(node, path),
            Shape::Int | Shape::IntOrText => match resolve(self.tree, node) {
                Some(Scalar::Int(value)) if i64::try_from(value).is_ok() => {
                    Value::Number(i64::try_from(value).unwrap_or_default().into())
                }
                Some(Scalar::Str(text)) if matches!(shape, Shape::IntOrText) => Value::String(text.to_owned()),
                _ => self.fail(path, format!("`{}` is no whole number", self.shown(node)), ""),
            },
            Shape::Version => self.version(node, path),
            Shape::Choice(choices) => self.choice(node, choices, path),
            Shape::Bool => match resolve(self.tree, node) {
                Some(Scalar::Bool(value)) => Value::Bool(value),
                _ => self.fail(path, format!("`{}` is neither true nor false", self.shown(node)), ""),
            },
            Shape::List(of) => match self.tree.node(node).kind {
                Kind::Sequence(_) => {
                    let entries = self.tree.entries(node).to_vec().into_iter().enumerate();
                    Value::Sequence(
                        entries.map(|(index, one)| self.value(one, of, &format!("{path}[{index}]"))).collect(),
                    )
                }
                _ if self.tree.is_null(node) => Value::Sequence(Vec::new()),
                _ => self.fail(path, "a list belongs here", "put `- ` before each entry"),
            },
            Shape::Map(of) => self.mapping(node, path, |walk, key, value, path| {
                let read = walk.value(value, of, path);
                (!read.is_null()).then(|| (key.to_owned(), read))
            }),
            Shape::Object(fields) => self.object(node, fields, path),
        }
    }

    fn object(&mut self, node: NodeId, fields: &[Field], path: &str) -> Value {
        self.mapping(node, path, |walk, key, value, path| {
            let Some(field) = fields.iter().find(|field| field.name == key) else {
                let help =
                    nearest(key, fields.iter().map(|field| field.name)).map(|name| format!("did you mean `{name}`?"));
                walk.fail(path, format!("unknown field `{key}`"), help.unwrap_or_default());
                return None;
            };
            // `metadata` holds whatever the orchestrator put there.
            if path == "metadata" {
                return None;
            }
            // As in Kubernetes, null is the same as no value.
            if walk.tree.is_null(value) {
                return None;
            }
            let read = walk.value(value, &field.shape, path);
            if let (Status::Only(choices), Value::String(chosen)) = (field.status, &read)
                && !choices.contains(&chosen.as_str())
            {
                walk.fail(path, format!("`{key}: {chosen}` is not implemented yet"), format!("use {}", list(choices)));
            }
            (!read.is_null()).then(|| (key.to_owned(), read))
        })
    }

    fn mapping(
        &mut self,
        node: NodeId,
        path: &str,
        mut entry: impl FnMut(&mut Self, &str, NodeId, &str) -> Option<(String, Value)>,
    ) -> Value {
        if self.tree.is_null(node) {
            return Value::Mapping(Mapping::new());
        }
        if !matches!(self.tree.node(node).kind, Kind::Mapping(_)) {
            self.fail(path, format!("`{}` is no mapping", self.shown(node)), "write fields as `key: value`");
            return Value::Mapping(Mapping::new());
        }
        let mut read = Mapping::new();
        let pairs: Vec<_> = self.tree.pairs(node).collect();
        for (key_node, value) in pairs {
            let Some(key) = self.tree.scalar(key_node).map(str::to_owned) else {
                self.fail(path, "a key that is no text", "");
                continue;
            };
            let at = if path.is_empty() { key.clone() } else { format!("{path}.{key}") };
            if let Some((key, value)) = entry(self, &key, value, &at)
                && read.insert(Value::String(key.clone()), value).is_some()
            {
                self.fail(&at, format!("`{key}` stands twice"), "remove one of them");
            }
        }
        Value::Mapping(read)
    }

    fn text(&mut self, node: NodeId, path: &str) -> Value {
        match resolve(self.tree, node) {
            Some(Scalar::Str(text)) => Value::String(text.to_owned()),
            Some(_) => {
                let written = self.shown(node);
                self.fail(path, format!("`{written}` is read as no text"), format!("quote it: \"{written}\""))
            }
            None => self.fail(path, "a text belongs here", ""),
        }
    }

    fn version(&mut self, node: NodeId, path: &str) -> Value {
        match resolve(self.tree, node) {
            Some(Scalar::Int(_) | Scalar::Float(_)) => {
                let written = self.shown(node);
                self.fail(
                    path,
                    format!("{written} is a number, and YAML reads 1.30 as 1.3"),
                    format!("quote it: \"{written}\""),
                )
            }
            _ => self.text(node, path),
        }
    }

    fn choice(&mut self, node: NodeId, choices: &[&str], path: &str) -> Value {
        let written = self.shown(node);
        if choices.contains(&written.as_str()) {
            return Value::String(written);
        }
        let help = match nearest(&written, choices.iter().copied()) {
            Some(near) => format!("did you mean `{near}`?"),
            None => format!("use {}", list(choices)),
        };
        self.fail(path, format!("`{written}` is not one of {}", list(choices)), help)
    }

    /// The node as one short line for a message.
    fn shown(&self, node: NodeId) -> String {
        let text = self.tree.scalar(node).unwrap_or_else(|| self.tree.source(node));
        text.split_whitespace().collect::<Vec<_>>().join(" ").chars().take(60).collect()
    }
}

fn list(choices: &[&str]) -> String {
    choices.join(", ")
}
