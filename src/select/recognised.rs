//! What the catalogue selects by itself, and what it must not.

use crate::catalog::profile::{Profile, Role, Workloads};
use crate::config::catalogue::Mode;
use crate::config::{Config, Support};
use crate::k8s::pod_spec::{Container, PodSpec};
use crate::k8s::workloads::Verdict;
use crate::locate::kind_of;
use crate::yaml::tree::Tree;

use super::{Candidate, Reason, annotations};

/// Names the main container (Kubernetes, well-known annotations).
const DEFAULT_CONTAINER: &str = "kubectl.kubernetes.io/default-container";

/// Labels that name what a workload is (Kubernetes, recommended labels, and the two before them).
const NAMING_LABELS: [&str; 3] = ["app.kubernetes.io/name", "app", "k8s-app"];

/// Whether the catalogue selects anything in this pod, which has so many main containers. Kinds that may not take native
/// sidecars, or of which nobody knows, are for those who name a container there.
pub(super) fn is_active(config: &Config, pod: &PodSpec, mains: usize) -> bool {
    let takes_native = pod.verdict() == Verdict::Convert
        && pod.kind.is_some_and(|kind| matches!(config.cluster.support(kind), Support::Known));
    is_in_use(config, pod) && mains > 1 && takes_native
}

/// Whether the catalogue is used for workloads like this one.
pub(super) fn is_in_use(config: &Config, pod: &PodSpec) -> bool {
    let catalogue = &config.catalogue;
    catalogue.mode != Mode::None && (catalogue.workloads == Workloads::All || pod.runs_to_completion)
}

/// Takes out of the candidates what the catalogue alone selected and what is, or may be, what the pod is there for.
///
/// `profile_of` gives the profile that knows a container.
pub(super) fn leave_mains<'t>(
    tree: &Tree<'_>,
    pod: &PodSpec,
    mains: &[Container<'t>],
    candidates: &mut Vec<Candidate<'t>>,
    profile_of: impl Fn(&Container<'t>) -> Option<&'t Profile>,
) {
    let is_alone = |candidate: &Candidate<'_>| candidate.reason == Reason::Catalogue;
    if !candidates.iter().any(is_alone) {
        return;
    }
    // A pod that ends by itself does not have a main container that never ends.
    if !pod.runs_to_completion {
        let names = names_of(tree, pod);
        let is_daemon = kind_of(tree, pod.object).kind == "DaemonSet";
        candidates.retain(|candidate| {
            let is_agent =
                is_daemon && candidate.profile.is_some_and(|one| matches!(one.role, Role::Logs | Role::Telemetry));
            !is_alone(candidate) || !(is_agent || is_namesake(candidate, &names))
        });
    }
    let defaults: Vec<_> = annotations(tree, pod, DEFAULT_CONTAINER).collect();
    candidates.retain(|one| !is_alone(one) || defaults.iter().all(|(name, _)| *name != one.container.name));
    let stays = |container: &&Container<'t>| candidates.iter().all(|one| one.container.index != container.index);
    let is_main = |container: &Container<'t>| {
        profile_of(container).is_none_or(|profile| profile.may_be_main || profile.role == Role::Main)
    };
    if !mains.iter().filter(stays).any(is_main) {
        candidates.retain(|candidate| !is_alone(candidate));
    }
}

/// What the workload calls itself.
fn names_of<'t>(tree: &'t Tree<'_>, pod: &PodSpec) -> Vec<&'t str> {
    let text = |holder, keys: &[&str]| tree.find(holder, keys).and_then(|id| tree.scalar(id));
    let mut names: Vec<_> = text(pod.object, &["metadata", "name"]).into_iter().collect();
    for holder in [Some(pod.object), pod.template].into_iter().flatten() {
        names.extend(NAMING_LABELS.iter().filter_map(|label| text(holder, &["metadata", "labels", label])));
    }
    names
}

/// Whether the workload has the name of this container or of its profile in its own: `fluent-bit` in `logging-fluent-bit`.
fn is_namesake(candidate: &Candidate<'_>, names: &[&str]) -> bool {
    let profile = candidate.profile.map_or("", |profile| profile.name.as_str());
    let own = [candidate.container.name, profile];
    let has = |name: &str, word: &str| !word.is_empty() && format!("-{name}-").contains(&format!("-{word}-"));
    names.iter().any(|name| own.iter().any(|word| has(name, word)))
}
