//! Objects that select pods by their labels: Services, NetworkPolicies, PodMonitors.

use std::borrow::Cow;
use std::collections::{BTreeMap, HashMap};
use std::sync::OnceLock;

use kube_core::{Expression, GroupVersionKind, Selector, SelectorExt};

use super::buckets::Buckets;
use super::{Origin, Workload, entries, find, pairs, text};
use crate::krm::Resource;
use crate::yaml::scalar::{Scalar, resolve};
use crate::yaml::skim::Value;
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

/// A value with its selector.
type Selected<T> = Box<(Selector, T)>;

/// What is filed.
#[derive(Debug)]
enum Held<T> {
    Read(Selected<T>),
    /// The slice that it stands in, which is read when a look-up first comes to it.
    In(usize, OnceLock<Option<Selected<T>>>),
}

/// A label, by its key and its value.
type Label<'s> = (Cow<'s, str>, Cow<'s, str>);

/// A value that is to be filed.
#[derive(Debug)]
pub(super) struct Unfiled<'s, T> {
    namespace: Cow<'s, str>,
    /// The labels that it asks for, in order.
    labels: Vec<Label<'s>>,
    value: Held<T>,
}

impl<T> Unfiled<'_, T> {
    fn new(namespace: String, selector: Vec<Expression>, value: T) -> Self {
        let label = |one: &Expression| match one {
            Expression::Equal(key, value) => Some((key.clone().into(), value.clone().into())),
            _ => None,
        };
        let labels = selector.iter().filter_map(label).collect();
        let value = Held::Read(Box::new((selector.into_iter().collect(), value)));
        Self { namespace: namespace.into(), labels, value }
    }
}

impl Unfiled<'_, Service> {
    /// Whether reading gives the same; a slice that is not YAML gives nothing.
    fn is_as_read(&self, slice: &Resource<'_>) -> bool {
        let asked = self.labels.iter().map(|(key, value)| Expression::Equal(key.to_string(), value.to_string()));
        let asked: Selector = asked.collect();
        read_service(slice).is_none_or(|(selector, service)| {
            service.origin.resource.namespace == self.namespace && selector.to_string() == asked.to_string()
        })
    }
}

/// Values with a selector, each filed under the rarest label that it asks for.
#[derive(Debug)]
pub(super) struct ByLabels<T> {
    buckets: Buckets<Option<(String, String)>, Held<T>>,
}

impl<T> Default for ByLabels<T> {
    fn default() -> Self {
        Self { buckets: Buckets::default() }
    }
}

impl<T> ByLabels<T> {
    fn new(values: Vec<Unfiled<'_, T>>) -> Self {
        let mut counts: HashMap<(&str, &str, &str), usize> = HashMap::new();
        for Unfiled { namespace, labels, .. } in &values {
            for (key, value) in labels {
                *counts.entry((namespace, key, value)).or_default() += 1;
            }
        }
        let rarest = |Unfiled { namespace, labels, .. }: &Unfiled<'_, T>| {
            let count = |(key, value): &&Label<'_>| counts.get(&(&**namespace, &**key, &**value)).copied();
            labels.iter().min_by_key(count).map(|(key, value)| (key.to_string(), value.to_string()))
        };
        let keys: Vec<_> = values.iter().map(rarest).collect();
        let mut buckets = Buckets::default();
        for (Unfiled { namespace, value, .. }, key) in values.into_iter().zip(keys) {
            buckets.put(key, &namespace, value);
        }
        Self { buckets }
    }

    /// Those that select the workload's pods; `read` gives what stands in a slice that was not read yet.
    pub(super) fn get(&self, workload: &Workload<'_>, read: impl Fn(usize) -> Option<(Selector, T)>) -> Vec<&T> {
        if self.buckets.is_empty() {
            return Vec::new();
        }
        self.selecting(workload.pod_labels(), workload.namespace(), read)
    }

    /// Those that select the Service.
    pub(super) fn of(&self, service: &Service) -> Vec<&T> {
        if self.buckets.is_empty() {
            return Vec::new();
        }
        self.selecting(&service.labels, &service.origin.resource.namespace, |_| None)
    }

    fn selecting<'b>(
        &'b self,
        labels: &BTreeMap<String, String>,
        namespace: &str,
        read: impl Fn(usize) -> Option<(Selector, T)>,
    ) -> Vec<&'b T> {
        let keys = labels.iter().map(|(key, value)| Some((key.clone(), value.clone()))).chain([None]);
        let near = keys.flat_map(|key| self.buckets.get(&key, namespace));
        let found = near.filter_map(|held| match held {
            Held::Read(value) => Some(&**value),
            Held::In(slice, value) => value.get_or_init(|| read(*slice).map(Box::new)).as_deref(),
        });
        found.filter(|(selector, _)| selector.matches(labels)).map(|(_, value)| value).collect()
    }
}

