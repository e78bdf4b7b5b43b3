//! What holds for the source tree as a whole: who may use whom, sizes, words, generated documents, links.

use std::collections::BTreeSet;
use std::fmt::Write;
use std::path::{Path, PathBuf};

use convert_sidecars::k8s::workloads::{Verdict, all, may_hold_lists};
use convert_sidecars::rules::{RULES, RuleKind};

use crate::support::{files, root};

/// The modules of `src`, from the ones that know least to the ones that know most. A module may use those of its own
/// line and of the lines above it.
const LAYERS: &[&[&str]] = &[
    &["error", "diagnostic", "parallel"],
    &["yaml"],
    &["krm"],
    &["k8s"],
    &["shell", "config", "catalog"],
    &["index", "locate", "select"],
    &["propose"],
    &["lifecycle"],
    &["rules"],
    &["lower"],
    &["verify"],
    &["report"],
    &["item", "output", "lib"],
    &["cli"],
    &["main"],
];

const MAX_FILE_LINES: usize = 800;
const MAX_FUNCTION_LINES: usize = 80;

/// A token of Rust source: a word, or one character of punctuation; `::` is one token.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Token<'s> {
    text: &'s str,
    line: usize,
}

/// The tokens of a source text, without comments and the content of literals.
fn tokens(source: &str) -> Vec<Token<'_>> {
    let mut found = Vec::new();
    let (mut at, mut line) = (0, 1);
    while let Some(rest) = source.get(at..).filter(|rest| !rest.is_empty()) {
        let length = token_length(rest);
        let text = &rest[..length];
        let is_word = text.starts_with(|c: char| c.is_alphanumeric() || c == '_');
        if is_word || matches!(text, "::" | "{" | "}" | "(" | ")" | ";" | "*" | ",") {
            found.push(Token { text, line });
        }
        line += text.bytes().filter(|byte| *byte == b'\n').count();
        at += length;
    }
    found
}

/// Length of the comment, literal, word or character at the start of `rest`.
fn token_length(rest: &str) -> usize {
    let until = |end: &str, from: usize| rest[from..].find(end).map_or(rest.len(), |found| from + found + end.len());
    if rest.starts_with("//") {
        return rest.find('\n').unwrap_or(rest.len());
    }
    if rest.starts_with("/*") {
        return until("*/", 2);
    }
    let raw = rest.strip_prefix('b').unwrap_or(rest).strip_prefix('r').unwrap_or("");
    let hashes = raw.len() - raw.trim_start_matches('#').len();
    if raw[hashes..].starts_with('"') {
        let from = rest.len() - raw.len() + hashes + 1;
        return until(&format!("\"{}", "#".repeat(hashes)), from);
    }
    if rest.starts_with('"') {
        return quoted_length(rest, '"');
    }
    if let Some(inner) = rest.strip_prefix('\'') {
        let is_char = inner.starts_with('\\') || inner.chars().nth(1) == Some('\'');
        return if is_char { quoted_length(rest, '\'') } else { 1 };
    }
    if rest.starts_with("::") {
        return 2;
    }
    let word = rest.find(|c: char| !c.is_alphanumeric() && c != '_').unwrap_or(rest.len());
    if word > 0 { word } else { rest.chars().next().map_or(1, char::len_utf8) }
}

fn quoted_length(rest: &str, quote: char) -> usize {
    let mut is_escaped = false;
    for (at, c) in rest.char_indices().skip(1) {
        match c {
            _ if is_escaped => is_escaped = false,
            '\\' => is_escaped = true,
            _ if c == quote => return at + 1,
            _ => {}
        }
    }
    rest.len()
}

