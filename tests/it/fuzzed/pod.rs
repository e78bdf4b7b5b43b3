//! A pod put together from odd pieces: nearly every one is YAML and has a sidecar.

use std::ops::Range;

use super::choices::Choices;

/// Pieces of a container; `~` stands for its indentation, `^` for that of the list's dashes, `@` for a
/// new key, `%` for a new comment.
const FIELDS: [&str; 34] = [
    "~restartPolicy: Always\n",
    "~# %\n",
    "^# %\n",
    "^# - name: old\n^#   image: i\n",
    "# %\n",
    "\n",
    "~\n",
    "~@: |\n~  b\n~  # %\n\n~  d\n",
    "~@: |+\n~  b\n\n",
    "~@: >-\n~    b\n~    - c\n",
    "~@: |2\n~    b\n~  c\n",
    "~@:\n~- |\n~  b\n",
    "~@:\n~  - >+\n~    b\n\n\n",
    "~@: |\n",
    "~@: \"b\n~  c # %\"\n",
    "~@: \"b\n^ c\\\n~  d\"\n",
    "~@: 'b\n\n~ c'\n",
    "~@: b\n~  c\n",
    "~@: [b,\n~  c, # %\n~  {e: f}]\n",
    "~@: [b\n~]\n",
    "~@: {b: c,\n~   # %\n~   e: f}\n",
    "~@: &x {b: c}\n",
    "~@: *x\n",
    "~<<: *x\n",
    "~<<: {b: c}\n",
    "~@: !!str b\n",
    "~? @\n~: - b\n~  - c\n",
    "~? - @\n~: b\n",
    "~@:\n",
    "~@: # %\n~- b: c\n~  d: e\n~# %\n",
    "~@:\tb\t# %\n",
    "~\"@\": \"\\u00e9\"\n",
    "~@: b\u{e9}\u{1f680} # \u{e9}\n",
    "~@: x\n~# %\n~  # %\n",
];

const NAMES: [&str; 13] = [
    "name: app\n~image: i\n",
    "name: app\n~image: i\n",
    "name: app\n~image: i\n",
    "name: side\n~image: i\n",
    "name: side\n~image: i\n",
    "name: app\n~image: i\n",
    "name: app\n~image: i\n",
    "name: b # %\n~image: i\n",
    "name: side # %\n~image: i\n",
    "\"name\": 'side'\n~image: i\n",
    "? name\n~: side\n~image: i\n",
    "name: &n side\n~image: i\n",
    "name:\n~  side\n~image: i\n",
];

const DASHES: [&str; 7] = ["- ", "- ", "-   ", "-\n~", "- # %\n~", "- &y\n~", "- !!map\n~"];

const FLOW: [&str; 7] = [
    "{name: side, image: s}",
    "{name: app, image: a}",
    "{ image: s, name: side }",
    "{image: \"a\n ]\", name: b}",
    "{\"name\":\"side\",\"image\":\"i\",\"a\":[]}",
    "{\n       name: side, # %\n       image: s,\n     }",
    "{name: app, # %\n     image: s\n     }",
];

const GAPS: [&str; 7] = [", ", ",", ",\n     ", ", # %\n     ", "\n     , ", ",\n     # %\n     ", ",\n\n     "];

/// Pairs that stand between the lists; `^` is the indentation of the pod spec's keys.
const OTHERS: [&str; 11] = [
    "",
    "",
    "# %\n",
    "^# %\n",
    "\n",
    "^# %\n\n",
    "^volumes:\n^- name: side\n",
    "^@: |\n^  b\n",
    "^@: |+\n^  b\n\n",
    "^@: &x {b: c} # %\n",
    "^@: *x\n",
];

const METADATA: [&str; 5] = [
    "metadata: {name: p}\n",
    "metadata:\n  name: p\n  annotations:\n    config.k8s.io/id: '1'\n",
    "metadata:\n  annotations: # %\n    # %\n    config.k8s.io/id: '1'\n    a: b\n  name: p\n",
    "metadata: {name: p, annotations: {internal.config.kubernetes.io/id: '1', config.k8s.io/id: '1'}}\n",
    "metadata:\n  annotations: {\n    config.k8s.io/id: '1', a: b}\n  name: p\n",
];

/// Begins and ends an entry of a list while a text is put together.
const MARKS: [char; 2] = ['\u{e000}', '\u{e001}'];

/// A pod, or a list of two, and what is known of its text.
#[derive(Debug)]
pub(crate) struct Pod {
    pub(crate) text: String,
    /// Where the entries of the lists stand, from the line of the dash or from the brace on.
    pub(crate) entries: Vec<Range<usize>>,
    /// Whether all lists of containers are in block style.
    pub(crate) is_block: bool,
}

/// The text in the making.
struct Maker<'d> {
    choices: Choices<'d>,
    is_block: bool,
}

impl Pod {
    /// The pod that these choices make.
    pub(crate) fn new(choices: &[u8]) -> Self {
        let mut maker = Maker { choices: Choices(choices), is_block: true };
        let marked = maker.text();
        let mut pod = Self { text: String::new(), entries: Vec::new(), is_block: maker.is_block };
        let mut start = 0;
        for c in marked.chars() {
            match c {
                _ if c == MARKS[0] => start = pod.text.len(),
                _ if c == MARKS[1] => pod.entries.push(start..pod.text.len()),
                _ => pod.text.push(c),
            }
        }
        pod
    }
}

