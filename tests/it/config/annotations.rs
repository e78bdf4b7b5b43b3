use super::{Run, custom, init_of};

/// A Deployment with annotations of its own and of its pod template, and these containers.
fn deployment(own: &str, template: &str, containers: &[&str]) -> String {
    let metadata = |annotations: &str| {
        if annotations.is_empty() { "{}".to_owned() } else { format!("{{annotations: {{{annotations}}}}}") }
    };
    let containers: String = containers.iter().map(|name| format!("      - {{name: {name}, image: i}}\n")).collect();
    format!(
        "apiVersion: apps/v1\nkind: Deployment\nmetadata: {}\nspec:\n  template:\n    metadata: {}\n    spec:\n      containers:\n{containers}",
        metadata(own),
        metadata(template)
    )
}

const NONE: &str = "sidecars: []";
const PROXY: &str = "sidecars: [{container: proxy}]";

fn sidecars(names: &str) -> String {
    format!("convert-sidecars.dev/sidecars: '{names}'")
}

#[test]
fn a_workload_or_its_pod_template_declares_sidecars() {
    for names in ["proxy,log", "log , proxy", "proxy,,log,", " proxy,log"] {
        for input in [
            deployment(&sidecars(names), "", &["web", "proxy", "log"]),
            deployment("", &sidecars(names), &["web", "proxy", "log"]),
        ] {
            let run = Run::new(&custom(NONE), &input);
            assert_eq!((init_of(&run.text), run.told()), (vec!["proxy*".into(), "log*".into()], vec![]), "{input}");
        }
    }
    let both = deployment(&sidecars("proxy"), &sidecars("log"), &["web", "proxy", "log"]);
    assert_eq!(init_of(&Run::new(&custom(NONE), &both).text), ["proxy*", "log*"]);
}

#[test]
fn declared_sidecars_are_added_to_those_of_the_configuration() {
    let input = deployment(&sidecars("log"), "", &["web", "proxy", "log"]);
    let run = Run::new(&custom(PROXY), &input);
    assert_eq!((init_of(&run.text), run.told()), (vec!["proxy*".into(), "log*".into()], vec![]));
}

#[test]
fn a_declared_sidecar_is_treated_by_the_defaults_or_by_the_entry_that_matches_it() {
    let input = deployment(&sidecars("a,b"), "", &["web", "a", "b"]);
    let config = "position: {type: First}\nstartupProbe: {source: Custom, probe: {tcpSocket: {port: 1}}}\nsidecars: [{container: b, position: {type: Last}, startupProbe: {}}]";
    let run = Run::new(
        &custom(config),
        &input
            .replace("      containers:", "      initContainers:\n      - {name: setup, image: s}\n      containers:"),
    );
    assert_eq!(init_of(&run.text), ["a*", "setup", "b*"]);
    assert_eq!(run.text.matches("startupProbe").count(), 1);
}

#[test]
fn a_declared_name_is_a_name_and_no_glob() {
    let input = deployment(&sidecars("pro*"), "", &["web", "proxy"]);
    let run = Run::new(&custom(NONE), &input);
    assert_eq!(
        (run.text.as_str(), run.told()),
        (input.as_str(), vec!["info unmatched-entry metadata.annotations".into()])
    );
}

#[test]
fn a_name_that_no_container_has_is_a_note_where_it_stands() {
    let own = Run::new(&custom(NONE), &deployment(&sidecars("proxy,prxy"), "", &["web", "proxy"]));
    assert_eq!(own.told(), ["info unmatched-entry metadata.annotations"]);
    assert!(own.diagnostics[0].message.contains("`prxy`"), "{:?}", own.diagnostics);
    assert_eq!(init_of(&own.text), ["proxy*"]);
    let template = Run::new(&custom(NONE), &deployment("", &sidecars("prxy"), &["web", "proxy"]));
    assert_eq!(template.told(), ["info unmatched-entry spec.template.metadata.annotations"]);
    let strict = Run::new(&custom("strict: true"), &deployment(&sidecars("proxy,prxy"), "", &["web", "proxy"]));
    assert_eq!(strict.told(), ["error unmatched-entry metadata.annotations"]);
}

