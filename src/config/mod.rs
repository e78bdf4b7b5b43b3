//! The configuration: from what the user wrote to what the program needs, with all errors at once.

pub mod catalogue;
pub mod config_map;
pub mod document;
pub mod glob;
pub mod image;
mod profile_schema;
pub mod schema;
pub mod selector;
mod spec;
pub mod validate;

use std::collections::BTreeMap;

use serde::Deserialize;

use crate::diagnostic::{Diagnostic, Severity};
use crate::k8s::version::{Range, Release, Version};
use crate::k8s::workloads::{Operator, WorkloadKind};
use crate::krm::resource;
use crate::yaml::new::New;
use crate::yaml::tree::{NodeId, Tree};
use catalogue::Catalogue;
use glob::Glob;
use image::ImageGlob;
use selector::Selector;

/// The API version of the custom kind.
pub const API_VERSION: &str = "convert-sidecars.dev/v1alpha1";

/// The custom kind.
pub const KIND: &str = "ConvertSidecars";

/// Most values of a configuration, with those that aliases stand for.
pub const MAX_VALUES: usize = 10_000;

/// What to do about conversions.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Deserialize)]
pub enum Action {
    /// Make them.
    #[default]
    Convert,
    /// Report those that are due as errors, and change nothing.
    Check,
}

/// What a refused workload means for the call.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Deserialize)]
pub enum OnRefusal {
    /// It fails.
    Fail,
    /// The workload is left alone, with a warning.
    Skip,
    /// It fails for what was named explicitly.
    #[default]
    Auto,
}

/// The severity of a rule, or none.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
pub enum Level {
    /// Refuses the workload.
    Error,
    /// Converts and warns.
    Warning,
    /// Converts and notes.
    Info,
    /// Converts silently.
    Off,
}

impl Level {
    /// The severity; `None` for [`Level::Off`].
    pub fn severity(self) -> Option<Severity> {
        match self {
            Self::Error => Some(Severity::Error),
            Self::Warning => Some(Severity::Warning),
            Self::Info => Some(Severity::Info),
            Self::Off => None,
        }
    }
}

/// Where a sidecar goes among `initContainers`.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub enum Position {
    /// Behind all others, unless its profile has a place for it.
    #[default]
    Last,
    /// Before all others.
    First,
    /// Directly before this entry.
    Before(String),
    /// Directly behind this entry.
    After(String),
}

/// Where the startup probe of a sidecar comes from that has none.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub enum StartupProbe {
    /// Nowhere: none is added.
    #[default]
    Keep,
    /// From the configuration.
    Custom(New),
    /// From the catalogue's profile of the sidecar.
    Profile,
    /// From the sidecar's own readiness probe.
    FromReadiness,
}

/// Which edits beyond the move are made, by how sure it is that they keep the meaning.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Default, Deserialize)]
pub enum EditLevel {
    /// None at all.
    None,
    /// Those that keep the meaning, and that upstream's own native form has as well.
    #[default]
    Safe,
    /// Those that are likely right too; a person should look.
    All,
}

/// What happens to a selected container beside the move.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Treatment {
    /// Where it goes.
    pub position: Position,
    /// Whether the sidecar's own entry says so; else a profile may have a better place than [`Position::Last`].
    pub is_position_stated: bool,
    /// The startup probe to add where it has none.
    pub startup_probe: StartupProbe,
    /// Which edits are made.
    pub edits: EditLevel,
}

/// A validated configuration.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Config {
    /// What to do about conversions.
    pub action: Action,
    /// What the output must run on.
    pub cluster: Cluster,
    /// Objects to look at; all of them when empty.
    pub include: Vec<Selector>,
    /// Objects to leave alone.
    pub exclude: Vec<Selector>,
    /// Pod specs in kinds that are not built in.
    pub extra_kinds: Vec<ExtraKind>,
    /// Which containers are sidecars.
    pub sidecars: Vec<Sidecar>,
    /// How sidecars are treated that no entry of `sidecars` names, such as those that an annotation declares.
    pub defaults: Treatment,
    /// Which well-known sidecars are selected without being named, and the profiles.
    pub catalogue: Catalogue,
    /// What a refused workload means.
    pub on_refusal: OnRefusal,
    /// Severities that differ from the rules' own.
    pub rules: BTreeMap<&'static str, Level>,
    /// Whether notes about the configuration itself are errors.
    pub is_strict: bool,
}

