use convert_sidecars::{Options, run};

/// What the rules on JobSpecs say about a text: rule and field.
fn told(text: &str, config: &str) -> Vec<String> {
    let config = format!(
        "apiVersion: convert-sidecars.dev/v1alpha1\nkind: ConvertSidecars\nmetadata: {{name: test}}\nspec:\n  cluster: {{minVersion: '1.36'}}\n  sidecars: [{{container: side}}]\n{config}"
    );
    let answer = run(text, &Options { config: Some(&config), ..Options::default() }).unwrap();
    let rules = ["pod-failure-policy-target", "exit-codes-any-container", "backoff-counts-restarts"];
    let found = answer.diagnostics.iter().filter(|one| rules.contains(&one.rule));
    found.map(|one| format!("{} {}", one.rule, one.field)).collect()
}

const POLICY: &str = "podFailurePolicy: {rules: [{action: Ignore, onPodConditions: []}, {action: FailJob, onExitCodes: {containerName: side, operator: In, values: [3]}}]}";
const POD: &str = "restartPolicy: Never, containers: [{name: main, image: m}, {name: side, image: s}]";

/// A JobSpec is found wherever a kind keeps it, and nothing else is taken for one.
#[test]
fn the_failure_policy_is_that_of_the_jobspec_around_the_pod() {
    let job = format!("{{{POLICY}, template: {{spec: {{{POD}}}}}}}");
    let wanted = |path: &str| {
        vec![format!("pod-failure-policy-target {path}podFailurePolicy.rules[1].onExitCodes.containerName")]
    };
    let plain = format!("apiVersion: batch/v1\nkind: Job\nspec: {job}\n");
    assert_eq!(told(&plain, ""), wanted("spec."));
    let list = format!("apiVersion: v1\nkind: List\nitems:\n- apiVersion: batch/v1\n  kind: Job\n  spec: {job}\n");
    assert_eq!(told(&list, ""), wanted("items[0].spec."));
    let aliased = format!(
        "apiVersion: batch/v1\nkind: Job\nmetadata: {{annotations: &policy {{{POLICY}}}}}\nspec:\n  <<: *policy\n  template: {{spec: {{{POD}}}}}\n"
    );
    assert_eq!(told(&aliased, ""), wanted("spec."));
    let many = format!("apiVersion: example.com/v1\nkind: Jobs\nspec: {{jobs: [{{}}, {job}]}}\n");
    let kind = "  workloads: {extraKinds: [{apiVersion: example.com/v1, kind: Jobs, podSpecPath: 'spec.jobs[].template.spec'}]}\n";
    assert_eq!(told(&many, kind), wanted("spec.jobs[1]."));
    let pod = format!("apiVersion: v1\nkind: Pod\nspec: {{{POD}}}\n{POLICY}\n");
    assert_eq!(told(&pod, ""), Vec::<String>::new());
}

/// Which codes a rule for any container matches, and that 0 of retries is no missing number.
#[test]
fn exit_codes_and_retries_are_read_as_the_job_controller_reads_them() {
    let codes = |rule: &str| {
        let policy = format!("podFailurePolicy: {{rules: [{{action: Count, onExitCodes: {{{rule}}}}}]}}");
        told(&format!("apiVersion: batch/v1\nkind: Job\nspec: {{{policy}, template: {{spec: {{{POD}}}}}}}\n"), "").len()
    };
    assert_eq!(codes("operator: In, values: [143]"), 1);
    assert_eq!(codes("operator: In, values: [1, 137]"), 1);
    assert_eq!(codes("operator: In, values: [1, 139]"), 0);
    assert_eq!(codes("operator: NotIn, values: [143]"), 1);
    assert_eq!(codes("operator: NotIn, values: [137, 143]"), 0);
    assert_eq!(codes("containerName: '', operator: In, values: [143]"), 1);
    assert_eq!(codes("containerName: main, operator: In, values: [143]"), 0);

    let retries = |spec: &str| {
        let pod = POD.replace("Never", "OnFailure");
        told(&format!("apiVersion: batch/v1\nkind: Job\nspec: {{{spec}template: {{spec: {{{pod}}}}}}}\n"), "").len()
    };
    assert_eq!(retries("backoffLimit: 0, "), 1);
    assert_eq!(retries("backoffLimit: 1, "), 0);
    assert_eq!(retries(""), 0);
}
