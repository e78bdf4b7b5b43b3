//! What other objects change in a workload after this program, or look at in it: kustomize's patches and replacements,
//! Argo CD's ignored differences.

use std::collections::HashMap;

use kube_core::GroupVersionKind;

use super::{MAX_NEAR, Origin, Pointer, Workload, entries, find, text};
use crate::config::Config;
use crate::config::selector::Selector;
use crate::k8s::pod_spec::{List, field};
use crate::locate::{kind_of, locate};
use crate::yaml::parse::parse;
use crate::yaml::tree::{NodeId, Tree};

/// A path from another object into the lists of a workload.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Pointing {
    /// The object.
    pub origin: Origin,
    /// The path.
    pub pointer: Pointer,
}

/// A strategic merge patch with entries in `containers`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Patch {
    /// The object that is the patch, or holds it.
    pub origin: Origin,
    /// Whether the object is the patch itself.
    pub is_object: bool,
    /// The names of the entries.
    pub containers: Vec<String>,
}

/// All of them.
#[derive(Debug, Default)]
pub(super) struct Changes {
    pub(super) pointers: Aims<Pointing>,
    pub(super) patches: Aims<Patch>,
}

/// Values that are aimed at workloads: by their name where it is written out, else one by one.
#[derive(Debug)]
pub(super) struct Aims<T> {
    by_name: HashMap<String, Vec<(Aim, T)>>,
    others: Vec<(Aim, T)>,
}

/// Which workloads are meant.
#[derive(Debug, Clone)]
pub(super) struct Aim {
    selector: Selector,
    /// The namespace; empty for any.
    namespace: String,
    /// The name, if it is written out.
    name: Option<String>,
}

impl<T> Default for Aims<T> {
    fn default() -> Self {
        Self { by_name: HashMap::new(), others: Vec::new() }
    }
}

impl<T> Aims<T> {
    pub(super) fn put(&mut self, aim: Aim, value: T) {
        match &aim.name {
            Some(name) => self.by_name.entry(name.clone()).or_default().push((aim, value)),
            None => self.others.push((aim, value)),
        }
    }

    fn extend(&mut self, later: Self) {
        for (name, values) in later.by_name {
            self.by_name.entry(name).or_default().extend(values);
        }
        self.others.extend(later.others);
    }

    /// Those that are aimed at the workload.
    pub(super) fn get(&self, workload: &Workload<'_>) -> Vec<&T> {
        if self.by_name.is_empty() && self.others.is_empty() {
            return Vec::new();
        }
        let named = self.by_name.get(workload.name()).into_iter();
        let namespace = workload.namespace();
        let is_near = |aim: &Aim| [aim.namespace.as_str(), namespace].contains(&"") || aim.namespace == namespace;
        let near = named.chain([&self.others]).flat_map(|all| all.iter().take(MAX_NEAR));
        let mut near = near.filter(|(aim, _)| is_near(aim)).peekable();
        if near.peek().is_none() {
            return Vec::new();
        }
        let target = workload.target();
        near.filter(|(aim, _)| aim.selector.matches(&target)).map(|(_, value)| value).collect()
    }
}

impl Aim {
    /// At the object of this identity; at nothing without a name.
    pub(super) fn at(gvk: &GroupVersionKind, name: &str, namespace: &str) -> Option<Self> {
        if name.is_empty() {
            return None;
        }
        let selector = Selector::of(|field| match field {
            "group" => exactly(&gvk.group),
            "kind" => exactly(&gvk.kind),
            "name" => exactly(name),
            _ => String::new(),
        })?;
        Some(Self { selector, namespace: namespace.to_owned(), name: Some(name.to_owned()) })
    }

    /// At what kustomize's selector at `node` selects; at nothing when it says neither a name nor a kind and labels: a
    /// kustomization's reach is unknown, and so wide a selector would meet workloads that are not in it.
    ///
    /// Namespaces are left out: those of the files are often not yet those of the built objects.
    fn of_selector(tree: &Tree<'_>, node: NodeId) -> Option<Self> {
        let name = text(tree, node, &["name"]);
        if name.is_empty()
            && (text(tree, node, &["kind"]).is_empty() || text(tree, node, &["labelSelector"]).is_empty())
        {
            return None;
        }
        let selector =
            Selector::of(
                |field| if field == "namespace" { String::new() } else { text(tree, node, &[field]).to_owned() },
            )?;
        let is_literal = !name.is_empty() && name.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'-');
        Some(Self { selector, namespace: String::new(), name: is_literal.then(|| name.to_owned()) })
    }

    /// At what an entry of Argo CD's `ignoreDifferences` says (`util/argo/normalizers`: group and kind are globs).
    fn of_ignored(tree: &Tree<'_>, entry: NodeId, destination: &str) -> Option<Self> {
        let name = text(tree, entry, &["name"]);
        let selector = Selector::of(|field| match field {
            "group" | "kind" => exactly(text(tree, entry, &[field])).replace("\\*", ".*"),
            "name" if !name.is_empty() => exactly(name),
            _ => String::new(),
        })?;
        let namespace = match text(tree, entry, &["namespace"]) {
            "" => destination,
            namespace => namespace,
        };
        Some(Self { selector, namespace: namespace.to_owned(), name: (!name.is_empty()).then(|| name.to_owned()) })
    }
}

