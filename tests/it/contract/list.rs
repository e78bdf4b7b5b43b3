use super::{LONELY, POD, SERVICE, ask, capture, indent, list_of, native, with_config};
use crate::package::{Package, documents, resource_list};
use crate::support::{host, select};

const ID: &str = "internal.config.kubernetes.io/id";
const OLD_ID: &str = "config.k8s.io/id";

/// `metadata` as orchestrators send it, and as it must come back from a changed item.
const METADATA: [(&str, &str); 6] = [
    (
        "metadata:\n  name: pod\n  annotations: # the pod's\n    a: \"b\" # kept\n    config.kubernetes.io/path: 'a.yaml'\n    internal.config.kubernetes.io/id: '2'\n    config.k8s.io/id: '2'\n    internal.config.kubernetes.io/seqindent: 'compact'\n",
        "metadata:\n  name: pod\n  annotations: # the pod's\n    a: \"b\" # kept\n    config.kubernetes.io/path: 'a.yaml'\n    internal.config.kubernetes.io/seqindent: 'compact'\n",
    ),
    (
        "metadata:\n  annotations: {internal.config.kubernetes.io/id: '2', a: 'b', config.k8s.io/id: '2'}\n  name: pod\n",
        "metadata:\n  annotations: {a: 'b'}\n  name: pod\n",
    ),
    (
        "metadata: {name: pod, annotations: {config.kubernetes.io/index: '1', internal.config.kubernetes.io/id: '2', config.k8s.io/id: '2'}}\n",
        "metadata: {name: pod, annotations: {config.kubernetes.io/index: '1'}}\n",
    ),
    (
        "metadata:\n  name: pod\n  annotations:\n    config.k8s.io/id: '2'\n    internal.config.kubernetes.io/id: '2'\n",
        "metadata:\n  name: pod\n",
    ),
    ("metadata:\n  name: pod\n  annotations: {config.k8s.io/id: '2'}\n", "metadata:\n  name: pod\n"),
    // Labels of that name belong to the user.
    (
        "metadata:\n  name: pod\n  labels:\n    config.k8s.io/id: mine\n  annotations:\n    config.k8s.io/id: '2'\n    a: b\n",
        "metadata:\n  name: pod\n  labels:\n    config.k8s.io/id: mine\n  annotations:\n    a: b\n",
    ),
];

#[test]
fn r01_drops_both_ids_of_changed_items_and_nothing_else() {
    let pod = |metadata: &str| POD.replace("metadata:\n  name: pod\n", metadata);
    let before = METADATA.map(|(before, _)| pod(before));
    let after = METADATA.map(|(_, after)| native(&pod(after)));
    let config = select(&["proxy"]);
    let answer = ask(&resource_list(&before.each_ref().map(String::as_str), &config));
    let expected = resource_list(&after.each_ref().map(String::as_str), &config);
    assert_eq!(answer.stdout.split_once("results:\n").unwrap().0, expected);
    assert_eq!(answer.code, Some(0));
}

#[test]
fn r01_unchanged_items_keep_their_ids() {
    // Nothing is selected in the first, and the second one is native already.
    let first = format!("{SERVICE}  a: b\n")
        .replace("  name: web\n", "  name: web\n  annotations:\n    config.k8s.io/id: '1'\n");
    let second =
        native(POD).replace("metadata:\n", "metadata:\n  annotations: {internal.config.kubernetes.io/id: '2'}\n");
    let list = list_of(&[&first, &second]);
    let answer = ask(&list);
    assert_eq!((answer.code, answer.stdout.as_str()), (Some(0), list.as_str()));
    assert!(list.contains(ID) && list.contains(OLD_ID));
}

#[test]
fn r01_kpt_eval_puts_no_comment_on_another_container() {
    let Some(kpt) = host("kpt") else { return };
    let text = "\
# of the file
apiVersion: v1
kind: Pod
metadata:
  name: pod
spec:
  initContainers:
  - name: migrate # kpt-set: ${migrate-name}
    image: migrate:3
  containers:
  - name: proxy
    image: envoy:1.2 # kpt-set: envoy:${envoy-tag}
  - name: web
    image: web:1.0
";
    let native = "\
# of the file
apiVersion: v1
kind: Pod
metadata:
  name: pod
spec:
  initContainers:
  - name: migrate # kpt-set: ${migrate-name}
    image: migrate:3
  - name: proxy
    restartPolicy: Always
    image: envoy:1.2 # kpt-set: envoy:${envoy-tag}
  containers:
  - name: web
    image: web:1.0
";
    let package = Package::of(&[("pod.yaml", text)]);
    package.run(&kpt, &["fn", "eval", ".", "--exec", "convert-sidecars", "--", "sidecars=proxy"]).good();
    assert_eq!(package.read("pod.yaml"), native);
}

