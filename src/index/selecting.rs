//! Objects that select pods by their labels: Services, NetworkPolicies, PodMonitors.

use std::borrow::Cow;
use std::collections::{BTreeMap, HashMap};

use kube_core::{Expression, GroupVersionKind, Selector, SelectorExt};

use super::buckets::Buckets;
use super::{Origin, Workload, entries, find, pairs, text};
use crate::yaml::scalar::{Scalar, resolve};
use crate::yaml::tree::{NodeId, Tree};

/// A Service with a selector.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Service {
    /// Which one.
    pub origin: Origin,
    /// Those of its ports that name a port of the pod; the others have a number.
    pub ports: Vec<TargetPort>,
    /// Its own labels.
    labels: BTreeMap<String, String>,
}

/// A reference to a port of a pod by name.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TargetPort {
    /// The name.
    pub name: String,
    /// `TCP` unless it says otherwise.
    pub protocol: Cow<'static, str>,
}

impl TargetPort {
    /// A reference to the port of this name and protocol.
    pub fn new(name: &str, protocol: &str) -> Self {
        // Nearly all are of these, and an input may hold very many.
        let known = ["TCP", "UDP", "SCTP"].into_iter().find(|known| *known == protocol);
        let protocol = known.map_or_else(|| Cow::Owned(protocol.to_owned()), Cow::Borrowed);
        Self { name: name.to_owned(), protocol }
    }
}

/// A NetworkPolicy whose rules for ingress name ports.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Policy {
    /// Which one.
    pub origin: Origin,
    /// The ports.
    pub ports: Vec<TargetPort>,
}

/// A PodMonitor that drops targets by `__meta_kubernetes_pod_container_init`, or a ServiceMonitor that finds them by the
/// port of a container.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Monitor {
    /// Which one.
    pub origin: Origin,
    /// The pod's ports of the endpoints that may lose native sidecars: by name, or by number as text.
    pub ports: Vec<String>,
}

/// All of them.
#[derive(Debug, Default)]
pub(super) struct Selecting {
    pub(super) services: ByLabels<Service>,
    pub(super) policies: ByLabels<Policy>,
    pub(super) pod_monitors: ByLabels<Monitor>,
    pub(super) service_monitors: ByLabels<Monitor>,
}

/// Values with a selector, each filed under the rarest label that it asks for.
#[derive(Debug)]
pub(super) struct ByLabels<T> {
    buckets: Buckets<Option<(String, String)>, (Selector, T)>,
}

impl<T> Default for ByLabels<T> {
    fn default() -> Self {
        Self { buckets: Buckets::default() }
    }
}

impl<T> ByLabels<T> {
    fn new(values: Vec<(String, Vec<Expression>, T)>) -> Self {
        let mut counts: HashMap<(&str, &str, &str), usize> = HashMap::new();
        for (namespace, expressions, _) in &values {
            for (key, value) in expressions.iter().filter_map(equality) {
                *counts.entry((namespace, key, value)).or_default() += 1;
            }
        }
        let rarest = |namespace: &str, expressions: &[Expression]| {
            let labels = expressions.iter().filter_map(equality);
            let count = |(key, value): &(&str, &str)| counts.get(&(namespace, *key, *value)).copied();
            labels.min_by_key(count).map(|(key, value)| (key.to_owned(), value.to_owned()))
        };
        let keys: Vec<_> = values.iter().map(|(namespace, expressions, _)| rarest(namespace, expressions)).collect();
        let mut buckets = Buckets::default();
        for ((namespace, expressions, value), key) in values.into_iter().zip(keys) {
            buckets.put(key, &namespace, (expressions.into_iter().collect(), value));
        }
        Self { buckets }
    }

    /// Those that select the workload's pods.
    pub(super) fn get(&self, workload: &Workload<'_>) -> Vec<&T> {
        if self.buckets.is_empty() {
            return Vec::new();
        }
        self.selecting(workload.pod_labels(), workload.namespace())
    }

    /// Those that select the Service.
    pub(super) fn of(&self, service: &Service) -> Vec<&T> {
        if self.buckets.is_empty() {
            return Vec::new();
        }
        self.selecting(&service.labels, &service.origin.resource.namespace)
    }