/// What was read so far.
#[derive(Debug, Default)]
pub(super) struct Reading<'s> {
    services: Vec<Unfiled<'s, Service>>,
    policies: Vec<Unfiled<'s, Policy>>,
    pod_monitors: Vec<Unfiled<'s, Monitor>>,
    service_monitors: Vec<Unfiled<'s, Monitor>>,
}

impl<'s> Reading<'s> {
    pub(super) fn push(&mut self, service: Unfiled<'s, Service>) {
        self.services.push(service);
    }

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
                let service = service(tree, object, origin);
                self.services.extend(service.map(|(selector, one)| Unfiled::new(namespace, selector, one)));
            }
            "NetworkPolicy" => {
                let ports = ingress_ports(tree, object);
                if !ports.is_empty() {
                    let selector = label_selector(tree, find(tree, object, &["spec", "podSelector"]));
                    self.policies.push(Unfiled::new(namespace, selector, Policy { origin, ports }));
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

/// A Service with its selector; `None` for one without.
fn service(tree: &Tree<'_>, object: NodeId, origin: Origin) -> Option<(Vec<Expression>, Service)> {
    let ports = entries(tree, object, &["spec", "ports"]).into_iter();
    let ports = ports.filter_map(|port| named_port(tree, port, "targetPort")).collect();
    let labels = pairs(tree, find(tree, object, &["metadata", "labels"]));
    let selected = pairs(tree, find(tree, object, &["spec", "selector"]));
    (!selected.is_empty()).then(|| (equalities(selected), Service { origin, ports, labels }))
}

/// The one Service in a slice, with its selector.
pub(super) fn read_service(slice: &Resource<'_>) -> Option<(Selector, Service)> {
    let (tree, object) = slice.read().ok().flatten()?;
    let (selector, service) = service(&tree, object, Origin::of(&tree, object))?;
    Some((selector.into_iter().collect(), service))
}

/// What a Service is filed under without reading it, by a look at its lines; `None` where they do not tell.
///
/// Most Services of an input select none of the workloads that are asked about.
pub(super) fn skim_service<'s>(index: usize, slice: &Resource<'s>) -> Option<Unfiled<'s, Service>> {
    let [version, kind, metadata, spec] = slice.skim()?.get(["apiVersion", "kind", "metadata", "spec"])?;
    if version?.scalar()? != "v1" || kind?.scalar()? != "Service" {
        return None;
    }
    let namespace = match metadata?.mapping()?.get(["namespace"])? {
        [Some(namespace)] => namespace.scalar()?,
        [None] => "",
    };
    let [selector] = spec?.mapping()?.get(["selector"])?;
    let label = |pair: Option<(&'s str, Value<'s>)>| pair.and_then(|(key, value)| Some((key, value.scalar()?)));
    let labels: Option<BTreeMap<_, _>> = selector?.mapping()?.pairs().map(label).collect();
    let labels = labels?.into_iter().map(|(key, value)| (key.into(), value.into())).collect();
    let value = Held::In(index, OnceLock::new());
    let skimmed = Unfiled { namespace: namespace.into(), labels, value };
    debug_assert!(skimmed.is_as_read(slice), "{}", slice.text);
    Some(skimmed)
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
fn monitors(tree: &Tree<'_>, object: NodeId, origin: &Origin, ports: Vec<String>) -> Vec<Unfiled<'static, Monitor>> {
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
    let monitor = |namespace| Unfiled::new(namespace, selector.clone(), monitor.clone());
    namespaces.into_iter().map(monitor).collect()
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
            Unfiled::new(String::new(), labels, index)
        };
        let mut services: Vec<_> = (0..100).map(service).collect();
        services.push(Unfiled::new(String::new(), vec![Expression::Exists("z-name".to_owned())], 100));
        let all = ByLabels::new(services);
        let count = |key: &str, value: &str| all.buckets.count(&Some((key.to_owned(), value.to_owned())));
        assert_eq!((count("a-part-of", "shop"), count("z-name", "7"), all.buckets.count(&None)), (0, 1, 1));
    }
}
