//! Changes to a text: byte ranges and what stands there instead.

use std::ops::Range;

/// One change: `range` of the input is replaced by `text`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Edit {
    /// What goes; empty for an insertion.
    pub range: Range<usize>,
    /// What comes in its place.
    pub text: String,
}

impl Edit {
    /// Puts `text` before the byte at `at`.
    pub fn insertion(at: usize, text: impl Into<String>) -> Self {
        Self { range: at..at, text: text.into() }
    }

    /// The same edit in a text with `bytes` more in front.
    #[must_use]
    pub fn shifted(self, bytes: usize) -> Self {
        Self { range: self.range.start + bytes..self.range.end + bytes, text: self.text }
    }

    /// Takes `range` away.
    pub fn deletion(range: Range<usize>) -> Self {
        Self { range, text: String::new() }
    }

    /// Puts `text` in the place of `range`.
    pub fn replacement(range: Range<usize>, text: impl Into<String>) -> Self {
        Self { range, text: text.into() }
    }
}

/// Edits of one text, sorted and disjoint; insertions at one place keep the order in which they came.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Edits(Vec<Edit>);

/// Two edits of one text want the same bytes.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("two edits overlap at byte {at}")]
pub struct Overlap {
    /// Where the second of them begins.
    pub at: usize,
}

impl Edits {
    /// Sorts the edits.
    ///
    /// # Errors
    /// [`Overlap`] when two of them touch the same bytes.
    pub fn new(mut edits: Vec<Edit>) -> Result<Self, Overlap> {
        edits.sort_by_key(|edit| (edit.range.start, edit.range.end));
        let overlap = edits.windows(2).find_map(|pair| match pair {
            [a, b] if a.range.end > b.range.start => Some(b.range.start),
            _ => None,
        });
        match overlap {
            Some(at) => Err(Overlap { at }),
            None => Ok(Self(edits)),
        }
    }

    /// Whether nothing changes.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// What `text[range]` becomes by those edits that lie within the range, in pieces: what is kept and what is new.
    pub fn pieces<'p>(&'p self, text: &'p str, range: Range<usize>) -> impl Iterator<Item = &'p str> {
        let Range { start: mut at, end } = range;
        let within = self.0.iter().filter(move |edit| range.start <= edit.range.start && edit.range.end <= end);
        within.map(Some).chain([None]).flat_map(move |edit| {
            let kept = text.get(at..edit.map_or(end, |edit| edit.range.start)).unwrap_or("");
            at = edit.map_or(end, |edit| edit.range.end);
            [kept, edit.map_or("", |edit| &edit.text)]
        })
    }

    /// `text[range]` with those edits that lie within the range.
    pub fn apply_within(&self, text: &str, range: Range<usize>) -> String {
        let inserted: usize = self.0.iter().map(|edit| edit.text.len()).sum();
        let mut changed = String::with_capacity(range.len() + inserted);
        self.pieces(text, range).for_each(|piece| changed.push_str(piece));
        changed
    }

    /// The whole text with all edits.
    #[must_use]
    pub fn apply(&self, text: &str) -> String {
        self.apply_within(text, 0..text.len())
    }
}

impl IntoIterator for Edits {
    type Item = Edit;
    type IntoIter = std::vec::IntoIter<Edit>;

    /// The edits in the order of the text.
    fn into_iter(self) -> Self::IntoIter {
        self.0.into_iter()
    }
}
