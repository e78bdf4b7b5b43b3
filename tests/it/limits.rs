//! The limits of the manual, on the binary itself: the limit is named, soon, and in bounded memory.

use std::fs::File;
use std::process::{Command, Stdio};

use convert_sidecars::k8s::pod_spec::MAX_MERGES;
use convert_sidecars::yaml::{MAX_ALIASES, MAX_BYTES, MAX_DEPTH, MAX_NODES};

use crate::support::{binary, output_with_stdin};

const POD: &str = "- apiVersion: v1\n  kind: Pod\n  metadata: {name: p}\n  spec:\n    containers:\n    - {name: web, image: w}\n    - name: side\n      image: s\n";

/// A list with this configuration of its function, items and what stands behind the last line.
fn list(config: &str, items: &str) -> String {
    format!("apiVersion: config.kubernetes.io/v1\nkind: ResourceList\nfunctionConfig: {config}\nitems:\n{items}")
}

/// A configuration that selects the containers with these names.
fn select(names: &str) -> String {
    format!("{{apiVersion: v1, kind: ConfigMap, data: {{sidecars: '{names}'}}}}")
}

fn custom(spec: &str) -> String {
    format!("{{apiVersion: convert-sidecars.dev/v1alpha1, kind: ConvertSidecars, spec: {spec}}}")
}

/// Runs the binary with seconds of processor time and memory that no sane answer needs; debug builds take ten times as
/// long as what ships. What it answers, results or stderr, in one text.
fn answer(stdin: &str) -> (Option<i32>, String) {
    let mut command = Command::new("sh");
    command.args(["-c", "ulimit -t 10 && ulimit -v 1500000 && exec \"$0\" --threads 1"]).arg(binary()).env_clear();
    let output = output_with_stdin(&mut command, stdin.as_bytes());
    let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
    (output.status.code(), text(&output.stdout) + &text(&output.stderr))
}

fn refused(name: &str, stdin: &str, limit: &str, allowed: usize) {
    let (code, told) = answer(stdin);
    let told: String = told.chars().rev().take(2000).collect::<Vec<_>>().into_iter().rev().collect();
    assert_eq!(code, Some(1), "{name}: {told}");
    assert!(told.contains(limit) && told.contains(&format!("limited to {allowed}")), "{name}: {told}");
}

/// Within the limits, however strange: converted, and nothing but the inserted lines is new.
fn converted(name: &str, stdin: &str) {
    let (code, told) = answer(stdin);
    let start: String = told.chars().take(1000).collect();
    assert_eq!(code, Some(0), "{name}: {start}");
    let items = told.split("\nresults:").next().unwrap_or("");
    assert_eq!(items.matches("restartPolicy: Always").count(), stdin.matches("name: side").count(), "{name}");
    let more = items.len() + 1 - stdin.len();
    assert!(more <= 100 * stdin.matches("name: side").count(), "{name}: {more} bytes more");
}

#[test]
fn nesting_is_limited() {
    let flow = |depth: usize| format!("{POD}      x: {}{}\n", "[".repeat(depth), "]".repeat(depth));
    // The list, its items, the item, the spec, the containers and the container are six levels themselves; the first two
    // are cut away.
    converted("deep flow", &list(&select("side"), &flow(MAX_DEPTH - 6)));
    refused("deeper flow", &list(&select("side"), &flow(MAX_DEPTH - 4)), "nesting", MAX_DEPTH);
    let dashes = format!("{POD}      x:\n      {}a\n", "- ".repeat(20_000));
    refused("dashes", &list(&select("side"), &dashes), "nesting", MAX_DEPTH);
    let questions = format!("{POD}      x:\n      {}a\n", "? ".repeat(20_000));
    refused("question marks", &list(&select("side"), &questions), "nesting", MAX_DEPTH);
    let open = format!("{POD}      x: {}", "[".repeat(300_000));
    refused("brackets without an end", &list(&select("side"), &open), "nesting", MAX_DEPTH);
    let braces = format!("{POD}      x: {}", "{a: ".repeat(100_000));
    refused("braces without an end", &list(&select("side"), &braces), "nesting", MAX_DEPTH);
    let config = custom(&format!("{{sidecars: {}{}}}", "[".repeat(600), "]".repeat(600)));
    refused("a deep configuration", &list(&config, POD), "nesting", MAX_DEPTH);
}

/// Ten to the power of sixty, if they were written out.
fn laughs(pair: impl Fn(usize, &str) -> String) -> String {
    (1..60).map(|level| pair(level, &vec![format!("*x{}", level - 1); 10].join(", "))).collect()
}

