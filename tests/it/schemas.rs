use std::path::PathBuf;
use std::process::{Command, Stdio};

use convert_sidecars::{Options, run};
use serde_json::{Value, json};

use crate::examples::{examples, manifests, read};
use crate::support::{files, output_with_stdin, root, skip};
use crate::{corpus, rule_pages};

/// The newest release that the package has schemas of.
const NEWEST: &str = "1.37";
/// The release that is assumed where a configuration names none.
const OLDEST: &str = "1.29";

/// A Python that has the package, or `None`, said on stderr. `.ci/run` installs it and names it in the environment.
fn python() -> Option<PathBuf> {
    let named = std::env::var_os("CONVERT_SIDECARS_PYTHON").filter(|path| !path.is_empty());
    let python = named.map_or_else(|| PathBuf::from("python3"), PathBuf::from);
    let mut import = Command::new(&python);
    import.args(["-c", "import kubernetes_validate"]).stdout(Stdio::null()).stderr(Stdio::null());
    if import.status().is_ok_and(|status| status.success()) {
        return Some(python);
    }
    skip("no Python with kubernetes-validate (.ci/requirements.txt)");
    None
}

/// A text before and after, to be judged by a release.
fn trial(what: &str, version: &str, before: &str, after: &str) -> Value {
    json!({"what": what, "version": version, "before": before, "after": after})
}

/// What the schemas say of all trials.
fn judge(python: &PathBuf, trials: &[Value]) -> Value {
    let lines: String = trials.iter().map(|trial| format!("{trial}\n")).collect();
    let mut command = Command::new(python);
    let output = output_with_stdin(command.arg(root().join("tests/it/schemas.py")), lines.as_bytes());
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    serde_json::from_slice(&output.stdout).unwrap()
}

/// A number of the verdict.
fn count(verdict: &Value, key: &str) -> u64 {
    verdict[key].as_u64().unwrap()
}

/// The release that a configuration names under a key, without the patch: the schemas are those of minor versions.
fn named(config: &str, key: &str) -> Option<String> {
    let written = config.split(&format!("{key}:")).nth(1)?.trim_start().trim_start_matches(['"', '\'', 'v']);
    let mut parts = written.split(|c: char| !c.is_ascii_digit());
    Some(format!("{}.{}", parts.next()?, parts.next()?)).filter(|version| version.starts_with("1."))
}

/// What becomes of a text, for the oldest and the newest release of its configuration; nothing when it is refused.
fn conversions(what: &str, input: &str, config: &str) -> Vec<Value> {
    let Ok(answer) = run(input, &Options { config: Some(config), ..Options::default() }) else { return Vec::new() };
    if answer.has_errors() {
        return Vec::new();
    }
    let ends = [("minVersion", OLDEST), ("maxVersion", NEWEST)];
    let versions = ends.map(|(key, default)| named(config, key).unwrap_or_else(|| default.to_owned()));
    let output = answer.output.to_string();
    versions.iter().map(|version| trial(what, version, input, &output)).collect()
}

#[test]
fn no_schema_rejects_what_came_out_of_a_page_a_case_or_an_example() {
    let Some(python) = python() else { return };
    let mut trials = Vec::new();
    for (what, input, config) in rule_pages::inputs() {
        trials.extend(conversions(&what, &input, &config));
    }
    for file in files(&root().join("tests/cases"), &["/input.yaml"]) {
        let folder = file.parent().unwrap();
        let input = std::fs::read_to_string(&file).unwrap();
        // Without a file the configuration stands in the input itself.
        let config = std::fs::read_to_string(folder.join("config.yaml")).unwrap_or_else(|_| input.clone());
        if folder.join("config.yaml").exists() {
            trials.extend(conversions(&folder.display().to_string(), &input, &config));
        } else if !folder.join("exit").exists() {
            let expected = std::fs::read_to_string(folder.join("expected.yaml")).unwrap();
            let version = named(&config, "minVersion").unwrap_or_else(|| OLDEST.to_owned());
            trials.push(trial(&folder.display().to_string(), &version, &input, &expected));
        }
    }
    for example in examples() {
        let config = read(&example, "fn-config.yaml");
        for path in manifests(&example) {
            trials.extend(conversions(&format!("{}/{path}", example.display()), &read(&example, &path), &config));
        }
    }
    let verdict = judge(&python, &trials);
    assert_eq!(verdict["wrong"], json!([]));
    eprintln!("{verdict}");
    assert!(count(&verdict, "judged") >= 80, "{verdict}");
}

#[test]
fn no_schema_rejects_what_came_out_of_a_real_manifest() {
    let (Some(python), Some(trials)) = (python(), corpus::trials()) else { return };
    let judged = trials.iter().filter_map(|one| Some((one, one.output.as_ref()?)));
    let both = judged.flat_map(|(one, output)| {
        let what = format!("{}: {:?}", one.file, one.selected);
        [OLDEST, NEWEST].map(|version| trial(&what, version, &one.text, output))
    });
    let verdict = judge(&python, &both.collect::<Vec<_>>());
    eprintln!("{verdict}");
    assert_eq!(verdict["wrong"], json!([]));
    assert!(count(&verdict, "judged") >= 1000, "{verdict}");
}

/// The judge must be able to find something: each of these is right but for one thing.
#[test]
fn the_schemas_reject_what_they_should() {
    let Some(python) = python() else { return };
    let pod = |init: &str| {
        format!("apiVersion: v1\nkind: Pod\nspec:\n{init}  containers:\n  - name: app\n    image: app:1\n")
    };
    let native = pod("  initContainers:\n  - name: side\n    restartPolicy: Always\n");
    let verdict = |version: &str, after: &str| {
        let verdict = judge(&python, &[trial("x", version, &pod(""), after)]);
        (count(&verdict, "judged"), verdict["wrong"].as_array().unwrap().len())
    };
    assert_eq!(verdict("1.29", &native), (1, 0));
    assert_eq!(verdict("1.28", &native), (1, 0));
    // The field is unknown there (KEP-753).
    assert_eq!(verdict("1.27", &native), (1, 1));
    assert_eq!(verdict("1.29", &native.replace("restartPolicy", "restartpolicy")), (1, 1));
    assert_eq!(verdict("1.29", &native.replace("  - name: side\n    restartPolicy: Always", "    name: side")), (1, 1));
    assert_eq!(verdict("1.29", &format!("{native}---\n{native}")), (0, 1));
    let before = pod("  initContainer: []\n");
    let verdict = judge(&python, &[trial("x", "1.29", &before, &native), trial("y", "1.29", "a: [\n", "")]);
    assert_eq!((count(&verdict, "rejected_before"), count(&verdict, "unread")), (1, 1), "{verdict}");
}
