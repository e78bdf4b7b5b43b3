mod pod;
mod text;

use proptest::prelude::*;
use proptest::test_runner::{Config, RngSeed, TestRunner};

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
    check(1500, pod::pod(), |pod| {
        let (input, selected) = (pod.input(), pod.names());
        let answer = support::convert(&input, &names(&selected));
        if selected.len() == pod.selected.len() {
            prop_assert_eq!(answer.diagnostics.len(), 1);
            prop_assert!(answer.diagnostics[0].starts_with("error no-main-container "), "{:?}", answer.diagnostics);
            prop_assert_eq!(answer.text, input);
            return Ok(());
        }
        let expected = pod.expected();
        if answer.failed {
            prop_assert!(expected.may_refuse, "{:?}\n{}", answer.diagnostics, input);
            for diagnostic in &answer.diagnostics {
                let is_known =
                    ["error unsupported-yaml ", "error anchor-order "].iter().any(|one| diagnostic.starts_with(one));
                prop_assert!(is_known, "{}\n{}", diagnostic, input);
            }
            prop_assert_eq!(&answer.text, &input);
            return Ok(());
        }
        if expected.is_exact {
            prop_assert_eq!(&answer.text, &expected.text, "\n{}\nfrom\n{}", answer.text, input);
        }
        let mut wanted = model::read(&input).map_err(|error| TestCaseError::fail(format!("{error}\n{input}")))?;
        for document in &mut wanted {
            model::convert(document, &names(&selected));
        }
        prop_assert_eq!(model::read(&answer.text), Ok(wanted), "\n{}\nfrom\n{}", answer.text, input);
        let again = support::convert(&answer.text, &names(&selected));
        prop_assert_eq!(&again.text, &answer.text);
        prop_assert_eq!(again.diagnostics, Vec::<String>::new());
        Ok(())
    });
}