/// The paths from the crate's root that the source of `module` names by `crate::`, `super::` and `self::`, groups of
/// `use` taken apart, each with its line.
fn references(module: &[&str], source: &str) -> Vec<(usize, Vec<String>)> {
    let tokens = tokens(source);
    let text = |at: usize| tokens.get(at).map_or("", |token| token.text);
    let mut found = Vec::new();
    let mut path: Vec<String> = module.iter().map(|&one| one.to_owned()).collect();
    // Depths of the braces that close the modules written inside of this file.
    let mut inline = Vec::new();
    let (mut depth, mut at) = (0_usize, 0);
    while at < tokens.len() {
        match text(at) {
            "mod" if text(at + 2) == "{" => {
                inline.push(depth);
                path.push(text(at + 1).to_owned());
            }
            "{" => depth += 1,
            "}" => {
                depth = depth.saturating_sub(1);
                if inline.last() == Some(&depth) {
                    inline.pop();
                    path.pop();
                }
            }
            "crate" | "super" | "self" | "convert_sidecars" if text(at + 1) == "::" => {
                let line = tokens[at].line;
                let mut paths = Vec::new();
                at = path_tree(&tokens, at, path.clone(), &mut paths);
                found.extend(paths.into_iter().map(|path| (line, path)));
                continue;
            }
            _ => {}
        }
        at += 1;
    }
    found
}

