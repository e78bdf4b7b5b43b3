use std::collections::BTreeSet;
use std::path::Path;

use super::oracle;
use super::package::{Package, Run, documents};
use super::support::{host, select};

const KPTFILE: &str = "\
apiVersion: kpt.dev/v1
kind: Kptfile
metadata:
  name: test
  annotations:
    config.kubernetes.io/local-config: \"true\"
pipeline:
  mutators:
  - exec: convert-sidecars
    configPath: fn-config.yaml
";

/// A package that kpt renders with the function: `proxy` is a sidecar.
fn pipeline(manifests: &[(&str, &str)]) -> Package {
    let package = Package::of(manifests);
    package.write("Kptfile", KPTFILE);
    package.write("fn-config.yaml", &select(&["proxy"]));
    package.commit();
    package
}

fn render(package: &Package, kpt: &Path) -> Run {
    package.run(kpt, &["fn", "render", "--allow-exec"])
}

/// The files that a run changed, the Kptfile aside: newer releases of kpt write into it how the rendering went.
fn changed(package: &Package) -> String {
    package.git(&["diff", "--name-only", "--", ".", ":(exclude,glob)**/Kptfile"])
}

/// Before and after, with a comment at everything, and a setter's comment at every value that `apply-setters` would
/// set: on another container it would put one image's tag on the other.
const COMMENTED: [(&str, &str, &str); 3] = [
    (
        "no-init.yaml",
        "\
spec:
  # all of them
  containers:
  # head of proxy
  - name: proxy # kpt-set: ${proxy-name}
    image: envoy:1.2 # kpt-set: envoy:${envoy-tag}
    imagePullPolicy: Always # of proxy
    # foot of proxy
  # head of web
  - name: web
    image: web:1.0
    imagePullPolicy: IfNotPresent
  volumes: [] # none
",
        "\
spec:
  # all of them
  initContainers:
  # head of proxy
  - name: proxy # kpt-set: ${proxy-name}
    restartPolicy: Always
    image: envoy:1.2 # kpt-set: envoy:${envoy-tag}
    imagePullPolicy: Always # of proxy
    # foot of proxy
  containers:
  # head of web
  - name: web
    image: web:1.0
    imagePullPolicy: IfNotPresent
  volumes: [] # none
",
    ),
    (
        "init-above.yaml",
        "\
spec:
  initContainers:
  # head of migrate
  - name: migrate
    image: migrate:3
  containers:
  # head of proxy
  - name: proxy # kpt-set: ${proxy-name}
    image: envoy:1.2 # kpt-set: envoy:${envoy-tag}
  # head of web
  - name: web # kpt-set: ${web-name}
    image: web:1.0
",
        "\
spec:
  initContainers:
  # head of migrate
  - name: migrate
    image: migrate:3
  # head of proxy
  - name: proxy # kpt-set: ${proxy-name}
    restartPolicy: Always
    image: envoy:1.2 # kpt-set: envoy:${envoy-tag}
  containers:
  # head of web
  - name: web # kpt-set: ${web-name}
    image: web:1.0
",
    ),
    (
        "init-below.yaml",
        "\
spec:
  containers:
  # head of proxy
  - name: proxy
    image: envoy:1.2 # kpt-set: envoy:${envoy-tag}
    imagePullPolicy: Always # of proxy
  - name: web
    image: web:1.0
    imagePullPolicy: IfNotPresent
  initContainers:
  # head of migrate
  - name: migrate # kpt-set: ${migrate-name}
    image: migrate:3 # kpt-set: migrate:${migrate-tag}
  restartPolicy: Always
",
        "\
spec:
  containers:
  - name: web
    image: web:1.0
    imagePullPolicy: IfNotPresent
  initContainers:
  # head of migrate
  - name: migrate # kpt-set: ${migrate-name}
    image: migrate:3 # kpt-set: migrate:${migrate-tag}
  # head of proxy
  - name: proxy
    restartPolicy: Always
    image: envoy:1.2 # kpt-set: envoy:${envoy-tag}
    imagePullPolicy: Always # of proxy
  restartPolicy: Always
",
    ),
];

fn pod(spec: &str) -> String {
    format!("apiVersion: v1\nkind: Pod\nmetadata:\n  name: pod\n{spec}")
}

#[test]
fn kpt_leaves_every_comment_on_its_own_container() {
    let Some(kpt) = host("kpt") else { return };
    for (path, before, after) in COMMENTED {
        let package = pipeline(&[(path, &pod(before))]);
        render(&package, &kpt).good();
        assert_eq!(package.read(path), pod(after), "{path}");
        assert_eq!(changed(&package), format!("{path}\n"));

        package.git(&["commit", "--quiet", "--all", "--message=rendered"]);
        render(&package, &kpt).good();
        assert_eq!(changed(&package), "", "{path}");
    }
}

