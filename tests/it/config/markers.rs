//! What becomes of declarations to other tools, and of the annotations around them.

use super::{Run, custom};

/// The metadata of a Job and of its template, before and behind a conversion with all edits.
fn left(job: &[&str], template: &[&str]) -> (String, String) {
    let list = |indent: &str, lines: &[&str]| {
        let lines: String = lines.iter().map(|line| format!("{indent}  {line}\n")).collect();
        if lines.is_empty() { lines } else { format!("{indent}annotations:\n{lines}") }
    };
    let text = format!(
        "apiVersion: batch/v1\nkind: Job\nmetadata:\n  name: load\n{}spec:\n  template:\n    metadata:\n      labels: {{app: load}}\n{}    spec:\n      restartPolicy: Never\n      containers:\n      - name: load\n        image: load:1\n      - name: shipper\n        image: shipper:1\n",
        list("  ", job),
        list("      ", template)
    );
    let run = Run::new(&custom("edits: All"), &text);
    assert_eq!(run.made(), "made shipper a native sidecar", "{text}");
    let (job, rest) = run.text.split_once("  name: load\n").unwrap().1.split_once("spec:\n").unwrap();
    let template = rest.split_once("{app: load}\n").unwrap().1.split_once("    spec:\n").unwrap().0;
    (job.to_owned(), template.to_owned())
}

const MARKER: &str = "nrmitchi.com/sidecars: shipper";
const ID: &str = "config.k8s.io/id: '1'";
const TEAM: &str = "team: data";

/// Annotations go as a whole when nothing of the user's is left in them; the ids of kyaml go with every change.
#[test]
fn annotations_go_when_nothing_else_is_in_them() {
    let (job, template) = ("  annotations:\n    team: data\n", "      annotations:\n        team: data\n");
    let rows: [(&[&str], &[&str], &str, &str); 9] = [
        (&[], &[MARKER], "", ""),
        (&[], &[MARKER, TEAM], "", template),
        (&[MARKER], &[], "", ""),
        (&[MARKER, TEAM], &[], job, ""),
        (&[ID, MARKER], &[], "", ""),
        (&[TEAM, ID, MARKER], &[], job, ""),
        (&[ID], &[MARKER], "", ""),
        (&[ID, TEAM], &[MARKER], job, ""),
        (&[MARKER, TEAM], &[MARKER, TEAM], job, template),
    ];
    for (before, inner, after, inner_after) in rows {
        assert_eq!(left(before, inner), (after.to_owned(), inner_after.to_owned()), "{before:?} {inner:?}");
    }
}
