//! The rows of operators' kinds.
//!
//! Paths, lists and first releases: the OpenAPI schemas and Go types of each project, named in the row. Where a schema is
//! opaque, the release is the first whose program was built with Kubernetes' API types of 1.28 or later.

use super::{Owned, Place, Verdict, WorkloadKind, added, at, job, kind, names, operator};

const TEMPLATE: &str = "spec.template.spec";

/// Argo Rollouts and Argo Workflows.
pub(super) static ARGO: &[WorkloadKind] = &[
    WorkloadKind {
        operator: Some(operator("argo-rollouts", 1, 7, 0)),
        rejects_resize_policy: true,
        source: "argo-rollouts, manifests/crds/rollout-crd.yaml and pkg/apis/rollouts/validation/validation.go",
        ..kind("argoproj.io", "Rollout", &["v1alpha1"], &[at(TEMPLATE)])
    },
    WorkloadKind {
        operator: Some(operator("argo-rollouts", 1, 7, 0)),
        source: "argo-rollouts, manifests/crds/experiment-crd.yaml",
        ..kind("argoproj.io", "Experiment", &["v1alpha1"], &[at("spec.templates[].template.spec")])
    },
    WorkloadKind {
        operator: Some(operator("argo-rollouts", 1, 7, 0)),
        source: "argo-rollouts, manifests/crds/analysis-template-crd.yaml",
        ..kind("argoproj.io", "AnalysisTemplate", &["v1alpha1"], ANALYSIS)
    },
    WorkloadKind {
        operator: Some(operator("argo-rollouts", 1, 7, 0)),
        source: "argo-rollouts, manifests/crds/cluster-analysis-template-crd.yaml",
        ..kind("argoproj.io", "ClusterAnalysisTemplate", &["v1alpha1"], ANALYSIS)
    },
    WorkloadKind { is_immutable: true, ..workflow("Workflow", WORKFLOW) },
    workflow("WorkflowTemplate", WORKFLOW),
    workflow("ClusterWorkflowTemplate", WORKFLOW),
    workflow("CronWorkflow", CRON_WORKFLOW),
];

const ANALYSIS: &[Place] = &[job("spec.metrics[].provider.job.spec.template.spec")];

const fn workflow(name: &'static str, places: &'static [Place]) -> WorkloadKind {
    WorkloadKind {
        verdict: Verdict::OptIn(
            "Argo Workflows ends the entries of `sidecars` itself when the main container is done, and mounts volumes into them",
        ),
        operator: Some(operator("argo-workflows", 3, 6, 0)),
        source: "argo-workflows, pkg/apis/workflow/v1alpha1/workflow_types.go and workflow/controller/workflowpod.go",
        ..kind("argoproj.io", name, &["v1alpha1"], places)
    }
}

const WORKFLOW: &[Place] = &[
    steps("spec.templates[]"),
    container_set("spec.templates[].containerSet"),
    steps("spec.templateDefaults"),
    container_set("spec.templateDefaults.containerSet"),
];

const CRON_WORKFLOW: &[Place] = &[
    steps("spec.workflowSpec.templates[]"),
    container_set("spec.workflowSpec.templates[].containerSet"),
    steps("spec.workflowSpec.templateDefaults"),
    container_set("spec.workflowSpec.templateDefaults.containerSet"),
];

/// A template of a workflow: its main container stands elsewhere.
const fn steps(path: &'static str) -> Place {
    Place { runs_to_completion: true, ..added(path, "sidecars") }
}

const fn container_set(path: &'static str) -> Place {
    Place {
        verdict: Some(Verdict::Refuse(
            "the containers of a `containerSet` are steps of a graph, and it has no init containers",
        )),
        ..job(path)
    }
}

/// KEDA.
pub(super) static SCALING: &[WorkloadKind] = &[WorkloadKind {
    operator: Some(operator("keda", 2, 12, 0)),
    source: "keda, config/crd/bases/keda.sh_scaledjobs.yaml",
    ..kind("keda.sh", "ScaledJob", &["v1alpha1"], &[job("spec.jobTargetRef.template.spec")])
}];