/// What the output must run on.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Cluster {
    /// The oldest Kubernetes release; `None` when the user did not say.
    pub min_version: Option<Version>,
    /// The newest one; `None` for no limit.
    pub max_version: Option<Version>,
    /// Feature gates that differ from the release's defaults.
    pub feature_gates: BTreeMap<String, bool>,
    /// The oldest release of operators, by the names of [`operators`](crate::k8s::workloads::operators).
    pub components: BTreeMap<&'static str, Release>,
}

/// Whether the program behind a kind knows native sidecars.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Support {
    /// It does, or comes with the cluster.
    Known,
    /// The configuration names a release that is older than the first one that does.
    TooOld(Operator, Release),
    /// The configuration names no release.
    Unknown(Operator),
}

impl Cluster {
    /// The oldest release, or the one that is assumed: 1.29, the first with native sidecars on by default.
    pub fn min(&self) -> Version {
        self.min_version.unwrap_or(Version::minor(29))
    }

    /// All releases that the output must run on.
    pub fn range(&self) -> Range {
        Range { min: self.min(), max: self.max_version }
    }

    /// Whether the program behind a kind knows native sidecars.
    pub fn support(&self, kind: &WorkloadKind) -> Support {
        let Some(operator) = kind.operator else { return Support::Known };
        match self.components.get(operator.name) {
            None => Support::Unknown(operator),
            Some(release) if *release < operator.since => Support::TooOld(operator, *release),
            Some(_) => Support::Known,
        }
    }

    /// A few words for messages that depend on the oldest release.
    pub fn min_in_words(&self) -> String {
        match self.min_version {
            Some(version) => format!("`cluster.minVersion` is {version}"),
            None => format!("`cluster.minVersion` is not set, so {} is assumed", self.min()),
        }
    }
}

/// A kind with a pod spec that is not built in.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ExtraKind {
    /// API group.
    pub group: String,
    /// API version.
    pub version: String,
    /// Kind.
    pub kind: String,
    /// Keys to the pod spec; `None` steps into every entry of a list.
    pub pod_spec: Vec<Option<String>>,
    /// Whether its pods end by themselves.
    pub runs_to_completion: bool,
}

/// One entry of `spec.sidecars`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Sidecar {
    /// Matches the container's name.
    pub container: Option<Glob>,
    /// Matches the container's image.
    pub image: Option<ImageGlob>,
    /// Which profile it has.
    pub profile: ProfileChoice,
    /// What happens to it.
    pub treatment: Treatment,
    /// Where the entry stands in the configuration.
    pub path: String,
}

/// `profile` of an entry of `spec.sidecars`.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub enum ProfileChoice {
    /// Not said: the one that recognises the container.
    #[default]
    Recognised,
    /// The one of this name. An entry that says nothing else means the containers that it recognises.
    Named(String),
    /// None at all.
    None,
}

