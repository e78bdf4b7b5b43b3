//! From a pod spec to the containers that the configuration, or the workload itself, calls sidecars.

use crate::config::selector::Target;
use crate::config::{Config, Sidecar, Treatment};
use crate::k8s::pod_spec::{Container, List, PodSpec, field};
use crate::locate::kind_of;
use crate::yaml::path::Path;
use crate::yaml::tree::{NodeId, Tree};

/// Declares sidecars by name, on a workload or its pod template: `a,b`.
pub const SIDECARS: &str = "convert-sidecars.dev/sidecars";
/// `"true"` opts a workload out.
pub const IGNORE: &str = "convert-sidecars.dev/ignore";
/// Accepts rules for a workload, by name: `host-port-unmapped,…`.
pub const ALLOW: &str = "convert-sidecars.dev/allow";

/// What is selected in one pod.
#[derive(Debug, Default)]
pub struct Selection<'t> {
    /// Entries of `containers` to be converted, in their order.
    pub candidates: Vec<Candidate<'t>>,
    /// Ordinary init containers that were named without a wildcard, as if they were sidecars.
    pub ordinary: Vec<Container<'t>>,
    /// Names in the workload's own annotation that no container has.
    pub unknown: Vec<Named<'t>>,
    /// Whether the workload is left out, by the configuration or by itself.
    pub is_ignored: bool,
    /// Which parts of the configuration matched something, native sidecars included.
    pub matched: Matched,
}

/// Indexes into the lists of the configuration.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Matched {
    /// Of `spec.sidecars`.
    pub sidecars: Vec<usize>,
    /// Of `spec.workloads.include`.
    pub include: Vec<usize>,
    /// Of `spec.workloads.exclude`.
    pub exclude: Vec<usize>,
}

impl Matched {
    /// Adds what matched elsewhere.
    pub fn merge(&mut self, other: &Self) {
        let lists = [
            (&mut self.sidecars, &other.sidecars),
            (&mut self.include, &other.include),
            (&mut self.exclude, &other.exclude),
        ];
        for (list, more) in lists {
            list.extend(more);
            list.sort_unstable();
            list.dedup();
        }
    }
}

/// A name in an annotation.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Named<'t> {
    /// The name.
    pub name: &'t str,
    /// Path of the annotations that hold it.
    pub at: Path,
}

/// A container that was selected.
#[derive(Debug, Clone)]
pub struct Candidate<'t> {
    /// The container.
    pub container: Container<'t>,
    /// What happens to it.
    pub treatment: Treatment,
}

/// The words of which at least one stands in every text in which something is selected, or matches an entry of
/// `sidecars`; an empty one says that any text may do.
pub fn words(config: &Config) -> Vec<&str> {
    config.sidecars.iter().map(Sidecar::literal).chain([SIDECARS]).collect()
}

/// Which selectors of the configuration match the workload of a pod: what [`select`] would say of them.
pub fn selectors(tree: &Tree<'_>, pod: &PodSpec, config: &Config) -> Matched {
    let mut matched = Matched::default();
    is_excluded(tree, pod, config, &mut matched);
    matched
}

