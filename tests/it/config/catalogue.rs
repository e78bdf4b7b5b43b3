//! Which well-known sidecars are selected, where, and what they are left alone for.

use super::{Run, custom, init_of};

/// A pod template of this kind with these containers, each as one line of YAML, and these init containers.
fn workload(kind: &str, name: &str, init: &[&str], containers: &[&str]) -> String {
    let (group, policy) = if kind == "Job" { ("batch", "\n      restartPolicy: Never") } else { ("apps", "") };
    let list = |entries: &[&str]| entries.iter().map(|one| format!("\n      - {one}")).collect::<String>();
    let init = if init.is_empty() { String::new() } else { format!("\n      initContainers:{}", list(init)) };
    format!(
        "apiVersion: {group}/v1\nkind: {kind}\nmetadata:\n  name: {name}\nspec:\n  template:\n    spec:{init}\n      containers:{}{policy}\n",
        list(containers)
    )
}

const MAIN: &str = "{name: main, image: main:1}";
const CSQL: &str = "{name: csql, image: gcr.io/cloud-sql-connectors/cloud-sql-proxy:2.14.1}";
const ISTIO: &str = "{name: istio-proxy, image: istio/proxyv2:1.26.0}";

fn run(spec: &str, input: &str) -> Run {
    Run::new(&custom(spec), input)
}

#[test]
fn a_job_gets_its_known_sidecar_native_without_any_configuration() {
    let job = workload("Job", "migrate", &[], &[MAIN, CSQL]);
    for config in [String::new(), custom("{}"), "apiVersion: v1\nkind: ConfigMap\n".to_owned()] {
        assert_eq!(init_of(&Run::new(&config, &job).text), ["csql*"], "{config}");
    }
    let run = run("", &job);
    assert_eq!(run.made(), "made csql (catalogue: cloud-sql-proxy) a native sidecar");
    assert_eq!(Run::new("", &run.text).diagnostics, []);
}

#[test]
fn the_mode_says_what_is_selected_and_workloads_says_where() {
    let job = workload("Job", "migrate", &[], &[MAIN, CSQL, ISTIO]);
    let deployment = workload("Deployment", "web", &[], &[MAIN, CSQL, ISTIO]);
    let (both, none): (&[&str], &[&str]) = (&["csql*", "istio-proxy*"], &[]);
    let table: [(&str, &[&str], &[&str]); 8] = [
        ("", both, none),
        ("catalog: {workloads: RunToCompletion}", both, none),
        ("catalog: {workloads: All}", both, both),
        ("catalog: {mode: None, workloads: All}", none, none),
        ("catalog: {mode: Listed, profiles: [istio-proxy]}", &["istio-proxy*"], none),
        ("catalog: {mode: Listed, profiles: [istio-proxy], workloads: All}", &["istio-proxy*"], &["istio-proxy*"]),
        ("catalog: {edition: '2026.11'}", both, none),
        ("catalog: {edition: '2026.10', workloads: All}", none, none),
    ];
    for (spec, in_job, in_deployment) in table {
        assert_eq!(init_of(&run(spec, &job).text), in_job, "{spec}");
        assert_eq!(init_of(&run(spec, &deployment).text), in_deployment, "{spec}");
    }
    let map = "apiVersion: v1\nkind: ConfigMap\ndata: {catalog: Recommended, catalogWorkloads: All}\n";
    assert_eq!(init_of(&Run::new(map, &deployment).text), both);
    let pod = |policy: &str| {
        format!(
            "apiVersion: v1\nkind: Pod\nmetadata: {{name: p}}\nspec:\n  restartPolicy: {policy}\n  containers: [{MAIN}, {CSQL}]\n"
        )
    };
    assert_eq!(init_of(&run("", &pod("OnFailure")).text), ["csql*"]);
    assert_eq!(init_of(&run("", &pod("Always")).text), none);
}

#[test]
fn an_entry_may_name_a_profile_instead_of_containers() {
    let deployment = workload("Deployment", "web", &[], &[MAIN, CSQL, ISTIO]);
    let spec = |entry: &str| format!("catalog: {{mode: None}}\nsidecars: [{entry}]");
    let converted = run(&spec("{profile: cloud-sql-proxy}"), &deployment);
    assert_eq!((init_of(&converted.text), converted.told()), (vec!["csql*".to_owned()], vec![]));
    let again = run(&spec("{profile: cloud-sql-proxy}"), &converted.text);
    assert_eq!((again.text.as_str(), again.told()), (converted.text.as_str(), vec![]));
    let unmatched = run(&spec("{profile: kuma-sidecar}"), &deployment);
    assert_eq!(unmatched.told(), ["info unmatched-entry spec.sidecars[0]"]);
    assert!(unmatched.diagnostics[0].message.contains("the profile `kuma-sidecar`"));
}

