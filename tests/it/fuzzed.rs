/// Bytes of a fuzzer as choices.
mod choices;
/// Configurations.
pub(crate) mod config;
/// The function on any text, and on generated pods.
mod function;
/// Globs and selectors.
mod globs;
/// Nodes that are not read again.
pub(crate) mod kept;
/// A pod put together from odd pieces.
mod pod;
/// A look at lines in the place of reading.
pub(crate) mod skim;
/// Results and inserted values.
mod written;

use std::path::PathBuf;

use crate::support::{files, root};
use crate::{cuts, spans};

/// The stored inputs of a fuzz target: the fewest that reach all of the code that fuzzing has reached.
fn stored(target: &str) -> Vec<(PathBuf, Vec<u8>)> {
    let all = files(&root().join("fuzz/stored").join(target), &[""]);
    assert!(all.len() >= 20, "only {} inputs are stored for {target}", all.len());
    all.into_iter().map(|path| (path.clone(), std::fs::read(path).unwrap())).collect()
}

/// Runs the check of a fuzz target on all of its stored inputs; what fails is named.
fn replay(target: &str, check: impl Fn(&[u8])) {
    for (path, bytes) in stored(target) {
        let result = std::panic::catch_unwind(std::panic::AssertUnwindSafe(|| check(&bytes)));
        if let Err(panic) = result {
            eprintln!("{}", path.display());
            std::panic::resume_unwind(panic);
        }
    }
}

/// Runs the check of a fuzz target on random bytes, the same ones each time: what a fuzzer without a memory would find.
fn at_random(rounds: usize, mut check: impl FnMut(&[u8])) {
    let rounds = std::env::var("FUZZED_ROUNDS").map_or(rounds, |rounds| rounds.parse().unwrap());
    let mut state = 753_u64;
    for _ in 0..rounds {
        let mut bytes = Vec::new();
        while bytes.len() < 96 {
            state ^= state << 13;
            state ^= state >> 7;
            state ^= state << 17;
            bytes.extend(state.to_le_bytes());
        }
        check(&bytes);
    }
}

fn replay_texts(target: &str, check: impl Fn(&str)) {
    replay(target, |bytes| {
        if let Ok(text) = std::str::from_utf8(bytes) {
            check(text);
        }
    });
}

#[test]
fn stored_texts_are_parsed_and_cut_as_they_should() {
    replay_texts("parse", |text| {
        if let Ok(tree) = convert_sidecars::yaml::parse::parse(text) {
            spans::check(&tree).unwrap();
        }
        cuts::check_documents(text).unwrap();
        cuts::check_list(text, "items").unwrap();
    });
}

#[test]
fn stored_texts_keep_the_promises() {
    replay_texts("function", |text| drop(function::check(text, &function::by_name(&function::a_name(text)))));
}

#[test]
fn stored_pods_keep_the_promises() {
    let converted = std::cell::Cell::new(0);
    let check = |bytes: &[u8]| converted.set(converted.get() + u32::from(function::check_pod(bytes)));
    replay("pod", check);
    at_random(300, check);
    assert!(converted.get() >= 20, "only {} are converted", converted.get());
}

#[test]
fn stored_configurations_are_read_or_refused_where_they_are_wrong() {
    replay_texts("config", config::check);
    replay("config-structured", config::check_structured);
    at_random(300, config::check_structured);
}

#[test]
fn stored_globs_and_selectors_match_as_they_are_defined() {
    replay("globs", globs::check);
    at_random(3000, globs::check);
}

#[test]
fn stored_results_and_values_are_read_back_as_the_same_strings() {
    replay("written", written::check);
    at_random(3000, written::check);
}
