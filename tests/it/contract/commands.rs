use std::fs::{self, File};
use std::process::{Command, Stdio};

use super::{Answer, POD, native};
use crate::package::Package;
use crate::support::{binary, files, output, root, select};

/// The program with these arguments and a stdin at its end.
fn command(arguments: &[&str]) -> Answer {
    let output = output(Command::new(binary()).env_clear().args(arguments).stdin(Stdio::null()));
    let text = |bytes| String::from_utf8(bytes).unwrap();
    Answer { code: output.status.code(), stdout: text(output.stdout), stderr: text(output.stderr) }
}

fn good(arguments: &[&str]) -> String {
    let answer = command(arguments);
    assert_eq!((answer.code, answer.stderr.as_str()), (Some(0), ""), "{arguments:?}");
    answer.stdout
}

/// The names and texts of the pages as they stand in the source tree.
fn pages() -> Vec<(String, String)> {
    let page = |file: &std::path::PathBuf| {
        let name = file.file_stem().unwrap().to_string_lossy().replace('_', "-");
        (name, fs::read_to_string(file).unwrap())
    };
    let pages: Vec<_> = files(&root().join("src/rules"), &[".md"]).iter().map(page).collect();
    assert!(pages.len() > 10, "{}", pages.len());
    pages
}

#[test]
fn explain_prints_the_page_of_each_rule_as_it_is_written() {
    for (name, page) in pages() {
        assert_eq!(good(&["explain", &name]), page, "{name}");
    }
    let listed = good(&["explain"]);
    let mut listed: Vec<_> = listed.lines().collect();
    listed.sort_unstable();
    assert_eq!(listed, pages().iter().map(|(name, _)| name.as_str()).collect::<Vec<_>>());
}

#[test]
fn explain_names_the_nearest_rule_to_one_that_is_not_there() {
    for (written, wanted) in [
        ("cluster-to-old", "did you mean `cluster-too-old`?"),
        ("cluster_too_old", "did you mean `cluster-too-old`?"),
        ("Host-Port-Unmapped", "did you mean `host-port-unmapped`?"),
        ("zzzzzz", "`convert-sidecars rules` lists all"),
    ] {
        let answer = command(&["explain", written]);
        assert_eq!((answer.code, answer.stdout.as_str()), (Some(2), ""), "{answer:?}");
        assert_eq!(answer.stderr, format!("error: there is no rule `{written}`; {wanted}\n"));
    }
    let answer = command(&["explain", "cluster-too-old", "host-port-unmapped"]);
    assert_eq!((answer.code, answer.stdout.as_str()), (Some(2), ""), "{answer:?}");
}

#[test]
fn rules_lists_each_rule_with_kind_severity_and_releases() {
    let list = good(&["rules"]);
    let (head, rows) = list.split_once('\n').unwrap();
    assert_eq!(head.split_whitespace().collect::<Vec<_>>(), ["RULE", "KIND", "SEVERITY", "LIFTED"]);
    let names: Vec<_> = rows.lines().map(|row| row.split(' ').next().unwrap()).collect();
    let mut sorted = names.clone();
    sorted.sort_unstable();
    assert_eq!(sorted, pages().iter().map(|(name, _)| name.as_str()).collect::<Vec<_>>());
    let row = |name: &str| {
        let row = rows.lines().find(|row| row.starts_with(&format!("{name} "))).unwrap();
        row.split_whitespace().skip(1).collect::<Vec<_>>().join(" ")
    };
    assert_eq!(row("cluster-too-old"), "Invalid error With 1.29, or with 1.28 and the gate");
    assert_eq!(row("no-main-container"), "Invalid error");
    assert_eq!(row("host-port-unmapped"), "Unsafe error Not by any release up to 1.36");
    assert_eq!(row("unmatched-entry"), "Note info");
    // Whoever cuts the list at a column needs the columns to be where the head says.
    for column in ["KIND", "SEVERITY"] {
        let at = head.find(column).unwrap();
        assert!(rows.lines().all(|row| !row[at..].starts_with(' ') && row[..at].ends_with("  ")), "{column}:\n{list}");
    }
}

#[test]
fn the_help_shows_the_commands_and_each_has_its_own() {
    let help = good(&["--help"]);
    for name in ["explain", "rules"] {
        assert!(help.contains(&format!("\n  {name} ")), "{help}");
        assert!(help.contains(&format!("\n  convert-sidecars {name}")), "{name} has no example: {help}");
        let own = good(&[name, "--help"]);
        assert!(own.contains(&format!("Usage: convert-sidecars {name}")) && own.contains("Exit code"), "{own}");
    }
}

/// kustomize passes a path as the only argument, and a folder may hold files of any name.
#[test]
fn files_with_the_names_of_commands_can_be_converted() {
    let package = Package::of(&[("rules", &select(&["proxy"])), ("explain", POD)]);
    let folder = package.folder();
    let path = |name: &str| folder.join(name).to_str().unwrap().to_owned();
    for arguments in [["./rules", "explain"], ["./rules", "./explain"], [&path("rules"), &path("explain")]] {
        let output = output(Command::new(binary()).env_clear().current_dir(&folder).args(arguments));
        assert_eq!(output.status.code(), Some(0), "{arguments:?} {output:?}");
        assert_eq!(String::from_utf8(output.stdout).unwrap(), native(POD), "{arguments:?}");
    }
}

#[test]
fn a_reader_that_wants_no_more_is_no_error_and_a_full_disk_is_one() {
    let explain = |stdout: Stdio| {
        let mut command = Command::new(binary());
        output(command.env_clear().args(["explain", "host-port-unmapped"]).stdout(stdout).stderr(Stdio::piped()))
    };
    let (reader, writer) = std::io::pipe().unwrap();
    drop(reader);
    let closed = explain(writer.into());
    assert!(closed.status.success() && closed.stderr.is_empty(), "{closed:?}");
    let Ok(full) = File::options().write(true).open("/dev/full") else { return };
    let full = explain(full.into());
    assert_eq!(full.status.code(), Some(1));
    assert!(String::from_utf8_lossy(&full.stderr).starts_with("error: writing to stdout"), "{full:?}");
}
