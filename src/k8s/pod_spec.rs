//! A pod spec as a view into a tree: nothing is copied, everything has a path.

use super::workloads::{Place, Verdict, WorkloadKind};
use crate::yaml::path::{Path, Step};
use crate::yaml::tree::{NodeId, Tree};

/// One of the two lists of a pod spec that this program knows.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum List {
    /// `initContainers`
    Init,
    /// `containers`, or the list that an operator's kind has in its place.
    Main,
}

impl List {
    /// Both, in the order of their numbers.
    pub const ALL: [Self; 2] = [Self::Init, Self::Main];

    /// The key of the list in Kubernetes' own pod specs.
    pub const fn usual_key(self) -> &'static str {
        match self {
            Self::Init => "initContainers",
            Self::Main => "containers",
        }
    }
}

/// A pod spec and where it stands.
#[derive(Debug, Clone)]
pub struct PodSpec {
    /// Path from the slice's object to the pod spec.
    pub path: Path,
    /// The object that carries it: the slice's object, or an item of a list in it.
    pub object: NodeId,
    /// Path from the slice's object to `object`; empty unless the slice holds a list.
    pub object_path: Path,
    /// The pod template around it, where the kind has one: its metadata are those of the pods.
    pub template: Option<NodeId>,
    /// The mapping itself. Where an alias stands in its place, the mapping that the alias names.
    pub node: NodeId,
    /// Whether an alias or a merge key lies between the object and the pod spec or its lists.
    pub is_shared: bool,
    /// The row of its kind; `None` for a kind that only the configuration knows.
    pub kind: Option<&'static WorkloadKind>,
    /// Which of the places of the kind it is.
    pub place: &'static Place,
    /// Whether the pod is done when its main containers have ended: those of Jobs, and all that do not restart always.
    pub runs_to_completion: bool,
}

/// A container and where it stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Container<'t> {
    /// The list that holds it.
    pub list: List,
    /// Its place in the list.
    pub index: usize,
    /// The entry as written: a mapping, or an alias.
    pub entry: NodeId,
    /// The mapping: `entry`, or what it is an alias of.
    pub node: NodeId,
    /// Its name; empty when it has none.
    pub name: &'t str,
}

impl PodSpec {
    /// The key of a list.
    pub fn key(&self, list: List) -> &'static str {
        match list {
            List::Init => list.usual_key(),
            List::Main => self.place.list,
        }
    }

    /// Whether its kind takes native sidecars here.
    pub fn verdict(&self) -> Verdict {
        self.place.verdict.or(self.kind.map(|kind| kind.verdict)).unwrap_or(Verdict::Convert)
    }

    /// The object whose metadata are those of the pods, with its path: the template, or the Pod itself. `None` where a
    /// kind has no template, so that its pods' metadata are unknown.
    pub fn metadata_holder(&self) -> Option<(NodeId, Path)> {
        // The pod spec stands directly below its template.
        let path = || if self.template.is_some() { self.path.above() } else { self.object_path.clone() };
        self.metadata_node().map(|node| (node, path()))
    }

    /// The same object without its path.
    pub fn metadata_node(&self) -> Option<NodeId> {
        let is_pod = || self.kind.is_some_and(|kind| kind.group.is_empty() && kind.kind == "Pod");
        self.template.or_else(|| is_pod().then_some(self.object))
    }

    /// Path of a list.
    pub fn list_path(&self, list: List) -> Path {
        self.path.key(self.key(list))
    }

    /// Path of a container.
    pub fn container_path(&self, container: &Container<'_>) -> Path {
        let mut steps = Vec::with_capacity(self.path.0.len() + 2);
        steps.extend_from_slice(&self.path.0);
        steps.extend([Step::Key(self.key(container.list).into()), Step::Index(container.index)]);
        Path(steps)
    }

    /// The sequence of a list: written here, or brought in by an alias or a merge key.
    pub fn list(&self, tree: &Tree<'_>, list: List) -> Option<NodeId> {
        field(tree, self.node, self.key(list))
    }

    /// The containers of a list; nothing when it is missing, null, or no sequence.
    pub fn containers<'t>(&self, tree: &'t Tree<'_>, list: List) -> Vec<Container<'t>> {
        let entries = self.list(tree, list).map_or(&[][..], |node| tree.entries(node));
        let containers = entries.iter().enumerate().filter_map(|(index, &entry)| {
            let node = tree.resolve(entry)?;
            let name = field(tree, node, "name").and_then(|id| tree.scalar(id)).unwrap_or("");
            Some(Container { list, index, entry, node, name })
        });
        containers.collect()
    }
}

/// Whether a pod spec says `restartPolicy: Never` or `OnFailure`; the default is `Always` (Kubernetes `SetDefaults_PodSpec`).
pub fn ends_by_policy(tree: &Tree<'_>, pod_spec: NodeId) -> bool {
    let policy = field(tree, pod_spec, "restartPolicy").and_then(|id| tree.scalar(id));
    matches!(policy, Some("Never" | "OnFailure"))
}

/// The value of a field as Kubernetes' tools see it: aliases followed, merge keys looked through.
///
/// A key of the mapping itself wins over merged ones, the first of several merged mappings over the
/// others (YAML 1.1 merge keys, as go-yaml applies them).
pub fn field(tree: &Tree<'_>, mapping: NodeId, key: &str) -> Option<NodeId> {
    field_within(tree, mapping, key, &mut MAX_MERGES.clone())
}

