//! Real pods that would never start, or only seem so, by what upstream's manifests say.

use convert_sidecars::{Options, run};

use crate::support;

/// The results with a rule for one container of a manifest of the corpus, as `rule field`.
fn results(file: &str, container: &str, more: &str) -> Option<Vec<String>> {
    let text = std::fs::read_to_string(support::shared("corpus")?.join(file)).unwrap();
    let config = format!("{}{more}", support::select(&[container]));
    let answer = run(&text, &Options { config: Some(&config), ..Options::default() }).unwrap();
    let with_rule = answer.diagnostics.iter().filter(|one| !one.rule.is_empty() && one.rule != "host-port-unmapped");
    Some(with_rule.map(|one| format!("{} {}", one.rule, one.field)).collect())
}

#[test]
fn the_startup_probe_of_metallbs_frr_needs_its_metrics_container() {
    let patch = "metallb__metallb/config__frr__speaker-patch.yaml";
    let Some(found) = results(patch, "frr", "") else { return };
    let wanted = "startup-deadlock spec.template.spec.containers[0].startupProbe";
    assert!(found.contains(&wanted.to_owned()), "{found:?}");
    // 9141 is the port of `frr-metrics` there.
    let manifest = "metallb__metallb/config__manifests__metallb-frr-k8s.yaml";
    let wanted = "startup-deadlock spec.template.spec.containers[1].startupProbe";
    assert!(results(manifest, "frr", "").unwrap().contains(&wanted.to_owned()));
    let silent = results(manifest, "frr-metrics", "").unwrap();
    assert!(silent.iter().all(|one| !one.starts_with("startup-deadlock")), "{silent:?}");
}

#[test]
fn jetstreams_model_server_is_probed_through_its_http_front() {
    let kind = "  workloads:\n    extraKinds:\n    - {apiVersion: leaderworkerset.x-k8s.io/v1, kind: LeaderWorkerSet, podSpecPath: spec.leaderWorkerTemplate.leaderTemplate.spec}\n";
    for model in ["disagg-llama-2-70b-2-2x4", "llama-3-1-405b-4x4"] {
        let file = format!(
            "GoogleCloudPlatform__kubernetes-engine-samples/ai-ml__llm-serving-tpus-jetstream__pathways__jetstream-pathways-{model}.yaml"
        );
        let Some(found) = results(&file, "jax-tpu", kind) else { return };
        let wanted = "startup-deadlock spec.leaderWorkerTemplate.leaderTemplate.spec.containers[2].startupProbe";
        assert!(found.contains(&wanted.to_owned()), "{found:?}");
    }
}

/// Its `dnsmasq` is asked at the port of `sidecar`, by a liveness probe: that one holds nothing back. As a startup
/// probe the same question would.
#[test]
fn kube_dns_asks_another_container_whether_dnsmasq_is_alive() {
    let file = "traefik__mesh/integration__testdata__kubedns__kubedns.yaml";
    let Some(found) = results(file, "dnsmasq", "") else { return };
    assert!(found.iter().all(|one| !one.starts_with("startup-deadlock")), "{found:?}");
    let probe = "  startupProbe: {source: Custom, probe: {httpGet: {path: /healthcheck/dnsmasq, port: 10054}}}\n";
    let found = results(file, "dnsmasq", probe).unwrap();
    let wanted = "startup-deadlock spec.template.spec.containers[1]";
    assert!(found.contains(&wanted.to_owned()), "{found:?}");
}

/// The chart of OPA's kube-mgmt: `mgmt` is started when OPA itself answers.
#[test]
fn kube_mgmt_waits_for_opa() {
    let pod = "apiVersion: v1\nkind: Pod\nspec:\n  containers:\n  - name: opa\n    image: opa:1\n    ports:\n    - {name: https, containerPort: 8181}\n  - name: mgmt\n    image: kube-mgmt:1\n    args: [\"--opa-url=http://127.0.0.1:8181/v1\"]\n    startupProbe: {httpGet: {path: /health, port: 8181}}\n";
    let found = support::convert(pod, &["mgmt"]);
    assert_eq!(found.diagnostics, ["error startup-deadlock spec.containers[1].startupProbe"]);
    // OPA serves the port itself.
    assert!(!support::convert(pod, &["opa"]).failed);
}

