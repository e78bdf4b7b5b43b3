use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

use convert_sidecars::config::glob::Glob;
use convert_sidecars::diagnostic::Severity;
use convert_sidecars::{Options, run};
use serde_yaml::Value;

use crate::corpus::in_parallel;
use crate::{model, support};

/// A table of verdicts: the releases of its header, and its rows.
struct Table {
    /// Full versions, such as `1.28.15`.
    versions: Vec<String>,
    rows: Vec<Row>,
}

struct Row {
    /// The cells before the verdicts.
    key: Vec<String>,
    /// Whether each release accepts the object.
    accepts: Vec<bool>,
}

impl Table {
    fn read(path: &Path, keys: usize) -> Self {
        let text = std::fs::read_to_string(path).unwrap();
        let mut lines = text.lines().map(|line| line.split('\t').collect::<Vec<_>>());
        let head = lines.next().unwrap();
        let versions: Vec<_> =
            head[keys..].iter().take_while(|cell| cell.starts_with("1.")).map(|cell| (*cell).to_owned()).collect();
        let rows = lines.map(|cells| Row {
            key: cells[..keys].iter().map(|cell| (*cell).to_owned()).collect(),
            accepts: cells[keys..keys + versions.len()].iter().map(|cell| *cell == "OK").collect(),
        });
        Self { rows: rows.collect(), versions }
    }
}

/// `1.28` of `1.28.15`.
fn minor(version: &str) -> &str {
    version.rsplit_once('.').unwrap().0
}

/// The rules that refuse to make containers native where every cluster has this release.
fn refusals(text: &str, containers: &[&str], version: &str) -> BTreeSet<&'static str> {
    let version = minor(version);
    let cluster = format!("  cluster: {{minVersion: \"{version}\", maxVersion: \"{version}\"}}\n");
    let config = support::select(containers) + &cluster;
    let answer = run(text, &Options { config: Some(&config), threads: 1 }).unwrap();
    assert!(answer.has_errors() || answer.output.to_string() != text, "{containers:?} is not met in:\n{text}");
    let errors = answer.diagnostics.iter().filter(|one| one.severity == Severity::Error);
    errors.map(|one| one.rule).collect()
}

/// The documents of a stream, cut at the lines that begin with `---`.
fn split(text: &str) -> Vec<String> {
    let mut found = vec![String::new()];
    for line in text.split_inclusive('\n') {
        if line.starts_with("---") {
            found.push(String::new());
        }
        found.last_mut().unwrap().push_str(line);
    }
    found
}

/// Those of the documents that are this workload and have this container, by a second reader of YAML.
fn documents<'t>(all: &'t [String], workload: &str, container: &str) -> Vec<&'t String> {
    let (kind, name) = workload.split_once('/').unwrap();
    // The table's word for a workload without a name.
    let name = Some(name).filter(|name| *name != "?");
    let is_meant = |value: &Value| {
        let written = value.get("metadata").and_then(|metadata| metadata.get("name")).and_then(Value::as_str);
        value.get("kind").and_then(Value::as_str) == Some(kind)
            && written == name
            && model::pods(value).iter().any(|pod| pod.has(container))
    };
    let has_line = |text: &str, key: &str, value: &str| {
        text.lines().any(|line| line.trim().trim_start_matches("- ") == format!("{key}: {value}"))
    };
    let is_it = |document: &&String| {
        let words = [kind, name.unwrap_or(""), container, "containers"];
        words.iter().all(|word| document.contains(word))
            && match model::read(document) {
                Ok(values) => values.iter().any(is_meant),
                // The second reader knows no duplicate keys; then the lines have to do.
                Err(_) => has_line(document, "kind", kind) && has_line(document, "name", container),
            }
    };
    all.iter().filter(is_it).collect()
}

/// Refusals where the server accepts: `object, container, rule` with the releases.
type Refused = BTreeMap<(String, String, String), Vec<String>>;

/// What the table of known refusals has under one source.
fn known(source: &str) -> BTreeSet<String> {
    let text = std::fs::read_to_string(support::root().join("tests/data/verdict-refusals.tsv")).unwrap();
    let rows = text.lines().skip(1).filter(|row| row.starts_with(source));
    rows.map(|row| row.rsplit_once('\t').unwrap().0.to_owned()).collect()
}

