//! What the other objects of the input say about a pod: who selects it, scales it, patches it, points into it.
//!
//! It is read once for the whole input, when the first rule asks; where nothing is selected, no rule asks. Only slices
//! whose text can hold a related kind are parsed, and small values are kept of them, not their trees. A Service is parsed
//! when it may select a workload that is asked about, where its lines show by which labels. A slice that is not YAML is
//! left out. What is not in the input is unknown, not absent: a host may pass a part of a package.
//!
//! Reading is linear in the input. A look-up visits the objects that share a key with the workload: its name and kind,
//! or one label of its pods, and then its namespace. Selectors are filed under the rarest of their labels, so one
//! that all workloads share (`app.kubernetes.io/part-of`) does not make every look-up visit everything. And it visits
//! `MAX_NEAR` of them at most, which bounds the work on an input that was made to be slow.

mod buckets;
mod changes;
mod partial;
mod pipelines;
mod pointer;
mod selecting;
mod targeting;

use std::cell::OnceCell;
use std::collections::BTreeMap;
use std::convert::Infallible;
use std::fmt;
use std::sync::{LazyLock, OnceLock};

use kube_core::GroupVersionKind;
use memchr::memmem::Finder;

use crate::config::Config;
use crate::config::selector::Target;
use crate::diagnostic::{FileRef, ResourceRef};
use crate::k8s::pod_spec::{PodSpec, field};
use crate::k8s::workloads::kinds_in;
use crate::krm::{Input, Resource, resource};
use crate::locate::kind_of;
use crate::parallel::in_parallel;
use crate::yaml::tree::{NodeId, Tree};

pub use changes::{Patch, Pointing};
pub use pipelines::SetImage;
pub use pointer::{Pointer, Which};
pub use selecting::{Monitor, Policy, Service, TargetPort};
pub use targeting::{Scaler, Vpa};

use changes::Changes;
use pipelines::Pipelines;
use selecting::{Selecting, Unfiled, read_service, skim_service};
use targeting::Targeting;

/// Objects under one key that a look-up visits at most; no pod is selected, scaled or patched by so many.
const MAX_NEAR: usize = 1000;

/// Slices that are read at a time, before what was kept of them is brought together.
const BATCH: usize = 4096;

/// The objects of the input that have to do with pods; read when the first question is asked.
#[derive(Debug)]
pub struct Index<'a> {
    input: &'a Input<'a>,
    config: &'a Config,
    threads: usize,
    contents: OnceLock<Contents>,
}

/// What was read.
#[derive(Debug, Default)]
struct Contents {
    selecting: Selecting,
    targeting: Targeting,
    changes: Changes,
    pipelines: Pipelines,
}

/// An object that has to do with a pod.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Origin {
    /// Its identity.
    pub resource: ResourceRef,
    /// Its file.
    pub file: Option<FileRef>,
}

impl Origin {
    fn of(tree: &Tree<'_>, object: NodeId) -> Self {
        let mut resource = resource::identity(tree, object);
        // kustomize fills in both (`api/types/kustomization.go`, `FixKustomizationPostUnmarshal`).
        if resource.kind.is_empty() {
            "Kustomization".clone_into(&mut resource.kind);
        }
        Self { resource, file: resource::file(tree, object) }
    }

    /// The folder of its file; `None` when the file is unknown.
    fn folder(&self) -> Option<&str> {
        self.file.as_ref().map(folder_of)
    }
}

fn folder_of(file: &FileRef) -> &str {
    file.path.rsplit_once('/').map_or("", |(folder, _)| folder)
}

/// Objects in words: the first three, and how many more.
pub fn in_words<T: ToString>(all: impl IntoIterator<Item = T>) -> String {
    let mut rest = all.into_iter();
    let mut names: Vec<String> = rest.by_ref().take(3).map(|one| one.to_string()).collect();
    names.dedup();
    match (rest.count(), names.split_last()) {
        (more @ 1.., _) => format!("{} and {more} more", names.join(", ")),
        (0, Some((last, others))) if !others.is_empty() => format!("{} and {last}", others.join(", ")),
        _ => names.concat(),
    }
}

