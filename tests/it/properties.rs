mod chunk;
mod edits;
mod flow;
mod json;
mod pod;
mod resources;
mod text;

use std::cell::Cell;

use convert_sidecars::{Options, run};
use proptest::prelude::*;
use proptest::strategy::ValueTree;
use proptest::test_runner::{Config, RngAlgorithm, RngSeed, TestRng, TestRunner};

use self::pod::Below;
use crate::support::Converted;
use crate::{model, support};

/// Runs a property on as many cases; the same ones each time unless `PROPTEST_RNG_SEED` is set.
fn check<S: Strategy>(cases: u32, strategy: S, property: impl Fn(S::Value) -> Result<(), TestCaseError>) {
    let mut config = Config { cases, failure_persistence: None, ..Config::default() };
    if let Ok(cases) = std::env::var("PROPTEST_CASES") {
        config.cases = cases.parse().unwrap();
    }
    if config.rng_seed == RngSeed::Random {
        config.rng_seed = RngSeed::Fixed(753);
    }
    if let Err(error) = TestRunner::new(config).run(&strategy, property) {
        panic!("{error}");
    }
}

fn names(names: &[String]) -> Vec<&str> {
    names.iter().map(String::as_str).collect()
}

/// Each byte of the answer is known from the parts: comments travel with their owners, and nothing else does.
#[test]
fn generated_pods_come_out_as_the_layouts_say() {
    let [exact, refused, all] = [const { Cell::new(0u32) }; 3];
    let count = |counter: &Cell<u32>| counter.set(counter.get() + 1);
    check(1000, pod::pod(), |pod| {
        let (input, selected) = (pod.input(), pod.names());
        let place = if pod.is_to_front { "First" } else { "Last" };
        let config = format!("{}  position: {{type: {place}}}\n", support::select_anyway(&names(&selected)));
        let answer = support::convert_with(&input, &config);
        let expected = pod.expected();
        if selected.len() == pod.selected.len() {
            return has_failed_for(&["no-main-container"], &input, &answer);
        }
        count(&all);
        if answer.failed {
            count(&refused);
            prop_assert!(expected.may_refuse, "{:?}\n{}", answer.diagnostics, input);
            return has_failed_for(&["unsupported-yaml", "anchor-order"], &input, &answer);
        }
        if expected.is_exact {
            count(&exact);
            prop_assert_eq!(&answer.text, &expected.text, "\n{}\nfrom\n{}", answer.text, input);
        }
        let mut wanted = model::read(&input).map_err(|error| TestCaseError::fail(format!("{error}\n{input}")))?;
        for document in &mut wanted {
            let place = if pod.is_to_front { model::Place::First } else { model::Place::Last };
            model::convert_to(document, &names(&selected), place);
        }
        prop_assert_eq!(model::read(&answer.text), Ok(wanted), "\n{}\nfrom\n{}", answer.text, input);
        let again = support::convert_with(&answer.text, &config);
        prop_assert_eq!(&again.text, &answer.text);
        prop_assert_eq!(again.diagnostics, Vec::<String>::new());
        Ok(())
    });
    let (exact, refused, all) = (exact.get(), refused.get(), all.get());
    eprintln!("{all} pods: {exact} known byte for byte, {refused} refused");
    assert!(
        exact * 100 > all * 95 && refused * 100 < all,
        "{all} pods: {exact} known byte for byte, {refused} refused"
    );
}

fn has_failed_for(rules: &[&str], input: &str, answer: &Converted) -> Result<(), TestCaseError> {
    let is_known = |one: &String| one.split(' ').nth(1).is_some_and(|rule| rules.contains(&rule));
    prop_assert!(answer.failed && answer.diagnostics.iter().all(is_known), "{:?}\n{}", answer.diagnostics, input);
    prop_assert_eq!(&answer.text, input);
    Ok(())
}

#[test]
fn without_a_candidate_nothing_changes() {
    check(300, pod::pod(), |pod| {
        let input = pod.input();
        let answer = support::convert_anyway(&input, &["nobody"]);
        prop_assert_eq!(&answer.text, &input);
        prop_assert_eq!(answer.diagnostics, ["info unmatched-entry spec.sidecars[0]"]);
        Ok(())
    });
}

/// Enough pods to be shared out: the answer is that of each alone, in order, whatever the number of threads.
#[test]
fn many_pods_are_converted_alike_by_any_number_of_threads() {
    let padding = format!("padding: {}\n", "x".repeat(4000));
    let mut runner = TestRunner::new_with_rng(Config::default(), TestRng::deterministic_rng(RngAlgorithm::ChaCha));
    let (mut alone, mut size) = (Vec::new(), 0);
    while size < 300 * 1024 {
        let pod = pod::pod().new_tree(&mut runner).unwrap().current();
        if !pod.ends_in_line_break || pod.ending != "\n" || pod.below == Below::Document {
            continue;
        }
        let text = format!("{}{padding}", pod.input());
        let answer = support::convert_anyway(&text, &["c1"]);
        // A comment in column 0 stays there when its container moves to the left; in a list it can move too.
        if !answer.failed && !text.contains("\n# in ") {
            size += text.len();
            alone.push((text, answer.text));
        }
    }
    let (before, after): (Vec<_>, Vec<_>) = alone.into_iter().unzip();
    let config = support::select_anyway(&["c1"]);
    for threads in [1, 2, 3, 64] {
        let options = Options { config: Some(&config), threads };
        let stream = before.join("---\n");
        let answer = run(&stream, &options).unwrap();
        assert!(!answer.has_errors(), "{:?}", answer.diagnostics.first());
        assert_same(&answer.output.to_string(), &after.join("---\n"));
        let list = resource_list(&before);
        let answer = run(&list, &options).unwrap();
        assert!(!answer.has_errors(), "{:?}", answer.diagnostics.first());
        let output = answer.output.to_string();
        let (items, _) = output.split_once("\nresults:\n").unwrap();
        assert_same(&format!("{items}\n"), &resource_list(&after));
    }
}

/// Compares texts too large to be shown.
fn assert_same(actual: &str, wanted: &str) {
    for (number, (actual, wanted)) in actual.lines().zip(wanted.lines()).enumerate() {
        assert_eq!(actual, wanted, "line {}", number + 1);
    }
    assert!(actual == wanted, "one of the texts is longer, or a line ends in another way");
}

fn resource_list(items: &[String]) -> String {
    let mut list = "apiVersion: config.kubernetes.io/v1\nkind: ResourceList\nitems:\n".to_owned();
    for item in items {
        for (index, line) in item.lines().enumerate() {
            let indent = match line {
                "" => "",
                _ if index == 0 => "- ",
                _ => "  ",
            };
            list.push_str(&format!("{indent}{line}\n"));
        }
    }
    list
}