#[test]
fn a_profile_has_a_place_unless_the_configuration_says_another() {
    let init = ["{name: istio-init, image: istio/proxyv2:1}", "{name: setup, image: setup:1}"];
    let job = workload("Job", "migrate", &init, &[MAIN, CSQL, ISTIO]);
    let table: [(&str, &[&str]); 5] = [
        ("", &["istio-init", "istio-proxy*", "setup", "csql*"]),
        ("sidecars: [{container: istio-proxy}]", &["istio-init", "istio-proxy*", "setup", "csql*"]),
        ("sidecars: [{container: istio-proxy, profile: None}]", &["istio-init", "setup", "csql*", "istio-proxy*"]),
        ("sidecars: [{container: csql, profile: istio-proxy}]", &["istio-init", "csql*", "istio-proxy*", "setup"]),
        ("position: {type: First}", &["csql*", "istio-proxy*", "istio-init", "setup"]),
    ];
    for (spec, wanted) in table {
        assert_eq!(init_of(&run(spec, &job).text), wanted, "{spec}");
    }
}

#[test]
fn a_users_own_profile_is_recognised_before_the_catalogue() {
    let own = "profiles: [{name: own, match: [{image: [cloud-sql-connectors/*], command: {none: [--once]}}], placement: {type: First}}]";
    let job = workload("Job", "migrate", &["{name: setup, image: setup:1}"], &[MAIN, CSQL]);
    let converted = run(own, &job);
    assert_eq!(init_of(&converted.text), ["csql*", "setup"]);
    assert_eq!(converted.made(), "made csql (catalogue: own) a native sidecar");
    let once = CSQL.replace('}', ", args: [--once]}");
    let other = run(own, &workload("Job", "migrate", &[], &[MAIN, &once]));
    assert_eq!(other.made(), "made csql (catalogue: cloud-sql-proxy) a native sidecar");
    let listed = format!("{own}\ncatalog: {{mode: Listed, profiles: [own], workloads: All}}");
    let deployment = workload("Deployment", "web", &[], &[MAIN, CSQL, ISTIO]);
    assert_eq!(init_of(&run(&listed, &deployment).text), ["csql*"]);
}

/// What the pod is there for must not become a helper of its helper.
#[test]
fn the_catalogue_never_takes_what_may_be_the_main_container() {
    let everywhere = "catalog: {workloads: All}";
    let silent = |spec: &str, input: &str| {
        let run = run(spec, input);
        assert_eq!((run.text.as_str(), run.diagnostics.len()), (input, 0), "{input}");
    };
    silent(everywhere, &workload("Deployment", "web", &[], &[ISTIO]));
    silent("", &workload("Job", "web", &[], &[ISTIO, CSQL]));
    silent(everywhere, &workload("Deployment", "shared-csql", &[], &[CSQL, "{name: other, image: other:1}"]));
    let labelled = workload("Deployment", "web", &[], &[MAIN, CSQL])
        .replace("    spec:\n", "    metadata:\n      labels: {app: cloud-sql-proxy}\n    spec:\n");
    silent(everywhere, &labelled);
    let named = workload("Job", "web", &[], &[MAIN, CSQL]).replace(
        "    spec:\n",
        "    metadata:\n      annotations: {kubectl.kubernetes.io/default-container: csql}\n    spec:\n",
    );
    silent("", &named);
    // A job does not have a main container that never ends, whatever its name.
    assert_eq!(init_of(&run("", &workload("Job", "csql", &[], &[MAIN, CSQL])).text), ["csql*"]);
    // Who names it, means it.
    let by_name = "sidecars: [{container: csql}]";
    let shared = workload("Deployment", "shared-csql", &[], &[CSQL, "{name: other, image: other:1}"]);
    assert_eq!(init_of(&run(by_name, &shared).text), ["csql*"]);
}

