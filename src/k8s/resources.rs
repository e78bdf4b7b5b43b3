//! What a pod asks for: the requests and limits of its containers, by their position, and of the pod itself.

use std::collections::BTreeMap;

use super::pod_spec::{field, fields};
use super::quantity::Quantity;
use super::version::Version;
use crate::yaml::tree::{NodeId, Tree};

/// Amounts by resource. `None` stands for an amount that cannot be computed with, and for every sum with it.
pub type Amounts<'t> = BTreeMap<&'t str, Option<Quantity>>;

/// Requests or limits.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Side {
    /// `requests`: what the scheduler sets aside.
    Requests,
    /// `limits`: what the pod may use.
    Limits,
}

impl Side {
    /// The key in `resources`.
    pub fn key(self) -> &'static str {
        match self {
            Self::Requests => "requests",
            Self::Limits => "limits",
        }
    }
}

/// An entry of `initContainers`, as far as its position and its amounts are concerned.
#[derive(Debug, Clone)]
pub struct Init<'t> {
    /// Whether it is a native sidecar, and so runs beside all that comes after it.
    pub is_sidecar: bool,
    /// What it asks for.
    pub amounts: Amounts<'t>,
}

/// The amounts in the `resources` of a container or of a pod spec, as they are written.
pub fn written<'t>(tree: &'t Tree<'_>, holder: NodeId, side: Side) -> Amounts<'t> {
    let amounts = field(tree, holder, "resources").and_then(|resources| field(tree, resources, side.key()));
    read(tree, amounts)
}

/// The amounts that a container asks for: a limit without a request is a request too.
///
/// Source: Kubernetes `pkg/apis/core/v1/defaults.go`, `SetDefaults_Pod`, for both lists of containers. Defaults that a
/// LimitRange of the namespace gives are not known here.
pub fn asked<'t>(tree: &'t Tree<'_>, container: NodeId, side: Side) -> Amounts<'t> {
    let mut amounts = written(tree, container, side);
    if side == Side::Requests {
        for (resource, limit) in written(tree, container, Side::Limits) {
            amounts.entry(resource).or_insert(limit);
        }
    }
    amounts
}

/// `spec.overhead`: what the pod's runtime needs beside its containers.
pub fn overhead<'t>(tree: &'t Tree<'_>, pod_spec: NodeId) -> Amounts<'t> {
    read(tree, field(tree, pod_spec, "overhead"))
}

fn read<'t>(tree: &'t Tree<'_>, amounts: Option<NodeId>) -> Amounts<'t> {
    let amounts = amounts.map_or_else(Vec::new, |amounts| fields(tree, amounts));
    amounts.into_iter().map(|(resource, value)| (resource, Quantity::read(tree, value))).collect()
}

/// What a pod effectively asks for: the most that is needed at once, during initialisation or afterwards.
///
/// An ordinary init container runs beside the sidecars before it, so it counts with their sum; afterwards all
/// sidecars and regular containers run. Source: `k8s.io/component-helpers/resource/helpers.go`,
/// `AggregateContainerRequests` and `AggregateContainerLimits`, 1.28 to 1.36.
pub fn effective<'t>(init: &[Init<'t>], main: &[Amounts<'t>]) -> Amounts<'t> {
    let mut running = Amounts::new();
    let mut most = Amounts::new();
    for one in init {
        if one.is_sidecar {
            add(&mut running, &one.amounts);
        } else {
            let mut together = running.clone();
            add(&mut together, &one.amounts);
            raise(&mut most, &together);
        }
    }
    for amounts in main {
        add(&mut running, amounts);
    }
    raise(&mut most, &running);
    most
}

/// Adds amounts to others, resource by resource.
pub fn add<'t>(sum: &mut Amounts<'t>, more: &Amounts<'t>) {
    for (resource, amount) in more {
        let entry = sum.entry(resource).or_insert(Some(Quantity::ZERO));
        *entry = entry.zip(*amount).and_then(|(left, right)| left.checked_add(right));
    }
}