/// Pods whose annotations kpt and kyaml extend each in its own form, and which must come back without the extensions.
const ANNOTATED: [(&str, &str); 5] = [
    ("none.yaml", "metadata:\n  name: pod\n"),
    ("flow-metadata.yaml", "metadata: {name: pod, labels: {app: web}}\n"),
    ("flow.yaml", "metadata:\n  name: pod\n  annotations: {a: b, c: \"d\"}\n"),
    ("empty.yaml", "metadata:\n  name: pod\n  annotations: {}\n"),
    ("commented.yaml", "metadata:\n  name: pod\n  annotations: # of the pod\n    # head of a\n    a: b # line of a\n"),
];

#[test]
fn no_annotation_of_the_orchestrator_stays_and_none_of_the_user_goes() {
    let Some(kpt) = host("kpt") else { return };
    let spec = |first: &str, second: &str| {
        format!("spec:\n  {first}:\n  - name: proxy\n{second}  - name: web\n    image: web:1.0\n")
    };
    let with = |metadata: &str, spec: &str| format!("apiVersion: v1\nkind: Pod\n{metadata}{spec}");
    let before = spec("containers", "    image: envoy:1.2\n");
    let after = spec("initContainers", "    restartPolicy: Always\n    image: envoy:1.2\n  containers:\n");

    let files = ANNOTATED.map(|(path, metadata)| (path, with(metadata, &before)));
    let package = pipeline(&files.each_ref().map(|(path, text)| (*path, text.as_str())));
    render(&package, &kpt).good();
    for (path, metadata) in ANNOTATED {
        // kpt itself takes an empty mapping of annotations away.
        let metadata = metadata.replace("  annotations: {}\n", "");
        assert_eq!(package.read(path), with(&metadata, &after), "{path}");
    }
}

const GOOD: (&str, &str) = (
    "good.yaml",
    "apiVersion: v1\nkind: Pod\nmetadata:\n  name: good\nspec:\n  containers:\n  - name: web\n    image: web:1.0\n  - name: proxy\n    image: envoy:1.2\n",
);

/// A pod whose last container is `proxy` and that has no `initContainers`, converted.
fn native(pod: &str) -> String {
    pod.replace("  - name: proxy\n", "  initContainers:\n  - name: proxy\n    restartPolicy: Always\n")
}

/// `proxy` stands in both lists: after the move the API server would reject the pod.
const REFUSED: (&str, &str) = (
    "refused.yaml",
    "apiVersion: v1\nkind: Pod\nmetadata:\n  name: bad\nspec:\n  initContainers:\n  - name: proxy\n    image: envoy:1.2\n  containers:\n  - name: web\n    image: web:1.0\n  - name: proxy\n    image: envoy:1.2\n",
);

#[test]
fn a_refused_conversion_fails_the_rendering_and_changes_no_file() {
    let Some(kpt) = host("kpt") else { return };
    let package = pipeline(&[GOOD, REFUSED]);
    let said = render(&package, &kpt).bad();
    assert!(said.contains("[error] v1/Pod/bad spec.containers[1]: `proxy` is an entry of `initContainers`"), "{said}");
    assert!(!said.contains("Pod/good"), "nothing was done to it: {said}");
    assert_eq!(changed(&package), "");
    assert_eq!((package.read(GOOD.0), package.read(REFUSED.0)), (GOOD.1.to_owned(), REFUSED.1.to_owned()));
}

#[test]
fn subpackages_keep_their_files_and_selectors_their_say() {
    let Some(kpt) = host("kpt") else { return };
    let other = GOOD.1.replace("name: good", "name: other");
    let sub = KPTFILE.split_once("pipeline:").unwrap().0;
    let package = pipeline(&[GOOD, ("other.yaml", &other), ("sub/Kptfile", sub), ("sub/good.yaml", GOOD.1)]);
    package.write("Kptfile", &format!("{KPTFILE}    selectors:\n    - name: good\n"));
    package.git(&["commit", "--quiet", "--all", "--message=selectors"]);
    render(&package, &kpt).good();
    assert_eq!(changed(&package), "good.yaml\nsub/good.yaml\n");
    assert_eq!(package.git(&["ls-files", "--others"]), "", "no new files");
    assert_eq!((package.read(GOOD.0), package.read("sub/good.yaml")), (native(GOOD.1), native(GOOD.1)));
}