impl Sidecar {
    /// Whether a container with this name and image is meant; `recognised` gives the name of the profile that knows it.
    pub fn matches<'p>(&self, name: &str, image: &str, recognised: impl FnOnce() -> Option<&'p str>) -> bool {
        let is_by_profile = self.container.is_none() && self.image.is_none();
        let is_profile = match &self.profile {
            ProfileChoice::Named(wanted) if is_by_profile => recognised() == Some(wanted),
            _ => true,
        };
        is_profile
            && self.container.as_ref().is_none_or(|glob| glob.matches(name))
            && self.image.as_ref().is_none_or(|glob| glob.matches(image))
    }

    /// A text that stands in the name or the image of every container that is meant; empty when there is none.
    pub fn literal(&self) -> &str {
        let name = self.container.as_ref().map_or("", Glob::literal);
        let image = self.image.as_ref().map_or("", ImageGlob::literal);
        if name.is_empty() { image } else { name }
    }

    /// Whether the entry says this very name, without a wildcard.
    pub fn names(&self, name: &str) -> bool {
        self.container.as_ref().is_some_and(|glob| glob.as_str() == name)
    }

    /// What the entry asks for, in words.
    pub fn in_words(&self) -> String {
        match (&self.container, &self.image, &self.profile) {
            (Some(name), Some(image), _) => format!("`{name}` with the image `{}`", image.as_str()),
            (Some(name), None, _) => format!("`{name}`"),
            (None, Some(image), _) => format!("the image `{}`", image.as_str()),
            (None, None, ProfileChoice::Named(profile)) => format!("the profile `{profile}`"),
            (None, None, _) => String::new(),
        }
    }
}

impl Config {
    /// Reads a `functionConfig`: the custom kind, or a ConfigMap of strings.
    ///
    /// `rules` are the names of all rules, each with whether its severity may be lowered.
    ///
    /// # Errors
    /// One diagnostic for everything that is wrong with it.
    pub fn read(tree: &Tree<'_>, node: NodeId, rules: &[(&'static str, bool)]) -> Result<Self, Vec<Diagnostic>> {
        if tree.is_null(node) {
            return Ok(Self::default());
        }
        let id = resource::identity(tree, node);
        let read = match (id.api_version.as_str(), id.kind.as_str()) {
            (API_VERSION, KIND) => read_custom(tree, node, rules),
            ("v1", "ConfigMap") => config_map::read(tree, node, rules),
            (version, kind) => Err(vec![problem(
                "",
                format!("functionConfig is `{kind}` of `{version}`"),
                format!("use `kind: {KIND}` of `apiVersion: {API_VERSION}`, or a ConfigMap"),
            )]),
        };
        read.map_err(|errors| {
            let file = resource::file(tree, node);
            let place = |mut error: Diagnostic| {
                error.resource = Some(id.clone());
                error.file.clone_from(&file);
                error
            };
            errors.into_iter().map(place).collect()
        })
    }

    /// The level of a rule whose own severity is `severity`.
    pub fn level(&self, rule: &str, severity: Severity) -> Level {
        self.rules.get(rule).copied().unwrap_or(match severity {
            Severity::Error => Level::Error,
            Severity::Warning => Level::Warning,
            Severity::Info => Level::Info,
        })
    }
}

/// Reads an object of the custom kind.
fn read_custom(tree: &Tree<'_>, node: NodeId, rules: &[(&'static str, bool)]) -> Result<Config, Vec<Diagnostic>> {
    let (spec, mut errors) = validate::read(tree, node);
    match spec.validated(rules) {
        Ok(config) if errors.is_empty() => return Ok(config),
        Ok(_) => {}
        Err(mut found) => {
            // What is said of a field may only follow from one in it or beside it that could not be read.
            found.retain(|error| !errors.iter().any(|unread| is_within_or_beside(&unread.field, &error.field)));
            errors.extend(found);
        }
    }
    Err(errors)
}

fn is_within_or_beside(path: &str, other: &str) -> bool {
    let parent = |path: &str| path.rsplit_once('.').map(|(parent, _)| parent.to_owned());
    let is_within = path.strip_prefix(other).is_some_and(|rest| rest.is_empty() || rest.starts_with(['.', '[']));
    is_within || parent(path) == parent(other)
}

/// An error about the configuration at `path`; every host prints the path before the message.
///
/// Both may hold what the user wrote, line breaks included, and go out on one line.
fn problem(path: &str, message: String, help: String) -> Diagnostic {
    let on_one_line = |text: &str| text.split_whitespace().collect::<Vec<_>>().join(" ");
    Diagnostic::new("", Severity::Error, on_one_line(&message)).help(on_one_line(&help)).at(on_one_line(path))
}
