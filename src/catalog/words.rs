//! Parts of a profile as a reader wants them: short, and in words.

use super::profile::{Conditions, Match, Profile, Role, Variable};
use super::wildcard::Wildcard;
use crate::config::glob::Glob;
use crate::config::image::ImageGlob;

impl Role {
    /// What containers of this role are, as a heading.
    pub fn title(self) -> &'static str {
        match self {
            Self::Proxy => "Network proxies",
            Self::DatabaseProxy => "Proxies of databases",
            Self::Identity => "Secrets and identities",
            Self::Logs => "Logs",
            Self::Telemetry => "Telemetry",
            Self::Exporter => "Exporters of metrics",
            Self::Sync => "Files and configuration",
            Self::Runtime => "Helpers at run time",
            Self::Main => "No sidecars at all",
        }
    }

    /// All roles, in the order in which the documentation has them.
    pub const ALL: [Self; 9] = [
        Self::Proxy,
        Self::DatabaseProxy,
        Self::Identity,
        Self::Logs,
        Self::Telemetry,
        Self::Exporter,
        Self::Sync,
        Self::Runtime,
        Self::Main,
    ];
}

impl Profile {
    /// How it is recognised, on one line.
    pub fn matches_in_words(&self) -> String {
        self.matches.iter().map(Match::in_words).collect::<Vec<_>>().join("; or ")
    }
}

impl Match {
    /// As in: name `a` or `b`, image `c`, command with `d` without `e`.
    fn in_words(&self) -> String {
        let mut parts = Vec::new();
        if !self.container.is_empty() {
            parts.push(format!("name {}", one_of(self.container.iter().map(Glob::as_str))));
        }
        if !self.image.is_empty() {
            parts.push(format!("image {}", one_of(self.image.iter().map(ImageGlob::as_str))));
        }
        parts.extend(conditions("command", &self.command, |one: &Wildcard| one.as_str().to_owned()));
        parts.extend(conditions("env", &self.env, Variable::in_words));
        parts.extend(conditions("beside", &self.beside, |one: &Glob| one.as_str().to_owned()));
        parts.join(", ")
    }
}

impl Variable {
    /// `NAME=value`, or the name alone.
    pub fn in_words(&self) -> String {
        match &self.value {
            Some(value) => format!("{}={}", self.name.as_str(), value.as_str()),
            None => self.name.as_str().to_owned(),
        }
    }
}

fn one_of<'w>(words: impl Iterator<Item = &'w str>) -> String {
    words.map(|word| format!("`{word}`")).collect::<Vec<_>>().join(" or ")
}

fn conditions<T>(what: &str, conditions: &Conditions<T>, text: impl Fn(&T) -> String) -> Option<String> {
    // An empty pattern stands for a container that says nothing.
    let quoted =
        |one: &T| Some(text(one)).filter(|text| !text.is_empty()).map_or("nothing".to_owned(), |t| format!("`{t}`"));
    let list = |of: &[T], word: &str| of.iter().map(quoted).collect::<Vec<_>>().join(word);
    let mut parts = Vec::new();
    if !conditions.all.is_empty() {
        parts.push(format!("with {}", list(&conditions.all, " and ")));
    }
    if !conditions.any.is_empty() {
        parts.push(format!("with {}", list(&conditions.any, " or ")));
    }
    if !conditions.none.is_empty() {
        parts.push(format!("without {}", list(&conditions.none, ", ")));
    }
    (!parts.is_empty()).then(|| format!("{what} {}", parts.join(" ")))
}