/// Reads the path or the tree of paths at `at`; gives the place behind it.
fn path_tree(tokens: &[Token<'_>], mut at: usize, mut prefix: Vec<String>, found: &mut Vec<Vec<String>>) -> usize {
    loop {
        match tokens.get(at).map_or("", |token| token.text) {
            "crate" | "convert_sidecars" => prefix.clear(),
            "super" => {
                prefix.pop();
            }
            "self" => {}
            "{" => {
                at += 1;
                while tokens.get(at).is_some_and(|token| token.text != "}") {
                    let next = path_tree(tokens, at, prefix.clone(), found);
                    at = if next == at || tokens.get(next).is_some_and(|token| token.text == ",") {
                        next + 1
                    } else {
                        next
                    };
                }
                return at + 1;
            }
            word if word == "*" || word.starts_with(|c: char| c.is_alphabetic() || c == '_') => {
                prefix.push(word.to_owned());
            }
            _ => {
                found.push(prefix);
                return at;
            }
        }
        at += 1;
        if tokens.get(at).is_none_or(|token| token.text != "::") {
            found.push(prefix);
            return at;
        }
        at += 1;
    }
}

fn layer(module: &str) -> Option<usize> {
    LAYERS.iter().position(|layer| layer.contains(&module))
}

/// The path of a file's module from the crate's root: `yaml/edit.rs` is `yaml::edit`.
fn module_of(file: &str) -> Vec<&str> {
    let path = file.trim_end_matches(".rs").trim_end_matches("/mod");
    if path == "lib" || path == "main" { Vec::new() } else { path.split('/').collect() }
}

/// The references against the order of the layers, in a file of `src`.
fn against_direction(file: &str, source: &str) -> Vec<String> {
    let own = file.trim_end_matches(".rs").split('/').next().unwrap_or("");
    let Some(own_layer) = layer(own) else {
        return vec![format!("{file}: the module `{own}` has no place in the order of the layers")];
    };
    let mut wrong = Vec::new();
    for (line, path) in references(&module_of(file), source) {
        let first = path.first().map_or("lib", String::as_str);
        // What is no module belongs to the root: `crate::run`, `crate::Options`.
        let used = if layer(first).is_some() { first } else { "lib" };
        if layer(used) > Some(own_layer) {
            wrong.push(format!("{file}:{line}: `{own}` may not use `{used}` ({})", path.join("::")));
        }
    }
    wrong
}

/// The lengths of the functions in a source: name, line, length in lines.
fn functions(source: &str) -> Vec<(String, usize, usize)> {
    let tokens = tokens(source);
    let mut found = Vec::new();
    for (at, token) in tokens.iter().enumerate() {
        let Some(name) = tokens.get(at + 1).filter(|name| token.text == "fn" && name.text != "(") else { continue };
        let Some(open) = tokens[at..].iter().position(|one| matches!(one.text, "{" | ";")) else { continue };
        let mut depth = 0;
        for one in &tokens[at + open..] {
            match one.text {
                "{" => depth += 1,
                "}" => depth -= 1,
                _ => {}
            }
            if depth == 0 {
                found.push((name.text.to_owned(), token.line, one.line - token.line + 1));
                break;
            }
        }
    }
    found
}

/// All Rust files below a folder of the project, with their paths from that folder.
fn sources(folder: &str) -> Vec<(String, String)> {
    let folder = root().join(folder);
    let read = |path: PathBuf| {
        let name = path.strip_prefix(&folder).unwrap().to_string_lossy().replace('\\', "/");
        (name, std::fs::read_to_string(&path).unwrap())
    };
    files(&folder, &[".rs"]).into_iter().map(read).collect()
}

fn assert_none(wrong: &[String]) {
    assert!(wrong.is_empty(), "\n{}", wrong.join("\n"));
}

#[test]
fn every_module_uses_only_its_own_layer_and_those_above() {
    let sources = sources("src");
    let wrong: Vec<_> = sources.iter().flat_map(|(file, source)| against_direction(file, source)).collect();
    assert_none(&wrong);
    // The walk must see the real references, else the test above holds for nothing.
    let seen: BTreeSet<_> = sources
        .iter()
        .flat_map(|(file, source)| {
            let own = file.trim_end_matches(".rs").split('/').next().unwrap_or("").to_owned();
            references(&module_of(file), source).into_iter().map(move |(_, path)| (own.clone(), path.concat()))
        })
        .collect();
    for (own, used) in [("lower", "yamleditEdit"), ("rules", "configConfig"), ("krm", "yamlline"), ("cli", "Options")] {
        assert!(seen.contains(&(own.to_owned(), used.to_owned())), "{own} is not seen to use {used}: {seen:?}");
    }
}

#[test]
fn a_use_against_the_direction_is_found_in_every_spelling() {
    let planted = [
        ("yaml/edit.rs", "use crate::k8s::pod_spec::List;", "k8s"),
        ("krm/mod.rs", "use crate::{yaml::{line, edit::Edit}, rules::{self, Finding}};", "rules"),
        ("yaml/edit.rs", "fn f() { super::super::lower::lower(); }", "lower"),
        ("select.rs", "use super::propose;", "propose"),
        ("config/glob.rs", "fn f() -> crate :: lower :: Place { todo() }", "lower"),
        ("k8s/mod.rs", "pub use crate::*;", "lib"),
        ("rules/mod.rs", "fn f() { crate::run(\"\"); }", "lib"),
        ("yaml/path.rs", "/// `crate::krm`\nconst A: &str = \"'\"; const B: char = '\"'; use crate::krm;", "krm"),
        ("report.rs", "const A: &str = r#\"\"#; use crate::{\n    diagnostic::Diagnostic,\n    item,\n};", "item"),
        ("select.rs", "mod inner { fn f() { super::super::propose::propose() } }", "propose"),
        ("select.rs", "mod inner {} fn f() { super::propose::propose() }", "propose"),
        ("error.rs", "use convert_sidecars::yaml;", "yaml"),
    ];
    for (file, source, used) in planted {
        let found = against_direction(file, source);
        let wanted = format!("may not use `{used}`");
        let is_found = !found.is_empty() && found.iter().all(|one| one.contains(&wanted));
        assert!(is_found, "{file}: {source}\nfound {found:?}");
    }
    let innocent = [
        ("lower/block.rs", "use super::seam; use crate::yaml::{self, edit::Edit}; use self::x::y;"),
        (
            "yaml/edit.rs",
            "// crate::krm\n/* crate::lower */ const A: &str = \"crate::lower\"; const B: &str = r#\"crate::k8s \"x\" \"#;",
        ),
        ("select.rs", "mod tests { use super::*; fn f<'a>(x: &'a str) { super::select(x) } }"),
        ("cli/mod.rs", "use crate::{Options, run, report};"),
        ("locate.rs", "pub(crate) fn f() {} pub(in crate::select) fn g() {}"),
    ];
    for (file, source) in innocent {
        assert_eq!(against_direction(file, source), Vec::<String>::new(), "{source}");
    }
    assert_eq!(against_direction("newcomer.rs", "").len(), 1);
}

#[test]
fn files_and_functions_stay_short_enough_to_read() {
    let mut wrong = Vec::new();
    for (file, source) in sources("src").iter().chain(&sources("tests")) {
        let lines = source.lines().count();
        if lines > MAX_FILE_LINES {
            wrong.push(format!("{file} has {lines} lines, more than {MAX_FILE_LINES}"));
        }
        for (name, line, length) in functions(source) {
            if length > MAX_FUNCTION_LINES {
                wrong.push(format!("{file}:{line}: {name} has {length} lines, more than {MAX_FUNCTION_LINES}"));
            }
        }
    }
    assert_none(&wrong);
    let planted = "fn a() {\n    let _ = |x: fn(u8) -> u8| { x };\n}\n\nfn b(\n    c: u8,\n) -> u8 { '}'; 1 }\ntrait T { fn d(); }\n";
    let lengths: Vec<_> =
        functions(planted).into_iter().map(|(name, line, length)| format!("{name} {line} {length}")).collect();
    assert_eq!(lengths, ["a 1 3", "b 5 3", "d 8 1"]);
}

#[test]
fn every_module_begins_with_what_it_is() {
    let without = |(file, source): &(String, String)| (!source.starts_with("//! ")).then(|| file.clone());
    assert_none(&sources("src").iter().filter_map(without).collect::<Vec<_>>());
}

/// Words that mark unfinished work; written in halves, so that this file is searched like any other.
const UNFINISHED: [[&str; 2]; 4] = [["TO", "DO"], ["FIX", "ME"], ["XX", "X"], ["db", "g!("]];

#[test]
fn nothing_unfinished_is_left_behind() {
    let mut wrong = Vec::new();
    for (file, source) in sources("src").iter().chain(&sources("tests")) {
        for (number, line) in source.lines().enumerate() {
            if UNFINISHED.iter().any(|word| line.contains(&word.concat())) {
                wrong.push(format!("{file}:{}: {}", number + 1, line.trim()));
            }
        }
    }
    assert_none(&wrong);
}

/// `docs/rules.md`, made from the register.
fn rules_index() -> String {
    let mut page = "# Rules\n\nWhat can stand against a conversion, or should be known about it. Made from `src/rules/mod.rs` by a test;\n\
                    `UPDATE=1 cargo test tidy::` writes it anew. `convert-sidecars rules` prints such a list, and\n\
                    `convert-sidecars explain NAME` the page of a rule.\n\n\
                    The last column says which releases of Kubernetes matter; where it is empty, none does.\n"
        .to_owned();
    for kind in RuleKind::ALL {
        let head = "| rule | severity | what it finds | lifted |\n|---|---|---|---|";
        write!(page, "\n## {}\n{}\n\n{head}\n", kind.as_str(), kind.meaning()).unwrap();
        for rule in RULES.iter().filter(|rule| rule.kind == kind) {
            let stem = rule.name.replace('-', "_");
            let [finds, lifted] = [rule.finds(), rule.lifted()].map(|cell| cell.replace('|', "\\|"));
            writeln!(page, "| [{}](../src/rules/{stem}.md) | {} | {finds} | {lifted} |", rule.name, rule.severity)
                .unwrap();
        }
    }
    page
}

#[test]
fn the_index_of_the_rules_is_up_to_date() {
    let path = root().join("docs/rules.md");
    let wanted = rules_index();
    if std::env::var("UPDATE").as_deref() == Ok("1") {
        std::fs::write(&path, &wanted).unwrap();
    }
    let found = std::fs::read_to_string(&path).unwrap_or_default();
    assert_eq!(found, wanted, "docs/rules.md is out of date; run `UPDATE=1 cargo test tidy::`");
}

/// `docs/quality.md` with the counts of the stored summary between its marks.
fn with_counts(page: &str) -> String {
    let marks = ["<!-- counts -->\n", "<!-- end of counts -->\n"];
    let (head, rest) = page.split_once(marks[0]).unwrap();
    let (_, tail) = rest.split_once(marks[1]).unwrap();
    let stored = std::fs::read_to_string(root().join("tests/data/corpus-summary.tsv")).unwrap();
    format!("{head}{}{}{}{tail}", marks[0], crate::summary::counts(&stored), marks[1])
}

#[test]
fn the_counts_of_the_rules_are_those_of_the_summary() {
    let path = root().join("docs/quality.md");
    let found = std::fs::read_to_string(&path).unwrap();
    let wanted = with_counts(&found);
    if std::env::var("UPDATE").as_deref() == Ok("1") {
        std::fs::write(&path, &wanted).unwrap();
        return;
    }
    assert_eq!(found, wanted, "docs/quality.md is out of date; run `UPDATE=1 cargo test tidy::`");
}

/// `docs/kinds.md`, made from the table of kinds.
fn kinds_page() -> String {
    let mut page = "# Kinds\n\nWhere pods are looked for, and what happens to a sidecar there. Made from `src/k8s/workloads` by a test;\n\
                    `UPDATE=1 cargo test tidy::` writes it anew.\n\n\
                    `[]` stands for every entry of a list, `*` for every key of a mapping. Where a list has another name than `containers`,\n\
                    that name stands behind the path; native sidecars always go to `initContainers` beside it. *Added* lists hold\n\
                    containers beside those that the operator makes, and may be left without an entry. *Since* is the first release\n\
                    that knows native sidecars, with the name to write into `cluster.components`. A live object of a kind that is\n\
                    *immutable* has to be deleted and made anew.\n\n\
                    | kind | path | sidecars | since | never moved | remarks |\n|---|---|---|---|---|---|\n"
        .to_owned();
    let word = |verdict: Verdict| match verdict {
        Verdict::Convert => ("converted".to_owned(), ""),
        Verdict::OptIn(why) => ("[on request](../src/rules/opt_in_kind.md)".to_owned(), why),
        Verdict::Refuse(why) => ("[refused](../src/rules/kind_rejects_native.md)".to_owned(), why),
        Verdict::ByItself(how) => ("[left alone](../src/rules/operator_makes_native.md)".to_owned(), how),
    };
    for row in all() {
        let mut said = Vec::new();
        for (index, place) in row.places.iter().enumerate() {
            let (verdict, mut why) = word(place.verdict.unwrap_or(row.verdict));
            why = if said.contains(&why) { "" } else { why };
            said.push(why);
            let takes = !verdict.contains("refused") && !verdict.contains("left");
            let list = if place.list == "containers" { String::new() } else { format!(" `{}`", place.list) };
            let since = row.operator.filter(|_| takes);
            let since = since.map(|operator| format!("{} {}", operator.name, operator.since)).unwrap_or_default();
            let first = row.owned.is_first.then(|| "the first one".to_owned());
            let owned: Vec<_> = row.owned.names.iter().map(|name| format!("`{name}`")).chain(first).collect();
            let remarks = [
                (row.is_immutable && takes, "immutable"),
                (place.is_additive && takes, "added"),
                (place.runs_to_completion && takes, "ends by itself"),
                (row.rejects_resize_policy, "no `resizePolicy`"),
                (!why.is_empty(), why),
            ];
            let remarks: Vec<_> = remarks.iter().filter(|(is_so, _)| *is_so).map(|(_, remark)| *remark).collect();
            let kind = if index == 0 { format!("{} {}", row.group, row.kind) } else { String::new() };
            let path = format!("`{}`{list}", place.path);
            let cells = [kind.trim(), &path, &verdict, &since, &owned.join(", "), &remarks.join("; ")];
            writeln!(page, "| {} |", cells.join(" | ")).unwrap();
        }
    }
    page.push_str("\n## Sources\n| kind | versions | read from |\n|---|---|---|\n");
    for row in all() {
        let kind = format!("{} {}", row.group, row.kind);
        writeln!(page, "| {} | {} | {} |", kind.trim(), row.versions.join(", "), row.source).unwrap();
    }
    page
}

#[test]
fn the_page_of_the_kinds_is_up_to_date() {
    let path = root().join("docs/kinds.md");
    let wanted = kinds_page();
    if std::env::var("UPDATE").as_deref() == Ok("1") {
        std::fs::write(&path, &wanted).unwrap();
    }
    let found = std::fs::read_to_string(&path).unwrap_or_default();
    assert_eq!(found, wanted, "docs/kinds.md is out of date; run `UPDATE=1 cargo test tidy::`");
    let without: Vec<_> = all().filter(|row| row.source.is_empty()).map(ToString::to_string).collect();
    assert!(without.is_empty(), "kinds without a source: {without:?}");
    assert!(all().all(|row| row.places.iter().all(|place| may_hold_lists(place.list))), "a list that nobody looks for");
}

/// The targets of the links in a Markdown text that are no addresses.
fn local_links(text: &str) -> Vec<String> {
    let mut is_code = false;
    let mut found = Vec::new();
    for line in text.lines() {
        is_code ^= line.starts_with("```");
        let targets = line.split("](").skip(1).filter_map(|rest| rest.split(')').next());
        let is_local = |target: &&str| !target.contains("://") && !target.starts_with('#');
        found.extend(targets.filter(|target| !is_code && is_local(target)).map(str::to_owned));
    }
    found
}

fn markdown() -> Vec<PathBuf> {
    let top = std::fs::read_dir(root()).unwrap().map(|entry| entry.unwrap().path());
    let mut found: Vec<_> = top.filter(|path| path.extension().is_some_and(|ending| ending == "md")).collect();
    for folder in ["docs", "src", "examples"] {
        let folder = root().join(folder);
        found.extend(if folder.exists() { files(&folder, &[".md"]) } else { Vec::new() });
    }
    found
}

#[test]
fn links_between_documents_lead_somewhere() {
    assert_eq!(local_links("[a](b.md#c) [d](https://e) [f](#g)\n```\n[h](i)\n```\n[j](k/)"), ["b.md#c", "k/"]);
    let mut wrong = Vec::new();
    for file in markdown() {
        let text = std::fs::read_to_string(&file).unwrap();
        for link in local_links(&text) {
            let target = link.split('#').next().unwrap_or("");
            if !file.parent().unwrap_or(Path::new("")).join(target).exists() {
                wrong.push(format!("{}: {link}", file.display()));
            }
        }
    }
    assert_none(&wrong);
}

#[test]
fn what_the_readme_says_to_run_is_what_is_run_before_a_merge() {
    let read = |path: &str| std::fs::read_to_string(root().join(path)).unwrap();
    let readme = read("README.md");
    for command in ["scripts/demo", "cargo test"] {
        assert!(readme.lines().any(|line| line.trim() == command), "README.md has no line `{command}`");
    }
    assert!(read(".ci/run").contains("\ncargo test --locked 2>&1"), ".ci/run does not run the tests");
}

#[test]
fn the_diff_in_the_readme_is_that_of_the_example() {
    let read = |path: &str| std::fs::read_to_string(root().join(path)).unwrap();
    let readme = read("README.md");
    let shown = readme.split("```diff\n").nth(1).and_then(|rest| rest.split("```").next()).unwrap();
    assert!(read("examples/ci-job-database/.expected/diff.patch").contains(shown), "{shown}");
}
