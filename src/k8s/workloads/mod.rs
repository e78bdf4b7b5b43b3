//! The kinds that carry pod specs, as a table: [`WORKLOADS`] has one row a kind, of Kubernetes and of operators.

mod operators;
mod table;

use std::borrow::Cow;
use std::fmt;
use std::sync::LazyLock;

use kube_core::GroupVersionKind;
use memchr::memmem::Finder;

use super::version::Release;
use crate::yaml::prefilter::may_spell;
pub use table::WORKLOADS;

/// A kind that carries pod specs.
#[derive(Debug, PartialEq, Eq)]
pub struct WorkloadKind {
    /// API group, empty for the core group.
    pub group: &'static str,
    /// Kind.
    pub kind: &'static str,
    /// API versions that had the kind; a version that is not listed is taken as well, since a kind keeps
    /// its pod template when its version rises.
    pub versions: &'static [&'static str],
    /// Where its pod specs stand.
    pub places: &'static [Place],
    /// Whether it takes native sidecars.
    pub verdict: Verdict,
    /// Containers that belong to the operator.
    pub owned: Owned,
    /// The program that must know native sidecars beside Kubernetes; `None` for what comes with the cluster.
    pub operator: Option<Operator>,
    /// Whether the pod spec of a live object cannot be changed.
    pub is_immutable: bool,
    /// Whether its webhook or controller rejects `resizePolicy` in `initContainers` on every release of Kubernetes.
    pub rejects_resize_policy: bool,
    /// What the row was read from.
    pub source: &'static str,
}

/// Where a kind keeps a pod spec, or something that has two lists of containers like one.
#[derive(Debug, PartialEq, Eq)]
pub struct Place {
    /// Keys from the object on, as `spec.template.spec`; `[]` behind a key steps into every entry of its list, the key
    /// `*` into every value of a mapping.
    pub path: &'static str,
    /// The key of the list that holds the containers; native sidecars always go to `initContainers` beside it.
    pub list: &'static str,
    /// Whether its pods end by themselves, whatever their restart policy: a controller counts completions.
    pub runs_to_completion: bool,
    /// Whether the list only adds to containers that the operator makes, so that it may be left without an entry.
    pub is_additive: bool,
    /// The verdict on this place where it is not that of the kind.
    pub verdict: Option<Verdict>,
}

/// Whether a kind takes native sidecars.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Verdict {
    /// It does.
    Convert,
    /// Only when someone says so: what speaks against it, as a clause.
    OptIn(&'static str),
    /// Its schema, webhook or controller would reject or lose them: why, as a clause.
    Refuse(&'static str),
    /// Its operator makes sidecars native itself: how, as a clause.
    ByItself(&'static str),
}

/// Containers that an operator owns: entries that patch the operator's own containers, or that it finds by their place.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Owned {
    /// By name.
    pub names: &'static [&'static str],
    /// The first entry of the list.
    pub is_first: bool,
}

/// An operator, and since when its schema and its program know `restartPolicy` in a container.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Operator {
    /// Its name in `cluster.components`.
    pub name: &'static str,
    /// The first release.
    pub since: Release,
}

/// The place of a pod spec in a kind that is not in the table.
pub static ELSEWHERE: Place = at("");

/// Pods with the usual lists that run until they are stopped.
const fn at(path: &'static str) -> Place {
    Place { path, list: "containers", runs_to_completion: false, is_additive: false, verdict: None }
}

/// Pods with the usual lists that end by themselves.
const fn job(path: &'static str) -> Place {
    Place { runs_to_completion: true, ..at(path) }
}

/// A list that adds to the operator's containers.
const fn added(path: &'static str, list: &'static str) -> Place {
    Place { list, is_additive: true, ..at(path) }
}

/// A kind that comes with the cluster and takes native sidecars.
const fn kind(
    group: &'static str,
    kind: &'static str,
    versions: &'static [&'static str],
    places: &'static [Place],
) -> WorkloadKind {
    WorkloadKind {
        group,
        kind,
        versions,
        places,
        verdict: Verdict::Convert,
        owned: Owned { names: &[], is_first: false },
        operator: None,
        is_immutable: false,
        rejects_resize_policy: false,
        source: "",
    }
}

const fn names(names: &'static [&'static str]) -> Owned {
    Owned { names, is_first: false }
}

const fn operator(name: &'static str, major: u32, minor: u32, patch: u32) -> Operator {
    Operator { name, since: Release { major, minor, patch } }
}

impl Place {
    /// The steps of the path.
    pub fn steps(&self) -> impl Iterator<Item = Step> {
        self.path.split('.').filter(|part| !part.is_empty()).flat_map(|part| {
            let key = part.trim_end_matches(['[', ']']);
            let into = if key == "*" { Step::Values } else { Step::Key(Cow::Borrowed(key)) };
            std::iter::once(into).chain((0..(part.len() - key.len()) / 2).map(|_| Step::Entries))
        })
    }
}

/// A step on the way to a pod spec.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Step {
    /// Into the value of a key.
    Key(Cow<'static, str>),
    /// Into every entry of a list.
    Entries,
    /// Into every value of a mapping.
    Values,
}

