use convert_sidecars::config::schema::{Field, ROOT, SPEC, Shape, Status};
use convert_sidecars::config::{Config, document};
use convert_sidecars::diagnostic::Diagnostic;
use convert_sidecars::error::Error;
use serde_json::Value;

use crate::fuzzed::config::{self, VALUES, read};
use crate::support::{files, root};

/// Compares a file that is made from the code; `UPDATE=1` writes it.
fn compare(file: &str, wanted: &str) {
    let path = root().join(file);
    if std::env::var("UPDATE").as_deref() == Ok("1") {
        std::fs::write(&path, wanted).unwrap();
    }
    let text = std::fs::read_to_string(&path).unwrap_or_default();
    assert!(text == wanted, "{file} is not what the code makes; run the test with UPDATE=1 and look at the difference");
}

fn custom(spec: &str) -> String {
    format!("apiVersion: convert-sidecars.dev/v1alpha1\nkind: ConvertSidecars\nspec:{spec}")
}

#[test]
fn the_annotated_configuration_is_the_one_that_the_schema_makes() {
    compare("function-config.yaml", &document::function_config());
}

#[test]
fn the_open_api_schema_is_the_one_that_the_schema_makes() {
    compare("docs/function-config.schema.json", &document::open_api());
}

#[test]
fn the_annotated_configuration_says_the_defaults() {
    assert_eq!(read(&document::function_config()).unwrap(), Ok(Config::default()));
}

/// The entries that are commented out in it are configurations, too.
#[test]
fn the_annotated_configuration_can_be_uncommented() {
    let text = document::function_config();
    let is_commented = |line: &&str| line.trim_start().starts_with("# ") && line.starts_with(' ');
    assert!(text.lines().filter(is_commented).count() > 20);
    let shown: String = text
        .lines()
        .map(|line| if is_commented(&line) { line.replacen("# ", "", 1) } else { line.replace(" []", "") } + "\n")
        .collect();
    let config = read(&shown).unwrap().unwrap();
    assert_eq!((config.include.len(), config.exclude.len(), config.extra_kinds.len()), (1, 1, 1));
    let [sidecar] = config.sidecars.as_slice() else { panic!("{:?}", config.sidecars) };
    let matches = |image| sidecar.matches("istio-proxy", image, || None);
    assert!(matches("gcr.io/istio/proxyv2:1") && !matches("envoy"));
    assert_eq!(config.catalogue.own.len(), 1);
    assert!(config.extra_kinds[0].pod_spec.contains(&None));
}

/// An example of a value for every shape, in flow style.
fn example(shape: &Shape, status: Status) -> Vec<String> {
    let of = |fields: &[Field]| {
        let fields = fields.iter();
        fields
            .flat_map(|field| {
                example(&field.shape, field.status).into_iter().map(|value| format!("{}: {value}", field.name))
            })
            .collect::<Vec<_>>()
    };
    match (*shape, status) {
        (Shape::Choice(_), Status::Only(choices)) | (Shape::Choice(choices), _) => {
            choices.iter().map(|one| (*one).to_owned()).collect()
        }
        (Shape::Text, _) => vec!["a".to_owned(), "''".to_owned()],
        (Shape::Version, _) => vec!["'1.36'".to_owned(), "''".to_owned()],
        (Shape::Bool, _) => vec!["true".to_owned(), "false".to_owned()],
        (Shape::Int, _) => vec!["1".to_owned()],
        (Shape::IntOrText, _) => vec!["1".to_owned(), "http".to_owned()],
        (Shape::List(of), _) => example(of, Status::Works).iter().map(|one| format!("[{one}]")).collect(),
        (Shape::Map(of), _) => {
            example(of, Status::Works).iter().map(|one| format!("{{unmatched-entry: {one}}}")).collect()
        }
        (Shape::Object(fields), _) => of(fields).iter().map(|one| format!("{{{one}}}")).collect(),
    }
}

