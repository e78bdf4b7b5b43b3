//! A pod put together from odd pieces, through the whole function: nearly every input is YAML and has a sidecar.
#![no_main]

use libfuzzer_sys::fuzz_target;

mod checks;

/// Pieces of a container; `~` stands for its indentation, `^` for that of the list's dashes, `@` for a
/// new key.
const FIELDS: [&str; 34] = [
    "~restartPolicy: Always\n",
    "~# c\n",
    "^# c\n",
    "^# - name: old\n^#   image: i\n",
    "# c\n",
    "\n",
    "~\n",
    "~@: |\n~  b\n~  # c\n\n~  d\n",
    "~@: |+\n~  b\n\n",
    "~@: >-\n~    b\n~    - c\n",
    "~@: |2\n~    b\n~  c\n",
    "~@:\n~- |\n~  b\n",
    "~@:\n~  - >+\n~    b\n\n\n",
    "~@: |\n",
    "~@: \"b\n~  c # d\"\n",
    "~@: \"b\n^ c\\\n~  d\"\n",
    "~@: 'b\n\n~ c'\n",
    "~@: b\n~  c\n",
    "~@: [b,\n~  c, # d\n~  {e: f}]\n",
    "~@: [b\n~]\n",
    "~@: {b: c,\n~   # d\n~   e: f}\n",
    "~@: &x {b: c}\n",
    "~@: *x\n",
    "~<<: *x\n",
    "~<<: {b: c}\n",
    "~@: !!str b\n",
    "~? @\n~: - b\n~  - c\n",
    "~? - @\n~: b\n",
    "~@:\n",
    "~@: # c\n~- b: c\n~  d: e\n~# f\n",
    "~@:\tb\t# c\n",
    "~\"@\": \"\\u00e9\"\n",
    "~@: b\u{e9}\u{1f680} # \u{e9}\n",
    "~@: x\n~# c\n~  # d\n",
];

const NAMES: [&str; 13] = [
    "name: app\n~image: i\n",
    "name: app\n~image: i\n",
    "name: app\n~image: i\n",
    "name: side\n~image: i\n",
    "name: side\n~image: i\n",
    "name: app\n~image: i\n",
    "name: app\n~image: i\n",
    "name: b # c\n~image: i\n",
    "name: side # c\n~image: i\n",
    "\"name\": 'side'\n~image: i\n",
    "? name\n~: side\n~image: i\n",
    "name: &n side\n~image: i\n",
    "name:\n~  side\n~image: i\n",
];

const DASHES: [&str; 7] = ["- ", "- ", "-   ", "-\n~", "- # c\n~", "- &y\n~", "- !!map\n~"];

const FLOW: [&str; 7] = [
    "{name: side, image: s}",
    "{name: app, image: a}",
    "{ image: s, name: side }",
    "{image: \"a\n ]\", name: b}",
    "{\"name\":\"side\",\"image\":\"i\",\"a\":[]}",
    "{\n       name: side, # c\n       image: s,\n     }",
    "{name: app, # c\n     image: s\n     }",
];

const GAPS: [&str; 7] = [", ", ",", ",\n     ", ", # c\n     ", "\n     , ", ",\n     # d\n     ", ",\n\n     "];

/// Pairs that stand between the lists; `^` is the indentation of the pod spec's keys.
const OTHERS: [&str; 11] = [
    "",
    "",
    "# c\n",
    "^# c\n",
    "\n",
    "^# c\n\n",
    "^volumes:\n^- name: side\n",
    "^@: |\n^  b\n",
    "^@: |+\n^  b\n\n",
    "^@: &x {b: c} # d\n",
    "^@: *x\n",
];

const METADATA: [&str; 5] = [
    "metadata: {name: p}\n",
    "metadata:\n  name: p\n  annotations:\n    config.k8s.io/id: '1'\n",
    "metadata:\n  annotations: # c\n    # d\n    config.k8s.io/id: '1'\n    a: b\n  name: p\n",
    "metadata: {name: p, annotations: {internal.config.kubernetes.io/id: '1', config.k8s.io/id: '1'}}\n",
    "metadata:\n  annotations: {\n    config.k8s.io/id: '1', a: b}\n  name: p\n",
];

/// Choices, made by the fuzzer's bytes; the first one when they are used up.
struct Choices<'d>(&'d [u8]);

