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
        (true, "set -e; curl -fs http://localhost:8080/; exit 0"),
        (true, "until curl -fs http://localhost:8080/; do sleep 1; done; exit 0"),
        (true, "curl -fs -o /tmp/a http://localhost:8080/; grep -q ok /tmp/a"),
        // It may fail, or is not waited for.
        (false, "curl -fs http://localhost:8080/ || true"),
        (false, "curl -fs http://localhost:8080/; exit 0"),
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

/// A Job of an app and `side`, which runs this command.
fn job(spec: &str, side: &str) -> String {
    format!(
        "apiVersion: batch/v1\nkind: Job\nmetadata: {{name: j}}\nspec:\n  template:\n    spec: {{restartPolicy: Never, {spec} containers: [{{name: app, image: app}}, {{name: side, image: side, command: {side}}}]}}\n"
    )
}

/// The first process of a container gets no signal that it has no handler for (`pid_namespaces(7)`).
#[test]
fn a_first_process_without_a_handler_holds_a_job_up() {
    let rows = [
        (true, shell("while true; do ship; sleep 5; done")),
        (true, shell("set -u; while :; do ship; sleep 5; done")),
        (true, shell("while [ 1 ]; do ship; sleep 5; done")),
        (true, "[sleep, infinity]".to_owned()),
        (true, "[/usr/bin/tail, -f, /dev/null]".to_owned()),
        (false, shell("trap \"exit 0\" TERM; while true; do ship; sleep 5 & wait; done")),
        (false, shell("exec side")),
        (false, shell("while true; do exec side; done")),
        (false, shell("while true; do ship && break; done")),
        (false, shell("while [ -d /proc/1 ]; do ship; sleep 5; done")),
        (false, shell("while true && ship; do sleep 5; done")),
        (false, shell("while ship; do sleep 5; done")),
        (false, shell("(while true; do ship; sleep 5; done) & exec side")),
        (false, shell("if test -f /on; then while true; do ship; sleep 5; done; fi")),
        (false, shell("loop() { while true; do ship; sleep 5; done; }; side")),
        (false, "[side, tail]".to_owned()),
    ];
    for (is_deaf, side) in rows {
        let wanted = if is_deaf { vec!["spec.template.spec.containers[1]"] } else { vec![] };
        assert_eq!(fields("grace-period-shared", &job("", &side)), wanted, "{side}");
        // With one namespace for all, the first process is the pause container's.
        for shared in ["shareProcessNamespace: true,", "hostPID: true,"] {
            assert_eq!(fields("grace-period-shared", &job(shared, &side)), Vec::<String>::new(), "{side}");
        }
    }
    let endless = shell("while true; do ship; sleep 5; done");
    assert_eq!(fields("grace-period-shared", &pod("", "", &format!("command: {endless}"))), Vec::<String>::new());
}

/// What a hook leaves of the grace period, 30 seconds by default: the kubelet gives 2 at least
/// (`minimumGracePeriodInSeconds`), so a sidecar has lost something only when no more than that is left.
#[test]
fn a_hook_that_leaves_no_more_than_the_minimum_is_told() {
    let sleep = |seconds: i64| format!("lifecycle: {{preStop: {{sleep: {{seconds: {seconds}}}}}}}");
    let rows = [("", 28, true), ("", 27, false), ("terminationGracePeriodSeconds: 60", 58, true)];
    let more = [("terminationGracePeriodSeconds: 60", 57, false), ("terminationGracePeriodSeconds: 1", 0, false)];
    for (grace, seconds, is_told) in rows.into_iter().chain(more) {
        let wanted = if is_told { vec!["spec.terminationGracePeriodSeconds"] } else { vec![] };
        for pod in [pod(grace, &sleep(seconds), ""), pod(grace, "", &sleep(seconds))] {
            assert_eq!(fields("grace-period-shared", &pod), wanted, "{grace} {seconds}");
        }
    }
}

