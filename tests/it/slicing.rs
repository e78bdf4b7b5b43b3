//! Cutting without parsing against parsing the whole: whenever a list is cut, the cut is right.

use std::cell::Cell;

use convert_sidecars::error::Error;
use convert_sidecars::yaml::parse::parse;
use convert_sidecars::yaml::slice::Stream;
use convert_sidecars::{Options, run};
use proptest::prelude::*;
use proptest::sample::select;
use proptest::test_runner::{Config, TestCaseError, TestRng, TestRunner};

use crate::support::{files, shared};
use crate::{cuts, spans};

const HEAD: &str = "apiVersion: config.kubernetes.io/v1\nkind: ResourceList\n";

/// Runs all checks on a text; the number of entries of each list that was cut.
fn check(name: &str, text: &str) -> Vec<usize> {
    let checked = cuts::check_documents(text).and_then(|()| cuts::check_list(text, "items"));
    checked.unwrap_or_else(|why| panic!("{name}: {why}\n{text}"))
}

/// A list of items, each of them indented below its dash, which stands in `column`.
fn list(items: &[&str], column: usize) -> String {
    let mut text = format!("{HEAD}items:\n");
    let indent = " ".repeat(column);
    for item in items {
        let ending = if item.contains("\r\n") { "\r\n" } else { "\n" };
        for (index, line) in item.lines().enumerate() {
            let lead = if index == 0 { "- " } else { "  " };
            match (index, line) {
                (1.., "") => {}
                _ => text += &format!("{indent}{lead}{line}"),
            }
            text += ending;
        }
    }
    text + "functionConfig:\n  kind: ConfigMap\n"
}

/// The documents of a file, without markers and directives; only those that are YAML on their own.
fn items(text: &str) -> Vec<&str> {
    let cut = Stream::of(text).documents().into_iter().map(|range| &text[range]);
    let bare = cut.map(|document| match document.find("---\n").or_else(|| document.find("---\r\n")) {
        Some(at) if document[..at].lines().all(|line| line.starts_with('#') || line.is_empty()) => {
            document[at + 4..].trim_start_matches('\n')
        }
        _ => document,
    });
    bare.filter(|document| parse(document).is_ok_and(|tree| !tree.roots.is_empty())).collect()
}

#[test]
fn real_manifests_are_cut_where_they_should() {
    let Some(corpus) = shared("corpus") else { return };
    let (mut lists, mut cut) = (0, 0);
    for path in files(&corpus, &[".yaml", ".yml"]) {
        let name = path.display().to_string();
        let text = std::fs::read_to_string(&path).unwrap();
        let items = items(&text);
        if items.is_empty() {
            continue;
        }
        cuts::check_documents(&text).unwrap_or_else(|why| panic!("{name}: {why}"));
        lists += 1;
        let list = list(&items, [0, 2][lists % 2]);
        let counts = cuts::check_list(&list, "items").unwrap_or_else(|why| panic!("{name}: {why}"));
        assert!(counts.is_empty() || counts == [items.len()], "{name}: {counts:?} of {} items", items.len());
        cut += counts.len();
    }
    assert!(lists > 200, "only {lists} lists");
    // What cannot be cut is parsed as a whole, which is right, but slow: it must stay rare.
    assert!(cut * 100 >= lists * 95, "only {cut} of {lists} lists are cut");
}

#[test]
fn what_orchestrators_send_is_cut() {
    let Some(captures) = shared("captures") else { return };
    let captures = files(&captures, &[".stdin"]);
    assert!(captures.len() > 10, "only {} captures", captures.len());
    for path in captures {
        let name = path.display().to_string();
        let text = std::fs::read_to_string(&path).unwrap();
        let is_list = text.contains("kind: ResourceList") && !text.contains("items: []");
        assert_eq!(check(&name, &text).len(), usize::from(is_list), "{name}: lists that were cut");
    }
}

#[test]
fn the_test_suite_as_items_is_cut_where_it_should() {
    let Some(suite) = shared("yaml-test-suite") else { return };
    let (mut valid, mut cut) = (0, 0);
    for path in files(&suite, &["in.yaml"]) {
        let name = path.display().to_string();
        let text = std::fs::read_to_string(&path).unwrap();
        check(&name, &text);
        for column in [0, 3] {
            let list = list(&["a: 1\n", &text, "b: 2\n"], column);
            valid += usize::from(parse(&list).is_ok());
            cut += check(&name, &list).len();
        }
    }
    assert!(valid > 400, "only {valid} lists are valid");
    assert!(cut * 10 >= valid * 8, "only {cut} of {valid} lists are cut");
}

