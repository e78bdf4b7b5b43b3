use convert_sidecars::{Options, run};

use super::{Run, custom, pod};

/// A `spec`, the path of its one error, and words of the message with the help.
type Row = (&'static str, &'static str, &'static [&'static str]);

const FORM: &[Row] = &[
    // Unknown keys, with the nearest known one.
    ("sidecar: []", "spec.sidecar", &["unknown field `sidecar`", "did you mean `sidecars`?"]),
    ("Sidecars: []", "spec.Sidecars", &["unknown field", "did you mean `sidecars`?"]),
    ("nonsense: 1", "spec.nonsense", &["unknown field `nonsense`"]),
    ("cluster: {minversion: '1.29'}", "spec.cluster.minversion", &["did you mean `minVersion`?"]),
    ("sidecars: [{container: a}, {contianer: b}]", "spec.sidecars[1].contianer", &["did you mean `container`?"]),
    ("sidecars: [{container: a, position: {typ: Last}}]", "spec.sidecars[0].position.typ", &["did you mean `type`?"]),
    ("workloads: {include: [{labels: a=b}]}", "spec.workloads.include[0].labels", &["unknown field `labels`"]),
    ("startupProbe: {source: Custom, probe: {httpget: {port: 1}}}", "spec.startupProbe.probe.httpget", &["`httpGet`?"]),
    // Wrong types.
    ("sidecars: proxy", "spec.sidecars", &["a list belongs here", "put `- ` before each entry"]),
    ("sidecars: [proxy]", "spec.sidecars[0]", &["`proxy` is no mapping", "write fields as `key: value`"]),
    ("sidecars: {container: proxy}", "spec.sidecars", &["a list belongs here"]),
    ("sidecars: [{container: 5}]", "spec.sidecars[0].container", &["`5` is read as no text", "quote it: \"5\""]),
    ("sidecars: [{container: [a]}]", "spec.sidecars[0].container", &["a text belongs here"]),
    ("sidecars: [{container: true}]", "spec.sidecars[0].container", &["quote it: \"true\""]),
    ("cluster: '1.29'", "spec.cluster", &["`1.29` is no mapping"]),
    ("cluster: {featureGates: [SidecarContainers]}", "spec.cluster.featureGates", &["is no mapping"]),
    (
        "cluster: {featureGates: {SidecarContainers: 'true'}}",
        "spec.cluster.featureGates.SidecarContainers",
        &["`true` is neither true nor false"],
    ),
    (
        "cluster: {featureGates: {SidecarContainers: }}",
        "spec.cluster.featureGates.SidecarContainers",
        &["neither true nor false"],
    ),
    ("strict: 'yes'", "spec.strict", &["`yes` is neither true nor false"]),
    ("strict: 1", "spec.strict", &["`1` is neither true nor false"]),
    (
        "startupProbe: {source: Custom, probe: {tcpSocket: {port: 1}, periodSeconds: soon}}",
        "spec.startupProbe.probe.periodSeconds",
        &["`soon` is no whole number"],
    ),
    (
        "startupProbe: {source: Custom, probe: {grpc: {port: '1'}}}",
        "spec.startupProbe.probe.grpc.port",
        &["no whole number"],
    ),
    (
        "startupProbe: {source: Custom, probe: {exec: {command: [sleep, 1]}}}",
        "spec.startupProbe.probe.exec.command[1]",
        &["quote it: \"1\""],
    ),
    (
        "startupProbe: {source: Custom, probe: {exec: {command: [sleep, null]}}}",
        "spec.startupProbe.probe.exec.command[1]",
        &["read as no text"],
    ),
    // Versions, quoted and right.
    ("cluster: {minVersion: 1.30}", "spec.cluster.minVersion", &["1.30 is a number", "quote it: \"1.30\""]),
    ("cluster: {maxVersion: 1.36}", "spec.cluster.maxVersion", &["quote it: \"1.36\""]),
    ("cluster: {minVersion: 1}", "spec.cluster.minVersion", &["quote it: \"1\""]),
    ("cluster: {minVersion: '1'}", "spec.cluster.minVersion", &["`1` is no Kubernetes version"]),
    ("cluster: {minVersion: '2.0'}", "spec.cluster.minVersion", &["`2.0` is no Kubernetes version"]),
    ("cluster: {minVersion: latest}", "spec.cluster.minVersion", &["`latest` is no Kubernetes version"]),
    ("cluster: {minVersion: '1.x'}", "spec.cluster.minVersion", &["no Kubernetes version"]),
    (
        "cluster: {minVersion: '1.30', maxVersion: '1.29'}",
        "spec.cluster.maxVersion",
        &["1.29 is older than `cluster.minVersion` is 1.30"],
    ),
    ("cluster: {minVersion: '1.30.5', maxVersion: '1.30.4'}", "spec.cluster.maxVersion", &["1.30.4 is older"]),
    ("cluster: {maxVersion: '1.28'}", "spec.cluster.maxVersion", &["1.28 is older", "1.29 is assumed"]),
    // Releases of operators, by their names.
    (
        "cluster: {components: {argo-rollout: '1.7'}}",
        "spec.cluster.components.argo-rollout",
        &["no component `argo-rollout`", "did you mean `argo-rollouts`?"],
    ),
    ("cluster: {components: {istio: '1.7'}}", "spec.cluster.components.istio", &["known are argo-rollouts, argo-wor"]),
    (
        "cluster: {components: {keda: 2.12}}",
        "spec.cluster.components.keda",
        &["2.12 is a number", "quote it: \"2.12\""],
    ),
    ("cluster: {components: {keda: latest}}", "spec.cluster.components.keda", &["`latest` is no version"]),
    ("cluster: {components: {keda: '2'}}", "spec.cluster.components.keda", &["`2` is no version", "\"1.7.2\""]),
    ("cluster: {components: {keda: '2.12.1.4'}}", "spec.cluster.components.keda", &["is no version"]),
    ("cluster: {components: [keda]}", "spec.cluster.components", &["is no mapping"]),
    // Choices.
    ("action: Chek", "spec.action", &["`Chek` is not one of Convert, Check", "did you mean `Check`?"]),
    ("action: convert", "spec.action", &["did you mean `Convert`?"]),
    ("onRefusal: Ignore", "spec.onRefusal", &["not one of Fail, Skip, Auto", "use Fail, Skip, Auto"]),
    ("position: {type: Middle}", "spec.position.type", &["`Middle` is not one of Last, First, Before, After"]),
    ("position: {type: Befor}", "spec.position.type", &["did you mean `Before`?"]),
    ("rules: {unmatched-entry: Ofd}", "spec.rules.unmatched-entry", &["did you mean `Off`?"]),
    ("rules: {unmatched-entry: }", "spec.rules.unmatched-entry", &["is not one of"]),
    // What does not work yet.
    ("direction: ToLegacy", "spec.direction", &["`direction: ToLegacy` is not implemented yet", "use ToNative"]),
    ("catalog: {mode: recommended}", "spec.catalog.mode", &["did you mean `Recommended`?"]),
    ("catalog: {edition: '1'}", "spec.catalog.edition", &["`1` is no edition", "\"2026.11\""]),
    ("catalog: {edition: 2026.11}", "spec.catalog.edition", &["quote it: \"2026.11\""]),
    ("catalog: {edition: '2999.01'}", "spec.catalog.edition", &["newer than this release"]),
    ("catalog: {workloads: Jobs}", "spec.catalog.workloads", &["RunToCompletion, All"]),
    ("catalog: {profiles: [istio-proxy]}", "spec.catalog.profiles", &["add `mode: Listed`"]),
    ("catalog: {mode: Listed}", "spec.catalog.profiles", &["needs the profiles"]),
    ("catalog: {mode: Listed, profiles: [istio-prox]}", "spec.catalog.profiles[0]", &["did you mean `istio-proxy`?"]),
    ("catalog: {mode: Listed, profiles: [x]}", "spec.catalog.profiles[0]", &["`convert-sidecars catalog` lists them"]),
    (
        "catalog: {mode: Listed, edition: '2000.01', profiles: [istio-proxy]}",
        "spec.catalog.profiles[0]",
        &["in the edition 2000.01"],
    ),
    ("profiles: [{name: istio-proxy, match: [{container: [a]}]}]", "spec.profiles[0].name", &["already"]),
    ("profiles: [{name: A, match: [{container: [a]}]}]", "spec.profiles[0].name", &["`A` is no name"]),
    ("profiles: [{name: a}]", "spec.profiles[0].match", &["nothing says how"]),
    ("profiles: [{name: a, match: [{image: ['a.*']}]}]", "spec.profiles[0].match[0].image[0]", &["regular expression"]),
    ("profiles: [{name: a, mach: []}]", "spec.profiles[0].mach", &["did you mean `match`?"]),
    (
        "profiles: [{name: a, match: [{container: [a]}], tier: C}]",
        "spec.profiles[0].reason",
        &["tier C needs a reason"],
    ),
    (
        "profiles: [{name: a, match: [{container: [a]}], edits: [{op: AddArgs, reason: b}]}]",
        "spec.profiles[0].edits[0].args",
        &["`op: AddArgs` needs `args`"],
    ),
    ("sidecars: [{profile: None}]", "spec.sidecars[0]", &["does not say which containers"]),
    ("sidecars: [{container: a, profile: linkerd}]", "spec.sidecars[0].profile", &["there is no profile `linkerd`"]),
    ("sidecars: [{profile: kuma-sidcar}]", "spec.sidecars[0].profile", &["did you mean `kuma-sidecar`?"]),
];

