//! What must hold for every run of the function, whatever the text.

use convert_sidecars::rules::{RULES, RuleKind};
use convert_sidecars::{Answer, Options, run};
use serde_yaml::Value;

use super::choices::Choices;
use super::pod::Pod;
use crate::model::{self, Place};
use crate::{cuts, spans};

const NOTHING: &str = "apiVersion: v1\nkind: ConfigMap\ndata: {catalog: None}\n";

/// The containers that are selected in generated pods.
const SELECTED: &str = "side*";

fn convert<'s>(text: &'s str, config: &str, threads: usize) -> Option<Answer<'s>> {
    run(text, &Options { config: Some(config), threads }).ok()
}

/// The containers of this name are sidecars.
pub(crate) fn by_name(name: &str) -> String {
    format!("apiVersion: v1\nkind: ConfigMap\ndata: {{catalog: None, edits: None, sidecars: '{name}'}}\n")
}

/// One of the names in a text, chosen by its length.
pub(crate) fn a_name(text: &str) -> String {
    let word = |rest: &str| {
        let rest = rest.trim_start_matches(['"', '\'', ':', ' ']);
        rest[..rest.find(|c: char| !c.is_ascii_alphanumeric() && c != '-').unwrap_or(rest.len())].to_owned()
    };
    let names: Vec<_> = text.split("name").skip(1).map(word).filter(|name| !name.is_empty()).collect();
    names.get(text.len() % names.len().max(1)).map_or("side", String::as_str).to_owned()
}

/// No bug of ours shows, a refusal changes nothing, a second run changes nothing, and more threads say the same.
///
/// The text after the conversion; `None` when it is refused or cannot be read.
pub(crate) fn check(text: &str, config: &str) -> Option<String> {
    // Unless a workload declares its sidecars itself; and a list may get results about what is there.
    if let Some(answer) = convert(text, NOTHING, 1).filter(|_| !text.contains("convert-sidecars.dev/")) {
        let output = answer.output.to_string();
        let is_same = if answer.is_resource_list { keeps_items(text, &output) } else { output == text };
        assert!(is_same, "nothing is selected\n{text}\nbecame\n{output}");
    }
    let answer = convert(text, config, 1)?;
    let is_ours = |text: String| text.starts_with("internal error");
    assert!(
        !answer.diagnostics.iter().any(|diagnostic| is_ours(diagnostic.text())),
        "{:?}\n{text}",
        answer.diagnostics
    );
    let once = answer.output.to_string();
    if answer.has_errors() {
        assert!(answer.is_resource_list || once == text, "refused, and changed");
        assert!(keeps_items(text, &once), "refused, and the items changed\n{once}");
        return None;
    }
    let again = convert(&once, config, 1).expect("what was written can be read");
    let twice = again.output.to_string();
    // The results of a list tell of one run only, so they may differ in the second; from then on nothing does.
    if answer.is_resource_list {
        let third = convert(&twice, config, 1).expect("what was written can be read");
        assert_eq!(third.output.to_string(), twice, "the third run");
    } else {
        assert_eq!(twice, once, "the second run");
    }
    if text.len() % 1009 == 1 && once != text {
        same_for_threads(text, config);
    }
    Some(once)
}

/// Whether a list only got results: something is inserted in one place. What came with results is not looked at.
fn keeps_items(before: &str, after: &str) -> bool {
    let same = |pairs: &mut dyn Iterator<Item = (u8, u8)>| pairs.take_while(|(one, two)| one == two).count();
    let start = same(&mut before.bytes().zip(after.bytes()));
    let end = same(&mut before.bytes().rev().zip(after.bytes().rev()));
    before.contains("results") || before.len() <= after.len() && start + end >= before.len()
}

