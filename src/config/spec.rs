//! `spec` as written, and what follows from it.

use std::collections::BTreeMap;

use serde::Deserialize;

use super::catalogue::{CatalogSpec, Catalogue, known};
use super::glob::{Glob, NotAGlob};
use super::image::ImageGlob;
use super::selector::Selector;
use super::{
    Action, Cluster, Config, EditLevel, ExtraKind, Level, OnRefusal, Position, ProfileChoice, Sidecar, StartupProbe,
    Treatment, catalogue, problem,
};
use crate::catalog::spec::ProfileSpec;
use crate::diagnostic::Diagnostic;
use crate::k8s::version::{Release, Version};
use crate::k8s::workloads::operators;
use crate::yaml::new::New;

/// `spec` as written; the schema's walker has checked every shape.
#[derive(Debug, Default, Deserialize)]
#[serde(default, rename_all = "camelCase")]
pub(super) struct Spec {
    pub(super) action: Action,
    pub(super) cluster: ClusterSpec,
    workloads: Workloads,
    pub(super) sidecars: Vec<SidecarSpec>,
    pub(super) position: PositionSpec,
    pub(super) startup_probe: ProbeSpec,
    pub(super) edits: EditLevel,
    pub(super) catalog: CatalogSpec,
    profiles: Vec<ProfileSpec>,
    pub(super) on_refusal: OnRefusal,
    pub(super) strict: bool,
    pub(super) rules: BTreeMap<String, Level>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default, rename_all = "camelCase")]
pub(super) struct ClusterSpec {
    pub(super) min_version: String,
    pub(super) max_version: String,
    feature_gates: BTreeMap<String, bool>,
    components: BTreeMap<String, String>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default, rename_all = "camelCase")]
struct Workloads {
    include: Vec<SelectorSpec>,
    exclude: Vec<SelectorSpec>,
    extra_kinds: Vec<ExtraKindSpec>,
}

/// kustomize's Selector (`api/types/selector.go`).
#[derive(Debug, Default, Deserialize)]
#[serde(default, rename_all = "camelCase")]
pub(super) struct SelectorSpec {
    pub(super) group: String,
    pub(super) version: String,
    pub(super) kind: String,
    pub(super) name: String,
    pub(super) namespace: String,
    pub(super) label_selector: String,
    pub(super) annotation_selector: String,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default, rename_all = "camelCase")]
struct ExtraKindSpec {
    api_version: String,
    kind: String,
    pod_spec_path: String,
    runs_to_completion: bool,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default, rename_all = "camelCase")]
pub(super) struct SidecarSpec {
    pub(super) container: String,
    pub(super) image: String,
    pub(super) profile: String,
    pub(super) position: Option<PositionSpec>,
    pub(super) startup_probe: Option<ProbeSpec>,
    pub(super) edits: Option<EditLevel>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default, rename_all = "camelCase")]
pub(super) struct PositionSpec {
    #[serde(rename = "type")]
    pub(super) kind: PositionType,
    pub(super) container: String,
}

#[derive(Debug, Default, Clone, Copy, PartialEq, Eq, Deserialize)]
pub(super) enum PositionType {
    #[default]
    Last,
    First,
    Before,
    After,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default, rename_all = "camelCase")]
pub(super) struct ProbeSpec {
    pub(super) source: ProbeSource,
    probe: serde_yaml::Value,
}

#[derive(Debug, Default, Clone, Copy, PartialEq, Eq, Deserialize)]
pub(super) enum ProbeSource {
    #[default]
    Keep,
    Profile,
    FromReadiness,
    Custom,
}

/// The errors that were found so far.
struct Check {
    errors: Vec<Diagnostic>,
}

