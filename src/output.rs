//! What is written: pieces of the input and what was put between them, never built as one string.

use std::fmt;
use std::io::{self, Write};

use crate::yaml::edit::Edits;

/// The input with its changes, which are made while it is written.
#[derive(Debug, Default, PartialEq, Eq)]
pub struct Output<'s> {
    text: &'s str,
    edits: Edits,
}

impl<'s> Output<'s> {
    /// The text with the edits.
    pub fn new(text: &'s str, edits: Edits) -> Self {
        Self { text, edits }
    }

    fn pieces(&self) -> impl Iterator<Item = &str> {
        self.edits.pieces(self.text, 0..self.text.len())
    }

    /// Writes all pieces in order.
    ///
    /// # Errors
    /// What the writer says.
    pub fn write_to(&self, writer: &mut impl Write) -> io::Result<()> {
        self.pieces().try_for_each(|piece| writer.write_all(piece.as_bytes()))?;
        writer.flush()
    }
}

impl fmt::Display for Output<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.pieces().try_for_each(|piece| f.write_str(piece))
    }
}