/// Texts that were once cut or read wrongly.
const REGRESSIONS: [(&str, &str); 19] = [
    ("a bare carriage return before a document marker", "a: b\r\r...\r\r---\rc: d\r"),
    ("a comment that a bare carriage return ends", "# c\rfoo: x\r---\rb: 1\n"),
    ("a bare carriage return inside of an entry", "kind: List\nitems:\n- a: b\n  \rc: d\n"),
    ("a block scalar at the root that reads like a list", "--- |\nkind: List\nitems:\n- a\n- b\n"),
    ("a byte order mark at the start of the tail", "items:\n- a: b\n\u{feff}c: d\n"),
    ("a key that begins with a colon", "a:\n  ? - b\n  :c:\n  ? - d\n"),
    ("an empty block scalar above a line of spaces and a marker", "   - |\n     \n---\n"),
    ("an empty block scalar above lines of spaces and the tail", "items:\n- a\n- >\n \n  \nb: c\n"),
    ("an empty key below an explicit one without a value", "items:\n- a\n- ? c\n: d\n"),
    ("a comment between a key and a tag without a value", "a:\n  # c\n  !t\n"),
    ("spaces alone behind an indentation that the header gives", "- |-2\n- |2-\n    "),
    ("a comment between a key and an anchor without a value", "a:\n  # c\n  &x\nb:\n  - # d\n    &y !t\n"),
    ("an empty block scalar whose header a bare carriage return ends", "a:\n- |+\r- {}\n"),
    ("an empty explicit key above an empty key of the mapping around", "items:\n- a\n- ? # c\n: -"),
    ("a comment that a bare carriage return ends before a block scalar", "# first\r|\n...\r\n-\n"),
    (
        "an empty block scalar above comments and entries that bare carriage returns end",
        "- >\r\n\r\n# c\r- >\r\n-\n- ?\n",
    ),
    ("a key that is a byte order mark behind one without a value", "? name\n\u{feff}: \nb: c\n"),
    ("a marker behind a tab and a bare carriage return", "a: b\n#\tc\r---\rd: e\n"),
    ("a block scalar whose lines bare carriage returns end", "a:\n- |\r  b\r- >-\r  c\r\r- d\r"),
];

#[test]
fn what_once_was_wrong_is_right() {
    for (name, text) in REGRESSIONS {
        check(name, text);
        let tree = parse(text).unwrap_or_else(|error| panic!("{name}: {error}"));
        spans::check(&tree).unwrap_or_else(|why| panic!("{name}: {why}"));
    }
    // No YAML: both ways of cutting must be of one mind, too.
    for line in ["@a[-", "@a: b[", "%a{", "a: `b\"", ", c'"] {
        check(line, &format!("{HEAD}items:\n- {line}\n- b\n"));
    }
}

#[test]
fn a_list_that_was_cut_short_is_an_error() {
    let whole = "apiVersion: config.kubernetes.io/v1\nkind: ResourceList\nitems:\n- a: b\nfunctionConfig:\n";
    let short = whole.strip_suffix("Config:\n").unwrap();
    let config = crate::support::select(&["side"]);
    let read = |text| run(text, &Options { config: Some(&config), ..Options::default() }).map(|_| ());
    assert_eq!(read(whole), Ok(()));
    assert!(matches!(read(short), Err(Error::Syntax { line: 5, .. })), "{:?}", read(short));
}

#[test]
fn doubtful_lists_are_left_to_the_parser() {
    let doubtful = [
        ("a quoted scalar runs on over a dash", "items:\n- a: \"b\n- c\"\n- d\n"),
        ("a flow collection runs on over a dash", "items:\n- a: [b,\n- 1]\n- d\n"),
        ("a list in flow style", "items: [a, b]\n"),
        ("a list with an anchor", "items: &x\n- a\n"),
        ("the key stands twice", "items:\n- a\nitems:\n- b\n"),
        ("a block scalar at the root", "--- |\nitems:\n- a\n"),
        ("an open quote in the head", "a: 'b\n  c'\nitems:\n- a\n"),
    ];
    for (name, text) in doubtful {
        let all = 0..text.len();
        assert_eq!(Stream::of(text).cut_list(&all, "items"), None, "{name}");
    }
}

