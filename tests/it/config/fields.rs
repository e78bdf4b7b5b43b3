use super::{Run, custom, init_of, pod};

/// A pod whose sidecar has a host port, which `host-port-unmapped` refuses unless told otherwise.
fn host_port() -> String {
    pod(&["web", "proxy"]) + "    ports: [{containerPort: 80, hostPort: 80}]\n"
}

#[test]
fn check_reports_what_is_due_and_changes_nothing() {
    let config = |action: &str| custom(&format!("action: {action}\nsidecars: [{{container: proxy}}]"));
    let input = pod(&["web", "proxy"]);
    let run = Run::new(&config("Check"), &input);
    assert!(run.is_failed && run.text == input);
    let [due] = run.diagnostics.as_slice() else { panic!("{:?}", run.diagnostics) };
    assert_eq!((due.field.as_str(), due.message.as_str()), ("spec.initContainers", "proxy should be a native sidecar"));
    let converted = Run::new(&config("Convert"), &input);
    assert!(!converted.is_failed && init_of(&converted.text) == ["proxy*"]);
    let again = Run::new(&config("Check"), &converted.text);
    assert_eq!((again.diagnostics.len(), again.is_failed), (0, false));
}

#[test]
fn the_oldest_version_decides_whether_native_sidecars_exist() {
    for (cluster, is_refused) in [
        ("{}", false),
        ("{minVersion: ''}", false),
        ("{minVersion: '1.27'}", true),
        ("{minVersion: '1.28'}", true),
        ("{minVersion: '1.28.15'}", true),
        ("{minVersion: '1.28', featureGates: {SidecarContainers: true}}", false),
        ("{minVersion: '1.29'}", false),
        ("{minVersion: v1.33.4-gke.1}", false),
        ("{minVersion: '1.30+'}", false),
        ("{minVersion: '1.29', featureGates: {SidecarContainers: false}}", true),
        ("{minVersion: '1.27', maxVersion: '1.36'}", true),
    ] {
        let run = Run::new(
            &custom(&format!("cluster: {cluster}\nsidecars: [{{container: proxy}}]")),
            &pod(&["web", "proxy"]),
        );
        let wanted: &[&str] = match is_refused {
            true => &["error cluster-too-old spec.initContainers"],
            // It has no probe, and 1.28 is where that matters.
            false if cluster.contains("1.28") => &["info unguarded-sidecar spec.containers[1]"],
            false => &[],
        };
        assert_eq!(run.told(), wanted, "{cluster}");
    }
}

#[test]
fn the_newest_version_ends_the_range_that_rules_look_at() {
    let input = pod(&["web", "proxy"]) + "    restartPolicy: Always\n    restartPolicyRules: [{action: Restart}]\n";
    for (cluster, is_refused) in [
        ("{minVersion: '1.33'}", true),
        ("{minVersion: '1.33', maxVersion: '1.34'}", false),
        ("{minVersion: '1.33', maxVersion: '1.33'}", false),
        ("{minVersion: '1.33.4', maxVersion: '1.33'}", false),
        ("{minVersion: '1.33', maxVersion: '1.35.2'}", true),
        ("{maxVersion: '1.34'}", false),
        ("{minVersion: '1.36', maxVersion: '1.99'}", false),
    ] {
        let run = Run::new(&custom(&format!("cluster: {cluster}\nsidecars: [{{container: proxy}}]")), &input);
        assert_eq!(run.is_failed, is_refused, "{cluster}: {:?}", run.diagnostics);
    }
}

#[test]
fn what_an_entry_states_must_all_match() {
    let input = "apiVersion: v1\nkind: Pod\nspec:\n  containers:\n  - {name: web, image: web:1}\n  - {name: proxy-a, image: 'envoy:1'}\n  - {name: proxy-b, image: 'nginx:1'}\n  - {name: other, image: 'envoy:1'}\n";
    for (entries, wanted) in [
        ("[{container: 'proxy-*'}]", &["proxy-a*", "proxy-b*"][..]),
        ("[{image: envoy}]", &["proxy-a*", "other*"]),
        ("[{container: 'proxy-*', image: envoy}]", &["proxy-a*"]),
        ("[{container: proxy-b, image: envoy}]", &[]),
        ("[{container: proxy-b}, {image: envoy}]", &["proxy-a*", "proxy-b*", "other*"]),
        ("[]", &[]),
        ("", &[]),
    ] {
        let run = Run::new(&custom(&format!("sidecars: {entries}")), input);
        assert_eq!(init_of(&run.text), wanted, "{entries}");
    }
}