/// Several threads are only used from a certain size on; filling up every input would be too slow.
fn same_for_threads(text: &str, config: &str) {
    let stream = format!("---\n{text}\n").repeat(300 * 1024 / text.len());
    let outputs = [1, 2].map(|threads| convert(&stream, config, threads));
    if let [Some(one), Some(two)] = outputs {
        assert_eq!(one.output, two.output, "one thread and two");
        assert_eq!(one.diagnostics, two.diagnostics, "one thread and two");
    }
}

/// A configuration for generated pods, and what it asks for.
struct Wanted {
    config: String,
    place: Place<'static>,
    has_probe: bool,
}

impl Wanted {
    fn new(choices: &mut Choices<'_>) -> Self {
        let (position, place) = choices.pick(&[
            ("{type: Last}", Place::Last),
            ("{type: Last}", Place::Last),
            ("{type: First}", Place::First),
            ("{type: Before, container: init0}", Place::Before("init0")),
            ("{type: After, container: init0}", Place::After("init0")),
        ]);
        let has_probe = choices.rarely(4);
        let probe = if has_probe { "{source: Custom, probe: {httpGet: {path: /, port: h}}}" } else { "{source: Keep}" };
        let off: Vec<_> = RULES.iter().filter(|rule| rule.kind == RuleKind::Unsafe).collect();
        let off: Vec<_> = off.iter().map(|rule| format!("{}: \"Off\"", rule.name)).collect();
        let config = format!(
            "apiVersion: convert-sidecars.dev/v1alpha1\nkind: ConvertSidecars\nspec:\n  catalog: {{mode: None}}\n  edits: None\n  position: {position}\n  startupProbe: {probe}\n  sidecars: [{{container: {SELECTED}}}]\n  rules: {{{}}}\n",
            off.join(", ")
        );
        Self { config, place, has_probe }
    }

    /// The plan, applied to the values by an independent model.
    fn apply(&self, document: &mut Value) {
        if let Some(Value::Sequence(items)) = document.get_mut("items") {
            for item in items {
                self.apply(item);
            }
            return;
        }
        let names: Vec<_> = model::pods(document).into_iter().flat_map(|pod| pod.containers).collect();
        let names: Vec<_> = names.iter().map(String::as_str).filter(|name| name.starts_with("side")).collect();
        model::convert_to(document, &names, self.place);
        if self.has_probe {
            model::visit(document, &mut |pod| {
                let Some(Value::Sequence(init)) = pod.get_mut("initContainers") else { return };
                let moved = init.iter_mut().filter(|one| model::name(one).is_some_and(|name| names.contains(&name)));
                for container in moved.filter_map(Value::as_mapping_mut) {
                    let probe = serde_yaml::from_str("{httpGet: {path: /, port: h}}").unwrap();
                    container.entry("startupProbe".into()).or_insert(probe);
                }
            });
        }
    }
}

/// All promises on a pod that these bytes choose; whether it was converted.
pub(crate) fn check_pod(bytes: &[u8]) -> bool {
    let mut choices = Choices(bytes);
    let wanted = Wanted::new(&mut choices);
    let pod = Pod::new(choices.0);
    let text = pod.text.as_str();
    if let Ok(tree) = convert_sidecars::yaml::parse::parse(text) {
        spans::check(&tree).unwrap_or_else(|why| panic!("{why}\n{text}"));
    }
    cuts::check_documents(text).unwrap_or_else(|why| panic!("{why}\n{text}"));
    cuts::check_list(text, "items").unwrap_or_else(|why| panic!("{why}\n{text}"));
    let Some(after) = check(text, &wanted.config).filter(|after| after != text) else { return false };
    let items = if text.contains("kind: ResourceList") { without_results(&after) } else { &after };
    same_values(text, &after, &wanted);
    comments_stay_with_their_owners(&pod, items);
    nothing_else_moves(&pod, items);
    if pod.is_block {
        nothing_else_changes(text, items);
    }
    if !text.contains("kind: ResourceList") {
        same_in_a_stream(text, &after, &wanted.config);
    }
    true
}