#[test]
fn r02_the_list_keeps_its_version_keys_order_and_characters() {
    let config = indent(&select(&["proxy"]));
    let around = |pod: &str| {
        let indented = indent(pod);
        format!(
            "# of the list\nfunctionConfig:\n{config}x-unknown: {{a: [1, 2]}} # kept\nkind: \"ResourceList\"\napiVersion: config.kubernetes.io/v1beta1\nitems:\n\
             - {{apiVersion: v1, kind: ConfigMap, metadata: {{name: a}}, data: {{raw: \"\u{1f600} \u{e9}\", escaped: \"\\U0001F600\"}}}}\n-{}",
            &indented[1..]
        )
    };
    let answer = ask(&around(POD));
    assert_eq!(answer.code, Some(0), "{answer:?}");
    assert_eq!(answer.stdout.split_once("results:\n").unwrap().0, around(&native(POD)));
    assert_eq!(documents(&answer.stdout).unwrap().len(), 1);
}

#[test]
fn r02_marks_byte_order_marks_and_line_ends_stay_and_stay_one_document() {
    let plain = list_of(&[SERVICE, POD]);
    for (before, after) in
        [("---\n", ""), ("\u{feff}", ""), ("# comment\n---\n", ""), ("", "...\n"), ("%YAML 1.2\n---\n", "")]
    {
        let answer = ask(&format!("{before}{plain}{after}"));
        assert_eq!(answer.code, Some(0), "{before:?} {answer:?}");
        assert!(answer.stdout.starts_with(before) && answer.stdout.ends_with(after), "{before:?} {answer:?}");
        assert!(answer.stdout.contains(&list_of(&[SERVICE, &native(POD)])), "{before:?} {answer:?}");
        let trimmed = answer.stdout.trim_start_matches('\u{feff}');
        assert_eq!(documents(trimmed).unwrap().len(), 1, "{before:?}");
        let told = ["info immutable-workload metadata.name", "info - spec.initContainers"];
        assert_eq!(answer.told(), told, "{before:?} {answer:?}");
    }
    let crlf = |text: &str| text.replace('\n', "\r\n");
    let answer = ask(&crlf(&plain));
    assert!(answer.stdout.starts_with(&crlf(&list_of(&[SERVICE, &native(POD)]))), "{answer:?}");
    assert_eq!(answer.stdout.matches('\n').count(), answer.stdout.matches("\r\n").count());
}

/// A list whose last line has no break, and whose moved entry ends in a block scalar that keeps the lines behind it.
#[test]
fn r02_the_results_add_no_line_to_the_value_before_them() {
    let list = "\
apiVersion: config.kubernetes.io/v1
kind: ResourceList
functionConfig: {apiVersion: v1, kind: ConfigMap, data: {sidecars: proxy}}
items:
- apiVersion: v1
  kind: Pod
  spec:
    containers:
    - name: proxy
      image: proxy
      args:
      - |+
        a

    - name: web
      image: web
    initContainers:
    - name: first";
    let answer = ask(list);
    assert_eq!(answer.code, Some(0), "{answer:?}");
    let expected = "\
    - name: first
    - name: proxy
      restartPolicy: Always
      image: proxy
      args:
      - |+
        a

results:
";
    assert!(answer.stdout.contains(expected), "{}", answer.stdout);
}

/// The last value of a list without a last line break would change if anything came behind it.
#[test]
fn r02_the_results_never_stand_behind_a_block_scalar_that_the_text_ends_in() {
    let list = list_of(&[POD]);
    let (head, items) = list.split_once("items:").unwrap();
    let (items, config) = items.split_once("functionConfig:").unwrap();
    for old in ["", "results: []\n"] {
        let open = format!("{head}functionConfig:{config}{old}items:{items}  data: |\n      a");
        let answer = ask(&open);
        assert_eq!(answer.code, Some(0), "{answer:?}");
        assert!(answer.stdout.ends_with("data: |\n      a"), "{}", answer.stdout);
        let read = documents(&answer.stdout).unwrap().remove(0);
        assert_eq!(read["items"][0]["data"], documents(&open).unwrap()[0]["items"][0]["data"], "{}", answer.stdout);
        assert!(!read["results"].as_sequence().unwrap().is_empty(), "{}", answer.stdout);
    }
}