/// The walker knows every field and every choice; that values contradict each other is said by other words.
#[test]
fn every_field_and_every_choice_is_known_to_the_reader() {
    let mut count = 0;
    for spec in example(&Shape::Object(SPEC), Status::Works) {
        count += 1;
        let unknown = [
            "unknown field",
            "is not one of",
            "not implemented",
            "is no mapping",
            "a list belongs",
            "text",
            "no whole number",
            "neither true",
        ];
        for error in read(&custom(&format!(" {spec}"))).unwrap().err().unwrap_or_default() {
            let is_known = !unknown.iter().any(|words| error.message.contains(words));
            assert!(is_known, "{spec}: {} {}", error.field, error.text());
        }
    }
    assert!(count > 100, "only {count} examples");
}

/// What the table says of a shape, as a JSON schema says it.
fn check_schema(schema: &Value, shape: &Shape, path: &str) {
    let wanted = match shape {
        Shape::Text | Shape::Version | Shape::Choice(_) => "string",
        Shape::Bool => "boolean",
        Shape::Int => "integer",
        Shape::List(_) => "array",
        Shape::Map(_) | Shape::Object(_) => "object",
        Shape::IntOrText => {
            assert_eq!(schema["x-kubernetes-int-or-string"], true, "{path}");
            return;
        }
    };
    assert_eq!(schema["type"], wanted, "{path}");
    match shape {
        Shape::Choice(choices) => assert_eq!(schema["enum"], serde_json::json!(choices), "{path}"),
        Shape::List(of) => check_schema(&schema["items"], of, &format!("{path}[]")),
        Shape::Map(of) => check_schema(&schema["additionalProperties"], of, &format!("{path}.*")),
        Shape::Object(fields) => {
            for field in *fields {
                let path = format!("{path}.{}", field.name);
                let property = &schema["properties"][field.name];
                assert!(!property.is_null(), "{path}");
                if let Status::Only(choices) = field.status {
                    check_schema(property, &Shape::Choice(choices), &path);
                } else if !property.is_null() {
                    check_schema(property, &field.shape, &path);
                }
            }
        }
        _ => {}
    }
}

#[test]
fn the_open_api_schema_has_every_field_that_works() {
    let schema: Value = serde_json::from_str(&document::open_api()).unwrap();
    check_schema(&schema, &Shape::Object(ROOT), "");
}

/// A generator of numbers that is the same on every run (xorshift, G. Marsaglia 2003).
struct Random(u64);

impl Random {
    fn below(&mut self, limit: usize) -> usize {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        usize::try_from(self.0 % u64::try_from(limit.max(1)).unwrap()).unwrap()
    }

    fn of<'a, T: ?Sized>(&mut self, all: &[&'a T]) -> &'a T {
        all[self.below(all.len())]
    }
}

/// Changes a text in one place: a line goes, comes twice, gets another value or key, or the text ends.
fn mutate(text: &str, random: &mut Random) -> String {
    let mut lines: Vec<String> = text.lines().map(str::to_owned).collect();
    let at = random.below(lines.len());
    let line = lines[at].clone();
    let indent = line.len() - line.trim_start().len();
    match random.below(8) {
        0 => drop(lines.remove(at)),
        1 => lines.insert(at, line),
        2 => lines[at] = format!("{}: {}", line.split(':').next().unwrap(), random.of(VALUES)),
        3 => lines[at] = line.replacen(char::is_alphabetic, random.of(&["x", "X", "", "é"][..]), 1),
        4 => {
            let other = random.below(lines.len());
            let value = |line: &str| line.split_once(": ").map(|(_, value)| value.to_owned());
            if let (Some(mine), Some(its)) = (value(&line), value(&lines[other])) {
                lines[at] = line.replacen(&mine, &its, 1);
            }
        }
        5 => lines.truncate(at),
        6 => lines[at] = format!("{}{}", " ".repeat(random.below(indent + 4)), line.trim_start()),
        _ => {
            let cut = line.char_indices().map(|(at, _)| at).nth(random.below(line.chars().count())).unwrap_or(0);
            lines[at].truncate(cut);
        }
    }
    lines.join("\n") + "\n"
}