impl Choices<'_> {
    fn below(&mut self, bound: usize) -> usize {
        let Some((first, rest)) = self.0.split_first() else { return 0 };
        self.0 = rest;
        usize::from(*first) % bound
    }

    fn pick(&mut self, from: &[&'static str]) -> &'static str {
        from[self.below(from.len())]
    }

    fn block_entry(&mut self, column: usize) -> String {
        let dash = self.pick(&DASHES);
        let mut fields: Vec<&str> = (0..self.below(4)).map(|_| self.pick(&FIELDS)).collect();
        let name = format!("~{}", self.pick(&NAMES));
        fields.insert(if self.below(3) == 0 { fields.len() } else { 0 }, &name);
        let body = fields.concat();
        let body = if dash.ends_with('~') { &body } else { body.strip_prefix('~').unwrap_or("a: b\n~name: side\n") };
        let inner = " ".repeat(column + if dash == "-   " { 4 } else { 2 });
        let dash = dash.trim_end_matches('~');
        format!("{}{dash}{body}", " ".repeat(column)).replace('~', &inner).replace('^', &" ".repeat(column))
    }

    fn list(&mut self, key: &str, column: usize) -> String {
        let indent = " ".repeat(column);
        let many = 2 + self.below(3);
        match self.below(5) {
            0 => {
                let mut list = String::new();
                for index in 0..many {
                    list += if index > 0 { self.pick(&GAPS) } else { "" };
                    list += self.pick(&FLOW);
                }
                let (open, close) =
                    [("[", "]"), ("[ ", ", ]"), ("[\n     ", "\n     ]"), ("[ # c\n     ", ",\n     ]")][self.below(4)];
                format!("{indent}{key}: {open}{list}{close}{}\n", ["", " # c"][self.below(2)])
            }
            _ => {
                let dashes = column + [0, 0, 2, 4][self.below(4)];
                let header = [":", ": # c", ": &z", ": !!seq", ":\n", ":\n\n    # c"][self.below(6)];
                let mut list = format!("{indent}{key}{header}\n");
                for _ in 0..many {
                    list += ["", "", "\n", "# c\n"][self.below(4)];
                    list += &self.block_entry(dashes);
                }
                list
            }
        }
    }

    fn other(&mut self, column: usize) -> String {
        self.pick(&OTHERS).replace('^', &" ".repeat(column))
    }

    fn pod(&mut self) -> String {
        let column = [2, 4, 1][self.below(3)];
        let indent = " ".repeat(column);
        let key = self.pick(&["containers", "containers", "\"containers\""]);
        let main = self.list(key, column);
        let init = match self.below(7) {
            0 => format!("{indent}initContainers: []\n"),
            1 => format!("{indent}initContainers: # c\n"),
            2 => format!("{indent}initContainers: ~\n"),
            3 | 4 => self.list("initContainers", column).replace("side", "init").replace("app", "i2"),
            _ => String::new(),
        };
        let is_last = self.below(3) == 0;
        let lists = if is_last { [main, init] } else { [init, main] };
        let mut pod = format!("apiVersion: v1\nkind: Pod\n{}spec:\n{}", self.pick(&METADATA), self.other(column));
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
            numbered += &word(number, self.below(8));
            numbered += part;
        }
        numbered
    }

    fn text(&mut self) -> String {
        let mut text = self.pod();
        if self.below(6) == 0 {
            let entries: String =
                (0..2).map(|_| format!("-\n  {}\n", self.pod().trim_end().replace('\n', "\n  "))).collect();
            text = format!("apiVersion: config.kubernetes.io/v1\nkind: ResourceList\nitems:\n{entries}");
        }
        if self.below(6) == 0 {
            text.truncate(text.trim_end_matches('\n').len());
        }
        text = self.numbered(&text, '@', |number, _| format!("k{number}"));
        // Names are unique but for a few: with two of one name, every conversion is refused.
        text = self.numbered(&text.replace("side", "@"), '@', |number, odd| match (number, odd) {
            (0, _) | (4, 0) => "side".to_owned(),
            (_, 0..3) => format!("side{number}"),
            _ => format!("other{number}"),
        });
        if self.below(6) == 0 { text.replace('\n', "\r\n") } else { text }
    }
}

fuzz_target!(|data: &[u8]| checks::check(&Choices(data).text(), "side*"));