/// What decides is who starts after whom: two sidecars in the wrong order, and in the right one.
#[test]
fn the_order_of_sidecars_decides() {
    let pod = |first: &str, second: &str| {
        format!("apiVersion: v1\nkind: Pod\nspec:\n  containers:\n{first}{second}  - name: app\n    image: app:1\n")
    };
    let frr = "  - name: frr\n    image: frr:1\n    startupProbe: {tcpSocket: {port: 9121}}\n";
    let metrics = "  - name: frr-metrics\n    image: frr:1\n    ports: [{containerPort: 9121}]\n";
    let found = support::convert(&pod(frr, metrics), &["frr", "frr-metrics"]);
    assert_eq!(found.diagnostics, ["error startup-deadlock spec.containers[0].startupProbe"]);
    let found = support::convert(&pod(metrics, frr), &["frr", "frr-metrics"]);
    assert_eq!(found.diagnostics, ["info default-container-changed spec.containers[0]", "info  spec.initContainers"]);
}

/// A container below `containers` of one line each, and what is said of `side`.
fn said(side: &str, app: &str, more: &str) -> Vec<String> {
    let pod = format!(
        "apiVersion: v1\nkind: Pod\nspec:\n  containers:\n  - {{name: app, image: app, {app}}}\n  - {{name: side, image: side, {side}}}\n{more}"
    );
    let found = support::convert(&pod, &["side"]);
    let rules = found.diagnostics.iter().filter_map(|one| one.split(' ').nth(1));
    rules.filter(|rule| !rule.is_empty()).map(str::to_owned).collect()
}

#[test]
fn a_deadlock_is_only_what_cannot_end() {
    let app = "ports: [{containerPort: 80}]";
    let deadlock = ["startup-deadlock"];
    let none: [&str; 0] = [];
    let probe = |command: &str| format!("startupProbe: {{exec: {{command: [sh, -c, {command:?}]}}}}");
    assert_eq!(said(&probe("curl -f localhost:80"), app, ""), deadlock);
    assert_eq!(said(&probe("wget -q -O- 127.0.0.1 | grep ok"), app, ""), deadlock);
    assert_eq!(said(&probe("nc -z localhost 80 || exit 1"), app, ""), deadlock);
    assert_eq!(said(&probe("if ! curl -f localhost:80; then exit 1; fi"), app, ""), deadlock);
    assert_eq!(said(&probe("if curl -f localhost:80; then echo up; fi"), app, ""), none);
    assert_eq!(said("startupProbe: {grpc: {port: 80}}", app, ""), deadlock);
    // It succeeds whatever the app says; another port; UDP; the node's own address; a port of its own.
    assert_eq!(said(&probe("curl -f localhost:80 || true"), app, ""), none);
    assert_eq!(said(&probe("curl -f localhost:81"), app, ""), none);
    assert_eq!(said(&probe("curl -f localhost:80"), "ports: [{containerPort: 80, protocol: UDP}]", ""), none);
    assert_eq!(said("startupProbe: {httpGet: {port: 80, host: localhost}}", app, ""), none);
    assert_eq!(said("startupProbe: {httpGet: {port: 80}}, args: [--port=80]", app, ""), none);
    assert_eq!(said("startupProbe: {httpGet: {port: 80}}, env: [{name: HTTP_PORT, value: \"80\"}]", app, ""), none);
    assert_eq!(said("startupProbe: {httpGet: {port: web}}, ports: [{name: web, containerPort: 80}]", app, ""), none);
    // On the host's network its localhost is the pod's.
    let local = "startupProbe: {httpGet: {port: 80, host: 127.0.0.1}}";
    assert_eq!(said(local, app, "  hostNetwork: true\n"), deadlock);
    // A hook that gives up in the end only delays the start.
    let hook = |command: &str| format!("lifecycle: {{postStart: {{exec: {{command: [sh, -c, {command:?}]}}}}}}");
    assert_eq!(said(&hook("while ! nc -z localhost 80; do sleep 1; done"), app, ""), deadlock);
    assert_eq!(
        said(&hook("until nc -z localhost 80 || [ $i -gt 9 ]; do i=$((i+1)); done"), app, ""),
        ["post-start-gate"]
    );
    assert_eq!(said(&hook("(until nc -z localhost 80; do sleep 1; done; register) &"), app, ""), ["post-start-gate"]);
}

