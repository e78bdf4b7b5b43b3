//! Mutations of whole lines. Changes of single bytes mostly break YAML; these mostly give other YAML.

use libfuzzer_sys::fuzzer_mutate;

/// Lines that make forms; the indentation comes from the place.
const LINES: [&str; 40] = [
    "containers:",
    "initContainers:",
    "initContainers: []",
    "initContainers: # none",
    "initContainers: [{name: i}]",
    "containers: [{name: a}, {name: side}]",
    "containers: [ # c",
    "{name: side}, # c",
    "]",
    "- name: side",
    "- name: side # c",
    "- name: b",
    "- {name: side, image: s}",
    "- {name: side,",
    "image: s}",
    "- &x",
    "- # c",
    "-",
    "- - name: side",
    "name: side",
    "name: app",
    "? name",
    ": side",
    "\"name\": \"side\"",
    "restartPolicy: Always",
    "<<: *x",
    "a: &x {b: 1}",
    "a: *x",
    "args: [-c,",
    "b]",
    "- |",
    "- |+",
    "- >2-",
    "- \"b",
    "c\"",
    "# c",
    "# - name: c",
    "",
    "---",
    "annotations: {config.k8s.io/id: '1'}",
];

/// Changes `data[..size]` and gives its new size; every other time it is the fuzzer's own mutation.
pub fn mutate(data: &mut [u8], size: usize, max_size: usize, seed: u32) -> usize {
    let mut random = Random(u64::from(seed) << 16 | 0xA5A5);
    let text = std::str::from_utf8(&data[..size]).unwrap_or("");
    if text.is_empty() || random.below(3) == 0 {
        return fuzzer_mutate(data, size, max_size);
    }
    let changed = changed(text, &mut random);
    if changed.len() > max_size.min(data.len()) {
        return fuzzer_mutate(data, size, max_size);
    }
    data[..changed.len()].copy_from_slice(changed.as_bytes());
    changed.len()
}

/// The text with a few lines changed.
pub fn changed(text: &str, random: &mut Random) -> String {
    let mut lines: Vec<String> = text.split_inclusive('\n').map(str::to_owned).collect();
    for _ in 0..=random.below(3) {
        change(&mut lines, random);
    }
    lines.concat()
}

fn change(lines: &mut Vec<String>, random: &mut Random) {
    if lines.is_empty() {
        return;
    }
    let at = random.below(lines.len());
    let many = at..(at + 1 + random.below(4)).min(lines.len());
    let to = random.below(lines.len() + 1);
    match random.below(7) {
        0 => drop(lines.drain(many)),
        1 => {
            let copied = lines[many].to_vec();
            lines.splice(to..to, copied);
        }
        2 => {
            let moved: Vec<_> = lines.drain(many).collect();
            let to = to.min(lines.len());
            lines.splice(to..to, moved);
        }
        3 => {
            let more = " ".repeat(1 + random.below(4));
            lines[many].iter_mut().for_each(|line| line.insert_str(0, &more));
        }
        4 => {
            let fewer = 1 + random.below(4);
            for line in &mut lines[many] {
                let spaces = line.len() - line.trim_start_matches(' ').len();
                line.drain(..spaces.min(fewer));
            }
        }
        5 if random.below(8) == 0 => {
            lines.iter_mut().for_each(|line| *line = line.trim_end_matches(['\r', '\n']).to_owned() + "\r\n");
        }
        _ => {
            let neighbour = &lines[at];
            let indent = neighbour.len() - neighbour.trim_start_matches([' ', '-']).len();
            let indent = (indent + 2 * random.below(2)).saturating_sub(2 * random.below(2));
            lines.insert(at + random.below(2), format!("{}{}\n", " ".repeat(indent), LINES[random.below(LINES.len())]));
        }
    }
}

/// A small generator of random numbers, from the fuzzer's seed.
pub struct Random(pub u64);

impl Random {
    fn below(&mut self, bound: usize) -> usize {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        (self.0 >> 11) as usize % bound.max(1)
    }
}