impl Owned {
    /// Whether the entry with this name at this index of the list belongs to the operator.
    pub fn has(self, name: &str, index: usize) -> bool {
        (self.is_first && index == 0) || self.names.contains(&name)
    }
}

impl fmt::Display for WorkloadKind {
    /// `Rollout of argoproj.io`, so that it reads in a sentence; the group of Kubernetes' own kinds goes without saying.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.group {
            "" | "apps" | "batch" | "extensions" => f.write_str(self.kind),
            group => write!(f, "{} of {group}", self.kind),
        }
    }
}

/// The row of an object's kind, if its kind carries a pod template.
pub fn workload(gvk: &GroupVersionKind) -> Option<&'static WorkloadKind> {
    all().find(|row| row.kind == gvk.kind && row.group == gvk.group)
}

/// All rows.
pub fn all() -> impl Iterator<Item = &'static WorkloadKind> {
    WORKLOADS.iter().copied().flatten()
}

/// The names of all operators, in order.
pub fn operators() -> Vec<&'static str> {
    let mut names: Vec<_> = all().filter_map(|row| row.operator).map(|operator| operator.name).collect();
    names.sort_unstable();
    names.dedup();
    names
}

/// Whether a text can hold a list of containers: the keys of all lists of the table have one of these in them.
pub fn may_hold_lists(text: &str) -> bool {
    // `containers`, `additionalContainers`, `initContainers`.
    static WORDS: LazyLock<[Finder<'_>; 2]> = LazyLock::new(|| ["ontainers", "sidecars"].map(Finder::new));
    WORDS.iter().any(|word| word.find(text.as_bytes()).is_some())
}

/// Whether a text can hold a workload whose pods end by themselves: by its kind, or by the `restartPolicy` of the pods.
pub fn may_run_to_completion(text: &str) -> bool {
    let is_done = |kind: &str| {
        let of = kind.strip_suffix("List").unwrap_or(kind);
        kind.is_empty() || all().any(|row| row.kind == of && row.places.iter().any(|place| place.runs_to_completion))
    };
    kinds_in(text).any(is_done) || memchr::memmem::find(text.as_bytes(), b"restartPolicy").is_some() || may_spell(text)
}

/// What stands behind each key `kind` of a text, without reading it as YAML; empty where that takes reading.
pub fn kinds_in(text: &str) -> impl Iterator<Item = &str> {
    static KIND: LazyLock<Finder<'_>> = LazyLock::new(|| Finder::new("kind"));
    KIND.find_iter(text.as_bytes()).filter_map(|at| {
        let behind = text.get(at + "kind".len()..).unwrap_or("");
        let value = behind.trim_start_matches(['"', '\'', ' ', '\n']).strip_prefix(':')?;
        let value = value.trim_start().trim_start_matches(['"', '\'']);
        let end = value.find(|c: char| !c.is_ascii_alphanumeric()).unwrap_or(value.len());
        value.get(..end)
    })
}

/// Whether the object is a list whose `items` are objects: `List` and the typed lists of the kinds in the table.
pub fn is_list(gvk: &GroupVersionKind) -> bool {
    let Some(of) = gvk.kind.strip_suffix("List") else {
        return false;
    };
    of.is_empty() || all().any(|row| row.kind == of && row.group == gvk.group)
}

/// Splits `apiVersion` and `kind` as Kubernetes does: no slash means the core group.
pub fn gvk(api_version: &str, kind: &str) -> GroupVersionKind {
    let (group, version) = api_version.split_once('/').unwrap_or(("", api_version));
    GroupVersionKind::gvk(group, version, kind)
}

#[cfg(test)]
mod tests {
    use super::{all, may_run_to_completion};

    #[test]
    fn every_kind_that_ends_by_itself_is_seen_however_it_is_written() {
        let ending = all().filter(|row| row.places.iter().any(|place| place.runs_to_completion));
        let mut seen = 0;
        for row in ending {
            let kind = row.kind;
            let forms = [
                format!("apiVersion: x/v1\nkind: {kind}\n"),
                format!("\"kind\" : '{kind}'\n"),
                format!("{{\"kind\":\"{kind}\"}}"),
                format!("kind:\n  {kind} # c\n"),
                format!("kind: # c\n  {kind}\n"),
                format!("kind: &k {kind}\n"),
                format!("? kind\n: {kind}\n"),
                format!("kind: {kind}List\n"),
                format!("kind: List\nitems:\n- kind: {kind}\n"),
            ];
            for text in &forms {
                assert!(may_run_to_completion(text), "{text}");
            }
            seen += 1;
        }
        assert!(seen > 5, "{seen} kinds");
        for text in ["kind: Pod\nspec: {restartPolicy: Never}\n", "kind: \"J\\x6fb\"\n"] {
            assert!(may_run_to_completion(text), "{text}");
        }
        for text in ["kind: Deployment\nspec: {}\n", "kind: CronJobber\n", "kinds: Job\n"] {
            assert!(!may_run_to_completion(text), "{text}");
        }
    }
}
