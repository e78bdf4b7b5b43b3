//! Any text as a configuration: read, or refused with the path of what is wrong.
#![no_main]

use libfuzzer_sys::{fuzz_mutator, fuzz_target};

#[path = "../../tests/it/fuzzed/choices.rs"]
#[allow(dead_code)]
mod choices;
#[path = "../../tests/it/fuzzed/config.rs"]
#[allow(dead_code)]
mod config;

mod lines;

fuzz_mutator!(|data: &mut [u8], size: usize, max_size: usize, seed: u32| { lines::mutate(data, size, max_size, seed) });

fuzz_target!(|text: &str| config::check(text));
