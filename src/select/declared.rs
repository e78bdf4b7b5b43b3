//! Sidecars that a workload declares to other tools.

use crate::catalog::recognise::{named_variables, value};
use crate::k8s::pod_spec::{Container, PodSpec};
use crate::yaml::path::Path;
use crate::yaml::tree::Tree;

use super::Holder;

/// Texts one of which stands in every slice that declares a sidecar.
pub const LITERALS: [&str; 5] = [super::SIDECARS, NRMITCHI, KRUISE, KUBEXIT, ARGO];

/// `a,b`, read by nrmitchi/k8s-controller-sidecars (`handler.go`), which ends them when the others have ended.
const NRMITCHI: &str = "nrmitchi.com/sidecars";
/// `"true"` on the sidecar itself, read by OpenKruise (openkruise.io, `docs/user-manuals/jobsidecarterminator.md`), which ends it when the
/// others have ended; the same for `…_WITH_IMAGE`, which names the image to do it with.
const KRUISE: &str = "KRUISE_TERMINATE_SIDECAR_WHEN_JOB_EXIT";
/// The containers after whose end karlkfi/kubexit (`README.md`) ends this one.
const KUBEXIT: &str = "KUBEXIT_DEATH_DEPS";
/// Behind it the name of a container that Argo Workflows (`workflow/common/common.go`) ends by the command that is the value.
const ARGO: &str = "workflows.argoproj.io/kill-cmd-";

/// A declaration.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Declaration {
    /// The annotation or variable.
    pub marker: String,
    /// Where it stands.
    pub at: Path,
}

/// The declarations that name this container.
pub fn declarations(tree: &Tree<'_>, pod: &PodSpec, container: &Container<'_>) -> Vec<Declaration> {
    let mut found = Vec::new();
    let held = Holder::ALL.map(|holder| (holder, holder.find(tree, pod)));
    let held = || held.iter().filter_map(|(holder, all)| Some((holder, (*all)?)));
    for (holder, all) in held() {
        let list = tree.get(all, NRMITCHI).and_then(|id| tree.scalar(id));
        if list.is_some_and(|list| list.split(',').any(|name| name.trim() == container.name)) {
            found.push(Declaration { marker: NRMITCHI.to_owned(), at: holder.annotations(pod) });
        }
    }
    for (holder, all) in held() {
        let names = tree.pairs(all).filter_map(|(key, _)| tree.scalar(key));
        for name in names.filter(|name| name.strip_prefix(ARGO).is_some_and(|of| of == container.name)) {
            found.push(Declaration { marker: name.to_owned(), at: holder.annotations(pod) });
        }
    }
    let is_marker = |name: &str| name == KRUISE || name == KUBEXIT;
    let set: Vec<_> = named_variables(tree, container.node).filter(|(name, _)| is_marker(name)).collect();
    for (marker, wanted) in [(KRUISE, Some("true")), (KUBEXIT, None)] {
        let is_set = |node| wanted.is_none() || value(tree, node) == wanted;
        if set.iter().any(|(name, node)| *name == marker && is_set(*node)) {
            found.push(Declaration { marker: marker.to_owned(), at: pod.container_path(container).key("env") });
        }
    }
    found
}
