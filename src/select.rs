//! From a pod spec to the containers that the configuration, the workload itself, or the catalogue calls sidecars.

pub mod declared;
mod injected;
mod recognised;

use std::cell::OnceCell;

use crate::catalog::profile::{Profile, Workloads};
use crate::catalog::recognise::Traits;
use crate::catalog::{may_know, recognise};
use crate::config::catalogue::Mode;
use crate::config::selector::Target;
use crate::config::{Config, EditLevel, ProfileChoice, Sidecar, Treatment};
use crate::k8s::pod_spec::{Container, List, PodSpec, field};
use crate::k8s::workloads::may_run_to_completion;
use crate::locate::kind_of;
use crate::yaml::path::Path;
use crate::yaml::tree::{NodeId, Tree};
pub use injected::Injected;

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
    /// Sidecars that an injector will put into the pods.
    pub injected: Vec<Injected<'t>>,
    /// What edits are made where no container's treatment says it.
    pub edits: EditLevel,
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

/// Why a container was selected.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Reason {
    /// The configuration or the workload names it.
    Explicit,
    /// Nobody names it, and the catalogue knows it.
    Catalogue,
}

/// A container that was selected.
#[derive(Debug, Clone)]
pub struct Candidate<'t> {
    /// The container.
    pub container: Container<'t>,
    /// Why.
    pub reason: Reason,
    /// Its profile.
    pub profile: Option<&'t Profile>,
    /// The profile that knows it, whatever profile the configuration gives it.
    pub recognised: Option<&'t Profile>,
    /// What happens to it.
    pub treatment: Treatment,
}

impl Candidate<'_> {
    /// Its name, and where nobody named it the profile that knows it.
    pub fn in_words(&self) -> String {
        match self.profile.filter(|_| self.reason == Reason::Catalogue) {
            Some(profile) => format!("{} (catalogue: {})", self.container.name, profile.name),
            None => self.container.name.to_owned(),
        }
    }
}

/// The words of which at least one stands in every text in which something is named as a sidecar or matches an entry of
/// `sidecars`; an empty one says that any text may do.
pub fn words(config: &Config) -> Vec<&str> {
    config.sidecars.iter().map(Sidecar::literal).chain(declared::LITERALS).collect()
}

/// The words of which at least one stands in every text in which the catalogue alone selects something, or a workload asks
/// an injector for something; likewise.
pub fn catalogue_words(config: &Config) -> Vec<&str> {
    if config.catalogue.mode == Mode::None { Vec::new() } else { config.catalogue.words() }
}

/// Whether the catalogue can be in use for a workload in a text.
pub fn may_use_catalogue(config: &Config, text: &str) -> bool {
    let catalogue = &config.catalogue;
    catalogue.mode != Mode::None
        && (catalogue.workloads == Workloads::All
            || config.extra_kinds.iter().any(|kind| kind.runs_to_completion)
            || may_run_to_completion(text))
}

/// Which selectors of the configuration match the workload of a pod: what [`select`] would say of them.
pub fn selectors(tree: &Tree<'_>, pod: &PodSpec, config: &Config) -> Matched {
    let mut matched = Matched::default();
    is_excluded(tree, pod, config, &mut matched);
    matched
}