impl Spec {
    /// Everything that the shapes alone do not say.
    pub(super) fn validated(self, rules: &[(&'static str, bool)]) -> Result<Config, Vec<Diagnostic>> {
        let mut check = Check { errors: Vec::new() };
        let catalogue = catalogue::read(self.catalog, self.profiles, &mut check.errors);
        let defaults = Treatment {
            position: check.position(&self.position, "spec.position"),
            is_position_stated: false,
            startup_probe: check.probe(&self.startup_probe, "spec.startupProbe"),
            edits: self.edits,
        };
        let sidecars = self.sidecars.iter().enumerate();
        let sidecars = sidecars.filter_map(|(index, entry)| {
            check.sidecar(entry, &defaults, &catalogue, &format!("spec.sidecars[{index}]"))
        });
        let sidecars = sidecars.collect();
        let config = Config {
            action: self.action,
            sidecars,
            include: check.selectors(&self.workloads.include, "spec.workloads.include"),
            exclude: check.selectors(&self.workloads.exclude, "spec.workloads.exclude"),
            extra_kinds: check.extra_kinds(&self.workloads.extra_kinds),
            cluster: check.cluster(self.cluster),
            rules: check.rules(&self.rules, rules),
            on_refusal: self.on_refusal,
            is_strict: self.strict,
            defaults,
            catalogue,
        };
        if check.errors.is_empty() { Ok(config) } else { Err(check.errors) }
    }
}

impl Check {
    fn fail(&mut self, path: &str, message: impl Into<String>, help: impl Into<String>) {
        self.errors.push(problem(path, message.into(), help.into()));
    }

    fn version(&mut self, text: &str, path: &str) -> Option<Version> {
        if text.is_empty() {
            return None;
        }
        text.parse().map_err(|error| self.fail(path, format!("{error}"), "")).ok()
    }

    fn cluster(&mut self, spec: ClusterSpec) -> Cluster {
        let min_version = self.version(&spec.min_version, "spec.cluster.minVersion");
        let max_version = self.version(&spec.max_version, "spec.cluster.maxVersion");
        let components = self.components(&spec.components);
        let cluster = Cluster { min_version, max_version, feature_gates: spec.feature_gates, components };
        // "1.33" as the newest one means every patch of it.
        let is_older = |max: Version, min: Version| {
            max.minor < min.minor || (max.minor == min.minor && max.patch != 0 && max.patch < min.patch)
        };
        if let Some(max) = max_version
            && is_older(max, cluster.min())
        {
            self.fail(
                "spec.cluster.maxVersion",
                format!("{max} is older than {}", cluster.min_in_words()),
                "raise it, or lower `cluster.minVersion`",
            );
        }
        cluster
    }

    fn components(&mut self, versions: &BTreeMap<String, String>) -> BTreeMap<&'static str, Release> {
        let known = operators();
        let mut components = BTreeMap::new();
        for (name, version) in versions.iter().filter(|(_, version)| !version.is_empty()) {
            let path = format!("spec.cluster.components.{name}");
            match (known.iter().find(|known| *known == name), version.parse()) {
                (None, _) => {
                    let near = super::validate::nearest(name, known.iter().copied());
                    let help = near.map_or_else(
                        || format!("known are {}", known.join(", ")),
                        |near| format!("did you mean `{near}`?"),
                    );
                    self.fail(&path, format!("there is no component `{name}`"), help);
                }
                (Some(_), Err(error)) => self.fail(&path, format!("{error}"), ""),
                (Some(known), Ok(release)) => {
                    components.insert(*known, release);
                }
            }
        }
        components
    }

    fn position(&mut self, spec: &PositionSpec, path: &str) -> Position {
        let target = spec.container.clone();
        let at = format!("{path}.container");
        match spec.kind {
            PositionType::Last | PositionType::First if !target.is_empty() => {
                self.fail(
                    &at,
                    format!("`container` has no meaning beside `type: {:?}`", spec.kind),
                    "use Before or After",
                );
            }
            PositionType::Before | PositionType::After if target.is_empty() => {
                self.fail(
                    &at,
                    format!("`type: {:?}` needs the container that is meant", spec.kind),
                    "write `container: NAME`",
                );
            }
            _ => {}
        }
        match spec.kind {
            PositionType::Last => Position::Last,
            PositionType::First => Position::First,
            PositionType::Before => Position::Before(target),
            PositionType::After => Position::After(target),
        }
    }

    fn probe(&mut self, spec: &ProbeSpec, path: &str) -> StartupProbe {
        let at = format!("{path}.probe");
        let fields = spec.probe.as_mapping().filter(|fields| !fields.is_empty());
        match (spec.source, fields) {
            (ProbeSource::Custom, Some(fields)) => {
                let handlers =
                    ["exec", "httpGet", "tcpSocket", "grpc"].iter().filter(|name| fields.contains_key(**name)).count();
                if handlers != 1 {
                    self.fail(
                        &at,
                        format!(
                            "a probe has exactly one of exec, httpGet, tcpSocket and grpc, and this one has {handlers}"
                        ),
                        "",
                    );
                }
                if fields.get("successThreshold").is_some_and(|value| value.as_i64() != Some(1)) {
                    self.fail(
                        &format!("{at}.successThreshold"),
                        "Kubernetes requires 1 for startup probes",
                        "remove it",
                    );
                }
                StartupProbe::Custom(New::from(&spec.probe))
            }
            (ProbeSource::Custom, None) => {
                self.fail(&at, "`source: Custom` needs the probe", "write `probe: {httpGet: {path: …, port: …}}`");
                StartupProbe::Keep
            }
            (_, Some(_)) => {
                self.fail(&at, "`probe` has no meaning without `source: Custom`", "add `source: Custom`");
                StartupProbe::Keep
            }
            (ProbeSource::Keep, None) => StartupProbe::Keep,
            (ProbeSource::Profile, None) => StartupProbe::Profile,
            (ProbeSource::FromReadiness, None) => StartupProbe::FromReadiness,
        }
    }

    fn sidecar(
        &mut self,
        spec: &SidecarSpec,
        defaults: &Treatment,
        catalogue: &Catalogue,
        path: &str,
    ) -> Option<Sidecar> {
        let profile = match spec.profile.as_str() {
            "" => ProfileChoice::Recognised,
            "None" => ProfileChoice::None,
            name => {
                if let Err((message, help)) = known(name, catalogue) {
                    self.fail(&format!("{path}.profile"), message, help);
                }
                ProfileChoice::Named(name.to_owned())
            }
        };
        let is_by_profile = matches!(profile, ProfileChoice::Named(_));
        if spec.container.is_empty() && spec.image.is_empty() && !is_by_profile {
            self.fail(path, "the entry does not say which containers it means", "write `container: NAME`");
        }
        let glob = |check: &mut Self, text: &str, path: String| match Glob::parse(text) {
            Ok(glob) => Some(glob),
            Err(NotAGlob::Empty) => None,
            Err(error) => {
                check.fail(&path, error.to_string(), "");
                None
            }
        };
        let container = glob(self, &spec.container, format!("{path}.container"));
        let image = if spec.image.is_empty() {
            None
        } else {
            ImageGlob::parse(&spec.image)
                .map_err(|error| self.fail(&format!("{path}.image"), error.to_string(), ""))
                .ok()
        };
        let position = spec.position.as_ref().map(|position| self.position(position, &format!("{path}.position")));
        let probe = spec.startup_probe.as_ref().map(|probe| self.probe(probe, &format!("{path}.startupProbe")));
        let treatment = Treatment {
            is_position_stated: position.is_some(),
            position: position.unwrap_or_else(|| defaults.position.clone()),
            startup_probe: probe.unwrap_or_else(|| defaults.startup_probe.clone()),
            edits: spec.edits.unwrap_or(defaults.edits),
        };
        let is_meant = container.is_some() || image.is_some() || is_by_profile;
        is_meant.then(|| Sidecar { container, image, profile, treatment, path: path.to_owned() })
    }

    fn selectors(&mut self, specs: &[SelectorSpec], path: &str) -> Vec<Selector> {
        let mut selectors = Vec::new();
        for (index, spec) in specs.iter().enumerate() {
            let path = format!("{path}[{index}]");
            match Selector::new(spec, &path) {
                Ok(selector) => selectors.push(selector),
                Err(errors) => {
                    for (field, why) in errors {
                        self.fail(&format!("{path}.{field}"), why, "");
                    }
                }
            }
        }
        selectors
    }

    fn extra_kinds(&mut self, specs: &[ExtraKindSpec]) -> Vec<ExtraKind> {
        let mut kinds = Vec::new();
        for (index, spec) in specs.iter().enumerate() {
            let path = format!("spec.workloads.extraKinds[{index}]");
            let needed =
                [("apiVersion", &spec.api_version), ("kind", &spec.kind), ("podSpecPath", &spec.pod_spec_path)];
            for (field, _) in needed.iter().filter(|(_, text)| text.is_empty()) {
                self.fail(&path, format!("`{field}` is missing"), format!("write `{field}: …`"));
            }
            let mut steps = Vec::new();
            for part in spec.pod_spec_path.split('.').filter(|_| !spec.pod_spec_path.is_empty()) {
                let key = part.trim_end_matches("[]");
                if key.is_empty() || key.contains(['[', ']']) {
                    let message = format!("`{}` is no path of keys", spec.pod_spec_path);
                    self.fail(&format!("{path}.podSpecPath"), message, "write it like spec.pools[].template.spec");
                    break;
                }
                steps.push(Some(key.to_owned()));
                steps.extend((0..(part.len() - key.len()) / 2).map(|_| None));
            }
            let (group, version) = spec.api_version.split_once('/').unwrap_or(("", &spec.api_version));
            kinds.push(ExtraKind {
                group: group.to_owned(),
                version: version.to_owned(),
                kind: spec.kind.clone(),
                pod_spec: steps,
                runs_to_completion: spec.runs_to_completion,
            });
        }
        kinds
    }

    fn rules(
        &mut self,
        levels: &BTreeMap<String, Level>,
        known: &[(&'static str, bool)],
    ) -> BTreeMap<&'static str, Level> {
        let mut rules = BTreeMap::new();
        for (name, level) in levels {
            let path = format!("spec.rules.{name}");
            match known.iter().find(|(known, _)| known == name) {
                Some((_, false)) if *level != Level::Error => {
                    let message =
                        format!("`{name}` cannot be lowered: the API server or the format would reject the result");
                    self.fail(&path, message, "remove it");
                }
                Some((name, _)) => {
                    rules.insert(*name, *level);
                }
                None => {
                    let near = super::validate::nearest(name, known.iter().map(|(name, _)| *name));
                    let help = near.map(|near| format!("did you mean `{near}`?"));
                    self.fail(&path, format!("there is no rule `{name}`"), help.unwrap_or_default());
                }
            }
        }
        rules
    }
}
