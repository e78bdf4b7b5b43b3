//! Objects that name the workload which they scale.

use kube_core::GroupVersionKind;

use super::buckets::Buckets;
use super::{Origin, Workload, entries, text};
use crate::yaml::tree::{NodeId, Tree};

/// A HorizontalPodAutoscaler or KEDA ScaledObject that looks at single containers.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Scaler {
    /// Which one.
    pub origin: Origin,
    /// The containers by whose resources it scales.
    pub containers: Vec<String>,
}

/// A VerticalPodAutoscaler.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Vpa {
    /// Which one.
    pub origin: Origin,
    /// Whether it applies what it recommends: `updateMode` is not `Off`.
    pub is_applied: bool,
    /// The containers with a policy of their own, each with whether the policy is not `Off`.
    pub policies: Vec<(String, bool)>,
}

/// All of them, by group, kind and name of what they scale.
#[derive(Debug, Default)]
pub(super) struct Targeting {
    pub(super) scalers: Buckets<Key, Scaler>,
    pub(super) vpas: Buckets<Key, Vpa>,
}

/// Group, kind and name.
pub(super) type Key = [String; 3];

/// Those of the objects that name the workload.
pub(super) fn of<'b, T>(
    objects: &'b Buckets<Key, T>,
    workload: &Workload<'_>,
) -> impl Iterator<Item = &'b T> + use<'b, T> {
    let key = || [workload.gvk().group.clone(), workload.gvk().kind.clone(), workload.name().to_owned()];
    let found = (!objects.is_empty()).then(|| objects.get(&key(), workload.namespace()));
    found.into_iter().flatten()
}

impl Targeting {
    pub(super) fn extend(&mut self, later: Self) {
        self.scalers.extend(later.scalers);
        self.vpas.extend(later.vpas);
    }

    pub(super) fn read(&mut self, tree: &Tree<'_>, object: NodeId, gvk: &GroupVersionKind) {
        let origin = Origin::of(tree, object);
        let namespace = origin.resource.namespace.clone();
        let field = if gvk.kind == "VerticalPodAutoscaler" { "targetRef" } else { "scaleTargetRef" };
        let Some(key) = reference(tree, object, field) else { return };
        match gvk.kind.as_str() {
            "HorizontalPodAutoscaler" | "ScaledObject" => {
                let containers =
                    if gvk.kind == "ScaledObject" { triggers(tree, object) } else { metrics(tree, object) };
                if !containers.is_empty() {
                    self.scalers.put(key, &namespace, Scaler { origin, containers });
                }
            }
            "VerticalPodAutoscaler" => {
                let policies = entries(tree, object, &["spec", "resourcePolicy", "containerPolicies"]);
                let policy = |policy| {
                    (text(tree, policy, &["containerName"]).to_owned(), text(tree, policy, &["mode"]) != "Off")
                };
                let vpa = Vpa {
                    origin,
                    is_applied: text(tree, object, &["spec", "updatePolicy", "updateMode"]) != "Off",
                    policies: policies.into_iter().map(policy).collect(),
                };
                self.vpas.put(key, &namespace, vpa);
            }
            _ => {}
        }
    }
}

/// The key of the object that a field refers to. KEDA takes a Deployment of `apps/v1` for what is left out.
fn reference(tree: &Tree<'_>, object: NodeId, field: &str) -> Option<Key> {
    let of = |key| text(tree, object, &["spec", field, key]);
    let kind = if of("kind").is_empty() { "Deployment" } else { of("kind") };
    let group = match of("apiVersion") {
        "" => "apps",
        version => version.split_once('/').map_or("", |(group, _)| group),
    };
    (!of("name").is_empty()).then(|| [group.to_owned(), kind.to_owned(), of("name").to_owned()])
}

/// The containers of an HPA's metrics of the type `ContainerResource`.
fn metrics(tree: &Tree<'_>, object: NodeId) -> Vec<String> {
    let metrics = entries(tree, object, &["spec", "metrics"]).into_iter();
    let metrics = metrics.filter(|metric| text(tree, *metric, &["type"]) == "ContainerResource");
    metrics.map(|metric| text(tree, metric, &["containerResource", "container"]).to_owned()).collect()
}

/// The containers of a ScaledObject's triggers, of which KEDA makes such metrics (`pkg/scalers/cpu_memory_scaler.go`).
fn triggers(tree: &Tree<'_>, object: NodeId) -> Vec<String> {
    let triggers = entries(tree, object, &["spec", "triggers"]).into_iter();
    let triggers = triggers.filter(|trigger| matches!(text(tree, *trigger, &["type"]), "cpu" | "memory"));
    let names = triggers.map(|trigger| text(tree, trigger, &["metadata", "containerName"]));
    names.filter(|name| !name.is_empty()).map(str::to_owned).collect()
}