/// JobSet, LeaderWorkerSet, Volcano.
pub(super) static BATCH: &[WorkloadKind] = &[
    WorkloadKind {
        operator: Some(operator("jobset", 0, 3, 0)),
        is_immutable: true,
        source: "jobset, api/jobset/v1alpha2/jobset_types.go and pkg/webhooks/jobset_webhook.go",
        ..kind("jobset.x-k8s.io", "JobSet", &["v1alpha2"], &[job("spec.replicatedJobs[].template.spec.template.spec")])
    },
    WorkloadKind {
        operator: Some(operator("lws", 0, 1, 0)),
        source: "lws, api/leaderworkerset/v1/leaderworkerset_types.go",
        ..kind(
            "leaderworkerset.x-k8s.io",
            "LeaderWorkerSet",
            &["v1"],
            &[at("spec.leaderWorkerTemplate.leaderTemplate.spec"), at("spec.leaderWorkerTemplate.workerTemplate.spec")],
        )
    },
    WorkloadKind {
        operator: Some(operator("lws", 0, 1, 0)),
        source: "lws, api/disaggregatedset/v1/disaggregatedset_types.go",
        ..kind(
            "disaggregatedset.x-k8s.io",
            "DisaggregatedSet",
            &["v1", "v1alpha1"],
            &[
                at("spec.roles[].spec.leaderWorkerTemplate.leaderTemplate.spec"),
                at("spec.roles[].spec.leaderWorkerTemplate.workerTemplate.spec"),
            ],
        )
    },
    WorkloadKind {
        operator: Some(operator("volcano", 1, 9, 0)),
        is_immutable: true,
        source: "volcano, pkg/apis/batch/v1alpha1/job.go and pkg/webhooks/admission/jobs/validate",
        ..kind("batch.volcano.sh", "Job", &["v1alpha1"], &[job("spec.tasks[].template.spec")])
    },
    WorkloadKind {
        operator: Some(operator("volcano", 1, 9, 0)),
        source: "volcano, docs/cron_volcanoJob.md",
        ..kind("batch.volcano.sh", "CronJob", &["v1alpha1"], &[job("spec.jobTemplate.spec.tasks[].template.spec")])
    },
    WorkloadKind {
        operator: Some(operator("volcano", 1, 9, 0)),
        source: "volcano, pkg/apis/flow/v1alpha1/jobtemplate_types.go",
        ..kind("flow.volcano.sh", "JobTemplate", &["v1alpha1"], &[job("spec.tasks[].template.spec")])
    },
];

/// Kubeflow's training operator and its successor, the trainer.
pub(super) static TRAINING: &[WorkloadKind] = &[
    training("PyTorchJob", &["v1"], names(&["pytorch"]), &[job("spec.pytorchReplicaSpecs.*.template.spec")]),
    training("TFJob", &["v1"], names(&["tensorflow"]), &[job("spec.tfReplicaSpecs.*.template.spec")]),
    // The MPI operator, which has the kind at v2beta1, works on the first container, whatever its name.
    training(
        "MPIJob",
        &["v1", "v2beta1"],
        Owned { names: &["mpi"], is_first: true },
        &[job("spec.mpiReplicaSpecs.*.template.spec")],
    ),
    training("XGBoostJob", &["v1"], names(&["xgboost"]), &[job("spec.xgbReplicaSpecs.*.template.spec")]),
    training("PaddleJob", &["v1"], names(&["paddle"]), &[job("spec.paddleReplicaSpecs.*.template.spec")]),
    training("JAXJob", &["v1"], names(&["jax"]), &[job("spec.jaxReplicaSpecs.*.template.spec")]),
    runtime("TrainingRuntime"),
    runtime("ClusterTrainingRuntime"),
    WorkloadKind {
        verdict: Verdict::Refuse(PATCHES),
        source: "trainer, pkg/apis/trainer/v1alpha1/trainjob_types.go",
        ..kind(
            "trainer.kubeflow.org",
            "TrainJob",
            &["v1alpha1"],
            &[
                job(
                    "spec.runtimePatches[].trainingRuntimeSpec.template.spec.replicatedJobs[].template.spec.template.spec",
                ),
                job("spec.podTemplateOverrides[].spec"),
            ],
        )
    },
    WorkloadKind {
        verdict: Verdict::Refuse(PATCHES),
        source: "trainer, pkg/apis/trainer/v1alpha1/optimizationjob_types.go",
        ..kind(
            "trainer.kubeflow.org",
            "OptimizationJob",
            &["v1alpha1"],
            &[job(
                "spec.trainJobTemplate.spec.runtimePatches[].trainingRuntimeSpec.template.spec.replicatedJobs[].template.spec.template.spec",
            )],
        )
    },
];

