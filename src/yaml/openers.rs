//! What a line opens: quoted scalars and flow collections that may run on over its end.

use super::line;
use super::scan::{first_pair, is};

/// Whether no quoted scalar and no flow collection that begins on this line is still open at its end.
///
/// The line is read as if it began outside of both. `false` also when in doubt.
pub(super) fn is_closed(one: &str) -> bool {
    opener(one.as_bytes(), 0).is_none() || Tokens { rest: one.as_bytes() }.close()
}

/// Where the first quote or bracket from `from` on stands that may begin a token: outside of a flow collection none
/// begins within a word. `from` is the start of a line.
fn opener(bytes: &[u8], from: usize) -> Option<usize> {
    // One bit is what the bracket and the brace differ in.
    let is_opener = |byte: u8| is(byte, b'"') | is(byte, b'\'') | is(byte | 0x20, b'{');
    if bytes.get(from).is_some_and(|byte| is_opener(*byte) != 0) {
        return Some(from);
    }
    let begins = |byte: u8, next: u8| u8::from(byte <= b' ') & is_opener(next);
    first_pair(bytes, from..bytes.len(), begins).map(|space| space + 1)
}

/// Whether [`is_closed`] holds for all these lines: most hold nothing that may open something, and then one search over
/// all of them is much less work than one in each.
pub(super) fn all_close(lines: &str) -> bool {
    let bytes = lines.as_bytes();
    let mut at = 0;
    while let Some(opener) = opener(bytes, at) {
        let begin = memchr::memrchr(b'\n', bytes.get(at..opener).unwrap_or(&[])).map_or(at, |found| at + found + 1);
        if let Some(end) = simple_end(bytes, begin, opener) {
            at = end;
            continue;
        }
        let rest = bytes.get(begin..).unwrap_or(&[]);
        let one = memchr::memchr(b'\n', rest).and_then(|end| rest.get(..=end)).unwrap_or(rest);
        if !(Tokens { rest: one }).close() {
            return false;
        }
        at = begin + one.len();
    }
    true
}

/// The end of the line that begins at `from` and in which the first opener stands at `at`, if it is the value of a simple
/// key and the line a common one: with a quoted scalar that has no escapes, or an empty collection. The line is closed
/// then.
fn simple_end(bytes: &[u8], from: usize, at: usize) -> Option<usize> {
    // Words and dashes: nothing but the colon can end a token here, or begin one that is no plain scalar.
    let is_simple = |byte: u8| matches!(byte, b' ' | b'-'..=b'9' | b'A'..=b'Z' | b'a'..=b'z');
    let key = bytes.get(from..at)?.strip_suffix(b": ")?;
    // No early exit, so that the loop is one of vector instructions.
    if !key.iter().fold(true, |all, byte| all & is_simple(*byte)) {
        return None;
    }
    let value = bytes.get(at..)?;
    let length = match (value.first()?, value.get(1)?) {
        (b'[', b']') | (b'{', b'}') => 2,
        (quote @ (b'"' | b'\''), _) => {
            let inner = value.get(1..)?;
            let end = memchr::memchr3(*quote, b'\\', b'\n', inner).filter(|end| inner.get(*end) == Some(quote))?;
            end + 2
        }
        _ => return None,
    };
    (value.get(length) == Some(&b'\n')).then_some(at + length + 1)
}

/// A reader of the tokens of one line, precise enough to see what opens and what closes.
struct Tokens<'l> {
    /// What is not yet read.
    rest: &'l [u8],
}

impl Tokens<'_> {
    fn peek(&self, ahead: usize) -> Option<u8> {
        self.rest.get(ahead).copied()
    }

    fn is_space(byte: Option<u8>) -> bool {
        matches!(byte, None | Some(b' ' | b'\t' | b'\n' | b'\r'))
    }

    fn skip(&mut self, count: usize) {
        self.rest = self.rest.get(count..).unwrap_or(&[]);
    }

    /// Reads the line; whether everything that opens on it certainly closes.
    fn close(&mut self) -> bool {
        self.skip(line::indentation(self.rest));
        while let Some((&first, behind)) = self.rest.split_first() {
            match first {
                b' ' | b'\t' | b'\n' | b'\r' => self.rest = behind,
                b'#' | b'|' | b'>' => return true,
                b'-' | b'?' | b':' if Self::is_space(behind.first().copied()) => self.rest = behind,
                b'&' | b'*' | b'!' => {
                    let end = behind.iter().position(|byte| Self::is_space(Some(*byte)));
                    self.rest = end.and_then(|end| behind.get(end..)).unwrap_or(&[]);
                }
                b'"' | b'\'' => {
                    if !self.quoted() || !Self::is_space(self.peek(usize::from(self.peek(0) == Some(b':')))) {
                        return false;
                    }
                }
                b'[' | b'{' => {
                    if !self.flow() {
                        return false;
                    }
                }
                b'%' | b'@' | b'`' | b']' | b'}' | b',' => return false,
                _ => {
                    let Some(value) = Self::behind_plain(self.rest) else { return true };
                    self.rest = value;
                }
            }
        }
        true
    }

    /// Reads a plain scalar in block context: the text from the colon behind it on, if it has one and a value may
    /// follow. The first byte is no `#`.
    fn behind_plain(text: &[u8]) -> Option<&[u8]> {
        let mut at = 0;
        loop {
            at += memchr::memchr2(b':', b'#', text.get(at..)?)?;
            let rest = text.get(at..)?;
            if rest.first() == Some(&b':') && Self::is_space(rest.get(1).copied()) {
                return Some(rest);
            }
            if rest.first() == Some(&b'#') && Self::is_space(at.checked_sub(1).and_then(|at| text.get(at)).copied()) {
                return None;
            }
            at += 1;
        }
    }

    /// Reads a quoted scalar; whether it ends on this line.
    fn quoted(&mut self) -> bool {
        let is_double = self.peek(0) == Some(b'"');
        self.skip(1);
        loop {
            let found =
                if is_double { memchr::memchr2(b'"', b'\\', self.rest) } else { memchr::memchr(b'\'', self.rest) };
            let Some(found) = found else { return false };
            let is_escape = match self.peek(found) {
                Some(b'"') => false,
                Some(b'\'') => self.peek(found + 1) == Some(b'\''),
                _ => true,
            };
            self.skip(found + 1 + usize::from(is_escape));
            if !is_escape {
                return true;
            }
        }
    }

    /// Reads a flow collection; whether it certainly ends on this line.
    fn flow(&mut self) -> bool {
        let mut depth = 0usize;
        let mut before = b'[';
        let mut may_quote = true;
        while let Some((&byte, behind)) = self.rest.split_first() {
            match byte {
                b'[' | b'{' => depth += 1,
                b']' | b'}' => depth -= 1,
                b'"' | b'\'' if may_quote => {
                    if !self.quoted() {
                        return false;
                    }
                    (before, may_quote) = (byte, false);
                    continue;
                }
                // A quote in the middle of a word, a comment, a property: rare enough to let the parser decide.
                b'"' | b'\'' | b'#' | b'!' | b'&' | b'*' => return false,
                _ => {}
            }
            self.rest = behind;
            if depth == 0 {
                return Self::is_space(self.peek(0)) || self.peek(0) == Some(b':');
            }
            may_quote = match byte {
                b'[' | b'{' | b',' => true,
                b':' => matches!(before, b'"' | b'\'' | b']' | b'}'),
                b' ' | b'\t' => may_quote || before == b':',
                _ => false,
            };
            before = byte;
        }
        false
    }
}