#[test]
fn r02_the_results_take_the_indentation_of_the_list_and_the_place_of_old_ones() {
    for old in ["", "results: []\n", "results:\n- message: old"] {
        let indented = indent(&format!("{}{old}\n", list_of(&[POD])));
        for text in [indented.as_str(), indented.trim_end()] {
            let answer = ask(text);
            assert_eq!(answer.code, Some(0), "{answer:?}");
            assert!(!answer.stdout.contains("message: old"), "{}", answer.stdout);
            assert!(!answer.stdout.trim_end().contains("\n\n  results"), "{}", answer.stdout);
            let read = documents(&answer.stdout).unwrap().remove(0);
            assert!(!read["results"].as_sequence().unwrap().is_empty(), "{}", answer.stdout);
        }
    }
}

#[test]
fn r02_a_list_in_json_comes_back_in_json() {
    let pod = |containers: &str| {
        format!(
            "{{\"apiVersion\": \"config.kubernetes.io/v1\", \"kind\": \"ResourceList\", \"items\": [{{\"apiVersion\": \"v1\", \"kind\": \"Pod\", \"metadata\": {{\"name\": \"pod\"}}, \"spec\": {{{containers}}}}}], \"functionConfig\": {{\"apiVersion\": \"v1\", \"kind\": \"ConfigMap\", \"data\": {{\"sidecars\": \"proxy\"}}}}"
        )
    };
    let web = r#"{"name": "web", "image": "web:1.0"}"#;
    let proxy = r#"{"name": "proxy", "image": "envoy:1.2"}"#;
    let moved = r#"{"name": "proxy", "restartPolicy": "Always", "image": "envoy:1.2"}"#;
    let answer = ask(&(pod(&format!("\"containers\": [{web}, {proxy}]")) + "}\n"));
    let expected = pod(&format!("\"initContainers\": [{moved}], \"containers\": [{web}]"));
    assert!(answer.stdout.starts_with(&expected), "{answer:?}");
    let list: serde_json::Value = serde_json::from_str(&answer.stdout).unwrap();
    assert_eq!(list["results"][0]["severity"], "info");
}

#[test]
fn r03_all_versions_of_the_list_are_answered_with_their_own() {
    for version in ["v1", "v1beta1", "v1alpha1"] {
        let of = |pod: &str| {
            list_of(&[pod]).replace("config.kubernetes.io/v1\n", &format!("config.kubernetes.io/{version}\n"))
        };
        let answer = ask(&of(POD));
        assert_eq!(answer.code, Some(0), "{answer:?}");
        assert!(answer.stdout.starts_with(&of(&native(POD))), "{answer:?}");
    }
    let answer = ask(&list_of(&[POD]).replace("config.kubernetes.io/v1\n", "config.kubernetes.io/v2\n"));
    assert_eq!((answer.code, answer.stdout.as_str()), (Some(1), ""));
    assert!(answer.stderr.contains("config.kubernetes.io/v2") && answer.stderr.contains("v1beta1"), "{answer:?}");
}

/// Configurations, and whether they select `proxy`.
const GOOD_CONFIGS: [(&str, bool); 10] = [
    ("", false),
    ("functionConfig: null\n", false),
    (
        "functionConfig:\n  metadata:\n    name: function-input\n  data: {}\n  kind: ConfigMap\n  apiVersion: v1\n",
        false,
    ),
    ("functionConfig:\n  apiVersion: v1\n  kind: ConfigMap\n  metadata: {name: x}\n  data:\n", false),
    (
        "functionConfig:\n  metadata:\n    name: function-input\n  data: {strict: \"false\", sidecars: \"a*, proxy\", rules: unmatched-entry=Off}\n  kind: ConfigMap\n  apiVersion: v1\n",
        true,
    ),
    (
        "functionConfig:\n  apiVersion: v1\n  kind: ConfigMap\n  metadata:\n    name: x\n  data:\n    sidecars: |\n      proxy\n    onRefusal: Auto\n",
        true,
    ),
    ("functionConfig: {\"apiVersion\": \"v1\", \"kind\": \"ConfigMap\", \"data\": {\"sidecars\": \"proxy\"}}\n", true),
    (
        "functionConfig:\n  apiVersion: convert-sidecars.dev/v1alpha1\n  kind: ConvertSidecars\n  metadata:\n    name: x\n",
        false,
    ),
    (
        "functionConfig:\n  apiVersion: convert-sidecars.dev/v1alpha1\n  kind: ConvertSidecars # of the file\n  metadata:\n    name: x\n    annotations:\n      config.kubernetes.io/function: |\n        container:\n          image: x\n      config.kubernetes.io/local-config: 'true'\n      internal.config.kubernetes.io/path: 'fn.yaml'\n      internal.config.k8s.io/kpt-resource-id: '3'\n  spec:\n    # comment\n    sidecars:\n    - container: proxy\n",
        true,
    ),
    (
        "functionConfig: {apiVersion: convert-sidecars.dev/v1alpha1, kind: ConvertSidecars, metadata: {name: x}, spec: {sidecars: [{container: proxy}]}}\n",
        true,
    ),
];

