//! From a pod spec to the containers that the configuration calls sidecars.

use crate::config::Config;
use crate::k8s::pod_spec::{Container, List, PodSpec, field};
use crate::yaml::tree::Tree;

/// What the configuration selects in one pod.
#[derive(Debug, Default)]
pub struct Selection<'t> {
    /// Entries of `containers` to be converted, in their order.
    pub candidates: Vec<Candidate<'t>>,
    /// Indexes of the entries of `spec.sidecars` that matched something, native sidecars included.
    pub matched: Vec<usize>,
}

/// A container that was selected.
#[derive(Debug, Clone, Copy)]
pub struct Candidate<'t> {
    /// The container.
    pub container: Container<'t>,
    /// Index of the first entry of `spec.sidecars` that matches it.
    pub entry: usize,
}

/// Applies the configuration to one pod.
pub fn select<'t>(tree: &'t Tree<'_>, pod: &PodSpec, config: &Config) -> Selection<'t> {
    let mut selection = Selection::default();
    let first_match = |container: &Container<'_>| {
        config.sidecars.iter().position(|entry| !container.name.is_empty() && entry.container.matches(container.name))
    };
    for container in pod.containers(tree, List::Main) {
        if let Some(entry) = first_match(&container) {
            selection.candidates.push(Candidate { container, entry });
            selection.matched.push(entry);
        }
    }
    let native = pod.containers(tree, List::Init).into_iter().filter(|container| is_native(tree, container));
    selection.matched.extend(native.filter_map(|container| first_match(&container)));
    selection
}

/// Whether an entry of `initContainers` is a native sidecar (KEP-753: `restartPolicy: Always`).
pub fn is_native(tree: &Tree<'_>, container: &Container<'_>) -> bool {
    container.list == List::Init
        && field(tree, container.node, "restartPolicy").and_then(|id| tree.scalar(id)) == Some("Always")
}