fn compare(source: &str, refused: &Refused) {
    let found: BTreeSet<_> = refused
        .iter()
        .map(|((object, container, rule), versions)| {
            format!("{source}\t{object}\t{container}\t{rule}\t{}", versions.join(" "))
        })
        .collect();
    let known = known(source);
    let new: Vec<_> = found.difference(&known).collect();
    let gone: Vec<_> = known.difference(&found).collect();
    assert!(new.is_empty() && gone.is_empty(), "refused, not in the table: {new:#?}\nno longer refused: {gone:#?}");
}

/// A row of the corpus' table with what belongs to it.
struct Trial<'t> {
    row: &'t Row,
    /// Whether each release accepts the legacy form.
    legacy: &'t [bool],
    documents: Vec<&'t String>,
}

impl Trial<'_> {
    fn container(&self) -> &str {
        &self.row.key[2]
    }

    /// Judges the row for every release; the rules that refuse what the server accepts, each with the release.
    fn judge(&self, versions: &[String]) -> Vec<(&'static str, String)> {
        let mut refused = Vec::new();
        for (index, version) in versions.iter().enumerate() {
            let rules: BTreeSet<_> =
                self.documents.iter().flat_map(|text| refusals(text, &[self.container()], version)).collect();
            let what = format!("{:?} on {version}", self.row.key);
            if self.legacy[index] && !self.row.accepts[index] {
                assert!(!rules.is_empty(), "{what} is converted, and the server rejects the result");
            }
            // The gate of 1.28 is off: the server drops `restartPolicy` and the pod waits for ever.
            assert_eq!(rules.contains("cluster-too-old"), minor(version) == "1.28", "{what}");
            let beyond = rules.into_iter().filter(|rule| self.row.accepts[index] && *rule != "cluster-too-old");
            refused.extend(beyond.map(|rule| (rule, minor(version).to_owned())));
        }
        refused
    }
}

/// Real workloads: what the server would reject we refuse, and what we refuse beyond that is in the table, with reasons.
#[test]
fn nothing_that_the_server_accepted_is_made_into_something_that_it_rejects() {
    let (Some(folder), Some(corpus)) = (support::shared("api-verdicts"), support::shared("corpus")) else { return };
    let table = Table::read(&folder.join("corpus.tsv"), 4);
    let is_legacy = |row: &&Row| row.key[2] == "(legacy)";
    let id = |row: &Row| [row.key[0].clone(), row.key[1].clone(), row.key[3].clone()];
    let legacy: BTreeMap<_, _> = table.rows.iter().filter(is_legacy).map(|row| (id(row), &row.accepts)).collect();
    let files: BTreeSet<_> = table.rows.iter().map(|row| &row.key[0]).collect();
    let files: BTreeMap<_, _> =
        files.into_iter().map(|file| (file, split(&std::fs::read_to_string(corpus.join(file)).unwrap()))).collect();
    let mut trials = Vec::new();
    for row in table.rows.iter().filter(|row| !is_legacy(row)) {
        let legacy = legacy[&id(row)].as_slice();
        if Glob::parse(&row.key[2]).is_err() {
            // A placeholder such as `<NAME>`, which no server takes either.
            assert!(!legacy.contains(&true), "{:?} cannot be selected", row.key);
            continue;
        }
        let documents = documents(&files[&row.key[0]], &row.key[1], &row.key[2]);
        assert!(!documents.is_empty(), "{:?} is not found", row.key);
        trials.push(Trial { row, legacy, documents });
    }
    assert!(table.versions.len() == 7 && trials.len() >= 450, "{:?}, {} rows", table.versions, trials.len());
    let mut refused = Refused::new();
    for (trial, found) in trials.iter().zip(in_parallel(&trials, |trial| trial.judge(&table.versions))) {
        let [file, workload, container, _] = trial.row.key.as_slice() else { panic!("{:?}", trial.row.key) };
        for (rule, version) in found {
            let key = (format!("{file} {workload}"), container.clone(), rule.to_owned());
            refused.entry(key).or_default().push(version);
        }
    }
    compare("corpus", &refused);
}

/// An object in its native form, and its legacy form: the sidecars at the end of `containers`, without `restartPolicy`.
struct Case {
    name: String,
    native: Value,
    legacy: String,
    sidecars: Vec<String>,
}