const MEANING: &[Row] = &[
    ("sidecars: [{}]", "spec.sidecars[0]", &["does not say which containers it means", "write `container: NAME`"]),
    ("sidecars: [{container: ''}]", "spec.sidecars[0]", &["does not say which containers"]),
    ("sidecars: [{position: {type: First}}]", "spec.sidecars[0]", &["does not say which containers"]),
    ("sidecars: [{container: 'log-.*'}]", "spec.sidecars[0].container", &["regular expression", "write `log-*`"]),
    ("sidecars: [{container: 'a b'}]", "spec.sidecars[0].container", &["`a b` holds ` `"]),
    ("sidecars: [{image: 'istio/.*'}]", "spec.sidecars[0].image", &["regular expression", "write `*`"]),
    ("sidecars: [{container: a, image: 'a,b'}]", "spec.sidecars[0].image", &["holds `,`"]),
    (
        "position: {type: Before}",
        "spec.position.container",
        &["`type: Before` needs the container", "write `container: NAME`"],
    ),
    (
        "sidecars: [{container: a, position: {type: After}}]",
        "spec.sidecars[0].position.container",
        &["`type: After` needs the container"],
    ),
    (
        "position: {type: Last, container: setup}",
        "spec.position.container",
        &["no meaning beside `type: Last`", "use Before or After"],
    ),
    ("position: {container: setup}", "spec.position.container", &["no meaning beside `type: Last`"]),
    ("position: {type: First, container: setup}", "spec.position.container", &["no meaning beside `type: First`"]),
    (
        "startupProbe: {probe: {tcpSocket: {port: 1}}}",
        "spec.startupProbe.probe",
        &["no meaning without `source: Custom`"],
    ),
    (
        "startupProbe: {source: Keep, probe: {tcpSocket: {port: 1}}}",
        "spec.startupProbe.probe",
        &["no meaning without `source: Custom`"],
    ),
    ("startupProbe: {source: Custom}", "spec.startupProbe.probe", &["`source: Custom` needs the probe"]),
    ("startupProbe: {source: Custom, probe: {}}", "spec.startupProbe.probe", &["`source: Custom` needs the probe"]),
    (
        "startupProbe: {source: Custom, probe: {periodSeconds: 1}}",
        "spec.startupProbe.probe",
        &["exactly one of exec, httpGet, tcpSocket and grpc", "has 0"],
    ),
    (
        "startupProbe: {source: Custom, probe: {tcpSocket: {port: 1}, exec: {command: [a]}}}",
        "spec.startupProbe.probe",
        &["exactly one", "has 2"],
    ),
    (
        "startupProbe: {source: Custom, probe: {tcpSocket: {port: 1}, successThreshold: 2}}",
        "spec.startupProbe.probe.successThreshold",
        &["requires 1 for startup probes", "remove it"],
    ),
    (
        "sidecars: [{container: a, startupProbe: {source: Custom}}]",
        "spec.sidecars[0].startupProbe.probe",
        &["needs the probe"],
    ),
    ("workloads: {include: [{name: 'a('}]}", "spec.workloads.include[0].name", &["`a(`"]),
    ("workloads: {exclude: [{}, {kind: '['}]}", "spec.workloads.exclude[1].kind", &["`[`"]),
    ("workloads: {include: [{labelSelector: 'a in b'}]}", "spec.workloads.include[0].labelSelector", &["`a in b`"]),
    (
        "workloads: {extraKinds: [{kind: A, podSpecPath: spec}]}",
        "spec.workloads.extraKinds[0]",
        &["`apiVersion` is missing", "write `apiVersion: …`"],
    ),
    (
        "workloads: {extraKinds: [{apiVersion: v1, podSpecPath: spec}]}",
        "spec.workloads.extraKinds[0]",
        &["`kind` is missing"],
    ),
    (
        "workloads: {extraKinds: [{apiVersion: v1, kind: A}]}",
        "spec.workloads.extraKinds[0]",
        &["`podSpecPath` is missing"],
    ),
    (
        "workloads: {extraKinds: [{apiVersion: v1, kind: A, podSpecPath: 'spec.pools[0].spec'}]}",
        "spec.workloads.extraKinds[0].podSpecPath",
        &["`spec.pools[0].spec` is no path of keys", "spec.pools[].template.spec"],
    ),
    (
        "workloads: {extraKinds: [{apiVersion: v1, kind: A, podSpecPath: spec..pod}]}",
        "spec.workloads.extraKinds[0].podSpecPath",
        &["no path of keys"],
    ),
    (
        "workloads: {extraKinds: [{apiVersion: v1, kind: A, podSpecPath: .spec}]}",
        "spec.workloads.extraKinds[0].podSpecPath",
        &["no path of keys"],
    ),
    (
        "workloads: {extraKinds: [{apiVersion: v1, kind: A, podSpecPath: '[].spec'}]}",
        "spec.workloads.extraKinds[0].podSpecPath",
        &["no path of keys"],
    ),
    (
        "rules: {unmached-entry: Off}",
        "spec.rules.unmached-entry",
        &["there is no rule `unmached-entry`", "did you mean `unmatched-entry`?"],
    ),
    (
        "rules: {no-main-container: Warning}",
        "spec.rules.no-main-container",
        &["`no-main-container` cannot be lowered", "remove it"],
    ),
    ("rules: {cluster-too-old: Off}", "spec.rules.cluster-too-old", &["cannot be lowered"]),
];

