use super::{Run, custom, pod};
use crate::model;

/// A probe with a field of every shape.
const PROBE: &str = "{httpGet: {path: /healthz, port: http-metrics, httpHeaders: [{name: X, value: 'yes'}]}, periodSeconds: 1, failureThreshold: 120}";

const ENTRY: &str = "sidecars:\n- container: proxy\n  startupProbe:\n    source: Custom\n    probe:\n";

#[test]
fn a_custom_probe_goes_behind_the_restart_policy_in_block_style() {
    let config =
        custom(&format!("{ENTRY}      httpGet: {{path: /healthz, port: 8080}}\n      failureThreshold: 120\n"));
    let input = pod(&["web", "proxy"]);
    let added = "    restartPolicy: Always\n    startupProbe:\n      httpGet:\n        path: /healthz\n        port: 8080\n      failureThreshold: 120\n";
    let wanted = input.replace("  - name: proxy\n", &format!("  initContainers:\n  - name: proxy\n{added}"));
    let run = Run::new(&config, &input);
    assert_eq!(run.text, wanted);
    assert_eq!(run.converted(), ["web"]);
}

#[test]
fn a_custom_probe_has_its_values_in_every_style() {
    let config = custom(&format!("startupProbe: {{source: Custom, probe: {PROBE}}}\nsidecars: [{{container: proxy}}]"));
    let probe = &model::read(PROBE).unwrap()[0];
    let flow = "apiVersion: v1\nkind: Pod\nspec: {containers: [{name: web, image: w}, {name: proxy, image: p}]}\n";
    let json = r#"{"apiVersion": "v1", "kind": "Pod", "spec": {"containers": [{"name": "web", "image": "w"}, {"name": "proxy", "image": "p"}]}}"#;
    for input in [pod(&["web", "proxy"]), flow.to_owned(), json.to_owned()] {
        let text = Run::new(&config, &input).text;
        let after = &model::read(&text).unwrap()[0];
        let mut wanted = model::read(&input).unwrap();
        model::convert(&mut wanted[0], &["proxy"]);
        wanted[0]["spec"]["initContainers"][0]["startupProbe"] = probe.clone();
        assert_eq!(*after, wanted[0], "{text}");
        if input.starts_with('{') {
            serde_json::from_str::<serde_json::Value>(&text).unwrap();
        }
    }
}

#[test]
fn each_handler_is_taken_over_as_it_is_written() {
    for handler in [
        "exec: {command: [sh, -c, 'test -e /ready && echo \"yes: # no\"']}",
        "exec: {command: ['true', '1', '']}",
        "tcpSocket: {port: 8080, host: '::1'}",
        "grpc: {port: 9090, service: a.b}",
        "httpGet: {port: 80, scheme: HTTPS}",
    ] {
        let config = custom(&format!("{ENTRY}      {handler}\n"));
        let text = Run::new(&config, &pod(&["web", "proxy"])).text;
        let after = &model::read(&text).unwrap()[0]["spec"]["initContainers"][0]["startupProbe"];
        assert_eq!(*after, model::read(handler).unwrap()[0], "{text}");
    }
}

#[test]
fn a_probe_that_is_there_stays_as_it_is() {
    let config = custom(&format!("startupProbe: {{source: Custom, probe: {PROBE}}}\nsidecars: [{{container: proxy}}]"));
    let input = pod(&["web", "proxy"]) + "    startupProbe: {tcpSocket: {port: 1}}\n";
    let wanted = input.replace("  - name: proxy\n", "  initContainers:\n  - name: proxy\n    restartPolicy: Always\n");
    assert_eq!(Run::new(&config, &input).text, wanted);
}

#[test]
fn the_probe_of_an_entry_wins_over_the_default() {
    let config = custom(&format!(
        "startupProbe: {{source: Custom, probe: {PROBE}}}\nsidecars:\n- {{container: a}}\n- {{container: b, startupProbe: {{source: Keep}}}}\n- {{container: c, startupProbe: {{source: Custom, probe: {{tcpSocket: {{port: 1}}}}}}}}"
    ));
    let text = Run::new(&config, &pod(&["web", "a", "b", "c"])).text;
    let init = &model::read(&text).unwrap()[0]["spec"]["initContainers"];
    assert!(init[0]["startupProbe"].get("httpGet").is_some(), "{text}");
    assert!(init[1].get("startupProbe").is_none(), "{text}");
    assert!(init[2]["startupProbe"].get("tcpSocket").is_some(), "{text}");
}