#[test]
fn a_container_without_an_image_or_a_name_is_met_by_no_entry_on_it() {
    let input = "apiVersion: v1\nkind: Pod\nspec:\n  containers:\n  - {name: web, image: web:1}\n  - {name: a}\n  - {image: envoy}\n";
    let run =
        Run::new(&custom("sidecars: [{image: '*'}]\nrules: {partial-object: Off}"), &input.replace("web:1", "x/web:1"));
    assert_eq!(init_of(&run.text), ["web*"]);
}

#[test]
fn extra_kinds_are_converted_where_their_path_leads() {
    let pools = "apiVersion: example.com/v1\nkind: Runner\nmetadata: {name: r}\nspec:\n  pools:\n  - template:\n      spec:\n        containers: [{name: a, image: a}, {name: proxy, image: p}]\n  - template:\n      spec:\n        containers: [{name: b, image: b}]\n  - template:\n      spec:\n        initContainers: [{name: setup, image: s}]\n        containers: [{name: c, image: c}, {name: proxy, image: p}]\n";
    let config = |kind: &str| custom(&format!("sidecars: [{{container: proxy}}]\nworkloads: {{extraKinds: [{kind}]}}"));
    let runner = "{apiVersion: example.com/v1, kind: Runner, podSpecPath: 'spec.pools[].template.spec'}";
    let run = Run::new(&config(runner), pools);
    assert_eq!(init_of(&run.text), ["proxy*", "setup", "proxy*"]);
    let fields = ["spec.pools[0].template.spec.initContainers", "spec.pools[2].template.spec.initContainers"];
    assert_eq!(run.told(), fields.map(|field| format!("warning unknown-native-support {field}")));
    let converted: Vec<_> =
        run.diagnostics.iter().filter(|one| one.rule.is_empty()).map(|one| one.field.as_str()).collect();
    assert_eq!(converted, fields);
    for other in [
        "{apiVersion: example.com/v2, kind: Runner, podSpecPath: 'spec.pools[].template.spec'}",
        "{apiVersion: example.org/v1, kind: Runner, podSpecPath: 'spec.pools[].template.spec'}",
        "{apiVersion: example.com/v1, kind: Walker, podSpecPath: 'spec.pools[].template.spec'}",
        "{apiVersion: example.com/v1, kind: Runner, podSpecPath: spec.pools.template.spec}",
        "{apiVersion: example.com/v1, kind: Runner, podSpecPath: 'spec.pools[].template[].spec'}",
    ] {
        assert_eq!(Run::new(&config(other), pools).text, pools, "{other}");
    }
}

/// The table knows two places of a `LeaderWorkerSet`; the configuration repeats one and adds one.
#[test]
fn an_extra_kind_may_add_a_place_to_a_kind_of_the_table() {
    let pod = "containers: [{name: a, image: a}, {name: proxy, image: p}]";
    let text = format!(
        "apiVersion: leaderworkerset.x-k8s.io/v1\nkind: LeaderWorkerSet\nspec:\n  leaderWorkerTemplate:\n    workerTemplate:\n      spec: {{{pod}}}\n  extra: {{{pod}}}\n"
    );
    let kind =
        |path: &str| format!("{{apiVersion: leaderworkerset.x-k8s.io/v1, kind: LeaderWorkerSet, podSpecPath: {path}}}");
    let kinds = [kind("spec.leaderWorkerTemplate.workerTemplate.spec"), kind("spec.extra")].join(", ");
    let config = "cluster: {components: {lws: '0.1'}}\nsidecars: [{container: proxy}]\nworkloads:";
    let run = Run::new(&custom(&format!("{config} {{extraKinds: [{kinds}]}}")), &text);
    assert_eq!(init_of(&run.text), ["proxy*", "proxy*"], "{:?}", run.diagnostics);
    assert_eq!(run.told(), [""; 0], "the operator is the same, and its release is known");
    assert_eq!(init_of(&Run::new(&custom(&format!("{config} {{}}")), &text).text), ["proxy*"]);
}

#[test]
fn an_extra_kind_may_hold_lists_in_lists_and_be_an_item() {
    let text = "apiVersion: v1\nkind: List\nitems:\n- apiVersion: v2\n  kind: Grid\n  rows:\n  - [{containers: [{name: a, image: a}, {name: proxy, image: p}]}]\n  - [{containers: [{name: proxy, image: p}, {name: b, image: b}]}, {}]\n";
    let kind = "{apiVersion: v2, kind: Grid, podSpecPath: 'rows[][]', runsToCompletion: true}";
    let run =
        Run::new(&custom(&format!("sidecars: [{{container: proxy}}]\nworkloads: {{extraKinds: [{kind}]}}")), text);
    assert_eq!(init_of(&run.text), ["proxy*", "proxy*"], "{:?}", run.diagnostics);
}

