//! Any text through the whole function, which converts the containers of one of the names in it.
#![no_main]

use libfuzzer_sys::{fuzz_mutator, fuzz_target};

mod checks;
mod lines;

/// One of the names in the text.
fn name(text: &str) -> String {
    let word = |rest: &str| {
        let rest = rest.trim_start_matches(['"', '\'', ':', ' ']);
        rest[..rest.find(|c: char| !c.is_ascii_alphanumeric() && c != '-').unwrap_or(rest.len())].to_owned()
    };
    let names: Vec<_> = text.split("name").skip(1).map(word).filter(|name| !name.is_empty()).collect();
    names.get(text.len() % names.len().max(1)).map_or("side", String::as_str).to_owned()
}

fuzz_mutator!(|data: &mut [u8], size: usize, max_size: usize, seed: u32| { lines::mutate(data, size, max_size, seed) });

fuzz_target!(|text: &str| checks::check(text, &name(text)));