const PATCHES: &str = "a patch of the runtime has no `restartPolicy` for a container, so the API server drops it; convert the runtime instead";

const fn training(
    name: &'static str,
    versions: &'static [&'static str],
    owned: Owned,
    places: &'static [Place],
) -> WorkloadKind {
    WorkloadKind {
        owned,
        operator: Some(operator("training-operator", 1, 8, 0)),
        source: "training-operator, pkg/apis/kubeflow.org/v1",
        ..kind("kubeflow.org", name, versions, places)
    }
}

const fn runtime(name: &'static str) -> WorkloadKind {
    WorkloadKind {
        owned: names(&["node", "launcher", "dataset-initializer", "model-initializer"]),
        operator: Some(operator("trainer", 2, 0, 0)),
        source: "trainer, pkg/apis/trainer/v1alpha1/trainingruntime_types.go and pkg/constants/constants.go",
        ..kind("trainer.kubeflow.org", name, &["v1alpha1"], RUNTIME)
    }
}

const RUNTIME: &[Place] = &[job("spec.template.spec.replicatedJobs[].template.spec.template.spec")];

/// Runners of GitHub Actions. The controller gives the container `runner` its token, and takes the pod away when that
/// container is done.
pub(super) static RUNNERS: &[WorkloadKind] = &[WorkloadKind {
    owned: names(&["runner"]),
    // The first whose own chart makes a container of it native.
    operator: Some(operator("gha-runner-scale-set", 0, 12, 0)),
    source: "actions-runner-controller, apis/actions.github.com/v1alpha1/autoscalingrunnerset_types.go, ephemeralrunner_types.go and charts/gha-runner-scale-set/templates/_helpers.tpl",
    ..kind("actions.github.com", "AutoscalingRunnerSet", &["v1alpha1"], &[job(TEMPLATE)])
}];

/// KubeRay. `RayContainerIndex` is 0: the first container of every pod is Ray's.
pub(super) static RAY: &[WorkloadKind] = &[
    ray("RayCluster", &[at("spec.headGroupSpec.template.spec"), at("spec.workerGroupSpecs[].template.spec")]),
    ray(
        "RayJob",
        &[
            at("spec.rayClusterSpec.headGroupSpec.template.spec"),
            at("spec.rayClusterSpec.workerGroupSpecs[].template.spec"),
            job("spec.submitterPodTemplate.spec"),
        ],
    ),
    ray(
        "RayService",
        &[
            at("spec.rayClusterConfig.headGroupSpec.template.spec"),
            at("spec.rayClusterConfig.workerGroupSpecs[].template.spec"),
        ],
    ),
    ray(
        "RayCronJob",
        &[
            at("spec.jobTemplate.rayClusterSpec.headGroupSpec.template.spec"),
            at("spec.jobTemplate.rayClusterSpec.workerGroupSpecs[].template.spec"),
            job("spec.jobTemplate.submitterPodTemplate.spec"),
        ],
    ),
];