/// Takes the larger amount of each resource.
fn raise<'t>(most: &mut Amounts<'t>, other: &Amounts<'t>) {
    for (resource, amount) in other {
        let entry = most.entry(resource).or_insert(*amount);
        *entry = entry.zip(*amount).map(|(left, right)| if right > left { right } else { left });
    }
}

/// `spec.resources` (KEP-2837): alpha in 1.32, beta and on in 1.34 (`pkg/features/kube_features.go`, `PodLevelResources`).
pub const POD_LEVEL_GATE: &str = "PodLevelResources";

/// The first release that knows `spec.resources` where the gate is on.
pub const POD_LEVEL_ALPHA: Version = Version::minor(32);
/// The first release in which the gate is on by default.
pub const POD_LEVEL_BETA: Version = Version::minor(34);

/// Whether `spec.resources` counts in a release; `gate` is what the gate is set to, if it is.
pub fn has_pod_level(release: Version, gate: Option<bool>) -> bool {
    release >= POD_LEVEL_ALPHA && gate.unwrap_or(release >= POD_LEVEL_BETA)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::yaml::parse::parse;

    fn shown(amounts: &Amounts<'_>) -> String {
        let amount = |(name, amount): (&&str, &Option<Quantity>)| match amount {
            Some(amount) => format!("{name} {amount}"),
            None => format!("{name} ?"),
        };
        amounts.iter().map(amount).collect::<Vec<_>>().join(", ")
    }

    #[test]
    fn an_init_container_counts_with_the_sidecars_before_it() {
        // By the formula: max(1000m, 500m + 200m) as long as the sidecar is last, max(200m + 1000m, 700m) when it is first.
        let tree = parse(
            "init: {resources: {requests: {cpu: 1, memory: 2Gi}}}\napp: {resources: {requests: {cpu: 500m, memory: 512Mi}}}\nside: {resources: {limits: {cpu: 200m, memory: 256Mi}}}\n",
        )
        .unwrap();
        let of = |name: &str| asked(&tree, field(&tree, tree.roots[0], name).unwrap(), Side::Requests);
        let init = |name: &str, is_sidecar: bool| Init { is_sidecar, amounts: of(name) };
        let legacy = effective(&[init("init", false)], &[of("app"), of("side")]);
        let last = effective(&[init("init", false), init("side", true)], &[of("app")]);
        let first = effective(&[init("side", true), init("init", false)], &[of("app")]);
        assert_eq!(shown(&legacy), "cpu 1, memory 2Gi");
        assert_eq!(shown(&last), "cpu 1, memory 2Gi");
        assert_eq!(shown(&first), "cpu 1200m, memory 2304Mi");
    }

    #[test]
    fn a_limit_is_a_request_unless_there_is_one_and_the_unreadable_stays_unknown() {
        let tree =
            parse("{resources: {requests: {cpu: 1, memory: lots}, limits: {cpu: 2, memory: 1Gi, gpu: 1}}}").unwrap();
        let requests = asked(&tree, tree.roots[0], Side::Requests);
        assert_eq!(shown(&requests), "cpu 1, gpu 1, memory ?");
        assert_eq!(shown(&asked(&tree, tree.roots[0], Side::Limits)), "cpu 2, gpu 1, memory 1Gi");
        assert_eq!(shown(&effective(&[], &[requests.clone(), requests])), "cpu 2, gpu 2, memory ?");
    }

    #[test]
    fn pod_level_resources_count_from_the_release_that_knows_them() {
        let found = |gate| [31, 32, 33, 34].map(|minor| has_pod_level(Version::minor(minor), gate));
        assert_eq!(found(None), [false, false, false, true]);
        assert_eq!(found(Some(true)), [false, true, true, true]);
        assert_eq!(found(Some(false)), [false; 4]);
    }
}
