//! Results and inserted values: other readers read back the same strings.
#![no_main]

use libfuzzer_sys::fuzz_target;

#[path = "../../tests/it/fuzzed/choices.rs"]
#[allow(dead_code)]
mod choices;
#[path = "../../tests/it/fuzzed/written.rs"]
#[allow(dead_code)]
mod written;

fuzz_target!(|bytes: &[u8]| written::check(bytes));
