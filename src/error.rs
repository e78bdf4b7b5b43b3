//! What stops the function: it cannot do its work at all.
//!
//! What is wrong with the user's resources or configuration is never an
//! [`Error`] but a [`Diagnostic`](crate::diagnostic::Diagnostic).

/// The function cannot do its work.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// The input is not UTF-8.
    #[error("the input is not UTF-8 (first bad byte at offset {offset}); convert the file to UTF-8")]
    NotUtf8 {
        /// Offset in bytes of the first byte that is not part of a character.
        offset: usize,
    },
    /// The input is not YAML.
    #[error("line {line}, column {column}: {message}")]
    Syntax {
        /// Line in the input, counted from 1.
        line: usize,
        /// Column in characters, counted from 1.
        column: usize,
        /// What the parser says.
        message: String,
    },
    /// The configuration that was given beside the input cannot be read.
    #[error("in the configuration: {0}")]
    Configuration(Box<Error>),
    /// The input is larger or deeper than this program is willing to read.
    #[error("{limit} is limited to {allowed}; split the input or simplify it")]
    Limit {
        /// What is limited.
        limit: &'static str,
        /// The largest value that is accepted.
        allowed: usize,
    },
    /// The input is YAML, but not a `ResourceList` that a function can answer.
    #[error("{0}")]
    NotAResourceList(String),
}

impl Error {
    /// Adds what helps with the commonest text that looks like YAML and is none: a template.
    #[must_use]
    pub fn hinted(mut self, text: &str) -> Self {
        if let Self::Syntax { message, .. } = &mut self
            && memchr::memmem::find(text.as_bytes(), b"{{").is_some()
        {
            message.push_str("; if this is a template, render it first, for instance with `helm template`");
        }
        self
    }

    /// Moves a position that was counted from the start of a slice to the whole input.
    ///
    /// `lines_before` is the number of line breaks before the slice.
    #[must_use]
    pub fn shifted(mut self, lines_before: usize) -> Self {
        if let Self::Syntax { line, .. } = &mut self {
            *line += lines_before;
        }
        self
    }
}
