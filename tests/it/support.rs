use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};

use convert_sidecars::rules::{RULES, Rule, RuleKind};
use convert_sidecars::{Options, run};

/// The root of the project.
pub(crate) fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

/// A folder of the optional test data, which `CONVERT_SIDECARS_SHARED` names; `../shared` if unset.
///
/// `None`, said on stderr, when it is not there; then the test is skipped, unless `CI=true`.
pub(crate) fn shared(folder: &str) -> Option<PathBuf> {
    let base = std::env::var_os("CONVERT_SIDECARS_SHARED").map_or_else(|| root().join("../shared"), PathBuf::from);
    let path = base.join(folder);
    if path.exists() {
        return Some(path);
    }
    skip(&format!("test data {} is not there", path.display()));
    None
}

/// The path of a host program, or `None`, said on stderr, when it is not installed.
pub(crate) fn host(program: &str) -> Option<PathBuf> {
    let path = std::env::var_os("PATH").unwrap_or_default();
    let found = std::env::split_paths(&path).map(|folder| folder.join(program)).find(|file| file.is_file());
    let found = found.filter(|file| program != "docker" || output(Command::new(file).arg("info")).status.success());
    if found.is_some() {
        return found;
    }
    // A machine may be unable to run containers at all; whoever starts the tests says so, for docker alone.
    if program == "docker" && std::env::var("CONVERT_SIDECARS_NO_DOCKER").as_deref() == Ok("true") {
        say_skipped("no container engine");
    } else {
        skip(&format!("{program} is not installed, or does not answer"));
    }
    None
}

/// Says that a test is skipped; under `CI=true` that is a failure.
pub(crate) fn skip(why: &str) {
    assert!(std::env::var("CI").as_deref() != Ok("true"), "a test may not be skipped under CI=true: {why}");
    say_skipped(why);
}

/// Writes past the test runner, which hides what a passing test prints.
fn say_skipped(why: &str) {
    let _ = writeln!(std::io::stderr(), "SKIPPED: {why}");
}

/// The binary under test.
pub(crate) fn binary() -> &'static Path {
    Path::new(env!("CARGO_BIN_EXE_convert-sidecars"))
}

/// Runs a command and gives its output; panics when it cannot be started.
pub(crate) fn output(command: &mut Command) -> Output {
    command.output().unwrap_or_else(|error| panic!("{command:?}: {error}"))
}

/// Runs a command with something on stdin.
pub(crate) fn output_with_stdin(command: &mut Command, stdin: &[u8]) -> Output {
    use std::process::Stdio;
    let mut child = command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
    let mut pipe = child.stdin.take().unwrap();
    let stdin = stdin.to_vec();
    let writer = std::thread::spawn(move || drop(pipe.write_all(&stdin)));
    let output = child.wait_with_output().unwrap();
    writer.join().unwrap();
    output
}

/// A configuration that selects containers by these names or globs, for nothing but the move.
pub(crate) fn select(names: &[&str]) -> String {
    let entries: Vec<_> = names.iter().map(|name| format!("  - container: {name:?}\n")).collect();
    let entries = entries.concat();
    format!(
        "apiVersion: convert-sidecars.dev/v1alpha1\nkind: ConvertSidecars\nmetadata: {{name: test}}\nspec:\n  edits: None\n  catalog: {{mode: None}}\n  sidecars:\n{entries}"
    )
}

/// The same with every rule off that may be: for tests of what a conversion does to the text and its values.
pub(crate) fn select_anyway(names: &[&str]) -> String {
    // The notes without a check are about the configuration, and tests look at them.
    let is_off = |rule: &&&Rule| rule.kind != RuleKind::Invalid && rule.check.is_some();
    let off: Vec<_> = RULES.iter().filter(is_off).map(|rule| format!("{}: \"Off\"", rule.name)).collect();
    format!("{}  rules: {{{}}}\n", select(names), off.join(", "))
}

/// What the library made of a text: the new text, and each diagnostic as `severity rule field`.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Converted {
    pub(crate) text: String,
    pub(crate) diagnostics: Vec<String>,
    pub(crate) failed: bool,
}

impl Converted {
    /// Without the note that every Pod and Job with a name has; `workloads` tests it.
    pub(crate) fn leave_out_immutable(&mut self) {
        self.diagnostics.retain(|one| !one.contains(" immutable-workload "));
    }
}

/// Converts the containers with these names or globs; panics when the text cannot be read.
pub(crate) fn convert(text: &str, names: &[&str]) -> Converted {
    let mut converted = convert_with(text, &select(names));
    converted.leave_out_immutable();
    converted
}

/// The same with every rule off that may be.
pub(crate) fn convert_anyway(text: &str, names: &[&str]) -> Converted {
    convert_with(text, &select_anyway(names))
}

/// The same with this configuration.
pub(crate) fn convert_with(text: &str, config: &str) -> Converted {
    let answer = run(text, &Options { config: Some(config), ..Options::default() }).unwrap();
    let diagnostics = answer.diagnostics.iter().map(|one| format!("{} {} {}", one.severity, one.rule, one.field));
    Converted { text: answer.output.to_string(), diagnostics: diagnostics.collect(), failed: answer.has_errors() }
}

/// All files below a folder, sorted, by their ending.
pub(crate) fn files(folder: &Path, endings: &[&str]) -> Vec<PathBuf> {
    let mut found = Vec::new();
    let mut waiting = vec![folder.to_owned()];
    while let Some(folder) = waiting.pop() {
        for entry in std::fs::read_dir(&folder).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                waiting.push(path);
            } else if endings.iter().any(|ending| path.to_string_lossy().ends_with(ending)) {
                found.push(path);
            }
        }
    }
    found.sort();
    found
}