#[test]
fn every_mistake_is_one_error_at_its_path_that_says_what_to_write() {
    for (spec, field, words) in FORM.iter().chain(MEANING) {
        let run = Run::new(&custom(spec), &pod(&["web"]));
        let [error] = run.diagnostics.as_slice() else { panic!("{spec}: {:#?}", run.diagnostics) };
        assert_eq!(run.told(), [format!("error  {field}")], "{spec}");
        for word in *words {
            assert!(error.text().contains(word), "{spec}: {word:?} is not in: {}", error.text());
        }
        assert_eq!(error.resource.as_ref().unwrap().kind, "ConvertSidecars");
    }
}

#[test]
fn all_errors_come_at_once_and_none_twice() {
    let spec = "action: Chek
sidecars:
- {container: 5, position: {type: Befor}}
- {container: 'a.*', image: 'b.*', position: {type: After}}
- proxy
cluster: {minVersion: 1.30, maxVersion: '1.29'}
startupProbe: {source: Costom, probe: {tcpSocket: {port: 1}}}
workloads: {include: [{name: 'a(', kind: '['}]}
rules: {no-such-rule: Off, no-main-container: Off, unmatched-entry: Of}
strict: maybe";
    let run = Run::new(&custom(spec), &pod(&["web"]));
    let mut fields: Vec<_> = run.diagnostics.iter().map(|one| one.field.as_str()).collect();
    fields.sort_unstable();
    // What stands beside a field that could not be read is left for the next run.
    let wanted = [
        "spec.action",
        "spec.cluster.minVersion",
        "spec.rules.unmatched-entry",
        "spec.sidecars[0].container",
        "spec.sidecars[0].position.type",
        "spec.sidecars[1].container",
        "spec.sidecars[1].image",
        "spec.sidecars[1].position.container",
        "spec.sidecars[2]",
        "spec.startupProbe.source",
        "spec.strict",
        "spec.workloads.include[0].kind",
        "spec.workloads.include[0].name",
    ];
    assert_eq!(fields, wanted, "{:#?}", run.diagnostics);
}

