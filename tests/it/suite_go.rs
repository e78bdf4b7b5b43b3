//! The YAML test suite inside of pods: Go's readers see there what we see, before a conversion and after it.

use std::collections::BTreeMap;
use std::path::Path;

use convert_sidecars::yaml::parse::parse;
use convert_sidecars::yaml::scalar::{Scalar, resolve};
use convert_sidecars::yaml::tree::{Kind, NodeId, Tree};
use serde_yaml::{Mapping, Value};

use super::oracle;
use super::package::{Package, documents};
use super::support::{convert_with, files, host, select_anyway, shared};

/// Valid cases that Go's reader (go-yaml as kustomize has it) rejects: whoever hands them to us could not read the answer
/// either. Tabs as separation, keys of several lines in flow style, `:` and `?` without a space beside them in flow
/// style, and names of anchors with odd characters.
const REJECTED: [&str; 25] = [
    "2SXE", "3UYS", "4MUZ/00", "4MUZ/01", "4MUZ/02", "58MP", "5T43", "6BCT", "6CA3", "96NN/00", "96NN/01", "A2M4",
    "DBG4", "DK95/00", "DK95/03", "DK95/04", "HM87/00", "JR7V", "Q5MG", "R4YG", "VJP3/01", "W5VH", "WZ62", "Y79Y/001",
    "Y79Y/010",
];

/// Cases that come out of kustomize as other values than the suite's and ours, each with the reason. Their bytes are passed
/// on, so that the difference is there before a conversion and after it.
const OTHERS: [(&str, &str); 8] = [
    ("c-565n", "Go decodes what is tagged as binary; no field that is interpreted here is"),
    ("c-652z", "Go takes the `?` before a word in flow style for the indicator of a key"),
    ("c-6vjk", "kustomize writes one line break more above the deeper lines of a folded scalar"),
    ("c-7t8x", "kustomize writes one line break more above the deeper lines of a folded scalar"),
    ("c-c2dt", "Go reads the missing value behind a quoted key in flow style as an empty text"),
    ("c-f8f9", "kustomize writes one line break more behind a scalar that keeps them"),
    ("c-hm87-01", "Go takes the `?` before a word in flow style for the indicator of a key"),
    ("c-s4jq", "Go does not read the tag `!` as that of a text"),
];

/// Cases that kpt writes in a form of YAML 1.1 which is an error today: an alias as a key, without the space that parts its
/// name from the colon. They are refused with the line.
const OLD_FORM: [&str; 2] = ["c-26dv", "c-e76z"];

/// The case as a value in a pod with a sidecar, by a name for the pod.
fn pods() -> Option<BTreeMap<String, (String, String)>> {
    let root = shared("yaml-test-suite")?;
    let mut pods = BTreeMap::new();
    for input in files(&root, &["in.yaml"]) {
        let folder = input.parent().unwrap();
        let text = std::fs::read_to_string(&input).unwrap();
        let is_marker = |line: &str| ["---", "...", "%"].iter().any(|mark| line.starts_with(mark));
        let is_whole = text.lines().any(is_marker) || text.contains(['\r', '\u{feff}']);
        if folder.join("error").exists() || !folder.join("in.json").exists() || is_whole {
            continue;
        }
        let case = folder.strip_prefix(&root).unwrap().to_str().unwrap().to_owned();
        let name = format!("c-{}", case.to_lowercase().replace('/', "-"));
        pods.insert(case, (name.clone(), pod(&name, &text)));
    }
    assert!(pods.len() >= 150, "{} cases", pods.len());
    Some(pods)
}

fn pod(name: &str, value: &str) -> String {
    let indented = value
        .split('\n')
        .map(|line| if line.trim_matches(' ').is_empty() { line.to_owned() } else { format!("    {line}") });
    let value = indented.collect::<Vec<_>>().join("\n");
    format!(
        "apiVersion: v1\nkind: Pod\nmetadata:\n  name: {name}\nspec:\n  containers:\n  - name: web\n    image: w\n  - name: proxy\n    image: p\n  - name: last\n    image: l\n  x:\n{value}"
    )
}

/// What kustomize reads in these files, by the name of the object; its words when it reads nothing.
fn read(kubectl: &Path, texts: &BTreeMap<&str, &str>) -> Result<BTreeMap<String, Value>, String> {
    let package = Package::new();
    for (name, text) in texts {
        package.write(&format!("{name}.yaml"), text);
    }
    build(kubectl, &package, texts)
}

fn build(kubectl: &Path, package: &Package, texts: &BTreeMap<&str, &str>) -> Result<BTreeMap<String, Value>, String> {
    let names: Vec<_> = texts.keys().map(|name| format!("{name}.yaml")).collect();
    package.write("kustomization.yaml", &format!("resources: [{}]\n", names.join(", ")));
    let run = package.run(kubectl, &["kustomize", "."]);
    if !run.is_good {
        return Err(run.stderr);
    }
    let objects = documents(&run.stdout).unwrap();
    Ok(objects.into_iter().map(|object| (object["metadata"]["name"].as_str().unwrap().to_owned(), object)).collect())
}

