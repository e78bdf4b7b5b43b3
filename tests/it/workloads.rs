//! Every row of the table of workload kinds, converted; and the API's own types as readers of the result.

use std::collections::{BTreeMap, BTreeSet};

use convert_sidecars::k8s::version::Release;
use convert_sidecars::k8s::workloads::{Place, Verdict, WorkloadKind, all};
use k8s_openapi::api::apps::v1 as apps;
use k8s_openapi::api::batch::v1 as batch;
use k8s_openapi::api::core::v1::{self as core, PodSpec};
use serde_yaml::from_str;

use crate::support::{self, convert, convert_with};

const LEGACY: &str = "containers:\n- name: app\n  image: app:1\n- name: side\n  image: side:1\n";
const NATIVE: &str = "containers:\n- name: app\n  image: app:1\ninitContainers:\n- name: side\n  restartPolicy: Always\n  image: side:1\n";

fn indented(text: &str, columns: usize) -> String {
    text.lines().flat_map(|line| [&" ".repeat(columns), line, "\n"].map(str::to_owned)).collect()
}

/// Something at the end of a path of keys: one entry for each `[]`, and the key `Worker` for `*`.
fn nested(path: &str, inner: &str) -> String {
    let (part, rest) = path.split_once('.').unwrap_or((path, ""));
    match (part, part.strip_suffix("[]")) {
        ("", _) => inner.to_owned(),
        ("*", _) => format!("Worker:\n{}", indented(&nested(rest, inner), 2)),
        (_, Some(key)) => format!("{key}:\n- {}", &indented(&nested(rest, inner), 2)[2..]),
        (key, None) => format!("{key}:\n{}", indented(&nested(rest, inner), 2)),
    }
}

/// An object of a kind with a pod spec at the end of a path.
fn manifest(api_version: &str, kind: &str, path: &str, pod_spec: &str) -> String {
    format!("apiVersion: {api_version}\nkind: {kind}\nmetadata:\n  name: test\n{}", nested(path, pod_spec))
}

fn api_version(group: &str, version: &str) -> String {
    if group.is_empty() { version.to_owned() } else { format!("{group}/{version}") }
}

/// A place of the table in an object of its kind.
struct Object {
    row: &'static WorkloadKind,
    place: &'static Place,
    version: String,
}

impl Object {
    fn with(&self, pod_spec: &str) -> String {
        let rename = |line: &str| match line.strip_prefix("containers:") {
            Some(rest) => format!("{}:{rest}", self.place.list),
            None => line.to_owned(),
        };
        let pod_spec: String = pod_spec.split_inclusive('\n').map(rename).collect();
        manifest(&self.version, self.row.kind, self.place.path, &pod_spec)
    }

    fn verdict(&self) -> Verdict {
        self.place.verdict.unwrap_or(self.row.verdict)
    }

    /// The field of a list, in the first entry of every list on the way to it.
    fn field(&self, list: &str) -> String {
        format!("{}.{list}", self.place.path.replace("[]", "[0]").replace('*', "Worker"))
    }

    /// What is told of a conversion.
    fn converted(&self) -> Vec<String> {
        let note = self.row.is_immutable.then(|| "info immutable-workload metadata.name".to_owned());
        note.into_iter().chain([format!("info  {}", self.field("initContainers"))]).collect()
    }

    fn what(&self) -> String {
        format!("{} {} {}", self.version, self.row.kind, self.place.path)
    }
}

/// All objects that the table knows: one for every place and version, and one of a version to come.
fn objects() -> impl Iterator<Item = Object> {
    all().flat_map(|row| {
        let versions = row.versions.iter().chain(&["v9"]).map(|version| api_version(row.group, version));
        versions.flat_map(move |version| {
            row.places.iter().map(move |place| Object { row, place, version: version.clone() })
        })
    })
}

/// A configuration that selects `side`, names the first release of every operator that knows all of its kinds, and whatever else is given.
fn config(spec: &str) -> String {
    let mut newest = BTreeMap::new();
    for operator in all().filter_map(|row| row.operator) {
        let since = newest.entry(operator.name).or_insert(operator.since);
        *since = operator.since.max(*since);
    }
    let components: Vec<_> = newest.iter().map(|(name, since)| format!("{name}: \"{since}\"")).collect();
    format!("{}  cluster: {{components: {{{}}}}}\n{spec}", support::select(&["side"]), components.join(", "))
}