#[test]
fn a_wait_at_the_head_of_the_command_counts_where_a_startup_probe_waits_for_it() {
    let app = "ports: [{containerPort: 80}], volumeMounts: [{name: run, mountPath: /run/app}]";
    let volume = "  volumes: [{name: run, emptyDir: {}}]\n";
    let side = |command: &str, mount: &str| {
        format!(
            "command: [bash, -c, {command:?}], startupProbe: {{tcpSocket: {{port: 81}}}}, volumeMounts: [{{name: run, mountPath: /in{mount}}}]"
        )
    };
    let deadlock = ["startup-deadlock"];
    let none: [&str; 0] = [];
    assert_eq!(said(&side("until nc -z localhost 80; do sleep 1; done; exec side", ""), app, volume), deadlock);
    assert_eq!(said(&side("while [[ ! -S /in/app.sock ]]; do sleep 1; done; exec side", ""), app, volume), deadlock);
    // The server runs already; the loop looks at another place; the volume may hold the file from before.
    assert_eq!(said(&side("side & until nc -z localhost 80; do sleep 1; done; wait", ""), app, volume), none);
    assert_eq!(said(&side("until [ -f /tmp/app ]; do sleep 1; done; exec side", ""), app, volume), none);
    let kept = volume.replace("emptyDir: {}", "hostPath: {path: /run}");
    assert_eq!(said(&side("until [ -f /in/app ]; do sleep 1; done; exec side", ""), app, &kept), none);
    // A probe that tests a file: the container may make it itself, unless it can only read.
    let probe = "startupProbe: {exec: {command: [test, -f, /in/ready]}}";
    let mounts = |more: &str| format!("{probe}, volumeMounts: [{{name: run, mountPath: /in{more}}}]");
    assert_eq!(said(&mounts(""), app, volume), none);
    assert_eq!(said(&mounts(", readOnly: true"), app, volume), deadlock);
    let init = "  initContainers:\n  - {name: first, image: a, volumeMounts: [{name: run, mountPath: /a}]}\n";
    assert_eq!(said(&mounts(", readOnly: true"), app, &format!("{volume}{init}")), none);
}

#[test]
fn a_hook_ends_its_container_only_when_it_does_so_for_certain() {
    let hook = |command: &str| format!("lifecycle: {{preStop: {{exec: {{command: [sh, -c, {command:?}]}}}}}}");
    let ends = ["pre-stop-exits"];
    let early = ["pre-stop-early"];
    for command in [
        "kill 1",
        "sleep 3; kill -TERM 1",
        "pkill side",
        "kill -QUIT $(cat /run/side.pid)",
        "curl -X POST localhost:9/quitquitquit",
    ] {
        assert_eq!(said(&hook(command), "", ""), ends, "{command}");
    }
    for command in ["kill -HUP 1", "pkill tail", "while netstat | grep app; do sleep 1; done; kill 1", "rm -f /run/x"] {
        assert_eq!(said(&hook(command), "", ""), early, "{command}");
    }
    // Another container's process 1, and another container's port.
    assert_eq!(said(&hook("kill 1"), "", "  shareProcessNamespace: true\n"), early);
    assert_eq!(said(&hook("curl localhost:9/shutdown"), "ports: [{containerPort: 9}]", ""), early);
}

