use std::collections::BTreeSet;

use convert_sidecars::catalog::profile::{Op, Profile};
use convert_sidecars::config::{EditLevel, Position, StartupProbe, Treatment};
use convert_sidecars::k8s::pod_spec::{Container, List, PodSpec};
use convert_sidecars::krm::resource::{Shape, read};
use convert_sidecars::locate::locate;
use convert_sidecars::lower::{Place, lower};
use convert_sidecars::propose::propose;
use convert_sidecars::select::{Candidate, Reason, Selection};
use convert_sidecars::verify::{Plan, verify};
use convert_sidecars::yaml::edit::Edits;
use convert_sidecars::yaml::tree::{NodeId, Tree};

use crate::corpus::{self, Manifest, in_parallel};
use crate::support::{convert_with, select_anyway};

/// Every operation that a profile can ask for, on whatever the container has.
pub(crate) const EVERYTHING: &str = r#"
name: everything
match: [{container: ["*"]}]
startupProbe:
  probe:
    httpGet: {path: /ready, port: 1, httpHeaders: [{name: X, value: "1"}]}
    failureThreshold: 60
  requires: [{args: [--probe-me], add: --probe-me}]
placement: {type: First}
edits:
- {op: RemovePreStop, reason: r, applicability: Safe}
- {op: RemovePostStart, reason: r}
- {op: SetPreStop, handler: {exec: {command: [drain, "--port={annotations[x.example.com/port] or 1}"]}}, reason: r}
- {op: RemoveArgs, args: ["--*"], reason: r}
- {op: AddArgs, args: [--added, "true"], reason: r}
- {op: SetEnv, name: POD_NAME, value: one, reason: r}
- {op: SetEnv, name: ADDED, value: "on", reason: r}
- {op: RemoveEnv, name: "*_PASSWORD", reason: r}
- {op: SetAnnotation, name: example.com/native, value: "true", reason: r}
- {op: RemoveAnnotation, name: kubectl.kubernetes.io/default-container, reason: r}
- {op: MoveInAnnotation, name: sidecar.istio.io/status, reason: r}
- {op: MoveInitFirst, containers: [the last], reason: r}
"#;

/// That profile, for a pod with this last init container.
pub(crate) fn everything(profile: &Profile, last: Option<&str>) -> Profile {
    let mut profile = profile.clone();
    for edit in &mut profile.edits {
        if let Op::MoveInitFirst(names) = &mut edit.op {
            *names = last.iter().map(|name| (*name).to_owned()).collect();
        }
    }
    profile
}

/// The text with all edits on one container, or why not.
pub(crate) fn edited(
    (tree, object): (&Tree<'_>, NodeId),
    pod: &PodSpec,
    container: Container<'_>,
    profile: &Profile,
) -> Result<String, String> {
    let treatment = Treatment {
        position: Position::Last,
        is_position_stated: false,
        startup_probe: StartupProbe::Profile,
        edits: EditLevel::All,
    };
    let candidates = vec![Candidate {
        container,
        reason: Reason::Explicit,
        treatment,
        profile: Some(profile),
        recognised: Some(profile),
    }];
    let proposal = propose(tree, pod, &Selection { candidates, ..Selection::default() });
    let place = Place::new(tree, object, &|_| false);
    let edits =
        lower(&place, pod, &proposal.ops).map_err(|finding| format!("{}: {}", finding.rule, finding.message))?;
    let written = Edits::new(edits).map_err(|overlap| format!("internal error: {overlap}"))?.apply(tree.text);
    let plan = Plan { tree, object, shape: Shape::Document, pods: std::slice::from_ref(pod), ops: &proposal.ops };
    match verify(&plan, &written) {
        Ok(()) => Ok(written),
        Err(why) => Err(format!("internal error: {why}\n{written}")),
    }
}

/// What becomes of each container of a manifest.
fn outcomes(manifest: &Manifest, profile: &Profile) -> Vec<Result<String, String>> {
    let mut outcomes = Vec::new();
    for text in corpus::documents_of(&manifest.text) {
        let Ok(Some((tree, object))) = read(&text, Shape::Document) else { continue };
        for pod in locate(&tree, object, &[]) {
            let all = pod.containers(&tree, List::Main);
            let profile = everything(profile, pod.containers(&tree, List::Init).last().map(|one| one.name));
            for container in all.iter().filter(|_| all.len() > 1) {
                let outcome = edited((&tree, object), &pod, *container, &profile);
                outcomes.push(outcome.map_err(|why| format!("{}: {why}", manifest.file)));
            }
        }
    }
    outcomes
}

#[test]
fn every_edit_can_be_made_in_every_real_container() {
    let Some(manifests) = corpus::corpus() else { return };
    let profile = convert_sidecars::catalog::read(EVERYTHING).unwrap();
    let outcomes = in_parallel(manifests, |manifest| outcomes(manifest, &profile));
    let outcomes: Vec<_> = outcomes.into_iter().flatten().collect();
    let refused: BTreeSet<_> = outcomes.iter().filter_map(|one| one.as_ref().err()).collect();
    // A container without a name, and a key that stands twice.
    let is_known = |why: &&&String| {
        why.contains("02-assert.yaml: unsupported-yaml: ") || why.contains("controller.yaml.j2: duplicate-key: ")
    };
    assert!(outcomes.len() > 500, "only {} containers", outcomes.len());
    assert!(refused.iter().all(|why| is_known(&why)), "{refused:#?}");
}

/// With the edits and probes of the catalogue, and with those that are made of readiness probes; what is refused in
/// both runs is told in both.
#[test]
fn a_second_run_with_edits_and_probes_changes_nothing() {
    let Some(manifests) = corpus::corpus() else { return };
    let tried = in_parallel(manifests, |manifest| {
        let pods = corpus::pods_of(&manifest.text).unwrap_or_default();
        let names: BTreeSet<_> = pods.iter().flat_map(|pod| pod.containers.iter().skip(1)).collect();
        let names: Vec<_> = names.into_iter().filter(|name| corpus::is_selectable(name)).map(String::as_str).collect();
        if names.is_empty() {
            return 0;
        }
        for source in ["Profile", "FromReadiness"] {
            let config = select_anyway(&names).replace("edits: None", "edits: All");
            let config = format!("{config}  startupProbe: {{source: {source}}}\n  onRefusal: Skip\n");
            let once = convert_with(&manifest.text, &config);
            assert!(!once.failed, "{}: {:?}", manifest.file, once.diagnostics);
            let again = convert_with(&once.text, &config);
            assert_eq!(again.text, once.text, "{}: {source}", manifest.file);
            let is_new = |one: &&String| !once.diagnostics.contains(one);
            let new: Vec<_> = again.diagnostics.iter().filter(is_new).collect();
            assert!(new.is_empty(), "{}: {source}: {new:?}", manifest.file);
        }
        1
    });
    let tried: usize = tried.into_iter().sum();
    assert!(tried > 100, "only {tried} files");
}