fn without_results(text: &str) -> &str {
    if text.starts_with("results:") {
        return text.find("apiVersion: config.kubernetes.io/v1").map_or(text, |at| &text[at..]);
    }
    text.rfind("\nresults:").map_or(text, |at| &text[..=at])
}

fn same_values(before: &str, after: &str, wanted: &Wanted) {
    // A second reader knows fewer forms; what it cannot read is left to `verify`. It also takes aliases for other nodes
    // where an anchor's name stands twice.
    let is_twice = |anchor: &&str| before.matches(anchor).count() > 1;
    if before.contains("*x") && ["&x", "&y", "&z", "&n"].iter().any(is_twice) {
        return;
    }
    let Ok(mut expected) = model::read(before) else { return };
    for document in &mut expected {
        wanted.apply(document);
    }
    let mut found = model::read(after).unwrap_or_else(|error| panic!("{error}\n{before}\nbecame\n{after}"));
    for document in expected.iter_mut().chain(&mut found) {
        without_ids(document);
    }
    assert_eq!(found, expected, "\n{before}\nbecame\n{after}");
}

/// Orchestrators' ids go from what changes, and results come; both are checked elsewhere.
fn without_ids(document: &mut Value) {
    if let Some(Value::Sequence(items)) = document.get_mut("items") {
        items.iter_mut().for_each(without_ids);
        document.as_mapping_mut().map(|list| list.remove("results"));
        return;
    }
    let Some(metadata) = document.get_mut("metadata").and_then(Value::as_mapping_mut) else { return };
    if let Some(Value::Mapping(annotations)) = metadata.get_mut("annotations") {
        annotations.retain(|key, _| {
            !key.as_str()
                .is_some_and(|key| key.ends_with("config.k8s.io/id") || key.ends_with("config.kubernetes.io/id"))
        });
        if annotations.is_empty() {
            metadata.remove("annotations");
        }
    }
}

/// The words of a text that are one of these prefixes and a number, each with its place.
fn all_words<'t>(text: &'t str, prefixes: &[&str]) -> Vec<(usize, &'t str)> {
    let is_word = |c: char| c.is_ascii_alphanumeric();
    let mut found = Vec::new();
    let mut at = 0;
    while at < text.len() {
        let rest = &text[at..];
        let length = rest.find(|c| !is_word(c)).unwrap_or(rest.len());
        let word = &rest[..length];
        let stem = word.trim_end_matches(|c: char| c.is_ascii_digit());
        if prefixes.contains(&stem) && (stem.len() < word.len() || stem == "side") {
            found.push((at, word));
        }
        at += length.max(rest.chars().next().map_or(1, char::len_utf8));
    }
    found
}

/// Those of them that stand in the text once.
fn words<'t>(text: &'t str, prefixes: &[&str]) -> Vec<(usize, &'t str)> {
    let mut found = all_words(text, prefixes);
    let mut counts = std::collections::HashMap::new();
    for (_, word) in &found {
        *counts.entry(*word).or_insert(0) += 1;
    }
    found.retain(|(_, word)| counts[word] == 1);
    found
}

const KEYS: [&str; 4] = ["k", "side", "other", "init"];

/// A comment that stands inside of an entry stands between the same two words before and after.
fn comments_stay_with_their_owners(pod: &Pod, after: &str) {
    let before = pod.text.as_str();
    let (keys, comments) = (words(before, &KEYS), words(before, &["c"]));
    let (keys_after, comments_after) = (words(after, &KEYS), words(after, &["c"]));
    let find = |all: &[(usize, &str)], word: &str| all.iter().find(|(_, one)| *one == word).map(|(at, _)| *at);
    for entry in &pod.entries {
        for (at, comment) in comments.iter().filter(|(at, _)| entry.contains(at)) {
            let inside = || keys.iter().filter(|(at, _)| entry.contains(at));
            let above = inside().rfind(|(key, _)| key < at);
            let below = inside().find(|(key, _)| key > at);
            let place = find(&comments_after, comment).unwrap_or_else(|| panic!("lost {comment}\n{before}\n{after}"));
            let what = || format!("{comment} has another owner\n{before}\nbecame\n{after}");
            let is_on_line = above.is_some_and(|(key, _)| !before[*key..*at].contains('\n'));
            if let Some((_, above)) = above.filter(|_| is_on_line || below.is_some()) {
                let found = keys_after.iter().rfind(|(key, _)| *key < place).map(|(_, word)| *word);
                assert_eq!(found, Some(*above), "{}", what());
            }
            if let Some((_, below)) = below {
                let found = keys_after.iter().find(|(key, _)| *key > place).map(|(_, word)| *word);
                assert_eq!(found, Some(*below), "{}", what());
            }
        }
    }
}

