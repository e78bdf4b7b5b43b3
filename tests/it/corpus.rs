use std::collections::BTreeSet;
use std::sync::OnceLock;
use std::sync::atomic::{AtomicUsize, Ordering};

use convert_sidecars::config::glob::Glob;
use convert_sidecars::diagnostic::{Diagnostic, Severity};
use convert_sidecars::error::Error;
use convert_sidecars::{Answer, Options, run};

use crate::{model, support};

/// A manifest as upstream has it.
pub(crate) struct Manifest {
    pub(crate) file: String,
    pub(crate) text: String,
    /// Whether upstream's file is YAML, by the index of the corpus.
    is_yaml: bool,
}

pub(crate) fn corpus() -> Option<&'static [Manifest]> {
    static ALL: OnceLock<Option<Vec<Manifest>>> = OnceLock::new();
    let read = || {
        let folder = support::shared("corpus")?;
        let index = std::fs::read_to_string(folder.join("INDEX.tsv")).unwrap();
        let manifests = index.lines().skip(1).filter_map(|row| {
            let cells: Vec<_> = row.split('\t').collect();
            let bytes = std::fs::read(folder.join(cells[0])).unwrap_or_else(|error| panic!("{}: {error}", cells[0]));
            let is_yaml = !cells[5].starts_with("not-valid-yaml");
            let Ok(text) = String::from_utf8(bytes) else {
                assert!(!is_yaml, "{}", cells[0]);
                return None;
            };
            Some(Manifest { file: cells[0].to_owned(), text, is_yaml })
        });
        Some(manifests.collect())
    };
    ALL.get_or_init(read).as_deref()
}

/// One conversion: the containers of some names selected in the whole of a text.
pub(crate) struct Trial {
    pub(crate) file: &'static str,
    pub(crate) selected: Vec<String>,
    pub(crate) text: String,
    /// The pods that have one of them.
    hits: Vec<model::Pod>,
    /// What is refused with the rules as they are.
    refusals: Vec<Diagnostic>,
    /// The text afterwards, where no rule refuses that cannot be switched off.
    pub(crate) output: Option<String>,
    /// What is said beside it.
    notes: Vec<Diagnostic>,
}

impl Trial {
    fn run(file: &'static str, text: &str, pods: &[model::Pod], selected: &[String]) -> Self {
        let names: Vec<&str> = selected.iter().map(String::as_str).collect();
        let convert = |config: &str| convert(text, config).unwrap_or_else(|error| panic!("{file}: {error}"));
        let mut answer = convert(&support::select(&names));
        assert!(!answer.has_errors() || answer.output.to_string() == text, "{file}: a refused text is not as it came");
        let is_error = |one: &&Diagnostic| one.severity == Severity::Error;
        let refusals: Vec<_> = answer.diagnostics.iter().filter(is_error).cloned().collect();
        if !refusals.is_empty() {
            answer = convert(&support::select_anyway(&names));
        }
        Self {
            file,
            selected: selected.to_vec(),
            text: text.to_owned(),
            hits: pods.iter().filter(|pod| selected.iter().any(|name| pod.has(name))).cloned().collect(),
            refusals,
            output: (!answer.has_errors()).then(|| answer.output.to_string()),
            notes: answer.diagnostics,
        }
    }

    fn names(&self) -> Vec<&str> {
        self.selected.iter().map(String::as_str).collect()
    }
}

fn convert<'t>(text: &'t str, config: &str) -> Result<Answer<'t>, Error> {
    run(text, &Options { config: Some(config), threads: 1 })
}

/// For each manifest that holds pods with two containers or more: each of their names selected in turn, and all
/// but the first, all but the last. Where the file as a whole is refused, its documents are tried one by one.
pub(crate) fn trials() -> Option<&'static [Trial]> {
    static ALL: OnceLock<Option<Vec<Trial>>> = OnceLock::new();
    let read = || Some(in_parallel(corpus()?, trials_of).into_iter().flatten().collect());
    ALL.get_or_init(read).as_deref()
}

/// What `act` makes of each of `all`, in order.
pub(crate) fn in_parallel<'a, T: Sync, R: Send>(all: &'a [T], act: impl Fn(&'a T) -> R + Sync) -> Vec<R> {
    let next = AtomicUsize::new(0);
    let work = || {
        let mine = std::iter::from_fn(|| {
            let index = next.fetch_add(1, Ordering::Relaxed);
            all.get(index).map(|one| (index, act(one)))
        });
        mine.collect::<Vec<_>>()
    };
    let mut done: Vec<_> = std::thread::scope(|scope| {
        let workers: Vec<_> = (0..4).map(|_| scope.spawn(work)).collect();
        workers.into_iter().flat_map(|worker| worker.join().unwrap()).collect()
    });
    done.sort_by_key(|(index, _)| *index);
    done.into_iter().map(|(_, result)| result).collect()
}

