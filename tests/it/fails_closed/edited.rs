use super::{Work, is_refused};
use convert_sidecars::krm::resource::{self, Shape};
use convert_sidecars::propose::Op;
use convert_sidecars::yaml::new::New;
use convert_sidecars::yaml::path::Path;

const CONFIG: &str = "{apiVersion: v1, kind: ConfigMap, data: {sidecars: proxy}}";

const EDITED: &str = r#"apiVersion: v1
kind: Pod
metadata:
  name: p
spec:
  containers:
  - name: web
    image: web:1
  # proxies
  - name: proxy
    image: proxy:1 # for now
    args:
    - --port=1
    # asks to be stopped
    - --quit # at once
    - "2"
    # on request
    lifecycle: {preStop: {httpGet: {path: /quit}}} # by HTTP
    env:
    - name: A
      value: b
    - {name: B, value: &b c}
    - {name: C, value: *b}
    resources: {}
    # is read
    terminationMessagePath: /dev/log # by somebody
"#;

const EDITED_AFTER: &str = r#"apiVersion: v1
kind: Pod
metadata:
  name: p
spec:
  containers:
  - name: web
    image: web:1
  initContainers:
  # proxies
  - name: proxy
    restartPolicy: Always
    image: proxy:1 # for now
    args:
    - --port=1
    - "2"
    - "3"
    # on request
    lifecycle: {preStop: {sleep: {seconds: 5}}} # by HTTP
    env:
    - name: A
      value: d
    - {name: B, value: &b c}
    - {name: C, value: *b}
    resources: {}
    tty: true
"#;

/// What else may change in a sidecar, beside the move.
fn edits() -> Vec<Op> {
    let proxy = Path::of(&["spec", "containers"]).index(1);
    let map = |key: &str, value| New::Map(vec![(key.to_owned(), value)]);
    let sleep = map("preStop", map("sleep", map("seconds", New::Literal("5".to_owned()))));
    let at = || proxy.clone();
    vec![
        Op::Drop { list: proxy.key("args"), index: 1 },
        Op::Append { list: proxy.key("args"), value: New::text("3") },
        Op::Replace { at: at(), key: "lifecycle".to_owned(), value: sleep },
        Op::Replace { at: proxy.key("env").index(0), key: "value".to_owned(), value: New::text("d") },
        Op::Remove { at: at(), key: "terminationMessagePath".to_owned(), with_comments: true },
        Op::Add { at: at(), key: "tty".to_owned(), value: New::Literal("true".to_owned()) },
    ]
}

/// Corruptions of what changes inside of a moved entry, where the bytes alone prove nothing.
const EDITED_TEXTS: &[(&str, &str, &str, &str)] = &[
    ("a new text is a number", "- \"3\"", "- 3", "args[2]"),
    ("a new number is a text", "seconds: 5", "seconds: \"5\"", "lifecycle.preStop.sleep.seconds"),
    ("a new truth is a text", "tty: true", "tty: 'true'", "tty"),
    ("a new number is another", "seconds: 5", "seconds: 6", "lifecycle.preStop.sleep.seconds"),
    ("a new key is another", "seconds: 5", "second: 5", "lifecycle.preStop.sleep"),
    ("a new key comes twice", "seconds: 5", "seconds: 5, more: 1", "lifecycle.preStop.sleep"),
    ("a new mapping is empty", "{sleep: {seconds: 5}}", "{}", "lifecycle.preStop"),
    ("a new mapping is nothing", "{sleep: {seconds: 5}}", "", "lifecycle.preStop"),
    ("the old value stays", "{sleep: {seconds: 5}}", "{httpGet: {path: /quit}}", "lifecycle.preStop"),
    ("what is dropped stays", "    - \"2\"\n", "    - --quit\n    - \"2\"\n", "args"),
    ("another one is dropped", "    - \"2\"\n", "    - --quit\n", "args[1]"),
    ("an entry too many is dropped", "    - \"2\"\n", "", "args"),
    ("nothing is appended", "    - \"3\"\n", "", "args"),
    (
        "the new entry goes to the front",
        "    - --port=1\n    - \"2\"\n    - \"3\"\n",
        "    - \"3\"\n    - --port=1\n    - \"2\"\n",
        "args[0]",
    ),
    (
        "a list becomes a text",
        "    args:\n    - --port=1\n    - \"2\"\n    - \"3\"\n",
        "    args: a\n",
        "args: something else",
    ),
    (
        "a removed key stays",
        "    tty: true\n",
        "    tty: true\n    terminationMessagePath: /dev/log\n",
        "initContainers[0]",
    ),
    ("a removed key goes, and another", "    image: proxy:1 # for now\n", "    # for now\n", "initContainers[0]"),
    ("a new key is missing", "    tty: true\n", "", "initContainers[0]"),
    ("the comment of what goes stays", "    tty: true\n", "    # is read\n    tty: true\n", "comments"),
    ("the comment on the line of what goes stays", "- --port=1\n", "- --port=1 # at once\n", "comments"),
    ("the comment above what stays goes", "    # on request\n", "", "comments"),
    ("the comment behind a new value goes", " # by HTTP", "", "comments"),
    ("an anchor is lost", "&b c", "c", "env[1].value: another anchor or tag"),
    ("an anchor has another name", "&b c", "&c c", "env[1].value: another anchor or tag"),
    ("an anchor comes", "name: A", "name: &a A", "env[0].name: another anchor or tag"),
    ("a tag comes", "name: A", "name: !!str A", "env[0].name: another anchor or tag"),
    ("an alias means another anchor", "*b", "*c", "env[2].value: something else"),
    ("an alias becomes its name", "*b", "b", "env[2].value: something else"),
    ("an anchor becomes an alias", "&b c", "*b", "env[1].value: another anchor or tag"),
    ("a mapping becomes a list", "{name: C, value: *b}", "[name, C, value, *b]", "env[2]: something else"),
    ("an old value changes", "name: B", "name: D", "env[1].name"),
    ("an old key changes", "{name: B", "{named: B", "env[1]"),
    ("an old mapping gets a key", "resources: {}", "resources: {a: b}", "resources"),
    ("an old mapping becomes a list", "resources: {}", "resources: []", "resources"),
    ("an old value gets quotes", "name: B", "name: 'B'", "env[1].name"),
    ("old keys change places", "{name: B, value: &b c}", "{value: &b c, name: B}", "env[1]"),
    ("keys change places beside a new value", "- name: A\n      value: d\n", "- value: d\n      name: A\n", "env[0]"),
    (
        "entries change places",
        "    - name: A\n      value: d\n    - {name: B, value: &b c}\n",
        "    - {name: B, value: &b c}\n    - name: A\n      value: d\n",
        "env[0]",
    ),
];

