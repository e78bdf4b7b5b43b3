//! Objects that refer to the pods which are converted: where they may stand, and when they are read.

use std::fmt::Write;
use std::process::Command;

use convert_sidecars::{Options, run};

use crate::support::{Converted, binary, convert, convert_with, output_with_stdin, select};

const SERVICE: &str = "apiVersion: v1
kind: Service
metadata:
  name: web
spec:
  selector: {app: web}
  ports:
  - {port: 80, targetPort: metrics}
";

const POD: &str = "apiVersion: v1
kind: Pod
metadata:
  name: web
  labels: {app: web, tier: front}
spec:
  containers:
  - name: web
    image: web:1
  - name: exporter
    image: exporter:1
    ports: [{name: metrics, containerPort: 9121}]
";

const FOUND: &str = "error named-target-port spec.containers[1].ports[0].name";
/// What is told where no Service is in sight: one may name the port.
const ALONE: [&str; 2] = ["info named-port spec.containers[1].ports[0].name", "info  spec.initContainers"];

/// `text` with every line but the first indented.
fn indented(text: &str, by: &str) -> String {
    text.trim_end().replace('\n', &format!("\n{by}"))
}

#[test]
fn a_service_is_found_wherever_it_stands_in_the_input() {
    let list =
        format!("apiVersion: v1\nkind: List\nitems:\n- {}\n- {}\n", indented(POD, "  "), indented(SERVICE, "  "));
    let resource_list = |items: &[&str]| {
        let items: Vec<_> = items.iter().map(|item| format!("- {}\n", indented(item, "  "))).collect();
        format!("apiVersion: config.kubernetes.io/v1\nkind: ResourceList\nitems:\n{}", items.concat())
    };
    let json = "{\"apiVersion\":\"v1\",\"kind\":\"Service\",\"metadata\":{\"name\":\"web\"},\"spec\":{\"selector\":{\"app\":\"web\"},\"ports\":[{\"port\":80,\"targetPort\":\"metrics\"}]}}";
    let merged = "apiVersion: v1\nkind: Service\nmetadata: {name: web}\nspec:\n  <<: {selector: &s {app: web}}\n  ports: [{port: 80, targetPort: metrics}]\n";
    let block = SERVICE.replace("{app: web}", "\n    # two labels\n    tier: \"front\" # quoted\n    app: web");
    for text in [
        format!("{SERVICE}---\n{POD}"),
        format!("{block}---\n{POD}"),
        resource_list(&[POD, &block]),
        format!("{POD}---\n{SERVICE}"),
        format!("{POD}---\n{json}\n"),
        format!("{POD}---\n{merged}"),
        list.clone(),
        resource_list(&[POD, SERVICE]),
        resource_list(&[SERVICE, POD]),
        resource_list(&[&list]),
    ] {
        let answer = convert(&text, &["exporter"]);
        let found: Vec<_> = answer.diagnostics.iter().map(|one| one.replace("items[0].", "")).collect();
        assert_eq!(found, [FOUND], "{text}");
    }
    let alone = convert(POD, &["exporter"]);
    assert_eq!(alone.diagnostics, ALONE, "what is not in the input is unknown");
    let elsewhere = block.replacen("  name: web", "  name: web\n  namespace: other", 1);
    let pod = POD.replacen("  name: web", "  name: web\n  namespace: shop", 1);
    for (service, pod) in [(block.replace("front", "back"), POD), (elsewhere, &pod)] {
        let answer = convert(&format!("{service}---\n{pod}"), &["exporter"]);
        assert_eq!(answer.diagnostics, ALONE, "{service} does not select {pod}");
    }
}

#[test]
fn the_message_says_which_service_it_is_and_what_to_write() {
    let mut text = String::new();
    for name in ["one", "two", "three", "four", "five"] {
        writeln!(text, "{}---", SERVICE.replace("name: web", &format!("name: {name}"))).unwrap();
    }
    text.push_str(POD);
    let config = select(&["exporter"]);
    let answer = run(&text, &Options { config: Some(&config), ..Options::default() }).unwrap();
    let [found] = answer.diagnostics.as_slice() else { panic!("{:?}", answer.diagnostics) };
    let start = "`metrics` of `exporter` is a targetPort of Service `one`, Service `two`, Service `three` and 2 more, and before Kubernetes 1.33 ";
    assert!(found.message.starts_with(start), "{}", found.message);
    assert!(found.message.ends_with("`cluster.minVersion` is not set, so 1.29 is assumed"), "{}", found.message);
    assert_eq!(found.help, "write 9121 as the targetPort, in the same change");
}

