//! One command of a script.

use super::argv;
use super::lexer::Word;

/// How a command follows the one before it in the same list.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Joint {
    /// After it.
    #[default]
    Then,
    /// If it succeeded: `&&`.
    And,
    /// If it failed: `||`.
    Or,
    /// It reads what that one writes: `|`.
    Pipe,
}

/// A simple command: a program with its arguments.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Simple {
    /// The words, the program first; empty for a lone assignment or redirection.
    pub words: Vec<Word>,
    /// `NAME=value` before the program.
    pub assignments: Vec<Word>,
    /// What is written to or read from.
    pub files: Vec<Word>,
    /// How it follows the command before it.
    pub joint: Joint,
    /// Whether `!` stands before it.
    pub is_negated: bool,
    /// The block that it stands in.
    pub(super) node: usize,
    /// Where the program that runs in the end stands among the words.
    pub(super) program: usize,
}

impl Simple {
    /// The words from the program on that runs in the end: `exec`, `timeout 5`, `env A=b` and the like are left out.
    pub fn program(&self) -> &[Word] {
        self.words.get(self.program..).unwrap_or(&[])
    }

    /// The last part of the program's path; empty where it is not known.
    pub fn name(&self) -> &str {
        self.program().first().map_or("", |word| argv::base(&word.text))
    }

    /// Whether it does nothing but fail: `false`, `exit 1`.
    pub fn is_failure(&self) -> bool {
        match self.name() {
            "false" => true,
            "exit" | "return" => self.arguments().first().is_none_or(|code| code.text != "0"),
            _ => false,
        }
    }

    /// Whether it cannot fail: `true`, `echo`, `exit 0`.
    pub(super) fn is_success(&self) -> bool {
        match self.name() {
            "true" | ":" | "echo" => !self.is_negated,
            "exit" | "return" => !self.is_failure(),
            _ => false,
        }
    }

    /// The words behind the program.
    pub fn arguments(&self) -> &[Word] {
        self.program().get(1..).unwrap_or(&[])
    }
}
