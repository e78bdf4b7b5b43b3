//! Globs and selectors against matchers that are as simple as their definitions.
#![no_main]

use libfuzzer_sys::fuzz_target;

#[path = "../../tests/it/fuzzed/choices.rs"]
#[allow(dead_code)]
mod choices;
#[path = "../../tests/it/fuzzed/config.rs"]
#[allow(dead_code)]
mod config;
#[path = "../../tests/it/fuzzed/globs.rs"]
#[allow(dead_code)]
mod globs;

fuzz_target!(|bytes: &[u8]| globs::check(bytes));
