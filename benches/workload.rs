//! Inputs for measurements, made anew for each run: the same number gives the same bytes.

use std::fmt::Write;

/// The sidecar that every Deployment has, by name.
pub(crate) const SIDECAR: &str = "log-shipper";

/// A name that no container has.
pub(crate) const NOBODY: &str = "nobody-has-this-name";

/// What an input is made of.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Mix {
    /// Deployments only.
    Deployments,
    /// One item in four is a Deployment, the others are what stands beside them in a repository.
    Mixed,
}

/// A ResourceList of about `bytes` bytes.
pub(crate) fn list(mix: Mix, bytes: usize) -> String {
    let mut text = "apiVersion: config.kubernetes.io/v1\nkind: ResourceList\nitems:\n".to_owned();
    text.reserve(bytes + 4096);
    let mut number = 0;
    while text.len() < bytes {
        entry(&mut text, &item(mix, number));
        number += 1;
    }
    text
}

/// A ResourceList of this many items.
pub(crate) fn list_of(mix: Mix, items: usize) -> String {
    let mut text = "apiVersion: config.kubernetes.io/v1\nkind: ResourceList\nitems:\n".to_owned();
    (0..items).for_each(|number| entry(&mut text, &item(mix, number)));
    text
}

/// The same as a stream of documents.
pub(crate) fn stream(mix: Mix, bytes: usize) -> String {
    let mut text = String::with_capacity(bytes + 4096);
    let mut number = 0;
    while text.len() < bytes {
        text.push_str("---\n");
        text.push_str(&item(mix, number));
        number += 1;
    }
    text
}

/// A stream of this many documents, each without the annotations of an orchestrator.
pub(crate) fn stream_of(mix: Mix, items: usize) -> String {
    let mut text = String::new();
    for number in 0..items {
        text.push_str("---\n");
        let item = item(mix, number);
        let lines = item.split_inclusive('\n').filter(|line| !line.contains("config.k"));
        lines.for_each(|line| text.push_str(line));
    }
    text
}

/// A ResourceList with one small Pod.
pub(crate) fn one_pod() -> String {
    let pod = "apiVersion: v1\nkind: Pod\nmetadata:\n  name: web\n  annotations:\n    internal.config.kubernetes.io/path: 'pod.yaml'\n\
               spec:\n  containers:\n  - name: web\n    image: web:1\n  # ships the logs\n  - name: log-shipper\n    image: shipper:1\n";
    let mut text = "apiVersion: config.kubernetes.io/v1\nkind: ResourceList\nitems:\n".to_owned();
    entry(&mut text, pod);
    text.push_str("functionConfig:\n  apiVersion: v1\n  kind: ConfigMap\n  data: {sidecars: log-shipper}\n");
    text
}

/// So many Deployments, and as many Services that each select, by a label that all share, those of a namespace.
pub(crate) fn selected(many: usize) -> String {
    let mut text = "apiVersion: config.kubernetes.io/v1\nkind: ResourceList\nitems:\n".to_owned();
    for number in 0..many {
        let label = "        part-of: shop\n";
        entry(
            &mut text,
            &deployment(number).replacen(
                "      annotations:\n        prom",
                &format!("{label}      annotations:\n        prom"),
                1,
            ),
        );
        let service = format!(
            "apiVersion: v1\nkind: Service\nmetadata: {{name: s-{number}, namespace: team-{}}}\nspec:\n  selector: {{part-of: shop}}\n  ports:\n  - {{port: 80, targetPort: http}}\n",
            number % 17
        );
        entry(&mut text, &service);
    }
    text
}

/// The configuration that selects containers by name.
pub(crate) fn select(name: &str) -> String {
    format!("apiVersion: v1\nkind: ConfigMap\ndata: {{sidecars: '{name}'}}\n")
}

/// One pod with this many containers; every second one is a sidecar.
pub(crate) fn pod(containers: usize) -> String {
    let mut text = "apiVersion: v1\nkind: Pod\nmetadata: {name: wide}\nspec:\n  containers:\n".to_owned();
    for number in 0..containers {
        let name = if number % 2 == 0 { "app" } else { SIDECAR };
        write!(text, "  - name: {name}-{number}\n    image: example.com/{name}:{number}\n    # why\n    args: [--number, \"{number}\"]\n")
            .unwrap_or_default();
    }
    text
}

fn entry(text: &mut String, item: &str) {
    for (index, line) in item.lines().enumerate() {
        text.push_str(if index == 0 { "- " } else { "  " });
        text.push_str(line);
        text.push('\n');
    }
}

fn item(mix: Mix, number: usize) -> String {
    match (mix, number % 4) {
        (Mix::Deployments, _) | (Mix::Mixed, 0) => deployment(number),
        (_, 1) => config_map(number),
        (_, 2) => service(number),
        _ => custom(number),
    }
}

fn metadata(text: &mut String, number: usize, name: &str) {
    write!(
        text,
        "metadata:\n  name: {name}-{number}\n  namespace: team-{}\n  labels:\n    app.kubernetes.io/name: {name}-{number}\n    \
         app.kubernetes.io/part-of: shop\n    app.kubernetes.io/managed-by: kustomize\n  annotations:\n    example.com/owner: platform\n    \
         internal.config.kubernetes.io/path: 'apps/{name}-{number}.yaml'\n    internal.config.kubernetes.io/index: '0'\n    \
         internal.config.kubernetes.io/id: '{number}'\n    config.k8s.io/id: '{number}'\n",
        number % 17
    )
    .unwrap_or_default();
}