/// A sidecar that ends when the app has written a file would be started again, find the file, and end.
#[test]
fn a_file_by_which_the_app_ends_a_sidecar_is_a_loop() {
    let told = |policy: &str, app: &str, side: &str| {
        let of = |script: &str| format!("command: {}, {WRITES}", shell(script));
        fields("done-file-restart-loop", &pod(&format!("restartPolicy: {policy}"), &of(app), &of(side)))
    };
    let loops = vec!["spec.containers[1]".to_owned()];
    let wait = "until [ -f /shared/done ]; do sleep 1; done";
    for app in ["work; touch /shared/done", "work > /shared/done", "trap \"touch /shared/done\" EXIT; work"] {
        assert_eq!(told("Always", app, wait), loops, "{app}");
        // When the only app is not started again, the pod is over.
        assert_eq!(told("Never", app, wait), Vec::<String>::new(), "{app}");
    }
    for app in ["work", "touch /shared/other", "echo /shared/done", "touch /other/done", "rm /shared/done"] {
        assert_eq!(told("Always", app, wait), Vec::<String>::new(), "{app}");
    }
    let app = "work; touch /shared/done";
    for side in [
        "while [ ! -f /shared/done ]; do sleep 1; done; exit 0",
        "while ! test -f /shared/done; do sleep 1; done; echo over",
        "side & PID=$!; until [ -f /shared/done ]; do sleep 1; done; kill $PID",
        "(until [ -f /shared/done ]; do sleep 1; done; kill 7) & wait",
        "while true; do ship; if [ -f /shared/done ]; then exit 0; fi; sleep 5; done",
        "while true; do ship; [ -f /shared/done ] && exit 0; sleep 5; done",
        "while true; do ship; if [ -f /shared/done ]; then echo over; pkill side; fi; sleep 5; done",
    ] {
        assert_eq!(told("Always", app, side), loops, "{side}");
    }
    for side in [
        "until [ -f /shared/done ]; do sleep 1; done; exec side",
        "until [ -f /shared/done ]; do sleep 1; done; upload; exit 0",
        "while [ -f /shared/done ]; do sleep 1; done",
        "until [ -f /shared/other ]; do sleep 1; done",
        "(until [ -f /shared/done ]; do sleep 1; done; upload) & exec side",
        "while true; do ship; [ -f /shared/done ] && echo seen; sleep 5; done",
        "while true; do ship; if [ ! -f /shared/done ]; then exit 0; fi; sleep 5; done",
        "[ -f /shared/done ] && exit 0; exec side",
    ] {
        assert_eq!(told("Always", app, side), Vec::<String>::new(), "{side}");
    }
}

/// What is certain to end the sidecar when termination begins.
#[test]
fn a_hook_that_ends_its_own_process_is_told_and_no_other() {
    let told = |spec: &str, hook: &str| {
        let side = format!(
            "command: [a-very-long-program], ports: [{{containerPort: 15000}}], lifecycle: {{preStop: {hook}}}"
        );
        !fields("pre-stop-exits", &pod(spec, "", &side)).is_empty()
    };
    let exec = |script: &str| format!("{{exec: {{command: {}}}}}", shell(script));
    let get = |port: u16, path: &str| format!("{{httpGet: {{port: {port}, path: {path}}}}}");
    let shared = "shareProcessNamespace: true";
    // Names of processes are cut off after 15 bytes.
    for script in [
        "kill 1",
        "kill -TERM 1",
        "sleep 5; kill -s TERM 1",
        "pkill side",
        "killall a-very-long-program",
        "pkill a-very-long-pro",
    ] {
        assert!(told("", &exec(script)), "{script}");
    }
    for script in ["curl -X POST http://localhost:15000/quitquitquit", "curl http://127.0.0.1:16000/quitquitquit"] {
        assert!(told("", &exec(script)) && told(shared, &exec(script)), "{script}");
    }
    for script in [
        "kill -HUP 1",
        "kill 7",
        "pkill app",
        "pkill a-very-long",
        "until curl http://localhost:8080/done; do sleep 1; done; kill 1",
        "if test -f /on; then kill 1; fi",
        "stop() { kill 1; }; true",
        "curl http://localhost:8080/quitquitquit",
        "curl http://web.default:15000/quitquitquit",
        "curl http://localhost:15000/healthcheck/fail",
    ] {
        assert!(!told("", &exec(script)), "{script}");
    }
    assert!(!told(shared, &exec("kill 1")) && !told("hostPID: true", &exec("kill 1")));
    let by_file = exec("kill $(cat /run/side.pid)");
    assert!(told("", &by_file) && !told(shared, &by_file));
    assert!(told("", &get(15000, "/quitquitquit")) && told("", &get(16000, "/quitquitquit")));
    assert!(!told("", &get(8080, "/quitquitquit")) && !told("", &get(15000, "/drain")));
}

/// A hook that only waits is told from one that does something too early.
#[test]
fn a_hook_that_waits_is_told_as_one() {
    for (hook, waits) in [
        ("{exec: {command: [sh, -c, 'sleep 5']}}", true),
        ("{sleep: {seconds: 5}}", true),
        ("{exec: {command: [sh, -c, 'while curl -s localhost:8080; do :; done']}}", true),
        ("{exec: {command: [save, --all]}}", false),
    ] {
        let text = pod("", "", &format!("lifecycle: {{preStop: {hook}}}"));
        let config = "{apiVersion: v1, kind: ConfigMap, data: {sidecars: side}}";
        let answer = run(&text, &Options { config: Some(config), ..Options::default() }).unwrap();
        let told = answer.diagnostics.iter().find(|one| one.rule == "pre-stop-early").unwrap();
        assert_eq!(told.message.contains("waits, to outlive the app"), waits, "{hook}: {}", told.message);
    }
}