/// Applies the configuration to one pod.
pub fn select<'t>(tree: &'t Tree<'_>, pod: &PodSpec, config: &'t Config) -> Selection<'t> {
    let mut selection = Selection::default();
    let is_excluded = is_excluded(tree, pod, config, &mut selection.matched);
    let is_ignored = is_excluded || annotations(tree, pod, IGNORE).any(|(value, _)| value == "true");
    selection.is_ignored = is_ignored;
    let declared = names(tree, pod, SIDECARS);
    let mains = pod.containers(tree, List::Main);
    let all: Vec<_> = mains.iter().copied().chain(pod.containers(tree, List::Init)).collect();
    let is_catalogue_active = recognised::is_active(config, pod, mains.len());
    let mut seen: Vec<&str> = Vec::new();
    for container in &all {
        let known = OnceCell::new();
        let profile = || *known.get_or_init(|| profile_of(tree, config, container, &all));
        let entry = entry_of(tree, config, container, || profile().map(|profile| profile.name.as_str()));
        let is_declared = declared.iter().any(|one| one.name == container.name);
        let is_ordinary = container.list == List::Init && !is_native(tree, container);
        seen.push(container.name);
        if is_ordinary {
            let is_named = |entry: usize| config.sidecars.get(entry).is_some_and(|entry| entry.names(container.name));
            if !is_ignored && (is_declared || entry.is_some_and(is_named)) {
                selection.ordinary.push(*container);
                selection.matched.sidecars.extend(entry);
            }
            continue;
        }
        selection.matched.sidecars.extend(entry);
        if container.list == List::Init || is_ignored {
            continue;
        }
        let entry = entry.and_then(|entry| config.sidecars.get(entry));
        let is_named = entry.is_some() || is_declared || !declared::declarations(tree, pod, container).is_empty();
        let is_owned = || pod.kind.is_some_and(|kind| kind.owned.has(container.name, container.index));
        let is_selected = || {
            !is_owned() && profile().is_some_and(|profile| config.catalogue.selects(profile, pod.runs_to_completion))
        };
        if is_named || (is_catalogue_active && is_selected()) {
            let recognised = profile();
            let profile = match entry.map(|entry| &entry.profile) {
                None | Some(ProfileChoice::Recognised) => recognised,
                Some(ProfileChoice::Named(name)) => config.catalogue.find(name),
                Some(ProfileChoice::None) => None,
            };
            let treatment = entry.map_or(&config.defaults, |entry| &entry.treatment).clone();
            let reason = if is_named { Reason::Explicit } else { Reason::Catalogue };
            let container = *container;
            selection.candidates.push(Candidate { container, reason, profile, recognised, treatment });
        }
    }
    if !is_ignored && (!selection.candidates.is_empty() || recognised::is_in_use(config, pod)) {
        selection.injected = injected::injected(tree, pod, config, &all);
        selection.edits = config.defaults.edits;
    }
    let profile = |container: &Container<'t>| profile_of(tree, config, container, &all);
    recognised::leave_mains(tree, pod, &mains, &mut selection.candidates, profile);
    // A container in both lists is the business of `name-in-both-lists`.
    selection
        .ordinary
        .retain(|init| selection.candidates.iter().all(|candidate| candidate.container.name != init.name));
    selection.unknown = declared.into_iter().filter(|one| !seen.contains(&one.name)).collect();
    selection
}

/// The profile that knows a container of a pod with `all` these containers.
pub fn profile_of<'t>(
    tree: &Tree<'_>,
    config: &'t Config,
    container: &Container<'_>,
    all: &[Container<'_>],
) -> Option<&'t Profile> {
    let catalogue = &config.catalogue;
    let image = || field(tree, container.node, "image").and_then(|id| tree.scalar(id)).unwrap_or("");
    if catalogue.own.is_empty() && !may_know(container.name, image()) {
        return None;
    }
    recognise(&Traits::of(tree, container, all), &catalogue.own, catalogue.edition)
}

/// The first entry of `sidecars` that means a container.
fn entry_of<'p>(
    tree: &Tree<'_>,
    config: &Config,
    container: &Container<'_>,
    profile: impl Fn() -> Option<&'p str>,
) -> Option<usize> {
    if container.name.is_empty() {
        return None;
    }
    let image = field(tree, container.node, "image").and_then(|id| tree.scalar(id)).unwrap_or("");
    config.sidecars.iter().position(|entry| entry.matches(container.name, image, &profile))
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
    for (list, holder) in annotations(tree, pod, annotation) {
        let at = holder.annotations(pod);
        let words = list.split(',').map(str::trim).filter(|name| !name.is_empty());
        names.extend(words.map(|name| Named { name, at: at.clone() }));
    }
    names
}

/// What has annotations that say something about a pod's containers.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Holder {
    /// The workload.
    Workload,
    /// Its pod template.
    Template,
}

impl Holder {
    /// Both, in the order in which they are read.
    pub const ALL: [Self; 2] = [Self::Workload, Self::Template];

    /// The path of its annotations.
    pub fn annotations(self, pod: &PodSpec) -> Path {
        // The pod spec stands directly below its template.
        let holder = if self == Self::Workload { pod.object_path.clone() } else { pod.path.above() };
        holder.key("metadata").key("annotations")
    }

    fn find(self, tree: &Tree<'_>, pod: &PodSpec) -> Option<NodeId> {
        let holder = if self == Self::Workload { Some(pod.object) } else { pod.template };
        tree.find(holder?, &["metadata", "annotations"])
    }
}

/// The values of an annotation on the workload and on its pod template.
pub fn annotations<'t>(tree: &'t Tree<'_>, pod: &PodSpec, name: &str) -> impl Iterator<Item = (&'t str, Holder)> {
    Holder::ALL.into_iter().filter_map(move |holder| {
        let value = holder.find(tree, pod).and_then(|all| tree.get(all, name)).and_then(|id| tree.scalar(id))?;
        Some((value, holder))
    })
}

/// Whether an entry of `initContainers` is a native sidecar (KEP-753: `restartPolicy: Always`).
pub fn is_native(tree: &Tree<'_>, container: &Container<'_>) -> bool {
    container.list == List::Init
        && field(tree, container.node, "restartPolicy").and_then(|id| tree.scalar(id)) == Some("Always")
}
