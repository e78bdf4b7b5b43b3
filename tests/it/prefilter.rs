//! What is not read is not missed: a list, in which words are searched before anything is read, is told the same as the
//! same objects as documents, which are all read.

use std::collections::BTreeSet;

use convert_sidecars::diagnostic::Diagnostic;
use convert_sidecars::{Options, run};

use crate::corpus::in_parallel;
use crate::model;
use crate::support::{files, shared};

const HEAD: &str = "apiVersion: config.kubernetes.io/v1\nkind: ResourceList\nitems:\n";

fn told(text: &str, config: &str) -> Option<Vec<Diagnostic>> {
    run(text, &Options { config: Some(config), ..Options::default() }).ok().map(|answer| answer.diagnostics)
}

/// The documents as entries of a list; `None` for what cannot be indented.
fn list(documents: &[&str]) -> Option<String> {
    let mut text = HEAD.to_owned();
    for document in documents {
        if document.contains(['\t', '\r']) || document.lines().any(|line| line.starts_with(['%', '.'])) {
            return None;
        }
        let lines = document.lines().filter(|line| !line.is_empty() && !line.starts_with("---"));
        for (index, line) in lines.enumerate() {
            text += if index == 0 { "- " } else { "  " };
            text += line;
            text.push('\n');
        }
    }
    Some(text)
}

fn configuration(sidecars: &str, workloads: &str) -> String {
    format!(
        "apiVersion: convert-sidecars.dev/v1alpha1\nkind: ConvertSidecars\nmetadata: {{name: c}}\nspec:\n  \
         onRefusal: Skip\n  sidecars: [{sidecars}]\n  workloads: {{{workloads}}}\n"
    )
}

/// Configurations that select by names, parts of names and images of the text, and such that select nothing of it.
fn configurations(text: &str) -> Vec<String> {
    let values = |key: &str| -> BTreeSet<String> {
        let lines = text.lines().filter_map(|line| line.trim_start_matches([' ', '-']).strip_prefix(key));
        let is_word =
            |word: &String| !word.is_empty() && word.chars().all(|c| c.is_ascii_alphanumeric() || "-_./:".contains(c));
        lines.map(|value| value.trim().trim_matches('"').to_owned()).filter(is_word).collect()
    };
    let mut sidecars = vec!["{container: no-such-container}".to_owned(), "{container: \"*\"}".to_owned()];
    for name in values("name: ").into_iter().filter(|name| !name.contains(['.', '/', ':'])).take(12) {
        sidecars.push(format!("{{container: {name}}}"));
        let (first, rest) = name.split_at(1);
        sidecars.push(format!("{{container: \"{first}*\"}}, {{container: \"?{rest}\"}}"));
    }
    for image in values("image: ").into_iter().take(6) {
        sidecars.push(format!("{{image: \"{image}\"}}"));
        let last = image.rsplit('/').next().and_then(|last| last.split([':', '@']).next()).unwrap_or("");
        sidecars.push(format!("{{image: \"{last}\"}}, {{image: \"library/{last}\"}}"));
    }
    let workloads = ["", "include: [{kind: Deployment}, {kind: NoSuchKind}], exclude: [{kind: Job}, {name: \"a.*\"}]"];
    sidecars.iter().enumerate().map(|(index, one)| configuration(one, workloads[index % 2])).collect()
}

#[test]
fn what_no_word_stands_in_has_nothing_to_tell() {
    let Some(corpus) = shared("corpus") else { return };
    let compared = in_parallel(&files(&corpus, &[".yaml", ".yml"]), |path| {
        let text = std::fs::read_to_string(path).unwrap();
        let documents: Vec<_> = text.split("\n---").filter(|document| document.contains("kind:")).collect();
        let is_read =
            |list: &String| !text.contains("ResourceList") && model::read(list).is_ok() && model::read(&text).is_ok();
        let Some(list) = list(&documents).filter(is_read) else {
            return 0;
        };
        let stream: String =
            documents.iter().map(|document| format!("---\n{}\n", document.trim_start_matches("---"))).collect();
        let configurations = configurations(&text);
        for config in &configurations {
            // An object says where it came from in a list and in a stream alike, so the answers are the same.
            assert_eq!(told(&list, config), told(&stream, config), "{}\n{config}", path.display());
        }
        configurations.len()
    });
    let compared: usize = compared.into_iter().sum();
    assert!(compared > 1000, "only {compared} answers were compared");
}

fn pod(name: &str, containers: &str) -> String {
    format!("- apiVersion: v1\n  kind: Pod\n  metadata: {{name: {name}}}\n  spec:\n    containers:\n{containers}")
}

#[test]
fn a_selector_is_matched_by_workloads_without_a_sidecar_too() {
    let two = [pod("one", "    - {name: app, image: a}\n"), pod("two", "    - {name: app, image: a}\n")].concat();
    let config = configuration("{container: side}", "include: [{name: two}, {name: three}]");
    let told = told(&format!("{HEAD}{two}"), &config).unwrap();
    let fields: Vec<_> = told.iter().map(|one| (one.rule, one.field.as_str())).collect();
    let wanted = [("unmatched-entry", "spec.sidecars[0]"), ("unmatched-entry", "spec.workloads.include[1]")];
    assert_eq!(fields, wanted);
}

#[test]
fn a_restart_policy_of_a_container_that_nobody_named_is_told() {
    let speaks = |containers: &str| {
        let told = told(&format!("{HEAD}{}", pod("one", containers)), &configuration("{container: side}", "")).unwrap();
        told.iter().any(|one| one.rule == "restart-policy-outside-init")
    };
    let spoken = [
        "    - name: app\n      restartPolicy: Always\n    restartPolicy: Always\n",
        "    - restartPolicy: Always\n      name: app\n",
        "    - {name: app, restartPolicy: Always}\n",
        "    - name: app\n      \"restartPolicy\": Always\n",
        "    - name: app\n      \"restart\\x50olicy\": Always\n",
    ];
    for containers in spoken {
        assert!(speaks(containers), "{containers}");
    }
    let merged = "  policy: &policy\n    restartPolicy: Always\n";
    let list = format!(
        "{HEAD}{}",
        pod("one", "    - name: app\n      <<: *policy\n").replacen("  spec:\n", &format!("{merged}  spec:\n"), 1)
    );
    let told = told(&list, &configuration("{container: side}", "")).unwrap();
    assert!(told.iter().any(|one| one.rule == "restart-policy-outside-init"), "{told:?}");
    assert!(!speaks("    - name: app\n      image: a\n    restartPolicy: Always\n"));
}
