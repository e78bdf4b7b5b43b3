use serde_yaml::Value;

use super::{Answer, LONELY, POD, SERVICE, ask, call, capture, indent, list_of, native, with_config};
use crate::package::{Package, documents, resource_list};
use crate::support::{host, select};

/// The text without its results.
fn before_results(text: &str) -> &str {
    text.split_once("\nresults:\n").map_or(text, |(before, _)| &text[..=before.len()])
}

#[test]
fn r06_one_error_anywhere_leaves_every_item_as_it_came() {
    let list = list_of(&[POD, SERVICE, LONELY, POD]);
    let answer = ask(&list);
    assert_eq!(answer.code, Some(1));
    assert_eq!(before_results(&answer.stdout), list);
    assert_eq!(answer.told(), ["error no-main-container spec.containers"]);
    // Without the one that is refused, the others convert.
    let answer = ask(&list_of(&[POD, SERVICE, POD]));
    assert_eq!(
        (answer.code, before_results(&answer.stdout)),
        (Some(0), list_of(&[&native(POD), SERVICE, &native(POD)]).as_str())
    );
}

#[test]
fn r06_the_results_of_a_failure_can_be_parsed_in_every_form() {
    let yaml = ask(&list_of(&[LONELY]));
    assert_eq!(documents(&yaml.stdout).unwrap().len(), 1);
    let json = r#"{"kind":"ResourceList","apiVersion":"config.kubernetes.io/v1","items":[{"apiVersion":"v1","kind":"Pod","metadata":{"name":"lonely"},"spec":{"containers":[{"name":"proxy","image":"envoy:1.2"}]}}],"functionConfig":{"kind":"ConfigMap","apiVersion":"v1","data":{"sidecars":"proxy"}}}"#;
    let answer = ask(json);
    assert_eq!(answer.code, Some(1));
    let value: serde_json::Value = serde_json::from_str(&answer.stdout).unwrap();
    assert_eq!(value["results"][0]["severity"], "error");
    assert_eq!(answer.told(), yaml.told());
    assert!(answer.stdout.starts_with(json.strip_suffix('}').unwrap()), "{answer:?}");
}

#[test]
fn r06_what_cannot_be_parsed_leaves_stdout_empty_and_says_why_on_stderr() {
    let list = list_of(&[POD]);
    let cases: [(&str, Vec<u8>, &str); 6] = [
        ("an item is no YAML", list.replace("image: web:1.0", "image: ]").into_bytes(), "line 11"),
        ("the list is no YAML", list.replace("items:\n", "items: }\n").into_bytes(), "line 3"),
        ("not UTF-8", [list.as_bytes(), b"# \xff\n"].concat(), "UTF-8"),
        ("two documents", format!("{list}---\n{SERVICE}").into_bytes(), "another document"),
        ("unknown version", list.replace("config.kubernetes.io/v1\n", "x/v1\n").into_bytes(), "x/v1"),
        ("UTF-16", list.encode_utf16().flat_map(u16::to_le_bytes).collect(), "UTF-8"),
    ];
    for (name, stdin, reason) in cases {
        let answer = call(&[], &[], &stdin);
        assert_eq!((answer.code, answer.stdout.as_str()), (Some(1), ""), "{name}: {answer:?}");
        assert!(answer.stderr.starts_with("error: ") && answer.stderr.contains(reason), "{name}: {answer:?}");
        assert_eq!(answer.stderr.lines().count(), 1, "{name}: {answer:?}");
    }
}

#[test]
fn r06_empty_items_stay_empty_items() {
    let config = select(&["proxy"]);
    for items in ["items: []\n", "items:\n", "items: null\n", ""] {
        let indented = indent(&config);
        let list =
            format!("apiVersion: config.kubernetes.io/v1\nkind: ResourceList\n{items}functionConfig:\n{indented}");
        let answer = ask(&list);
        assert_eq!((answer.code, before_results(&answer.stdout)), (Some(0), list.as_str()), "{items:?}");
    }
    let Some(empty) = capture("kpt-empty.stdin") else { return };
    assert_eq!(ask(&empty), Answer { code: Some(0), stdout: empty, stderr: String::new() });
}

#[test]
fn r07_results_hold_what_every_reader_takes() {
    let annotated = POD.replace("  name: pod\n", "  name: pod\n  namespace: prod\n  annotations:\n    config.kubernetes.io/path: 'a: b.yaml'\n    config.kubernetes.io/index: '3'\n");
    let answer = ask(&list_of(&[&annotated]));
    let results = answer.results();
    let expected: Value = serde_yaml::from_str(
        "- {message: 'the containers of a live Pod are fixed, so one named `pod` does not take the native form; delete the live one before the next apply, or give this one another name', severity: info, resourceRef: {apiVersion: v1, kind: Pod, name: pod, namespace: prod}, field: {path: metadata.name}, file: {path: 'a: b.yaml', index: 3}, tags: {rule: immutable-workload}}\n- {message: made proxy a native sidecar, severity: info, resourceRef: {apiVersion: v1, kind: Pod, name: pod, namespace: prod}, field: {path: spec.initContainers}, file: {path: 'a: b.yaml', index: 3}}",
    )
    .unwrap();
    // An index that is a string stops kpt.
    assert_eq!(Value::Sequence(results), expected);
    let written = answer.stdout.split_once("\nresults:\n").unwrap().1;
    assert!(!written.contains(['&', '*', '!']), "{written}");
}