#[test]
fn aliases_are_never_written_out() {
    let lists = laughs(|level, of| format!("      x{level}: &x{level} [{of}]\n"));
    converted("lists of lists", &list(&select("side"), &format!("{POD}      x0: &x0 [a]\n{lists}")));
    let merged = laughs(|level, of| format!("  x{level}: &x{level} {{<<: [{of}]}}\n"));
    let item = POD.replace("  kind: Pod\n", &format!("  kind: Pod\n  x0: &x0 {{b: c}}\n{merged}"));
    let (item, _) = item.split_once("    containers:").unwrap();
    let pods = format!(
        "{item}    <<: *x59\n    containers:\n    - {{name: web, <<: *x59}}\n    - {{name: side, image: s, <<: *x59}}\n"
    );
    refused(
        "merged",
        &list(&select("side"), &pods),
        "the number of mappings that merge keys bring into one",
        MAX_MERGES,
    );
    let many = POD.replace(
        "    - name: side\n",
        &format!("    - name: side\n      <<: [{}]\n", vec!["{x: y}"; MAX_MERGES - 2].join(", ")),
    );
    converted("as many as are allowed", &list(&select("side"), &many));
    // What merges itself comes to no end either.
    let looped = POD.replace("    containers:\n", "    x: &x {<<: *x}\n    containers:\n");
    refused(
        "a mapping that merges itself",
        &list(&select("side"), &looped),
        "the number of mappings that merge keys",
        MAX_MERGES,
    );
    let looped = POD.replace("    containers:\n", "    y: &y [*y]\n    containers:\n");
    converted("an alias of what it stands in", &list(&select("side"), &looped));
}

#[test]
fn the_number_of_aliases_is_limited() {
    let of = |count: usize| format!("{POD}      x: &x a\n      y: [{}]\n", vec!["*x"; count].join(","));
    converted("as many as are allowed", &list(&select("side"), &of(MAX_ALIASES)));
    refused("one more", &list(&select("side"), &of(MAX_ALIASES + 1)), "the number of aliases", MAX_ALIASES);
    let containers =
        format!("{POD}{}", "    - *c\n".repeat(2 * MAX_ALIASES)).replacen("- {name: web", "- &c {name: web", 1);
    refused("containers", &list(&select("side"), &containers), "the number of aliases", MAX_ALIASES);
}

#[test]
fn the_size_of_a_configuration_is_limited() {
    let headers = format!("[&h {{name: a, value: b}}{}]", ", *h".repeat(3000));
    let sidecars = format!(
        "{{sidecars: [&s {{container: side, startupProbe: {{source: Custom, probe: {{httpGet: {{port: 1, httpHeaders: {headers}}}}}}}}}{}]}}",
        ", *s".repeat(3000)
    );
    refused("aliases in it", &list(&custom(&sidecars), POD), "the number of values in a configuration", 10_000);
    let names: Vec<_> = (0..=10_000).map(|number| format!("x*{number}")).collect();
    refused("names in it", &list(&select(&names.join(",")), POD), "the number of sidecars", 10_000);
}

#[test]
fn the_cost_of_globs_and_selectors_is_limited() {
    let long = "a".repeat(200_000);
    let named = POD.replace("name: web", &format!("name: {long}"));
    converted("stars on a long name", &list(&select(&format!("side,{}b", "*a".repeat(500))), &named));
    refused("a long glob", &list(&select(&"*a".repeat(5000)), &named), "the length of a glob", 1024);
    let selector = |name: &str| {
        custom(&format!("{{workloads: {{include: [{{name: '{name}'}}]}}, sidecars: [{{container: side}}]}}"))
    };
    let config = selector("((a{0,100}){0,100}){0,5}");
    refused("a regular expression that blows up", &list(&config, POD), "compiled regular expression", 32 * 1024);
    let (code, told) = answer(&list(&selector("(a*)*b"), &POD.replace("{name: p}", &format!("{{name: {long}}}"))));
    assert!(code == Some(0) && !told.contains("restartPolicy"), "{code:?}");
}

#[test]
fn the_number_of_sidecars_and_of_names_is_limited() {
    let of = |count: usize| -> String {
        (0..count).map(|number| format!("    - {{name: c{number}, image: i}}\n")).collect()
    };
    refused(
        "sidecars",
        &list(&select("side,c*"), &format!("{POD}{}", of(1000))),
        "the number of sidecars in one pod",
        1000,
    );
    let (code, _) = answer(&list(&select("c*"), &format!("{POD}{}", of(300))));
    assert_eq!(code, Some(0));
    let names: Vec<_> = (0..=1000).map(|number| format!("a{number}")).collect();
    let annotation = format!("{{name: p, annotations: {{convert-sidecars.dev/sidecars: '{}'}}}}", names.join(","));
    let pod = POD.replace("{name: p}", &annotation);
    refused("names", &list(&select("side"), &pod), "the number of names in one annotation", 1000);
}

