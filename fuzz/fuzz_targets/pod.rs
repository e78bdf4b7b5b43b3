//! A pod put together from odd pieces, through the whole function: nearly every input is YAML and has a sidecar.
#![no_main]

use libfuzzer_sys::fuzz_target;

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

fuzz_target!(|bytes: &[u8]| {
    function::check_pod(bytes);
});
