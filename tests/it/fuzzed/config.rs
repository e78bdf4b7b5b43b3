//! What must hold for every configuration: any text, and objects put together along the schema.

use convert_sidecars::config::Config;
use convert_sidecars::config::schema::{Field, ROOT, Shape, Status};
use convert_sidecars::diagnostic::{Diagnostic, Severity};
use convert_sidecars::error::Error;
use convert_sidecars::yaml::parse::parse;
use convert_sidecars::{Options, rules, run};

use super::choices::Choices;

/// Values that a person or a template may leave where something else belongs.
pub(crate) const VALUES: &[&str] = &[
    "",
    "~",
    "null",
    "[]",
    "{}",
    "''",
    "true",
    "1",
    "1.30",
    "-0x1",
    ".inf",
    "a",
    "\"1.29\"",
    "[a, [b]]",
    "{a: {b: c}}",
    "*missing",
    "&a 1",
    "*a",
    "!!str 1",
    "!custom x",
    "|\n  text",
    "Custom",
    "Before",
    "Last",
    "Error",
    "99999999999999999999",
    "a.*",
    "'('",
    "[{}]",
    "{container: x}",
    "é",
    "{<<: {a: b}}",
    "2026-01-01",
    "? x",
];

/// Texts that are right for some field.
const TEXTS: &[&str] =
    &["a", "side", "''", "'*'", "istio/proxyv2", "'a.b/c:1'", "Job", "'a|b'", "v1", "a=b", "'spec.a[].b'", "x/v1"];

/// Reads a configuration as the function does.
pub(crate) fn read(text: &str) -> Result<Result<Config, Vec<Diagnostic>>, Error> {
    let tree = parse(text)?;
    Ok(tree.roots.first().map_or_else(|| Ok(Config::default()), |root| Config::read(&tree, *root, &rules::names())))
}

/// An error is one line that says what is wrong, and names the key.
pub(crate) fn check_error(error: &Diagnostic) -> Result<(), String> {
    let is_line = !error.message.is_empty() && !error.text().contains('\n') && !error.field.contains('\n');
    if error.severity != Severity::Error || !is_line {
        return Err(format!("no error on one line: {error:?}"));
    }
    // The kind itself, or a key at the root that has no name.
    let nameless = ["functionConfig is", "unknown field ``", "a key that is no text", "the configuration holds"];
    if error.field.is_empty() && !nameless.iter().any(|words| error.message.starts_with(words)) {
        return Err(format!("an error without a path: {error:?}"));
    }
    Ok(())
}

const POD: &str = "apiVersion: v1\nkind: Pod\nmetadata: {name: p}\nspec:\n  initContainers:\n  - name: a\n    image: a\n  containers:\n  - name: web\n    image: web:1\n  - name: side\n    image: istio/proxyv2:1\n";

/// Any text is read or refused with reasons; what is read means the same each time.
pub(crate) fn check(text: &str) {
    let Ok(read_once) = read(text) else { return };
    match &read_once {
        Err(errors) => {
            assert!(!errors.is_empty(), "refused without a reason:\n{text}");
            for error in errors {
                check_error(error).unwrap_or_else(|why| panic!("{why}\n{text}"));
            }
        }
        Ok(config) => assert_eq!(read(text).as_ref(), Ok(&Ok(config.clone())), "{text}"),
    }
    let answers = [1, 2].map(|threads| run(POD, &Options { config: Some(text), threads }).unwrap());
    assert_eq!(answers[0].output, answers[1].output, "{text}");
    assert_eq!(answers[0].diagnostics, answers[1].diagnostics, "{text}");
    assert!(!answers[0].has_errors() || answers[0].output.to_string() == POD, "refused, and changed: {text}");
    if let Err(errors) = read_once {
        assert_eq!(answers[0].diagnostics.len(), errors.len(), "{text}");
    }
}