const fn ray(name: &'static str, places: &'static [Place]) -> WorkloadKind {
    WorkloadKind {
        owned: Owned { names: &[], is_first: true },
        operator: Some(operator("kuberay", 1, 1, 0)),
        source: "kuberay, ray-operator/apis/ray/v1 and ray-operator/controllers/ray/utils/constant.go",
        ..kind("ray.io", name, &["v1", "v1alpha1"], places)
    }
}

/// Spark Operator.
pub(super) static SPARK: &[WorkloadKind] = &[
    spark(
        "SparkApplication",
        &["v1beta2"],
        &[
            spark_list("spec.driver"),
            job("spec.driver.template.spec"),
            spark_list("spec.executor"),
            job("spec.executor.template.spec"),
        ],
    ),
    spark(
        "ScheduledSparkApplication",
        &["v1beta2"],
        &[
            spark_list("spec.template.driver"),
            job("spec.template.driver.template.spec"),
            spark_list("spec.template.executor"),
            job("spec.template.executor.template.spec"),
        ],
    ),
    spark("SparkConnect", &["v1alpha1"], &[at("spec.server.template.spec"), at("spec.executor.template.spec")]),
];

const fn spark_list(path: &'static str) -> Place {
    Place { runs_to_completion: true, ..added(path, "sidecars") }
}

