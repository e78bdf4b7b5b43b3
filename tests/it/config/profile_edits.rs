//! What the edits of a profile come to, one by one: each is written into a profile of one's own.

use super::{Run, custom};

/// `side` with these lines below its image, as the edits leave them; `None` when nothing but the place changes.
fn edited(level: &str, edits: &[&str], image: &str, lines: &str) -> Option<String> {
    let edits: String = edits.iter().map(|one| format!("  - {{{one}, reason: r}}\n")).collect();
    let config = custom(&format!(
        "edits: {level}\nsidecars: [{{container: side}}]\nprofiles:\n- name: own\n  match: [{{container: [side]}}]\n  edits:\n{edits}"
    ));
    let above =
        "apiVersion: v1\nkind: Pod\nmetadata: {name: p}\nspec:\n  containers:\n  - name: app\n    image: app:1\n";
    let run = Run::new(&config, &format!("{above}  - name: side\n    image: {image}\n{lines}"));
    assert!(!run.is_failed, "{edits}{lines}: {:?}", run.diagnostics);
    let head = format!("{above}  initContainers:\n  - name: side\n    restartPolicy: Always\n    image: {image}\n");
    let left = run.text.strip_prefix(&head).unwrap_or_else(|| panic!("{edits}{lines}:\n{}", run.text));
    (left != lines).then(|| left.to_owned())
}

/// Each row: the edits, the lines before, the lines after.
fn check(rows: &[(&[&str], &str, Option<&str>)]) {
    for (edits, before, after) in rows {
        assert_eq!(edited("All", edits, "side:1", before).as_deref(), *after, "{edits:?} of\n{before}");
    }
}

const PRE_STOP: &str = "    lifecycle:\n      preStop:\n        exec: {command: [stop, now]}\n";
const POST_START: &str = "    lifecycle:\n      postStart:\n        exec: {command: [wait]}\n";
const BOTH: &str = "    lifecycle:\n      postStart:\n        exec: {command: [wait]}\n      preStop:\n        exec: {command: [stop, now]}\n";
const GET: &str = "    lifecycle:\n      preStop:\n        httpGet: {path: /bye, port: 1}\n";
const SLEEP: &str = "    lifecycle:\n      preStop:\n        sleep: {seconds: 5}\n";
const PROBE: &str = "    startupProbe: {exec: {command: [check]}}\n";

#[test]
fn a_hook_goes_where_it_is_the_one_that_is_meant() {
    let (any, exec) = ("op: RemovePreStop", "op: RemovePreStop, when: {exec: ['stop*']}");
    let (word, get) = ("op: RemovePreStop, when: {exec: [now]}", "op: RemovePreStop, when: {httpPath: [/bye]}");
    let (sleep, other) =
        ("op: RemovePreStop, when: {sleep: true}", "op: RemovePreStop, when: {exec: [other], httpPath: [/other]}");
    check(&[
        (&[any], PRE_STOP, Some("")),
        (&[any], GET, Some("")),
        (&[any], SLEEP, Some("")),
        (&[any], POST_START, None),
        (&[any], BOTH, Some(POST_START)),
        (&[any], "", None),
        (&[exec], PRE_STOP, Some("")),
        (&[word], PRE_STOP, Some("")),
        (&[exec], GET, None),
        (&[exec], SLEEP, None),
        (&[get], GET, Some("")),
        (&[get], PRE_STOP, None),
        (&[sleep], SLEEP, Some("")),
        (&[sleep], PRE_STOP, None),
        (&[sleep], GET, None),
        (&[other], PRE_STOP, None),
        (&[other], GET, None),
        (&[other], SLEEP, None),
    ]);
}

/// A hook that holds the main containers back goes only where a startup probe does that.
#[test]
fn a_hook_after_the_start_goes_only_with_a_startup_probe() {
    let with_probe = |lines: &str| format!("{PROBE}{lines}");
    let (any, exec) = ("op: RemovePostStart", "op: RemovePostStart, when: {exec: [wait]}");
    let other = "op: RemovePostStart, when: {exec: ['stop*']}";
    let pre_stop = with_probe(PRE_STOP);
    check(&[
        (&[any], POST_START, None),
        (&[any], &with_probe(POST_START), Some(PROBE)),
        (&[exec], &with_probe(POST_START), Some(PROBE)),
        (&[exec], &with_probe(BOTH), Some(&pre_stop)),
        (&[other], &with_probe(BOTH), None),
        (&[other], &pre_stop, None),
        (&[any, "op: RemovePreStop"], &with_probe(BOTH), Some(PROBE)),
        (&["op: RemovePreStop, when: {exec: [wait]}"], &with_probe(BOTH), None),
    ]);
}

