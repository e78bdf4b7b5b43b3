use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write;
use std::path::Path;

use serde_yaml::Value;

use crate::model;
use crate::support::{Converted, convert_with, root, shared};

/// What was reviewed: every difference that is left, and why.
const STORED: &str = "tests/data/pairs-differences.tsv";
const HEAD: &str = "pairs\tpath\tours\tupstream\treason";
/// In the place of a value that is not there.
const NOTHING: &str = "-";
/// The path of a row about a pair that is not converted; in the place of our value stands what is said.
const REFUSED: &str = "(refused)";

/// One thing that our result and upstream's do not have in common.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
struct Difference {
    path: String,
    ours: String,
    theirs: String,
}

/// A reviewed row: this differs in these pairs, and in no others.
#[derive(Debug)]
struct Row {
    pairs: BTreeSet<String>,
    path: String,
    ours: String,
    theirs: String,
}

impl Row {
    /// Path and values of the row may hold one `*` each, for any text.
    fn is(&self, found: &Difference) -> bool {
        let holds = |pattern: &str, text: &str| match pattern.split_once('*') {
            Some((start, end)) if text.len() >= start.len() + end.len() => {
                text.starts_with(start) && text.ends_with(end)
            }
            _ => pattern == text,
        };
        holds(&self.path, &found.path) && holds(&self.ours, &found.ours) && holds(&self.theirs, &found.theirs)
    }
}

/// The differences of two values, by the paths of the smallest parts that differ.
fn compare(path: &str, ours: &Value, theirs: &Value, found: &mut Vec<Difference>) {
    match (ours, theirs) {
        (Value::Mapping(one), Value::Mapping(other)) => {
            let name = |key: &Value| key.as_str().unwrap_or("?").to_owned();
            let names: BTreeSet<_> = one.keys().chain(other.keys()).map(name).collect();
            for name in names {
                let inner = if path.is_empty() { name.clone() } else { format!("{path}.{name}") };
                one_or_both(&inner, one.get(&name), other.get(&name), found);
            }
        }
        (Value::Sequence(one), Value::Sequence(other)) => match (by_name(one), by_name(other)) {
            (Some(one), Some(other)) => lists(path, &one, &other, found),
            _ if one.len() == other.len() => {
                for (index, (one, other)) in one.iter().zip(other).enumerate() {
                    compare(&format!("{path}[{index}]"), one, other, found);
                }
            }
            _ => differ(path, Some(ours), Some(theirs), found),
        },
        _ if ours != theirs => differ(path, Some(ours), Some(theirs), found),
        _ => {}
    }
}

fn one_or_both(path: &str, ours: Option<&Value>, theirs: Option<&Value>, found: &mut Vec<Difference>) {
    match (ours, theirs) {
        (Some(ours), Some(theirs)) => compare(path, ours, theirs, found),
        _ => differ(path, ours, theirs, found),
    }
}

fn differ(path: &str, ours: Option<&Value>, theirs: Option<&Value>, found: &mut Vec<Difference>) {
    let [ours, theirs] = [ours, theirs]
        .map(|value| value.map_or_else(|| NOTHING.to_owned(), |value| serde_json::to_string(value).unwrap()));
    found.push(Difference { path: path.to_owned(), ours, theirs });
}

/// The entries of a list by their names; `None` where one has none, or has that of another.
fn by_name(list: &[Value]) -> Option<Vec<(&str, &Value)>> {
    let named = list.iter().map(|entry| Some((entry.get("name")?.as_str()?, entry)));
    let named = named.collect::<Option<Vec<_>>>()?;
    let distinct: BTreeSet<_> = named.iter().map(|(name, _)| name).collect();
    (!named.is_empty() && distinct.len() == named.len()).then_some(named)
}