const fn spark(name: &'static str, versions: &'static [&'static str], places: &'static [Place]) -> WorkloadKind {
    WorkloadKind {
        verdict: Verdict::OptIn(
            "Spark makes the pod from a template and the webhook of Spark Operator adds to it, in the order that they were given",
        ),
        // What Spark calls its containers in the pods that it makes from a template.
        owned: names(&["spark-kubernetes-driver", "spark-kubernetes-executor"]),
        operator: Some(operator("spark-operator", 2, 0, 0)),
        source: "spark-operator, api/v1beta2/sparkapplication_types.go, api/v1alpha1/sparkconnect_types.go",
        ..kind("sparkoperator.k8s.io", name, versions, places)
    }
}

/// OpenKruise.
pub(super) static KRUISE: &[WorkloadKind] = &[
    kruise("CloneSet", &[at(TEMPLATE)]),
    kruise("StatefulSet", &[at(TEMPLATE)]),
    kruise("DaemonSet", &[at(TEMPLATE)]),
    kruise("BroadcastJob", &[job(TEMPLATE)]),
    kruise(
        "AdvancedCronJob",
        &[
            job("spec.template.jobTemplate.spec.template.spec"),
            job("spec.template.broadcastJobTemplate.spec.template.spec"),
        ],
    ),
    kruise(
        "UnitedDeployment",
        &[
            at("spec.template.statefulSetTemplate.spec.template.spec"),
            at("spec.template.advancedStatefulSetTemplate.spec.template.spec"),
            at("spec.template.cloneSetTemplate.spec.template.spec"),
            at("spec.template.deploymentTemplate.spec.template.spec"),
        ],
    ),
    WorkloadKind {
        verdict: Verdict::OptIn(
            "OpenKruise neither updates a native sidecar in place nor places it as it places an entry of `containers`",
        ),
        operator: Some(operator("kruise", 1, 7, 0)),
        ..kruise("SidecarSet", &[added("spec", "containers")])
    },
];

const fn kruise(name: &'static str, places: &'static [Place]) -> WorkloadKind {
    WorkloadKind {
        operator: Some(operator("kruise", 1, 6, 0)),
        rejects_resize_policy: true,
        source: "kruise, apis/apps/v1alpha1, apis/apps/v1beta1 and pkg/webhook",
        ..kind("apps.kruise.io", name, &["v1alpha1", "v1beta1"], places)
    }
}

/// Knative Serving and KServe.
pub(super) static SERVING: &[WorkloadKind] = &[
    knative("Service", &[at(TEMPLATE)]),
    knative("Configuration", &[at(TEMPLATE)]),
    knative("Revision", &[at("spec")]),
    WorkloadKind {
        verdict: Verdict::OptIn(
            "KServe makes a Knative Service of it unless its deployment mode is RawDeployment, and Knative rejects native sidecars",
        ),
        owned: names(&["kserve-container", "transformer-container", "worker-container"]),
        operator: Some(operator("kserve", 0, 12, 0)),
        source: "kserve, pkg/apis/serving/v1beta1/predictor.go and pkg/constants/constants.go",
        ..kind(
            "serving.kserve.io",
            "InferenceService",
            &["v1beta1"],
            &[at("spec.predictor"), at("spec.predictor.workerSpec"), at("spec.transformer"), at("spec.explainer")],
        )
    },
    runtime_of_kserve("ServingRuntime"),
    runtime_of_kserve("ClusterServingRuntime"),
];

const fn knative(name: &'static str, places: &'static [Place]) -> WorkloadKind {
    WorkloadKind {
        verdict: Verdict::Refuse(
            "Knative Serving takes no `restartPolicy` in a container and no probes in an init container, in any release",
        ),
        source: "knative/serving, pkg/apis/serving/fieldmask.go and k8s_validation.go",
        ..kind("serving.knative.dev", name, &["v1"], places)
    }
}

const fn runtime_of_kserve(name: &'static str) -> WorkloadKind {
    WorkloadKind {
        verdict: Verdict::Refuse("its schema has no `initContainers`, so the API server drops them, in any release"),
        source: "kserve, pkg/apis/serving/v1alpha1/servingruntime_types.go",
        ..kind("serving.kserve.io", name, &["v1alpha1"], RUNTIME_OF_KSERVE)
    }
}

const RUNTIME_OF_KSERVE: &[Place] = &[at("spec"), at("spec.workerSpec")];

/// Tekton Pipelines: entries of `sidecars` are no containers of a pod spec.
pub(super) static TEKTON: &[WorkloadKind] = &[
    tekton("Task", &[task("spec")]),
    tekton("ClusterTask", &[task("spec")]),
    tekton("TaskRun", &[task("spec.taskSpec")]),
    tekton("Pipeline", &[task("spec.tasks[].taskSpec"), task("spec.finally[].taskSpec")]),
    tekton("PipelineRun", &[task("spec.pipelineSpec.tasks[].taskSpec"), task("spec.pipelineSpec.finally[].taskSpec")]),
];

const fn task(path: &'static str) -> Place {
    Place { runs_to_completion: true, ..added(path, "sidecars") }
}

const fn tekton(name: &'static str, places: &'static [Place]) -> WorkloadKind {
    WorkloadKind {
        verdict: Verdict::ByItself(
            "Tekton v0.62 and later makes them native itself when `enable-kubernetes-sidecar` is \"true\" in its ConfigMap `feature-flags`",
        ),
        source: "tektoncd/pipeline, docs/additional-configs.md and pkg/pod/pod.go",
        ..kind("tekton.dev", name, &["v1", "v1beta1"], places)
    }
}

/// Prometheus Operator and OpenTelemetry Operator.
pub(super) static MONITORING: &[WorkloadKind] = &[
    prometheus("Prometheus", &["v1"], &["prometheus", "config-reloader", "thanos-sidecar"]),
    prometheus("PrometheusAgent", &["v1alpha1"], &["prometheus", "config-reloader"]),
    prometheus("Alertmanager", &["v1"], &["alertmanager", "config-reloader"]),
    prometheus("ThanosRuler", &["v1"], &["thanos-ruler", "config-reloader"]),
    WorkloadKind { owned: names(&["otc-container"]), ..telemetry("OpenTelemetryCollector", &["v1alpha1", "v1beta1"]) },
    WorkloadKind { owned: names(&["ta-container"]), ..telemetry("TargetAllocator", &["v1alpha1"]) },
];

/// Entries with these names patch the operator's containers.
const fn prometheus(
    name: &'static str,
    versions: &'static [&'static str],
    patched: &'static [&'static str],
) -> WorkloadKind {
    WorkloadKind {
        owned: names(patched),
        operator: Some(operator("prometheus-operator", 0, 68, 0)),
        source: "prometheus-operator, pkg/apis/monitoring/v1 and pkg/k8s/merge.go",
        ..kind("monitoring.coreos.com", name, versions, BESIDE_PROMETHEUS)
    }
}

