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
            Kind::Alias(_) | Kind::Kept(_) => return None,
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
    pub fn block(&self, key: &str, column: usize, lists: Lists) -> Vec<String> {
        let header = format!("{}{key}:", " ".repeat(column));
        match self {
            Self::Map(pairs) if !pairs.is_empty() => {
                let pairs = pairs.iter().flat_map(|(key, value)| value.block(&scalar(key, false), column + 2, lists));
                std::iter::once(header).chain(pairs).collect()
            }
            Self::List(entries) if self.is_tall(lists) => {
                let entries = entries.iter().flat_map(|entry| entry.entry(column + lists.indent, lists));
                std::iter::once(header).chain(entries).collect()
            }
            other => vec![format!("{header} {}", other.flow(false))],
        }
    }

    /// The value as the lines of an entry of a list in block style whose dash stands in column `column`.
    pub fn entry(&self, column: usize, lists: Lists) -> Vec<String> {
        let dash = format!("{}- ", " ".repeat(column));
        let Self::Map(pairs) = self else { return vec![format!("{dash}{}", self.flow(false))] };
        let pairs = pairs.iter().flat_map(|(key, value)| value.block(&scalar(key, false), column + 2, lists));
        let mut lines: Vec<_> = pairs.collect();
        match lines.first_mut() {
            Some(first) => first.replace_range(..column + 2, &dash),
            None => lines.push(format!("{dash}{{}}")),
        }
        lines
    }

    /// Whether a list takes a line an entry: what the neighbours' style says of scalars, and always for mappings.
    fn is_tall(&self, lists: Lists) -> bool {
        let Self::List(entries) = self else { return false };
        let is_scalar = |entry: &Self| matches!(entry, Self::Text(_) | Self::Literal(_));
        !entries.is_empty() && if entries.iter().all(is_scalar) { lists.is_tall } else { true }
    }
}

/// How the lists around a place are written.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Lists {
    /// Whether lists of scalars take a line an entry.
    pub is_tall: bool,
    /// Columns between the key of a list in block style and its dashes.
    pub indent: usize,
}

impl Lists {
    /// How the lists next to the offset `at` are written: the nearest above it, or else the first below.
    pub fn beside(tree: &Tree<'_>, at: usize) -> Self {
        let pairs = tree.ids().flat_map(|id| tree.pairs(id).collect::<Vec<_>>());
        let lists: Vec<_> = pairs.filter(|(_, list)| !tree.entries(*list).is_empty()).collect();
        let distance = |list: NodeId| {
            let start = tree.node(list).start as usize;
            (start >= at, start.abs_diff(at))
        };
        let nearest = |is_meant: &dyn Fn(NodeId) -> bool| {
            lists.iter().filter(|(_, list)| is_meant(*list)).min_by_key(|(_, list)| distance(*list))
        };
        let is_scalar = |id: &NodeId| matches!(tree.node(*id).kind, Kind::Scalar { .. });
        let scalars = nearest(&|list| tree.entries(list).iter().all(is_scalar));
        let indent = nearest(&|list| !tree.is_flow(list)).and_then(|(key, list)| {
            tree.entries(*list).first().map(|first| tree.column(*first).saturating_sub(tree.column(*key)))
        });
        Self { is_tall: scalars.is_some_and(|(_, list)| !tree.is_flow(*list)), indent: indent.unwrap_or(0) }
    }
}

/// The text plain where every reader takes it for the same text, else quoted.
fn scalar(text: &str, is_json: bool) -> String {
    let is_word = text.trim_start_matches('-').starts_with(|c: char| c.is_ascii_alphabetic() || c == '/')
        && text.chars().all(|c| c.is_ascii_alphanumeric() || "-_./=".contains(c));
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