impl fmt::Display for Origin {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match (&self.resource, &self.file) {
            (ResourceRef { kind, name, .. }, None) if name.is_empty() => f.write_str(kind),
            (ResourceRef { kind, name, .. }, Some(file)) if name.is_empty() => write!(f, "{kind} `{}`", file.path),
            (ResourceRef { kind, name, .. }, _) => write!(f, "{kind} `{name}`"),
        }
    }
}

/// The workload that a question is about. Where the index has no answers, little of it is read.
#[derive(Debug)]
pub struct Workload<'t> {
    tree: &'t Tree<'t>,
    object: NodeId,
    /// What has the labels of the pods, where they are known.
    holder: Option<NodeId>,
    gvk: OnceCell<GroupVersionKind>,
    pod_labels: OnceCell<BTreeMap<String, String>>,
    folder: OnceCell<Option<String>>,
}

impl<'t> Workload<'t> {
    /// The workload of a pod spec.
    pub fn of(tree: &'t Tree<'t>, pod: &PodSpec) -> Self {
        let (gvk, pod_labels, folder) = (OnceCell::new(), OnceCell::new(), OnceCell::new());
        Self { tree, object: pod.object, holder: pod.template, gvk, pod_labels, folder }
    }

    fn gvk(&self) -> &GroupVersionKind {
        self.gvk.get_or_init(|| kind_of(self.tree, self.object))
    }

    fn name(&self) -> &'t str {
        text(self.tree, self.object, &["metadata", "name"])
    }

    fn namespace(&self) -> &'t str {
        text(self.tree, self.object, &["metadata", "namespace"])
    }

    /// The labels of the pods: a pod has those of its template; a kind without a template is a Pod, or its pods'
    /// labels are unknown.
    fn pod_labels(&self) -> &BTreeMap<String, String> {
        self.pod_labels.get_or_init(|| {
            let is_pod = self.gvk().group.is_empty() && self.gvk().kind == "Pod";
            let holder = if is_pod { Some(self.object) } else { self.holder };
            pairs(self.tree, holder.and_then(|holder| find(self.tree, holder, &["metadata", "labels"])))
        })
    }

    /// The folder of its file; `None` when the file is unknown.
    fn folder(&self) -> Option<&str> {
        let folder = || resource::file(self.tree, self.object).map(|file| folder_of(&file).to_owned());
        self.folder.get_or_init(folder).as_deref()
    }

    fn target(&self) -> Target<'_> {
        let pairs = |key| pairs(self.tree, find(self.tree, self.object, &["metadata", key]));
        Target {
            group: &self.gvk().group,
            version: &self.gvk().version,
            kind: &self.gvk().kind,
            name: self.name(),
            namespace: self.namespace(),
            labels: pairs("labels"),
            annotations: pairs("annotations"),
        }
    }
}

impl<'a> Index<'a> {
    /// The index of an input. Nothing is read yet.
    ///
    /// `threads` is how many read it at most; 0 for as many as there are cores.
    pub fn new(input: &'a Input<'a>, config: &'a Config, threads: usize) -> Self {
        Self { input, config, threads, contents: OnceLock::new() }
    }