#[test]
fn a_workload_that_opts_out_is_left_alone() {
    let ignore = "convert-sidecars.dev/ignore: 'true'";
    for input in [
        deployment(ignore, "", &["web", "proxy"]),
        deployment("", ignore, &["web", "proxy"]),
        deployment(&format!("{ignore}, {}", sidecars("proxy,nothing")), "", &["web", "proxy"]),
        deployment(ignore, &sidecars("proxy"), &["proxy"]),
    ] {
        let run = Run::new(&custom(PROXY), &input);
        // The entry counts as matched: it is right, and the workload does not want it.
        assert_eq!((run.text.as_str(), run.diagnostics.len()), (input.as_str(), 0), "{:?}", run.diagnostics);
    }
    let not = deployment("convert-sidecars.dev/ignore: 'false'", "", &["web", "proxy"]);
    assert_eq!(init_of(&Run::new(&custom(PROXY), &not).text), ["proxy*"]);
}

#[test]
fn an_excluded_workload_cannot_declare_itself_in() {
    let input = deployment(&sidecars("proxy"), "", &["web", "proxy"]);
    let run = Run::new(&custom("workloads: {exclude: [{kind: Deployment}]}"), &input);
    assert_eq!(run.text, input);
}

#[test]
fn a_workload_or_its_pod_template_allows_a_rule() {
    let port =
        |text: String| text.replace("{name: proxy, image: i}", "{name: proxy, image: i, ports: [{hostPort: 80}]}");
    let allow = |names: &str| format!("convert-sidecars.dev/allow: '{names}'");
    let refused = "error host-port-unmapped spec.template.spec.containers[1].ports[0].hostPort";
    let none = Run::new(&custom(PROXY), &port(deployment("", "", &["web", "proxy"])));
    assert_eq!(none.told(), [refused]);
    for input in [
        deployment(&allow("host-port-unmapped"), "", &["web", "proxy"]),
        deployment("", &allow("host-port-unmapped"), &["web", "proxy"]),
        deployment(&allow(" host-port-unmapped ,"), "", &["web", "proxy"]),
    ] {
        let run = Run::new(&custom(PROXY), &port(input));
        assert_eq!((init_of(&run.text), run.told()), (vec!["proxy*".into()], vec![]));
    }
    let typo = Run::new(&custom(PROXY), &port(deployment("", &allow("host-port"), &["web", "proxy"])));
    assert_eq!(typo.told(), [refused, "info unmatched-allow spec.template.metadata.annotations"]);
    let unused = Run::new(&custom(PROXY), &deployment(&allow("host-port-unmapped"), "", &["web", "proxy"]));
    assert_eq!(unused.told(), ["info unmatched-allow metadata.annotations"]);
}

#[test]
fn a_rule_that_would_be_rejected_cannot_be_allowed() {
    let allow = "convert-sidecars.dev/allow: no-main-container";
    let run = Run::new(&custom(PROXY), &deployment(allow, "", &["proxy"]));
    assert_eq!(
        run.told(),
        ["error no-main-container spec.template.spec.containers", "info unmatched-allow metadata.annotations"]
    );
}

/// An object with two pools: `proxy` is in the first one only, with a host port, and `log` in the second one only.
const POOLS: &str = "apiVersion: example.com/v1
kind: Runner
metadata:
  name: r
  annotations:
    convert-sidecars.dev/sidecars: proxy,log,nobody
    convert-sidecars.dev/allow: host-port-unmapped,partial-object
spec:
  pools:
  - template:
      spec:
        containers:
        - {name: web, image: w}
        - {name: proxy, image: p, ports: [{containerPort: 80, hostPort: 80}]}
  - template:
      spec:
        containers:
        - {name: web, image: w}
        - {name: log, image: l}
";

#[test]
fn of_several_pods_in_one_object_one_that_needs_a_name_is_enough() {
    let config = "workloads: {extraKinds: [{apiVersion: example.com/v1, kind: Runner, podSpecPath: \"spec.pools[].template.spec\"}]}\nsidecars: []";
    let run = Run::new(&custom(config), POOLS);
    assert_eq!(run.text.matches("restartPolicy: Always").count(), 2, "{}", run.text);
    assert_eq!(
        run.told(),
        [
            "warning unknown-native-support spec.pools[0].template.spec.initContainers",
            "warning unknown-native-support spec.pools[1].template.spec.initContainers",
            "info unmatched-entry metadata.annotations",
            "info unmatched-allow metadata.annotations",
        ],
        "{:?}",
        run.diagnostics
    );
    assert!(run.diagnostics[2].message.contains("`nobody`") && run.diagnostics[3].message.contains("`partial-object`"));
}
