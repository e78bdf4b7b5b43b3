//! From what the stages found to what the host is told.

use crate::config::catalogue::Mode;
use crate::config::{Action, Config};
use crate::diagnostic::{Diagnostic, FileRef, ResourceRef, Severity, escaped};
use crate::propose::Edited;
use crate::rules::{Finding, Rule, unmatched_entry};
use crate::select::Matched;

/// A finding about a resource as a diagnostic.
pub fn diagnostic(finding: Finding, resource: &ResourceRef, file: Option<&FileRef>) -> Diagnostic {
    Diagnostic {
        rule: finding.rule,
        severity: finding.severity,
        message: finding.message,
        help: finding.help,
        resource: Some(resource.clone()),
        file: file.cloned(),
        field: finding.at.to_string(),
    }
}

/// What to do about a change that `action: Check` finds due.
const CONVERT: &str = "run the function with `action: Convert` and commit the result";

/// One workload that changes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Conversion {
    /// The containers that become native sidecars.
    pub names: Vec<String>,
    /// The workload.
    pub resource: ResourceRef,
    /// Its file.
    pub file: Option<FileRef>,
    /// The list that they go to.
    pub field: String,
    /// What changes beyond the move.
    pub edits: Vec<Edited>,
}

impl Conversion {
    /// What is told of it: a note that it was done and one for each edit beyond the move, or under `action: Check` an
    /// error because it is due.
    pub fn diagnostics(self, action: Action) -> Vec<Diagnostic> {
        if self.names.is_empty() {
            return self.about_edits(action);
        }
        let names = self.names.join(", ");
        let kind = if self.names.len() == 1 { "a native sidecar" } else { "native sidecars" };
        let (severity, message, help) = match action {
            Action::Convert => (Severity::Info, format!("made {names} {kind}"), ""),
            Action::Check => (Severity::Error, format!("{names} should be {kind}"), CONVERT),
        };
        let mut all = vec![Diagnostic::new("", severity, message).help(help).at(self.field)];
        if action == Action::Convert {
            all.extend(self.edits.into_iter().map(|edit| Diagnostic::new("", severity, edit.what).at(edit.at)));
        }
        for one in &mut all {
            (one.resource, one.file) = (Some(self.resource.clone()), self.file.clone());
        }
        all
    }

    /// The same where nothing moves.
    fn about_edits(self, action: Action) -> Vec<Diagnostic> {
        let (severity, help) = match action {
            Action::Convert => (Severity::Info, ""),
            Action::Check => (Severity::Error, CONVERT),
        };
        let told = self.edits.into_iter().map(|edit| {
            let message = if action == Action::Check { format!("due: {}", edit.what) } else { edit.what };
            let mut one = Diagnostic::new("", severity, message).help(help).at(edit.at);
            (one.resource, one.file) = (Some(self.resource.clone()), self.file.clone());
            one
        });
        told.collect()
    }
}

/// One diagnostic for each part of the configuration that matched nothing in the whole input.
pub fn unmatched(config: &Config, matched: &Matched) -> Vec<Diagnostic> {
    let mut found = Vec::new();
    for (_, entry) in config.sidecars.iter().enumerate().filter(|(index, _)| !matched.sidecars.contains(index)) {
        let message = format!("no container in the input matches {}", entry.in_words());
        found.extend(about_config(config, &unmatched_entry::RULE, message, &entry.path));
    }
    if !config.sidecars.is_empty() || config.catalogue.mode != Mode::None {
        let selectors = [(&config.include, &matched.include), (&config.exclude, &matched.exclude)];
        for (selectors, hits) in selectors {
            for (_, selector) in selectors.iter().enumerate().filter(|(index, _)| !hits.contains(index)) {
                let message = "no workload in the input matches the selector".to_owned();
                found.extend(about_config(config, &unmatched_entry::RULE, message, &selector.path));
            }
        }
    }
    found
}

/// A note about the configuration: `strict` makes it an error, `rules` may change or silence it.
pub fn about_config(config: &Config, rule: &Rule, message: String, field: &str) -> Option<Diagnostic> {
    let level = config.level(rule.name, rule.severity).severity()?;
    let severity = if config.is_strict { Severity::Error } else { level };
    Some(Diagnostic::new(rule.name, severity, message).help("check the spelling, or remove the entry").at(field))
}

/// Puts the gravest first; among equals the order of the input stays.
pub fn sort(diagnostics: &mut [Diagnostic]) {
    diagnostics.sort_by_key(|diagnostic| std::cmp::Reverse(diagnostic.severity));
}

/// The diagnostic as a line for a terminal.
pub fn line(diagnostic: &Diagnostic) -> String {
    let mut line = diagnostic.severity.to_string();
    if !diagnostic.rule.is_empty() {
        line.push_str(&format!("[{}]", diagnostic.rule));
    }
    if let Some(resource) = &diagnostic.resource {
        line.push_str(&format!(" {resource}"));
    }
    if let Some(file) = &diagnostic.file {
        line.push_str(&format!(" ({})", file.path));
    }
    if !diagnostic.field.is_empty() {
        line.push_str(&format!(" {}", diagnostic.field));
    }
    line.push_str(&format!(": {}", diagnostic.text()));
    escaped(&line).unwrap_or(line)
}