#[test]
fn json_lists_and_windows_lines_come_back_converted_in_their_own_files() {
    let Some(kpt) = host("kpt") else { return };
    let json = r#"{"apiVersion": "v1", "kind": "Pod", "metadata": {"name": "json"}, "spec": {
  "containers": [{"name": "proxy", "image": "envoy:1.2", "args": ["\u00e9 \"quoted\": [1]", "yes"]}, {"name": "web", "image": "web:1.0", "tty": true}]}}
"#;
    let item = GOOD.1.trim_end().replace('\n', "\n  ");
    let list = format!("apiVersion: v1\nkind: List\nmetadata:\n  name: list\nitems:\n- {item}\n");
    let windows = GOOD.1.replace("name: good", "name: windows").replace('\n', "\r\n");
    let package = Package::of(&[("pod.json", json), ("list.yaml", &list), ("windows.yaml", &windows)]);
    package.commit();
    let before = ["list.yaml", "pod.json", "windows.yaml"].map(|path| documents(&package.read(path)).unwrap());
    eval(&package, &kpt, &["sidecars=proxy"]).good();
    assert_eq!(changed(&package), "list.yaml\npod.json\nwindows.yaml\n");
    assert_eq!(package.git(&["ls-files", "--others"]), "");
    for (path, mut objects) in ["list.yaml", "pod.json", "windows.yaml"].into_iter().zip(before) {
        for object in &mut objects {
            oracle::convert(object, &["proxy".to_owned()]);
        }
        assert_eq!(documents(&package.read(path)).unwrap(), objects, "{path}");
    }
}

fn eval(package: &Package, kpt: &Path, arguments: &[&str]) -> Run {
    let mut all = vec!["fn", "eval", ".", "--exec", "convert-sidecars", "--"];
    all.extend(arguments);
    package.run(kpt, &all)
}

#[test]
fn kpt_eval_takes_the_sidecars_from_the_command_line() {
    let Some(kpt) = host("kpt") else { return };
    let package = Package::of(&[GOOD]);
    let run = eval(&package, &kpt, &["sidecars=pro*,log-*", "minVersion=1.30"]);
    let note =
        "[info] data.sidecars: no container in the input matches `log-*`; check the spelling, or remove the entry";
    assert!(run.is_good && run.stderr.contains(note), "{run:?}");
    let native = GOOD.1.replace("  - name: proxy\n", "  initContainers:\n  - name: proxy\n    restartPolicy: Always\n");
    assert_eq!(package.read(GOOD.0), native);
}

#[test]
fn kpt_eval_shows_every_key_that_is_wrong_and_changes_no_file() {
    let Some(kpt) = host("kpt") else { return };
    let package = Package::of(&[GOOD]);
    let said = eval(&package, &kpt, &["sidecar=proxy", "minVersion=1.x", "strict=maybe"]).bad();
    let lines: Vec<_> = said.lines().map(str::trim).filter(|line| line.starts_with("[error]")).collect();
    let expected = [
        "[error] v1/ConfigMap/function-input data.sidecar: unknown key `sidecar`; did you mean `sidecars`?",
        "[error] v1/ConfigMap/function-input data.minVersion: `1.x` is no Kubernetes version; write it like \"1.29\" or \"1.29.4\"",
        "[error] v1/ConfigMap/function-input data.strict: `maybe` is neither true nor false",
    ];
    // kpt puts the arguments into a map, which Go walks in no order.
    let sorted = |lines: &[&str]| lines.iter().map(|line| (*line).to_owned()).collect::<BTreeSet<_>>();
    assert_eq!(sorted(&lines), sorted(&expected), "{said}");
    assert_eq!(package.read(GOOD.0), GOOD.1);
}

#[test]
fn kpt_eval_shows_the_glob_to_write_in_the_place_of_a_regular_expression() {
    let Some(kpt) = host("kpt") else { return };
    let package = Package::of(&[GOOD]);
    let said = eval(&package, &kpt, &["sidecars=proxy,log-.*"]).bad();
    let line = "[error] v1/ConfigMap/function-input data.sidecars: `log-.*` looks like a regular expression; globs are meant here, write `log-*`";
    assert!(said.lines().any(|one| one.trim() == line), "{said}");
    assert_eq!(package.read(GOOD.0), GOOD.1);
}

#[test]
fn kpt_eval_without_arguments_changes_nothing() {
    let Some(kpt) = host("kpt") else { return };
    let package = Package::of(&[GOOD]);
    let run = package.run(&kpt, &["fn", "eval", ".", "--exec", "convert-sidecars"]);
    assert!(run.is_good && !run.stderr.contains("Results"), "{run:?}");
    assert_eq!(package.read(GOOD.0), GOOD.1);
}
