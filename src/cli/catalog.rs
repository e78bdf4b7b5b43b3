//! `catalog [NAME]`: the well-known sidecars.

use std::fmt::Write;
use std::process::ExitCode;

use anyhow::Result;
use clap::{Arg, ArgMatches, Command};

use super::{USAGE, print, tell};
use crate::catalog::{FILES, all};
use crate::config::validate::nearest;

/// The word on the command line.
pub(super) const NAME: &str = "catalog";

/// The arguments.
pub(super) fn command() -> Command {
    Command::new(NAME)
        .about("List the well-known sidecars, or print what is known of one, with its sources")
        .arg(Arg::new("NAME").help("The profile's name; without it, all of them: name, tier, how it is recognised"))
        .after_help(
            "Tiers: A is converted when it is recognised, B when it is named, C never.\n\n\
             Exit codes: 0 done; 2 there is no such profile.",
        )
}

/// Prints the list, or the file of a profile as it is written, which `spec.profiles` takes as well.
pub(super) fn run(matches: &ArgMatches) -> Result<ExitCode> {
    let Some(name) = matches.get_one::<String>("NAME") else { return list() };
    if let Some((_, text)) = FILES.iter().find(|(known, _)| known == name) {
        return print(text);
    }
    let near = nearest(name, FILES.iter().map(|(name, _)| *name)).map(|near| format!("did you mean `{near}`?"));
    let help = near.unwrap_or_else(|| "`convert-sidecars catalog` lists all".to_owned());
    tell(&format!("error: there is no profile `{name}`; {help}"));
    Ok(ExitCode::from(USAGE))
}

/// Prints a line for each profile, in columns.
fn list() -> Result<ExitCode> {
    let width = FILES.iter().map(|(name, _)| name.len()).max().unwrap_or(0);
    let mut text = format!("{:width$}  TIER  RECOGNISED BY\n", "PROFILE");
    for profile in all() {
        writeln!(text, "{:width$}  {:4}  {}", profile.name, profile.tier, profile.matches_in_words())?;
    }
    print(&text)
}