#[test]
fn a_sidecar_is_treated_as_the_table_says_in_every_kind() {
    let own = |verdict: Verdict| match verdict {
        Verdict::Convert => "info  {}.initContainers",
        Verdict::OptIn(_) => "error opt-in-kind",
        Verdict::Refuse(_) => "error kind-rejects-native",
        Verdict::ByItself(_) => "info operator-makes-native",
    };
    let mut seen = BTreeMap::new();
    for object in objects() {
        let word = own(object.verdict());
        *seen.entry(word).or_insert(0) += 1;
        let is_converted = object.verdict() == Verdict::Convert;
        let told =
            if is_converted { object.converted() } else { vec![format!("{word} {}", object.field(object.place.list))] };
        let converted = convert_with(&object.with(LEGACY), &config(""));
        assert_eq!(converted.diagnostics, told, "{}", object.what());
        assert_eq!(converted.text, object.with(if is_converted { NATIVE } else { LEGACY }), "{}", object.what());
    }
    assert!(seen.len() == 4 && seen.values().all(|count| *count >= 10), "{seen:?}");
}

/// A list of which nothing stays takes the other name as a whole, but not with what names it elsewhere.
#[test]
fn a_list_that_adds_to_the_operators_goes_as_a_whole() {
    let prometheus = |list: &str| {
        let text = format!(
            "apiVersion: monitoring.coreos.com/v1\nkind: Prometheus\nmetadata:\n  name: test\nspec:\n  containers:{list}\n  - name: side\n    image: side:1\n"
        );
        let converted = convert_with(&text, &config(""));
        (text, converted)
    };
    let (text, converted) = prometheus("");
    let native = text.replace("containers:", "initContainers:").replace("side\n", "side\n    restartPolicy: Always\n");
    assert_eq!(converted.text, native);
    for properties in [" &more", " !!seq"] {
        let (text, converted) = prometheus(properties);
        assert_eq!(
            (converted.text, converted.diagnostics),
            (text, vec!["error unsupported-yaml spec.containers".to_owned()])
        );
    }
}

#[test]
fn what_needs_a_request_is_converted_on_request() {
    let config = config("  rules: {opt-in-kind: \"Off\"}\n");
    for object in objects().filter(|object| matches!(object.verdict(), Verdict::OptIn(_))) {
        assert_eq!(convert_with(&object.with(LEGACY), &config).text, object.with(NATIVE), "{}", object.what());
    }
}

#[test]
fn the_release_of_an_operator_decides_and_is_asked_for_where_it_is_not_known() {
    let converted = |object: &Object| matches!(object.verdict(), Verdict::Convert).then(|| object.with(NATIVE));
    let mut operators = BTreeSet::new();
    for object in objects().filter(|object| object.row.operator.is_some()) {
        let Some(native) = converted(&object) else { continue };
        let operator = object.row.operator.unwrap();
        operators.insert(operator.name);
        let Release { major, minor, .. } = operator.since;
        let older = if minor == 0 { format!("{}.99", major - 1) } else { format!("{major}.{}.99", minor - 1) };
        let run = |release: &str| {
            let cluster = format!("  cluster: {{components: {{{}: \"{release}\"}}}}\n", operator.name);
            convert_with(&object.with(LEGACY), &(support::select(&["side"]) + &cluster))
        };
        let told = object.converted();
        for release in [format!("{major}.{minor}"), format!("v{major}.{minor}.1-rc.1"), format!("{}.0.0", major + 1)] {
            assert_eq!(run(&release).diagnostics, told, "{} {release}", object.what());
        }
        let refused = run(&older);
        assert_eq!(refused.diagnostics, [format!("error kind-rejects-native {}", object.field(object.place.list))]);
        assert_eq!(refused.text, object.with(LEGACY), "{}", object.what());
        let unknown = convert_with(&object.with(LEGACY), &support::select(&["side"]));
        assert_eq!(
            unknown.diagnostics[0],
            format!("warning unknown-native-support {}", object.field("initContainers"))
        );
        assert_eq!((&unknown.diagnostics[1..], unknown.text), (&*told, native), "{}", object.what());
    }
    assert!(operators.len() >= 12, "{operators:?}");
}

