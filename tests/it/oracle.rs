use serde_yaml::{Mapping, Value};

/// Makes the containers with these names native in an object, or in all items of a list.
pub(crate) fn convert(object: &mut Value, names: &[String]) {
    visit(object, &mut |pod, list| convert_pod(pod, list, names));
}

/// The names of the containers, in order, of every pod in an object.
pub(crate) fn pods(object: &mut Value) -> Vec<Vec<String>> {
    let mut found = Vec::new();
    visit(object, &mut |pod, list| {
        let containers = pod.get(list).and_then(Value::as_sequence);
        found.extend(containers.map(|all| all.iter().map(|one| text(one, "name").to_owned()).collect()));
    });
    found
}

/// Calls `act` with every pod and the key of its list of containers.
fn visit(object: &mut Value, act: &mut dyn FnMut(&mut Mapping, &str)) {
    if text(object, "kind").ends_with("List") {
        let items = object.get_mut("items").and_then(Value::as_sequence_mut);
        items.into_iter().flatten().for_each(|item| visit(item, act));
        return;
    }
    for (path, list) in pod_specs(object) {
        follow(object, &path.split('.').collect::<Vec<_>>(), &mut |pod| act(pod, list));
    }
}

/// Calls `act` with the mappings at the end of a path; lists on the way are walked through, and so are the values below `*`.
fn follow(value: &mut Value, keys: &[&str], act: &mut dyn FnMut(&mut Mapping)) {
    match (value, keys) {
        (Value::Sequence(all), _) => all.iter_mut().for_each(|one| follow(one, keys, act)),
        (Value::Mapping(pod), []) => act(pod),
        (Value::Mapping(all), ["*", rest @ ..]) => all.values_mut().for_each(|one| follow(one, rest, act)),
        (Value::Mapping(all), [key, rest @ ..]) => {
            if let Some(one) = all.get_mut(*key) {
                follow(one, rest, act);
            }
        }
        _ => {}
    }
}

fn convert_pod(pod: &mut Mapping, list: &str, names: &[String]) {
    let Some(containers) = pod.get_mut(list).and_then(Value::as_sequence_mut) else { return };
    let is_sidecar = |container: &Value| names.iter().any(|name| name == text(container, "name"));
    let (mut moved, kept): (Vec<_>, Vec<_>) = std::mem::take(containers).into_iter().partition(is_sidecar);
    let is_emptied = kept.is_empty();
    *containers = kept;
    if moved.is_empty() {
        return;
    }
    if is_emptied && !pod.contains_key("initContainers") {
        pod.remove(list);
    }
    for container in &mut moved {
        container.as_mapping_mut().unwrap().insert("restartPolicy".into(), "Always".into());
    }
    let init = pod.entry("initContainers".into()).or_insert(Value::Null);
    match init {
        Value::Sequence(entries) => entries.extend(moved),
        other => *other = Value::Sequence(moved),
    }
}

const TEMPLATE: &[(&str, &str)] = &[("spec.template.spec", "containers")];

/// Where kinds carry pods: paths as the API references of Kubernetes and of the operators have them, and the list.
fn pod_specs(object: &Value) -> &'static [(&'static str, &'static str)] {
    let version = text(object, "apiVersion");
    let group = version.split_once('/').map_or("", |(group, _)| group);
    match (group, text(object, "kind")) {
        ("", "Pod") => &[("spec", "containers")],
        ("", "PodTemplate") => &[("template.spec", "containers")],
        ("", "ReplicationController")
        | ("apps" | "extensions", "Deployment" | "DaemonSet" | "ReplicaSet" | "StatefulSet")
        | ("batch", "Job")
        | ("apps.openshift.io", "DeploymentConfig")
        | ("argoproj.io", "Rollout")
        | ("apps.kruise.io", "CloneSet" | "StatefulSet" | "DaemonSet" | "BroadcastJob")
        | ("serving.knative.dev", "Service" | "Configuration")
        | ("postgresql.cnpg.io", "Pooler") => TEMPLATE,
        ("batch", "CronJob") => &[("spec.jobTemplate.spec.template.spec", "containers")],
        ("keda.sh", "ScaledJob") => &[("spec.jobTargetRef.template.spec", "containers")],
        ("jobset.x-k8s.io", "JobSet") => &[("spec.replicatedJobs.template.spec.template.spec", "containers")],
        ("batch.volcano.sh", "Job") => &[("spec.tasks.template.spec", "containers")],
        ("leaderworkerset.x-k8s.io", "LeaderWorkerSet") => &[
            ("spec.leaderWorkerTemplate.leaderTemplate.spec", "containers"),
            ("spec.leaderWorkerTemplate.workerTemplate.spec", "containers"),
        ],
        ("ray.io", "RayCluster") => {
            &[("spec.headGroupSpec.template.spec", "containers"), ("spec.workerGroupSpecs.template.spec", "containers")]
        }
        ("ray.io", "RayJob") => &[
            ("spec.rayClusterSpec.headGroupSpec.template.spec", "containers"),
            ("spec.rayClusterSpec.workerGroupSpecs.template.spec", "containers"),
            ("spec.submitterPodTemplate.spec", "containers"),
        ],
        ("ray.io", "RayService") => &[
            ("spec.rayClusterConfig.headGroupSpec.template.spec", "containers"),
            ("spec.rayClusterConfig.workerGroupSpecs.template.spec", "containers"),
        ],
        ("argoproj.io", "Workflow" | "WorkflowTemplate" | "ClusterWorkflowTemplate") => {
            &[("spec.templates", "sidecars"), ("spec.templates.containerSet", "containers")]
        }
        ("sparkoperator.k8s.io", "SparkApplication") => &[
            ("spec.driver", "sidecars"),
            ("spec.driver.template.spec", "containers"),
            ("spec.executor", "sidecars"),
            ("spec.executor.template.spec", "containers"),
        ],
        ("monitoring.coreos.com", "Prometheus" | "PrometheusAgent" | "Alertmanager" | "ThanosRuler") => {
            &[("spec", "containers")]
        }
        ("opentelemetry.io", "OpenTelemetryCollector") => &[("spec", "additionalContainers")],
        ("elasticsearch.k8s.elastic.co", "Elasticsearch") => &[("spec.nodeSets.podTemplate.spec", "containers")],
        ("kibana.k8s.elastic.co", "Kibana") => &[("spec.podTemplate.spec", "containers")],
        ("kubeflow.org", "PyTorchJob") => &[("spec.pytorchReplicaSpecs.*.template.spec", "containers")],
        ("kubeflow.org", "TFJob") => &[("spec.tfReplicaSpecs.*.template.spec", "containers")],
        ("kubeflow.org", "MPIJob") => &[("spec.mpiReplicaSpecs.*.template.spec", "containers")],
        _ => &[],
    }
}

fn text<'v>(value: &'v Value, key: &str) -> &'v str {
    value.get(key).and_then(Value::as_str).unwrap_or("")
}