    fn contents(&self) -> &Contents {
        self.contents.get_or_init(|| {
            let mut reading = Reading::default();
            let all: Vec<_> = self.input.resources.iter().enumerate().collect();
            for batch in all.chunks(BATCH) {
                let size = batch.iter().map(|(_, slice)| slice.text.len()).sum();
                let look =
                    |(index, slice): &(usize, &Resource<'a>)| Ok::<_, Infallible>(Look::at(*index, slice, self.config));
                // Whoever asks next waits for this, so it may have the threads.
                let Ok(looks) = in_parallel(batch, size, self.threads, look);
                for one in looks {
                    reading.add(one);
                }
            }
            tracing::debug!(slices = reading.slices, "read the objects that have to do with pods");
            reading.finish()
        })
    }

    /// The Services that select the workload's pods.
    pub fn services(&self, workload: &Workload<'_>) -> Vec<&Service> {
        let read = |slice: usize| self.input.resources.get(slice).and_then(read_service);
        self.contents().selecting.services.get(workload, read)
    }

    /// The NetworkPolicies that apply to the workload's pods and name a port of ingress.
    pub fn policies(&self, workload: &Workload<'_>) -> Vec<&Policy> {
        self.contents().selecting.policies.get(workload, |_| None)
    }

    /// The PodMonitors that select the workload's pods and drop init containers.
    pub fn pod_monitors(&self, workload: &Workload<'_>) -> Vec<&Monitor> {
        self.contents().selecting.pod_monitors.get(workload, |_| None)
    }

    /// The ServiceMonitors that select a Service and find their targets by the port of a container.
    pub fn service_monitors(&self, service: &Service) -> Vec<&Monitor> {
        self.contents().selecting.service_monitors.of(service)
    }

    /// What scales the workload by the resources of single containers.
    pub fn scalers(&self, workload: &Workload<'_>) -> impl Iterator<Item = &Scaler> {
        targeting::of(&self.contents().targeting.scalers, workload)
    }

    /// The VerticalPodAutoscalers of the workload.
    pub fn vpas(&self, workload: &Workload<'_>) -> impl Iterator<Item = &Vpa> {
        targeting::of(&self.contents().targeting.vpas, workload)
    }

    /// The paths by which other objects point into the workload's lists of containers.
    pub fn pointers(&self, workload: &Workload<'_>) -> Vec<&Pointing> {
        self.contents().changes.pointers.get(workload)
    }

    /// The strategic merge patches of the workload that have entries in `containers`.
    pub fn patches(&self, workload: &Workload<'_>) -> Vec<&Patch> {
        self.contents().changes.patches.get(workload)
    }

    /// The calls of kpt's `set-image` in packages that hold the workload's file.
    pub fn set_images(&self, workload: &Workload<'_>) -> impl Iterator<Item = &SetImage> {
        self.contents().pipelines.around(|| workload.folder())
    }
}

/// What a first look at a slice gives.
enum Look<'s> {
    Nothing,
    /// A Service that is read when it may select a workload.
    Service(Unfiled<'s, Service>),
    Read(Box<Reading<'s>>),
}

impl<'s> Look<'s> {
    fn at(index: usize, slice: &Resource<'s>, config: &Config) -> Self {
        let skimmed = match relation(slice.text) {
            Relation::None => return Self::Nothing,
            Relation::Service => skim_service(index, slice),
            Relation::Other => None,
        };
        match skimmed {
            Some(service) => Self::Service(service),
            None => Reading::of(slice, config).map_or(Self::Nothing, |reading| Self::Read(Box::new(reading))),
        }
    }
}

/// The contents while slices are read.
#[derive(Debug, Default)]
struct Reading<'s> {
    slices: usize,
    selecting: selecting::Reading<'s>,
    contents: Contents,
}

impl<'s> Reading<'s> {
    /// What is kept of one slice; nothing of one that is not YAML.
    fn of(slice: &Resource<'s>, config: &Config) -> Option<Self> {
        let (tree, root) = slice.read().ok().flatten()?;
        let mut reading = Self { slices: 1, ..Self::default() };
        for object in objects(&tree, root) {
            reading.object(&tree, object, config);
        }
        Some(reading)
    }

    /// Adds what was kept of a later slice.
    fn add(&mut self, later: Look<'s>) {
        let later = match later {
            Look::Nothing => return,
            Look::Service(service) => return self.selecting.push(service),
            Look::Read(later) => *later,
        };
        self.slices += later.slices;
        self.selecting.extend(later.selecting);
        self.contents.targeting.extend(later.contents.targeting);
        self.contents.changes.extend(later.contents.changes);
        self.contents.pipelines.extend(later.contents.pipelines);
    }