#[test]
fn what_belongs_to_an_operator_is_not_moved() {
    // Of the kinds that are converted without a request; the others are refused anyway.
    for object in objects().filter(|object| object.verdict() == Verdict::Convert) {
        let field = format!("error operator-owned-container {}", object.field(object.place.list));
        for own in object.row.owned.names {
            let text = object.with(&LEGACY.replace("name: side", &format!("name: {own}")));
            let told = convert_with(&text, &config("").replace("\"side\"", &format!("\"{own}\""))).diagnostics;
            assert_eq!(told, [format!("{field}[1]")], "{own} in {}", object.what());
        }
        if object.row.owned.is_first {
            let text = object.with(LEGACY);
            let told = convert_with(&text, &config("").replace("\"side\"", "\"app\"")).diagnostics;
            assert_eq!(told, [format!("{field}[0]")], "{}", object.what());
        }
    }
}

#[test]
fn a_list_that_only_adds_may_be_left_without_an_entry() {
    let only = "containers:\n# beside the operator's own\n- name: side\n  image: side:1\n";
    let renamed =
        "initContainers:\n# beside the operator's own\n- name: side\n  restartPolicy: Always\n  image: side:1\n";
    let setup = "initContainers:\n- name: setup\n  image: setup:1\n";
    let behind = "- name: side\n  restartPolicy: Always\n  image: side:1\n";
    let off = config("  rules: {opt-in-kind: \"Off\", operator-owned-container: \"Off\"}\n");
    let is_converted = |object: &Object| matches!(object.verdict(), Verdict::Convert | Verdict::OptIn(_));
    for object in objects().filter(is_converted) {
        let run = |pod: &str| convert_with(&object.with(pod), &off);
        if !object.place.is_additive {
            let field = format!("error no-main-container {}", object.field("containers"));
            assert_eq!(run(only).diagnostics, [field], "{}", object.what());
            continue;
        }
        assert_eq!(run(only).text, object.with(renamed), "{}", object.what());
        let wanted = object.with(&format!("{setup}# beside the operator's own\n{behind}containers: []\n"));
        assert_eq!(run(&format!("{setup}{only}")).text, wanted, "{}", object.what());
    }
}

#[test]
fn a_sidecar_is_converted_in_lists_of_every_kind_of_the_table() {
    for object in objects().filter(|object| object.verdict() == Verdict::Convert) {
        let typed = format!("{}List", object.row.kind);
        for (list_version, list) in [("v1", "List"), (object.version.as_str(), typed.as_str())] {
            let made = |pod_spec| {
                let item = indented(&object.with(pod_spec), 2);
                format!("apiVersion: {list_version}\nkind: {list}\nitems:\n-{}", &item[1..])
            };
            let converted = convert_with(&made(LEGACY), &config(""));
            assert_eq!(converted.text, made(NATIVE), "{list_version} {list} of {}", object.what());
        }
    }
}

/// Files of the corpus, the container, and where it is native afterwards.
const REAL: &[(&str, &str, &[&str])] = &[
    (
        "ray-project__kuberay/ray-operator__config__samples__ray-cluster.fluentbit.yaml",
        "fluentbit",
        &["spec.headGroupSpec.template.spec"],
    ),
    (
        "ray-project__kuberay/ray-operator__config__samples__ray-cluster.persistent-redis-sidecar.yaml",
        "redis",
        &["spec.headGroupSpec.template.spec"],
    ),
    (
        "ray-project__kuberay/historyserver__config__raycluster-gcs.yaml",
        "collector",
        &["spec.headGroupSpec.template.spec", "spec.workerGroupSpecs[0].template.spec"],
    ),
    (
        "ray-project__kuberay/historyserver__config__rayservice.yaml",
        "collector",
        &["spec.rayClusterConfig.headGroupSpec.template.spec"],
    ),
    (
        "ray-project__kuberay/historyserver__config__ray-data.yaml",
        "collector",
        &["spec.rayClusterSpec.headGroupSpec.template.spec"],
    ),
    (
        "GoogleCloudPlatform__kubernetes-engine-samples/ai-ml__llm-serving-tpus-jetstream__pathways__jetstream-pathways-disagg-llama-2-70b-2-2x4.yaml",
        "pathways-proxy",
        &["spec.leaderWorkerTemplate.leaderTemplate.spec"],
    ),
    (
        "GoogleCloudPlatform__kubernetes-engine-samples/databases__elasticsearch__manifests__02-elasticsearch__elasticsearch.yaml",
        "metrics",
        &["spec.nodeSets[0].podTemplate.spec"],
    ),
    // All that the list has, so the list takes the other name.
    ("banzaicloud__bank-vaults/operator__deploy__cr-prometheus.yaml", "vault-agent-auth", &["spec"]),
];