/// A Deployment of about 3 KB; the sidecar stands last, in the middle or first, and has neighbours in `initContainers`
/// now and then.
fn deployment(number: usize) -> String {
    let mut text = String::with_capacity(4096);
    text.push_str("# Owned by the platform team; see the runbook before changing replicas.\napiVersion: apps/v1\nkind: Deployment\n");
    metadata(&mut text, number, "web");
    write!(
        text,
        "spec:\n  replicas: 3\n  revisionHistoryLimit: 5\n  selector:\n    matchLabels:\n      app.kubernetes.io/name: web-{number}\n  \
         template:\n    metadata:\n      labels:\n        app.kubernetes.io/name: web-{number}\n      annotations:\n        \
         prometheus.io/scrape: \"true\"\n        prometheus.io/port: \"9090\"\n    spec:\n      serviceAccountName: web\n      \
         terminationGracePeriodSeconds: 45\n"
    )
    .unwrap_or_default();
    if number.is_multiple_of(5) {
        text.push_str(
            "      initContainers:\n      # waits for the schema\n      - name: migrate\n        image: registry.example.com/shop/migrate:2.0.1\n        \
             command: [\"/bin/migrate\", \"--wait\"]\n",
        );
    }
    text.push_str("      containers:\n");
    let place = number % 3;
    let mut containers = ["web", "cache"].map(|name| container(name, number)).to_vec();
    containers.insert(2 - place, container(SIDECAR, number));
    text.push_str(&containers.concat());
    text.push_str(
        "      volumes:\n      - name: tmp\n        emptyDir: {}\n      - name: config\n        configMap:\n          name: web-config\n          \
         items:\n          - key: settings.yaml\n            path: settings.yaml\n      # spread over the zones\n      \
         topologySpreadConstraints:\n      - maxSkew: 1\n        topologyKey: topology.kubernetes.io/zone\n        \
         whenUnsatisfiable: ScheduleAnyway\n",
    );
    text
}

fn container(name: &str, number: usize) -> String {
    let port = 8000 + name.len();
    let mut text = format!(
        "      # {name}: what it is for, in a few words\n      - name: {name}\n        image: registry.example.com/shop/{name}:1.{}.0 # pinned\n        \
         imagePullPolicy: IfNotPresent\n",
        number % 40
    );
    if number % 10 == 3 && name == "web" {
        text.push_str("        command:\n        - sh\n        - -c\n        - |\n          set -eu\n          echo \"starting\"\n\n          exec /bin/web --config /etc/web\n");
    } else {
        writeln!(text, "        args: [\"--verbose\", \"--name={name}-{number}\"]").unwrap_or_default();
    }
    write!(
        text,
        "        ports:\n        - name: http-{}\n          containerPort: {port}\n          protocol: TCP\n        env:\n        - name: REGION\n          \
         value: \"eu-1\"\n        - name: POD_NAME\n          valueFrom:\n            fieldRef:\n              fieldPath: metadata.name\n        \
         readinessProbe:\n          httpGet:\n            path: /ready\n            port: {port}\n          periodSeconds: 5\n        resources:\n          \
         requests:\n            cpu: 100m\n            memory: 128Mi\n          limits:\n            memory: 256Mi\n        volumeMounts:\n        \
         - name: tmp\n          mountPath: /tmp\n",
        name.len()
    )
    .unwrap_or_default();
    text
}

fn config_map(number: usize) -> String {
    let mut text = "apiVersion: v1\nkind: ConfigMap\n".to_owned();
    metadata(&mut text, number, "settings");
    text.push_str("data:\n  settings.yaml: |\n");
    for line in 0..70 {
        writeln!(text, "    feature-{line}: enabled # as of release {number}").unwrap_or_default();
    }
    text.push_str("  level: \"info\"\n");
    text
}

fn service(number: usize) -> String {
    let mut text = "apiVersion: v1\nkind: Service\n".to_owned();
    metadata(&mut text, number, "web");
    text.push_str("spec:\n  type: ClusterIP\n  ports:\n");
    for port in 0..25 {
        write!(
            text,
            "  # port {port}\n  - name: port-{port}\n    port: {}\n    targetPort: http-{port}\n    protocol: TCP\n",
            8000 + port
        )
        .unwrap_or_default();
    }
    write!(text, "  selector:\n    app.kubernetes.io/name: web-{number}\n").unwrap_or_default();
    text
}

fn custom(number: usize) -> String {
    let mut text = "apiVersion: monitoring.example.com/v1\nkind: Dashboard\n".to_owned();
    metadata(&mut text, number, "board");
    text.push_str("spec:\n  panels:\n");
    for panel in 0..25 {
        write!(
            text,
            "  - title: \"Panel {panel}: requests\"\n    query: sum(rate(requests_total{{job=\"web-{number}\"}}[5m]))\n    unit: rps\n"
        )
        .unwrap_or_default();
    }
    text
}
