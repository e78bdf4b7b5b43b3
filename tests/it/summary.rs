use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write;
use std::path::Path;

use convert_sidecars::diagnostic::{Diagnostic, Severity};
use convert_sidecars::{Options, run};

use crate::corpus::{self, Manifest, in_parallel};
use crate::support::{root, select};

/// What is stored: for every container of every pod that has two or more, what becomes of it alone, and what is said.
const STORED: &str = "tests/data/corpus-summary.tsv";
const HEAD: &str = "file\tworkload\tcontainer\tfrom 1.29 on\tfrom 1.36 on\n";
/// What a refusal ends with when the others go on.
const LEFT: &str = "; the workload is left as it was";

/// The workloads of a text that have the container, each with what is said of it when it is selected.
fn told(text: &str, container: &str, oldest: &str) -> BTreeMap<String, String> {
    let config = select(&[container]) + &format!("  onRefusal: Skip\n  cluster: {{minVersion: \"{oldest}\"}}\n");
    let answer = run(text, &Options { config: Some(&config), threads: 1 }).unwrap();
    assert!(!answer.has_errors(), "{container}: {:?}", answer.diagnostics);
    let mut by_workload: BTreeMap<String, Vec<&Diagnostic>> = BTreeMap::new();
    for one in answer.diagnostics.iter().filter(|one| one.resource.is_some()) {
        let workload = one.resource.as_ref().map(ToString::to_string).unwrap_or_default();
        by_workload.entry(workload).or_default().push(one);
    }
    by_workload.into_iter().map(|(workload, all)| (workload, in_words(&all))).collect()
}

/// `refused` or `converted`, and the rules with their severities.
fn in_words(all: &[&Diagnostic]) -> String {
    let is_left = |one: &&&Diagnostic| one.message.ends_with(LEFT);
    let verdict = if all.iter().any(|one| is_left(&one)) { "refused" } else { "converted" };
    let rule = |one: &&Diagnostic| {
        let severity = if is_left(&one) { Severity::Error } else { one.severity };
        format!(", {severity} {}", one.rule)
    };
    let rules: BTreeSet<_> = all.iter().filter(|one| !one.rule.is_empty()).map(rule).collect();
    format!("{verdict}{}", rules.into_iter().collect::<String>())
}

/// The rows of one manifest.
fn rows(manifest: &Manifest) -> Vec<String> {
    let pods = corpus::pods_of(&manifest.text).unwrap_or_default();
    let names: BTreeSet<_> = pods.iter().filter(|pod| pod.has_choice()).flat_map(|pod| &pod.containers).collect();
    let mut rows = Vec::new();
    for name in names.into_iter().filter(|name| corpus::is_selectable(name)) {
        let newest = told(&manifest.text, name, "1.36");
        for (workload, old) in told(&manifest.text, name, "1.29") {
            let new = newest.get(&workload).map_or("", String::as_str);
            let new = if new == old { "=" } else { new };
            rows.push(format!("{}\t{workload}\t{name}\t{old}\t{new}\n", manifest.file));
        }
    }
    rows
}

#[test]
fn what_is_said_of_the_corpus_is_what_was_reviewed() {
    let Some(manifests) = corpus::corpus() else { return };
    let rows: String = in_parallel(manifests, rows).into_iter().flatten().collect();
    let found = format!("{HEAD}{rows}");
    let stored = std::fs::read_to_string(root().join(STORED)).unwrap_or_default();
    if found == stored {
        return;
    }
    let new = Path::new(env!("CARGO_TARGET_TMPDIR")).join("corpus-summary.tsv");
    std::fs::write(&new, &found).unwrap();
    panic!(
        "{STORED} says something else:\n{}Look at every line. If all are as Kubernetes has it: just accept-summary, or cp {} {STORED}",
        difference(&stored, &found),
        new.display()
    );
}

/// The rows that go and come, the first of them if there are many.
fn difference(old: &str, new: &str) -> String {
    let [before, after] = [old, new].map(|text| text.lines().collect::<BTreeSet<_>>());
    let gone = before.difference(&after).map(|row| format!("-{row}\n"));
    let come = after.difference(&before).map(|row| format!("+{row}\n"));
    let mut all: Vec<_> = gone.chain(come).collect();
    // The row of a container before that of the same container after.
    all.sort_by(|one, other| (&one[1..], &other[..1]).cmp(&(&other[1..], &one[..1])));
    let rest = all.len().saturating_sub(100);
    all.truncate(100);
    if rest > 0 {
        all.push(format!("and {rest} more\n"));
    }
    all.concat()
}

/// The stored rows counted by rule, as a table.
pub(crate) fn counts(stored: &str) -> String {
    let rows: Vec<Vec<&str>> = stored.lines().skip(1).map(|row| row.split('\t').collect()).collect();
    let cells = |row: &[&str]| [row[3].to_owned(), (if row[4] == "=" { row[3] } else { row[4] }).to_owned()];
    let mut counts: BTreeMap<String, [usize; 2]> = BTreeMap::new();
    for row in &rows {
        for (column, cell) in cells(row).iter().enumerate() {
            for word in cell.split(", ") {
                counts.entry(word.to_owned()).or_default()[column] += 1;
            }
        }
    }
    let mut table = "| of the rows | from 1.29 on | from 1.36 on |\n|---|---|---|\n".to_owned();
    let total = [rows.len(); 2];
    for (what, [old, new]) in std::iter::once(("all".to_owned(), total)).chain(counts) {
        writeln!(table, "| {what} | {old} | {new} |").unwrap();
    }
    table
}

#[test]
fn rows_are_counted_by_rule_in_both_columns() {
    let stored =
        format!("{HEAD}a\tPod/a\tx\tconverted, info one\tconverted\nb\tPod/b\tx\trefused, error two, info one\t=\n");
    let wanted = "| of the rows | from 1.29 on | from 1.36 on |\n|---|---|---|\n| all | 2 | 2 |\n| converted | 1 | 1 |\n\
                  | error two | 1 | 1 |\n| info one | 2 | 1 |\n| refused | 1 | 1 |\n";
    assert_eq!(counts(&stored), wanted);
    assert_eq!(difference("h\na\tb\nc\n", "h\na\td\nc\n"), "-a\tb\n+a\td\n");
}
