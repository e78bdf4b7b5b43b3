//! The startup probe that the configuration asks for.

use super::edits::{Known, Made, add_arguments};
use crate::catalog::profile::{Gate, Requirement};
use crate::config::{EditLevel, StartupProbe};
use crate::k8s::container::{Hook, integer};
use crate::k8s::pod_spec::is_merge;
use crate::yaml::new::New;
use crate::yaml::tree::{NodeId, Tree};

/// Why a sidecar gets no startup probe although the configuration asks for one.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum NoProbe {
    /// It has no readiness probe to make one of.
    NoReadiness,
    /// Its readiness probe is brought in by a merge key, or holds an alias of nothing.
    SharedReadiness,
    /// The catalogue does not know it, or knows no probe for it.
    NoProfile,
    /// The profile's probe would not be answered, and why.
    Unanswered(String),
}

/// What is told of an added probe, by its source.
pub(super) fn reason(wanted: &StartupProbe) -> &'static str {
    match wanted {
        StartupProbe::Profile => "as upstream's own native form has one",
        StartupProbe::FromReadiness => "its readiness probe, with ten minutes to start",
        StartupProbe::Custom(_) | StartupProbe::Keep => "the one of the configuration",
    }
}

/// What becomes of the startup probe of a sidecar.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Outcome {
    /// It stays as it is: none is asked for, or it has one.
    Kept,
    /// This one is added.
    Added(New),
    /// None can be had.
    Missing(NoProbe),
}

/// Seconds that a sidecar gets to start under a probe made of its readiness probe.
///
/// Istio's own native sidecar gets as much: 600 tries, one a second
/// (istio/istio `manifests/charts/istio-control/istio-discovery/values.yaml`, `startupProbe.failureThreshold`).
const SECONDS_TO_START: i64 = 600;

/// Defaults of probes (Kubernetes `pkg/apis/core/v1/defaults.go`, `SetDefaults_Probe`).
const DEFAULT_PERIOD: i64 = 10;
const DEFAULT_THRESHOLD: i64 = 3;

/// The probe for a container without one, from the source that the configuration names.
pub(super) fn outcome(
    known: &Known<'_, '_>,
    wanted: &StartupProbe,
    gate: Option<&Gate>,
    level: EditLevel,
    made: &mut Made<'_>,
) -> Outcome {
    let (tree, container) = (known.tree, known.container.node);
    if Hook::StartupProbe.find(tree, container).is_some() {
        return Outcome::Kept;
    }
    match wanted {
        StartupProbe::Keep => Outcome::Kept,
        StartupProbe::Custom(probe) => Outcome::Added(probe.clone()),
        StartupProbe::Profile => {
            gate.map_or(Outcome::Missing(NoProbe::NoProfile), |gate| match from_profile(known, gate, level, made) {
                Ok(probe) => Outcome::Added(probe),
                Err(lack) => Outcome::Missing(NoProbe::Unanswered(lack)),
            })
        }
        StartupProbe::FromReadiness => match Hook::ReadinessProbe.find(tree, container) {
            None => Outcome::Missing(NoProbe::NoReadiness),
            Some(readiness) => {
                from_readiness(tree, readiness).map_or(Outcome::Missing(NoProbe::SharedReadiness), Outcome::Added)
            }
        },
    }
}

/// Whether a startup probe will hold the main containers back: the container's own, or one that is added.
pub(super) fn is_gated(known: &Known<'_, '_>, wanted: &StartupProbe, gate: Option<&Gate>, level: EditLevel) -> bool {
    Hook::StartupProbe.find(known.tree, known.container.node).is_some()
        || matches!(outcome(known, wanted, gate, level, &mut Made::default()), Outcome::Added(_))
}

/// Whether the container answers the profile's probe as it is.
pub(super) fn is_answered(known: &Known<'_, '_>, gate: &Gate) -> bool {
    from_profile(known, gate, EditLevel::Safe, &mut Made::default()).is_ok()
}

