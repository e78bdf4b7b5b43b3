//! Any text: the reader of plain YAML reads it as the parser does, or not at all, also around what it need
//! not read; a look at its lines says what the parser says; and what the words of a configuration let pass unread has
//! nothing to tell.
#![no_main]

use convert_sidecars::yaml::parse::{parse_any, parse_plain};
use convert_sidecars::{Options, run};
use libfuzzer_sys::{fuzz_mutator, fuzz_target};

#[path = "../../tests/it/fuzzed/kept.rs"]
mod kept;
mod lines;
#[path = "../../tests/it/fuzzed/skim.rs"]
mod skim;

const CONFIG: &str = "apiVersion: v1\nkind: ConfigMap\ndata: {sidecars: 'side*'}\n";

fuzz_mutator!(|data: &mut [u8], size: usize, max_size: usize, seed: u32| { lines::mutate(data, size, max_size, seed) });

fuzz_target!(|text: &str| {
    skim::check(text);
    if let Some(tree) = parse_plain(text) {
        assert_eq!(parse_any(text).as_ref(), Ok(&tree), "{text}");
        let seed = text.bytes().fold(753, |seed: u64, byte| (seed ^ u64::from(byte)).wrapping_mul(0x100_0000_01b3));
        kept::check(text, &lines::changed(text, &mut lines::Random(seed | 1)));
    }
    // As an item of a list, a text is searched for words before it is read; as a document it is always read.
    if text.contains(['\t', '\r', '%', '\u{feff}']) || text.contains("ResourceList") || text.contains("\n---") {
        return;
    }
    let item: String = text.lines().map(|line| format!("  {line}\n")).collect();
    let list = format!("apiVersion: config.kubernetes.io/v1\nkind: ResourceList\nitems:\n-\n{item}");
    let document = format!("---\n{text}\n");
    if parse_any(&list).is_err() || parse_any(&document).is_err() {
        return;
    }
    let told = |text: &str| {
        let answer = run(text, &Options { config: Some(CONFIG), threads: 1 }).ok()?;
        Some(answer.diagnostics.iter().map(|one| (one.rule, one.field.clone())).collect::<Vec<_>>())
    };
    if let (Some(as_item), Some(as_document)) = (told(&list), told(&document)) {
        assert_eq!(as_item, as_document, "{text}");
    }
});