/// Fields of an item; `~` stands for the indentation of the item, and what follows a line break without it is
/// indented less than the item.
const FIELDS: [&str; 40] = [
    "a: b\n",
    "~# - c\n",
    "# c\n",
    "   # c\n",
    "\n",
    "   \n",
    "a: \"b\n- c\"\n",
    "a: \"b\n~  - c\"\n",
    "a: \"b \\\" # c\"\n",
    "a: \"b\\\n~  c\"\n",
    "a: 'b\n- c: ''d'\n",
    "a: 'b''c # d'\n",
    "a: '\n\n- b'\n",
    "a: |\n~  - b\n~  # c\n\n~  'd\n",
    "a: >-\n~    - b\n~\n~    \"c\n",
    "a: |2-\n~    b: [\n",
    "a: |+ # c\n~  b\n\n\n",
    "a: [b,\n- c]\n",
    "a: [b,\n~  - c, 'd\n- e']\n",
    "a: {b: 'c', d:\n~  e}\n",
    "a: [\"]\", '}', b'c, d\"e]\n",
    "a: {\n~  # ]\n~}\n",
    "a: [b, # c]\n~  d]\n",
    "a: b\n~  it's \"odd\n~  - c\n",
    "a: b'c\"d [e {f\n",
    "a: b # 'c\n",
    "a: b#c 'd\n",
    "a: &x b\n",
    "a: *x\n",
    "a: &x\n~- b\n",
    "a: !!str \"b\"\n",
    "a: ! 'b'\n",
    "? a\n~: b\n",
    "? - a\n~: - 'b\n~    c'\n",
    "'a''b': c\n",
    "\"a\\\"b\": [c]\n",
    "a:\n~- b\n~- - c\n~  -\n~    d\n",
    "a: b: 'c\n",
    "a: -\n",
    "- a\n",
];

fn document() -> impl Strategy<Value = String> {
    let head = select(vec![
        "",
        "kind: List\n",
        "kind: List\n",
        "kind: List\n",
        "# c\n\n",
        "a: 'b\n",
        "a: |\n  items:\n",
        "--- # c\n",
        "\u{feff}",
        "a:\n- b\n",
    ]);
    let key = select(vec!["items:\n", "items:\n", "items: # c\n\n# d\n", "items: &x\n", "items: \t\n", "'items':\n"]);
    let dash = select(vec!["- ", "- ", "-   ", "-\n~", "- # c\n~", "- &x\n~", "- !!map\n~", "- - "]);
    let entry = (dash, prop::collection::vec(select(FIELDS.to_vec()), 1..5));
    let entries = prop::collection::vec(entry, 1..4);
    let tail =
        select(vec!["", "a: b\n", "# c\n", "...\n", "---\nitems:\n- 'a\n", "a: \"b\n- c\"\n", "items:\n- a\n", "'a"]);
    let ending = select(vec!["\n", "\n", "\n", "\r\n"]);
    (head, key, select(vec![0usize, 0, 2, 4]), entries, tail, ending).prop_map(
        |(head, key, column, entries, tail, ending)| {
            let mut text = format!("{head}{key}");
            let indent = " ".repeat(column);
            for (dash, fields) in entries {
                let inner = format!("{indent}{}", " ".repeat(if dash == "-   " || dash == "- - " { 4 } else { 2 }));
                let mut entry = String::new();
                for (index, field) in fields.iter().enumerate() {
                    let is_own_line = index == 0 || field.starts_with(['~', '#', '\n', ' ']);
                    entry += if is_own_line { "" } else { "~" };
                    entry += field;
                }
                text += &format!("{indent}{dash}{entry}").replace('~', &inner);
            }
            (text + tail).replace('\n', ending)
        },
    )
}

#[test]
fn generated_lists_are_cut_where_they_should() {
    let config = Config { cases: 2000, failure_persistence: None, ..Config::default() };
    let mut runner =
        TestRunner::new_with_rng(config, TestRng::deterministic_rng(prop::test_runner::RngAlgorithm::ChaCha));
    let (valid, cut) = (Cell::new(0), Cell::new(0));
    let result = runner.run(&document(), |text| {
        if let Ok(tree) = parse(&text) {
            valid.set(valid.get() + 1);
            spans::check(&tree).map_err(TestCaseError::fail)?;
        }
        cuts::check_documents(&text).map_err(TestCaseError::fail)?;
        let counts = cuts::check_list(&text, "items").map_err(TestCaseError::fail)?;
        cut.set(cut.get() + counts.len());
        Ok(())
    });
    result.unwrap();
    let (valid, cut) = (valid.get(), cut.get());
    assert!(valid > 500 && cut > 150, "only {valid} texts are valid and {cut} lists cut: the generator shows nothing");
}

