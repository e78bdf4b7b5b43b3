//! `explain RULE`: the page of a rule.

use std::process::ExitCode;

use anyhow::Result;
use clap::{Arg, ArgMatches, Command};

use super::{USAGE, print, tell};
use crate::config::validate::nearest;
use crate::rules::{self, RULES};

/// The word on the command line.
pub(super) const NAME: &str = "explain";

/// The arguments.
pub(super) fn command() -> Command {
    Command::new(NAME)
        .about("Print the page of a rule: what it finds, why, examples, how to fix it, when it is lifted")
        .arg(Arg::new("RULE").help("The rule's name, as results have it; without it, the names of all rules"))
        .after_help("Exit codes: 0 done; 2 there is no such rule.")
}

/// Prints the page as it is written, in Markdown.
pub(super) fn run(matches: &ArgMatches) -> Result<ExitCode> {
    let names = || RULES.iter().map(|rule| rule.name);
    let Some(name) = matches.get_one::<String>("RULE") else {
        let lines: String = names().flat_map(|name| [name, "\n"]).collect();
        return print(&lines);
    };
    if let Some(rule) = rules::find(name) {
        return print(rule.page);
    }
    let near = nearest(name, names()).map(|near| format!("did you mean `{near}`?"));
    let help = near.unwrap_or_else(|| "`convert-sidecars rules` lists all".to_owned());
    tell(&format!("error: there is no rule `{name}`; {help}"));
    Ok(ExitCode::from(USAGE))
}
