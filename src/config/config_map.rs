//! The configuration as a ConfigMap of strings, which is what `kpt fn eval … -- key=value` sends.

use super::validate::nearest;
use super::{Action, Config, problem, sidecar, version};
use crate::diagnostic::Diagnostic;
use crate::yaml::tree::{Kind, NodeId, Tree};

/// The keys and whether they work yet.
const KEYS: &[(&str, bool)] = &[
    ("action", true),
    ("direction", false),
    ("minVersion", true),
    ("maxVersion", false),
    ("sidecars", true),
    ("catalog", false),
    ("catalogWorkloads", false),
    ("position", false),
    ("startupProbe", false),
    ("edits", false),
    ("onRefusal", false),
    ("strict", true),
    ("rules", false),
];

/// Reads the `data` of a ConfigMap.
pub(super) fn read(tree: &Tree<'_>, node: NodeId) -> Result<Config, Vec<Diagnostic>> {
    let mut config = Config::default();
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
        let Some(text) = tree.scalar(value).map(str::trim) else {
            errors.push(problem(&path, "the values of a ConfigMap are texts".to_owned(), "quote the value".to_owned()));
            continue;
        };
        if let Err(found) = set(&mut config, key, text, &path) {
            errors.extend(found);
        }
    }
    if errors.is_empty() { Ok(config) } else { Err(errors) }
}

fn set(config: &mut Config, key: &str, text: &str, path: &str) -> Result<(), Vec<Diagnostic>> {
    match key {
        "sidecars" => {
            let names = text.split([',', '\n']).map(str::trim).filter(|name| !name.is_empty());
            let (mut good, mut bad) = (Vec::new(), Vec::new());
            for name in names {
                match sidecar(name, path, path) {
                    Ok(entry) => good.push(entry),
                    Err(error) => bad.push(error),
                }
            }
            if !bad.is_empty() {
                return Err(bad);
            }
            config.sidecars = good;
        }
        "action" => {
            config.action = match text {
                "Convert" => Action::Convert,
                "Check" => Action::Check,
                _ => return Err(vec![problem(path, format!("`{text}` is not one of Convert, Check"), String::new())]),
            };
        }
        "minVersion" => config.min_version = version(text, path).map_err(|error| vec![error])?,
        "strict" => {
            config.is_strict = text
                .parse()
                .map_err(|_| vec![problem(path, format!("`{text}` is neither true nor false"), String::new())])?;
        }
        _ if KEYS.iter().any(|(name, _)| *name == key) => {
            return Err(vec![problem(path, format!("`{key}` is not implemented yet"), "remove it".to_owned())]);
        }
        _ => {
            let help = nearest(key, KEYS.iter().map(|(name, _)| *name)).map(|name| format!("did you mean `{name}`?"));
            return Err(vec![problem(path, format!("unknown key `{key}`"), help.unwrap_or_default())]);
        }
    }
    Ok(())
}