/// The entry between marks; the line break at its end stays outside.
fn marked(entry: &str) -> String {
    let body = entry.trim_end_matches('\n');
    format!("{}{body}{}{}", MARKS[0], MARKS[1], &entry[body.len()..])
}

impl Maker<'_> {
    fn block_entry(&mut self, column: usize) -> String {
        let dash = self.choices.pick(&DASHES);
        let many = self.choices.below(4);
        let mut fields: Vec<&str> = (0..many).map(|_| self.choices.pick(&FIELDS)).collect();
        let name = format!("~{}", self.choices.pick(&NAMES));
        fields.insert(if self.choices.below(3) == 0 { fields.len() } else { 0 }, &name);
        let body = fields.concat();
        let body = if dash.ends_with('~') { &body } else { body.strip_prefix('~').unwrap_or("a: b\n~name: side\n") };
        let inner = " ".repeat(column + if dash == "-   " { 4 } else { 2 });
        let dash = dash.trim_end_matches('~');
        let entry = format!("{}{dash}{body}", " ".repeat(column));
        marked(&entry.replace('~', &inner).replace('^', &" ".repeat(column)))
    }

    fn list(&mut self, key: &str, column: usize) -> String {
        let indent = " ".repeat(column);
        let many = 2 + self.choices.below(3);
        if self.choices.below(5) == 0 {
            self.is_block = false;
            let mut list = String::new();
            for index in 0..many {
                list += if index > 0 { self.choices.pick(&GAPS) } else { "" };
                list += &marked(self.choices.pick(&FLOW));
            }
            let (open, close) = self.choices.pick(&[
                ("[", "]"),
                ("[ ", ", ]"),
                ("[\n     ", "\n     ]"),
                ("[ # %\n     ", ",\n     ]"),
            ]);
            return format!("{indent}{key}: {open}{list}{close}{}\n", self.choices.pick(&["", " # %"]));
        }
        let dashes = column + self.choices.pick(&[0, 0, 2, 4]);
        let header = self.choices.pick(&[":", ": # %", ": &z", ": !!seq", ":\n", ":\n\n    # %"]);
        let mut list = format!("{indent}{key}{header}\n");
        for _ in 0..many {
            list += self.choices.pick(&["", "", "\n", "# %\n"]);
            list += &self.block_entry(dashes);
        }
        list
    }

    fn other(&mut self, column: usize) -> String {
        self.choices.pick(&OTHERS).replace('^', &" ".repeat(column))
    }

    fn pod(&mut self) -> String {
        let column = self.choices.pick(&[2, 4, 1]);
        let indent = " ".repeat(column);
        let key = self.choices.pick(&["containers", "containers", "\"containers\""]);
        let main = self.list(key, column);
        let init = match self.choices.below(7) {
            0 => format!("{indent}initContainers: []\n"),
            1 => format!("{indent}initContainers: # %\n"),
            2 => format!("{indent}initContainers: null\n"),
            3 | 4 => self.list("initContainers", column).replace("side", "$").replace("app", "i2"),
            _ => String::new(),
        };
        let lists = if self.choices.below(3) == 0 { [main, init] } else { [init, main] };
        let metadata = self.choices.pick(&METADATA);
        let mut pod = format!("apiVersion: v1\nkind: Pod\n{metadata}spec:\n{}", self.other(column));
        for list in lists {
            pod += &list;
            pod += &self.other(column);
        }
        pod
    }

    /// Each `mark` replaced by a word of its own.
    fn numbered(&mut self, text: &str, mark: char, word: impl Fn(usize, usize) -> String) -> String {
        let mut parts = text.split(mark);
        let mut numbered = parts.next().unwrap_or("").to_owned();
        for (number, part) in parts.enumerate() {
            numbered += &word(number, self.choices.below(8));
            numbered += part;
        }
        numbered
    }

    fn text(&mut self) -> String {
        let mut text = self.pod();
        if self.choices.below(6) == 0 {
            let entries: String =
                (0..2).map(|_| format!("-\n  {}\n", self.pod().trim_end().replace('\n', "\n  "))).collect();
            text = format!("apiVersion: config.kubernetes.io/v1\nkind: ResourceList\nitems:\n{entries}");
        }
        if self.choices.below(6) == 0 {
            text.truncate(text.trim_end_matches('\n').len());
        }
        let number = |prefix: &'static str| move |number, _| format!("{prefix}{number}");
        for (mark, prefix) in [('@', "k"), ('%', "c"), ('$', "init")] {
            text = self.numbered(&text, mark, number(prefix));
        }
        // Names are unique but for a few: with two of one name, every conversion is refused.
        text = self.numbered(&text.replace("side", "@"), '@', |number, odd| match (number, odd) {
            (0, _) | (4, 0) => "side".to_owned(),
            (_, 0..3) => format!("side{number}"),
            _ => format!("other{number}"),
        });
        if self.choices.below(6) == 0 { text.replace('\n', "\r\n") } else { text }
    }
}