#[test]
fn edits_of_a_moved_entry_are_held_to_the_plan() {
    let read = resource::read(EDITED, Shape::Document).unwrap().unwrap();
    let work = Work::new(&read, Shape::Document, CONFIG);
    let ops: Vec<Op> = work.ops.iter().cloned().chain(edits()).collect();
    assert_eq!(work.lowered(&ops), EDITED_AFTER);
    assert_eq!(work.verdict(&ops, EDITED_AFTER), Ok(()));
    for row in EDITED_TEXTS {
        is_refused(&work, &ops, EDITED_AFTER, *row);
    }
    // How a new text is quoted, and where a new key stands, is free.
    for (from, to) in [("value: d", "value: \"d\""), ("- \"3\"", "- '3'")] {
        assert_eq!(work.verdict(&ops, &EDITED_AFTER.replacen(from, to, 1)), Ok(()), "{to}");
    }
    let tty = "    tty: true\n";
    let earlier = EDITED_AFTER.replacen(tty, "", 1).replacen("    args:", &format!("{tty}    args:"), 1);
    assert_eq!(work.verdict(&ops, &earlier), Ok(()));
    // Each op is asked for.
    for left_out in 0..ops.len() {
        let mut other = ops.clone();
        let op = other.remove(left_out);
        assert!(work.verdict(&other, EDITED_AFTER).is_err(), "without {op:?}");
    }
}

/// A mapping that held nothing but the ids is left as a key without a value, and nothing else will do.
#[test]
fn metadata_of_ids_alone_is_left_empty() {
    let before = "apiVersion: v1\nkind: Pod\nmetadata:\n  annotations:\n    config.k8s.io/id: '1'\nspec:\n  containers:\n  - name: web\n  - name: proxy\n";
    let wanted = "apiVersion: v1\nkind: Pod\nmetadata:\nspec:\n  containers:\n  - name: web\n  initContainers:\n  - name: proxy\n    restartPolicy: Always\n";
    let read = resource::read(before, Shape::Document).unwrap().unwrap();
    let work = Work::new(&read, Shape::Document, CONFIG);
    assert_eq!(work.lowered(&work.ops), wanted);
    assert_eq!(work.verdict(&work.ops, wanted), Ok(()));
    for other in ["metadata: x\n", "metadata: {a: b}\n", "metadata: []\n", "metadata: !a\n", ""] {
        let corrupted = wanted.replacen("metadata:\n", other, 1);
        assert!(work.verdict(&work.ops, &corrupted).is_err(), "{other}");
    }
    let block = "metadata:\n  annotations:\n    config.k8s.io/id: '1'\n";
    let flow = before.replacen(block, "metadata: {annotations: {config.k8s.io/id: '1'}}\n", 1);
    let read = resource::read(&flow, Shape::Document).unwrap().unwrap();
    let work = Work::new(&read, Shape::Document, CONFIG);
    assert_eq!(work.lowered(&work.ops), wanted.replacen("metadata:\n", "metadata: {}\n", 1));
}
