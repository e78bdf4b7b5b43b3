//! The rows of Kubernetes' own kinds, and all rows.

use super::{WorkloadKind, at, job, kind, operators};

/// All kinds: those of Kubernetes and OpenShift, then those of operators by the project that has them.
pub static WORKLOADS: &[&[WorkloadKind]] = &[
    BUILT_IN,
    operators::ARGO,
    operators::SCALING,
    operators::BATCH,
    operators::TRAINING,
    operators::RUNNERS,
    operators::RAY,
    operators::SPARK,
    operators::KRUISE,
    operators::SERVING,
    operators::TEKTON,
    operators::MONITORING,
    operators::ELASTIC,
    operators::DATABASES,
];

const TEMPLATE: &str = "spec.template.spec";

/// The present groups and those removed in 1.16 and 1.25.
const TODAY: &str = "the API reference of Kubernetes 1.36";
const REMOVED: &str = "the API types of Kubernetes 1.15, staging/src/k8s.io/api";

/// The kinds of Kubernetes, and that of OpenShift, whose API server comes with the cluster.
static BUILT_IN: &[WorkloadKind] = &[
    WorkloadKind { is_immutable: true, source: TODAY, ..kind("", "Pod", &["v1"], &[at("spec")]) },
    WorkloadKind { source: TODAY, ..kind("", "PodTemplate", &["v1"], &[at("template.spec")]) },
    WorkloadKind { source: TODAY, ..kind("", "ReplicationController", &["v1"], &[at(TEMPLATE)]) },
    WorkloadKind { source: TODAY, ..kind("apps", "ReplicaSet", &["v1", "v1beta2"], &[at(TEMPLATE)]) },
    WorkloadKind { source: TODAY, ..kind("apps", "Deployment", &["v1", "v1beta1", "v1beta2"], &[at(TEMPLATE)]) },
    WorkloadKind { source: TODAY, ..kind("apps", "StatefulSet", &["v1", "v1beta1", "v1beta2"], &[at(TEMPLATE)]) },
    WorkloadKind { source: TODAY, ..kind("apps", "DaemonSet", &["v1", "v1beta2"], &[at(TEMPLATE)]) },
    WorkloadKind { source: REMOVED, ..kind("extensions", "ReplicaSet", &["v1beta1"], &[at(TEMPLATE)]) },
    WorkloadKind { source: REMOVED, ..kind("extensions", "Deployment", &["v1beta1"], &[at(TEMPLATE)]) },
    WorkloadKind { source: REMOVED, ..kind("extensions", "DaemonSet", &["v1beta1"], &[at(TEMPLATE)]) },
    WorkloadKind { is_immutable: true, source: TODAY, ..kind("batch", "Job", &["v1"], &[job(TEMPLATE)]) },
    WorkloadKind {
        source: TODAY,
        ..kind("batch", "CronJob", &["v1", "v1beta1", "v2alpha1"], &[job("spec.jobTemplate.spec.template.spec")])
    },
    WorkloadKind {
        source: "openshift/api, apps/v1/types.go",
        ..kind("apps.openshift.io", "DeploymentConfig", &["v1"], &[at(TEMPLATE)])
    },
];
