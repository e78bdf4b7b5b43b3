use super::{Answer, LONELY, POD, SERVICE, call, indent, native};
use crate::package::{Package, resource_list};
use crate::support::select;

const WEB: &str = r#"{"name": "web", "image": "web:1.0"}"#;

/// The forms of a pod whose last container is `proxy`, each with what must come back.
fn forms() -> Vec<(&'static str, String, String)> {
    let indented = indent(POD);
    let list = |pod: &str| format!("apiVersion: v1\nkind: List\nitems:\n-{}", &pod[1..]);
    let compact = |containers: &str| {
        format!(r#"{{"apiVersion":"v1","kind":"Pod","metadata":{{"name":"pod"}},"spec":{{{containers}}}}}"#)
    };
    let json = |containers: &str| compact(containers) + "\n";
    let json_list =
        |containers: &str| format!(r#"{{"kind":"List","apiVersion":"v1","items":[{}]}}"#, compact(containers));
    let before = format!(r#""containers":[{WEB},{{"name":"proxy","image":"envoy:1.2"}}]"#);
    let after = format!(
        r#""initContainers":[{{"name":"proxy","restartPolicy":"Always","image":"envoy:1.2"}}],"containers":[{WEB}]"#
    );
    let pretty = "{\n  \"apiVersion\": \"v1\",\n  \"kind\": \"Pod\",\n  \"metadata\": {\n    \"name\": \"pod\"\n  },\n  \"spec\": {\n";
    vec![
        ("one document", POD.to_owned(), native(POD)),
        ("several documents", format!("---\n{SERVICE}---\n{POD}---\n"), format!("---\n{SERVICE}---\n{}---\n", native(POD))),
        ("a List", list(&indented), list(&native(&indented))),
        ("compact JSON", json(&before), json(&after)),
        ("a List in JSON", json_list(&before), json_list(&after)),
        (
            "pretty JSON",
            format!("{pretty}    \"containers\": [\n      {{\n        \"name\": \"web\",\n        \"image\": \"web:1.0\"\n      }},\n      {{\n        \"name\": \"proxy\",\n        \"image\": \"envoy:1.2\"\n      }}\n    ]\n  }}\n}}\n"),
            format!("{pretty}    \"initContainers\": [\n      {{\n        \"name\": \"proxy\",\n        \"restartPolicy\": \"Always\",\n        \"image\": \"envoy:1.2\"\n      }}\n    ],\n    \"containers\": [\n      {{\n        \"name\": \"web\",\n        \"image\": \"web:1.0\"\n      }}\n    ]\n  }}\n}}\n"),
        ),
        ("flow YAML", "{apiVersion: v1, kind: Pod, metadata: {name: pod}, spec: {containers: [{name: web}, {name: proxy, image: p}]}}\n".to_owned(),
         "{apiVersion: v1, kind: Pod, metadata: {name: pod}, spec: {initContainers: [{name: proxy, restartPolicy: Always, image: p}], containers: [{name: web}]}}\n".to_owned()),
    ]
}

/// Runs on bare text with a configuration beside it.
fn bare(config: &str, text: &str) -> Answer {
    let package = Package::of(&[("config.yaml", config)]);
    call(&[], &[package.folder().join("config.yaml").as_os_str(), "-".as_ref()], text.as_bytes())
}

#[test]
fn every_bare_form_is_answered_in_that_form() {
    for (name, before, after) in forms() {
        let answer = bare(&select(&["proxy"]), &before);
        assert_eq!((answer.code, answer.stderr.as_str()), (Some(0), ""), "{name}");
        assert_eq!(answer.stdout, after, "{name}");
        let again = bare(&select(&["proxy"]), &after);
        assert_eq!((again.code, again.stdout, again.stderr.as_str()), (Some(0), after, ""), "{name}");
        if name.contains("JSON") {
            serde_json::from_str::<serde_json::Value>(&answer.stdout).unwrap();
        }
    }
}

#[test]
fn bare_text_on_stdin_without_a_configuration_comes_back_as_it_is() {
    for (name, before, _) in forms() {
        let answer = call(&[], &[], before.as_bytes());
        assert_eq!(answer, Answer { code: Some(0), stdout: before, stderr: String::new() }, "{name}");
    }
}

#[test]
fn bare_documents_may_declare_their_sidecars_themselves() {
    let declared = |pod: &str| {
        pod.replace("  name: pod\n", "  name: pod\n  annotations:\n    convert-sidecars.dev/sidecars: proxy\n")
    };
    let answer = call(&[], &[], declared(POD).as_bytes());
    assert_eq!(answer, Answer { code: Some(0), stdout: declared(&native(POD)), stderr: String::new() });
}

#[test]
fn an_error_in_a_bare_form_leaves_stdout_empty_and_says_why_on_stderr() {
    let json =
        r#"{"apiVersion":"v1","kind":"Pod","metadata":{"name":"lonely"},"spec":{"containers":[{"name":"proxy"}]}}"#;
    let list = format!(r#"{{"apiVersion":"v1","kind":"List","items":[{json}]}}"#);
    for text in [LONELY, &format!("{POD}---\n{LONELY}"), json, &list] {
        let answer = bare(&select(&["proxy"]), text);
        assert_eq!((answer.code, answer.stdout.as_str()), (Some(1), ""), "{text}");
        assert!(answer.stderr.starts_with("error["), "{answer:?}");
        assert!(answer.stderr.contains("no-main-container") && answer.stderr.contains("v1/Pod/lonely"), "{answer:?}");
    }
    let answer = bare("apiVersion: v1\nkind: ConfigMap\ndata: {sidecar: x}\n", POD);
    assert_eq!((answer.code, answer.stdout.as_str()), (Some(1), ""));
    assert!(answer.stderr.contains("data.sidecar") && answer.stderr.contains("`sidecars`"), "{answer:?}");
}

#[test]
fn a_check_fails_in_every_form_where_a_conversion_is_due_and_changes_nothing() {
    let config = select(&["proxy"]).replace("spec:\n", "spec:\n  action: Check\n");
    for (name, before, after) in forms() {
        let answer = bare(&config, &before);
        assert_eq!((answer.code, answer.stdout.as_str()), (Some(1), ""), "{name}");
        let within = if name.contains("List") { "items[0]." } else { "" };
        assert!(
            answer.stderr.starts_with(&format!(
                "error v1/Pod/pod {within}spec.initContainers: proxy should be a native sidecar; "
            )),
            "{name}: {answer:?}"
        );
        assert_eq!(answer.stderr.lines().count(), 1, "{name}: {answer:?}");
        let answer = bare(&config, &after);
        assert_eq!((answer.code, answer.stdout, answer.stderr.as_str()), (Some(0), after, ""), "{name}");
    }
}

#[test]
fn a_check_in_a_list_tells_every_conversion_that_is_due_as_an_error() {
    let config = select(&["proxy"]).replace("spec:\n", "spec:\n  action: Check\n");
    let other = POD.replace("name: pod", "name: other");
    let list = resource_list(&[POD, &native(POD), SERVICE, &other], &config);
    let answer = call(&[], &[], list.as_bytes());
    assert_eq!(answer.code, Some(1));
    assert!(answer.stdout.starts_with(&list), "{answer:?}");
    let found: Vec<_> =
        answer.results().iter().map(|one| (one["severity"].clone(), one["resourceRef"]["name"].clone())).collect();
    assert_eq!(found, [("error".into(), "pod".into()), ("error".into(), "other".into())]);
    // What is refused is told too, and what is due beside it stays due.
    let answer = call(&[], &[], resource_list(&[POD, LONELY], &config).as_bytes());
    assert_eq!(answer.told(), ["error no-main-container spec.containers", "error - spec.initContainers"]);
}

#[test]
fn the_check_of_the_command_line_is_that_of_the_file() {
    let config =
        "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: function-input}\ndata: {action: Check, sidecars: proxy}\n";
    let list = resource_list(&[POD], config);
    let answer = call(&[], &[], list.as_bytes());
    assert_eq!(answer.code, Some(1));
    assert!(answer.stdout.starts_with(&list), "{answer:?}");
    assert_eq!(answer.told(), ["error - spec.initContainers"]);
}
