//! The kinds that carry pod templates, as a table.

use kube_core::GroupVersionKind;

/// A kind with a pod template.
#[derive(Debug, PartialEq, Eq)]
pub struct WorkloadKind {
    /// API group, empty for the core group.
    pub group: &'static str,
    /// Kind.
    pub kind: &'static str,
    /// Keys from the object to its pod spec.
    pub pod_spec: &'static [&'static str],
    /// API versions that had the kind; a version that is not listed is taken as well, since a kind keeps
    /// its pod template when its version rises.
    pub versions: &'static [&'static str],
    /// Whether its pods end by themselves, whatever their restart policy: the controller counts completions.
    pub runs_to_completion: bool,
}

const TEMPLATE: &[&str] = &["spec", "template", "spec"];

/// All kinds, by group and kind.
///
/// Source: the API reference of Kubernetes 1.36 for the present groups, the API types of
/// kubernetes 1.15 (`staging/src/k8s.io/api/{apps,extensions,batch}`) for those removed in 1.16 and 1.25.
pub const WORKLOADS: &[WorkloadKind] = &[
    WorkloadKind { group: "", kind: "Pod", pod_spec: &["spec"], versions: &["v1"], runs_to_completion: false },
    WorkloadKind {
        group: "",
        kind: "PodTemplate",
        pod_spec: &["template", "spec"],
        versions: &["v1"],
        runs_to_completion: false,
    },
    WorkloadKind {
        group: "",
        kind: "ReplicationController",
        pod_spec: TEMPLATE,
        versions: &["v1"],
        runs_to_completion: false,
    },
    WorkloadKind {
        group: "apps",
        kind: "ReplicaSet",
        pod_spec: TEMPLATE,
        versions: &["v1", "v1beta2"],
        runs_to_completion: false,
    },
    WorkloadKind {
        group: "apps",
        kind: "Deployment",
        pod_spec: TEMPLATE,
        versions: &["v1", "v1beta1", "v1beta2"],
        runs_to_completion: false,
    },
    WorkloadKind {
        group: "apps",
        kind: "StatefulSet",
        pod_spec: TEMPLATE,
        versions: &["v1", "v1beta1", "v1beta2"],
        runs_to_completion: false,
    },
    WorkloadKind {
        group: "apps",
        kind: "DaemonSet",
        pod_spec: TEMPLATE,
        versions: &["v1", "v1beta2"],
        runs_to_completion: false,
    },
    WorkloadKind {
        group: "extensions",
        kind: "ReplicaSet",
        pod_spec: TEMPLATE,
        versions: &["v1beta1"],
        runs_to_completion: false,
    },
    WorkloadKind {
        group: "extensions",
        kind: "Deployment",
        pod_spec: TEMPLATE,
        versions: &["v1beta1"],
        runs_to_completion: false,
    },
    WorkloadKind {
        group: "extensions",
        kind: "DaemonSet",
        pod_spec: TEMPLATE,
        versions: &["v1beta1"],
        runs_to_completion: false,
    },
    WorkloadKind { group: "batch", kind: "Job", pod_spec: TEMPLATE, versions: &["v1"], runs_to_completion: true },
    WorkloadKind {
        group: "batch",
        kind: "CronJob",
        pod_spec: &["spec", "jobTemplate", "spec", "template", "spec"],
        versions: &["v1", "v1beta1", "v2alpha1"],
        runs_to_completion: true,
    },
];

/// The row of an object's kind, if its kind carries a pod template.
pub fn workload(gvk: &GroupVersionKind) -> Option<&'static WorkloadKind> {
    WORKLOADS.iter().find(|row| row.group == gvk.group && row.kind == gvk.kind)
}

/// Whether the object is a list whose `items` are objects: `List` and the typed lists of the kinds in the table.
pub fn is_list(gvk: &GroupVersionKind) -> bool {
    let Some(of) = gvk.kind.strip_suffix("List") else {
        return false;
    };
    of.is_empty() || WORKLOADS.iter().any(|row| row.kind == of && row.group == gvk.group)
}

/// Splits `apiVersion` and `kind` as Kubernetes does: no slash means the core group.
pub fn gvk(api_version: &str, kind: &str) -> GroupVersionKind {
    let (group, version) = api_version.split_once('/').unwrap_or(("", api_version));
    GroupVersionKind::gvk(group, version, kind)
}