#[test]
fn a_hook_is_set_where_none_stays() {
    let set = "op: SetPreStop, handler: {exec: {command: [drain]}}";
    let any = "op: RemovePreStop";
    let new = "    lifecycle:\n      preStop:\n        exec:\n          command: [drain]\n";
    let behind = format!("{POST_START}{}", new.trim_start_matches("    lifecycle:\n"));
    check(&[
        (&[set], "", Some(new)),
        (&[set], PRE_STOP, None),
        (&[set], POST_START, Some(&behind)),
        (&[set, any], PRE_STOP, Some(new)),
        (&[set, any], BOTH, Some(&behind)),
        (&[set, "op: RemovePreStop, when: {exec: [other]}"], PRE_STOP, None),
    ]);
}

#[test]
fn arguments_come_and_go() {
    let (remove, add) = ("op: RemoveArgs, args: ['--old*']", "op: AddArgs, args: [--new]");
    let args = |words: &[&str]| {
        let words: String = words.iter().map(|word| format!("    - {word}\n")).collect();
        format!("    args:\n{words}")
    };
    let command = |words: &str| format!("    command: [{words}]\n");
    check(&[
        (&[remove], &args(&["--old", "--a", "--old=1"]), Some(&args(&["--a"]))),
        (&[remove], &args(&["--old"]), Some("")),
        (&[remove], &args(&["--a"]), None),
        // The first word of a command is the program.
        (&[remove], &command("--old, --old, --a"), Some(&command("--old, --a"))),
        (&[remove], &command("--old"), None),
        (&[add], &args(&["--a"]), Some(&args(&["--a", "--new"]))),
        (&[add], &args(&["--new"]), None),
        (&[add], &command("side, --new"), None),
        (&[add, remove], &args(&["--old"]), Some(&args(&["--new"]))),
        (&[add, remove], &args(&["--old", "--a"]), Some(&args(&["--a", "--new"]))),
        (&[add, "op: AddArgs, args: [--more]"], &args(&["--a"]), Some(&args(&["--a", "--new", "--more"]))),
    ]);
}

#[test]
fn variables_come_go_and_change() {
    let (remove, set) = ("op: RemoveEnv, name: 'OLD_*'", "op: SetEnv, name: MODE, value: b");
    let env = |names: &[(&str, &str)]| {
        let all: String =
            names.iter().map(|(name, value)| format!("    - name: {name}\n      value: {value}\n")).collect();
        format!("    env:\n{all}")
    };
    let from = "    env:\n    - name: MODE\n      valueFrom: {fieldRef: {fieldPath: metadata.name}}\n";
    check(&[
        (&[remove], &env(&[("OLD_A", "1a"), ("B", "x"), ("OLD_", "c")]), Some(&env(&[("B", "x")]))),
        (&[remove], &env(&[("OLD_A", "x")]), Some("")),
        (&[remove], &env(&[("B", "x")]), None),
        (&[set], &env(&[("B", "x")]), Some(&env(&[("B", "x"), ("MODE", "b")]))),
        (&[set], &env(&[("MODE", "a"), ("B", "x")]), Some(&env(&[("MODE", "b"), ("B", "x")]))),
        (&[set], &env(&[("MODE", "b")]), None),
        (&[set], from, None),
        (&[remove, set], &env(&[("OLD_A", "x")]), Some(&env(&[("MODE", "b")]))),
        // Two lists that were not there.
        (
            &["op: AddArgs, args: [--new]", set],
            "",
            Some("    args: [--new]\n    env:\n    - name: MODE\n      value: b\n"),
        ),
    ]);
}

/// An image without a known version is new enough only where a person looks at what comes out.
#[test]
fn an_edit_may_need_a_version_and_a_level() {
    let of = |level: &str, edit: &str, image: &str| edited(level, &[edit], image, PRE_STOP).is_some();
    let (plain, safe) = ("op: RemovePreStop, minTag: '1.2'", "op: RemovePreStop, minTag: '1.2', applicability: Safe");
    for (image, in_all, in_safe) in
        [("side:1.2", true, true), ("side:1.10", true, true), ("side:1.1", false, false), ("side:latest", true, false)]
    {
        assert_eq!(of("All", plain, image), in_all, "{image}");
        assert_eq!(of("All", safe, image), in_all, "{image}");
        assert_eq!(of("Safe", safe, image), in_safe, "{image}");
        assert!(!of("Safe", plain, image) && !of("None", safe, image), "{image}");
    }
}
