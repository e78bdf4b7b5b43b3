//! What the rules read out of commands, hooks and probes, row by row.

use convert_sidecars::{Options, run};

/// The fields at which a rule speaks of a pod in which `side` is selected.
fn fields(rule: &str, pod: &str) -> Vec<String> {
    let config = "apiVersion: convert-sidecars.dev/v1alpha1\nkind: ConvertSidecars\nmetadata: {name: test}\nspec:\n  cluster: {minVersion: '1.36'}\n  sidecars: [{container: side}]\n";
    let answer = run(pod, &Options { config: Some(config), ..Options::default() }).unwrap();
    answer.diagnostics.iter().filter(|one| one.rule == rule).map(|one| one.field.clone()).collect()
}

/// A pod with an app that serves 8080 and shares `/shared`; `side` is the second container.
fn pod(spec: &str, app: &str, side: &str) -> String {
    format!(
        "apiVersion: v1\nkind: Pod\nmetadata: {{name: p}}\nspec:\n  {spec}\n  volumes: [{{name: shared, emptyDir: {{}}}}, {{name: node, hostPath: {{path: /n}}}}]\n  containers:\n  - {{name: app, image: app, ports: [{{containerPort: 8080}}], {app}}}\n  - {{name: side, image: side, {side}}}\n"
    )
}

/// A script as the command of a hook or a container.
fn shell(script: &str) -> String {
    format!("[sh, -c, '{}']", script.replace('\'', "''"))
}

const WRITES: &str = "volumeMounts: [{name: shared, mountPath: /shared}]";
const READS: &str = "volumeMounts: [{name: shared, mountPath: /shared, readOnly: true}]";

/// The hook of a sidecar returns before the app starts, so what it needs of the app never comes.
#[test]
fn a_hook_that_needs_the_app_is_a_deadlock() {
    let rows = [
        (true, "curl -fs http://localhost:8080/"),
        (true, "until curl -fs http://127.0.0.1:8080/; do sleep 1; done"),
        (true, "while ! curl -fs http://localhost:8080/; do sleep 1; done"),
        (true, "if curl -fs http://localhost:8080/; then echo up; else exit 1; fi"),
        (true, "if ! curl -fs http://localhost:8080/; then exit 1; fi"),
        (true, "sleep 1; curl -fs http://localhost:8080/"),
        // It may fail, or is not waited for.
        (false, "curl -fs http://localhost:8080/ || true"),
        (false, "curl -fs http://localhost:8080/ &"),
        (false, "if curl -fs http://localhost:8080/; then echo up; fi"),
        (false, "if test -f /on; then curl -fs http://localhost:8080/; fi; true"),
        (false, "up() { curl -fs http://localhost:8080/; }; true"),
        (false, "(until curl -fs http://localhost:8080/; do sleep 1; done) &"),
        (false, "until curl -fs http://localhost:8080/; do n=$((n+1)); [ $n -gt 9 ] && break; sleep 1; done"),
        // It is not the app's.
        (false, "curl -fs http://localhost:9999/"),
        (false, "curl -fs http://web.default:8080/"),
    ];
    for (is_deadlock, script) in rows {
        let side = format!("lifecycle: {{postStart: {{exec: {{command: {}}}}}}}", shell(script));
        let wanted = if is_deadlock { vec!["spec.containers[1].lifecycle.postStart"] } else { vec![] };
        assert_eq!(fields("startup-deadlock", &pod("", "", &side)), wanted, "{script}");
    }
}

/// A file in a volume that is empty at first comes from whoever can write there.
#[test]
fn a_file_that_only_a_later_container_can_write_is_a_deadlock() {
    let wait = shell("until [ -f /shared/ready ]; do sleep 1; done");
    let hook = format!("lifecycle: {{postStart: {{exec: {{command: {wait}}}}}}}");
    let gone = shell("while [ -f /shared/busy ]; do sleep 1; done");
    let gone = format!("lifecycle: {{postStart: {{exec: {{command: {gone}}}}}}}");
    let test = |command: &str| format!("startupProbe: {{exec: {{command: {command}}}}}");
    let first = format!("initContainers: [{{name: make, image: make, {WRITES}}}]");
    let looks = format!("initContainers: [{{name: look, image: look, {READS}}}]");
    let post_start = Some("spec.containers[1].lifecycle.postStart");
    let startup = Some("spec.containers[1].startupProbe");
    let node = "volumeMounts: [{name: node, mountPath: /shared}]";
    let rows = [
        ("the app writes", post_start, "", WRITES, format!("{hook}, {WRITES}")),
        ("nobody writes", None, "", READS, format!("{hook}, {WRITES}")),
        ("somebody writes before", None, first.as_str(), WRITES, format!("{hook}, {WRITES}")),
        ("somebody looks before", post_start, looks.as_str(), WRITES, format!("{hook}, {WRITES}")),
        ("the volume is the node's", None, "", node, format!("{hook}, {node}")),
        ("the file must be absent", None, "", WRITES, format!("{gone}, {WRITES}")),
        ("the file is in no volume", None, "", WRITES, hook.clone()),
        ("a probe tests", startup, "", WRITES, format!("{}, {READS}", test("[test, -f, /shared/ready]"))),
        ("a probe tests in a shell", startup, "", WRITES, format!("{}, {READS}", test(&shell("[ -f /shared/ready ]")))),
        (
            "a probe tests what its own container may write",
            None,
            "",
            WRITES,
            format!("{}, {WRITES}", test("[test, -f, /shared/ready]")),
        ),
        ("a probe tests for absence", None, "", WRITES, format!("{}, {READS}", test("[test, '!', -f, /shared/ready]"))),
        ("a probe does more", None, "", WRITES, format!("{}, {READS}", test(&shell("a; b; [ -f /shared/ready ]")))),
    ];
    for (name, field, spec, app, side) in rows {
        assert_eq!(fields("startup-deadlock", &pod(spec, app, &side)), Vec::from_iter(field), "{name}");
    }
}

/// A startup probe succeeds only when the command is past what it waits for.
#[test]
fn a_command_that_waits_for_the_app_is_a_deadlock_under_a_startup_probe() {
    let probe = "startupProbe: {exec: {command: [side, check]}}";
    let command = |script: &str| format!("command: {}, {WRITES}", shell(script));
    let rows = [
        (true, probe, "until curl -fs http://localhost:8080/; do sleep 1; done; exec side"),
        (true, probe, "until [ -f /shared/ready ]; do sleep 1; done; exec side"),
        (false, "", "until curl -fs http://localhost:8080/; do sleep 1; done; exec side"),
        (false, "", "until [ -f /shared/ready ]; do sleep 1; done; exec side"),
        (false, probe, "side & until curl -fs http://localhost:8080/; do sleep 1; done; wait"),
        (false, probe, "(until curl -fs http://localhost:8080/; do sleep 1; done) & exec side"),
        (false, probe, "until curl -fs http://web.default:8080/; do sleep 1; done; exec side"),
        (false, probe, "exec side"),
    ];
    for (is_deadlock, probe, script) in rows {
        let side = [command(script), probe.to_owned()].join(", ");
        let wanted = if is_deadlock { vec!["spec.containers[1]"] } else { vec![] };
        assert_eq!(fields("startup-deadlock", &pod("", WRITES, &side)), wanted, "{probe} {script}");
    }
}
