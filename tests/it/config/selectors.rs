use super::{Run, custom};

/// Four workloads, told apart by name.
const WORKLOADS: &str = "\
apiVersion: apps/v1
kind: Deployment
metadata: {name: web, namespace: shop, labels: {app: web, tier: front}, annotations: {team: a}}
spec: {template: {spec: {containers: [{name: main, image: m}, {name: proxy, image: p}]}}}
---
apiVersion: batch/v1
kind: Job
metadata: {name: report, namespace: shop-eu, labels: {app: report}, annotations: {team: b, note: two words}}
spec: {template: {spec: {containers: [{name: main, image: m}, {name: proxy, image: p}]}}}
---
apiVersion: apps/v1beta2
kind: DaemonSet
metadata: {name: web-logs, labels: {tier: back, debug: ''}}
spec: {template: {spec: {containers: [{name: main, image: m}, {name: proxy, image: p}]}}}
---
apiVersion: v1
kind: Pod
metadata: {name: bare, namespace: shop}
spec: {containers: [{name: main, image: m}, {name: proxy, image: p}]}
";

const ALL: [&str; 4] = ["web", "report", "web-logs", "bare"];

fn run_with(workloads: &str) -> Run {
    Run::new(&custom(&format!("sidecars: [{{container: proxy}}]\nworkloads: {workloads}")), WORKLOADS)
}

/// A selector in flow style, and the workloads that it names.
const SELECTORS: &[(&str, &[&str])] = &[
    ("{}", &ALL),
    ("{group: apps}", &["web", "web-logs"]),
    ("{group: app}", &[]),
    ("{group: 'a.*s'}", &["web", "web-logs"]),
    ("{group: '^$'}", &["bare"]),
    ("{version: v1}", &["web", "report", "bare"]),
    ("{version: 'v1beta[0-9]'}", &["web-logs"]),
    ("{kind: Deployment}", &["web"]),
    ("{kind: deployment}", &[]),
    ("{kind: Set}", &[]),
    ("{kind: 'Deployment|Job'}", &["web", "report"]),
    ("{kind: 'Deploy|.*Set'}", &["web-logs"]),
    ("{name: web}", &["web"]),
    ("{name: 'web.*'}", &["web", "web-logs"]),
    ("{name: '^web$'}", &["web"]),
    ("{name: 'logs|web'}", &["web"]),
    ("{namespace: shop}", &["web", "bare"]),
    ("{namespace: 'shop(-eu)?'}", &["web", "report", "bare"]),
    ("{namespace: eu}", &[]),
    ("{labelSelector: 'tier=front'}", &["web"]),
    ("{annotationSelector: 'team=b'}", &["report"]),
    ("{annotationSelector: 'note'}", &["report"]),
    ("{kind: Deployment, namespace: shop, labelSelector: app=web}", &["web"]),
    ("{kind: Job, namespace: shop}", &[]),
    ("{kind: Deployment, annotationSelector: team=b}", &[]),
];

#[test]
fn include_takes_what_a_selector_matches_as_a_whole() {
    for (selector, wanted) in SELECTORS {
        let run = run_with(&format!("{{include: [{selector}]}}"));
        assert_eq!(run.converted(), *wanted, "{selector}");
        assert_eq!(run.text.matches("initContainers").count(), wanted.len(), "{selector}");
        let unmatched: &[&str] =
            if wanted.is_empty() { &["info unmatched-entry spec.workloads.include[0]"] } else { &[] };
        assert_eq!(run.told(), unmatched, "{selector}");
    }
}

#[test]
fn exclude_leaves_alone_what_a_selector_matches() {
    for (selector, excluded) in SELECTORS {
        let run = run_with(&format!("{{exclude: [{selector}]}}"));
        let wanted: Vec<_> = ALL.into_iter().filter(|name| !excluded.contains(name)).collect();
        assert_eq!(run.converted(), wanted, "{selector}");
    }
}

#[test]
fn one_of_several_selectors_is_enough_and_exclude_wins() {
    let run = run_with("{include: [{kind: Job}, {namespace: shop}], exclude: [{name: bare}, {name: nothing}]}");
    assert_eq!(run.converted(), ["web", "report"]);
    assert_eq!(run.told(), ["info unmatched-entry spec.workloads.exclude[1]"]);
}

/// The grammar of `kubectl -l`. A label that is not there is unequal to everything and in no set.
#[test]
fn label_selectors_are_read_as_kubectl_reads_them() {
    let table: &[(&str, &[&str])] = &[
        ("", &ALL),
        ("app=web", &["web"]),
        ("app==web", &["web"]),
        (" app = web ", &["web"]),
        ("app!=web", &["report", "web-logs", "bare"]),
        ("app in (web, report)", &["web", "report"]),
        ("app in (web)", &["web"]),
        ("app in(web)", &["web"]),
        ("tier notin (front)", &["report", "web-logs", "bare"]),
        ("tier notin (front,back)", &["report", "bare"]),
        ("tier", &["web", "web-logs"]),
        ("!tier", &["report", "bare"]),
        ("! tier", &["report", "bare"]),
        ("app,tier", &["web"]),
        ("app,!tier", &["report"]),
        ("app in (web,report),tier in (front)", &["web"]),
        ("app in (web,report),tier!=front", &["report"]),
        ("debug=", &["web-logs"]),
        ("debug", &["web-logs"]),
        ("app=web,app=report", &[]),
    ];
    for (selector, wanted) in table {
        let run = run_with(&format!("{{include: [{{labelSelector: '{selector}'}}]}}"));
        assert_eq!(run.converted(), *wanted, "{selector:?}: {:?}", run.diagnostics);
    }
}

#[test]
fn what_is_no_label_selector_is_an_error_at_its_field() {
    for selector in [
        "app=web,",
        ",app",
        "app=web=x",
        "=web",
        "!",
        "app=a b",
        "app b",
        "app!web",
        "app in web",
        "app in (web",
        "app in web)",
        "app in ((web))",
        "app in (web) x",
        "app is (web)",
        "in (web)",
        "app x in (web)",
        "app=(web)",
    ] {
        for field in ["labelSelector", "annotationSelector"] {
            let run = run_with(&format!("{{include: [{{kind: Job}}, {{{field}: '{selector}'}}]}}"));
            assert_eq!(run.told(), [format!("error  spec.workloads.include[1].{field}")], "{selector:?}");
        }
    }
}

#[test]
fn what_is_no_regular_expression_is_an_error_at_its_field() {
    for field in ["group", "version", "kind", "name", "namespace"] {
        let run = run_with(&format!("{{exclude: [{{{field}: 'a('}}]}}"));
        assert_eq!(run.told(), [format!("error  spec.workloads.exclude[0].{field}")]);
        assert!(run.diagnostics[0].message.contains("`a(`"), "{:?}", run.diagnostics);
    }
}