/// Configurations to spoil: the annotated one, and those on the pages of the rules.
fn seeds() -> Vec<String> {
    let full = document::function_config()
        .lines()
        .map(|line| line.split(" # ").next().unwrap().trim_end().to_owned() + "\n")
        .collect();
    let config_map = "apiVersion: v1\nkind: ConfigMap\nmetadata:\n  name: c\ndata:\n  sidecars: a,b\n  minVersion: '1.30'\n  position: After:b\n  rules: unmatched-entry=Off\n  strict: 'true'\n";
    let probe = custom(
        "\n  startupProbe:\n    source: Custom\n    probe:\n      httpGet:\n        path: /\n        port: http\n        httpHeaders:\n        - name: a\n          value: b\n      periodSeconds: 1\n  sidecars:\n  - container: a\n    position:\n      type: After\n      container: b\n  workloads:\n    include:\n    - kind: Job\n      labelSelector: a in (b)\n    extraKinds:\n    - apiVersion: v1\n      kind: A\n      podSpecPath: a[].b\n  rules:\n    unmatched-entry: Off\n  cluster:\n    minVersion: \"1.30\"\n    featureGates:\n      A: true\n",
    );
    let mut seeds = vec![full, config_map.to_owned(), probe];
    for page in files(&root().join("src/rules"), &[".md"]) {
        let page = std::fs::read_to_string(page).unwrap();
        let blocks = page.split("```yaml config\n").skip(1).filter_map(|rest| rest.split("```").next());
        seeds.extend(blocks.map(str::to_owned));
    }
    seeds
}

#[test]
fn a_spoiled_configuration_is_read_or_refused_where_it_is_wrong() {
    let seeds = seeds();
    let mut random = Random(0x5eed_0001);
    let (mut right, mut refused, mut broken) = (0, 0, 0);
    for round in 0..6000 {
        let mut text = seeds[random.below(seeds.len())].clone();
        for _ in 0..=round % 3 {
            text = mutate(&text, &mut random);
        }
        match read(&text) {
            Ok(Ok(_)) => right += 1,
            Ok(Err(errors)) => {
                refused += 1;
                assert!(!errors.is_empty(), "refused without a reason:\n{text}");
                for error in &errors {
                    check_error(error, &text);
                }
            }
            Err(Error::Syntax { line, column, message }) => {
                broken += 1;
                let is_in_text = (1..=text.lines().count() + 1).contains(&line) && column >= 1;
                assert!(
                    is_in_text && !message.is_empty() && !message.contains('\n'),
                    "{line}:{column}: {message}\n{text}"
                );
            }
            Err(error) => panic!("{error}\n{text}"),
        }
    }
    eprintln!("{right} read, {refused} refused, {broken} are no YAML");
    assert!(right > 500 && refused > 500 && broken > 100, "{right} read, {refused} refused, {broken} are no YAML");
}

/// An error stands at a key that is in the text, and says on one line what is wrong.
fn check_error(error: &Diagnostic, text: &str) {
    let what = format!("{}: {}\n{text}", error.field, error.text());
    config::check_error(error).unwrap_or_else(|why| panic!("{why}\n{text}"));
    if error.field.is_empty() {
        return;
    }
    // Of a field that is missing the object that should have it is named, or the place where it belongs.
    // White space is left out: the lines of a key that was spoiled into several are folded into one.
    let dense = |text: &str| text.split_whitespace().collect::<String>();
    let text = dense(text);
    let mut keys: Vec<_> = error.field.split('.').map(|key| dense(key.split('[').next().unwrap())).collect();
    if !text.contains(keys.last().unwrap()) {
        keys.pop();
    }
    assert!(keys.iter().all(|key| text.contains(key)) && !keys.is_empty(), "{what}");
}