/// A configuration along the schema, with some mistakes, alone and in a list.
pub(crate) fn check_structured(bytes: &[u8]) {
    let mut choices = Choices(bytes);
    let text = object(&mut choices, ROOT, 0);
    check(&text);
    let item: String = POD.lines().map(|line| format!("  {line}\n")).collect();
    let items = format!("apiVersion: config.kubernetes.io/v1\nkind: ResourceList\nitems:\n-{}", &item[1..]);
    let list = format!("{items}functionConfig: {text}\n");
    // A value of several lines is indented for its place alone.
    let (Ok(alone), Ok(inside)) =
        (run(POD, &Options { config: Some(&text), threads: 1 }), run(&list, &Options::default()))
    else {
        return;
    };
    let told = |diagnostics: &[Diagnostic]| -> Vec<_> {
        diagnostics.iter().map(|one| (one.field.clone(), one.text())).collect()
    };
    assert_eq!(told(&alone.diagnostics), told(&inside.diagnostics), "{text}");
    let changed: String = alone.output.to_string().lines().map(|line| format!("  {line}\n")).collect();
    let wanted = list.replacen(&item[1..], &changed[1..], 1);
    assert!(inside.output.to_string().starts_with(wanted.trim_end()), "{list}\nbecame\n{}", inside.output);
}

fn object(choices: &mut Choices<'_>, fields: &[Field], depth: usize) -> String {
    let mut pairs = Vec::new();
    for field in fields {
        let is_wanted = match field.name {
            "apiVersion" | "kind" if depth == 0 => !choices.rarely(32),
            "spec" => true,
            _ => choices.below(3) == 1,
        };
        if !is_wanted {
            continue;
        }
        let value = match field.name {
            "apiVersion" if depth == 0 => "convert-sidecars.dev/v1alpha1".to_owned(),
            "kind" if depth == 0 => "ConvertSidecars".to_owned(),
            _ => value(choices, &field.shape, field.status, depth + 1),
        };
        let key = if choices.rarely(32) { &field.name[1..] } else { field.name };
        pairs.push(format!("{key}: {value}"));
        if choices.rarely(64) {
            pairs.push(format!("{key}: {value}"));
        }
    }
    format!("{{{}}}", pairs.join(", "))
}

fn value(choices: &mut Choices<'_>, shape: &Shape, status: Status, depth: usize) -> String {
    if choices.rarely(24) {
        // Flow style has no room for block scalars and for keys of the form `? x`.
        return choices.pick(VALUES).replace("|\n  ", "").replace("? ", "");
    }
    match (*shape, status) {
        (Shape::Choice(_), Status::Only(words)) | (Shape::Choice(words), _) => choices.pick(words).to_owned(),
        (Shape::Text, _) if choices.rarely(4) => serde_json::to_string(&choices.text("ab*?./:-=,()|[]", 12)).unwrap(),
        (Shape::Text, _) => choices.pick(TEXTS).to_owned(),
        (Shape::Version, _) => choices.pick(&["'1.29'", "'1.33'", "'1.36.1'", "''", "v1.30", "'1.x'"]).to_owned(),
        (Shape::Bool, _) => choices.pick(&["true", "false", "yes"]).to_owned(),
        (Shape::Int, _) => choices.pick(&["1", "0", "-1", "1_0"]).to_owned(),
        (Shape::IntOrText, _) => choices.pick(&["80", "http", "'80'"]).to_owned(),
        (Shape::List(of), _) => {
            let many = choices.below(3);
            let entries: Vec<_> = (0..many).map(|_| value(choices, of, Status::Works, depth)).collect();
            format!("[{}]", entries.join(", "))
        }
        (Shape::Map(of), _) => {
            let key = choices.pick(&["named-target-port", "unmatched-entry", "duplicate-key", "SidecarContainers"]);
            format!("{{{key}: {}}}", value(choices, of, Status::Works, depth))
        }
        (Shape::Object(fields), _) => object(choices, fields, depth),
    }
}
