//! Any text through the whole function, with a selection that matches the seeds.
#![no_main]

use convert_sidecars::{Answer, Options, run};
use libfuzzer_sys::{fuzz_mutator, fuzz_target};

mod lines;

const SELECTION: &str = "apiVersion: v1\nkind: ConfigMap\ndata: {sidecars: 'log-shipper,side*,*-proxy,b'}\n";
const NOTHING: &str = "apiVersion: v1\nkind: ConfigMap\ndata: {}\n";

fn convert<'s>(text: &'s str, config: &str, threads: usize) -> Option<Answer<'s>> {
    run(text, &Options { config: Some(config), threads }).ok()
}

fn is_ours(answer: &Answer<'_>) -> bool {
    answer.diagnostics.iter().any(|diagnostic| diagnostic.text().starts_with("internal error"))
}

fuzz_mutator!(|data: &mut [u8], size: usize, max_size: usize, seed: u32| { lines::mutate(data, size, max_size, seed) });

fuzz_target!(|text: &str| {
    if let Some(answer) = convert(text, NOTHING, 1) {
        assert_eq!(answer.output.to_string(), text, "nothing is selected");
    }
    let Some(answer) = convert(text, SELECTION, 1) else { return };
    assert!(!is_ours(&answer), "{:?}", answer.diagnostics);
    let once = answer.output.to_string();
    if answer.has_errors() {
        assert!(answer.is_resource_list || once == text, "refused, and changed");
        return;
    }
    let again = convert(&once, SELECTION, 1).expect("what was written can be read");
    let twice = again.output.to_string();
    // The results of a list tell of one run only, so they may differ in the second; from then on nothing does.
    if answer.is_resource_list {
        let third = convert(&twice, SELECTION, 1).expect("what was written can be read");
        assert_eq!(third.output.to_string(), twice, "the third run");
    } else {
        assert_eq!(twice, once, "the second run");
    }
    // Several threads are only used from a certain size on; filling up every input would be too slow.
    if text.len() % 251 == 1 && once != text {
        let stream = format!("---\n{text}\n").repeat(300 * 1024 / text.len());
        let outputs = [1, 2].map(|threads| convert(&stream, SELECTION, threads));
        if let [Some(one), Some(two)] = outputs {
            assert_eq!(one.output, two.output, "one thread and two");
            assert_eq!(one.diagnostics, two.diagnostics, "one thread and two");
        }
    }
});
