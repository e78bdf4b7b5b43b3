//! What must hold for every run of the function.

use convert_sidecars::{Answer, Options, run};

const NOTHING: &str = "apiVersion: v1\nkind: ConfigMap\ndata: {}\n";

fn convert<'s>(text: &'s str, config: &str, threads: usize) -> Option<Answer<'s>> {
    run(text, &Options { config: Some(config), threads }).ok()
}

fn is_ours(answer: &Answer<'_>) -> bool {
    answer.diagnostics.iter().any(|diagnostic| diagnostic.text().starts_with("internal error"))
}

/// Converts the containers of this name: no bug of ours shows, a second run changes nothing, and so do more threads.
pub fn check(text: &str, name: &str) {
    if let Some(answer) = convert(text, NOTHING, 1) {
        assert_eq!(answer.output.to_string(), text, "nothing is selected");
    }
    let selection = &format!("apiVersion: v1\nkind: ConfigMap\ndata: {{sidecars: '{name}'}}\n");
    let Some(answer) = convert(text, selection, 1) else { return };
    assert!(!is_ours(&answer), "{:?}\n{text}", answer.diagnostics);
    let once = answer.output.to_string();
    if answer.has_errors() {
        assert!(answer.is_resource_list || once == text, "refused, and changed");
        return;
    }
    let again = convert(&once, selection, 1).expect("what was written can be read");
    let twice = again.output.to_string();
    // The results of a list tell of one run only, so they may differ in the second; from then on nothing does.
    if answer.is_resource_list {
        let third = convert(&twice, selection, 1).expect("what was written can be read");
        assert_eq!(third.output.to_string(), twice, "the third run");
    } else {
        assert_eq!(twice, once, "the second run");
    }
    // Several threads are only used from a certain size on; filling up every input would be too slow.
    if text.len() % 1009 == 1 && once != text {
        let stream = format!("---\n{text}\n").repeat(300 * 1024 / text.len());
        let outputs = [1, 2].map(|threads| convert(&stream, selection, threads));
        if let [Some(one), Some(two)] = outputs {
            assert_eq!(one.output, two.output, "one thread and two");
            assert_eq!(one.diagnostics, two.diagnostics, "one thread and two");
        }
    }
}
