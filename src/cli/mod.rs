//! Arguments and modes of the binary.

use std::io::{Read, Write};
use std::process::ExitCode;

use anyhow::{Context, Result};
use clap::{Arg, ArgAction, Command};

use crate::error::Error;
use crate::{Options, report, run};

const ABOUT: &str = "Turns legacy Kubernetes sidecars into native ones (KEP-753) and leaves every other byte alone.";

const EXAMPLES: &str = "\
Reads a ResourceList (or bare YAML documents) from stdin and writes it to stdout. The functionConfig in it says
which containers are sidecars.

Examples:
  kpt fn eval DIR --exec convert-sidecars -- sidecars=istio-proxy,log-*
  kpt fn render DIR --allow-exec            # with `exec: convert-sidecars` in the Kptfile's pipeline
  kpt fn source DIR | convert-sidecars      # by hand

Exit codes: 0 done; 1 something was refused or wrong, and every item is as it came; 2 wrong arguments.";

/// Runs the program: arguments to exit code.
pub fn main(arguments: impl Iterator<Item = std::ffi::OsString>) -> ExitCode {
    let matches = match command().try_get_matches_from(arguments) {
        Ok(matches) => matches,
        Err(error) => {
            // Help and version are answers and go to stdout; clap knows which is which.
            let is_printed = error.print().is_ok();
            return ExitCode::from(if is_printed { u8::try_from(error.exit_code()).unwrap_or(2) } else { 2 });
        }
    };
    let threads = matches.get_one::<usize>("threads").copied().unwrap_or(0);
    match function(threads) {
        Ok(code) => code,
        Err(error) => {
            // Nothing else can be done when stderr is closed.
            let _ = writeln!(std::io::stderr(), "convert-sidecars: {error:#}");
            ExitCode::FAILURE
        }
    }
}

fn command() -> Command {
    let threads = Arg::new("threads")
        .long("threads")
        .value_name("N")
        .value_parser(clap::value_parser!(usize))
        .action(ArgAction::Set)
        .help("Threads to use at most [default: as many as there are cores]");
    Command::new("convert-sidecars").version(env!("CARGO_PKG_VERSION")).about(ABOUT).after_help(EXAMPLES).arg(threads)
}

/// Function mode: stdin to stdout.
fn function(threads: usize) -> Result<ExitCode> {
    let mut bytes = Vec::new();
    std::io::stdin().lock().read_to_end(&mut bytes).context("reading stdin")?;
    let text = str::from_utf8(&bytes).map_err(|error| Error::NotUtf8 { offset: error.valid_up_to() })?;
    let answer = run(text, &Options { threads, ..Options::default() })?;
    let failed = answer.has_errors();
    if answer.is_resource_list || !failed {
        let mut stdout = std::io::BufWriter::with_capacity(1 << 16, std::io::stdout().lock());
        answer.output.write_to(&mut stdout).context("writing stdout")?;
    }
    if !answer.is_resource_list {
        for diagnostic in &answer.diagnostics {
            writeln!(std::io::stderr(), "{}", report::line(diagnostic)).context("writing stderr")?;
        }
    }
    Ok(if failed { ExitCode::FAILURE } else { ExitCode::SUCCESS })
}
