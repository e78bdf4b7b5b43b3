//! The pages of the rules are their tests: every example on a page is run and compared, bytes and results.
//!
//! ```` ```yaml input ```` and ```` ```yaml config ```` hold until the next block of their sort,
//! ```` ```yaml output ```` is there when the input changes, and ```` ```text results ```` ends an example: one line
//! for each result, `severity rule field`, without the rule for conversions and errors of the configuration.

use std::collections::BTreeSet;
use std::fmt::Write;

use convert_sidecars::rules::{RULES, Rule};
use convert_sidecars::{Answer, Options, run};

use crate::support::{convert, files, root};

const SECTIONS: [&str; 6] = ["What it finds", "Why", "Examples", "How to fix", "When it is lifted", "Sources"];

/// One runnable example of a page.
#[derive(Debug, Default, Clone, PartialEq, Eq)]
struct Example {
    /// Line of the `results` block, for messages.
    line: usize,
    input: String,
    config: String,
    output: Option<String>,
    results: String,
}

impl Example {
    fn fires(&self, rule: &str) -> bool {
        self.results.lines().any(|line| line.split(' ').nth(1) == Some(rule))
    }
}

/// The examples of a page, or what is wrong with its blocks.
fn examples(page: &str) -> Result<Vec<Example>, String> {
    let mut found = Vec::new();
    let mut next = Example::default();
    let mut lines = page.lines().enumerate();
    while let Some((number, line)) = lines.next() {
        let Some(info) = line.strip_prefix("```") else { continue };
        let mut block = String::new();
        loop {
            match lines.next() {
                Some((_, "```")) => break,
                Some((_, line)) => writeln!(block, "{line}").unwrap(),
                None => return Err(format!("line {}: the block is not closed", number + 1)),
            }
        }
        match info {
            "yaml input" => next.input = block,
            "yaml config" => next.config = block,
            "yaml output" => next.output = Some(block),
            "text results" => {
                (next.results, next.line) = (block, number + 1);
                found.push(next.clone());
                next.output = None;
            }
            other => return Err(format!("line {}: a block of the unknown sort `{other}`", number + 1)),
        }
    }
    if next.output.is_some() { Err("the last output has no results".to_owned()) } else { Ok(found) }
}

/// The result lines of an answer.
fn results(answer: &Answer<'_>) -> String {
    let mut text = String::new();
    for one in &answer.diagnostics {
        let parts = [one.severity.as_str(), one.rule, &one.field].map(str::to_owned);
        let parts: Vec<_> = parts.into_iter().filter(|part| !part.is_empty()).collect();
        writeln!(text, "{}", parts.join(" ")).unwrap();
    }
    text
}

/// What is wrong with running one example.
fn run_example(example: &Example) -> Vec<String> {
    let options = Options { config: Some(&example.config), ..Options::default() };
    let answer = match run(&example.input, &options) {
        Ok(answer) => answer,
        Err(error) => return vec![format!("line {}: {error}", example.line)],
    };
    let mut wrong = Vec::new();
    let mut compare = |what: &str, wanted: &str, got: &str| {
        if wanted != got {
            wrong.push(format!("line {}: {what}\n--- wanted\n{wanted}--- got\n{got}", example.line));
        }
    };
    let output = answer.output.to_string();
    compare("the results", &example.results, &results(&answer));
    compare("the output", example.output.as_ref().unwrap_or(&example.input), &output);
    let again = run(&output, &options).map(|answer| answer.output.to_string());
    compare("a second run", &output, &again.unwrap_or_else(|error| error.to_string()));
    if example.output.as_ref() == Some(&example.input) {
        wrong.push(format!("line {}: an output that is the input", example.line));
    }
    wrong
}

/// Minor versions of Kubernetes at which a rule's source changes its mind: the numbers in `Version::minor(NN)`.
fn boundaries(source: &str) -> BTreeSet<u32> {
    let numbers = source.split("Version::minor(").skip(1).filter_map(|rest| rest.split(')').next());
    numbers.filter_map(|number| number.parse().ok()).collect()
}

