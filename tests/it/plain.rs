//! The reader of plain YAML against the parser: the same tree, or none.

use convert_sidecars::yaml::parse::{parse_any, parse_plain};
use convert_sidecars::yaml::slice::Stream;

use crate::fuzzed::{kept, skim};
use crate::support::{files, shared};

/// Whether the reader takes the text; panics when it reads another tree than the parser.
fn takes(name: &str, text: &str) -> bool {
    let Some(tree) = parse_plain(text) else { return false };
    match parse_any(text) {
        Ok(same) => assert!(same == tree, "{name}: {text}\n{}", difference(&same, &tree)),
        Err(error) => panic!("{name}: {error}\n{text}"),
    }
    true
}

fn difference(
    parsed: &convert_sidecars::yaml::tree::Tree<'_>,
    plain: &convert_sidecars::yaml::tree::Tree<'_>,
) -> String {
    let nodes = |tree: &convert_sidecars::yaml::tree::Tree<'_>| -> Vec<String> {
        tree.ids().map(|id| format!("{:?} {:?}", tree.node(id), tree.children(id))).collect()
    };
    let (parsed, plain) = (nodes(parsed), nodes(plain));
    let at = (0..parsed.len().max(plain.len())).find(|at| parsed.get(*at) != plain.get(*at)).unwrap_or(0);
    format!("the parser's node {at} is\n  {:?}\nand the reader's\n  {:?}", parsed.get(at), plain.get(at))
}

/// All texts of the corpus, of recorded calls and of the YAML test suite, cut into documents, with their names.
fn texts() -> Vec<(String, String)> {
    let folders = [
        ("corpus", &[".yaml", ".yml"][..]),
        ("captures", &[".stdin", ".stdout"]),
        ("yaml-test-suite", &["in.yaml"]),
        ("yaml-move-cases", &[".yaml"]),
    ];
    let mut texts = Vec::new();
    for (folder, endings) in folders {
        for path in shared(folder).map(|folder| files(&folder, endings)).unwrap_or_default() {
            let Ok(text) = std::fs::read_to_string(&path) else { continue };
            let name = path.display().to_string();
            texts.extend(Stream::of(&text).documents().into_iter().map(|range| (name.clone(), text[range].to_owned())));
        }
    }
    texts
}

#[test]
fn real_texts_are_read_as_the_parser_reads_them() {
    if shared("corpus").is_none() {
        return;
    }
    let texts = texts();
    let is_manifest = |name: &str| name.contains("/corpus/");
    let manifests = texts.iter().filter(|(name, text)| is_manifest(name) && parse_any(text).is_ok()).count();
    let taken = texts.iter().filter(|(name, text)| takes(name, text) && is_manifest(name)).count();
    // What is declined is parsed, which is right, but slow: the reader must know what manifests are written in.
    assert!(manifests > 500 && taken * 100 >= manifests * 70, "{taken} of {manifests} manifests are taken");
}

/// A small generator of random numbers; the same seed gives the same texts.
struct Random(u64);

impl Random {
    fn below(&mut self, bound: usize) -> usize {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        usize::try_from(self.0 >> 11).unwrap_or(0) % bound.max(1)
    }
}

/// What means something in YAML, to be put into any place.
const PIECES: [&str; 46] = [
    ":",
    ": ",
    " :",
    "-",
    "- ",
    "- - ",
    "#",
    " #",
    " # c",
    "\"",
    "'",
    "''",
    "\\\"",
    "\\n",
    "[",
    "]",
    "{",
    "}",
    "[]",
    "{}",
    "[a, b]",
    "{a: b}",
    "{a: [b, {c: d}]}",
    ", ",
    ",",
    "|",
    "|-",
    "|+",
    "|2",
    ">",
    "&a ",
    "*a",
    "!t ",
    "? ",
    "%",
    "@",
    "`",
    "\t",
    "\r",
    "\n",
    "\n\n",
    "  ",
    "---\n",
    "...\n",
    "\u{e9}",
    "\u{2028}",
];

/// Some lines of a text: small ones are read more often in the same time.
fn part(text: &str, many: usize, random: &mut Random) -> String {
    let many = 1 + random.below(many);
    let from = random.below(text.split_inclusive('\n').count());
    text.split_inclusive('\n').skip(from).take(many).collect()
}

/// A few changes of lines and of single places.
fn mutated(text: &str, random: &mut Random) -> String {
    let mut lines: Vec<String> = text.split_inclusive('\n').map(str::to_owned).collect();
    for _ in 0..=random.below(3) {
        let at = random.below(lines.len());
        let Some(line) = lines.get_mut(at) else { break };
        match random.below(6) {
            0 => line.insert_str(0, &" ".repeat(1 + random.below(3))),
            1 => {
                let spaces = line.len() - line.trim_start_matches(' ').len();
                line.drain(..spaces.min(1 + random.below(3)));
            }
            2 => drop(lines.remove(at)),
            3 => {
                let copied = line.clone();
                lines.insert(at, copied);
            }
            _ => {
                let mut place = random.below(line.len() + 1);
                while !line.is_char_boundary(place) {
                    place -= 1;
                }
                line.insert_str(place, PIECES[random.below(PIECES.len())]);
            }
        }
    }
    let mut text = lines.concat();
    if random.below(8) == 0 {
        text.truncate(text.trim_end_matches('\n').len());
    }
    text
}