/// Entries are compared name by name. The order counts but for `containers`, which Kubernetes starts together.
fn lists(path: &str, ours: &[(&str, &Value)], theirs: &[(&str, &Value)], found: &mut Vec<Difference>) {
    let find =
        |list: &[(&str, &Value)], name: &str| list.iter().find(|(one, _)| *one == name).map(|(_, v)| (*v).clone());
    let names: BTreeSet<_> = ours.iter().chain(theirs).map(|(name, _)| *name).collect();
    for name in &names {
        one_or_both(&format!("{path}[{name}]"), find(ours, name).as_ref(), find(theirs, name).as_ref(), found);
    }
    let order = |list: &[(&str, &Value)], other: &[(&str, &Value)]| {
        let common = list.iter().filter(|(name, _)| other.iter().any(|(one, _)| one == name));
        common.map(|(name, _)| *name).collect::<Vec<_>>().join(", ")
    };
    let [ours, theirs] = [order(ours, theirs), order(theirs, ours)];
    if ours != theirs && !path.ends_with(".containers") {
        found.push(Difference { path: format!("{path} (order)"), ours, theirs });
    }
}

/// What differs in all documents; paths start at the pod template, or at the pod.
fn differences(ours: &str, theirs: &str) -> BTreeSet<Difference> {
    let [ours, theirs] = [ours, theirs].map(|text| {
        let mut documents = model::read(text).unwrap();
        documents.retain(|document| !document.is_null());
        documents
    });
    let mut found = Vec::new();
    assert_eq!(ours.len(), theirs.len(), "the documents of a pair");
    for (ours, theirs) in ours.iter().zip(&theirs) {
        compare("", ours, theirs, &mut found);
    }
    for one in &mut found {
        if let Some((_, inner)) = one.path.split_once("template.") {
            one.path = inner.to_owned();
        }
    }
    found.into_iter().collect()
}

/// The sidecars of each pair, by upstream's own result.
fn pairs(folder: &Path) -> BTreeMap<String, Vec<String>> {
    let index = std::fs::read_to_string(folder.join("INDEX.tsv")).unwrap();
    let mut pairs: BTreeMap<String, Vec<String>> = BTreeMap::new();
    for row in index.lines().skip(1) {
        let cells: Vec<_> = row.split('\t').collect();
        let sidecars = pairs.entry(cells[0].to_owned()).or_default();
        sidecars.extend(cells[9].split(',').map(str::to_owned));
        sidecars.dedup();
    }
    assert!(pairs.len() > 140, "the pairs are not complete");
    pairs
}

fn convert(text: &str, sidecars: &[String]) -> Converted {
    let entries: String = sidecars.iter().map(|name| format!("  - container: {name:?}\n")).collect();
    let config = format!(
        "apiVersion: convert-sidecars.dev/v1alpha1\nkind: ConvertSidecars\nmetadata: {{name: test}}\nspec:\n  \
         edits: All\n  startupProbe: {{source: Profile}}\n  sidecars:\n{entries}"
    );
    convert_with(text, &config)
}

/// What is left of a pair: nothing when our result is upstream's.
fn left(folder: &Path, pair: &str, sidecars: &[String]) -> BTreeSet<Difference> {
    let text = |name| std::fs::read_to_string(folder.join(pair).join(name)).unwrap();
    let (legacy, native) = (text("legacy.yaml"), text("native.yaml"));
    let answer = convert(&legacy, sidecars);
    let refused =
        |ours: String| BTreeSet::from([Difference { path: REFUSED.to_owned(), ours, theirs: "converted".to_owned() }]);
    if answer.failed {
        let is_error = |one: &&String| one.starts_with("error ");
        return refused(answer.diagnostics.iter().filter(is_error).cloned().collect::<Vec<_>>().join(", "));
    }
    if answer.text == legacy {
        return refused("unchanged".to_owned());
    }
    let again = convert(&answer.text, sidecars);
    assert_eq!(again.text, answer.text, "{pair}: a second run");
    assert_eq!(again.diagnostics, Vec::<String>::new(), "{pair}: a second run");
    differences(&answer.text, &native)
}

