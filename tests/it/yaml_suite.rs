//! The tree against the YAML test suite: it tiles the text, and it says what the suite's events say.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::path::{Path, PathBuf};

use convert_sidecars::yaml::parse::parse;
use convert_sidecars::yaml::tree::{Kind, NodeId, ScalarStyle, Style, Tree};

use crate::spans;
use crate::support::{files, shared};

/// Invalid cases that are read all the same, each with the reason.
const ACCEPTED: [(&str, &str); 3] = [
    ("9C9N", "Kubernetes' Go reader accepts an under-indented flow collection"),
    ("DK95/01", "Kubernetes' Go reader accepts a tab before the second line of a quoted scalar"),
    ("QB6E", "Kubernetes' Go reader accepts an under-indented quoted scalar"),
];

/// Valid cases that are read as another value, each with our event in the place of the suite's, and the reason.
const OTHER_EVENTS: [(&str, &str, &str, &str); 2] = [
    ("JEF9/02", "=VAL |\\n", "=VAL |", "Kubernetes' Go reader makes no line break of the end of the text"),
    ("L24T/01", "=VAL |x\\n \\n", "=VAL |x\\n ", "Kubernetes' Go reader makes no line break of the end of the text"),
];

/// A case: its name, its folder, its input.
struct Case {
    name: String,
    folder: PathBuf,
    text: String,
}

impl Case {
    fn is_invalid(&self) -> bool {
        self.folder.join("error").exists()
    }
}

fn cases() -> Option<Vec<Case>> {
    let root = shared("yaml-test-suite")?;
    let inputs = files(&root, &["in.yaml"]);
    let cases: Vec<_> = inputs.iter().map(|input| case(&root, input)).collect();
    assert!(cases.len() >= 402, "the suite has at least 402 cases, not {}", cases.len());
    Some(cases)
}

fn case(root: &Path, input: &Path) -> Case {
    let folder = input.parent().unwrap().to_owned();
    let name = folder.strip_prefix(root).unwrap().to_string_lossy().into_owned();
    Case { name, folder, text: std::fs::read_to_string(input).unwrap() }
}

fn is_accepted(case: &Case) -> bool {
    ACCEPTED.iter().any(|(name, _)| *name == case.name)
}

#[test]
fn invalid_cases_are_errors() {
    let Some(cases) = cases() else { return };
    let accepted = cases.iter().filter(|case| case.is_invalid() && parse(&case.text).is_ok());
    let accepted: Vec<_> = accepted.map(|case| case.name.as_str()).collect();
    assert_eq!(accepted, ACCEPTED.map(|(name, _)| name), "invalid cases that parse, against the known ones");
}

#[test]
fn the_tree_tiles_every_valid_text() {
    let Some(cases) = cases() else { return };
    let mut problems = String::new();
    for case in cases.iter().filter(|case| !case.is_invalid() || is_accepted(case)) {
        let tree = parse(&case.text).unwrap_or_else(|error| panic!("{}: {error}", case.name));
        if let Err(problem) = spans::check(&tree) {
            writeln!(problems, "{}: {problem}", case.name).unwrap();
        }
    }
    assert!(problems.is_empty(), "{problems}");
}

#[test]
fn the_tree_says_what_the_events_say() {
    let Some(cases) = cases() else { return };
    let mut differences = Vec::new();
    for case in cases.iter().filter(|case| !case.is_invalid()) {
        let wanted = std::fs::read_to_string(case.folder.join("test.event")).unwrap();
        let wanted: Vec<_> = wanted.lines().map(comparable).collect();
        let tree = parse(&case.text).unwrap_or_else(|error| panic!("{}: {error}", case.name));
        let mut found = Printer::print(&tree);
        found.resize(wanted.len().max(found.len()), String::new());
        let pairs = wanted.into_iter().zip(found).filter(|(wanted, found)| wanted != found);
        differences.extend(pairs.map(|(wanted, found)| (case.name.clone(), wanted, found)));
    }
    let known = OTHER_EVENTS.map(|(name, wanted, found, _)| (name.to_owned(), wanted.to_owned(), found.to_owned()));
    assert_eq!(differences, known, "case, the suite's event and ours, against the known ones");
}