fn trials_of(manifest: &'static Manifest) -> Vec<Trial> {
    let Some(pods) = pods_of(&manifest.text) else {
        return Vec::new();
    };
    let mut trials = Vec::new();
    for selected in selections(&pods) {
        let whole = Trial::run(&manifest.file, &manifest.text, &pods, &selected);
        if !whole.refusals.is_empty() {
            for part in documents_of(&manifest.text).iter().filter(|part| **part != manifest.text) {
                let pods = pods_of(part).unwrap_or_default();
                let is_hit = |pod: &model::Pod| pod.has_choice() && selected.iter().any(|name| pod.has(name));
                if pods.iter().any(is_hit) {
                    trials.push(Trial::run(&manifest.file, part, &pods, &selected));
                }
            }
        }
        trials.push(whole);
    }
    trials
}

/// The pods of a text, if a second reader of YAML can read it.
pub(crate) fn pods_of(text: &str) -> Option<Vec<model::Pod>> {
    Some(model::read(text).ok()?.iter().flat_map(model::pods).collect())
}

/// What is selected in turn in these pods.
fn selections(pods: &[model::Pod]) -> BTreeSet<Vec<String>> {
    let mut selections = BTreeSet::new();
    for pod in pods.iter().filter(|pod| pod.has_choice()) {
        let names = &pod.containers;
        selections.extend(names.iter().map(|name| vec![name.clone()]));
        selections.insert(names[1..].to_vec());
        selections.insert(names[..names.len() - 1].to_vec());
    }
    selections.retain(|selected| selected.iter().all(|name| is_selectable(name)));
    selections
}

/// Whether a configuration can name the container: placeholders such as `<NAME>` are no names.
pub(crate) fn is_selectable(name: &str) -> bool {
    Glob::parse(name).is_ok()
}

/// The documents of a stream, cut at the lines that begin with `---` (YAML 1.2, 9.2: no scalar can hold one).
pub(crate) fn documents_of(text: &str) -> Vec<String> {
    let mut documents = vec![String::new()];
    for line in text.split_inclusive('\n') {
        if line.starts_with("---") {
            documents.push(String::new());
        }
        documents.last_mut().unwrap().push_str(line);
    }
    documents
}

#[test]
fn nothing_selected_changes_nothing() {
    let Some(manifests) = corpus() else { return };
    assert!(manifests.len() > 250, "the corpus is not complete");
    in_parallel(manifests, |Manifest { file, text, is_yaml }| {
        let answer = convert(text, &support::select(&[])).unwrap_or_else(|error| panic!("{file}: {error}"));
        assert_eq!(answer.output.to_string(), *text, "{file}");
        assert_eq!(answer.diagnostics, [], "{file}");
        // The answer to a ResourceList carries the note.
        if *is_yaml && !answer.is_resource_list {
            let config = support::select_anyway(&["no-such-container"]);
            let answer = convert(text, &config).unwrap_or_else(|error| panic!("{file}: {error}"));
            assert_eq!(answer.output.to_string(), *text, "{file}");
            let rules: Vec<_> = answer.diagnostics.iter().map(|one| (one.rule, one.severity)).collect();
            assert_eq!(rules, [("unmatched-entry", Severity::Info)], "{file}");
        }
    });
}

/// The error names a line of the file and never shows our insides.
#[test]
fn files_that_are_no_yaml_are_said_to_be_none() {
    let Some(manifests) = corpus() else { return };
    let is_broken = |manifest: &&Manifest| !manifest.is_yaml;
    for Manifest { file, text, .. } in manifests.iter().filter(is_broken) {
        match convert(text, &support::select_anyway(&["no-such-container"])) {
            Err(Error::Syntax { line, column, message }) => {
                assert!((1..=text.lines().count()).contains(&line), "{file}: line {line}");
                assert!(column >= 1 && !message.is_empty() && !message.contains('\n'), "{file}: {message}");
            }
            Err(error) => panic!("{file}: {error}"),
            // Only its second document is broken, and no pod can be in that one.
            Ok(answer) => {
                assert!(file.ends_with("pod-conjur-rotation.yaml"), "{file} is not reported");
                assert_eq!(answer.output.to_string(), *text);
            }
        }
    }
    assert_eq!(manifests.iter().filter(is_broken).count(), 13);
}