#[test]
fn what_only_the_catalogue_selected_is_left_alone_where_it_would_break() {
    let port = CSQL.replace('}', ", ports: [{containerPort: 1, hostPort: 1}]}");
    let odd = workload("Job", "odd", &[], &[MAIN, &port]);
    let even = workload("Job", "even", &[], &[MAIN, CSQL]);
    let stream = format!("{odd}---\n{even}");
    for on_refusal in ["Auto", "Fail", "Skip"] {
        let run = run(&format!("onRefusal: {on_refusal}"), &stream);
        assert_eq!((run.text.as_str(), run.told()), (format!("{odd}---\n{}", run_one(&even)).as_str(), vec![]));
    }
    // An accepted rule converts it after all.
    assert_eq!(init_of(&run("rules: {host-port-unmapped: \"Off\"}", &odd).text), ["csql*"]);
    let allowed =
        odd.replace("  name: odd\n", "  name: odd\n  annotations: {convert-sidecars.dev/allow: host-port-unmapped}\n");
    let run_allowed = run("", &allowed);
    assert_eq!((init_of(&run_allowed.text), run_allowed.told()), (vec!["csql*".to_owned()], vec![]));
    // What is named explicitly beside it is converted without it, or refused for itself.
    let both = workload("Job", "both", &[], &[MAIN, &port, ISTIO]);
    let named = run("sidecars: [{container: istio-proxy}]", &both);
    let drain = "info  spec.template.spec.containers[2].lifecycle.preStop".to_owned();
    assert_eq!((init_of(&named.text), named.told()), (vec!["istio-proxy*".to_owned()], vec![drain]));
    let refused = run("sidecars: [{container: csql}]", &both);
    assert_eq!(refused.told(), ["error host-port-unmapped spec.template.spec.containers[1].ports[0].hostPort"]);
}

fn run_one(input: &str) -> String {
    run("", input).text
}

#[test]
fn what_kubernetes_would_reject_is_left_alone_with_a_note() {
    let job = workload("Job", "old", &[], &[MAIN, CSQL]);
    for (on_refusal, told) in [("Auto", "info"), ("Skip", "info"), ("Fail", "error")] {
        let spec = format!("cluster: {{minVersion: '1.28'}}\nonRefusal: {on_refusal}");
        let run = run(&spec, &job);
        assert_eq!((run.text.as_str(), run.told().len()), (job.as_str(), 1), "{on_refusal}: {:?}", run.told());
        assert!(run.told()[0].starts_with(&format!("{told} cluster-too-old")), "{:?}", run.told());
        let is_said = run.diagnostics[0].message.contains("only the catalogue selected csql");
        assert_eq!(is_said, told == "info", "{}", run.diagnostics[0].message);
    }
    let named = run("cluster: {minVersion: '1.28'}\nsidecars: [{container: csql}]", &job);
    assert!(named.told()[0].starts_with("error cluster-too-old"), "{:?}", named.told());
}

/// What a workload declares to other tools is a selection as if it stood in the configuration.
#[test]
fn declarations_for_other_tools_select() {
    let job = |annotation: &str, env: &str| {
        let side = format!("{{name: side, image: side:1, env: [{env}]}}");
        let job = workload("Job", "migrate", &[], &[MAIN, &side]);
        job.replace("    spec:\n", &format!("    metadata:\n      annotations: {{{annotation}}}\n    spec:\n"))
    };
    let table = [
        ("nrmitchi.com/sidecars: 'other, side'", "", true),
        ("nrmitchi.com/sidecars: sides", "", false),
        ("workflows.argoproj.io/kill-cmd-side: '[\"kill\"]'", "", true),
        ("workflows.argoproj.io/kill-cmd-side-2: '[\"kill\"]'", "", false),
        ("", "{name: KRUISE_TERMINATE_SIDECAR_WHEN_JOB_EXIT, value: 'true'}", true),
        (
            "",
            "{name: KRUISE_TERMINATE_SIDECAR_WHEN_JOB_EXIT, valueFrom: {fieldRef: {fieldPath: metadata.name}}}",
            false,
        ),
        ("", "{name: KUBEXIT_DEATH_DEPS, value: main}", true),
        ("", "{name: KUBEXIT_BIRTH_DEPS, value: main}", false),
        ("convert-sidecars.dev/ignore: 'true', nrmitchi.com/sidecars: side", "", false),
    ];
    for (annotation, env, is_selected) in table {
        let input = job(annotation, env);
        let run = run("catalog: {mode: None}", &input);
        let (init, told) = (init_of(&run.text), run.told());
        assert_eq!(!init.is_empty(), is_selected, "{annotation} {env}: {told:?}");
        assert_eq!(told.len(), usize::from(is_selected), "{annotation} {env}: {told:?}");
        assert!(told.iter().all(|one| one.starts_with("info marker-left-behind ")), "{told:?}");
    }
}