    fn selecting(&self, labels: &BTreeMap<String, String>, namespace: &str) -> Vec<&T> {
        let keys = labels.iter().map(|(key, value)| Some((key.clone(), value.clone()))).chain([None]);
        let near = keys.flat_map(|key| self.buckets.get(&key, namespace));
        let selects = |(selector, _): &&(Selector, T)| selector.matches(labels);
        near.filter(selects).map(|(_, value)| value).collect()
    }
}

fn equality(expression: &Expression) -> Option<(&str, &str)> {
    match expression {
        Expression::Equal(key, value) => Some((key, value)),
        _ => None,
    }
}

/// What was read so far, each with its namespace and selector.
#[derive(Debug, Default)]
pub(super) struct Reading {
    services: Vec<(String, Vec<Expression>, Service)>,
    policies: Vec<(String, Vec<Expression>, Policy)>,
    pod_monitors: Vec<(String, Vec<Expression>, Monitor)>,
    service_monitors: Vec<(String, Vec<Expression>, Monitor)>,
}

impl Reading {
    pub(super) fn extend(&mut self, later: Self) {
        self.services.extend(later.services);
        self.policies.extend(later.policies);
        self.pod_monitors.extend(later.pod_monitors);
        self.service_monitors.extend(later.service_monitors);
    }

    pub(super) fn read(&mut self, tree: &Tree<'_>, object: NodeId, gvk: &GroupVersionKind) {
        let origin = Origin::of(tree, object);
        let namespace = origin.resource.namespace.clone();
        match gvk.kind.as_str() {
            "Service" => {
                let ports: Vec<_> = entries(tree, object, &["spec", "ports"])
                    .into_iter()
                    .filter_map(|port| named_port(tree, port, "targetPort"))
                    .collect();
                let labels = pairs(tree, find(tree, object, &["metadata", "labels"]));
                let selected = pairs(tree, find(tree, object, &["spec", "selector"]));
                if !selected.is_empty() {
                    self.services.push((namespace, equalities(selected), Service { origin, ports, labels }));
                }
            }
            "NetworkPolicy" => {
                let ports = ingress_ports(tree, object);
                if !ports.is_empty() {
                    let selector = label_selector(tree, find(tree, object, &["spec", "podSelector"]));
                    self.policies.push((namespace, selector, Policy { origin, ports }));
                }
            }
            "PodMonitor" => {
                let endpoints = entries(tree, object, &["spec", "podMetricsEndpoints"]).into_iter();
                let endpoints = endpoints.filter(|endpoint| drops_init_containers(tree, *endpoint));
                let port = |endpoint| {
                    let port = ["port", "portNumber", "targetPort"].map(|key| text(tree, endpoint, &[key]));
                    port.into_iter().find(|port| !port.is_empty()).map(str::to_owned)
                };
                let ports = endpoints.filter_map(port).collect();
                self.pod_monitors.extend(monitors(tree, object, &origin, ports));
            }
            "ServiceMonitor" => {
                let endpoints = entries(tree, object, &["spec", "endpoints"]).into_iter();
                // `port` is the Service's and wins (prometheus-operator, `generateServiceMonitorConfig`).
                let endpoints = endpoints.filter(|endpoint| text(tree, *endpoint, &["port"]).is_empty());
                let ports = endpoints.map(|endpoint| text(tree, endpoint, &["targetPort"]));
                let ports = ports.filter(|port| !port.is_empty()).map(str::to_owned).collect();
                self.service_monitors.extend(monitors(tree, object, &origin, ports));
            }
            _ => {}
        }
    }

    pub(super) fn finish(self) -> Selecting {
        Selecting {
            services: ByLabels::new(self.services),
            policies: ByLabels::new(self.policies),
            pod_monitors: ByLabels::new(self.pod_monitors),
            service_monitors: ByLabels::new(self.service_monitors),
        }
    }
}

/// The port below `key`, if it is given by name: as text, which is how `IntOrString` tells the two apart.
fn named_port(tree: &Tree<'_>, port: NodeId, key: &str) -> Option<TargetPort> {
    let Scalar::Str(name) = resolve(tree, find(tree, port, &[key])?)? else { return None };
    let protocol = match text(tree, port, &["protocol"]) {
        "" => "TCP",
        protocol => protocol,
    };
    Some(TargetPort::new(name, protocol))
}