/// The numbers of pairs as they are written in the list: `077-131,133`, where a range has all pairs between.
fn numbers<'p>(written: &str, all: impl Iterator<Item = &'p String>) -> BTreeSet<String> {
    let range = |one: &str| one.split_once('-').map_or((one.to_owned(), one.to_owned()), |(a, b)| (a.into(), b.into()));
    let ranges: Vec<(String, String)> = written.split(',').map(range).collect();
    let number = |pair: &String| pair.split('-').next().unwrap_or("").to_owned();
    all.map(number).filter(|one| ranges.iter().any(|(from, to)| from <= one && one <= to)).collect()
}

/// The other way round.
fn in_ranges(found: &BTreeSet<String>, all: &[String]) -> String {
    let mut runs: Vec<Vec<&str>> = Vec::new();
    for (index, one) in all.iter().enumerate().filter(|(_, one)| found.contains(*one)) {
        match runs.last_mut() {
            Some(run) if index > 0 && run.last() == Some(&all[index - 1].as_str()) => run.push(one),
            _ => runs.push(vec![one]),
        }
    }
    let written = runs.iter().map(|run| match run.as_slice() {
        [one] => (*one).to_owned(),
        run => format!("{}-{}", run[0], run[run.len() - 1]),
    });
    written.collect::<Vec<_>>().join(",")
}

#[test]
fn what_upstream_made_of_its_sidecars_and_what_we_make_differ_as_was_reviewed() {
    let Some(folder) = shared("pairs") else { return };
    let pairs = pairs(&folder);
    let stored = std::fs::read_to_string(root().join(STORED)).unwrap();
    let mut lines = stored.lines();
    assert_eq!(lines.next(), Some(HEAD));
    let rows: Vec<Row> = lines
        .map(|line| {
            let cells: Vec<_> = line.split('\t').collect();
            assert!(cells.len() == 5 && cells.iter().all(|cell| !cell.is_empty()), "{STORED}: {line}");
            let [path, ours, theirs] = [cells[1], cells[2], cells[3]].map(str::to_owned);
            Row { pairs: numbers(cells[0], pairs.keys()), path, ours, theirs }
        })
        .collect();
    let mut unlisted: BTreeMap<Difference, BTreeSet<String>> = BTreeMap::new();
    let mut met: Vec<BTreeSet<String>> = rows.iter().map(|_| BTreeSet::new()).collect();
    let (mut equal, mut refused) = (0, 0);
    for (pair, sidecars) in &pairs {
        let number = pair.split('-').next().unwrap_or("");
        let found = left(&folder, pair, sidecars);
        equal += usize::from(found.is_empty());
        refused += usize::from(found.iter().any(|one| one.path == REFUSED));
        for one in found {
            let row = rows.iter().position(|row| row.is(&one) && row.pairs.contains(number));
            match row {
                Some(row) => drop(met[row].insert(number.to_owned())),
                None => drop(unlisted.entry(one).or_default().insert(number.to_owned())),
            }
        }
    }
    let all: Vec<String> = pairs.keys().map(|pair| pair.split('-').next().unwrap_or("").to_owned()).collect();
    let mut report = String::new();
    for (one, found) in unlisted {
        writeln!(report, "not listed: {}\t{}\t{}\t{}", in_ranges(&found, &all), one.path, one.ours, one.theirs)
            .unwrap();
    }
    for (row, met) in rows.iter().zip(met) {
        let gone: BTreeSet<_> = row.pairs.difference(&met).cloned().collect();
        if !gone.is_empty() {
            writeln!(report, "gone: {}\t{}", in_ranges(&gone, &all), row.path).unwrap();
        }
    }
    assert!(report.is_empty(), "{STORED}:\n{report}");
    let listed = pairs.len() - equal - refused;
    let counts = format!("{equal} equal, {listed} equal up to listed differences, {refused} refused");
    let told = std::fs::read_to_string(root().join("docs/quality.md")).unwrap();
    assert!(told.contains(&counts), "docs/quality.md: {counts}");
}