/// Applies the configuration to one pod.
pub fn select<'t>(tree: &'t Tree<'_>, pod: &PodSpec, config: &Config) -> Selection<'t> {
    let mut selection = Selection::default();
    let is_excluded = is_excluded(tree, pod, config, &mut selection.matched);
    let is_ignored = is_excluded || annotations(tree, pod, IGNORE).iter().any(|(value, _)| *value == "true");
    selection.is_ignored = is_ignored;
    let declared = names(tree, pod, SIDECARS);
    let entry_of = |container: &Container<'_>| {
        let image = field(tree, container.node, "image").and_then(|id| tree.scalar(id)).unwrap_or("");
        config.sidecars.iter().position(|entry| !container.name.is_empty() && entry.matches(container.name, image))
    };
    let mut seen: Vec<&str> = Vec::new();
    for container in pod.containers(tree, List::Main).into_iter().chain(pod.containers(tree, List::Init)) {
        let entry = entry_of(&container);
        let is_declared = declared.iter().any(|one| one.name == container.name);
        let is_ordinary = container.list == List::Init && !is_native(tree, &container);
        if is_ordinary {
            let is_named = |entry: usize| config.sidecars.get(entry).is_some_and(|entry| entry.names(container.name));
            if !is_ignored && (is_declared || entry.is_some_and(is_named)) {
                selection.ordinary.push(container);
                selection.matched.sidecars.extend(entry);
            }
            seen.push(container.name);
            continue;
        }
        selection.matched.sidecars.extend(entry);
        seen.push(container.name);
        if container.list == List::Main && !is_ignored && (entry.is_some() || is_declared) {
            let treatment =
                entry.and_then(|entry| config.sidecars.get(entry)).map_or(&config.defaults, |entry| &entry.treatment);
            selection.candidates.push(Candidate { container, treatment: treatment.clone() });
        }
    }
    // A container in both lists is the business of `name-in-both-lists`.
    selection
        .ordinary
        .retain(|init| selection.candidates.iter().all(|candidate| candidate.container.name != init.name));
    selection.unknown = declared.into_iter().filter(|one| !seen.contains(&one.name)).collect();
    selection
}

/// Whether the selectors of the configuration leave the workload out.
fn is_excluded(tree: &Tree<'_>, pod: &PodSpec, config: &Config, matched: &mut Matched) -> bool {
    if config.include.is_empty() && config.exclude.is_empty() {
        return false;
    }
    let gvk = kind_of(tree, pod.object);
    let text = |keys: &[&str]| tree.find(pod.object, keys).and_then(|id| tree.scalar(id)).unwrap_or("");
    let pairs = |key: &str| {
        let mapping = tree.find(pod.object, &["metadata", key]);
        let pairs = mapping.into_iter().flat_map(|mapping| tree.pairs(mapping));
        pairs.filter_map(|(key, value)| Some((tree.scalar(key)?.to_owned(), tree.scalar(value)?.to_owned()))).collect()
    };
    let target = Target {
        group: &gvk.group,
        version: &gvk.version,
        kind: &gvk.kind,
        name: text(&["metadata", "name"]),
        namespace: text(&["metadata", "namespace"]),
        labels: pairs("labels"),
        annotations: pairs("annotations"),
    };
    let hits = |selectors: &[crate::config::selector::Selector]| {
        let hits = selectors.iter().enumerate().filter(|(_, selector)| selector.matches(&target));
        hits.map(|(index, _)| index).collect::<Vec<_>>()
    };
    matched.include = hits(&config.include);
    matched.exclude = hits(&config.exclude);
    (!config.include.is_empty() && matched.include.is_empty()) || !matched.exclude.is_empty()
}

/// The names in an annotation that holds a list of them, on the workload and on its pod template.
pub fn names<'t>(tree: &'t Tree<'_>, pod: &PodSpec, annotation: &str) -> Vec<Named<'t>> {
    let mut names = Vec::new();
    for (list, at) in annotations(tree, pod, annotation) {
        let words = list.split(',').map(str::trim).filter(|name| !name.is_empty());
        names.extend(words.map(|name| Named { name, at: at.clone() }));
    }
    names
}

/// The values of an annotation on the workload and on its pod template, each with the path of the annotations.
fn annotations<'t>(tree: &'t Tree<'_>, pod: &PodSpec, name: &str) -> Vec<(&'t str, Path)> {
    // The pod spec stands directly below its template.
    let above = pod.path.0.split_last().map_or(&[][..], |(_, above)| above);
    let holders = [(Some(pod.object), pod.object_path.clone()), (pod.template, Path(above.to_vec()))];
    let value = |(holder, path): (Option<NodeId>, Path)| {
        let value = tree.find(holder?, &["metadata", "annotations", name]).and_then(|id| tree.scalar(id))?;
        Some((value, path.key("metadata").key("annotations")))
    };
    holders.into_iter().filter_map(value).collect()
}

/// Whether an entry of `initContainers` is a native sidecar (KEP-753: `restartPolicy: Always`).
pub fn is_native(tree: &Tree<'_>, container: &Container<'_>) -> bool {
    container.list == List::Init
        && field(tree, container.node, "restartPolicy").and_then(|id| tree.scalar(id)) == Some("Always")
}
