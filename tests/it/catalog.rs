//! The files of the catalogue: complete, unambiguous, and each example recognised as it says.

use std::collections::BTreeSet;
use std::fmt::Write;
use std::process::Command;

use convert_sidecars::catalog::keys::{Keys, table};
use convert_sidecars::catalog::profile::{Example, Match, Profile, Role, Tier};
use convert_sidecars::catalog::recognise::Traits;
use convert_sidecars::catalog::wildcard::Wildcard;
use convert_sidecars::catalog::{EDITION, FILES, all, keys_in, read, recognise};
use convert_sidecars::config::image::Image;
use convert_sidecars::k8s::pod_spec::List;
use convert_sidecars::locate::locate;
use convert_sidecars::yaml::parse::parse;
use convert_sidecars::{Options, run};

use crate::corpus::{corpus, in_parallel};
use crate::support::{Converted, binary, convert_with, files, output, root};

/// What a file of the catalogue lacks, beyond what every profile needs.
fn lacks(name: &str, text: &str) -> Vec<String> {
    let profile = match read(text) {
        Ok(profile) => profile,
        Err(problems) => return problems.iter().map(|one| format!("{}: {}", one.field, one.message)).collect(),
    };
    let mut lacks = Vec::new();
    let mut need = |is_there: bool, what: &str| {
        if !is_there {
            lacks.push(what.to_owned());
        }
    };
    need(profile.name == name, "the name of its file");
    need(!profile.title.is_empty(), "a title");
    need(profile.edition.is_some_and(|edition| edition <= EDITION), "an edition that is out");
    need(profile.sources.iter().any(|one| !one.repository.is_empty()), "sources");
    need(profile.sources.iter().all(|one| one.repository.contains('/')), "sources that are repositories or addresses");
    need(profile.examples.iter().any(|one| one.is_recognised), "an example");
    need(profile.tier != Tier::B || !profile.reason.is_empty(), "a reason for tier B");
    need(profile.edits.iter().all(|edit| !edit.source.is_empty()), "the source of each edit");
    need(profile.gate.as_ref().is_none_or(|gate| !gate.source.is_empty()), "the source of the startup probe");
    need(profile.injector.as_ref().is_none_or(|one| !one.source.is_empty()), "the source of the injector");
    need(is_last(text, "\nexamples:"), "examples behind everything else");
    lacks
}

/// Whether no other key stands behind this one.
fn is_last(text: &str, key: &str) -> bool {
    let rest = text.split_once(key).map_or("", |(_, rest)| rest);
    !rest.lines().skip(1).any(|line| line.starts_with(|c: char| c.is_ascii_alphabetic()))
}

#[test]
fn every_file_is_complete() {
    let wrong: Vec<_> = FILES
        .iter()
        .flat_map(|(name, text)| lacks(name, text).into_iter().map(move |one| format!("catalog/{name}.yaml: {one}")))
        .collect();
    assert!(wrong.is_empty(), "\n{}", wrong.join("\n"));
    assert_eq!(all().count(), FILES.len());
}

#[test]
fn the_register_and_the_folder_hold_the_same_files() {
    let names: Vec<_> = FILES.iter().map(|(name, _)| (*name).to_owned()).collect();
    assert!(names.is_sorted(), "{names:?}");
    let stems = files(&root().join("catalog"), &[".yaml"]);
    let stems: BTreeSet<_> =
        stems.iter().map(|file| file.file_stem().unwrap().to_string_lossy().into_owned()).collect();
    assert_eq!(names.into_iter().collect::<BTreeSet<_>>(), stems);
}

const GOOD: &str = r#"name: good
title: A good one
role: Logs
tier: A
edition: "2026.11"
match:
- image: [example/good]
startupProbe:
  probe: {tcpSocket: {port: 1}}
  source: a/b c
edits:
- {op: RemovePreStop, applicability: Safe, when: {exec: [stop]}, reason: it exits, source: a/b c}
sources:
- {repository: a/b, path: c}
examples:
- container: {name: x, image: "example/good:1"}
"#;