/// The case, if its native sidecars are the end of `initContainers`, where a conversion puts them.
fn case(document: &Value) -> Option<Case> {
    let name = format!("{}/{}", document["kind"].as_str()?, document["metadata"]["name"].as_str()?);
    let mut legacy = document.clone();
    let pod = if document["kind"] == "Pod" { &mut legacy["spec"] } else { &mut legacy["spec"]["template"]["spec"] };
    let is_native = |entry: &Value| entry.get("restartPolicy").and_then(Value::as_str) == Some("Always");
    let init = pod.get_mut("initContainers")?.as_sequence_mut()?;
    let start = init.iter().rposition(|entry| !is_native(entry)).map_or(0, |last| last + 1);
    let mut moved = init.split_off(start);
    if moved.is_empty() || init.iter().any(is_native) {
        return None;
    }
    if init.is_empty() {
        pod.as_mapping_mut()?.remove("initContainers");
    }
    let mut sidecars = Vec::new();
    for entry in &mut moved {
        entry.as_mapping_mut()?.remove("restartPolicy");
        sidecars.push(entry["name"].as_str()?.to_owned());
    }
    pod.get_mut("containers")?.as_sequence_mut()?.extend(moved);
    Some(Case { name, native: document.clone(), legacy: serde_yaml::to_string(&legacy).unwrap(), sidecars })
}

/// Small objects around native sidecars: their legacy form is made, converted back, and judged like the real ones.
#[test]
fn what_the_server_rejects_among_small_objects_is_refused_or_was_rejected_before() {
    let Some(folder) = support::shared("api-verdicts") else { return };
    let table = Table::read(&folder.join("verdicts.tsv"), 1);
    let documents = model::read(&std::fs::read_to_string(folder.join("cases.yaml")).unwrap()).unwrap();
    let cases: Vec<_> = documents.iter().filter_map(case).collect();
    assert!(cases.len() >= 20, "{:?}", cases.iter().map(|case| &case.name).collect::<Vec<_>>());
    let mut refused = Refused::new();
    let mut rejected = BTreeSet::new();
    for case in &cases {
        let row = table.rows.iter().find(|row| row.key[0] == case.name).unwrap();
        for (index, version) in table.versions.iter().enumerate() {
            let rules = refusals_of(case, version);
            if row.accepts[index] {
                for rule in rules.iter().filter(|rule| **rule != "cluster-too-old") {
                    let key = (case.name.clone(), case.sidecars.join(","), (*rule).to_owned());
                    refused.entry(key).or_default().push(minor(version).to_owned());
                }
            } else if rules.is_empty() {
                rejected.insert(format!("{} {}", case.name, minor(version)));
            }
        }
    }
    // Converted although the server rejects the result, because it rejects the legacy form for the same reason.
    let also_before: BTreeSet<_> = REJECTED_BEFORE
        .iter()
        .flat_map(|(name, versions, _)| versions.split(' ').map(move |version| format!("{name} {version}")))
        .collect();
    assert_eq!(rejected, also_before);
    compare("cases", &refused);
}

/// The releases that run native sidecars by default.
const ALL: &str = "1.29 1.31 1.33 1.34 1.35 1.36";

/// Cases, releases, and why they reject the legacy form as well.
const REJECTED_BEFORE: &[(&str, &str, &str)] = &[
    ("Deployment/apparmor-anno-unknown", ALL, "an annotation names a container that is in neither list"),
    ("Deployment/deploy-restart-onfailure", ALL, "the pod's own restartPolicy is OnFailure in a Deployment"),
    ("Deployment/native-restartrules", "1.29 1.31 1.33", "restartPolicyRules is an unknown field in every container"),
    ("Deployment/native-stopsignal-no-os", "1.29 1.31", "stopSignal is an unknown field in every container"),
    ("Deployment/native-stopsignal-os", "1.29 1.31", "stopSignal is an unknown field in every container"),
    ("Deployment/native-success-threshold-liveness", ALL, "a liveness probe's successThreshold is 2"),
    (
        "Deployment/podlevel-resources-native",
        "1.29 1.31 1.34 1.35 1.36",
        "the row podlevel-resources-legacy has the same verdicts",
    ),
    ("Deployment/unknown-field", ALL, "`restartpolicy` is an unknown field in every container"),
    ("Job/job-always", ALL, "the pod's own restartPolicy is Always in a Job"),
    ("Job/pfp-onfailure", ALL, "podFailurePolicy with the pod's own restartPolicy OnFailure"),
    ("Job/pfp-unknown", ALL, "podFailurePolicy names a container that is in neither list"),
];

/// The rules that refuse the legacy form; where none does, the conversion gives the case itself.
fn refusals_of(case: &Case, version: &str) -> BTreeSet<&'static str> {
    let names: Vec<_> = case.sidecars.iter().map(String::as_str).collect();
    let converted = support::convert(&case.legacy, &names);
    if !converted.failed {
        assert_eq!(model::read(&converted.text).unwrap(), std::slice::from_ref(&case.native), "{}", case.name);
    }
    refusals(&case.legacy, &names, version)
}
