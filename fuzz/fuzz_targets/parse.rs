//! Any text: the parser never panics, the spans tile the text, and cutting says what parsing says.
#![no_main]

use convert_sidecars::yaml::parse::parse;
use libfuzzer_sys::{fuzz_mutator, fuzz_target};

#[path = "../../tests/it/cuts.rs"]
mod cuts;
#[path = "../../tests/it/spans.rs"]
mod spans;

mod lines;

fuzz_mutator!(|data: &mut [u8], size: usize, max_size: usize, seed: u32| { lines::mutate(data, size, max_size, seed) });

fuzz_target!(|text: &str| {
    if let Ok(tree) = parse(text) {
        spans::check(&tree).unwrap();
    }
    cuts::check_documents(text).unwrap();
    cuts::check_list(text, "items").unwrap();
});
