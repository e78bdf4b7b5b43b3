//! The configuration: from what the user wrote to what the program needs, with all errors at once.

pub mod config_map;
pub mod glob;
pub mod schema;
pub mod validate;

use std::collections::BTreeMap;

use serde::Deserialize;

use crate::diagnostic::{Diagnostic, Severity};
use crate::k8s::version::Version;
use crate::krm::resource;
use crate::yaml::tree::{NodeId, Tree};
use glob::Glob;

/// The API version of the custom kind.
pub const API_VERSION: &str = "convert-sidecars.dev/v1alpha1";

/// The custom kind.
pub const KIND: &str = "ConvertSidecars";

/// What to do about conversions.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Deserialize)]
pub enum Action {
    /// Make them.
    #[default]
    Convert,
    /// Report those that are due as errors, and change nothing.
    Check,
}

/// A validated configuration.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Config {
    /// What to do about conversions.
    pub action: Action,
    /// Which containers are sidecars.
    pub sidecars: Vec<Sidecar>,
    /// The oldest Kubernetes release that the output must run on; `None` when the user did not say.
    pub min_version: Option<Version>,
    /// Feature gates that differ from the release's defaults.
    pub feature_gates: BTreeMap<String, bool>,
    /// Whether notes about the configuration itself are errors.
    pub is_strict: bool,
}

/// One entry of `spec.sidecars`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Sidecar {
    /// Matches the container's name.
    pub container: Glob,
    /// Where the entry stands in the configuration.
    pub path: String,
}

impl Config {
    /// Reads a `functionConfig`: the custom kind, or a ConfigMap of strings.
    ///
    /// # Errors
    /// One diagnostic for everything that is wrong with it.
    pub fn read(tree: &Tree<'_>, node: NodeId) -> Result<Self, Vec<Diagnostic>> {
        if tree.is_null(node) {
            return Ok(Self::default());
        }
        let id = resource::identity(tree, node);
        let read = match (id.api_version.as_str(), id.kind.as_str()) {
            (API_VERSION, KIND) => validate::read(tree, node).and_then(Spec::validated),
            ("v1", "ConfigMap") => config_map::read(tree, node),
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
}

/// `spec` as written.
#[derive(Debug, Default, Deserialize)]
#[serde(default, rename_all = "camelCase")]
struct Spec {
    action: Action,
    cluster: Cluster,
    sidecars: Vec<SidecarSpec>,
    strict: bool,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default, rename_all = "camelCase")]
struct Cluster {
    min_version: String,
    feature_gates: BTreeMap<String, bool>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default, rename_all = "camelCase")]
struct SidecarSpec {
    container: String,
}

impl Spec {
    fn validated(self) -> Result<Config, Vec<Diagnostic>> {
        let mut errors = Vec::new();
        let sidecars = self.sidecars.iter().enumerate();
        let sidecars = sidecars.filter_map(|(index, entry)| {
            let path = format!("spec.sidecars[{index}]");
            sidecar(&entry.container, &path, &format!("{path}.container")).map_err(|error| errors.push(error)).ok()
        });
        let sidecars = sidecars.collect();
        let min_version = version(&self.cluster.min_version, "spec.cluster.minVersion").unwrap_or_else(|error| {
            errors.push(error);
            None
        });
        if errors.is_empty() {
            let feature_gates = self.cluster.feature_gates;
            Ok(Config { action: self.action, sidecars, min_version, feature_gates, is_strict: self.strict })
        } else {
            Err(errors)
        }
    }
}

/// The entry at `path` whose glob stands at `glob_path`.
fn sidecar(container: &str, path: &str, glob_path: &str) -> Result<Sidecar, Diagnostic> {
    match Glob::parse(container) {
        Ok(container) => Ok(Sidecar { container, path: path.to_owned() }),
        Err(glob::NotAGlob::Empty) => Err(problem(
            path,
            "the entry does not say which containers it means".to_owned(),
            "write `container: NAME`".to_owned(),
        )),
        Err(error) => Err(problem(glob_path, error.to_string(), String::new())),
    }
}

fn version(text: &str, path: &str) -> Result<Option<Version>, Diagnostic> {
    if text.is_empty() {
        return Ok(None);
    }
    text.parse().map(Some).map_err(|error| problem(path, format!("{error}"), String::new()))
}

/// An error about the configuration at `path`; every host prints the path before the message.
fn problem(path: &str, message: String, help: String) -> Diagnostic {
    Diagnostic::new("", Severity::Error, message).help(help).at(path)
}