#[test]
fn r04_every_form_of_configuration_is_understood() {
    let head = |pod: &str| {
        let list = resource_list(&[pod], "x: y\n");
        list.split_once("functionConfig:").unwrap().0.to_owned()
    };
    for (config, selects) in GOOD_CONFIGS {
        let answer = ask(&(head(POD) + config));
        assert_eq!((answer.code, answer.stderr.as_str()), (Some(0), ""), "{config} {answer:?}");
        let expected = if selects { head(&native(POD)) } else { head(POD) } + config;
        assert!(answer.stdout.starts_with(&expected), "{config} {answer:?}");
        let told: &[&str] =
            if selects { &["info immutable-workload metadata.name", "info - spec.initContainers"] } else { &[] };
        assert_eq!(answer.told(), told, "{config}");
    }
}

/// What stands in `spec`, the field that is wrong, and words that the message must have.
const BAD_SPECS: [(&str, &str, &[&str]); 6] = [
    ("sidecar: [{container: proxy}]", "spec.sidecar", &["did you mean `sidecars`?"]),
    ("sidecars: [{contaner: proxy}]", "spec.sidecars[0].contaner", &["did you mean `container`?"]),
    ("action: check", "spec.action", &["Check"]),
    ("cluster: {minVersion: 1.30}", "spec.cluster.minVersion", &["quote"]),
    ("strict: maybe", "spec.strict", &["maybe"]),
    ("rules: {no-such-rule: Off}", "spec.rules", &["no-such-rule"]),
];

#[test]
fn r04_what_is_wrong_in_the_configuration_is_named_with_the_nearest_right_one() {
    for (spec, field, words) in BAD_SPECS {
        let config = format!(
            "apiVersion: convert-sidecars.dev/v1alpha1\nkind: ConvertSidecars\nmetadata:\n  name: x\nspec: {{{spec}}}\n"
        );
        let list = resource_list(&[POD], &config);
        let answer = ask(&list);
        assert_eq!(answer.code, Some(1), "{spec} {answer:?}");
        assert!(answer.stdout.starts_with(&list), "{spec} {answer:?}");
        let results = answer.results();
        assert_eq!(results.len(), 1, "{spec} {results:?}");
        assert_eq!(results[0]["severity"], "error");
        assert!(results[0]["field"]["path"].as_str().unwrap().starts_with(field), "{spec} {results:?}");
        let message = results[0]["message"].as_str().unwrap();
        assert!(words.iter().all(|word| message.contains(word)), "{spec}: {message}");
    }
}

/// Items that other programs send and that hold nothing to convert.
const ODD: [&str; 14] = [
    "apiVersion: v1\nmetadata:\n  name: no-kind\nspec:\n  containers: []\n",
    "kind: Pod\nmetadata:\n  name: no-version\nspec:\n  containers: []\n",
    "resources:\n- a.yaml\nimages: # for containers\n- name: proxy\n",
    "apiVersion: v1\nkind: Pod\nspec:\n  containers:\n",
    "apiVersion: v1\nkind: Pod\nmetadata: null\nspec:\n  containers: null\n  initContainers: null\n",
    "apiVersion: v1\nkind: Pod\nmetadata: []\nspec: containers\n",
    "apiVersion: v1\nkind: Pod\nmetadata:\n  name: numbers\nspec:\n  containers: [1, null, {name: 2}, [proxy]]\n",
    "apiVersion: kpt.dev/v1\nkind: Kptfile\nmetadata:\n  name: x\npipeline:\n  mutators:\n  - exec: convert-sidecars\n    configMap: {sidecars: proxy, containers: x}\n",
    "apiVersion: v1\nkind: ConfigMap\nmetadata:\n  name: local\n  annotations:\n    config.kubernetes.io/local-config: \"true\"\ndata:\n  pod: |\n    containers:\n    - name: proxy\n",
    "apiVersion: v1\nkind: List\nmetadata: {}\nitems: []\n",
    "apiVersion: v1\nkind: List\nitems:\n",
    "apiVersion: apps/v1\nkind: Deployment\nmetadata:\n  name: d\nspec:\n  template: null\n  # containers\n",
    "apiVersion: example.com/v1\nkind: Pod\nmetadata:\n  name: foreign\nspec:\n  containers:\n  - name: web\n  - name: proxy\n",
    "{}\n",
];