/// Our own reading of a node, in the values that Go gets by way of JSON.
fn value(tree: &Tree<'_>, id: NodeId) -> Value {
    let Some(id) = tree.resolve(id) else { return Value::Null };
    match &tree.node(id).kind {
        Kind::Sequence(_) => Value::Sequence(tree.entries(id).iter().map(|entry| value(tree, *entry)).collect()),
        Kind::Mapping(_) => {
            let key = |id| match value(tree, id) {
                Value::String(text) => Value::String(text),
                Value::Null => Value::String("null".to_owned()),
                other => Value::String(serde_yaml::to_string(&other).unwrap().trim().to_owned()),
            };
            Value::Mapping(tree.pairs(id).map(|(name, of)| (key(name), value(tree, of))).collect::<Mapping>())
        }
        _ => match resolve(tree, id).unwrap() {
            Scalar::Null => Value::Null,
            Scalar::Bool(value) => value.into(),
            Scalar::Int(value) => i64::try_from(value).unwrap().into(),
            Scalar::Float(value) => value.into(),
            Scalar::Str(text) => text.into(),
        },
    }
}

#[test]
fn go_reads_the_suite_inside_of_pods_as_we_do_before_and_after() {
    let (Some(kubectl), Some(kpt), Some(pods)) = (host("kubectl"), host("kpt"), pods()) else { return };
    let accepted = pods.iter().filter(|(case, _)| !REJECTED.contains(&case.as_str()));
    let texts: BTreeMap<&str, &str> = accepted.map(|(_, (name, text))| (name.as_str(), text.as_str())).collect();
    let before = read(&kubectl, &texts).unwrap();
    let config = select_anyway(&["proxy"]);
    let (mut expected, mut after, mut others, mut refused) = (BTreeMap::new(), BTreeMap::new(), Vec::new(), 0);
    for (name, text) in &texts {
        let tree = parse(text).unwrap();
        let ours = value(&tree, tree.find(tree.roots[0], &["spec", "x"]).unwrap());
        if before[*name]["spec"].get("x").unwrap_or(&Value::Null) != &ours {
            others.push(*name);
            eprintln!("{name}: {:?} instead of {ours:?}", before[*name]["spec"].get("x"));
        }
        let answer = convert_with(text, &config);
        let mut object = before[*name].clone();
        if answer.failed {
            assert_eq!(answer.text, *text, "{name}");
            refused += 1;
        } else {
            oracle::convert(&mut object, &["proxy".to_owned()]);
        }
        after.insert(*name, answer.text);
        expected.insert((*name).to_owned(), object);
    }
    assert_eq!(others, OTHERS.map(|(name, _)| name), "what Go reads otherwise, against what is known");
    assert!(refused * 20 < texts.len(), "{refused} of {} are refused", texts.len());
    let converted: BTreeMap<&str, &str> = after.iter().map(|(name, text)| (*name, text.as_str())).collect();
    assert_eq!(read(&kubectl, &converted).unwrap(), expected);
    // The same by way of kpt, which hands us all of them as one list; a refusal would stop it, so these stay outside, and so
    // do those that it changes itself whenever it writes them. What it makes of the others without us counts.
    let is_odd = |name: &str| OLD_FORM.contains(&name) || OTHERS.iter().any(|(other, _)| *other == name);
    let is_passed = |name: &str| after[name] != texts[name] && !is_odd(name);
    let passed = texts.iter().filter(|(name, _)| is_passed(name));
    let passed: BTreeMap<&str, &str> = passed.map(|(name, text)| (*name, *text)).collect();
    let through_kpt = |function: &[&str]| {
        let package = Package::new();
        for (name, text) in &passed {
            package.write(&format!("{name}.yaml"), text);
        }
        package.run(&kpt, &[&["fn", "eval", ".", "--exec"], function].concat()).good();
        build(&kubectl, &package, &passed).unwrap()
    };
    let mut expected = through_kpt(&["cat"]);
    for object in expected.values_mut() {
        oracle::convert(object, &["proxy".to_owned()]);
    }
    for (name, object) in through_kpt(&["convert-sidecars", "--", "sidecars=proxy"]) {
        assert_eq!(Some(&object), expected.get(&name), "{name}");
    }
}

#[test]
fn go_rejects_what_is_listed_as_rejected() {
    let (Some(kubectl), Some(pods)) = (host("kubectl"), pods()) else { return };
    for case in REJECTED {
        let (name, text) = &pods[case];
        let error = read(&kubectl, &BTreeMap::from([(name.as_str(), text.as_str())])).expect_err(case);
        assert!(error.contains("yaml"), "{case}: {error}");
        // We read it all the same, and pass it on as it came.
        assert!(parse(text).is_ok(), "{case}");
    }
}
