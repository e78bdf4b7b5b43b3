//! A profile as it is written: the form of `catalog/*.yaml` and of `spec.profiles`.
//!
//! [`super::profile`] has what the fields mean and what follows from them.

use serde::Deserialize;
use serde_yaml::Value;

use super::profile::{Applicability, NeedsMain, Role, Tier, Workloads};

/// One file, or one entry.
#[derive(Debug, Default, Deserialize)]
#[serde(default, rename_all = "camelCase", deny_unknown_fields)]
pub(crate) struct ProfileSpec {
    /// See [`super::profile::Profile::name`], and likewise for the others.
    pub(crate) name: String,
    pub(crate) title: String,
    pub(crate) role: Role,
    pub(crate) tier: Tier,
    pub(crate) reason: String,
    pub(crate) edition: String,
    #[serde(rename = "match")]
    pub(crate) matches: Vec<MatchSpec>,
    pub(crate) may_be_main: bool,
    pub(crate) workloads: Workloads,
    pub(crate) readiness_needs_main: NeedsMain,
    pub(crate) placement: PlacementSpec,
    pub(crate) startup_probe: Option<GateSpec>,
    pub(crate) edits: Vec<EditSpec>,
    pub(crate) injector: Option<InjectorSpec>,
    pub(crate) notes: Vec<String>,
    pub(crate) sources: Vec<SourceSpec>,
    pub(crate) examples: Vec<ExampleSpec>,
}

/// One alternative of `match`.
#[derive(Debug, Default, Deserialize)]
#[serde(default, rename_all = "camelCase", deny_unknown_fields)]
pub(crate) struct MatchSpec {
    pub(crate) container: Vec<String>,
    pub(crate) image: Vec<String>,
    pub(crate) command: ConditionsSpec<String>,
    pub(crate) env: ConditionsSpec<VariableSpec>,
    pub(crate) beside: ConditionsSpec<String>,
}

/// Which of several must hold.
#[derive(Debug, Deserialize)]
#[serde(default, deny_unknown_fields, bound(deserialize = "T: Deserialize<'de>"))]
pub(crate) struct ConditionsSpec<T> {
    pub(crate) any: Vec<T>,
    pub(crate) all: Vec<T>,
    pub(crate) none: Vec<T>,
}

impl<T> Default for ConditionsSpec<T> {
    fn default() -> Self {
        Self { any: Vec::new(), all: Vec::new(), none: Vec::new() }
    }
}

/// A name with a value, which is a pattern or absent.
#[derive(Debug, Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub(crate) struct VariableSpec {
    pub(crate) name: String,
    pub(crate) value: Option<String>,
}

/// `placement`.
#[derive(Debug, Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub(crate) struct PlacementSpec {
    #[serde(rename = "type")]
    pub(crate) kind: PlacementType,
    pub(crate) containers: Vec<String>,
    pub(crate) otherwise: PlacementType,
}

/// `placement.type`.
#[derive(Debug, Default, Clone, Copy, PartialEq, Eq, Deserialize)]
pub(crate) enum PlacementType {
    #[default]
    Last,
    First,
    After,
}

/// `startupProbe`.
#[derive(Debug, Default, Deserialize)]
#[serde(default, rename_all = "camelCase", deny_unknown_fields)]
pub(crate) struct GateSpec {
    pub(crate) probe: Value,
    pub(crate) requires: Vec<RequirementSpec>,
    pub(crate) port_from: PortFromSpec,
    pub(crate) min_tag: String,
    pub(crate) from_readiness: bool,
    pub(crate) source: String,
}

/// One entry of `startupProbe.requires`.
#[derive(Debug, Default, Deserialize)]
#[serde(default, rename_all = "camelCase", deny_unknown_fields)]
pub(crate) struct RequirementSpec {
    pub(crate) args: Vec<String>,
    pub(crate) env: Vec<VariableSpec>,
    pub(crate) add: String,
}

/// `startupProbe.portFrom`.
#[derive(Debug, Default, Deserialize)]
#[serde(default, rename_all = "camelCase", deny_unknown_fields)]
pub(crate) struct PortFromSpec {
    pub(crate) args: Vec<String>,
    pub(crate) env: Vec<String>,
}

/// One entry of `edits`.
#[derive(Debug, Default, Deserialize)]
#[serde(default, rename_all = "camelCase", deny_unknown_fields)]
pub(crate) struct EditSpec {
    pub(crate) op: OpType,
    pub(crate) applicability: Applicability,
    pub(crate) reason: String,
    pub(crate) min_tag: String,
    pub(crate) source: String,
    pub(crate) when: HandlerSpec,
    pub(crate) handler: Value,
    pub(crate) args: Vec<String>,
    pub(crate) name: String,
    pub(crate) value: String,
    pub(crate) containers: Vec<String>,
}

/// `edits[].op`.
#[derive(Debug, Default, Clone, Copy, PartialEq, Eq, Deserialize)]
pub(crate) enum OpType {
    #[default]
    RemovePreStop,
    RemovePostStart,
    SetPreStop,
    RemoveArgs,
    AddArgs,
    SetEnv,
    RemoveEnv,
    SetAnnotation,
    RemoveAnnotation,
    MoveInAnnotation,
    MoveInitFirst,
}

/// `edits[].when`.
#[derive(Debug, Default, Deserialize)]
#[serde(default, rename_all = "camelCase", deny_unknown_fields)]
pub(crate) struct HandlerSpec {
    pub(crate) exec: Vec<String>,
    pub(crate) http_path: Vec<String>,
    pub(crate) sleep: bool,
}

/// `injector`.
#[derive(Debug, Default, Deserialize)]
#[serde(default, rename_all = "camelCase", deny_unknown_fields)]
pub(crate) struct InjectorSpec {
    pub(crate) name: String,
    pub(crate) asked_by: AskedBySpec,
    pub(crate) annotation: Option<VariableSpec>,
    pub(crate) setting: String,
    pub(crate) since: String,
    pub(crate) default_since: String,
    pub(crate) source: String,
}

/// `injector.askedBy`.
#[derive(Debug, Default, Deserialize)]
#[serde(default, rename_all = "camelCase", deny_unknown_fields)]
pub(crate) struct AskedBySpec {
    pub(crate) labels: Vec<VariableSpec>,
    pub(crate) annotations: Vec<VariableSpec>,
}

/// One entry of `sources`.
#[derive(Debug, Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub(crate) struct SourceSpec {
    pub(crate) repository: String,
    pub(crate) path: String,
    pub(crate) says: String,
}

/// One entry of `examples`.
#[derive(Debug, Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub(crate) struct ExampleSpec {
    pub(crate) container: Value,
    pub(crate) beside: Vec<String>,
    pub(crate) recognised: Option<bool>,
    pub(crate) why: String,
}
