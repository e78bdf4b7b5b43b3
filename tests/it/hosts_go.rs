use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;
use std::process::Command;
use std::sync::OnceLock;

use convert_sidecars::{Options, run};
use serde_yaml::Value;

use super::oracle;
use super::package::{Package, Run, documents};
use super::support::{binary, files, host, output_with_stdin, shared};

/// Real manifests, and which of their containers become native.
struct Corpus {
    /// By a name that is unique and ends with `.yaml`.
    texts: BTreeMap<String, String>,
    sidecars: Vec<String>,
}

impl Corpus {
    /// Read once for all tests; `None` when the data is not there.
    fn get() -> Option<&'static Self> {
        static CORPUS: OnceLock<Option<Corpus>> = OnceLock::new();
        CORPUS.get_or_init(Self::read).as_ref()
    }

    /// Selects every container that is nowhere the first of its pod, so that each pod keeps one.
    fn read() -> Option<Self> {
        let folder = shared("corpus")?;
        let mut texts = BTreeMap::new();
        let (mut first, mut others) = (BTreeSet::new(), BTreeSet::new());
        for file in files(&folder, &[""]) {
            let Ok(text) = std::fs::read_to_string(&file) else { continue };
            let Ok(mut objects) = documents(&text) else { continue };
            let pods: Vec<_> = objects.iter_mut().flat_map(oracle::pods).filter(|pod| pod.len() > 1).collect();
            if pods.is_empty() || !objects.iter().all(is_resource) {
                continue;
            }
            first.extend(objects.iter_mut().flat_map(oracle::pods).filter_map(|pod| pod.first().cloned()));
            others.extend(pods.into_iter().flat_map(|pod| pod.into_iter().skip(1)));
            let name = file.strip_prefix(&folder).unwrap().to_str().unwrap().replace(['/', ' '], "_");
            texts.insert(name + ".yaml", text);
        }
        let mut corpus = Self { texts, sidecars: others.difference(&first).cloned().collect() };
        let config = corpus.config();
        // What is refused by itself would stop all others of the package.
        corpus.texts.retain(|_, text| convert(text, &config).is_some());
        Some(corpus)
    }

    fn config(&self) -> String {
        let entries = self.sidecars.join("\"\n  - container: \"");
        format!(
            "apiVersion: convert-sidecars.dev/v1alpha1\nkind: ConvertSidecars\nmetadata:\n  name: test\nspec:\n  cluster: {{minVersion: \"1.33\"}}\n  edits: None\n  catalog: {{mode: None}}\n  sidecars:\n  - container: \"{entries}\"\n"
        )
    }
}

/// What kpt and kustomize call a resource.
fn is_resource(object: &Value) -> bool {
    let has = |value: &Value, key: &str| value.get(key).is_some_and(Value::is_string);
    has(object, "apiVersion")
        && has(object, "kind")
        && (object["kind"].as_str().unwrap().ends_with("List")
            || object.get("metadata").is_some_and(|meta| has(meta, "name")))
}

/// The converted text; `None` when it is refused.
fn convert(text: &str, config: &str) -> Option<String> {
    let answer = run(text, &Options { config: Some(config), ..Options::default() }).ok()?;
    (!answer.has_errors()).then(|| answer.output.to_string())
}

/// All values in the files of a folder, converted by the oracle when asked to, by file.
fn values(folder: &Path, sidecars: &[String]) -> BTreeMap<String, Vec<Value>> {
    let read = |file: &std::path::PathBuf| {
        let name = file.file_name().unwrap().to_str().unwrap().to_owned();
        let mut objects = documents(&std::fs::read_to_string(file).unwrap()).unwrap();
        for object in &mut objects {
            oracle::convert(object, sidecars);
        }
        (name, objects)
    };
    files(folder, &[".yaml"]).iter().map(read).collect()
}

#[test]
fn kpt_reads_our_answer_to_the_whole_corpus_as_the_oracle_says() {
    let (Some(kpt), Some(corpus)) = (host("kpt"), Corpus::get()) else { return };
    let package = Package::new();
    for (name, text) in &corpus.texts {
        package.write(name, text);
    }
    std::fs::write(package.beside("config.yaml"), corpus.config()).unwrap();
    let source = package.run(&kpt, &["fn", "source", ".", "--fn-config", "../config.yaml"]).good();
    let answer = Run::of(output_with_stdin(&mut Command::new(binary()), source.as_bytes()));
    let sink = |folder: &str, list: &str| {
        Run::of(output_with_stdin(
            &mut package.command(&kpt, &["fn", "sink", &format!("../{folder}")]),
            list.as_bytes(),
        ))
        .good();
        package.beside(folder)
    };
    let answer = answer.good();
    let (expected, ours) = std::thread::scope(|scope| {
        let expected = scope.spawn(|| values(&sink("before", &source), &corpus.sidecars));
        let ours = values(&sink("after", &answer), &[]);
        (expected.join().unwrap(), ours)
    });
    assert!(expected.len() >= 100, "{} files", expected.len());
    assert_eq!(expected.keys().collect::<Vec<_>>(), ours.keys().collect::<Vec<_>>());
    for (file, expected) in expected {
        assert_eq!(ours[&file], expected, "{file}");
    }
}

/// What kustomize tells objects apart by.
fn id(object: &Value) -> String {
    let text = |value: &Value, key: &str| value.get(key).and_then(Value::as_str).unwrap_or("").to_owned();
    let metadata = &object["metadata"];
    format!(
        "{} {} {} {}",
        text(object, "apiVersion"),
        text(object, "kind"),
        text(metadata, "namespace"),
        text(metadata, "name")
    )
}