/// The fields of a mapping as Kubernetes' tools see it, with the keys as they stand: aliases followed, merge keys
/// looked through. A key that stands more than once counts once, as [`field`] takes it.
pub fn fields<'t>(tree: &'t Tree<'_>, mapping: NodeId) -> Vec<(&'t str, NodeId)> {
    let mut found: Vec<(&str, NodeId)> = Vec::new();
    let mut waiting = vec![mapping];
    let mut budget = MAX_MERGES;
    while let Some(next) = waiting.pop().filter(|_| budget > 0) {
        budget -= 1;
        let mut merged = Vec::new();
        for (key, value) in tree.pairs(next) {
            let Some(value) = tree.resolve(value) else { continue };
            if is_merge(tree, key) {
                let many = tree.entries(value);
                let all = if many.is_empty() { std::slice::from_ref(&value) } else { many };
                merged.extend(all.iter().filter_map(|one| tree.resolve(*one)));
            } else if let Some(name) = tree.scalar(key)
                && found.iter().all(|(known, _)| *known != name)
            {
                found.push((name, value));
            }
        }
        // The first merged mapping wins over the others, so it is looked at next.
        waiting.extend(merged.into_iter().rev());
    }
    found
}

/// Merged mappings that one look-up visits at most: mappings that merge each other would double the
/// work with every level.
pub const MAX_MERGES: usize = 1000;

/// Whether some mapping brings in more than [`MAX_MERGES`] others by merge keys, so that [`field`] may miss what it has.
pub fn merges_too_much(tree: &Tree<'_>) -> bool {
    let text = tree.text.as_bytes();
    // The character is rare, so that looking for one is cheaper than to prepare a search for two.
    if !memchr::memchr_iter(b'<', text).any(|at| text.get(at + 1) == Some(&b'<')) {
        return false;
    }
    let merging = tree.ids().filter(|id| tree.pairs(*id).any(|(key, _)| is_merge(tree, key)));
    merging.into_iter().any(|mapping| {
        let mut budget = MAX_MERGES;
        // No key of a text holds a NUL byte, so that all of them are visited.
        field_within(tree, mapping, "\0", &mut budget).is_none() && budget == 0
    })
}

fn field_within(tree: &Tree<'_>, mapping: NodeId, key: &str, budget: &mut usize) -> Option<NodeId> {
    if *budget == 0 {
        return None;
    }
    *budget -= 1;
    let mut may_merge = false;
    for (name, value) in tree.pairs(mapping) {
        match tree.scalar(name) {
            // Where nothing is shared there is no alias to follow.
            Some(name) if name == key => return if tree.shared.is_empty() { Some(value) } else { tree.resolve(value) },
            Some(MERGE) => may_merge = true,
            _ => {}
        }
    }
    if may_merge { merged_field(tree, mapping, key, budget) } else { None }
}

/// A field that merge keys bring into a mapping.
fn merged_field(tree: &Tree<'_>, mapping: NodeId, key: &str, budget: &mut usize) -> Option<NodeId> {
    for (_, value) in tree.pairs(mapping).filter(|(key, _)| is_merge(tree, *key)) {
        let Some(source) = tree.resolve(value) else {
            continue;
        };
        let many = tree.entries(source);
        let all = if many.is_empty() { std::slice::from_ref(&source) } else { many };
        for one in all {
            let found = tree.resolve(*one).and_then(|one| field_within(tree, one, key, budget));
            if found.is_some() {
                return found;
            }
        }
    }
    None
}

/// The keys of a mapping as Kubernetes' tools see it, each once: its own, then those that merge keys bring in.
pub fn keys<'t>(tree: &'t Tree<'_>, mapping: NodeId) -> Vec<&'t str> {
    let mut found: Vec<&str> = Vec::new();
    let mut waiting = vec![mapping];
    let mut budget = MAX_MERGES;
    while let (Some(one), true) = (waiting.pop(), budget > 0) {
        budget -= 1;
        for (key, value) in tree.pairs(one) {
            match tree.scalar(key) {
                _ if is_merge(tree, key) => {
                    let source = tree.resolve(value);
                    let many = source.map_or(&[][..], |source| tree.entries(source));
                    waiting.extend(source);
                    waiting.extend(many.iter().filter_map(|entry| tree.resolve(*entry)));
                }
                Some(key) if !found.contains(&key) => found.push(key),
                _ => {}
            }
        }
    }
    found
}

/// The merge key.
const MERGE: &str = "<<";

/// Whether a key is `<<`, plain or with the tag that kpt writes.
pub fn is_merge(tree: &Tree<'_>, key: NodeId) -> bool {
    // The cheapest question comes first: nearly all keys are others.
    if tree.scalar(key) != Some(MERGE) {
        return false;
    }
    let source = tree.source(key);
    source.trim_start_matches("!!merge").trim() == MERGE
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::yaml::parse::parse;

    #[test]
    fn all_fields_are_those_that_a_look_up_finds() {
        let text = "a: &a {x: 1, y: 1}\nb: &b {<<: *a, y: 2, z: 2}\nc: {<<: [*b, {w: 3, x: 3}], z: 3, z: 4}\n";
        let tree = parse(text).unwrap();
        let mapping = field(&tree, tree.roots[0], "c").unwrap();
        let found = fields(&tree, mapping);
        let shown: Vec<_> =
            found.iter().map(|(name, value)| format!("{name}{}", tree.scalar(*value).unwrap())).collect();
        assert_eq!(shown, ["z3", "y2", "x1", "w3"]);
        for (name, value) in found {
            assert_eq!(field(&tree, mapping, name), Some(value), "{name}");
        }
    }
}
