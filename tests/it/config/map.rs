use super::{Run, custom, init_of, pod};

/// A ConfigMap with this `data`, in block style.
fn map(data: &str) -> String {
    let data: String = data.lines().map(|line| format!("  {line}\n")).collect();
    format!("apiVersion: v1\nkind: ConfigMap\nmetadata: {{name: test}}\ndata:\n{data}")
}

/// The same wish in both forms has the same effect.
#[test]
fn every_key_means_what_the_field_of_the_custom_kind_means() {
    let input = pod(&["web", "log-a", "proxy"])
        .replace("spec:\n", "spec:\n  initContainers:\n  - name: setup\n    image: s\n")
        + "    restartPolicy: Always\n    restartPolicyRules: [{action: Restart}]\n    ports: [{hostPort: 1}]\n";
    let rules = "rules: {host-port-unmapped: Info}";
    let flat = "rules: host-port-unmapped=Info";
    for (data, spec) in [
        ("sidecars: log-a", "sidecars: [{container: log-a}]"),
        ("sidecars: ' log-*, nothing,, '", "sidecars: [{container: 'log-*'}, {container: nothing}]"),
        (
            "sidecars: |\n  log-a\n  proxy\nminVersion: '1.35'",
            "sidecars: [{container: log-a}, {container: proxy}]\ncluster: {minVersion: '1.35'}",
        ),
        (
            "sidecars: proxy\nminVersion: '1.33'\nmaxVersion: '1.34'\nrules: host-port-unmapped=Info",
            "sidecars: [{container: proxy}]\ncluster: {minVersion: '1.33', maxVersion: '1.34'}\nrules: {host-port-unmapped: Info}",
        ),
        ("sidecars: log-a\naction: Check", "sidecars: [{container: log-a}]\naction: Check"),
        ("sidecars: log-a\nposition: First", "sidecars: [{container: log-a}]\nposition: {type: First}"),
        (
            "sidecars: log-a\nposition: Before:setup",
            "sidecars: [{container: log-a}]\nposition: {type: Before, container: setup}",
        ),
        (
            "sidecars: log-a\nposition: ' After : setup '",
            "sidecars: [{container: log-a}]\nposition: {type: After, container: setup}",
        ),
        (
            "sidecars: log-a\nposition: Last\ndirection: ToNative\nedits: None\ncatalog: None\nstartupProbe: Keep",
            "sidecars: [{container: log-a}]",
        ),
        ("sidecars: proxy\nonRefusal: Skip", "sidecars: [{container: proxy}]\nonRefusal: Skip"),
        ("sidecars: proxy\nonRefusal: Fail", "sidecars: [{container: proxy}]\nonRefusal: Fail"),
        ("sidecars: nothing\nstrict: 'true'", "sidecars: [{container: nothing}]\nstrict: true"),
        ("sidecars: nothing\nstrict: 'false'", "sidecars: [{container: nothing}]"),
        (
            "sidecars: nothing\nrules: 'unmatched-entry=Off, host-port-unmapped = Info'",
            "sidecars: [{container: nothing}]\nrules: {unmatched-entry: Off, host-port-unmapped: Info}",
        ),
        ("{}", "{}"),
        (flat, rules),
    ] {
        let (flat, full) = (Run::new(&map(data), &input), Run::new(&custom(spec), &input));
        assert_eq!(flat.text, full.text, "{data}");
        let told: Vec<_> = full
            .told()
            .iter()
            .map(|line| line.replace("spec.sidecars[0]", "data.sidecars").replace("spec.sidecars[1]", "data.sidecars"))
            .collect();
        assert_eq!(flat.told(), told, "{data}");
        assert_eq!(flat.converted(), full.converted(), "{data}");
    }
    assert_eq!(init_of(&Run::new(&map("sidecars: log-a\nposition: First"), &input).text), ["log-a*", "setup"]);
}

#[test]
fn every_mistake_is_an_error_at_its_key_of_data() {
    for (data, field, words) in [
        ("sidecar: proxy", "data.sidecar", "did you mean `sidecars`?"),
        ("minversion: '1.29'", "data.minversion", "did you mean `minVersion`?"),
        ("sidecars: [proxy]", "data.sidecars", "quote the value"),
        ("sidecars: 'log-.*'", "data.sidecars", "write `log-*`"),
        ("minVersion: latest", "data.minVersion", "`latest` is no Kubernetes version"),
        ("minVersion: '1.30'\nmaxVersion: '1.29'", "data.maxVersion", "1.29 is older"),
        ("action: check", "data.action", "did you mean `Check`?"),
        ("direction: ToLegacy", "data.direction", "use ToNative"),
        ("edits: Sale", "data.edits", "did you mean `Safe`?"),
        ("startupProbe: FromReadyness", "data.startupProbe", "did you mean `FromReadiness`?"),
        ("catalog: Listed", "data.catalog", "use `kind: ConvertSidecars`, or name them in `sidecars`"),
        ("catalog: Recomended", "data.catalog", "did you mean `Recommended`?"),
        ("catalogWorkloads: Jobs", "data.catalogWorkloads", "not one of RunToCompletion, All"),
        ("startupProbe: Custom", "data.startupProbe", "not one of"),
        ("onRefusal: Never", "data.onRefusal", "not one of Fail, Skip, Auto"),
        ("strict: 'yes'", "data.strict", "neither true nor false"),
        ("position: Middle", "data.position", "not one of Last, First, Before, After"),
        ("position: Before", "data.position", "needs the container"),
        ("position: 'Before:'", "data.position", "needs the container"),
        ("position: Last:setup", "data.position", "no meaning beside `type: Last`"),
        ("rules: unmatched-entry", "data.rules", "write `name=Warning`"),
        ("rules: unmatched-entry=Of", "data.rules", "did you mean `Off`?"),
        ("rules: unmached-entry=Off", "data.rules", "did you mean `unmatched-entry`?"),
        ("rules: no-main-container=Off", "data.rules", "cannot be lowered"),
    ] {
        let run = Run::new(&map(data), &pod(&["web"]));
        let [error] = run.diagnostics.as_slice() else { panic!("{data}: {:#?}", run.diagnostics) };
        assert_eq!(run.told(), [format!("error  {field}")], "{data}");
        assert!(error.text().contains(words), "{data}: {}", error.text());
        assert_eq!(error.resource.as_ref().unwrap().kind, "ConfigMap");
    }
    let list = Run::new("apiVersion: v1\nkind: ConfigMap\ndata: [proxy]\n", &pod(&["web"]));
    assert_eq!(list.told(), ["error  data"]);
}

/// kpt writes `minVersion: 1.30` with quotes; a person may not, and a ConfigMap's values are texts all the same.
#[test]
fn a_version_in_a_config_map_is_taken_as_it_is_written() {
    for version in ["1.30", "'1.30'"] {
        let run = Run::new(&map(&format!("sidecars: proxy\nminVersion: {version}")), &pod(&["web", "proxy"]));
        assert_eq!(run.told(), [""; 0], "{version}");
    }
    let too_old = Run::new(&map("sidecars: proxy\nminVersion: 1.20"), &pod(&["web", "proxy"]));
    assert_eq!(too_old.told(), ["error cluster-too-old spec.initContainers"]);
    assert!(too_old.diagnostics[0].message.contains("1.20"), "{:?}", too_old.diagnostics);
}
