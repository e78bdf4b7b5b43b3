//! The files of the catalogue: complete, unambiguous, and each example recognised as it says.

use std::collections::BTreeSet;

use convert_sidecars::catalog::profile::{Example, Profile, Tier};
use convert_sidecars::catalog::recognise::Traits;
use convert_sidecars::catalog::{EDITION, FILES, all, read, recognise};
use convert_sidecars::k8s::pod_spec::List;
use convert_sidecars::locate::locate;
use convert_sidecars::yaml::parse::parse;

use crate::support::{files, root};

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
    assert_eq!(all().len(), FILES.len());
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

/// A container as YAML on one line.
fn flow(example: &Example) -> String {
    example.container.flow(true)
}

/// The profile that recognises this container, beside one called `main`.
fn recognised(container: &str) -> Option<&'static Profile> {
    let pod =
        format!("apiVersion: v1\nkind: Pod\nspec: {{containers: [{{name: main, image: 'main:1'}}, {container}]}}\n");
    let tree = parse(&pod).unwrap();
    let pod = locate(&tree, tree.roots[0], &[]).remove(0);
    let all = pod.containers(&tree, List::Main);
    recognise(&Traits::of(&tree, &all[1], &all), &[], None)
}

#[test]
fn every_example_is_recognised_as_it_says() {
    let mut wrong = Vec::new();
    for (name, text) in FILES {
        for example in read(text).unwrap().examples {
            let found = recognised(&flow(&example)).map(|profile| profile.name.as_str());
            if (found == Some(*name)) != example.is_recognised {
                wrong.push(format!("catalog/{name}.yaml: {} is taken for {found:?}", flow(&example)));
            }
        }
    }
    assert!(wrong.is_empty(), "\n{}", wrong.join("\n"));
}
