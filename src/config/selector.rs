//! Selectors of workloads, with kustomize's semantics.

use std::collections::{BTreeMap, BTreeSet};

use kube_core::{Expression, Selector as Labels, SelectorExt};
use regex_lite::Regex;

use super::spec::SelectorSpec;

/// A selector as kustomize's patches have it (`api/types/selector.go`): all of its fields must match.
#[derive(Debug, Clone)]
pub struct Selector {
    group: Option<Pattern>,
    version: Option<Pattern>,
    kind: Option<Pattern>,
    name: Option<Pattern>,
    namespace: Option<Pattern>,
    labels: Labels,
    annotations: Labels,
    /// Where it stands in the configuration.
    pub path: String,
}

/// A regular expression on a whole text.
#[derive(Debug, Clone)]
enum Pattern {
    /// One that only matches itself: most are, and there may be thousands of them.
    Word(String),
    Regex(Regex),
}

impl Pattern {
    /// The pattern as a word, if it is one: a name of Kubernetes without a dot.
    fn word(pattern: &str) -> Option<Self> {
        let is_word = pattern.len() < 254 && pattern.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'-');
        is_word.then(|| Self::Word(pattern.to_owned()))
    }

    fn is_match(&self, text: &str) -> bool {
        match self {
            Self::Word(word) => word == text,
            Self::Regex(regex) => regex.is_match(text),
        }
    }
}

/// What a selector looks at.
#[derive(Debug, Default)]
pub struct Target<'t> {
    /// API group.
    pub group: &'t str,
    /// API version.
    pub version: &'t str,
    /// Kind.
    pub kind: &'t str,
    /// `metadata.name`
    pub name: &'t str,
    /// `metadata.namespace`
    pub namespace: &'t str,
    /// `metadata.labels`
    pub labels: BTreeMap<String, String>,
    /// `metadata.annotations`
    pub annotations: BTreeMap<String, String>,
}

impl PartialEq for Selector {
    /// Two selectors are equal when they stand in the same place of a configuration.
    fn eq(&self, other: &Self) -> bool {
        self.path == other.path
    }
}

impl Eq for Selector {}

impl Selector {
    /// Reads a selector; the errors name the field.
    pub(super) fn new(spec: &SelectorSpec, path: &str) -> Result<Self, Vec<(&'static str, String)>> {
        let mut errors = Vec::new();
        let mut regex = |field: &'static str, pattern: &str| {
            if pattern.is_empty() {
                return None;
            }
            if let Some(word) = Pattern::word(pattern) {
                return Some(word);
            }
            Regex::new(&format!("^(?:{pattern})$"))
                .map(Pattern::Regex)
                .map_err(|error| errors.push((field, format!("`{pattern}`: {error}"))))
                .ok()
        };
        let [group, version, kind, name, namespace] = [
            regex("group", &spec.group),
            regex("version", &spec.version),
            regex("kind", &spec.kind),
            regex("name", &spec.name),
            regex("namespace", &spec.namespace),
        ];
        let mut labels = |field: &'static str, text: &str| {
            parse_labels(text).map_err(|why| errors.push((field, why))).unwrap_or_default()
        };
        let selector = Self {
            group,
            version,
            kind,
            name,
            namespace,
            labels: labels("labelSelector", &spec.label_selector),
            annotations: labels("annotationSelector", &spec.annotation_selector),
            path: path.to_owned(),
        };
        if errors.is_empty() { Ok(selector) } else { Err(errors) }
    }

    /// Whether an object matches.
    pub fn matches(&self, target: &Target<'_>) -> bool {
        let patterns = [
            (&self.group, target.group),
            (&self.version, target.version),
            (&self.kind, target.kind),
            (&self.name, target.name),
            (&self.namespace, target.namespace),
        ];
        patterns.iter().all(|(pattern, text)| pattern.as_ref().is_none_or(|pattern| pattern.is_match(text)))
            && self.labels.matches(&target.labels)
            && self.annotations.matches(&target.annotations)
    }
}

/// Reads a label selector as `kubectl -l` does (`apimachinery/pkg/labels.Parse`): `a=b`, `a==b`, `a!=b`,
/// `a in (b,c)`, `a notin (b,c)`, `a`, `!a`, separated by commas.
fn parse_labels(text: &str) -> Result<Labels, String> {
    let mut expressions = Vec::new();
    for requirement in split_requirements(text)? {
        expressions.push(requirement_of(requirement.trim())?);
    }
    Ok(expressions.into_iter().collect())
}

/// Splits at the commas outside of parentheses.
fn split_requirements(text: &str) -> Result<Vec<&str>, String> {
    let mut parts = Vec::new();
    let (mut start, mut is_inside) = (0, false);
    for (at, c) in text.char_indices() {
        match c {
            '(' if !is_inside => is_inside = true,
            ')' if is_inside => is_inside = false,
            '(' | ')' => return Err(format!("`{text}`: unbalanced parentheses")),
            ',' if !is_inside => {
                parts.push(text.get(start..at).unwrap_or(""));
                start = at + 1;
            }
            _ => {}
        }
    }
    if is_inside {
        return Err(format!("`{text}`: unbalanced parentheses"));
    }
    if !text.trim().is_empty() {
        parts.push(text.get(start..).unwrap_or(""));
    }
    Ok(parts)
}

fn requirement_of(text: &str) -> Result<Expression, String> {
    let pair = |key: &str, value: &str| Ok((label_key(key)?, label_value(value)?));
    if let Some(key) = text.strip_prefix('!') {
        return Ok(Expression::DoesNotExist(label_key(key)?));
    }
    if let Some((key, value)) = text.split_once("!=") {
        return pair(key, value).map(|(key, value)| Expression::NotEqual(key, value));
    }
    if let Some((key, value)) = text.split_once("==").or_else(|| text.split_once('=')) {
        return pair(key, value).map(|(key, value)| Expression::Equal(key, value));
    }
    if let Some((head, values)) = text.split_once('(') {
        let values =
            values.strip_suffix(')').ok_or_else(|| format!("`{text}`: something stands behind the parenthesis"))?;
        let values = values.split(',').map(label_value).collect::<Result<BTreeSet<_>, _>>()?;
        let mut words = head.split_whitespace();
        return match (words.next(), words.next(), words.next()) {
            (Some(key), Some("in"), None) => Ok(Expression::In(label_key(key)?, values)),
            (Some(key), Some("notin"), None) => Ok(Expression::NotIn(label_key(key)?, values)),
            _ => Err(format!("`{text}`: write `key in (a,b)` or `key notin (a,b)`")),
        };
    }
    Ok(Expression::Exists(label_key(text)?))
}

fn label_key(text: &str) -> Result<String, String> {
    let key = text.trim();
    let is_good = key.starts_with(|c: char| c.is_ascii_alphanumeric())
        && key.chars().all(|c| c.is_ascii_alphanumeric() || "-_./".contains(c));
    if is_good { Ok(key.to_owned()) } else { Err(format!("`{key}` is no label key")) }
}

fn label_value(text: &str) -> Result<String, String> {
    let value = text.trim();
    let is_good = !value.contains(char::is_whitespace) && !value.contains(['=', '!', '(', ')']);
    if is_good { Ok(value.to_owned()) } else { Err(format!("`{value}` is no label value")) }
}
