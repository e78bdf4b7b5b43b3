//! `tests/cases/<topic>/<case>/`: what goes in and what must come out, byte for byte.
//!
//! `input.yaml` is a `ResourceList` or bare documents, `expected.yaml` the whole of stdout, `exit` the exit code if it is
//! not 0. With a `config.yaml` the case runs in the library, and `diagnostics` holds every diagnostic as a line; without
//! one it runs in the binary, and `stderr` holds all of stderr.

use std::path::{Path, PathBuf};
use std::process::Command;

use convert_sidecars::{Options, report, run};

use crate::support::{binary, files, output_with_stdin, root};

/// What a run left behind.
#[derive(Debug, Default, PartialEq, Eq)]
struct Outcome {
    stdout: String,
    /// Stderr of the binary, or the diagnostics of the library.
    told: String,
    exit: i32,
}

fn read(folder: &Path, name: &str) -> Option<String> {
    std::fs::read(folder.join(name)).ok().map(|bytes| String::from_utf8(bytes).unwrap())
}

fn in_library(input: &str, config: &str) -> Outcome {
    let answer = run(input, &Options { config: Some(config), ..Options::default() }).unwrap();
    let has_errors = answer.has_errors();
    let is_written = answer.is_resource_list || !has_errors;
    Outcome {
        stdout: if is_written { answer.output.to_string() } else { String::new() },
        told: answer.diagnostics.iter().flat_map(|one| [report::line(one), "\n".to_owned()]).collect(),
        exit: i32::from(has_errors),
    }
}

fn in_binary(input: &str) -> Outcome {
    let mut command = Command::new(binary());
    command.env_clear();
    let output = output_with_stdin(&mut command, input.as_bytes());
    Outcome {
        stdout: String::from_utf8(output.stdout).unwrap(),
        told: String::from_utf8(output.stderr).unwrap(),
        exit: output.status.code().unwrap(),
    }
}

fn expected(folder: &Path, told: &str) -> Outcome {
    Outcome {
        stdout: read(folder, "expected.yaml").unwrap(),
        told: read(folder, told).unwrap_or_default(),
        exit: read(folder, "exit").map_or(0, |exit| exit.trim().parse().unwrap()),
    }
}

fn cases() -> Vec<PathBuf> {
    let inputs = files(&root().join("tests/cases"), &["/input.yaml"]);
    inputs.into_iter().map(|input| input.parent().unwrap().to_owned()).collect()
}

#[test]
fn every_case_comes_out_as_expected() {
    let cases = cases();
    assert!(cases.len() >= 45, "only {} cases were found", cases.len());
    let mut wrong = Vec::new();
    for case in &cases {
        let input = read(case, "input.yaml").unwrap();
        let (got, wanted) = match read(case, "config.yaml") {
            Some(config) => (in_library(&input, &config), expected(case, "diagnostics")),
            None => (in_binary(&input), expected(case, "stderr")),
        };
        if got != wanted {
            let show = |one: &Outcome| format!("exit {}\n{}{}", one.exit, one.told, one.stdout);
            wrong.push(format!("{}\n--- wanted: {}--- got: {}", case.display(), show(&wanted), show(&got)));
        }
    }
    assert!(wrong.is_empty(), "{} of {} cases:\n{}", wrong.len(), cases.len(), wrong.join("\n"));
}

#[test]
fn what_was_converted_stays_as_it_is_when_it_comes_in_again() {
    for case in cases() {
        let expected = expected(&case, "");
        let again = match read(&case, "config.yaml") {
            _ if expected.exit != 0 => continue,
            Some(config) => in_library(&expected.stdout, &config),
            None => in_binary(&expected.stdout),
        };
        let items = |text: &str| text.split("results").next().unwrap_or("").to_owned();
        assert_eq!((again.exit, items(&again.stdout)), (0, items(&expected.stdout)), "{}", case.display());
        assert!(!again.told.contains("native sidecar"), "{}: {}", case.display(), again.told);
    }
}

#[test]
fn every_file_of_a_case_is_one_that_is_read() {
    let known = ["input.yaml", "config.yaml", "expected.yaml", "exit", "diagnostics", "stderr"];
    for file in files(&root().join("tests/cases"), &[""]) {
        let name = file.file_name().unwrap().to_string_lossy();
        assert!(known.contains(&name.as_ref()), "{}: nobody reads this", file.display());
        let has = |name: &str| file.with_file_name(name).exists();
        assert!(has("input.yaml") && has("expected.yaml"), "{}: a case without input or expectation", file.display());
        assert!(has(if name == "diagnostics" { "config.yaml" } else { "input.yaml" }), "{}", file.display());
        assert!(
            name != "stderr" || !has("config.yaml"),
            "{}: with a configuration it is `diagnostics`",
            file.display()
        );
    }
}

/// Just enough text for several threads: pods that convert, pods that are refused, and other objects between them.
#[test]
fn the_answer_is_the_same_with_any_number_of_threads() {
    let mut text = String::new();
    while text.len() < 264 * 1024 {
        let number = text.len();
        for (kind, main) in [("Pod", "web"), ("Service", "web"), ("Pod", "proxy-2")] {
            text.push_str(&format!("---\napiVersion: v1\nkind: {kind}\nmetadata: {{name: p{number}}}\nspec:\n"));
            text.push_str(&format!("  containers:\n  - name: {main}\n    image: a\n  - name: proxy\n    image: b\n"));
            text.push_str(&format!("    args: [{:?}]\n", "-".repeat(400)));
        }
    }
    let answer = |on_refusal: &str, threads| {
        let config =
            format!("{{apiVersion: v1, kind: ConfigMap, data: {{sidecars: proxy*, onRefusal: {on_refusal}}}}}");
        let answer = run(&text, &Options { config: Some(&config), threads }).unwrap();
        (answer.output.to_string(), answer.diagnostics)
    };
    let alone = answer("Skip", 1);
    assert!(alone.0 != text && alone.1.len() > 200, "{}", alone.1.len());
    for threads in [2, 5] {
        assert!(answer("Skip", threads) == alone, "{threads} threads");
    }
    assert!(answer("Fail", 3).0 == text);
}