#[test]
fn a_file_that_is_no_text_is_said_to_be_none() {
    let Some(folder) = support::shared("corpus") else { return };
    let archive = "istio__istio/tests__integration__pilot__testdata__upgrade__1.11.0-beta.1-cni-install.yaml.tar";
    let bytes = std::fs::read(folder.join(archive)).unwrap();
    let answer = support::output_with_stdin(&mut std::process::Command::new(support::binary()), &bytes);
    assert_eq!((answer.status.code(), answer.stdout.as_slice()), (Some(1), &b""[..]));
    let stderr = String::from_utf8(answer.stderr).unwrap();
    assert!(stderr.contains("not UTF-8") && stderr.lines().count() == 1, "{stderr}");
}

#[test]
fn converted_manifests_have_the_values_of_the_model() {
    let Some(trials) = trials() else { return };
    in_parallel(trials, |trial| {
        let Some(output) = &trial.output else { return };
        let mut expected = model::read(&trial.text).unwrap();
        for document in &mut expected {
            model::convert(document, &trial.names());
        }
        let actual = model::read(output).unwrap_or_else(|error| panic!("{}: {error}", trial.file));
        assert_eq!(actual.len(), expected.len(), "{}: number of documents", trial.file);
        for (index, (actual, expected)) in actual.iter().zip(&expected).enumerate() {
            assert_eq!(actual, expected, "{}: document {index}, {:?} selected", trial.file, trial.selected);
        }
        assert_ne!(*output, trial.text, "{}: {:?} selected and nothing changed", trial.file, trial.selected);
    });
}

/// The second reader knows no duplicate keys, so these are checked by their lines.
#[test]
fn a_duplicate_key_counts_in_the_moved_container_only() {
    let Some(manifests) = corpus() else { return };
    let unread: Vec<_> = manifests.iter().filter(|one| one.is_yaml && model::read(&one.text).is_err()).collect();
    // The file, a container that can be converted, and the lines that go or come.
    let cases = [
        // `env` stands twice in the second container. The first of the list: a header renamed, one inserted.
        ("influxdb-grafana-controller.yaml.j2", "influxdb", 4),
        // `tolerations` stands twice in another pod.
        ("helm-render__charts_v1.1.1_azuredisk-csi-driver.yaml", "csi-provisioner", 4),
        // `hostNetwork` stands twice beside the lists. The container passes the 5 lines of `volumes` and a header.
        ("metadata-proxy.addons.k8s.io__v0.1.12.yaml", "metadata-proxy", 13),
    ];
    assert_eq!(unread.len(), cases.len());
    for (manifest, (file, name, distance)) in unread.into_iter().zip(cases) {
        assert!(manifest.file.ends_with(file), "{} instead of {file}", manifest.file);
        let answer = support::convert_anyway(&manifest.text, &[name]);
        assert!(!answer.failed, "{file}: {:?}", answer.diagnostics);
        assert_eq!(model::line_distance(&manifest.text, &answer.text, 40), Some(distance), "{file}");
        if name == "influxdb" {
            let answer = support::convert(&manifest.text, &["grafana"]);
            assert_eq!(answer.diagnostics, ["error duplicate-key spec.template.spec.containers[1].env"], "{file}");
            assert_eq!(answer.text, manifest.text, "{file}");
        }
    }
}

#[test]
fn a_key_that_stands_twice_beside_the_lists_keeps_both_of_its_values() {
    let pod = "apiVersion: v1\nkind: Pod\nspec:\n  tolerations:\n  - key: a\n  tolerations: []\n  containers:\n  - name: app\n    image: a\n  - name: side\n    image: s\n";
    let answer = support::convert(pod, &["side"]);
    let native = pod.replace("  - name: side\n", "  initContainers:\n  - name: side\n    restartPolicy: Always\n");
    assert_eq!(answer.text, native, "{:?}", answer.diagnostics);
}

/// Helm's `toYaml … | nindent 8` of an empty list.
#[test]
fn an_empty_list_on_the_line_below_its_key_is_filled() {
    let pod = |init: &str, main: &str| {
        format!(
            "apiVersion: v1\nkind: Pod\nspec:\n  initContainers:{init}  affinity:\n    {{}}\n  containers:\n    - name: app\n{main}"
        )
    };
    let native = "    - name: side\n      restartPolicy: Always\n";
    for (before, after) in [
        ("\n    []\n", format!("\n{native}")),
        ("\n    null\n", format!("\n{native}")),
        ("\n\n    []\n", format!("\n{native}")),
        (" # none yet\n    []\n", format!(" # none yet\n{native}")),
        ("\n    [] \n\n", format!(" \n{native}\n")),
    ] {
        let answer = support::convert_anyway(&pod(before, "    - name: side\n"), &["side"]);
        assert_eq!(answer.text, pod(&after, ""), "{before:?}: {:?}", answer.diagnostics);
    }
    let commented = pod("\n    [] # none\n", "    - name: side\n");
    let answer = support::convert_anyway(&commented, &["side"]);
    assert_eq!(answer.diagnostics, ["error unsupported-yaml spec.initContainers"]);
    assert_eq!(answer.text, commented);
}