#[test]
fn a_done_file_counts_when_it_is_one_file_that_only_ends_things() {
    let app = |file: &str| {
        format!("command: [sh, -c, \"work; touch {file}\"], volumeMounts: [{{name: run, mountPath: /run/app}}]")
    };
    let side =
        |command: &str| format!("command: [bash, -c, {command:?}], volumeMounts: [{{name: run, mountPath: /in}}]");
    let more = "  restartPolicy: OnFailure\n  volumes: [{name: run, emptyDir: {}}]\n";
    let loops = ["done-file-restart-loop"];
    let none: [&str; 0] = [];
    let done = app("/run/app/done");
    assert_eq!(said(&side("side & until [ -f /in/done ]; do sleep 1; done; kill $!"), &done, more), loops);
    assert_eq!(said(&side("(until [[ -e /in/done ]]; do sleep 1; done; kill 1) & exec side"), &done, more), loops);
    assert_eq!(said(&side("while true; do if test -f /in/done; then exit 0; fi; sleep 1; done"), &done, more), loops);
    // Another file; work to do after the wait; an app that writes elsewhere.
    assert_eq!(said(&side("side & until [ -f /in/x ]; do sleep 1; done; kill $!"), &done, more), none);
    assert_eq!(said(&side("until [ -f /in/done ]; do sleep 1; done; upload /in"), &done, more), none);
    assert_eq!(said(&side("side & until [ -f /in/done ]; do sleep 1; done; kill $!"), &app("/tmp/done"), more), none);
}

#[test]
fn only_a_call_to_the_sidecar_itself_is_a_shutdown() {
    let app = |command: &str, more: &str| format!("command: [sh, -c, {command:?}]{more}");
    let found = ["shutdown-workaround"];
    let none: [&str; 0] = [];
    let port = "ports: [{containerPort: 4191}]";
    assert_eq!(said(port, &app("work && wget -qO- --post-data= http://127.0.0.1:4191/shutdown", ""), ""), found);
    assert_eq!(said(port, "command: [linkerd-await, --shutdown, --, work]", ""), found);
    assert_eq!(said(port, "command: [linkerd-await, --, work]", ""), none);
    // `/shutdown` says little where nobody is known to have the port, and another machine is no sidecar.
    assert_eq!(said("args: [a]", &app("work; curl -X POST localhost:9/shutdown", ""), ""), none);
    assert_eq!(said("args: [a]", &app("work; curl -X POST http://db:9091/quitquitquit", ""), ""), none);
    assert_eq!(
        said("args: [a]", &app("work; curl localhost:9/quitquitquit", ", ports: [{containerPort: 9}]"), ""),
        none
    );
}

/// What is said of a Job whose sidecar runs this.
fn in_a_job(side: &str, more: &str) -> Vec<String> {
    said(side, "args: [a]", &format!("  restartPolicy: Never\n{more}"))
}

#[test]
fn a_sidecar_is_deaf_when_its_first_process_has_no_handler() {
    let deaf = ["grace-period-shared"];
    let none: [&str; 0] = [];
    let shell = |text: &str| format!("command: [sh, -c, {text:?}]");
    for command in [
        shell("while true; do ship; sleep 5; done"),
        shell("setup; while :; do ship; sleep 5; done"),
        "command: [sleep, infinity]".to_owned(),
        "command: [tail, -f, /dev/null]".to_owned(),
    ] {
        assert_eq!(in_a_job(&command, ""), deaf, "{command}");
        assert_eq!(in_a_job(&command, "  shareProcessNamespace: true\n"), none, "{command}");
    }
    for command in [
        shell("trap 'exit 0' TERM; while true; do ship; sleep 5 & wait; done"),
        shell("while true; do sleep 5; done & exec ship"),
        shell("while true; do ship && break; sleep 5; done"),
        shell("until ready; do sleep 1; done; ship"),
        shell("ship"),
        "command: [tini, --, sh, -c, \"while true; do ship; sleep 5; done\"]".to_owned(),
        "command: [ship]".to_owned(),
    ] {
        assert_eq!(in_a_job(&command, ""), none, "{command}");
    }
    // A Deployment's pod was stopped in the same time before.
    assert_eq!(said(&shell("while true; do ship; sleep 5; done"), "args: [a]", ""), none);
}