    fn object(&mut self, tree: &Tree<'_>, object: NodeId, config: &Config) {
        let gvk = kind_of(tree, object);
        match (gvk.group.as_str(), gvk.kind.as_str()) {
            ("", "Service") | ("networking.k8s.io" | "extensions", "NetworkPolicy") | ("monitoring.coreos.com", _) => {
                self.selecting.read(tree, object, &gvk);
            }
            ("autoscaling" | "autoscaling.k8s.io" | "keda.sh", _) => self.contents.targeting.read(tree, object, &gvk),
            ("kpt.dev" | "fn.kpt.dev", _) => self.contents.pipelines.read(tree, object, &gvk),
            ("", "") | ("kustomize.config.k8s.io" | "kustomize.toolkit.fluxcd.io" | "argoproj.io", _) => {
                self.contents.changes.read(tree, object, &gvk, config);
            }
            _ => {}
        }
        partial::read(tree, object, config, &mut self.contents.changes);
    }

    fn finish(mut self) -> Contents {
        self.contents.selecting = self.selecting.finish();
        self.contents
    }
}

/// The kinds that the index knows; they are looked up behind the word `kind` of a text, before it is parsed.
const KINDS: &[&str] = &[
    "Application",
    "ApplicationSet",
    "HorizontalPodAutoscaler",
    "Kptfile",
    "Kustomization",
    "NetworkPolicy",
    "PodMonitor",
    "ScaledObject",
    "Service",
    "ServiceMonitor",
    "SetImage",
    "VerticalPodAutoscaler",
];

/// What a slice can hold of what the index knows.
enum Relation {
    None,
    /// Services, and nothing else.
    Service,
    Other,
}

fn relation(text: &str) -> Relation {
    // A kustomization may come without a kind.
    static FIELDS: LazyLock<[Finder<'_>; 2]> = LazyLock::new(|| ["patches", "replacements"].map(Finder::new));
    let mut kinds = kinds_in(text).filter(|kind| KINDS.contains(kind)).peekable();
    let has_kinds = kinds.peek().is_some();
    let is_other = kinds.any(|kind| kind != "Service")
        || FIELDS.iter().any(|field| field.find(text.as_bytes()).is_some())
        || partial::may_be_partial(text);
    match (has_kinds, is_other) {
        (_, true) => Relation::Other,
        (true, false) => Relation::Service,
        (false, false) => Relation::None,
    }
}

/// The objects of a slice: its root, or the items of a list, lists in lists included. An alias is not followed.
fn objects(tree: &Tree<'_>, root: NodeId) -> Vec<NodeId> {
    let mut found = Vec::new();
    let mut waiting = vec![root];
    while let Some(node) = waiting.pop() {
        let is_list =
            tree.get(node, "kind").and_then(|kind| tree.scalar(kind)).is_some_and(|kind| kind.ends_with("List"));
        match tree.get(node, "items") {
            Some(items) if is_list => waiting.extend(tree.entries(items).iter().rev()),
            _ => found.push(node),
        }
    }
    found
}

/// The value below a path of keys, aliases and merge keys followed.
fn find(tree: &Tree<'_>, node: NodeId, keys: &[&str]) -> Option<NodeId> {
    keys.iter().try_fold(node, |at, key| field(tree, at, key))
}

/// The text below a path of keys, empty when there is none.
fn text<'t>(tree: &'t Tree<'_>, node: NodeId, keys: &[&str]) -> &'t str {
    find(tree, node, keys).and_then(|id| tree.scalar(id)).unwrap_or("")
}

/// The entries of the list below a path of keys, aliases followed.
fn entries(tree: &Tree<'_>, node: NodeId, keys: &[&str]) -> Vec<NodeId> {
    let list = find(tree, node, keys).map_or(&[][..], |list| tree.entries(list));
    list.iter().filter_map(|entry| tree.resolve(*entry)).collect()
}

/// The pairs of a mapping of texts.
fn pairs(tree: &Tree<'_>, mapping: Option<NodeId>) -> BTreeMap<String, String> {
    let pairs = mapping.into_iter().flat_map(|mapping| tree.pairs(mapping));
    pairs.filter_map(|(key, value)| Some((tree.scalar(key)?.to_owned(), tree.scalar(value)?.to_owned()))).collect()
}
