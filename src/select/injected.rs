//! Sidecars that are not in the manifest: a workload asks an injector for them.

use super::profile_of;
use crate::catalog::asked_for;
use crate::catalog::profile::{Injector, Profile};
use crate::config::Config;
use crate::k8s::pod_spec::{Container, PodSpec, field};
use crate::yaml::path::Path;
use crate::yaml::tree::{NodeId, Tree};

/// A sidecar that an injector will put into the pods.
#[derive(Debug, Clone)]
pub struct Injected<'t> {
    /// What the catalogue knows of the sidecar.
    pub profile: &'t Profile,
    /// Who injects it.
    pub injector: &'t Injector,
    /// Whether the pod says already that it shall be native, or that it shall not.
    pub is_settled: bool,
    /// Whether it will be native for certain.
    pub is_native: bool,
    /// The metadata in which the workload asks for it.
    pub at: Path,
}

/// The sidecars that a pod asks for and does not have.
pub(super) fn injected<'t>(
    tree: &'t Tree<'_>,
    pod: &PodSpec,
    config: &'t Config,
    all: &[Container<'t>],
) -> Vec<Injected<'t>> {
    let Some((holder, at)) = pod.metadata_holder() else { return Vec::new() };
    let Some(metadata) = field(tree, holder, "metadata") else { return Vec::new() };
    let [labels, annotations] = ["labels", "annotations"].map(|key| pairs(tree, metadata, key));
    if labels.is_empty() && annotations.is_empty() {
        return Vec::new();
    }
    // A placeholder has the name and no image.
    let is_there = |profile: &Profile| {
        all.iter().any(|one| {
            let known = profile_of(tree, config, one, all);
            one.name == profile.name || known.is_some_and(|known| known.name == profile.name)
        })
    };
    let ask = |profile: &'t Profile| {
        let injector = profile.injector.as_ref()?;
        let is_asked = injector.labels.iter().any(|one| one.holds(&labels, false))
            || injector.annotations.iter().any(|one| one.holds(&annotations, false));
        if !is_asked || is_there(profile) {
            return None;
        }
        let set = injector.annotation.as_ref().map(|(name, value)| {
            let found = annotations.iter().find(|(key, _)| key == name);
            found.map(|(_, found)| *found == Some(value.as_str()))
        });
        let is_native = set == Some(Some(true));
        Some(Injected { profile, injector, is_settled: !matches!(set, Some(None)), is_native, at: at.key("metadata") })
    };
    let names: Vec<_> = labels.iter().chain(&annotations).copied().collect();
    asked_for(&names, &config.catalogue.own, config.catalogue.edition).filter_map(ask).collect()
}

fn pairs<'t>(tree: &'t Tree<'_>, metadata: NodeId, key: &str) -> Vec<(&'t str, Option<&'t str>)> {
    let all = field(tree, metadata, key);
    let pairs = all.into_iter().flat_map(|all| tree.pairs(all));
    pairs.filter_map(|(key, value)| Some((tree.scalar(key)?, tree.scalar(value)))).collect()
}
