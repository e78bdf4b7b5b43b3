//! Loops that wait for something.

use std::collections::BTreeMap;

use super::script::{Block, Script};
use super::simple::Simple;

/// A `while` or `until` loop.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Wait {
    /// The commands of its condition, by their place among the script's.
    pub asked: Vec<usize>,
    /// The commands of its body.
    pub body: Vec<usize>,
    /// `until` instead of `while`.
    pub is_until: bool,
    /// Whether the script goes on beside it.
    pub is_background: bool,
    /// Whether nothing but its condition ends it: no `break`, and no count of rounds.
    pub is_endless: bool,
}

/// The loops of a script, in the order of their conditions. Those in functions are left out: they may never be called.
pub fn waits(script: &Script) -> Vec<Wait> {
    let mut found: BTreeMap<usize, Wait> = BTreeMap::new();
    for (index, command) in script.commands().iter().enumerate() {
        if script.around(command).any(|block| block == Block::Function) {
            continue;
        }
        for (number, block) in script.loops(command) {
            let wait = found.entry(number).or_insert_with(|| Wait {
                asked: Vec::new(),
                body: Vec::new(),
                is_until: false,
                is_background: script.is_background(index),
                is_endless: true,
            });
            match block {
                Block::Condition { is_until } => {
                    wait.is_until = is_until;
                    wait.asked.push(index);
                    let is_test = matches!(command.name(), "[" | "[[" | "test" | "") && !is_constant(command);
                    wait.is_endless &=
                        !is_test || script.commands_in(index).next().is_some() || !tested(command).is_empty();
                }
                _ => {
                    wait.body.push(index);
                    wait.is_endless &= !matches!(command.name(), "break" | "return" | "exit");
                }
            }
        }
    }
    // A loop without a condition is one of `for`.
    found.into_values().filter(|wait| !wait.asked.is_empty()).collect()
}

impl Wait {
    /// The files whose being there ends the loop.
    pub fn files<'s>(&self, script: &'s Script) -> Vec<&'s str> {
        let commands = self.asked.iter().filter_map(|index| script.commands().get(*index));
        let found = commands.flat_map(|command| {
            let is_ended_by = move |is_absence: bool| (is_absence != command.is_negated) != self.is_until;
            tested(command).into_iter().filter(move |(_, is_absence)| is_ended_by(*is_absence))
        });
        found.map(|(file, _)| file).collect()
    }
}

/// Whether a `test` holds whatever happens: `[ 1 ]`, which counts nothing.
fn is_constant(command: &Simple) -> bool {
    let mut words = command.arguments().iter().map(|word| word.text.as_str());
    matches!(words.next(), Some("1" | "true")) && matches!(words.next(), None | Some("]" | "]]"))
}

/// The files that a `test` looks for, each with whether it wants them to be absent.
pub fn tested(command: &Simple) -> Vec<(&str, bool)> {
    if !matches!(command.name(), "[" | "[[" | "test") {
        return Vec::new();
    }
    let words: Vec<_> = command.arguments().iter().map(|word| word.text.as_str()).collect();
    let test = |at: usize| {
        let is_file_test = matches!(*words.get(at)?, "-f" | "-e" | "-s" | "-S" | "-d" | "-r" | "-p");
        let file = words.get(at + 1).filter(|file| is_file_test && file.starts_with('/'))?;
        let is_absence = at.checked_sub(1).and_then(|before| words.get(before)) == Some(&"!");
        Some((*file, is_absence))
    };
    (0..words.len()).filter_map(test).collect()
}