#[test]
fn a_related_object_that_cannot_be_read_is_left_out() {
    for broken in [
        "kind: Service\nspec: {selector: [\n",
        "kind: Service\nspec: 7\n",
        "apiVersion: v1\nkind: Service\nspec: {selector: {app: web}, ports: {a: b}}\n",
        "apiVersion: v1\nkind: Service\nspec: {selector: *nothing, ports: [{targetPort: metrics}]}\n",
        "apiVersion: kustomize.config.k8s.io/v1beta1\nkind: Kustomization\npatches: [{patch: \"{containers\"}]\n",
    ] {
        let answer = convert(&format!("{broken}---\n{POD}"), &["exporter"]);
        // The third one selects the pods, and names no port.
        let is_silent = broken.contains("ports: {a: b}");
        assert_eq!(answer.diagnostics, ALONE[usize::from(is_silent)..], "{broken}");
    }
}

#[test]
fn a_selector_without_labels_selects_nothing_in_a_service_and_everything_in_a_policy() {
    let service = SERVICE.replace("{app: web}", "{}");
    assert_eq!(convert(&format!("{service}---\n{POD}"), &["exporter"]).diagnostics, ALONE);
    let policy = |selector: &str| {
        let policy = "apiVersion: networking.k8s.io/v1\nkind: NetworkPolicy\nmetadata: {name: all}\nspec:\n  ingress: [{ports: [{port: metrics}]}]\n";
        let text = format!("{policy}  podSelector: {selector}\n---\n{POD}");
        convert(&text, &["exporter"]).diagnostics.iter().any(|one| one.contains("network-policy-port"))
    };
    assert!(policy("{}"));
    assert!(policy("{matchExpressions: [{key: tier, operator: In, values: [back, front]}]}"));
    assert!(policy("{matchLabels: {app: web}, matchExpressions: [{key: legacy, operator: DoesNotExist}]}"));
    assert!(!policy("{matchExpressions: [{key: tier, operator: NotIn, values: [front]}]}"));
    assert!(!policy("{matchLabels: {app: web}, matchExpressions: [{key: legacy, operator: Exists}]}"));
}

#[test]
fn a_name_and_its_protocol_count_for_a_port() {
    let of = |ports: &str| {
        let text = format!("{}---\n{POD}", SERVICE.replace("targetPort: metrics", ports));
        convert(&text, &["exporter"]).diagnostics[0] == FOUND
    };
    assert!(of("targetPort: metrics, protocol: TCP"));
    assert!(!of("targetPort: metrics, protocol: UDP"));
    assert!(!of("targetPort: 9121"));
    // Kubernetes takes a quoted number for a name, and finds no port of that name before or after.
    assert!(!of("targetPort: \"9121\""));
}

/// A native sidecar that stands there already is found before one that goes behind it.
fn told(text: &str, config: &str) -> Vec<String> {
    let mut converted = convert_with(text, config);
    converted.leave_out_immutable();
    converted.diagnostics
}

#[test]
fn among_native_sidecars_the_first_has_the_port() {
    let native = "  initContainers:\n  - name: other\n    image: other:1\n    restartPolicy: Always\n    ports: [{name: metrics, containerPort: 1}]\n";
    let text = format!("{SERVICE}---\n{POD}{native}");
    let at = |position: &str| {
        let config = format!("{}  position: {position}\n  cluster: {{minVersion: \"1.33\"}}\n", select(&["exporter"]));
        told(&text, &config)
    };
    assert_eq!(at("{type: Last}"), [FOUND]);
    assert_eq!(at("{type: First}"), ["info  spec.initContainers"]);
    let ordinary = text.replace("    restartPolicy: Always\n", "");
    let config = format!("{}  cluster: {{minVersion: \"1.33\"}}\n", select(&["exporter"]));
    assert_eq!(told(&ordinary, &config), ["info  spec.initContainers"]);
}