#[test]
fn a_field_that_stands_twice_is_an_error() {
    let run = Run::new(&custom("strict: true\nstrict: false"), &pod(&["web"]));
    assert_eq!(run.told(), ["error  spec.strict"]);
    assert!(run.diagnostics[0].message.contains("stands twice"), "{:?}", run.diagnostics);
}

#[test]
fn an_object_of_another_kind_is_no_configuration() {
    for (kind, version) in [
        ("ConvertSidecars", "convert-sidecars.dev/v1"),
        ("ConvertSidecar", "convert-sidecars.dev/v1alpha1"),
        ("ConfigMap", "v2"),
        ("", ""),
    ] {
        let config = format!("apiVersion: {version}\nkind: {kind}\nspec: {{sidecars: [{{container: proxy}}]}}\n");
        let run = Run::new(&config, &pod(&["web", "proxy"]));
        assert!(run.is_failed && run.diagnostics.len() == 1, "{config}: {:?}", run.diagnostics);
        let help = &run.diagnostics[0].help;
        assert!(help.contains("ConvertSidecars") && help.contains("convert-sidecars.dev/v1alpha1"), "{help}");
    }
}

#[test]
fn what_orchestrators_put_into_the_metadata_is_let_through() {
    let config = custom("sidecars: [{container: proxy}]").replace(
        "{name: test}",
        "{name: test, namespace: n, labels: {a: b}, annotations: {config.kubernetes.io/local-config: 'true'}, creationTimestamp: null}",
    );
    assert_eq!(Run::new(&config, &pod(&["web", "proxy"])).converted(), ["web"]);
}