/// Whether two examples stand on the two sides of `minor`: the same but for the version, with another verdict.
fn shows_boundary(rule: &str, all: &[Example], minor: u32) -> bool {
    let (above, below) = (format!("\"1.{minor}\""), format!("\"1.{}\"", minor - 1));
    all.iter().any(|one| {
        let lowered = one.config.replace(&above, &below);
        let is_below = |other: &&Example| other.input == one.input && other.config == lowered;
        lowered != one.config && all.iter().filter(is_below).any(|other| other.fires(rule) != one.fires(rule))
    })
}

/// Everything that is wrong with a page.
fn problems(rule: &str, source: &str, page: &str) -> Vec<String> {
    let mut wrong = Vec::new();
    if page.lines().next() != Some(&format!("# {rule}")) {
        wrong.push(format!("the title is not `# {rule}`"));
    }
    let sections: Vec<_> = page.lines().filter_map(|line| line.strip_prefix("## ")).collect();
    if sections != SECTIONS {
        wrong.push(format!("the sections are {sections:?} instead of {SECTIONS:?}"));
    }
    let examples = match examples(page) {
        Ok(examples) => examples,
        Err(error) => {
            wrong.push(error);
            return wrong;
        }
    };
    if !examples.iter().any(|example| example.fires(rule)) {
        wrong.push("no example in which the rule fires".to_owned());
    }
    if !examples.iter().any(|example| !example.fires(rule)) {
        wrong.push("no example of a near miss, in which the rule is silent".to_owned());
    }
    for minor in boundaries(source) {
        if !shows_boundary(rule, &examples, minor) {
            wrong.push(format!("no two examples that differ in 1.{} and 1.{minor} and in the verdict", minor - 1));
        }
    }
    wrong.extend(examples.iter().flat_map(run_example));
    wrong
}

/// The examples of all pages: where each stands, its input and its configuration.
pub(crate) fn inputs() -> Vec<(String, String, String)> {
    let of_rule = |rule: &&Rule| {
        let name = rule.name;
        let all = examples(rule.page).unwrap().into_iter();
        all.map(move |one| (format!("{name}, line {}", one.line), one.input, one.config)).collect::<Vec<_>>()
    };
    RULES.iter().flat_map(of_rule).collect()
}

fn file_stem(rule: &Rule) -> String {
    rule.name.replace('-', "_")
}