const BESIDE_PROMETHEUS: &[Place] = &[added("spec", "containers")];

const fn telemetry(name: &'static str, versions: &'static [&'static str]) -> WorkloadKind {
    WorkloadKind {
        operator: Some(operator("opentelemetry-operator", 0, 83, 0)),
        source: "opentelemetry-operator, apis/v1beta1/common.go and internal/naming/main.go",
        ..kind("opentelemetry.io", name, versions, BESIDE_TELEMETRY)
    }
}

const BESIDE_TELEMETRY: &[Place] = &[added("spec", "additionalContainers")];

/// Elastic Cloud on Kubernetes: `podTemplate` adds to the operator's pod.
pub(super) static ELASTIC: &[WorkloadKind] = &[
    elastic(
        "elasticsearch.k8s.elastic.co",
        "Elasticsearch",
        &["v1", "v1beta1"],
        &["elasticsearch"],
        &[added("spec.nodeSets[].podTemplate.spec", "containers")],
    ),
    elastic("kibana.k8s.elastic.co", "Kibana", &["v1", "v1beta1"], &["kibana"], POD_TEMPLATE),
    elastic("apm.k8s.elastic.co", "ApmServer", &["v1", "v1beta1"], &["apm-server"], POD_TEMPLATE),
    elastic(
        "enterprisesearch.k8s.elastic.co",
        "EnterpriseSearch",
        &["v1", "v1beta1"],
        &["enterprise-search"],
        POD_TEMPLATE,
    ),
    elastic("logstash.k8s.elastic.co", "Logstash", &["v1alpha1"], &["logstash"], POD_TEMPLATE),
    elastic("maps.k8s.elastic.co", "ElasticMapsServer", &["v1alpha1"], &["maps"], POD_TEMPLATE),
    elastic(
        "beat.k8s.elastic.co",
        "Beat",
        &["v1beta1"],
        // The operator names the container after `spec.type`.
        &["filebeat", "metricbeat", "heartbeat", "auditbeat", "packetbeat", "journalbeat"],
        &[
            added("spec.daemonSet.podTemplate.spec", "containers"),
            added("spec.deployment.podTemplate.spec", "containers"),
        ],
    ),
    elastic(
        "agent.k8s.elastic.co",
        "Agent",
        &["v1alpha1"],
        &["agent"],
        &[
            added("spec.daemonSet.podTemplate.spec", "containers"),
            added("spec.deployment.podTemplate.spec", "containers"),
            added("spec.statefulSet.podTemplate.spec", "containers"),
        ],
    ),
];

const POD_TEMPLATE: &[Place] = &[added("spec.podTemplate.spec", "containers")];

const fn elastic(
    group: &'static str,
    name: &'static str,
    versions: &'static [&'static str],
    own: &'static [&'static str],
    places: &'static [Place],
) -> WorkloadKind {
    WorkloadKind {
        owned: names(own),
        operator: Some(operator("eck", 2, 10, 0)),
        source: "cloud-on-k8s, pkg/apis and pkg/controller/common/defaults/pod_template.go",
        ..kind(group, name, versions, places)
    }
}

/// CloudNativePG: the schema requires the list, so it is not left without an entry.
pub(super) static DATABASES: &[WorkloadKind] = &[WorkloadKind {
    owned: names(&["pgbouncer"]),
    operator: Some(operator("cloudnative-pg", 1, 21, 0)),
    source: "cloudnative-pg, api/v1/pooler_types.go and pkg/specs/pgbouncer/deployments.go",
    ..kind("postgresql.cnpg.io", "Pooler", &["v1"], &[at(TEMPLATE)])
}];