#[test]
fn a_second_run_changes_nothing() {
    let Some(trials) = trials() else { return };
    in_parallel(trials, |trial| {
        let Some(output) = &trial.output else { return };
        let again = convert(output, &support::select_anyway(&trial.names())).unwrap();
        assert_eq!(again.output.to_string(), *output, "{}: {:?}", trial.file, trial.selected);
        let is_unmatched = |note: &&Diagnostic| note.rule == "unmatched-entry";
        let unmatched: Vec<_> = trial.notes.iter().filter(is_unmatched).collect();
        assert_eq!(again.diagnostics.iter().collect::<Vec<_>>(), unmatched, "{}: {:?}", trial.file, trial.selected);
    });
}

#[test]
fn refusals_for_the_form_of_the_yaml_are_rare() {
    let (Some(manifests), Some(trials)) = (corpus(), trials()) else { return };
    let has_choice =
        |manifest: &Manifest| pods_of(&manifest.text).unwrap_or_default().iter().filter(|pod| pod.has_choice()).count();
    let pods: usize = in_parallel(manifests, has_choice).into_iter().sum();
    let form = ["duplicate-key", "anchor-order", "unsupported-yaml"];
    let refusals = trials.iter().flat_map(|trial| &trial.refusals);
    let refused: BTreeSet<_> = refusals
        .filter(|refusal| form.contains(&refusal.rule))
        .map(|refusal| refusal.resource.as_ref().map(ToString::to_string))
        .collect();
    assert!(pods > 150 && refused.len() * 100 < pods, "{} of {pods} pods are refused: {refused:?}", refused.len());
    let converted: usize = trials.iter().filter(|trial| trial.output.is_some()).map(|trial| trial.hits.len()).sum();
    eprintln!(
        "{pods} pods with two containers or more, {converted} conversions of one of them, {} refused",
        refused.len()
    );
    assert!(converted > 500, "only {converted} conversions");
}

/// One sidecar at an end of a list in block style, no `initContainers`: a header and a `restartPolicy` are all
/// that is new, and no line of the container is touched.
#[test]
fn a_sidecar_at_an_end_of_its_list_costs_two_lines() {
    let Some(trials) = trials() else { return };
    let counts = in_parallel(trials, |trial| {
        let [name] = trial.selected.as_slice() else { return (0, 0) };
        let Some(output) = &trial.output else { return (0, 0) };
        if trial.hits.iter().any(|pod| pod.has_init) {
            return (0, 0);
        }
        let is_tail = trial.hits.iter().all(|pod| pod.containers.last() == Some(name));
        let is_head = trial.hits.iter().all(|pod| pod.containers.first() == Some(name));
        if !is_tail && !is_head {
            return (0, 0);
        }
        let pods = trial.hits.len();
        // A renamed header counts as one line deleted and one inserted.
        let distance = pods * if is_tail { 2 } else { 4 };
        let what = format!("{}: {name}\n{:?}", trial.file, model::changed_lines(&trial.text, output));
        assert_eq!(model::line_distance(&trial.text, output, distance), Some(distance), "{what}");
        assert_eq!(output.lines().count(), trial.text.lines().count() + 2 * pods, "{what}");
        let gained = |text: &str| -> i32 {
            let changed = model::changed_lines(&trial.text, output);
            changed.iter().filter(|(line, _)| line.trim_start().starts_with(text)).map(|(_, count)| count).sum()
        };
        let wanted = i32::try_from(pods).unwrap();
        assert_eq!(gained("initContainers:"), wanted, "{what}");
        assert_eq!(gained("restartPolicy: Always"), wanted, "{what}");
        if is_tail { (pods, 0) } else { (0, pods) }
    });
    let (tails, heads) = counts.iter().fold((0, 0), |(a, b), (c, d)| (a + c, b + d));
    eprintln!("{tails} trailing and {heads} leading sidecars");
    assert!(tails > 100 && heads > 100, "{tails} trailing and {heads} leading sidecars");
}