#[test]
fn a_file_is_found_wanting_for_each_thing_that_it_lacks() {
    assert_eq!(lacks("good", GOOD), Vec::<String>::new());
    let spoiled = [
        ("name: good", "name: Good", "no name"),
        ("name: good", "name: better", "the name of its file"),
        ("title: A good one\n", "", "a title"),
        ("2026.11", "2026.13", "no edition"),
        ("2026.11", "9999.01", "an edition that is out"),
        ("edition: \"2026.11\"\n", "", "an edition that is out"),
        ("tier: A", "tier: B", "a reason for tier B"),
        ("tier: A", "tier: C", "needs a reason"),
        ("tier: A", "tier: D", "unknown variant"),
        ("role: Logs", "roll: Logs", "unknown field"),
        ("- image: [example/good]", "- {}", "neither `container` nor `image`"),
        ("match:\n- image: [example/good]", "match: []", "nothing says how"),
        ("[example/good]", "[\"example/good.*\"]", "regular expression"),
        ("{tcpSocket: {port: 1}}", "{}", "exactly one"),
        ("  source: a/b c\n", "", "the source of the startup probe"),
        (", source: a/b c}", "}", "the source of each edit"),
        ("reason: it exits, ", "", "needs `reason`"),
        ("when: {exec: [stop]}", "args: [stop]", "has no meaning"),
        ("op: RemovePreStop", "op: SetPreStop", "needs `handler`"),
        ("sources:\n- {repository: a/b, path: c}", "sources: []", "sources"),
        ("examples:\n- container: {name: x, image: \"example/good:1\"}", "examples: []", "an example"),
        ("good:1\"}\n", "good:1\"}\nnotes: []\n", "examples behind"),
    ];
    for (good, bad, wanted) in spoiled {
        assert!(GOOD.contains(good), "{good}");
        let found = lacks("good", &GOOD.replacen(good, bad, 1)).join("\n");
        assert!(found.contains(wanted), "{bad}: wanted {wanted:?}, found:\n{found}");
    }
}

/// The profile that recognises the container of an example, beside one called `main`.
fn recognised(example: &Example) -> Option<&'static Profile> {
    let beside = example.beside.iter().map(|name| format!("{{name: {name}}}, "));
    let containers = format!("{}{}", beside.collect::<String>(), example.container.flow(true));
    let pod =
        format!("apiVersion: v1\nkind: Pod\nspec: {{containers: [{{name: main, image: 'main:1'}}, {containers}]}}\n");
    let tree = parse(&pod).unwrap();
    let pod = locate(&tree, tree.roots[0], &[]).remove(0);
    let all = pod.containers(&tree, List::Main);
    recognise(&Traits::of(&tree, all.last().unwrap(), &all), &[], None)
}

#[test]
fn every_example_is_recognised_as_it_says() {
    let mut wrong = Vec::new();
    for (name, text) in FILES {
        for example in read(text).unwrap().examples {
            let found = recognised(&example).map(|profile| profile.name.as_str());
            if (found == Some(*name)) != example.is_recognised {
                wrong.push(format!("catalog/{name}.yaml: {} is taken for {found:?}", example.container.flow(true)));
            }
        }
    }
    assert!(wrong.is_empty(), "\n{}", wrong.join("\n"));
}

/// A text that a pattern holds for.
fn instance(pattern: &str) -> String {
    pattern.replace('*', "x").replace('?', "y")
}

/// A container that a pattern may be made for.
struct Witness {
    name: String,
    image: Option<String>,
    words: Vec<String>,
    beside: Vec<String>,
}

