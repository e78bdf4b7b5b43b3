//! Any text through the whole function, which converts the containers of one of the names in it.
#![no_main]

use libfuzzer_sys::{fuzz_mutator, fuzz_target};

#[path = "../../tests/it/fuzzed/choices.rs"]
#[allow(dead_code)]
mod choices;
#[path = "../../tests/it/cuts.rs"]
#[allow(dead_code)]
mod cuts;
#[path = "../../tests/it/fuzzed/function.rs"]
#[allow(dead_code)]
mod function;
#[path = "../../tests/it/model.rs"]
#[allow(dead_code)]
mod model;
#[path = "../../tests/it/fuzzed/pod.rs"]
#[allow(dead_code)]
mod pod;
#[path = "../../tests/it/spans.rs"]
#[allow(dead_code)]
mod spans;

mod lines;

fuzz_mutator!(|data: &mut [u8], size: usize, max_size: usize, seed: u32| { lines::mutate(data, size, max_size, seed) });

fuzz_target!(|text: &str| {
    function::check(text, &function::by_name(&function::a_name(text)));
});