#[test]
fn a_second_run_adds_no_probe_to_what_is_native() {
    let config = custom(&format!("startupProbe: {{source: Custom, probe: {PROBE}}}\nsidecars: [{{container: proxy}}]"));
    let first = Run::new(&config, &pod(&["web", "proxy"])).text;
    assert_eq!(Run::new(&config, &first).text, first);
    let native = pod(&["web"])
        .replace("spec:\n", "spec:\n  initContainers:\n  - {name: proxy, image: p, restartPolicy: Always}\n");
    assert_eq!(Run::new(&config, &native).text, native);
}

/// What is said of a missing probe, or the probe that `proxy` with these lines gets.
fn outcome(config: &str, lines: &str) -> Result<serde_yaml::Value, String> {
    let run = Run::new(&custom(config), &(pod(&["web", "proxy"]) + lines));
    match run.diagnostics.iter().find(|one| one.rule == "startup-gate-missing") {
        Some(missing) => Err(missing.message.clone()),
        None => Ok(model::read(&run.text).unwrap()[0]["spec"]["initContainers"][0]["startupProbe"].clone()),
    }
}

/// Numbers that are not positive stand for the default (Kubernetes `SetDefaults_Probe`): 10 seconds, 3 failures.
#[test]
fn a_probe_of_the_readiness_probe_gives_ten_minutes() {
    let config = "startupProbe: {source: FromReadiness}\nsidecars: [{container: proxy}]";
    for (fields, failures) in [
        ("", 60),
        ("periodSeconds: 0", 60),
        ("periodSeconds: 1", 600),
        ("periodSeconds: 7", 86),
        ("periodSeconds: 600", 3),
        ("periodSeconds: 600, failureThreshold: 0", 3),
        ("periodSeconds: 600, failureThreshold: 1", 1),
        ("periodSeconds: 601, failureThreshold: 2", 2),
        ("failureThreshold: 100", 100),
        ("failureThreshold: 10, successThreshold: 2", 60),
    ] {
        let probe = outcome(config, &format!("    readinessProbe: {{tcpSocket: {{port: 1}}, {fields}}}\n")).unwrap();
        assert_eq!(probe["failureThreshold"].as_i64(), Some(failures), "{fields}");
        assert_eq!(probe["tcpSocket"]["port"].as_i64(), Some(1), "{fields}");
        assert!(probe.get("successThreshold").is_none(), "{fields}");
    }
    let missing = outcome(config, "").unwrap_err();
    assert!(missing.contains("no readiness probe"), "{missing}");
}

/// A profile's probe is added where the container answers it, and nothing says that it listens elsewhere.
#[test]
fn the_probe_of_a_profile_needs_what_answers_it() {
    let config = |level: &str| {
        format!(
            "edits: {level}\nsidecars: [{{container: proxy, startupProbe: {{source: Profile}}}}]\nprofiles:\n- name: own\n  match: [{{container: [proxy]}}]\n  startupProbe:\n    probe: {{tcpSocket: {{port: 9}}}}\n    portFrom: {{args: [--health-port], env: [HEALTH_PORT]}}\n    requires: [{{args: [--health, --health=*], env: [{{name: HEALTH, value: 'on'}}], add: --health}}]"
        )
    };
    let env = |name: &str, value: &str| format!("    env: [{{name: {name}, value: {value}}}]\n");
    for lines in [
        "    args: [--health]\n",
        "    args: [--health=1]\n",
        "    args: [--health, --health-ports=1]\n",
        &env("HEALTH", "'on'"),
    ] {
        assert_eq!(outcome(&config("Safe"), lines).unwrap()["tcpSocket"]["port"].as_i64(), Some(9), "{lines}");
    }
    let health = "    args: [--health]\n".to_owned();
    for (lines, why) in [
        (String::new(), "the container needs `--health` or `--health=*` or the variable HEALTH to answer"),
        (env("HEALTH", "'off'"), "the container needs `--health`"),
        ("    args: [--health, --health-port, '1']\n".to_owned(), "`--health-port` may name another port"),
        ("    args: [--health, --health-port=1]\n".to_owned(), "`--health-port=1` may name another port"),
        (health + &env("HEALTH_PORT", "'1'"), "the variable HEALTH_PORT may name another port"),
    ] {
        let missing = outcome(&config("Safe"), &lines).unwrap_err();
        assert!(missing.contains(why), "{lines}: {missing}");
    }
    // With all edits the argument is added as well.
    assert!(outcome(&config("All"), "").is_ok());
}
