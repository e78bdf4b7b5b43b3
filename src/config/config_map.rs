//! The configuration as a ConfigMap of strings, which is what `kpt fn eval … -- key=value` sends.

use super::catalogue::ModeName;
use super::spec::{PositionSpec, PositionType, ProbeSource, SidecarSpec, Spec};
use super::validate::nearest;
use super::{Action, Config, EditLevel, KIND, Level, MAX_VALUES, OnRefusal, problem};
use crate::catalog::profile::Workloads;
use crate::diagnostic::Diagnostic;
use crate::yaml::tree::{Kind, NodeId, Tree};

/// A key of `data`, and where its value stands in the custom kind.
struct Key {
    name: &'static str,
    spec: &'static str,
}

const fn key(name: &'static str, spec: &'static str) -> Key {
    Key { name, spec }
}

const KEYS: &[Key] = &[
    key("action", "spec.action"),
    key("direction", "spec.direction"),
    key("minVersion", "spec.cluster.minVersion"),
    key("maxVersion", "spec.cluster.maxVersion"),
    key("sidecars", "spec.sidecars"),
    key("catalog", "spec.catalog.mode"),
    key("catalogWorkloads", "spec.catalog.workloads"),
    key("position", "spec.position"),
    key("startupProbe", "spec.startupProbe.source"),
    key("edits", "spec.edits"),
    key("onRefusal", "spec.onRefusal"),
    key("strict", "spec.strict"),
    key("rules", "spec.rules"),
];

/// Reads the `data` of a ConfigMap.
pub(super) fn read(tree: &Tree<'_>, node: NodeId, rules: &[(&'static str, bool)]) -> Result<Config, Vec<Diagnostic>> {
    let mut spec = Spec::default();
    let mut errors = Vec::new();
    let data = tree.get(node, "data").filter(|data| !tree.is_null(*data));
    if let Some(data) = data
        && !matches!(tree.node(data).kind, Kind::Mapping(_))
    {
        errors.push(problem("data", "`data` is no mapping".to_owned(), "write `key: value` below it".to_owned()));
    }
    for (key, value) in data.into_iter().flat_map(|data| tree.pairs(data)) {
        let key = tree.scalar(key).unwrap_or_default();
        let path = format!("data.{key}");
        match tree.scalar(value).map(str::trim) {
            None => errors.push(problem(
                &path,
                "the values of a ConfigMap are texts".to_owned(),
                "quote the value".to_owned(),
            )),
            Some(text) => {
                if let Err((message, help)) = set(&mut spec, key, text) {
                    errors.push(problem(&path, message, help));
                }
            }
        }
    }
    match spec.validated(rules) {
        Ok(mut config) if errors.is_empty() => {
            for entry in &mut config.sidecars {
                "data.sidecars".clone_into(&mut entry.path);
            }
            Ok(config)
        }
        Ok(_) => Err(errors),
        Err(found) => {
            errors.extend(found.into_iter().map(in_data));
            Err(errors)
        }
    }
}

/// The error at a field of the custom kind as one at the key of `data` that set it.
fn in_data(mut error: Diagnostic) -> Diagnostic {
    let key = KEYS.iter().find(|key| error.field.starts_with(key.spec));
    if let Some(key) = key {
        error.field = format!("data.{}", key.name);
    }
    error
}

type Problem = (String, String);

