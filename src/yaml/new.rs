//! Values that are put into a text, in the style of what is around them.

use super::scalar::{Scalar, plain, quote, resolve};
use super::tree::{Kind, NodeId, Tree};

/// Deepest value that is copied from a tree: aliases may bring a mapping into itself.
const MAX_COPY_DEPTH: usize = 16;

/// A value to be written.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum New {
    /// A text.
    Text(String),
    /// A number, a boolean or null, as it is written.
    Literal(String),
    /// A list.
    List(Vec<New>),
    /// A mapping, in this order.
    Map(Vec<(String, New)>),
}

impl New {
    /// A text.
    pub fn text(text: &str) -> Self {
        Self::Text(text.to_owned())
    }

    /// The value of a node, aliases followed; `None` for aliases of nothing, and beyond the depth of real values.
    pub fn of(tree: &Tree<'_>, id: NodeId) -> Option<Self> {
        Self::within(tree, id, MAX_COPY_DEPTH)
    }

    fn within(tree: &Tree<'_>, id: NodeId, depth: usize) -> Option<Self> {
        let depth = depth.checked_sub(1)?;
        let id = tree.resolve(id)?;
        Some(match &tree.node(id).kind {
            Kind::Scalar { value, .. } => match resolve(tree, id)? {
                Scalar::Str(_) => Self::text(value),
                _ => Self::Literal(value.to_string()),
            },
            Kind::Sequence(_) => {
                let entries = tree.entries(id).iter().map(|entry| Self::within(tree, *entry, depth));
                Self::List(entries.collect::<Option<_>>()?)
            }
            Kind::Mapping(_) => {
                let pair = |(key, value): (NodeId, NodeId)| {
                    Some((tree.scalar(key)?.to_owned(), Self::within(tree, value, depth)?))
                };
                Self::Map(tree.pairs(id).map(pair).collect::<Option<_>>()?)
            }
            Kind::Alias(_) => return None,
        })
    }

    /// The value in flow style on one line; with `is_json` every text and key is quoted.
    pub fn flow(&self, is_json: bool) -> String {
        match self {
            Self::Text(text) => scalar(text, is_json),
            Self::Literal(text) => text.clone(),
            Self::List(entries) => {
                let entries: Vec<_> = entries.iter().map(|entry| entry.flow(is_json)).collect();
                format!("[{}]", entries.join(", "))
            }
            Self::Map(pairs) => {
                let pairs = pairs.iter().map(|(key, value)| value.flow_pair(key, is_json));
                format!("{{{}}}", pairs.collect::<Vec<_>>().join(", "))
            }
        }
    }

    /// The pair `key: value` in flow style on one line.
    pub fn flow_pair(&self, key: &str, is_json: bool) -> String {
        format!("{}: {}", scalar(key, is_json), self.flow(is_json))
    }

    /// The pair `key: value` as lines in block style, for a mapping whose keys stand in column `column`.
    ///
    /// Lists are written in flow style.
    pub fn block(&self, key: &str, column: usize) -> Vec<String> {
        let indent = " ".repeat(column);
        match self {
            Self::Map(pairs) if !pairs.is_empty() => {
                let mut lines = vec![format!("{indent}{key}:")];
                lines.extend(pairs.iter().flat_map(|(key, value)| value.block(&scalar(key, false), column + 2)));
                lines
            }
            other => vec![format!("{indent}{key}: {}", other.flow(false))],
        }
    }
}

/// The text plain where every reader takes it for the same text, else quoted.
fn scalar(text: &str, is_json: bool) -> String {
    let is_word = text.starts_with(|c: char| c.is_ascii_alphabetic() || c == '/')
        && text.chars().all(|c| c.is_ascii_alphanumeric() || "-_./".contains(c));
    if !is_json && is_word && matches!(plain(text), Scalar::Str(_)) { text.to_owned() } else { quote(text) }
}

impl From<&serde_yaml::Value> for New {
    fn from(value: &serde_yaml::Value) -> Self {
        use serde_yaml::Value;
        match value {
            Value::Null => Self::Literal("null".to_owned()),
            Value::Bool(value) => Self::Literal(value.to_string()),
            Value::Number(value) => Self::Literal(value.to_string()),
            Value::String(text) => Self::Text(text.clone()),
            Value::Sequence(entries) => Self::List(entries.iter().map(Self::from).collect()),
            Value::Mapping(pairs) => {
                let pairs =
                    pairs.iter().map(|(key, value)| (key.as_str().unwrap_or_default().to_owned(), Self::from(value)));
                Self::Map(pairs.collect())
            }
            Value::Tagged(tagged) => Self::from(&tagged.value),
        }
    }
}