/// The probe of the profile, where the container answers it as it is, or with arguments that may be added.
fn from_profile(known: &Known<'_, '_>, gate: &Gate, level: EditLevel, made: &mut Made<'_>) -> Result<New, String> {
    if let Some(tag) = gate.min_tag.as_deref()
        && !known.is_at_least(tag, level)
    {
        return Err(format!("the image does not say that it is {tag} or newer, which answers the profile's probe"));
    }
    let traits = known.traits();
    let names_port = |word: &&&str| {
        let is_port =
            |arg: &String| word.strip_prefix(arg.as_str()).is_some_and(|rest| rest.is_empty() || rest.starts_with('='));
        gate.port_args.iter().any(is_port)
    };
    if let Some(word) = traits.command.iter().find(names_port) {
        return Err(format!("`{word}` may name another port than the profile's probe"));
    }
    if let Some((name, _)) = traits.env.iter().find(|(name, _)| gate.port_env.iter().any(|one| one == name)) {
        return Err(format!("the variable {name} may name another port than the profile's probe"));
    }
    let own = Hook::ReadinessProbe.find(known.tree, known.container.node).filter(|_| gate.is_from_readiness);
    if gate.is_from_readiness && own.is_none() {
        return Err("it has no readiness probe, whose endpoint the profile's probe asks".to_owned());
    }
    let has = |one: &Requirement| {
        one.args.iter().any(|pattern| traits.command.iter().any(|word| pattern.matches(word)))
            || one.env.iter().any(|variable| variable.holds(&traits.env, false))
    };
    let can_add = |one: &Requirement| level == EditLevel::All && one.add.is_some();
    if let Some(lack) = gate.requires.iter().find(|one| !has(one) && !can_add(one)) {
        return Err(format!("the container needs {} to answer the profile's probe", in_words(lack)));
    }
    let missing: Vec<_> = gate.requires.iter().filter(|one| !has(one)).filter_map(|one| one.add.as_deref()).collect();
    let missing: Vec<_> = missing.into_iter().map(|arg| (arg, "the startup probe needs it")).collect();
    add_arguments(known, &missing, made);
    Ok(own
        .and_then(|readiness| with_handler_of(known.tree, readiness, &gate.probe))
        .unwrap_or_else(|| gate.probe.clone()))
}

fn in_words(requirement: &Requirement) -> String {
    let args = requirement.args.iter().map(|arg| format!("`{}`", arg.as_str()));
    let env = requirement.env.iter().map(|variable| format!("the variable {}", variable.name.as_str()));
    args.chain(env).collect::<Vec<_>>().join(" or ")
}

/// The keys of a probe that say what is asked, and not when (`core/v1 ProbeHandler`).
const HANDLERS: [&str; 4] = ["exec", "httpGet", "tcpSocket", "grpc"];

/// The probe with the handler of the readiness probe in the place of its own: the port may have been changed.
fn with_handler_of(tree: &Tree<'_>, readiness: NodeId, probe: &New) -> Option<New> {
    let New::Map(own) = New::of(tree, readiness)? else { return None };
    let New::Map(probe) = probe else { return None };
    let handler = own.into_iter().find(|(key, _)| HANDLERS.contains(&key.as_str()))?;
    let rest = probe.iter().filter(|(key, _)| !HANDLERS.contains(&key.as_str())).cloned();
    Some(New::Map(std::iter::once(handler).chain(rest).collect()))
}

/// A startup probe that asks what a readiness probe asks, until the sidecar has had its time to start: a readiness
/// probe that fails does no harm, a startup probe that gives up kills the container.
fn from_readiness(tree: &Tree<'_>, readiness: NodeId) -> Option<New> {
    if tree.pairs(readiness).any(|(key, _)| is_merge(tree, key)) {
        return None;
    }
    let New::Map(mut pairs) = New::of(tree, readiness)? else { return None };
    // A startup probe succeeds at its first success (Kubernetes `validateStartupProbe`).
    pairs.retain(|(key, _)| !matches!(key.as_str(), "successThreshold" | "failureThreshold"));
    let positive = |key: &str, default| integer(tree, readiness, key).filter(|value| *value > 0).unwrap_or(default);
    let period = positive("periodSeconds", DEFAULT_PERIOD);
    let needed = SECONDS_TO_START / period + i64::from(SECONDS_TO_START % period != 0);
    let threshold = positive("failureThreshold", DEFAULT_THRESHOLD).max(needed);
    pairs.push(("failureThreshold".to_owned(), New::Literal(threshold.to_string())));
    Some(New::Map(pairs))
}