fn set(spec: &mut Spec, key: &str, text: &str) -> Result<(), Problem> {
    match key {
        "sidecars" => {
            let names = text.split([',', '\n']).map(str::trim).filter(|name| !name.is_empty());
            let count = names.clone().count();
            if count > MAX_VALUES {
                let message = format!("the number of sidecars is limited to {MAX_VALUES}, and these are {count}");
                return Err((message, "use `*` and `?`".to_owned()));
            }
            spec.sidecars =
                names.map(|name| SidecarSpec { container: name.to_owned(), ..SidecarSpec::default() }).collect();
        }
        "minVersion" => text.clone_into(&mut spec.cluster.min_version),
        "maxVersion" => text.clone_into(&mut spec.cluster.max_version),
        "action" => spec.action = choice(text, &[("Convert", Action::Convert), ("Check", Action::Check)])?,
        "direction" => only(text, "ToNative", &["ToNative", "ToLegacy"])?,
        "catalog" => {
            let choices =
                [("Recommended", ModeName::Recommended), ("Listed", ModeName::Listed), ("None", ModeName::None)];
            spec.catalog.mode = match choice(text, &choices)? {
                ModeName::Listed => {
                    let help = format!("use `kind: {KIND}`, or name them in `sidecars`");
                    return Err(("a ConfigMap cannot list profiles".to_owned(), help));
                }
                mode => mode,
            };
        }
        "catalogWorkloads" => {
            let choices = [("RunToCompletion", Workloads::RunToCompletion), ("All", Workloads::All)];
            spec.catalog.workloads = choice(text, &choices)?;
        }
        "startupProbe" => {
            let choices = [
                ("Keep", ProbeSource::Keep),
                ("Profile", ProbeSource::Profile),
                ("FromReadiness", ProbeSource::FromReadiness),
            ];
            spec.startup_probe.source = choice(text, &choices)?;
        }
        "edits" => {
            let choices = [("None", EditLevel::None), ("Safe", EditLevel::Safe), ("All", EditLevel::All)];
            spec.edits = choice(text, &choices)?;
        }
        "position" => spec.position = position(text)?,
        "onRefusal" => {
            let choices = [("Fail", OnRefusal::Fail), ("Skip", OnRefusal::Skip), ("Auto", OnRefusal::Auto)];
            spec.on_refusal = choice(text, &choices)?;
        }
        "strict" => {
            spec.strict = text.parse().map_err(|_| (format!("`{text}` is neither true nor false"), String::new()))?;
        }
        "rules" => {
            for rule in text.split([',', '\n']).map(str::trim).filter(|rule| !rule.is_empty()) {
                let Some((name, level)) = rule.split_once('=') else {
                    return Err((format!("`{rule}` is no rule with its severity"), "write `name=Warning`".to_owned()));
                };
                let levels =
                    [("Error", Level::Error), ("Warning", Level::Warning), ("Info", Level::Info), ("Off", Level::Off)];
                spec.rules.insert(name.trim().to_owned(), choice(level.trim(), &levels)?);
            }
        }
        _ => {
            let help = nearest(key, KEYS.iter().map(|known| known.name)).map(|name| format!("did you mean `{name}`?"));
            return Err((format!("unknown key `{key}`"), help.unwrap_or_default()));
        }
    }
    Ok(())
}

fn choice<T: Copy>(text: &str, choices: &[(&str, T)]) -> Result<T, Problem> {
    let names = || choices.iter().map(|(name, _)| *name);
    choices.iter().find(|(name, _)| *name == text).map(|(_, value)| *value).ok_or_else(|| {
        let help = nearest(text, names()).map(|name| format!("did you mean `{name}`?"));
        (format!("`{text}` is not one of {}", names().collect::<Vec<_>>().join(", ")), help.unwrap_or_default())
    })
}

/// A choice of which only one works yet.
fn only(text: &str, working: &str, choices: &[&str]) -> Result<(), Problem> {
    let choices: Vec<_> = choices.iter().map(|name| (*name, *name)).collect();
    match choice(text, &choices)? {
        chosen if chosen == working => Ok(()),
        chosen => Err((format!("`{chosen}` is not implemented yet"), format!("use {working}"))),
    }
}

/// `Last`, `First`, `Before:NAME` or `After:NAME`.
fn position(text: &str) -> Result<PositionSpec, Problem> {
    let (kind, container) = text.split_once(':').unwrap_or((text, ""));
    let choices = [
        ("Last", PositionType::Last),
        ("First", PositionType::First),
        ("Before", PositionType::Before),
        ("After", PositionType::After),
    ];
    Ok(PositionSpec { kind: choice(kind.trim(), &choices)?, container: container.trim().to_owned() })
}
