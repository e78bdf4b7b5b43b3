use std::collections::BTreeMap;
use std::path::Path;

use crate::{model, support};

/// A pair, its sidecar, what makes our text of upstream's, and why they differ.
type ByHand = (&'static str, &'static str, fn(&str) -> String, &'static str);

/// Pairs where upstream did by hand what we do.
const BY_HAND: &[ByHand] = &[
    ("002-cloud-sql-proxy-pgbouncer_deployment", "cloud-sql-proxy", str::to_owned, ""),
    ("003-cloud-sql-proxy-proxy_with_sa_key", "cloud-sql-proxy", str::to_owned, ""),
    ("004-cloud-sql-proxy-proxy_with_workload_identity", "cloud-sql-proxy", str::to_owned, ""),
    (
        "001-cloud-sql-proxy-proxy_with_http_health_check",
        "cloud-sql-proxy",
        |native| {
            let (before, rest) = native.split_once("      # The proxy should be run as a native").unwrap();
            format!("{before}      initContainers:{}", rest.split_once("      initContainers:").unwrap().1)
        },
        "upstream also explains in a comment what a native sidecar is",
    ),
    (
        "168-kubectl-sidecar-example",
        "sidecar",
        |native| {
            let policy = "        restartPolicy: Always\n";
            let without = native.replacen(policy, "", 1);
            without.replacen("      - name: sidecar\n", &format!("      - name: sidecar\n{policy}"), 1)
        },
        "upstream put restartPolicy behind the image, we put it behind the name",
    ),
    (
        "177-opentelemetry-operator-01-assert-native",
        "otc-container",
        with_policy,
        "upstream's file is an assertion that leaves restartPolicy out",
    ),
    (
        "178-opentelemetry-operator-01-assert-native",
        "otc-container",
        |native| format!("{}\n", with_policy(native)),
        "likewise, and upstream's file lost its last line break",
    ),
];

fn with_policy(native: &str) -> String {
    let name = "  - name: otc-container\n";
    native.replacen(name, &format!("{name}    restartPolicy: Always\n"), 1)
}

#[test]
fn conversions_by_hand_come_out_alike() {
    let Some(folder) = support::shared("pairs") else { return };
    for (id, sidecar, ours, why) in BY_HAND {
        let (legacy, native) = read(&folder, id);
        let wanted = ours(&native);
        assert_eq!(wanted == native, why.is_empty(), "{id}: {why}");
        let answer = support::convert_anyway(&legacy, &[sidecar]);
        assert_eq!(answer.text, wanted, "{id}: {:?}", answer.diagnostics);
    }
}

fn read(folder: &Path, id: &str) -> (String, String) {
    let text = |name| std::fs::read_to_string(folder.join(id).join(name)).unwrap();
    (text("legacy.yaml"), text("native.yaml"))
}

/// The pairs with another outcome: id, outcome, and why.
const OTHERWISE: &[(&str, &str, &str)] = &[
    (
        "001-cloud-sql-proxy-proxy_with_http_health_check",
        "error pre-stop-exits spec.template.spec.containers[1].lifecycle.preStop",
        "upstream's native form still asks the proxy to quit when termination begins, before the app has ended",
    ),
    (
        "005-cloud-sql-proxy-multicontainer",
        "error kind-rejects-native spec.template.spec.containers",
        "a Knative Service, which must not hold one",
    ),
    (
        "082-istio-deploymentconfig-with-canonical-service-label",
        "unchanged",
        "a DeploymentConfig of the core group, which OpenShift 3 had, is no kind of the table",
    ),
    (
        "132-istio-only-proxy-container",
        "error no-main-container spec.template.spec.containers",
        "the proxy is the only container, and upstream's result is a pod without any",
    ),
    (
        "148-istio-sidecar-spire",
        "other containers",
        "upstream leaves a stub of the proxy in `containers`, whose name is then in both lists",
    ),
    (
        "177-opentelemetry-operator-01-assert-native",
        "error partial-object spec.containers[1]",
        "an assertion without images, not an object",
    ),
    ("178-opentelemetry-operator-01-assert-native", "error partial-object spec.containers[1]", "likewise"),
];

/// Beyond the move upstream's generators change probes, hooks and the order among init containers; those are the
/// work of profiles. What the move alone must give: the same containers in `containers`, and the model's values.
#[test]
fn all_pairs_have_their_containers_where_upstream_has_them() {
    let Some(folder) = support::shared("pairs") else { return };
    let index = std::fs::read_to_string(folder.join("INDEX.tsv")).unwrap();
    let mut pairs: BTreeMap<&str, Vec<&str>> = BTreeMap::new();
    for row in index.lines().skip(1) {
        let cells: Vec<_> = row.split('\t').collect();
        pairs.entry(cells[0]).or_default().extend(cells[9].split(','));
    }
    assert!(pairs.len() > 140, "the pairs are not complete");
    for (id, sidecars) in pairs {
        let known = OTHERWISE.iter().find(|(one, ..)| *one == id).map_or("same containers", |(_, outcome, _)| outcome);
        assert_eq!(outcome(&folder, id, &sidecars), known, "{id}");
    }
}

fn outcome(folder: &Path, id: &str, sidecars: &[&str]) -> String {
    let (legacy, native) = read(folder, id);
    let answer = support::convert(&legacy, sidecars);
    if answer.failed {
        return answer.diagnostics.join(", ");
    }
    if answer.text == legacy {
        return "unchanged".to_owned();
    }
    let mut wanted = model::read(&legacy).unwrap();
    for document in &mut wanted {
        model::convert(document, sidecars);
    }
    assert_eq!(model::read(&answer.text).as_ref(), Ok(&wanted), "{id}");
    let main = |text: &str| -> Vec<_> {
        model::read(text).unwrap().iter().flat_map(model::pods).map(|pod| pod.containers).collect()
    };
    let is_same = main(&answer.text) == main(&native);
    if is_same { "same containers" } else { "other containers" }.to_owned()
}
