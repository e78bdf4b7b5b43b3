//! Arguments and modes of the binary.

mod catalog;
mod explain;
mod function;
mod rules;
mod standalone;

use std::ffi::OsString;
use std::io::{ErrorKind, Write};
use std::process::ExitCode;

use anyhow::{Context, Result};
use clap::{Arg, ArgAction, ArgMatches, Command};
use tracing::Level;

const ABOUT: &str = "Turns legacy Kubernetes sidecars into native ones (KEP-753) and leaves every other byte alone.";

const AFTER_HELP: &str = "\
Without arguments it is a KRM function: it reads a ResourceList (or bare YAML or JSON documents) from stdin and
writes it to stdout in the same form. The functionConfig says which containers are sidecars; well-known ones are
converted without it in workloads that run to completion (`convert-sidecars catalog` lists them).

With arguments it reads the configuration from CONFIG and the resources from the FILEs (`-` is stdin), and writes
them to stdout as one stream of documents. As a legacy exec plugin of kustomize it gets CONFIG alone and reads stdin.
A CONFIG with the name of a command is written with its folder: ./rules.

Examples:
  kpt fn eval DIR --exec convert-sidecars -- sidecars=istio-proxy,log-*
  kpt fn render DIR --allow-exec                      # with `exec: convert-sidecars` in the Kptfile's pipeline
  kustomize build DIR --enable-alpha-plugins --enable-exec
  convert-sidecars function-config.yaml deployment.yaml
  helm template CHART | convert-sidecars function-config.yaml -
  convert-sidecars rules                              # every rule, with its kind and default severity
  convert-sidecars explain host-port-unmapped         # why a result says so, and what to do

A functionConfig that makes istio-proxy and every log shipper native:
  apiVersion: convert-sidecars.dev/v1alpha1
  kind: ConvertSidecars
  metadata:
    name: convert-sidecars
  spec:
    action: Convert            # Check changes nothing and fails when a conversion is due
    cluster: {minVersion: \"1.29\"}
    sidecars:
    - container: istio-proxy
    - container: log-*

Exit codes: 0 done; 1 something was refused or wrong, and every item is as it came; 2 wrong arguments, or the name of no rule.";

/// What the program knows of its surroundings; only `main` asks the environment.
#[derive(Debug, Default)]
pub struct Host {
    /// `LOG_TO_STDERR`, by which kustomize asks container functions for messages on stderr.
    pub logs_to_stderr: bool,
    /// Whether kustomize runs the program as a legacy exec plugin (`KUSTOMIZE_PLUGIN_CONFIG_ROOT` is set).
    pub is_plugin: bool,
    /// The configuration of a legacy exec plugin (`KUSTOMIZE_PLUGIN_CONFIG_STRING`), for when its file cannot be read.
    pub plugin_config: Option<String>,
}

/// The exit code for wrong arguments; clap uses the same.
const USAGE: u8 = 2;

/// Runs the program: arguments to exit code.
pub fn main(arguments: impl Iterator<Item = OsString>, host: &Host) -> ExitCode {
    let matches = match command().try_get_matches_from(arguments) {
        Ok(matches) => matches,
        Err(error) => {
            // Help and version are answers and go to stdout; clap knows which is which.
            let is_printed = error.print().is_ok();
            let code = u8::try_from(error.exit_code()).unwrap_or(USAGE);
            return ExitCode::from(if is_printed { code } else { USAGE });
        }
    };
    log_to_stderr(matches.get_one::<Level>("log").copied());
    match dispatch(&matches, host) {
        Ok(code) => code,
        Err(error) => {
            tell(&format!("error: {error:#}"));
            ExitCode::FAILURE
        }
    }
}

fn dispatch(matches: &ArgMatches, host: &Host) -> Result<ExitCode> {
    match matches.subcommand() {
        Some((explain::NAME, matches)) => return explain::run(matches),
        Some((rules::NAME, _)) => return rules::run(),
        Some((catalog::NAME, matches)) => return catalog::run(matches),
        _ => {}
    }
    let threads = matches.get_one::<usize>("threads").copied().unwrap_or(0);
    let is_good = match matches.get_one::<OsString>("CONFIG") {
        None => function::run(threads, host)?,
        Some(config) => {
            let files: Vec<&OsString> = matches.get_many::<OsString>("FILE").into_iter().flatten().collect();
            standalone::run(config, &files, threads, host)?
        }
    };
    Ok(ExitCode::from(u8::from(!is_good)))
}

fn command() -> Command {
    let path = |name: &'static str| Arg::new(name).value_parser(clap::value_parser!(OsString));
    Command::new("convert-sidecars")
        .version(env!("CARGO_PKG_VERSION"))
        .about(ABOUT)
        .after_help(AFTER_HELP)
        // Behind a CONFIG every word is a file.
        .args_conflicts_with_subcommands(true)
        .disable_help_subcommand(true)
        .subcommand_value_name("COMMAND")
        .subcommand(explain::command())
        .subcommand(rules::command())
        .subcommand(catalog::command())
        .arg(path("CONFIG").help("File with the configuration: ConvertSidecars or a ConfigMap"))
        .arg(path("FILE").help("Files with resources; - for stdin").num_args(0..).action(ArgAction::Append))
        .arg(
            Arg::new("threads")
                .long("threads")
                .value_name("N")
                .value_parser(clap::value_parser!(usize))
                .help("Threads to use at most [default: as many as there are cores]"),
        )
        .arg(
            Arg::new("log")
                .long("log")
                .value_name("LEVEL")
                .value_parser(clap::value_parser!(Level))
                .help("Show on stderr what the stages do: error, warn, info, debug or trace"),
        )
}

/// Shows what the stages do, without times and colours; by default nothing is shown, since hosts store stderr.
fn log_to_stderr(level: Option<Level>) {
    if let Some(level) = level {
        let subscriber = tracing_subscriber::fmt().with_max_level(level).without_time().with_ansi(false);
        subscriber.with_writer(std::io::stderr).init();
    }
}

/// Writes a line to stderr; nothing can be done when that fails.
fn tell(line: &str) {
    let _ = writeln!(std::io::stderr(), "{line}");
}

/// Writes an answer to stdout. A reader that wants no more of it, such as `head`, is no error.
fn print(text: &str) -> Result<ExitCode> {
    let mut stdout = std::io::stdout().lock();
    match stdout.write_all(text.as_bytes()).and_then(|()| stdout.flush()) {
        Err(error) if error.kind() != ErrorKind::BrokenPipe => Err(error).context("writing to stdout"),
        _ => Ok(ExitCode::SUCCESS),
    }
}