#[test]
fn every_page_is_complete_and_every_example_does_what_it_says() {
    let mut wrong = Vec::new();
    for rule in RULES {
        let path = root().join("src/rules").join(file_stem(rule));
        let read = |ending: &str| std::fs::read_to_string(path.with_extension(ending)).unwrap_or_default();
        let (source, page) = (read("rs"), read("md"));
        let mut found = problems(rule.name, &source, &page);
        if page != rule.page {
            found.push("`page` is not the file of the rule's name".to_owned());
        }
        wrong.extend(found.into_iter().map(|one| format!("{}: {one}", path.with_extension("md").display())));
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn the_register_and_the_files_name_the_same_rules_once() {
    let names: BTreeSet<_> = RULES.iter().map(|rule| file_stem(rule)).collect();
    assert_eq!(names.len(), RULES.len(), "a name stands twice in RULES");
    for ending in [".rs", ".md"] {
        let stems = files(&root().join("src/rules"), &[ending]).into_iter();
        let stems = stems.map(|file| file.file_stem().unwrap().to_string_lossy().into_owned());
        let stems: BTreeSet<_> = stems.filter(|stem| stem != "mod").collect();
        assert_eq!(stems, names, "files with the ending {ending}, rules");
    }
    let order: Vec<_> = RULES.iter().map(|rule| (rule.kind, rule.name)).collect();
    assert!(order.is_sorted(), "RULES is not ordered by kind and name: {order:?}");
    for rule in RULES {
        let is_kebab = rule.name.bytes().all(|byte| byte.is_ascii_lowercase() || byte == b'-');
        assert!(is_kebab && !rule.name.is_empty(), "{} is no kebab-case name", rule.name);
    }
}

/// The pairs of `yaml input` and `yaml output` blocks in a text.
fn pairs(text: &str) -> Vec<(&str, &str)> {
    let blocks = |sort: &str| {
        let parts: Vec<_> = text.split(&format!("```yaml {sort}\n")).skip(1).collect();
        parts.into_iter().map(|part| part.split("```").next().unwrap_or("")).collect::<Vec<_>>()
    };
    let (inputs, outputs) = (blocks("input"), blocks("output"));
    assert_eq!(inputs.len(), outputs.len());
    inputs.into_iter().zip(outputs).collect()
}

#[test]
fn the_layouts_of_the_architecture_are_what_comes_out() {
    let text = std::fs::read_to_string(root().join("ARCHITECTURE.md")).unwrap();
    let pairs = pairs(&text);
    assert!(pairs.len() >= 5, "{}", pairs.len());
    for (input, output) in pairs {
        assert_eq!(convert(input, &["side"]).text, output);
    }
}

/// A page that is right, for the tests below to spoil.
const GOOD: &str = r#"# no-main-container

## What it finds
## Why
## Examples
```yaml config
apiVersion: v1
kind: ConfigMap
data: {sidecars: "app,log", minVersion: "1.29"}
```
```yaml input
apiVersion: v1
kind: Pod
spec:
  containers:
  - name: app
    image: app:1
```
```text results
error no-main-container spec.containers
info unmatched-entry data.sidecars
```
```yaml input
apiVersion: v1
kind: Pod
spec:
  containers:
  - name: main
    image: main:1
  - name: log
    image: log:1
```
```yaml output
apiVersion: v1
kind: Pod
spec:
  containers:
  - name: main
    image: main:1
  initContainers:
  - name: log
    restartPolicy: Always
    image: log:1
```
```text results
info unmatched-entry data.sidecars
info spec.initContainers
```
## How to fix
## When it is lifted
## Sources
"#;

#[test]
fn a_page_is_found_wanting_for_each_thing_that_it_lacks() {
    let check = |page: &str| problems("no-main-container", "", page).join("\n");
    assert_eq!(check(GOOD), "");
    let (head, tail) = GOOD.split_once("```text results").unwrap();
    let (_, silent) = tail.split_once("```\n").unwrap();
    let (_, end) = GOOD.split_once("## How").unwrap();
    let only_silent = GOOD.replace("error no-main-container spec.containers\n", "");
    let only_firing = format!(
        "{head}```text results\nerror no-main-container spec.containers\ninfo unmatched-entry data.sidecars\n```\n## How{end}"
    );
    let spoiled = [
        (GOOD.replace("# no-main", "# some-main"), "the title"),
        (GOOD.replace("## Why\n", ""), "the sections"),
        (GOOD.replace("```yaml output", "```yaml outptu"), "unknown sort"),
        (format!("{GOOD}```yaml output\n"), "not closed"),
        (format!("{GOOD}```yaml output\n```\n"), "has no results"),
        (only_silent, "the results"),
        (only_firing, "no example of a near miss"),
        (format!("{}{silent}", head.replace("- name: app\n", "- name: main\n")), "no example in which the rule fires"),
        (GOOD.replace("    restartPolicy: Always\n", ""), "the output"),
        (GOOD.replace("data: {sidecars", "data: {sidecar"), "the results"),
        (GOOD.replace("apiVersion: v1\nkind: Pod\n", "apiVersion: {\n"), "line 18: line 3"),
    ];
    for (page, wanted) in spoiled {
        let found = check(&page);
        assert!(found.contains(wanted), "wanted {wanted:?}, found:\n{found}\nin:\n{page}");
    }
}

#[test]
fn a_version_in_the_source_needs_examples_on_both_of_its_sides() {
    let source = "const BETA: Version = Version::minor(29);\nconst GA: Version = Version::minor(33);\n";
    assert_eq!(boundaries(source), BTreeSet::from([29, 33]));
    let example = |version: &str, results: &str| Example {
        config: format!("minVersion: \"1.{version}\""),
        results: results.to_owned(),
        ..Example::default()
    };
    let both = [example("28", "error old spec\n"), example("29", "")];
    assert!(shows_boundary("old", &both, 29));
    assert!(!shows_boundary("old", &both, 28));
    assert!(!shows_boundary("old", &both[..1], 29));
    let same_verdict = [example("28", ""), example("29", "")];
    assert!(!shows_boundary("old", &same_verdict, 29));
}