#[test]
fn on_refusal_decides_whether_one_refused_workload_fails_the_call() {
    let input =
        format!("{}---\n{}", host_port(), pod(&["web", "proxy"]).replace("name: web\nspec", "name: good\nspec"));
    let field = "host-port-unmapped spec.containers[1].ports[0].hostPort";
    for on_refusal in ["Fail", "Auto", ""] {
        let run = Run::new(&custom(&format!("onRefusal: {on_refusal}\nsidecars: [{{container: proxy}}]")), &input);
        assert_eq!(run.told(), [format!("error {field}")], "{on_refusal}");
        assert!(run.is_failed);
    }
    let run = Run::new(&custom("onRefusal: Skip\nsidecars: [{container: proxy}]"), &input);
    assert_eq!(run.told(), [format!("warning {field}")]);
    assert_eq!(run.converted(), ["good"]);
    assert!(run.text.starts_with(&host_port()), "the refused one is not as it came: {}", run.text);
    assert!(run.diagnostics[0].message.ends_with("; the workload is left as it was"));
}

#[test]
fn a_refusal_for_the_form_of_the_yaml_is_skipped_like_any_other() {
    let twice = pod(&["web", "proxy"]) + "    env: []\n    env: []\n";
    let input = format!("{twice}---\n{}", pod(&["web", "proxy"]));
    let run = Run::new(&custom("onRefusal: Skip\nsidecars: [{container: proxy}]"), &input);
    assert_eq!(run.told(), ["warning duplicate-key spec.containers[1].env"]);
    assert!(run.text.starts_with(&twice) && init_of(&run.text[twice.len()..]) == ["proxy*"], "{}", run.text);
}

#[test]
fn strict_makes_errors_of_notes_about_the_configuration_alone() {
    let input = pod(&["web", "proxy"]) + "  - name: extra\n    image: e\n    restartPolicy: Always\n";
    let config =
        |strict: &str| custom(&format!("strict: {strict}\nsidecars: [{{container: proxy}}, {{container: none}}]"));
    let outside = "restart-policy-outside-init spec.containers[2].restartPolicy";
    let entry = "unmatched-entry spec.sidecars[1]";
    assert_eq!(Run::new(&config("false"), &input).told(), [format!("warning {outside}"), format!("info {entry}")]);
    let strict = Run::new(&config("true"), &input);
    assert_eq!(strict.told(), [format!("error {entry}"), format!("warning {outside}")]);
    assert!(strict.is_failed);
}

#[test]
fn rules_set_the_severity_of_a_rule() {
    let field = "spec.containers[1].ports[0].hostPort";
    for (level, told, is_failed) in [
        ("Error", vec![format!("error host-port-unmapped {field}")], true),
        ("Warning", vec![format!("warning host-port-unmapped {field}")], false),
        ("Info", vec![format!("info host-port-unmapped {field}")], false),
        ("Off", vec![], false),
    ] {
        let config = custom(&format!("sidecars: [{{container: proxy}}]\nrules: {{host-port-unmapped: {level}}}"));
        let run = Run::new(&config, &host_port());
        assert_eq!((run.told(), run.is_failed), (told, is_failed), "{level}");
        assert_eq!(run.converted().len(), usize::from(!is_failed), "{level}");
    }
}

#[test]
fn a_note_can_be_raised_and_silenced() {
    let config = |level: &str, strict: &str| {
        custom(&format!("strict: {strict}\nsidecars: [{{container: none}}]\nrules: {{unmatched-entry: {level}}}"))
    };
    let told = |level: &str, strict: &str| Run::new(&config(level, strict), &pod(&["web"])).told();
    assert_eq!(told("Error", "false"), ["error unmatched-entry spec.sidecars[0]"]);
    assert_eq!(told("Warning", "false"), ["warning unmatched-entry spec.sidecars[0]"]);
    assert_eq!(told("Off", "false"), [""; 0]);
    assert_eq!(told("Off", "true"), [""; 0], "what is off is not there to be strict about");
    assert_eq!(told("Info", "true"), ["error unmatched-entry spec.sidecars[0]"]);
}

#[test]
fn a_rule_that_cannot_be_lowered_can_be_named_at_error() {
    let run = Run::new(&custom("sidecars: [{container: proxy}]\nrules: {no-main-container: Error}"), &pod(&["proxy"]));
    assert_eq!(run.told(), ["error no-main-container spec.containers"]);
}

#[test]
fn an_empty_configuration_selects_nothing() {
    let input = pod(&["web", "proxy"]);
    for config in
        ["", "# nothing\n", "null\n", &custom(""), "apiVersion: convert-sidecars.dev/v1alpha1\nkind: ConvertSidecars\n"]
    {
        let run = Run::new(config, &input);
        assert_eq!((run.text.as_str(), run.diagnostics.len()), (input.as_str(), 0), "{config:?}");
    }
}