/// The app's loops over a port of the sidecar.
#[test]
fn a_wait_for_a_port_of_the_sidecar_is_told() {
    let told = |script: &str| {
        let app = format!("command: {}", shell(script));
        !fields("wait-loop", &pod("", &app, "ports: [{containerPort: 9000}]")).is_empty()
    };
    for script in [
        "until nc -z localhost 9000; do sleep 1; done; exec app",
        "while ! curl -s http://127.0.0.1:9000/; do sleep 1; done; exec app",
        "wait-for-it localhost:9000 -- app",
        "dockerize -wait tcp://localhost:9000 app",
    ] {
        assert!(told(script), "{script}");
    }
    for script in [
        "curl -s http://localhost:9000/; exec app",
        "(until nc -z localhost 9000; do sleep 1; done) & exec app",
        "until nc -z localhost 8080; do sleep 1; done",
        "until nc -z localhost 9999; do sleep 1; done; exec app",
        "until nc -z db 9000; do sleep 1; done; exec app",
        "wait-for-it db:9000 -- app",
        "wait_for localhost:9000",
    ] {
        assert!(!told(script), "{script}");
    }
}

/// A Job whose app runs this script beside a sidecar with a port.
fn app(spec: &str, script: &str) -> String {
    format!(
        "apiVersion: batch/v1\nkind: Job\nmetadata: {{name: j}}\nspec:\n  template:\n    spec: {{restartPolicy: Never, {spec} containers: [{{name: app, image: app, command: {}}}, {{name: side, image: proxy, ports: [{{containerPort: 9000}}]}}]}}\n",
        shell(script)
    )
}

const SHARED: &str = "shareProcessNamespace: true,";

/// What the app does to end the sidecar, so that the Job can end.
#[test]
fn a_call_that_ends_the_sidecar_is_told() {
    let told = |spec: &str, script: &str| !fields("shutdown-workaround", &app(spec, script)).is_empty();
    for script in [
        "work; curl -X POST http://localhost:9000/quitquitquit",
        "work; curl -X POST http://127.0.0.1:15020/quitquitquit",
        "kubexit work",
        "scuttle work",
        "linkerd-await --shutdown -- work",
        "linkerd-await -S -- work",
    ] {
        assert!(told("", script), "{script}");
    }
    for script in [
        "work",
        "work; curl http://localhost:9000/metrics",
        "work; curl -X POST http://localhost:15020/done",
        "work; curl -X POST http://db:9000/quitquitquit",
        "work; pkill proxy",
        "linkerd-await -- work",
    ] {
        assert!(!told("", script), "{script}");
    }
    assert!(told(SHARED, "work; pkill proxy") && !told(SHARED, "work; pkill other"));
}

/// A call that is not the last thing of the app ends a sidecar that Kubernetes starts again.
#[test]
fn a_call_before_other_work_is_one_that_does_not_last() {
    let message = |script: &str| {
        let config = "{apiVersion: v1, kind: ConfigMap, data: {sidecars: side}}";
        let text = app("", script);
        let answer = run(&text, &Options { config: Some(config), ..Options::default() }).unwrap();
        answer.diagnostics.into_iter().find(|one| one.rule == "shutdown-workaround").unwrap().message
    };
    let quit = "curl -X POST http://localhost:9000/quitquitquit";
    for (is_last, script) in [
        (true, format!("work; {quit}")),
        (true, format!("work; {quit}; exit 0")),
        (true, format!("work; until {quit}; do sleep 1; retry; done")),
        (false, format!("work; {quit}; upload")),
    ] {
        assert_eq!(!message(&script).contains("starts it again"), is_last, "{script}");
    }
}

/// A main container that is there to end the sidecar, and for nothing else.
#[test]
fn a_container_that_only_ends_the_sidecar_is_told() {
    let told = |spec: &str, script: &str| fields("killer-container", &app(spec, script));
    for script in ["while pgrep work; do sleep 1; done; pkill proxy", "sleep 60; killall -TERM proxy; exit 0"] {
        assert_eq!(told(SHARED, script), ["spec.template.spec.containers[0]"], "{script}");
        assert_eq!(told("", script), Vec::<String>::new(), "{script}");
    }
    for script in
        ["work; pkill proxy", "sleep 60; pkill other", "sleep 60; kill 7", "while pgrep work; do sleep 1; done"]
    {
        assert_eq!(told(SHARED, script), Vec::<String>::new(), "{script}");
    }
    let serving =
        app(SHARED, "sleep 60; pkill proxy").replace("image: app,", "image: app, ports: [{containerPort: 1}],");
    assert_eq!(fields("killer-container", &serving), Vec::<String>::new());
}
