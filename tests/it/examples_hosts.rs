use std::path::{Path, PathBuf};
use std::process::Command;

use serde_yaml::Value;

use super::examples::{examples, manifests, read, value};
use super::hosts_kustomize::Image;
use super::oracle;
use super::package::{Package, Run, documents};
use super::support::{binary, host, output};

/// The containers that are sidecars, by example.
const SIDECARS: [(&str, &[&str]); 5] = [
    ("ci-job-database", &["postgres"]),
    ("config-watcher", &["config-watcher"]),
    ("log-forwarder", &["log-access", "log-error", "log-audit", "log-cleanup"]),
    ("service-mesh", &["envoy"]),
    ("true-sidecar", &["container_b"]),
];

/// The examples that have an overlay of kustomize.
fn overlays() -> Vec<PathBuf> {
    let overlays: Vec<_> = examples().into_iter().filter(|example| example.join("kustomize").exists()).collect();
    assert!(overlays.len() >= 3, "{overlays:?}");
    overlays
}

/// What the README of `config-watcher` promises: a place between two init containers, and a probe.
fn place_watcher(object: &mut Value) {
    let init = object["spec"]["template"]["spec"]["initContainers"].as_sequence_mut().unwrap();
    let mut watcher = init.pop().unwrap();
    watcher["startupProbe"] = value("{httpGet: {path: /ready, port: watcher}, periodSeconds: 1, failureThreshold: 30}");
    assert_eq!(init[0]["name"], "fetch-routes");
    init.insert(1, watcher);
}

#[test]
fn every_expected_change_is_the_one_of_the_model() {
    for example in examples() {
        let name = example.file_name().unwrap().to_str().unwrap();
        let (_, sidecars) = SIDECARS.iter().find(|(example, _)| *example == name).unwrap();
        let sidecars: Vec<String> = sidecars.iter().map(|one| (*one).to_owned()).collect();
        let package = Package::copy_of(&example);
        package.git(&["apply", ".expected/diff.patch"]);
        for path in manifests(&example) {
            let mut before = documents(&read(&example, &path)).unwrap();
            for object in &mut before {
                oracle::convert(object, &sidecars);
                if path == "base/gateway.yaml" {
                    place_watcher(object);
                }
            }
            assert_eq!(documents(&package.read(&path)).unwrap(), before, "{name}/{path}");
        }
    }
}

fn diff(package: &Package) -> String {
    package.git(&["diff", "--abbrev=7", "--", ".", ":(exclude)Kptfile"])
}

#[test]
fn kpt_eval_changes_every_example_as_rendering_does() {
    let Some(kpt) = host("kpt") else { return };
    for example in examples() {
        let package = Package::copy_of(&example);
        package.commit();
        package.run(&kpt, &["fn", "eval", ".", "--exec", "convert-sidecars", "--fn-config", "fn-config.yaml"]).good();
        assert_eq!(diff(&package), read(&example, ".expected/diff.patch"), "{}", example.display());
    }
}

#[test]
fn kpt_runs_the_image_on_every_example() {
    let (Some(kpt), Some(image)) = (host("kpt"), Image::get()) else { return };
    for example in examples() {
        let package = Package::copy_of(&example);
        let kptfile = read(&example, "Kptfile");
        package.write("Kptfile", &kptfile.replace("exec: convert-sidecars", &format!("image: {}", image.name)));
        package.commit();
        let pull = "--image-pull-policy=never";
        package.run(&kpt, &["fn", "render", pull]).good();
        assert_eq!(diff(&package), read(&example, ".expected/diff.patch"), "{}", example.display());

        package.git(&["checkout", "--quiet", "."]);
        package.run(&kpt, &["fn", "eval", ".", pull, "--image", &image.name, "--fn-config", "fn-config.yaml"]).good();
        assert_eq!(diff(&package), read(&example, ".expected/diff.patch"), "{}", example.display());
    }
}

fn build(package: &Package, kubectl: &Path) -> Run {
    let mut command = package.command(kubectl, &["kustomize", "--enable-alpha-plugins", "kustomize"]);
    Run::of(output(command.env("KUSTOMIZE_PLUGIN_HOME", package.beside("plugins"))))
}

/// What kustomize builds without the function, from the package as it is.
fn plain(package: &Package, kubectl: &Path) -> Vec<Value> {
    let overlay = package.read("kustomize/kustomization.yaml");
    package.write("kustomize/kustomization.yaml", overlay.split_once("transformers:").unwrap().0);
    let objects = documents(&build(package, kubectl).good()).unwrap();
    package.write("kustomize/kustomization.yaml", &overlay);
    objects
}