/// The named ports of a NetworkPolicy's rules for ingress, unless `policyTypes` leaves ingress out.
fn ingress_ports(tree: &Tree<'_>, policy: NodeId) -> Vec<TargetPort> {
    let types = entries(tree, policy, &["spec", "policyTypes"]);
    if !types.is_empty() && types.iter().all(|one| tree.scalar(*one) != Some("Ingress")) {
        return Vec::new();
    }
    let rules = entries(tree, policy, &["spec", "ingress"]);
    let ports = rules.into_iter().flat_map(|rule| entries(tree, rule, &["ports"]));
    ports.filter_map(|port| named_port(tree, port, "port")).collect()
}

/// A monitor of these ports, once for each namespace in which it looks (prometheus-operator `NamespaceSelector`): its own,
/// those that it names, or any, which is written as an empty one.
fn monitors(
    tree: &Tree<'_>,
    object: NodeId,
    origin: &Origin,
    ports: Vec<String>,
) -> Vec<(String, Vec<Expression>, Monitor)> {
    if ports.is_empty() {
        return Vec::new();
    }
    let any = find(tree, object, &["spec", "namespaceSelector", "any"]).and_then(|any| resolve(tree, any));
    let names = entries(tree, object, &["spec", "namespaceSelector", "matchNames"]);
    let mut namespaces: Vec<_> = names.iter().filter_map(|name| tree.scalar(*name)).map(str::to_owned).collect();
    if any == Some(Scalar::Bool(true)) {
        namespaces = vec![String::new()];
    } else if namespaces.is_empty() {
        namespaces = vec![origin.resource.namespace.clone()];
    }
    let selector = label_selector(tree, find(tree, object, &["spec", "selector"]));
    let monitor = Monitor { origin: origin.clone(), ports };
    namespaces.into_iter().map(|namespace| (namespace, selector.clone(), monitor.clone())).collect()
}

/// Whether a relabel rule of the endpoint drops the targets of init containers, which native sidecars are
/// (Prometheus `discovery/kubernetes/pod.go`: the label is `true` for all of `initContainers`).
fn drops_init_containers(tree: &Tree<'_>, endpoint: NodeId) -> bool {
    entries(tree, endpoint, &["relabelings"]).into_iter().any(|rule| {
        let labels = entries(tree, rule, &["sourceLabels"]);
        let [label] = labels.as_slice() else { return false };
        let action = text(tree, rule, &["action"]).to_ascii_lowercase();
        tree.scalar(*label) == Some("__meta_kubernetes_pod_container_init")
            && matches!((action.as_str(), text(tree, rule, &["regex"])), ("drop", "true") | ("keep", "false"))
    })
}

fn equalities(labels: BTreeMap<String, String>) -> Vec<Expression> {
    labels.into_iter().map(|(key, value)| Expression::Equal(key, value)).collect()
}

/// A `LabelSelector`; one without requirements selects everything.
fn label_selector(tree: &Tree<'_>, selector: Option<NodeId>) -> Vec<Expression> {
    let Some(selector) = selector else { return Vec::new() };
    let mut found = equalities(pairs(tree, find(tree, selector, &["matchLabels"])));
    for one in entries(tree, selector, &["matchExpressions"]) {
        let key = text(tree, one, &["key"]).to_owned();
        let values = entries(tree, one, &["values"]);
        let values = values.iter().filter_map(|value| tree.scalar(*value)).map(str::to_owned).collect();
        found.extend(match text(tree, one, &["operator"]) {
            "In" => Some(Expression::In(key, values)),
            "NotIn" => Some(Expression::NotIn(key, values)),
            "Exists" => Some(Expression::Exists(key)),
            "DoesNotExist" => Some(Expression::DoesNotExist(key)),
            _ => None,
        });
    }
    found
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_selector_is_filed_under_the_label_that_the_fewest_others_ask_for() {
        let label = |key: &str, value: &str| Expression::Equal(key.to_owned(), value.to_owned());
        let service = |index: usize| {
            let labels = vec![label("a-part-of", "shop"), label("z-name", &index.to_string())];
            (String::new(), labels, index)
        };
        let mut services: Vec<_> = (0..100).map(service).collect();
        services.push((String::new(), vec![Expression::Exists("z-name".to_owned())], 100));
        let all = ByLabels::new(services);
        let count = |key: &str, value: &str| all.buckets.count(&Some((key.to_owned(), value.to_owned())));
        assert_eq!((count("a-part-of", "shop"), count("z-name", "7"), all.buckets.count(&None)), (0, 1, 1));
    }
}