#[test]
fn r05_items_of_any_shape_pass_unchanged() {
    let config = select(&["proxy"]);
    // The configuration is an item itself when kpt reads it from the package.
    let mut items = ODD.to_vec();
    items.push(&config);
    let list = resource_list(&items, &config);
    let answer = ask(&list);
    assert_eq!(answer.code, Some(0), "{answer:?}");
    assert!(answer.stdout.starts_with(&list), "{answer:?}");
    assert_eq!(answer.told(), ["info unmatched-entry spec.sidecars[0]"]);
}

#[test]
fn r05_a_list_as_an_item_is_entered() {
    let indented = indent(POD);
    let of = |pod: &str| format!("apiVersion: v1\nkind: List\nmetadata: {{name: l}}\nitems:\n-{}", &pod[1..]);
    let answer = ask(&list_of(&[&of(&indented)]));
    assert!(answer.stdout.starts_with(&list_of(&[&of(&native(&indented))])), "{answer:?}");
    assert_eq!(answer.results()[0]["resourceRef"]["name"], "pod");
}

#[test]
fn r05_ambiguous_keys_and_names_are_refused() {
    let twice = POD.replace("    image: envoy:1.2\n", "    image: envoy:1.2\n    image: envoy:1.3\n");
    let answer = ask(&list_of(&[&twice]));
    assert_eq!(answer.code, Some(1), "{answer:?}");
    assert!(answer.told()[0].starts_with("error duplicate-key "), "{:?}", answer.told());

    let both =
        POD.replace("  containers:\n", "  initContainers:\n  - name: proxy\n    image: setup:1\n  containers:\n");
    let answer = ask(&list_of(&[&both]));
    assert_eq!(answer.code, Some(1), "{answer:?}");
    assert!(answer.told()[0].starts_with("error name-in-both-lists "), "{:?}", answer.told());
}

#[test]
fn r05_an_anchor_never_ends_up_behind_its_alias() {
    let anchored = |containers: &str| format!("apiVersion: v1\nkind: Pod\nmetadata:\n  name: pod\nspec:\n{containers}");
    // The sidecar uses what the main container defines, so the new list goes behind the old one.
    let web = "  - name: web\n    image: web:1.0\n    resources: &small\n      limits: {cpu: 100m}\n";
    let proxy = |line: &str| format!("  - name: proxy\n{line}    image: envoy:1.2\n    resources: *small\n");
    let tail = "  - name: tail\n    image: tail:1\n";
    let text = anchored(&format!("  containers:\n{web}{}{tail}", proxy("")));
    let after =
        anchored(&format!("  containers:\n{web}{tail}  initContainers:\n{}", proxy("    restartPolicy: Always\n")));
    let answer = ask(&list_of(&[&text]));
    assert!(answer.stdout.starts_with(&list_of(&[&after])), "{answer:?}");
    // With an old list in front there is no such place.
    let init = "  initContainers:\n  - name: migrate\n    image: migrate:3\n";
    let text = anchored(&format!("{init}  containers:\n{web}{}{tail}", proxy("")));
    let answer = ask(&list_of(&[&text]));
    assert_eq!(answer.code, Some(1), "{answer:?}");
    assert!(answer.told()[0].starts_with("error anchor-order "), "{:?}", answer.told());
    assert!(answer.stdout.starts_with(&list_of(&[&text])));
    // The trailing sidecar stays where it is, behind the anchor.
    let text = anchored(&format!("  containers:\n{web}{}", proxy("")));
    let answer = ask(&list_of(&[&text]));
    assert!(answer.stdout.starts_with(&list_of(&[&native(&text)])), "{answer:?}");
}

#[test]
fn r05_captured_oddities_come_back_as_they_are() {
    for name in [
        "kpt-annos.stdin",
        "kpt-kustomization-file.stdin",
        "kpt-render-sel.1.stdin",
        "kpt-empty.stdin",
        "kpt-anchors.stdin",
        "kz-generator.stdin",
    ] {
        let Some(list) = capture(name) else { return };
        let list = with_config(&list, &["no-such-container"]);
        let answer = ask(&list);
        assert_eq!(answer.code, Some(0), "{name} {answer:?}");
        assert!(answer.stdout.starts_with(&list), "{name} {answer:?}");
        assert_eq!(answer.told(), ["info unmatched-entry spec.sidecars[0]"], "{name}");
    }
    let answer = ask(&list_of(&[LONELY]));
    assert_eq!(answer.told(), ["error no-main-container spec.containers"]);
}
