//! A configuration put together along the schema, with some mistakes.
#![no_main]

use libfuzzer_sys::fuzz_target;

#[path = "../../tests/it/fuzzed/choices.rs"]
#[allow(dead_code)]
mod choices;
#[path = "../../tests/it/fuzzed/config.rs"]
#[allow(dead_code)]
mod config;

fuzz_target!(|bytes: &[u8]| config::check_structured(bytes));