/// The words outside of the moved entries keep their order, and so do those inside of each.
fn nothing_else_moves(pod: &Pod, after: &str) {
    let before = pod.text.as_str();
    let (keys, keys_after) = (words(before, &KEYS), words(after, &KEYS));
    let inside = |entry: &std::ops::Range<usize>| -> Vec<&str> {
        keys.iter().filter(|(at, _)| entry.contains(at)).map(|(_, word)| *word).collect()
    };
    let is_moved = |entry: &&std::ops::Range<usize>| !all_words(&before[(*entry).clone()], &["side"]).is_empty();
    let moved: Vec<Vec<&str>> = pod.entries.iter().filter(is_moved).map(inside).collect();
    let of = |all: &[(usize, &str)], wanted: &dyn Fn(&str) -> bool| -> Vec<String> {
        all.iter().map(|(_, word)| *word).filter(|word| wanted(word)).map(str::to_owned).collect()
    };
    let stays = |word: &str| !moved.iter().any(|words| words.contains(&word));
    assert_eq!(of(&keys_after, &stays), of(&keys, &stays), "\n{before}\nbecame\n{after}");
    for words in &moved {
        let first = keys_after.iter().position(|(_, word)| Some(word) == words.first()).unwrap_or(0);
        let found: Vec<_> = keys_after.iter().skip(first).take(words.len()).map(|(_, word)| *word).collect();
        assert_eq!(&found, words, "\n{before}\nbecame\n{after}");
    }
}

/// Beside indentation only lines of the lists' keys, of `restartPolicy`, of the probe and of the ids come and go.
fn nothing_else_changes(before: &str, after: &str) {
    let trimmed = |text: &str| -> String { text.lines().map(|line| line.trim().to_owned() + "\n").collect() };
    let (before, after) = (trimmed(before), trimmed(after));
    let known = [
        "metadata: {name: p",
        "a: b}",
        "ontainers",
        "restartPolicy",
        "annotations",
        "/id: '1'",
        "startupProbe",
        "httpGet",
        "path: /",
        "port: h",
        "[]",
        "null",
    ];
    for (line, count) in model::changed_lines(&before, &after) {
        // A dash line can be split from what stood behind it.
        let is_known = known.iter().any(|word| line.contains(word)) || line.is_empty();
        assert!(is_known, "{line:?} {count:+}\n{before}\nbecame\n{after}");
    }
}

/// A document among others becomes what it becomes alone.
fn same_in_a_stream(text: &str, after: &str, config: &str) {
    // With a line break behind it, the last block scalar of a text may be another one.
    if !text.ends_with('\n') {
        return;
    }
    let around = |text: &str| format!("---\n{OTHER}---\n{text}---\n{OTHER}");
    let stream = around(text);
    let answer = convert(&stream, config, 1).expect("a stream of what can be read can be read");
    assert!(!answer.has_errors(), "{:?}\n{stream}", answer.diagnostics);
    assert_eq!(answer.output.to_string(), around(after), "in a stream");
}

const OTHER: &str = "apiVersion: v1\nkind: Pod\nspec:\n  containers:\n  - name: web\n    image: w\n";