/// The containers that two alternatives may both be made for: each of their names and images, with the words that both
/// ask for.
fn witnesses(one: &Match, other: &Match) -> Vec<Witness> {
    let names = one.container.iter().chain(&other.container).map(|glob| instance(glob.as_str()));
    let names: Vec<_> = names.chain(["any".to_owned()]).collect();
    let images = one.image.iter().chain(&other.image).map(|glob| Some(instance(glob.as_str())));
    let images: Vec<_> = images.chain([None]).collect();
    let commands = |of: &Match| -> Vec<Vec<String>> {
        let words =
            |any: Option<&Wildcard>| of.command.all.iter().chain(any).map(|one| instance(one.as_str())).collect();
        let any = of.command.any.iter().map(|one| words(Some(one)));
        if of.command.any.is_empty() { vec![words(None)] } else { any.collect() }
    };
    let beside: Vec<_> = [one, other]
        .iter()
        .flat_map(|one| one.beside.all.iter().chain(one.beside.any.first()))
        .map(|glob| instance(glob.as_str()))
        .collect();
    let mut found = Vec::new();
    for name in &names {
        for image in &images {
            for first in commands(one) {
                for second in commands(other) {
                    let words = first.iter().chain(&second).filter(|word| !word.is_empty()).cloned().collect();
                    let (name, image, beside) = (name.clone(), image.clone(), beside.clone());
                    found.push(Witness { name, image, words, beside });
                }
            }
        }
    }
    found
}

/// Pairs of profiles of which neither knows a container better than the other.
fn ambiguities(profiles: &[Profile]) -> BTreeSet<String> {
    let mut found = BTreeSet::new();
    for (index, one) in profiles.iter().enumerate() {
        for other in &profiles[index + 1..] {
            let pairs = one.matches.iter().flat_map(|a| other.matches.iter().map(move |b| (a, b)));
            for Witness { name, image, words, beside } in pairs.flat_map(|(a, b)| witnesses(a, b)) {
                let traits = Traits {
                    name: &name,
                    image: image.as_deref().and_then(Image::parse),
                    command: words.iter().map(String::as_str).collect(),
                    env: Vec::new(),
                    beside: beside.iter().map(String::as_str).collect(),
                };
                let (Some(first), Some(second)) = (one.weight(&traits), other.weight(&traits)) else { continue };
                let best = profiles.iter().filter_map(|profile| profile.weight(&traits)).max();
                if first == second && best == Some(first) {
                    found.insert(format!("{} and {}: {name}, {image:?}, {words:?}", one.name, other.name));
                }
            }
        }
    }
    found
}

#[test]
fn no_container_is_known_to_two_profiles_alike() {
    let found = ambiguities(&all().cloned().collect::<Vec<_>>());
    assert!(found.is_empty(), "{found:#?}");
    let planted = |name: &str, what: &str| read(&format!("{{name: {name}, match: [{what}]}}")).unwrap();
    let alike = [
        ("{image: [proxy]}", "{image: [proxy]}", true),
        ("{image: [a/proxy]}", "{image: [proxy]}", false),
        ("{container: [log-*]}", "{container: ['*-log-x']}", false),
        ("{image: [proxy]}", "{image: [proxy], command: {any: [run]}}", false),
        ("{image: [proxy], command: {any: [serve]}}", "{image: [proxy], command: {any: [run]}}", true),
        ("{image: [proxy], command: {any: [serve], none: [run]}}", "{image: [proxy], command: {any: [run]}}", false),
        ("{image: [proxy], command: {all: [a]}}", "{image: [proxy], command: {all: [b], none: [a]}}", false),
        ("{container: [a]}", "{image: [b]}", false),
    ];
    for (one, other, wanted) in alike {
        let found = ambiguities(&[planted("one", one), planted("other", other)]);
        assert_eq!(!found.is_empty(), wanted, "{one} {other}: {found:?}");
    }
}

/// A pod that runs to completion with the container of an example beside one called `main`.
fn job(example: &Example) -> String {
    let beside: String = example.beside.iter().map(|name| format!("{{name: {name}, image: {name}}}, ")).collect();
    let containers = format!("[{{name: main, image: 'main:1'}}, {beside}{}]", example.container.flow(true));
    format!(
        "apiVersion: batch/v1\nkind: Job\nmetadata: {{name: j}}\nspec: {{template: {{spec: {{restartPolicy: Never, containers: {containers}}}}}}}\n"
    )
}