/// Forty files from all over the corpus whose objects kustomize can take in one build.
fn sample(corpus: &Corpus) -> Vec<&String> {
    let mut seen = BTreeSet::new();
    let mut taken: Vec<_> =
        corpus.texts.iter().filter(|(_, text)| is_new(text, &mut seen)).map(|(name, _)| name).collect();
    let step = taken.len() / 40;
    assert!(step > 0, "{} files", taken.len());
    taken = taken.into_iter().step_by(step).take(40).collect();
    taken
}

/// Whether no object of the text was seen before.
fn is_new(text: &str, seen: &mut BTreeSet<String>) -> bool {
    let objects = documents(text).unwrap();
    let ids: BTreeSet<_> = objects.iter().map(id).collect();
    // The build unwraps lists; their items would have to be told apart as well.
    // Kustomize goes through JSON, whose keys are texts.
    let is_json = objects.iter().all(|object| serde_json::to_value(object).is_ok());
    let is_good =
        is_json && ids.len() == objects.len() && ids.is_disjoint(seen) && !ids.iter().any(|id| id.contains("List "));
    if is_good {
        seen.extend(ids);
    }
    is_good
}

#[test]
fn kustomize_reads_what_we_write_as_the_oracle_says() {
    let (Some(kubectl), Some(corpus)) = (host("kubectl"), Corpus::get()) else { return };
    let names = sample(corpus);
    let build = |text: &dyn Fn(&str) -> String| {
        let package = Package::new();
        for name in &names {
            package.write(name, &text(&corpus.texts[*name]));
        }
        let list = names.iter().map(|name| name.as_str()).collect::<Vec<_>>().join(", ");
        package.write("kustomization.yaml", &format!("resources: [{list}]\n"));
        documents(&package.run(&kubectl, &["kustomize", "."]).good()).unwrap()
    };
    let before = build(&str::to_owned);
    let mut expected = before.clone();
    for object in &mut expected {
        oracle::convert(object, &corpus.sidecars);
    }
    let converted = expected.iter().zip(&before).filter(|(after, before)| after != before).count();
    assert!(converted >= 30, "only {converted} objects have a sidecar");
    let ours = build(&|text| convert(text, &corpus.config()).unwrap());
    assert_eq!(ours.len(), expected.len());
    for (ours, expected) in ours.iter().zip(&expected) {
        assert_eq!(ours, expected, "{}", id(expected));
    }
}

/// Names that some reader or writer of YAML treats in its own way.
const ODD_NAMES: [&str; 20] = [
    "on",
    "y",
    "1_000",
    "0x1f",
    "2001-01-01",
    "null",
    "# x",
    "a: b",
    "- a",
    "*x",
    "&a",
    "!t",
    "%p",
    "@",
    "`",
    "é🚀",
    "tab\tq",
    "line\nbreak",
    "quo\"te's",
    "del\u{7f}nel\u{85}ps\u{2029}",
];

/// What kpt stores of our results are the strings that we meant, whatever stands in them.
#[test]
fn kpt_stores_our_results_as_the_strings_that_they_are() {
    let Some(kpt) = host("kpt") else { return };
    let package = Package::new();
    for (index, name) in ODD_NAMES.iter().enumerate() {
        // JSON lets characters stand that YAML wants escaped.
        let escaped = |c: char| if c.is_control() { format!("\\u{:04x}", u32::from(c)) } else { c.to_string() };
        let container: String =
            serde_json::json!([{ "name": name, "image": "w" }]).to_string().chars().map(escaped).collect();
        let pod = format!("apiVersion: v1\nkind: Pod\nmetadata:\n  name: p{index}\nspec:\n  containers: {container}\n");
        package.write(&format!("p{index}.yaml"), &pod);
    }
    let config = "apiVersion: v1\nkind: ConfigMap\nmetadata:\n  name: config\ndata:\n  sidecars: '*'\n";
    std::fs::write(package.beside("config.yaml"), config).unwrap();
    let source = package.run(&kpt, &["fn", "source", ".", "--fn-config", "../config.yaml"]).good();
    let answer = run(&source, &Options::default()).unwrap();
    let wanted: BTreeSet<String> =
        answer.diagnostics.iter().map(convert_sidecars::diagnostic::Diagnostic::text).collect();
    assert_eq!(wanted.len(), ODD_NAMES.len(), "{wanted:?}");
    // The only container of each pod is refused, and named.
    for name in ODD_NAMES.iter().filter(|name| !name.contains(|c: char| c.is_control() || c == '\u{2029}')) {
        assert!(wanted.iter().any(|text| text.contains(name)), "{name}");
    }
    let arguments = [
        "fn",
        "eval",
        ".",
        "--fn-config",
        "../config.yaml",
        "--results-dir",
        "../results",
        "--exec",
        "convert-sidecars",
    ];
    assert!(!package.run(&kpt, &arguments).is_good);
    let stored = std::fs::read_to_string(package.beside("results").join("results.yaml")).unwrap();
    let stored = &documents(&stored).unwrap()[0]["items"][0]["results"];
    let found: BTreeSet<String> =
        stored.as_sequence().unwrap().iter().map(|one| one["message"].as_str().unwrap().to_owned()).collect();
    assert_eq!(found, wanted);
}
