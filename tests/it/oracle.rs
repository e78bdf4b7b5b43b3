use serde_yaml::{Mapping, Value};

/// Makes the containers with these names native in an object, or in all items of a list.
pub(crate) fn convert(object: &mut Value, names: &[String]) {
    if text(object, "kind").ends_with("List") {
        let items = object.get_mut("items").and_then(Value::as_sequence_mut);
        items.into_iter().flatten().for_each(|item| convert(item, names));
    } else if let Some(pod) = pod_spec(object).and_then(|keys| at(object, keys)).and_then(Value::as_mapping_mut) {
        convert_pod(pod, names);
    }
}

/// The names in `containers`, in order, of every pod in an object.
pub(crate) fn pods(object: &mut Value) -> Vec<Vec<String>> {
    if text(object, "kind").ends_with("List") {
        let items = object.get_mut("items").and_then(Value::as_sequence_mut);
        return items.into_iter().flatten().flat_map(pods).collect();
    }
    let pod = pod_spec(object).and_then(|keys| at(object, keys));
    let containers = pod.and_then(|pod| pod.get("containers")?.as_sequence());
    containers.map(|all| all.iter().map(|one| text(one, "name").to_owned()).collect()).into_iter().collect()
}

fn convert_pod(pod: &mut Mapping, names: &[String]) {
    let Some(containers) = pod.get_mut("containers").and_then(Value::as_sequence_mut) else { return };
    let is_sidecar = |container: &Value| names.iter().any(|name| name == text(container, "name"));
    let (mut moved, kept): (Vec<_>, Vec<_>) = std::mem::take(containers).into_iter().partition(is_sidecar);
    *containers = kept;
    if moved.is_empty() {
        return;
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

/// Where Kubernetes' own kinds carry a pod spec.
fn pod_spec(object: &Value) -> Option<&'static [&'static str]> {
    let version = text(object, "apiVersion");
    let group = version.split_once('/').map_or("", |(group, _)| group);
    match (group, text(object, "kind")) {
        ("", "Pod") => Some(&["spec"]),
        ("", "PodTemplate") => Some(&["template", "spec"]),
        ("", "ReplicationController")
        | ("apps" | "extensions", "Deployment" | "DaemonSet" | "ReplicaSet" | "StatefulSet")
        | ("batch", "Job") => Some(&["spec", "template", "spec"]),
        ("batch", "CronJob") => Some(&["spec", "jobTemplate", "spec", "template", "spec"]),
        _ => None,
    }
}

fn at<'v>(value: &'v mut Value, keys: &[&str]) -> Option<&'v mut Value> {
    keys.iter().try_fold(value, |value, key| value.get_mut(*key))
}

fn text<'v>(value: &'v Value, key: &str) -> &'v str {
    value.get(key).and_then(Value::as_str).unwrap_or("")
}