#[test]
fn every_tier_does_what_it_says() {
    let spec = |spec: &str| {
        format!(
            "apiVersion: convert-sidecars.dev/v1alpha1\nkind: ConvertSidecars\nmetadata: {{name: c}}\nspec: {spec}\n"
        )
    };
    let is_converted = |answer: &Converted| answer.text.contains("initContainers");
    let mut counts = [0; 3];
    for profile in FILES.iter().map(|(_, text)| read(text).unwrap()) {
        let name = &profile.name;
        for example in profile.examples.iter().filter(|example| example.is_recognised) {
            let job = job(example);
            let by_default = convert_with(&job, "");
            assert_eq!(is_converted(&by_default), profile.tier == Tier::A, "{name}: {:?}", by_default.diagnostics);
            assert!(!by_default.failed && (is_converted(&by_default) || by_default.text == job), "{name}");
            let named =
                convert_with(&job, &spec(&format!("{{sidecars: [{{profile: {name}}}], catalog: {{mode: None}}}}")));
            if profile.tier == Tier::C {
                let is_refused = named.diagnostics.iter().any(|one| one.starts_with("error never-convert "));
                assert!(is_refused && named.text == job, "{name}: {:?}", named.diagnostics);
            } else {
                assert!(is_converted(&named), "{name}: {:?}", named.diagnostics);
                let listed = convert_with(&job, &spec(&format!("{{catalog: {{mode: Listed, profiles: [{name}]}}}}")));
                assert!(is_converted(&listed), "{name}: {:?}", listed.diagnostics);
            }
            counts[profile.tier as usize] += 1;
        }
        for example in profile.examples.iter().filter(|example| !example.is_recognised) {
            let listed = spec(&format!("{{sidecars: [{{profile: {name}}}], catalog: {{mode: None}}}}"));
            let told = convert_with(&job(example), &listed).diagnostics;
            assert_eq!(told, ["info unmatched-entry spec.sidecars[0]"], "{name}");
        }
    }
    assert!(counts.iter().all(|count| *count > 10), "{counts:?}");
}

/// `docs/catalog.md`, made from the files.
fn document() -> String {
    let mut page = "# The catalogue\n\nSidecars that people really run, by what they do. Made from `catalog/` by a test; \
                    `UPDATE=1 cargo test catalog::` writes it anew.\n\n\
                    * **Tier A** is converted when it is recognised: by default in workloads that run to completion, with \
                    `catalog.workloads: All` in all.\n\
                    * **Tier B** is converted when it is named: by `sidecars`, an annotation, or `catalog.profiles`.\n\
                    * **Tier C** is never converted; naming one is refused ([never-convert](../src/rules/never_convert.md)).\n\n\
                    `convert-sidecars catalog NAME` prints the whole entry: startup probe, edits, injector, notes, sources. An entry \
                    of your own in `spec.profiles` has the same form, and comes first.\n"
        .to_owned();
    for role in Role::ALL {
        write!(page, "\n## {}\n\n| profile | tier | what it is | recognised by |\n|---|---|---|---|\n", role.title())
            .unwrap();
        for profile in all().filter(|profile| profile.role == role) {
            let why = if profile.reason.is_empty() { String::new() } else { format!(": {}", profile.reason) };
            let matches = profile.matches_in_words().replace('|', "\\|");
            let Profile { name, tier, title, .. } = profile;
            writeln!(page, "| [{name}](../catalog/{name}.yaml) | {tier} | {title}{why} | {matches} |").unwrap();
        }
    }
    page
}