/// Lines that a cut must not mistake, in lists whose dashes stand in column 0: inner ones are skipped there, as long as
/// nothing is odd about them.
const LINES: [&str; 52] = [
    "- a: b\n",
    "- a: b\n",
    "- # c\n",
    "-\n",
    "- 'a\n",
    "- \"a\"\n",
    "- - a\n",
    "-a\n",
    " - a\n",
    "  b: c\n",
    "  b: c\n",
    "  b: 'c'\n",
    "  b: 'c''d'\n",
    "  b: \"c\\\" # d\"\n",
    "  b: \"c\n",
    "  b: 'c\n",
    "  c'\n",
    "  b: [c, 'd']\n",
    "  b: [c,\n",
    "  d]\n",
    "  b: {c: d}\n",
    "  b: {\"c\": [d, {e: 'f'}]} # '\n",
    "  b: {c\n",
    "  b: c'd\n",
    "  b#c: \"d\n",
    "  b: c #'d\n",
    "  @b: 'c'\n",
    "  b: !c\"d 'e'\n",
    "  # it's \"odd [{\n",
    "# it's \"odd\n",
    "\n",
    "  \n",
    " \t\n",
    "\t\n",
    "\t# c\n",
    "  \t# 'c\n",
    "  b: 'c\td'\n",
    "  \tb: c\n",
    "  b: |\n",
    "    - c\n\n    'd\n",
    "  b: c\r d: e\n",
    "\r\n",
    "  b: 'c'\r\n",
    "\r",
    "\u{feff}\n",
    "\u{feff}b: c\n",
    "  \u{feff}b: c\n",
    "...\n",
    "c: d\n",
    "items:\n",
    "  long: the words of this line are many enough to fill a whole block of bytes, and some more\n",
    "  long: 'the words of this line are many enough to fill a whole block of bytes, and some more'\n",
];

#[test]
fn runs_of_lines_are_cut_as_line_by_line() {
    let line = select(LINES.to_vec());
    let end = select(vec!["", "", "functionConfig:\n  a: 'b'\n", "# c\n", "  b: c", "  b: 'c", " ", "\t", "- a"]);
    let texts = (prop::collection::vec(line, 0..12), end, select(vec!["\n", "\n", "\n", "\r\n"]));
    let config = Config { cases: 4000, failure_persistence: None, ..Config::default() };
    let mut runner =
        TestRunner::new_with_rng(config, TestRng::deterministic_rng(prop::test_runner::RngAlgorithm::ChaCha));
    let (cut, left) = (Cell::new(0), Cell::new(0));
    let result = runner.run(&texts, |(lines, end, ending)| {
        let text = format!("{HEAD}items:\n- a: b\n{}{end}", lines.concat()).replace('\n', ending);
        let counts = cuts::check_list(&text, "items").map_err(TestCaseError::fail)?;
        let count = if counts.is_empty() { &left } else { &cut };
        count.set(count.get() + 1);
        Ok(())
    });
    result.unwrap();
    let (cut, left) = (cut.get(), left.get());
    assert!(cut > 200 && left > 200, "{cut} lists cut and {left} left: the generator shows nothing");
}

/// A long text is looked through in parts of 64 KiB: wherever they meet in a few lines that come again and again.
#[test]
fn a_long_text_is_cut_alike_by_any_number_of_threads() {
    const LINES: &str = "- a: 'b'\n\n  c: |\n    d\t\n# e\n- \"f\": {g: [h]}\n  i: \tj\n-\n  k: l{'\n";
    let lists = LINES.repeat(300_000 / LINES.len());
    for shift in 0..8 {
        let shift = "#".repeat(shift);
        let list = format!("{HEAD}# {shift}\nitems:\n{lists}functionConfig: {{}}\n");
        let documents = list.replace("\n-\n", "\n---\n");
        let [one, one_of_documents] = [&list, &documents].map(|text| Stream::of(text));
        let all = 0..list.len();
        let cut = one.cut_list_by_lines(&all, "items").unwrap();
        assert_eq!(cut.entries.len(), 3 * (lists.len() / LINES.len()));
        for threads in [2, 5] {
            assert_eq!(Stream::read(&list, threads).cut_list(&all, "items").as_ref(), Some(&cut), "{threads} threads");
            let found = Stream::read(&documents, threads).documents();
            assert_eq!(found, one_of_documents.documents(), "{threads} threads");
            assert_eq!(found.len(), 1 + lists.len() / LINES.len());
        }
    }
    let far = format!("{HEAD}items:\n{lists}# \tc");
    let nul = format!("{far}\0");
    assert_eq!(Stream::read(&nul, 2).nul(), Some(far.len()));
}