/// The pattern that matches this text only, the empty one included.
fn exactly(text: &str) -> String {
    format!("(?:{})", regex_lite::escape(text))
}

impl Changes {
    pub(super) fn extend(&mut self, later: Self) {
        self.pointers.extend(later.pointers);
        self.patches.extend(later.patches);
    }

    pub(super) fn read(&mut self, tree: &Tree<'_>, object: NodeId, gvk: &GroupVersionKind, config: &Config) {
        let origin = Origin::of(tree, object);
        match (gvk.group.as_str(), gvk.kind.as_str()) {
            ("argoproj.io", "Application") => self.application(tree, object, &origin, config),
            ("argoproj.io", "ApplicationSet") => {
                if let Some(template) = find(tree, object, &["spec", "template"]) {
                    self.application(tree, template, &origin, config);
                }
            }
            ("kustomize.toolkit.fluxcd.io", "Kustomization") => {
                if let Some(spec) = find(tree, object, &["spec"]) {
                    self.kustomization(tree, spec, &origin, config);
                }
            }
            ("" | "kustomize.config.k8s.io", "" | "Kustomization" | "Component") => {
                self.kustomization(tree, object, &origin, config);
            }
            _ => {}
        }
    }

    fn application(&mut self, tree: &Tree<'_>, application: NodeId, origin: &Origin, config: &Config) {
        let destination = text(tree, application, &["spec", "destination", "namespace"]);
        for entry in entries(tree, application, &["spec", "ignoreDifferences"]) {
            let Some(aim) = Aim::of_ignored(tree, entry, destination) else { continue };
            let paths = ["jsonPointers", "jqPathExpressions"].into_iter().flat_map(|key| entries(tree, entry, &[key]));
            for path in paths.filter_map(|path| tree.scalar(path)) {
                self.point(&aim, origin, path);
            }
        }
        let source = find(tree, application, &["spec", "source", "kustomize"]);
        let sources = entries(tree, application, &["spec", "sources"]);
        let sources = sources.into_iter().filter_map(|source| field(tree, source, "kustomize"));
        for kustomize in sources.chain(source) {
            self.kustomization(tree, kustomize, origin, config);
        }
    }

    /// Everything in a kustomization that stands in its own text; what it names as a file is looked at where it is an
    /// object of the input.
    fn kustomization(&mut self, tree: &Tree<'_>, node: NodeId, origin: &Origin, config: &Config) {
        for patch in entries(tree, node, &["patches"]).into_iter().chain(entries(tree, node, &["patchesJson6902"])) {
            let aim = find(tree, patch, &["target"]).and_then(|target| Aim::of_selector(tree, target));
            self.patch(aim.as_ref(), text(tree, patch, &["patch"]), origin, config);
        }
        for patch in entries(tree, node, &["patchesStrategicMerge"]) {
            self.patch(None, tree.scalar(patch).unwrap_or(""), origin, config);
        }
        for replacement in entries(tree, node, &["replacements"]) {
            for target in entries(tree, replacement, &["targets"]) {
                let aim = find(tree, target, &["select"]).and_then(|select| Aim::of_selector(tree, select));
                let paths = entries(tree, target, &["fieldPaths"]);
                for (aim, path) in aim.iter().flat_map(|aim| paths.iter().map(move |path| (aim, path))) {
                    self.point(aim, origin, tree.scalar(*path).unwrap_or(""));
                }
            }
            if let Some(source) = find(tree, replacement, &["source"])
                && let Some(aim) = Aim::of_selector(tree, source)
            {
                self.point(&aim, origin, text(tree, source, &["fieldPath"]));
            }
        }
    }

    fn point(&mut self, aim: &Aim, origin: &Origin, path: &str) {
        if let Some(pointer) = Pointer::read(path) {
            self.pointers.put(aim.clone(), Pointing { origin: origin.clone(), pointer });
        }
    }

    /// A patch as text: a list of JSON6902 operations, or objects to merge.
    fn patch(&mut self, aim: Option<&Aim>, patch: &str, origin: &Origin, config: &Config) {
        let has = |needle: &str| memchr::memmem::find(patch.as_bytes(), needle.as_bytes()).is_some();
        if !has(List::Main.usual_key()) && !has(List::Init.usual_key()) {
            return;
        }
        let Ok(tree) = parse(patch) else { return };
        for &root in &tree.roots {
            for operation in entries(&tree, root, &[]) {
                let paths = ["path", "from"].map(|key| text(&tree, operation, &[key]));
                for (aim, path) in aim.into_iter().flat_map(|aim| paths.map(|path| (aim, path))) {
                    self.point(aim, origin, path);
                }
            }
            let named = Aim::at(&kind_of(&tree, root), text(&tree, root, &["metadata", "name"]), "");
            let Some(aim) = aim.cloned().or(named) else { continue };
            for pod in locate(&tree, root, &config.extra_kinds) {
                let containers: Vec<_> =
                    pod.containers(&tree, List::Main).iter().map(|container| container.name.to_owned()).collect();
                if !containers.is_empty() {
                    self.patches.put(aim.clone(), Patch { origin: origin.clone(), is_object: false, containers });
                }
            }
        }
    }
}