/// Compares a file that is made from the catalogue; `UPDATE=1` writes it.
fn compare(file: &str, wanted: &str) {
    let path = root().join(file);
    if std::env::var("UPDATE").as_deref() == Ok("1") {
        std::fs::write(&path, wanted).unwrap();
    }
    let found = std::fs::read_to_string(&path).unwrap_or_default();
    assert_eq!(found, wanted, "{file} is out of date; run `UPDATE=1 cargo test catalog::`");
}

#[test]
fn the_document_is_up_to_date() {
    compare("docs/catalog.md", &document());
}

/// What is not found by its keys is not recognised, so they must be those that the files make.
#[test]
fn the_table_of_keys_is_up_to_date() {
    let keys: Vec<_> = all().map(Keys::of).collect();
    for one in &keys {
        let words = one.images.iter().chain(&one.names).chain(&one.asked);
        let is_key = |word: &&str| !word.is_empty() && !word.contains(' ');
        assert!(words.clone().count() > 0 && words.clone().all(is_key), "{one:?} has no keys to find it by");
    }
    compare("src/catalog/keys.tsv", &table(&keys));
    assert!(keys_in(None).eq(keys), "the table is read otherwise than it is written");
}

#[test]
fn the_binary_lists_the_catalogue_and_prints_an_entry() {
    let ask = |arguments: &[&str]| {
        let output = output(Command::new(binary()).env_clear().args(arguments));
        let text = |bytes: Vec<u8>| String::from_utf8(bytes).unwrap();
        (output.status.code(), text(output.stdout), text(output.stderr))
    };
    let (code, list, told) = ask(&["catalog"]);
    assert_eq!((code, told.as_str(), list.lines().count()), (Some(0), "", FILES.len() + 1));
    let row = list.lines().find(|line| line.starts_with("dind ")).unwrap();
    let cells: Vec<_> = row.split_whitespace().collect();
    assert_eq!(cells[..4], ["dind", "A", "image", "`docker:*dind*`,"], "{row}");
    let entry = std::fs::read_to_string(root().join("catalog/git-sync.yaml")).unwrap();
    assert_eq!(ask(&["catalog", "git-sync"]), (Some(0), entry, String::new()));
    let (code, nothing, told) = ask(&["catalog", "gitsync"]);
    assert_eq!((code, nothing.as_str()), (Some(2), ""));
    assert!(told.contains("did you mean `git-sync`?") && told.lines().count() == 1, "{told}");
}

/// What the catalogue does to the corpus: each row of the table was looked at, and says what the sidecar is there for.
#[test]
fn the_corpus_is_converted_as_the_table_says() {
    let Some(manifests) = corpus() else { return };
    let known = std::fs::read_to_string(root().join("tests/data/catalog-corpus.tsv")).unwrap_or_default();
    let known: BTreeSet<String> =
        known.lines().skip(1).filter_map(|row| Some(row.rsplit_once('\t')?.0.to_owned())).collect();
    let found = in_parallel(manifests, |manifest| {
        let mut rows = Vec::new();
        for workloads in ["RunToCompletion", "All"] {
            let config = format!("{{apiVersion: v1, kind: ConfigMap, data: {{catalogWorkloads: {workloads}}}}}");
            let Ok(answer) = run(&manifest.text, &Options { config: Some(&config), threads: 1 }) else { continue };
            assert!(!answer.has_errors(), "{}: {:?}", manifest.file, answer.diagnostics);
            for one in answer.diagnostics.iter().filter(|one| one.rule.is_empty()) {
                let workload = one.resource.as_ref().map(ToString::to_string).unwrap_or_default();
                rows.push(format!("{}\t{workload}\t{workloads}\t{}", manifest.file, one.message));
            }
        }
        rows
    });
    let found: BTreeSet<_> = found.into_iter().flatten().collect();
    let new: Vec<_> = found.difference(&known).collect();
    let gone: Vec<_> = known.difference(&found).collect();
    assert!(new.is_empty() && gone.is_empty(), "converted, not in the table: {new:#?}\nno longer: {gone:#?}");
    assert!(found.len() > 10, "{}", found.len());
}