/// Asks a check about parts of the texts, each as it is and changed, with its name; how many parts there were and the
/// sum of the answers.
fn ask_changed(
    texts: &[(String, String)],
    seed: u64,
    lines: usize,
    check: impl Fn(&str, &str, &str) -> usize,
) -> (usize, usize) {
    let cases: usize = std::env::var("PROPTEST_CASES").ok().and_then(|cases| cases.parse().ok()).unwrap_or(20_000);
    let mut random = Random(seed);
    let answers = (0..cases).map(|_| {
        let (name, text) = &texts[random.below(texts.len())];
        let one = part(text, lines, &mut random);
        check(name, &one, &mutated(&one, &mut random))
    });
    (cases, answers.sum())
}

#[test]
fn mutated_texts_are_read_as_the_parser_reads_them() {
    if shared("corpus").is_none() {
        return;
    }
    let (cases, taken) = ask_changed(&texts(), 0x5EED_CA7E, 12, |name, _, changed| usize::from(takes(name, changed)));
    assert!(taken * 5 > cases, "only {taken} of {cases} texts are taken");
}

#[test]
fn what_is_kept_is_what_the_parser_reads_whatever_stands_around_it() {
    if shared("corpus").is_none() {
        return;
    }
    let texts: Vec<_> = texts().into_iter().filter(|(_, text)| parse_plain(text).is_some()).collect();
    let (cases, taken) = ask_changed(&texts, 0x5EED_CA7F, 24, |_, one, changed| kept::check(one, changed));
    assert!(taken * 5 > cases, "only {taken} nodes in {cases} texts are kept");
}

#[test]
fn what_the_lines_say_of_a_mapping_is_what_the_parser_reads() {
    if shared("corpus").is_none() {
        return;
    }
    let texts = texts();
    let certain: usize = texts.iter().map(|(_, text)| skim::check(text)).sum();
    assert!(certain > 5 * texts.len(), "{certain} values in {} texts", texts.len());
    let (cases, certain) = ask_changed(&texts, 0x5EED_CA80, 12, |_, _, changed| skim::check(changed));
    assert!(certain * 4 > cases, "{certain} values in {cases} texts");
}

/// The column of the next line shows whether a node ends where it did.
#[test]
fn a_node_to_which_a_line_was_added_is_read_again() {
    let whole = "a:\n  b:\n  - c: d\n    e:\n  - f\ng: h\n";
    assert_eq!(kept::check(whole, whole), 3, "the mapping, the list, its first entry");
    for more in ["  i: j\n", "  - i\n", "    i: j\n", "      i: j\n", "   i: j\n", "    - i\n", "  i\n"] {
        for behind in ["  b:\n", "  - c: d\n", "    e:\n", "  - f\n"] {
            kept::check(whole, &whole.replacen(behind, &format!("{behind}{more}"), 1));
        }
    }
    let lines = "  - c: d\n    e:\n  - f\n";
    for (around, count) in [
        (format!("a:\n  b:\n{lines}"), 3),
        (format!("b:\n{lines}"), 2),
        (format!("- b:\n{lines}"), 2),
        (format!("b:\n{lines}  - g\n"), 1),
        (format!("b:\n{lines}    g: h\n"), 0),
        (format!("b: |\n{lines}"), 0),
        (format!("b: c\n{lines}"), 0),
    ] {
        assert_eq!(kept::check(&format!("a:\n  b:\n{lines}"), &around), count, "{around}");
    }
}

#[test]
fn forms_that_are_not_certain_are_declined() {
    let declined = [
        "a: &x b\n",
        "a: *x\n",
        "a: !!str b\n",
        "? a\n: b\n",
        "a: b\n  c\n",
        "a: \"b\n  c\"\n",
        "a: [b,\n  c]\n",
        "a: >\n  b\n",
        "a: |2\n  b\n",
        "a: |+\n  b\n",
        "a: |\n  b",
        "a: |\n",
        "a:\tb\n",
        "a: b\r\n",
        "a: b: c\n",
        "a : b\n",
        "- a\nb: c\n",
        "-\n- a\n",
        "- # c\n  a\n",
        "-\n",
        "a:\n    b: c\n  d: e\n",
        "a: [b, ]\n",
        "a: [b: c]\n",
        "a\n",
        "a: b\n---\nc: d\n",
        "a: b\n...\n",
        "\u{feff}a: b\n",
        "a: \"\\x41\"\n",
        "",
        "# c\n",
    ];
    for text in declined {
        assert!(parse_plain(text).is_none(), "{text:?} is taken");
    }
    let taken = [
        "---\n# c\na: b # c\nd:\n- e: f\n  g:\n  - |\n    h\n\n      i\n  # j\nk:\n",
        "- - a\n  - 'b''c'\n- \"d\": \"e\\n\\\"\"\n",
        "a: [b, \"c\", {d: e, \"f\":\"g\"}, []] # h\ni: {}\nj: --k=l#m\n",
        "- # c\n  a: b\n-\n\n  - d\n- -\n    e: f\n",
        "a: caf\u{e9}",
    ];
    for text in taken {
        assert!(takes(text, text), "{text:?} is declined");
    }
}