#[test]
fn many_documents_long_lines_and_many_comments_take_no_more_than_their_length() {
    let documents = "---\napiVersion: v1\nkind: Pod\nspec:\n  containers: []\n".repeat(20_000);
    let (code, told) = answer(&documents);
    assert!(code == Some(0) && told == documents, "{code:?}: {} bytes instead of {}", told.len(), documents.len());
    let text = "x".repeat(2_000_000);
    converted("a long line", &list(&select("side"), &format!("{POD}      x: {text}\n")));
    converted("a long quoted line", &list(&select("side"), &format!("{POD}      x: \"{}\"\n", "\\n".repeat(500_000))));
    converted(
        "many comments",
        &list(&select("side"), &POD.replace("    - name: side", &("    # c\n".repeat(50_000) + "    - name: side"))),
    );
    let pod = r#"{"apiVersion":"v1","kind":"Pod","metadata":{"annotations":{"convert-sidecars.dev/sidecars":"side"}},"spec":{"containers":[{"name":"web","image":"w"},{"name":"side","image":"s"}]}}"#;
    let json = format!(r#"{{"apiVersion":"v1","kind":"List","items":[{}]}}"#, vec![pod; 2000].join(","));
    let (code, told) = answer(&json);
    assert_eq!((code, told.matches("\"restartPolicy\":\"Always\"").count()), (Some(0), 2000));
}

#[test]
fn the_length_of_the_input_is_limited() {
    // A file without blocks: nothing of it is written to the disk.
    let file = tempfile::NamedTempFile::new().unwrap();
    file.as_file().set_len(u64::try_from(MAX_BYTES).unwrap() + 1).unwrap();
    let config = tempfile::NamedTempFile::new().unwrap();
    std::fs::write(config.path(), select("side")).unwrap();
    let output = Command::new(binary()).env_clear().arg(config.path()).arg(file.path()).output().unwrap();
    let told = String::from_utf8(output.stderr).unwrap();
    assert_eq!((output.status.code(), output.stdout.as_slice()), (Some(1), &b""[..]));
    assert!(told.contains(&format!("the length of the input in bytes is limited to {MAX_BYTES}")), "{told}");
}

/// A gigabyte through a pipe, and ten million nodes: a matter of minutes and gigabytes in a debug build.
#[test]
#[ignore = "takes gigabytes of memory; `just deep` runs it"]
fn the_largest_limits_hold_as_well() {
    let endless = Command::new("sh")
        .args(["-c", "\"$0\" </dev/zero"])
        .arg(binary())
        .env_clear()
        .stdin(Stdio::null())
        .output()
        .unwrap();
    let told = String::from_utf8(endless.stderr).unwrap();
    assert_eq!(endless.status.code(), Some(1));
    assert!(told.contains(&format!("the length of the input in bytes is limited to {MAX_BYTES}")), "{told}");
    let nodes = list(&select("side"), &format!("{POD}      x: [{}]\n", "a,".repeat(MAX_NODES)));
    let output = output_with_stdin(Command::new(binary()).env_clear(), nodes.as_bytes());
    let told = String::from_utf8(output.stderr).unwrap();
    assert_eq!(output.status.code(), Some(1));
    assert!(
        told.contains(&format!("the number of values and keys in one YAML document is limited to {MAX_NODES}")),
        "{told}"
    );
}

/// A reader that goes away: an error code, a word on stderr, and no panic.
#[test]
fn a_broken_pipe_behind_stdout_is_an_error() {
    let text = list(&select("side"), &POD.repeat(5000));
    let source = tempfile::NamedTempFile::new().unwrap();
    std::fs::write(source.path(), &text).unwrap();
    let mut command = Command::new(binary());
    command.env_clear().stdin(File::open(source.path()).unwrap()).stdout(Stdio::piped()).stderr(Stdio::piped());
    let mut child = command.spawn().unwrap();
    drop(child.stdout.take());
    let output = child.wait_with_output().unwrap();
    assert_eq!(output.status.code(), Some(1));
    let told = String::from_utf8(output.stderr).unwrap();
    assert!(told.starts_with("error: writing to stdout") && told.lines().count() == 1, "{told}");
}

/// A writer that dies: what came is cut short, which must never pass as a smaller list.
#[test]
fn a_stdin_that_ends_early_is_an_error() {
    let pods = list(&select("side"), POD) + "results: []\n";
    let whole = pods
        .replace("functionConfig", "x-later")
        .replace("results: []", &format!("functionConfig: {}", select("side")));
    assert_eq!(answer(&whole).0, Some(0));
    let (mut errors, mut others) = (0, 0);
    for end in (whole.find("items:").unwrap() + 20..whole.len()).filter(|end| whole.is_char_boundary(*end)) {
        let cut = &whole[..end];
        let (code, told) = answer_of(cut);
        match code {
            Some(1) => errors += 1,
            // What ends at the end of a value is a list of its own; without its configuration it is answered as it is.
            Some(0) => {
                others += 1;
                assert!(told == cut || told.contains("restartPolicy"), "{cut:?}\n{told}");
            }
            other => panic!("{other:?}: {cut:?}"),
        }
    }
    assert!(errors > 20 && others > 0, "{errors} errors, {others} others");
}

/// The same answer by the library, for tests with hundreds of calls.
fn answer_of(text: &str) -> (Option<i32>, String) {
    match convert_sidecars::run(text, &convert_sidecars::Options::default()) {
        Ok(answer) => (Some(i32::from(answer.has_errors())), answer.output.to_string()),
        Err(error) => (Some(1), error.to_string()),
    }
}
