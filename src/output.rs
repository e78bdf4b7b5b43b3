//! What is written: pieces of the input and what was put between them, never built as one string.

use std::fmt;
use std::io::{self, Write};

use crate::yaml::edit::Edits;

/// The answer in pieces.
#[derive(Debug, Default, PartialEq, Eq)]
pub struct Output<'s> {
    pieces: Vec<Piece<'s>>,
}

#[derive(Debug, PartialEq, Eq)]
enum Piece<'s> {
    /// Bytes of the input.
    Kept(&'s str),
    /// New text.
    New(String),
}

impl Piece<'_> {
    fn text(&self) -> &str {
        match self {
            Self::Kept(text) => text,
            Self::New(text) => text,
        }
    }
}

impl<'s> Output<'s> {
    /// The text with the edits.
    pub fn new(text: &'s str, edits: Edits) -> Self {
        let mut pieces = Vec::new();
        let mut at = 0;
        for edit in edits {
            pieces.extend(text.get(at..edit.range.start).filter(|kept| !kept.is_empty()).map(Piece::Kept));
            at = edit.range.end;
            pieces.push(Piece::New(edit.text));
        }
        pieces.extend(text.get(at..).filter(|kept| !kept.is_empty()).map(Piece::Kept));
        Self { pieces }
    }

    /// Writes all pieces in order.
    ///
    /// # Errors
    /// What the writer says.
    pub fn write_to(&self, writer: &mut impl Write) -> io::Result<()> {
        self.pieces.iter().try_for_each(|piece| writer.write_all(piece.text().as_bytes()))?;
        writer.flush()
    }
}

impl fmt::Display for Output<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.pieces.iter().try_for_each(|piece| f.write_str(piece.text()))
    }
}