#[test]
fn patches_are_found_in_every_place_where_a_kustomization_or_an_application_writes_them() {
    let patch =
        "{apiVersion: v1, kind: Pod, metadata: {name: web}, spec: {containers: [{name: exporter, args: [-v]}]}}";
    let kustomization =
        |body: &str| format!("apiVersion: kustomize.config.k8s.io/v1beta1\nkind: Kustomization\n{body}");
    let flux = |body: &str| {
        format!("apiVersion: kustomize.toolkit.fluxcd.io/v1\nkind: Kustomization\nmetadata: {{name: x}}\nspec: {body}")
    };
    let argo = |body: &str| {
        format!("apiVersion: argoproj.io/v1alpha1\nkind: Application\nmetadata: {{name: x}}\nspec: {body}")
    };
    let finds = |rule: &str, object: &str| {
        let Converted { diagnostics, failed, .. } = convert(&format!("{POD}---\n{object}"), &["exporter"]);
        assert!(!failed, "{object}: {diagnostics:?}");
        diagnostics.iter().any(|one| one.contains(rule))
    };
    for object in [
        kustomization(&format!("patches:\n- patch: '{patch}'\n")),
        kustomization(&format!("patchesStrategicMerge:\n- '{patch}'\n")),
        kustomization(&format!(
            "patches:\n- target: {{kind: Pod, name: we.*}}\n  patch: '{}'\n",
            patch.replace("name: web", "name: any")
        )),
        format!("patches:\n- patch: '{patch}'\n"),
        flux(&format!("{{patches: [{{patch: '{patch}'}}]}}\n")),
        argo(&format!("{{source: {{kustomize: {{patches: [{{patch: '{patch}'}}]}}}}}}\n")),
        argo(&format!("{{sources: [{{kustomize: {{patches: [{{patch: '{patch}'}}]}}}}]}}\n")),
    ] {
        assert!(finds("patch-names-sidecar", &object), "{object}");
    }
    for object in [
        kustomization(&format!("patches:\n- patch: '{}'\n", patch.replace("name: web", "name: other"))),
        kustomization(&format!("patches:\n- patch: '{}'\n", patch.replace("name: exporter", "name: web"))),
        kustomization(&format!("patches:\n- target: {{kind: Job, name: web}}\n  patch: '{patch}'\n")),
        kustomization("patches:\n- path: patch.yaml\n"),
    ] {
        assert!(!finds("patch-names-sidecar", &object), "{object}");
    }
    let replacement = |path: &str| {
        kustomization(&format!(
            "replacements:\n- source: {{kind: ConfigMap, name: x, fieldPath: data.x}}\n  targets:\n  - select: {{kind: Pod, name: web}}\n    fieldPaths: ['{path}']\n"
        ))
    };
    assert!(finds("pointer-into-containers", &replacement("spec.containers.[name=exporter].image")));
    assert!(finds("pointer-into-containers", &replacement("spec.containers.*.image")));
    assert!(!finds("pointer-into-containers", &replacement("spec.containers.[name=web].image")));
    // The path of another kind of workload.
    assert!(!finds("pointer-into-containers", &replacement("spec.template.spec.containers.[name=exporter].image")));
    let ignored = |entry: &str| {
        argo(&format!("{{ignoreDifferences: [{{{entry}, jsonPointers: [/spec/containers/1/image]}}]}}\n"))
    };
    assert!(finds("pointer-into-containers", &ignored("group: '*', kind: '*'")));
    assert!(finds("pointer-into-containers", &ignored("group: '', kind: Pod, name: web")));
    assert!(!finds("pointer-into-containers", &ignored("group: apps, kind: Pod")));
    assert!(!finds("pointer-into-containers", &ignored("kind: Pod, name: other")));
}

/// What `--log debug` says of the reading.
fn is_read(text: &str, config: &str) -> bool {
    let list = format!("{text}---\n{POD}");
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("config.yaml");
    std::fs::write(&file, config).unwrap();
    let mut command = Command::new(binary());
    let output = output_with_stdin(command.args(["--log", "debug"]).arg(&file).arg("-"), list.as_bytes());
    assert_eq!(output.status.code(), Some(0), "{}", String::from_utf8_lossy(&output.stderr));
    String::from_utf8(output.stderr).unwrap().contains("read the objects that have to do with pods")
}

#[test]
fn nothing_is_read_when_nothing_is_selected() {
    let policy = "apiVersion: v1\nkind: Service\nmetadata: {name: other}\nspec: {selector: {app: other}, ports: [{port: 1, targetPort: metrics}]}\n";
    assert!(is_read(policy, &select(&["exporter"])));
    assert!(!is_read(policy, &select(&["no-such-container"])));
    assert!(!is_read(policy, "{apiVersion: v1, kind: ConfigMap, data: {}}\n"));
}