#[test]
fn r07_results_come_gravest_first_on_one_line_each_and_carry_the_rule() {
    let config = select(&["proxy", "absent"]).replace("spec:\n", "spec:\n  rules: {host-port-unmapped: Warning}\n");
    let port = POD.replace("name: pod\n", "name: port\n") + "    ports:\n    - containerPort: 80\n      hostPort: 80\n";
    let answer = ask(&resource_list(&[POD, &port, LONELY], &config));
    assert_eq!(
        answer.told(),
        [
            "error no-main-container spec.containers",
            "warning host-port-unmapped spec.containers[1].ports[0].hostPort",
            "info unmatched-entry spec.sidecars[1]"
        ]
    );
    for result in answer.results() {
        let message = result["message"].as_str().unwrap();
        assert!(!message.contains('\n') && !message.contains('\u{1b}') && message.len() < 400, "{message}");
    }
}

#[test]
fn r07_nothing_is_told_when_there_is_nothing_to_do() {
    let list = list_of(&[&native(POD), SERVICE]);
    assert_eq!(ask(&list), Answer { code: Some(0), stdout: list, stderr: String::new() });
}

#[test]
fn r07_two_runs_tell_the_same() {
    // Enough text for several threads.
    let pods: Vec<String> = (0..4000).map(|n| POD.replace("name: pod", &format!("name: pod-{n}"))).collect();
    let mut pods: Vec<&str> = pods.iter().map(String::as_str).collect();
    pods.insert(1000, LONELY);
    pods.insert(3000, LONELY);
    let list = list_of(&pods);
    let first = ask(&list);
    assert_eq!((first.code, first.told().len()), (Some(1), 2));
    assert_eq!(first, ask(&list));
}

#[test]
fn r08_kpt_hears_nothing_on_stderr_when_all_is_well() {
    let Some(kpt) = host("kpt") else { return };
    let package = Package::of(&[("pod.yaml", POD)]);
    let run = package.run(&kpt, &["fn", "eval", ".", "--exec", "convert-sidecars", "--", "sidecars=proxy"]);
    assert!(run.is_good && run.stderr.contains("[PASS]") && !run.stderr.contains("Stderr"), "{run:?}");
    assert_eq!(package.read("pod.yaml"), native(POD));
}

/// A list with an error, a warning and a note.
fn grave_list() -> String {
    let config = select(&["proxy", "absent"]).replace("spec:\n", "spec:\n  rules: {host-port-unmapped: Warning}\n");
    let port = POD.replace("name: pod\n", "name: port\n") + "    ports:\n    - containerPort: 80\n      hostPort: 80\n";
    resource_list(&[&port, LONELY], &config)
}

/// What a person must read of [`grave_list`].
const GRAVE: [&str; 2] = [
    "error[no-main-container] v1/Pod/lonely spec.containers: ",
    "warning[host-port-unmapped] v1/Pod/port spec.containers[1].ports[0].hostPort: ",
];

fn assert_grave(answer: &Answer) {
    let lines: Vec<_> = answer.stderr.lines().collect();
    assert_eq!(lines.len(), GRAVE.len(), "{answer:?}");
    assert!(lines.iter().zip(GRAVE).all(|(line, start)| line.starts_with(start)), "{lines:?}");
    assert!(!answer.stderr.contains('\u{1b}'), "{answer:?}");
}

#[test]
fn r08_stderr_speaks_where_results_are_shown_to_nobody_and_only_there() {
    let list = grave_list();
    let quiet = ask(&list);
    assert_eq!((quiet.code, quiet.stderr.as_str()), (Some(1), ""));

    assert_grave(&call(&[("LOG_TO_STDERR", "true")], &[], list.as_bytes()));
    assert_eq!(call(&[("LOG_TO_STDERR", "false")], &[], list.as_bytes()), quiet);
    assert_eq!(call(&[("LOG_TO_STDERR", "")], &[], list.as_bytes()), quiet);

    let id = "  name: port\n    annotations:\n      kustomize.config.k8s.io/id: |\n        kind: Pod\n        name: port\n        version: v1\n";
    assert_grave(&ask(&list.replace("  name: port\n", id)));
}

#[test]
fn r08_a_host_that_shows_no_results_hears_nothing_when_all_is_well() {
    let answer = call(&[("LOG_TO_STDERR", "true")], &[], list_of(&[POD]).as_bytes());
    assert_eq!((answer.code, answer.stderr.as_str()), (Some(0), ""));
    let Some(list) = capture("kz-fncontainer-meta.stdin") else { return };
    let answer = ask(&with_config(&list, &["proxy"]));
    assert_eq!((answer.code, answer.stderr.as_str()), (Some(0), ""));
    assert!(answer.stdout.contains("initContainers:"), "{answer:?}");
}

#[test]
fn r08_a_captured_call_of_kustomize_that_fails_says_why_on_stderr() {
    let Some(list) = capture("kz-fncontainer.stdin") else { return };
    let answer = ask(&with_config(&list, &["*"]));
    assert_eq!(answer.code, Some(1));
    assert!(answer.stderr.starts_with("error[no-main-container] apps/v1/Deployment/"), "{answer:?}");
}

#[test]
fn r08_the_gravest_stand_within_the_first_four_lines() {
    // kpt and kustomize show four lines; five warnings come first in the input.
    let config = select(&["proxy"]).replace("spec:\n", "spec:\n  rules: {host-port-unmapped: Warning}\n");
    let port = POD.to_owned() + "    ports:\n    - containerPort: 80\n      hostPort: 80\n";
    let answer = call(
        &[("LOG_TO_STDERR", "true")],
        &[],
        resource_list(&[&port, &port, &port, &port, &port, LONELY], &config).as_bytes(),
    );
    let first = answer.stderr.lines().next().unwrap();
    assert!(first.starts_with("error[no-main-container] v1/Pod/lonely"), "{first}");
    assert_eq!(answer.stderr.lines().count(), 6, "{answer:?}");
    assert_eq!(answer.told()[0], "error no-main-container spec.containers");
}
