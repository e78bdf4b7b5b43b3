//! `rules`: the list of all rules.

use std::fmt::Write;
use std::process::ExitCode;

use anyhow::Result;
use clap::Command;

use super::print;
use crate::rules::RULES;

/// The word on the command line.
pub(super) const NAME: &str = "rules";

/// The arguments.
pub(super) fn command() -> Command {
    Command::new(NAME)
        .about("List all rules: kind, severity by default, and the releases of Kubernetes that matter")
        .after_help("Exit code: 0.")
}

/// Prints a line for each rule, in columns.
pub(super) fn run() -> Result<ExitCode> {
    let head = ["RULE", "KIND", "SEVERITY", "LIFTED"].map(str::to_owned);
    let row = |rule: &&crate::rules::Rule| {
        [rule.name, rule.kind.as_str(), rule.severity.as_str(), rule.lifted().as_str()].map(str::to_owned)
    };
    let rows: Vec<_> = std::iter::once(head).chain(RULES.iter().map(row)).collect();
    let width = rows.iter().map(|[name, ..]| name.len()).max().unwrap_or(0);
    let mut text = String::new();
    for [name, kind, severity, lifted] in rows {
        let line = format!("{name:width$}  {kind:7}  {severity:8}  {lifted}");
        writeln!(text, "{}", line.trim_end())?;
    }
    print(&text)
}
