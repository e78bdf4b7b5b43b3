//! From what the stages found to what the host is told.

use crate::config::Config;
use crate::diagnostic::{Diagnostic, FileRef, ResourceRef, Severity};
use crate::rules::{Finding, unmatched_entry};

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

/// The note that a workload was converted.
pub fn converted(names: &[&str], field: String, resource: &ResourceRef, file: Option<&FileRef>) -> Diagnostic {
    let kind = if names.len() == 1 { "a native sidecar" } else { "native sidecars" };
    Diagnostic {
        rule: "",
        severity: Severity::Info,
        message: format!("made {} {kind}", names.join(", ")),
        help: String::new(),
        resource: Some(resource.clone()),
        file: file.cloned(),
        field,
    }
}

/// One diagnostic for each entry of `spec.sidecars` that matched no container in the whole input.
pub fn unmatched(config: &Config, is_matched: &[bool]) -> Vec<Diagnostic> {
    let entries = config.sidecars.iter().zip(is_matched);
    let unmatched = entries.filter(|(_, is_matched)| !**is_matched).map(|(entry, _)| {
        let severity = if config.is_strict { Severity::Error } else { unmatched_entry::RULE.severity };
        let message = format!("{}: no container in the input matches `{}`", entry.path, entry.container);
        Diagnostic::new(unmatched_entry::RULE.name, severity, message)
            .help("check the spelling, or remove the entry")
            .at(&entry.path)
    });
    unmatched.collect()
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
    format!("{line}: {}", diagnostic.text())
}
