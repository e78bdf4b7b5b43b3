//! Globs on names.

use std::fmt;

/// A pattern on a whole name: `*` stands for any number of characters other than `/`, `?` for one of them.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Glob(String);

/// Longest glob in bytes, so that matching takes no longer than reading the names: those of containers have 63
/// characters at most, and repositories 255.
pub const MAX_BYTES: usize = 1024;

/// Why a text is no glob.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum NotAGlob {
    /// There is nothing in it.
    #[error("an empty glob matches nothing; write a container's name")]
    Empty,
    /// It is longer than [`MAX_BYTES`].
    #[error("the length of a glob in bytes is limited to {MAX_BYTES}, and this one has {length}")]
    Long {
        /// Its length.
        length: usize,
    },
    /// It reads like a regular expression.
    #[error("`{written}` looks like a regular expression; globs are meant here, write `{instead}`")]
    Regex {
        /// What was written.
        written: String,
        /// The glob that was probably meant.
        instead: String,
    },
    /// A character that neither a name nor a glob can hold.
    #[error("`{written}` holds `{character}`, which no container name can hold; `*` and `?` are the only wildcards")]
    Character {
        /// What was written.
        written: String,
        /// The character.
        character: char,
    },
}

impl Glob {
    /// Reads a glob on container names, which are DNS labels (Kubernetes `validateContainers`).
    ///
    /// Upper case, `_` and `.` are let through: manifests exist that the API server would reject.
    ///
    /// # Errors
    /// [`NotAGlob`] for nothing, for regular expressions, and for characters that cannot match.
    pub fn parse(written: &str) -> Result<Self, NotAGlob> {
        let bare = written.trim();
        if bare.is_empty() {
            return Err(NotAGlob::Empty);
        }
        if bare.len() > MAX_BYTES {
            return Err(NotAGlob::Long { length: bare.len() });
        }
        let unanchored = bare.trim_start_matches('^').trim_end_matches('$');
        let instead = unanchored.replace(".*", "*").replace(".+", "?*");
        if instead != bare {
            return Err(NotAGlob::Regex { written: bare.to_owned(), instead });
        }
        Self::verbatim(bare)
    }

    /// Reads a glob in which a dot before a star is no mistake, as in the tag `1.*`.
    ///
    /// # Errors
    /// [`NotAGlob`] for nothing, and for characters that cannot match.
    pub fn verbatim(written: &str) -> Result<Self, NotAGlob> {
        if written.is_empty() {
            return Err(NotAGlob::Empty);
        }
        if written.len() > MAX_BYTES {
            return Err(NotAGlob::Long { length: written.len() });
        }
        let is_known = |c: &char| c.is_ascii_alphanumeric() || "-_.*?".contains(*c);
        match written.chars().find(|c| !is_known(c)) {
            Some(character) => Err(NotAGlob::Character { written: written.to_owned(), character }),
            None => Ok(Self(written.to_owned())),
        }
    }

    /// Whether the whole of `name` matches; the time is at most the product of the two lengths.
    pub fn matches(&self, name: &str) -> bool {
        let (pattern, text) = (self.0.as_bytes(), name);
        let name = name.as_bytes();
        let (mut p, mut n) = (0, 0);
        let mut last_star: Option<(usize, usize)> = None;
        while let Some(&byte) = name.get(n) {
            match pattern.get(p) {
                Some(b'*') => {
                    last_star = Some((p, n));
                    p += 1;
                }
                Some(b'?') if byte != b'/' && text.is_char_boundary(n) => {
                    p += 1;
                    n += text.get(n..).and_then(|rest| rest.chars().next()).map_or(1, char::len_utf8);
                }
                Some(&wanted) if wanted == byte => {
                    p += 1;
                    n += 1;
                }
                _ => match last_star {
                    Some((star, from)) if name.get(from) != Some(&b'/') => {
                        last_star = Some((star, from + 1));
                        p = star + 1;
                        n = from + 1;
                    }
                    _ => return false,
                },
            }
        }
        pattern.get(p..).is_some_and(|rest| rest.iter().all(|byte| *byte == b'*'))
    }

    /// The longest text that stands in every name that matches; empty when there is none.
    pub fn literal(&self) -> &str {
        // Of two that are as long, either will do.
        self.0.split(['*', '?']).max_by_key(|part| part.len()).unwrap_or("")
    }

    /// The glob as written.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for Glob {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}