/// What kustomize builds from the package as the function should leave it.
fn expected(example: &Path, kubectl: &Path) -> Vec<Value> {
    let package = Package::copy_of(example);
    package.git(&["apply", ".expected/diff.patch"]);
    plain(&package, kubectl)
}

#[test]
fn kustomize_runs_the_container_in_the_overlay_of_every_example() {
    let (Some(kubectl), Some(image)) = (host("kubectl"), Image::get()) else { return };
    for example in overlays() {
        let package = Package::copy_of(&example);
        let function = package.read("kustomize/container.yaml");
        let here = function.replace("registry.example.com/convert-sidecars:v0.1.0", &image.name);
        assert_ne!(here, function);
        package.write("kustomize/container.yaml", &here);
        let run = build(&package, &kubectl);
        assert_eq!(run.stderr, "");
        assert_eq!(documents(&run.good()).unwrap(), expected(&example, &kubectl), "{}", example.display());
    }
}

#[test]
fn kustomize_runs_the_legacy_exec_plugin_in_the_overlay_of_every_example() {
    let Some(kubectl) = host("kubectl") else { return };
    for example in overlays() {
        let package = Package::copy_of(&example);
        // The plugin is found by group, version and kind when no annotation names a function.
        let mut function = value(&package.read("kustomize/container.yaml"));
        function["metadata"].as_mapping_mut().unwrap().remove("annotations").unwrap();
        package.write("kustomize/container.yaml", &serde_yaml::to_string(&function).unwrap());
        let home = package.beside("plugins/convert-sidecars.dev/v1alpha1/convertsidecars");
        std::fs::create_dir_all(&home).unwrap();
        std::fs::copy(binary(), home.join("ConvertSidecars")).unwrap();
        let built = documents(&build(&package, &kubectl).good()).unwrap();
        assert_eq!(built, expected(&example, &kubectl), "{}", example.display());
    }
}

/// Runs the example's check on what was built.
fn check(package: &Package, built: &str) -> Run {
    package.write("built.yaml", built);
    let mut command = Command::new(binary());
    command.env_clear().current_dir(package.folder()).args(["kustomize/check.yaml", "built.yaml"]);
    Run::of(output(&mut command))
}

#[test]
fn kubectl_leaves_the_exec_function_out_and_the_check_of_every_example_says_so() {
    let Some(kubectl) = host("kubectl") else { return };
    for example in overlays() {
        let package = Package::copy_of(&example);
        std::fs::copy(binary(), package.folder().join("kustomize/convert-sidecars")).unwrap();
        let overlay = package.read("kustomize/kustomization.yaml");
        package.write("kustomize/kustomization.yaml", &overlay.replace("- container.yaml", "- exec.yaml"));
        let run = build(&package, &kubectl);
        assert_eq!(run.stderr, "");
        let built = run.good();
        assert_eq!(documents(&built).unwrap(), plain(&package, &kubectl), "{}", example.display());
        assert_ne!(documents(&built).unwrap(), expected(&example, &kubectl), "{}", example.display());

        let due = check(&package, &built).bad();
        let results = value(&read(&example, ".expected/results.yaml"))["items"][0]["results"].clone();
        // A line for each conversion; notes of rules beside are no errors.
        let is_conversion = |one: &&Value| one["message"].as_str().is_some_and(|message| message.starts_with("made "));
        let conversions = results.as_sequence().unwrap().iter().filter(is_conversion);
        assert_eq!(due.lines().count(), conversions.count(), "{due}");
        assert!(due.lines().all(|line| line.starts_with("error ") && line.contains(" should be ")), "{due}");

        let converted: Vec<_> =
            expected(&example, &kubectl).iter().map(|object| serde_yaml::to_string(object).unwrap()).collect();
        let done = check(&package, &converted.join("---\n"));
        assert_eq!(done.stderr, "", "{}", example.display());
        done.good();
    }
}

#[test]
fn every_overlay_has_the_configuration_of_its_package() {
    for example in overlays() {
        let spec = value(&read(&example, "fn-config.yaml"))["spec"].clone();
        for (file, key) in [("container.yaml", "container"), ("exec.yaml", "exec")] {
            let function = value(&read(&example, &format!("kustomize/{file}")));
            assert_eq!(function["spec"], spec, "{}: {file}", example.display());
            let annotation = function["metadata"]["annotations"]["config.kubernetes.io/function"].as_str().unwrap();
            assert!(value(annotation).get(key).is_some(), "{annotation}");
        }
        let mut check = value(&read(&example, "kustomize/check.yaml"))["spec"].clone();
        assert_eq!(check.as_mapping_mut().unwrap().remove("action"), Some("Check".into()));
        assert_eq!(check, spec, "{}", example.display());
    }
}