#[test]
fn real_objects_of_operators_are_converted_where_their_pods_stand() {
    let Some(corpus) = support::shared("corpus") else { return };
    let told = |text: &str, name: &str| {
        convert_with(text, &config("").replace("\"side\"", &format!("\"{name}\""))).diagnostics
    };
    for (file, name, places) in REAL {
        let text = std::fs::read_to_string(corpus.join(file)).unwrap();
        let wanted: Vec<_> = places.iter().map(|place| format!("info  {place}.initContainers")).collect();
        let mut found = told(&text, name);
        // It is the first one of some of them.
        found.retain(|one| !one.contains("default-container-changed"));
        assert_eq!(found, wanted, "{file}");
    }
    // A template of the driver in Spark's own example: settings for Spark's container, the only one of its list.
    let spark = std::fs::read_to_string(corpus.join("kubeflow__spark-operator/examples__spark-pi-pod-template.yaml"));
    let place = "spec.driver.template.spec.containers";
    let refused = [
        format!("error no-main-container {place}"),
        format!("error operator-owned-container {place}[0]"),
        format!("error opt-in-kind {place}"),
        format!("error partial-object {place}[0]"),
    ];
    assert_eq!(told(&spark.unwrap(), "spark-kubernetes-driver"), refused);
}

#[test]
fn an_object_that_cannot_be_changed_is_noted_once_and_only_where_it_changes() {
    let job_set = |pod: &str| {
        let job = |name: &str| format!("- name: {name}\n{}", indented(&nested("template.spec.template.spec", pod), 2));
        manifest("jobset.x-k8s.io/v1alpha2", "JobSet", "spec.replicatedJobs", &(job("a") + &job("b")))
    };
    let field = |index: u8, rest: &str| format!("spec.replicatedJobs[{index}].template.spec.template.spec.{rest}");
    let note = "info immutable-workload metadata.name".to_owned();
    let converted = |index: u8| format!("info  {}", field(index, "initContainers"));
    assert_eq!(convert_with(&job_set(LEGACY), &config("")).diagnostics, [note, converted(0), converted(1)]);
    let port = job_set(&format!("{LEGACY}  ports: [{{hostPort: 1}}]\n"));
    let refused = |index: u8| format!("warning host-port-unmapped {}", field(index, "containers[1].ports[0].hostPort"));
    assert_eq!(convert_with(&port, &config("  onRefusal: Skip\n")).diagnostics, [refused(0), refused(1)]);
}

#[test]
fn kinds_of_other_groups_and_without_pod_templates_are_left_alone() {
    let others = [
        ("example.com/v1", "Deployment", "spec.template.spec"),
        ("example.com/v1", "Rollout", "spec.template.spec"),
        ("serving.knative.dev/v1", "Deployment", "spec.template.spec"),
        ("apps/v1", "Pod", "spec"),
        ("v1", "Deployment", "spec.template.spec"),
        ("apps/v1", "Deployment", "spec.spec"),
        ("batch/v1", "CronJob", "spec.template.spec"),
        ("v1", "Service", "spec"),
    ];
    for (version, kind, path) in others {
        let text = manifest(version, kind, path, LEGACY);
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
    for row in all().filter(|row| ["", "apps", "batch"].contains(&row.group)) {
        assert!(row.versions.contains(&"v1"), "{}", row.kind);
        kinds.push(row.kind);
        let text = manifest(&api_version(row.group, "v1"), row.kind, row.places[0].path, LEGACY);
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
