use std::path::{Path, PathBuf};

use serde_yaml::Value;

use super::package::{Package, Run, documents, resource_list};
use super::support::{binary, files, host, output_with_stdin, root};

pub(crate) fn examples() -> Vec<PathBuf> {
    let folders = std::fs::read_dir(root().join("examples")).unwrap();
    let mut folders: Vec<_> = folders.map(|entry| entry.unwrap().path()).filter(|path| path.is_dir()).collect();
    folders.sort();
    assert!(folders.len() >= 5, "{folders:?}");
    folders
}

pub(crate) fn read(folder: &Path, path: &str) -> String {
    std::fs::read_to_string(folder.join(path)).unwrap_or_else(|error| panic!("{}/{path}: {error}", folder.display()))
}

pub(crate) fn value(text: &str) -> Value {
    serde_yaml::from_str(text).unwrap()
}

/// Renders with the real kpt; gives the diff of everything but the Kptfile, and the results.
fn render(package: &Package, kpt: &Path, results: &str) -> (String, Value) {
    let results = package.beside(results);
    let arguments = ["fn", "render", "--allow-exec", "--results-dir", results.to_str().unwrap()];
    package.run(kpt, &arguments).good();
    let diff = package.git(&["diff", "--abbrev=7", "--", ".", ":(exclude)Kptfile"]);
    (diff, value(&std::fs::read_to_string(results.join("results.yaml")).unwrap()))
}

#[test]
fn kpt_renders_every_example_as_expected_and_the_second_time_not_at_all() {
    let Some(kpt) = host("kpt") else { return };
    for example in examples() {
        let package = Package::copy_of(&example);
        package.commit();
        let (diff, results) = render(&package, &kpt, "results");
        assert_eq!(diff, read(&example, ".expected/diff.patch"), "{}", example.display());
        assert_eq!(results, value(&read(&example, ".expected/results.yaml")), "{}", example.display());

        // Newer releases of kpt write into the Kptfile how the rendering went.
        let mut kptfile = value(&package.read("Kptfile"));
        kptfile.as_mapping_mut().unwrap().remove("status");
        assert_eq!(kptfile, value(&read(&example, "Kptfile")));

        let (again, results) = render(&package, &kpt, "results-again");
        assert_eq!(again, diff, "{}", example.display());
        assert_eq!(results["exitCode"], 0);
        assert_eq!(results["items"][0].get("results"), None, "{}", example.display());
    }
}

/// The files of an example that hold resources.
pub(crate) fn manifests(example: &Path) -> Vec<String> {
    let of_example = |file: &PathBuf| file.strip_prefix(example).unwrap().to_str().unwrap().to_owned();
    let all = files(example, &[".yaml"]).iter().map(of_example).collect::<Vec<_>>();
    let is_aside = |path: &String| path.starts_with(".expected/") || path.starts_with("kustomize/");
    all.into_iter().filter(|path| !is_aside(path) && path != "fn-config.yaml").collect()
}

/// The results that kpt saved, without what only kpt knows: the file.
fn expected_results(example: &Path) -> Value {
    let mut results = value(&read(example, ".expected/results.yaml"))["items"][0]["results"].clone();
    for result in results.as_sequence_mut().unwrap() {
        result.as_mapping_mut().unwrap().remove("file");
    }
    results
}

#[test]
fn the_function_alone_gives_the_values_and_results_of_every_example() {
    for example in examples() {
        let package = Package::copy_of(&example);
        let before: Vec<_> = manifests(&example).iter().map(|path| package.read(path)).collect();
        let before: Vec<_> = before.iter().map(String::as_str).collect();
        package.git(&["apply", ".expected/diff.patch"]);
        let after = manifests(&example).iter().flat_map(|path| documents(&package.read(path)).unwrap()).collect();

        let config = read(&example, "fn-config.yaml");
        let answer = |documents: &[&str]| {
            let input = resource_list(documents, &config);
            let output = output_with_stdin(&mut std::process::Command::new(binary()), input.as_bytes());
            let text = Run::of(output).good();
            (value(&text), text)
        };
        let (first, _) = answer(&before);
        assert_eq!(first["items"], Value::Sequence(after), "{}", example.display());
        assert_eq!(first["results"], expected_results(&example), "{}", example.display());

        let changed: Vec<_> = manifests(&example).iter().map(|path| package.read(path)).collect();
        let changed: Vec<_> = changed.iter().map(String::as_str).collect();
        let (_, text) = answer(&changed);
        assert_eq!(text, resource_list(&changed, &config), "{}", example.display());
    }
}

#[test]
fn every_example_has_the_layout_of_the_function_catalogue() {
    for example in examples() {
        let readme = read(&example, "README.md");
        assert!(readme.starts_with("# convert-sidecars: "), "{}", example.display());
        // A README that shows another diff than the tested one would be wrong unnoticed.
        let shown = readme.split_once("```diff\n").and_then(|(_, rest)| rest.split_once("```\n")).unwrap().0;
        let patch = read(&example, ".expected/diff.patch");
        let hunks = patch.find("@@ ").map(|at| &patch[at..]);
        assert_eq!(Some(shown), hunks, "{}", example.display());

        // What kpt must not take for resources of the package.
        let aside = if example.join("kustomize").exists() { ".expected\nkustomize\n" } else { ".expected\n" };
        assert_eq!(read(&example, ".krmignore"), aside);
        let kptfile = value(&read(&example, "Kptfile"));
        assert_eq!(kptfile["metadata"]["name"], example.file_name().unwrap().to_str().unwrap());
        assert_eq!(kptfile["pipeline"]["mutators"][0]["exec"], "convert-sidecars");
        assert_eq!(kptfile["pipeline"]["mutators"][0]["configPath"], "fn-config.yaml");
        let config = value(&read(&example, "fn-config.yaml"));
        assert_eq!(config["kind"], "ConvertSidecars");
        assert_eq!(config["metadata"]["annotations"]["config.kubernetes.io/local-config"], "true");
    }
}