/// An event without what the tree does not keep: whether document markers are written.
fn comparable(event: &str) -> String {
    match event.get(..4) {
        Some(marker @ ("+DOC" | "-DOC")) => marker.to_owned(),
        _ => event.to_owned(),
    }
}

/// Prints a tree as the suite's events.
struct Printer<'t, 's> {
    tree: &'t Tree<'s>,
    handles: BTreeMap<String, String>,
    events: Vec<String>,
}

impl<'t, 's> Printer<'t, 's> {
    fn print(tree: &'t Tree<'s>) -> Vec<String> {
        let mut printer = Printer { tree, handles: BTreeMap::new(), events: vec!["+STR".to_owned()] };
        let mut above = 0;
        for &root in &tree.roots {
            printer.handles = handles(&tree.text[above..tree.span(root).start]);
            above = tree.span(root).end;
            printer.events.push("+DOC".to_owned());
            printer.node(root);
            printer.events.push("-DOC".to_owned());
        }
        printer.events.push("-STR".to_owned());
        printer.events
    }

    fn node(&mut self, id: NodeId) {
        let node = self.tree.node(id);
        let mut properties = String::new();
        if let Some(anchor) = node.anchor() {
            write!(properties, " &{anchor}").unwrap();
        }
        if let Some(tag) = node.tag() {
            write!(properties, " <{}>", self.resolved(tag)).unwrap();
        }
        let (open, close) = match &node.kind {
            Kind::Alias(name) => return self.events.push(format!("=ALI *{name}")),
            Kind::Scalar { value, style, .. } => {
                let style = match style {
                    ScalarStyle::Plain => ':',
                    ScalarStyle::Single => '\'',
                    ScalarStyle::Double => '"',
                    ScalarStyle::Literal => '|',
                    ScalarStyle::Folded => '>',
                };
                return self.events.push(format!("=VAL{properties} {style}{}", escaped(value)));
            }
            Kind::Mapping(Style::Block) => ("+MAP", "-MAP"),
            Kind::Mapping(Style::Flow) => ("+MAP {}", "-MAP"),
            Kind::Sequence(Style::Block) => ("+SEQ", "-SEQ"),
            Kind::Sequence(Style::Flow) => ("+SEQ []", "-SEQ"),
            Kind::Kept(_) => ("?", "?"),
        };
        self.events.push(format!("{open}{properties}"));
        for &child in self.tree.children(id) {
            self.node(child);
        }
        self.events.push(close.to_owned());
    }

    /// The tag with its handle replaced and its escapes decoded; the tree keeps it as written.
    fn resolved(&self, tag: &str) -> String {
        if let Some(verbatim) = tag.strip_prefix("!<") {
            return verbatim.trim_end_matches('>').to_owned();
        }
        let handle_end = tag[1..].find('!').map_or(1, |at| at + 2);
        let (handle, suffix) = tag.split_at(handle_end);
        let prefix = self.handles.get(handle).map_or(handle, String::as_str);
        format!("{prefix}{}", percent_decoded(suffix))
    }
}

/// The tag handles that the directives above a document define, and the default ones.
fn handles(above: &str) -> BTreeMap<String, String> {
    let mut handles = BTreeMap::from([("!!".to_owned(), "tag:yaml.org,2002:".to_owned())]);
    for line in above.lines() {
        if let ["%TAG", handle, prefix, ..] = line.split_whitespace().collect::<Vec<_>>()[..] {
            handles.insert(handle.to_owned(), prefix.to_owned());
        }
    }
    handles
}

fn percent_decoded(text: &str) -> String {
    let mut bytes = Vec::new();
    let mut rest = text;
    while let Some(at) = rest.find('%') {
        bytes.extend_from_slice(&rest.as_bytes()[..at]);
        bytes.push(u8::from_str_radix(&rest[at + 1..at + 3], 16).unwrap());
        rest = &rest[at + 3..];
    }
    bytes.extend_from_slice(rest.as_bytes());
    String::from_utf8(bytes).unwrap()
}

fn escaped(value: &str) -> String {
    let escape = |c: char| match c {
        '\\' => "\\\\".to_owned(),
        '\n' => "\\n".to_owned(),
        '\t' => "\\t".to_owned(),
        '\r' => "\\r".to_owned(),
        '\u{8}' => "\\b".to_owned(),
        other => other.to_string(),
    };
    value.chars().map(escape).collect()
}
