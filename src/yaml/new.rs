//! Values that are put into a text, in the style of what is around them.

use super::scalar::{Scalar, plain, quote};

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
