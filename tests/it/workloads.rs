//! Every row of the table of workload kinds, converted; and the API's own types as readers of the result.

use convert_sidecars::k8s::workloads::{WORKLOADS, WorkloadKind};
use k8s_openapi::api::apps::v1 as apps;
use k8s_openapi::api::batch::v1 as batch;
use k8s_openapi::api::core::v1::{self as core, PodSpec};
use serde_yaml::from_str;

use crate::support::convert;

const LEGACY: &str = "containers:\n- name: app\n  image: app:1\n- name: side\n  image: side:1\n";
const NATIVE: &str = "containers:\n- name: app\n  image: app:1\ninitContainers:\n- name: side\n  restartPolicy: Always\n  image: side:1\n";

fn indented(text: &str, columns: usize) -> String {
    text.lines().flat_map(|line| [&" ".repeat(columns), line, "\n"].map(str::to_owned)).collect()
}

/// An object of a kind with a pod spec at the end of a path.
fn manifest(api_version: &str, kind: &str, path: &[&str], pod_spec: &str) -> String {
    let mut text = format!("apiVersion: {api_version}\nkind: {kind}\nmetadata:\n  name: test\n");
    for (depth, key) in path.iter().enumerate() {
        text.push_str(&format!("{}{key}:\n", "  ".repeat(depth)));
    }
    text + &indented(pod_spec, 2 * path.len())
}

fn api_version(group: &str, version: &str) -> String {
    if group.is_empty() { version.to_owned() } else { format!("{group}/{version}") }
}

/// All objects that the table knows, each with its row: one for every version, and one of a version to come.
fn objects() -> impl Iterator<Item = (&'static WorkloadKind, String)> {
    let versions = |row: &'static WorkloadKind| row.versions.iter().chain(&["v9"]).map(move |version| (row, *version));
    WORKLOADS.iter().flat_map(versions).map(|(row, version)| (row, api_version(row.group, version)))
}

#[test]
fn a_sidecar_is_converted_in_every_kind_of_the_table() {
    for (row, version) in objects() {
        let made = |pod_spec| manifest(&version, row.kind, row.pod_spec, pod_spec);
        let converted = convert(&made(LEGACY), &["side"]);
        assert_eq!(converted.text, made(NATIVE), "{version} {}", row.kind);
        assert_eq!(converted.diagnostics, [format!("info  {}.initContainers", row.pod_spec.join("."))]);
    }
}

#[test]
fn a_sidecar_is_converted_in_lists_of_every_kind_of_the_table() {
    for (row, version) in objects() {
        let typed = format!("{}List", row.kind);
        for (list_version, list) in [("v1", "List"), (version.as_str(), typed.as_str())] {
            let made = |pod_spec| {
                let item = indented(&manifest(&version, row.kind, row.pod_spec, pod_spec), 2);
                format!("apiVersion: {list_version}\nkind: {list}\nitems:\n-{}", &item[1..])
            };
            let converted = convert(&made(LEGACY), &["side"]);
            assert_eq!(converted.text, made(NATIVE), "{list_version} {list} of {version} {}", row.kind);
        }
    }
}

#[test]
fn kinds_of_other_groups_and_without_pod_templates_are_left_alone() {
    let others = [
        ("example.com/v1", "Deployment", "spec.template.spec"),
        ("serving.knative.dev/v1", "Service", "spec.template.spec"),
        ("apps/v1", "Pod", "spec"),
        ("v1", "Deployment", "spec.template.spec"),
        ("apps/v1", "Deployment", "spec.spec"),
        ("batch/v1", "CronJob", "spec.template.spec"),
        ("v1", "Service", "spec"),
    ];
    for (version, kind, path) in others {
        let text = manifest(version, kind, &path.split('.').collect::<Vec<_>>(), LEGACY);
        let converted = convert(&text, &["side"]);
        assert_eq!(converted.text, text, "{version} {kind}");
        assert_eq!(converted.diagnostics, ["info unmatched-entry spec.sidecars[0]"], "{version} {kind}");
    }
}

/// The pod spec that the API's own types read from an object.
fn typed_pod_spec(kind: &str, text: &str) -> Option<PodSpec> {
    match kind {
        "Pod" => from_str::<core::Pod>(text).unwrap().spec,
        "PodTemplate" => from_str::<core::PodTemplate>(text).unwrap().template.unwrap().spec,
        "ReplicationController" => {
            from_str::<core::ReplicationController>(text).unwrap().spec.unwrap().template.unwrap().spec
        }
        "ReplicaSet" => from_str::<apps::ReplicaSet>(text).unwrap().spec.template.unwrap().spec,
        "Deployment" => from_str::<apps::Deployment>(text).unwrap().spec.template.spec,
        "StatefulSet" => from_str::<apps::StatefulSet>(text).unwrap().spec.template.spec,
        "DaemonSet" => from_str::<apps::DaemonSet>(text).unwrap().spec.template.spec,
        "Job" => from_str::<batch::Job>(text).unwrap().spec.unwrap().template.spec,
        "CronJob" => from_str::<batch::CronJob>(text).unwrap().spec.job_template.spec.unwrap().template.spec,
        _ => panic!("a kind of API version v1 that this test does not know: {kind}"),
    }
}

/// The paths of the table against the Go types: what they read is a native sidecar and a main container.
#[test]
fn the_types_of_the_api_read_the_sidecar_where_the_table_put_it() {
    let mut kinds = Vec::new();
    for row in WORKLOADS.iter().filter(|row| ["", "apps", "batch"].contains(&row.group)) {
        assert!(row.versions.contains(&"v1"), "{}", row.kind);
        kinds.push(row.kind);
        let text = manifest(&api_version(row.group, "v1"), row.kind, row.pod_spec, LEGACY);
        let converted = convert(&text, &["side"]).text;
        let spec = typed_pod_spec(row.kind, &converted).unwrap_or_else(|| panic!("{}: no pod spec", row.kind));
        let main: Vec<_> = spec.containers.iter().map(|container| container.name.as_str()).collect();
        let init = spec.init_containers.unwrap_or_default();
        let init: Vec<_> = init.iter().map(|one| (one.name.as_str(), one.restart_policy.as_deref())).collect();
        assert_eq!((main, init), (vec!["app"], vec![("side", Some("Always"))]), "{}", row.kind);
    }
    kinds.sort_unstable();
    let wanted = [
        "CronJob",
        "DaemonSet",
        "Deployment",
        "Job",
        "Pod",
        "PodTemplate",
        "ReplicaSet",
        "ReplicationController",
        "StatefulSet",
    ];
    assert_eq!(kinds, wanted, "the kinds of Kubernetes 1.36 that have a pod template");
}