/// A functionConfig that came from a file of the package: kpt and kustomize say which one.
#[test]
fn an_error_names_the_file_of_the_configuration() {
    for (annotation, index) in [
        ("internal.config.kubernetes.io/path: fn/sidecars.yaml, internal.config.kubernetes.io/index: '2'", Some(2)),
        ("config.kubernetes.io/path: fn/sidecars.yaml", None),
    ] {
        let input = format!(
            "apiVersion: config.kubernetes.io/v1\nkind: ResourceList\nitems: []\nfunctionConfig:\n  apiVersion: convert-sidecars.dev/v1alpha1\n  kind: ConvertSidecars\n  metadata: {{name: c, annotations: {{{annotation}}}}}\n  spec: {{strictt: true}}\n"
        );
        let answer = run(&input, &Options::default()).unwrap();
        let [error] = answer.diagnostics.as_slice() else { panic!("{:?}", answer.diagnostics) };
        let file = error.file.as_ref().unwrap();
        assert_eq!((file.path.as_str(), error.field.as_str()), ("fn/sidecars.yaml", "spec.strictt"));
        let results = answer.output.to_string();
        assert!(results.contains("path: fn/sidecars.yaml"), "{results}");
        assert_eq!(results.contains("index: 2"), index.is_some(), "{results}");
    }
}
