//! Which slices of a text can hold one of some words, without reading them as YAML.

use aho_corasick::{AhoCorasick, packed};

/// Words that are searched at once; with more of them the search by vector instructions does not work.
const WORDS_AT_ONCE: usize = 48;

/// Says of a slice whether one of some words can be the value of a scalar in it, or a part of one.
///
/// A word stands in the text as it is, unless a double-quoted scalar spells a character of it by an escape or breaks it
/// over two lines. Slices with such an escape may hold any word.
#[derive(Debug)]
pub struct Prefilter {
    /// `None` when every slice may hold one: one of the words is empty, or no automaton can be built.
    searches: Option<Vec<Search>>,
}

/// A search for several words at once.
#[derive(Debug)]
enum Search {
    /// By vector instructions, where the machine has them.
    Packed(packed::Searcher),
    Automaton(AhoCorasick),
}

impl Search {
    fn new(words: &[&str]) -> Option<Self> {
        let packed = packed::Searcher::new(words).map(Self::Packed);
        packed.or_else(|| AhoCorasick::new(words).ok().map(Self::Automaton))
    }

    fn finds(&self, slice: &str) -> bool {
        match self {
            Self::Packed(search) => search.find(slice).is_some(),
            Self::Automaton(search) => search.is_match(slice),
        }
    }
}

impl Prefilter {
    /// The filter for words of letters, digits and `-`, `_`, `.`; with an empty word among them, all slices pass.
    pub fn new<'w>(words: impl IntoIterator<Item = &'w str>) -> Self {
        let mut words: Vec<&str> = words.into_iter().collect();
        words.sort_unstable();
        words.dedup();
        if words.first().is_some_and(|first| first.is_empty()) {
            return Self { searches: None };
        }
        Self { searches: words.chunks(WORDS_AT_ONCE).map(Search::new).collect() }
    }

    /// Whether the slice can hold a word.
    pub fn may_hold(&self, slice: &str) -> bool {
        let Some(searches) = &self.searches else { return true };
        searches.iter().any(|words| words.finds(slice)) || may_spell(slice)
    }
}

/// Whether the text may spell letters, digits, `-`, `_` or `.` by an escape of a double-quoted scalar.
pub fn may_spell(text: &str) -> bool {
    let bytes = text.as_bytes();
    memchr::memchr_iter(b'\\', bytes).any(|at| {
        let digits =
            |count: usize| text.get(at + 2..at + 2 + count).and_then(|code| u32::from_str_radix(code, 16).ok());
        let code = match bytes.get(at + 1) {
            Some(b'x') => digits(2),
            Some(b'u') => digits(4),
            Some(b'U') => digits(8),
            Some(b'\n' | b'\r') => return joins(bytes, at),
            _ => None,
        };
        code.and_then(char::from_u32).is_some_and(is_of_word)
    })
}

/// Whether the backslash before a line break at `at` would join two parts of one word.
fn joins(bytes: &[u8], at: usize) -> bool {
    let before = at.checked_sub(1).and_then(|before| bytes.get(before));
    let after = bytes.get(at + 1..).unwrap_or(&[]).iter().find(|byte| !byte.is_ascii_whitespace());
    let is_of_word = |byte: &u8| is_of_word(char::from(*byte)) || *byte == b'\\';
    before.is_some_and(is_of_word) && after.is_some_and(is_of_word)
}

fn is_of_word(c: char) -> bool {
    c.is_ascii_alphanumeric() || matches!(c, '-' | '_' | '.')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_word_is_found_as_it_is_and_wherever_an_escape_may_spell_it() {
        let filter = Prefilter::new(["istio-proxy", "log-"]);
        let spelled = [
            "name: istio-proxy",
            "a: b\nname: log-shipper\n",
            "name: \"\\x69stio-proxy\"",
            "name: \"istio\\u002dproxy\"",
            "name: \"istio\\U0000002Dproxy\"",
            "name: \"istio-\\\n  proxy\"",
            "name: \"istio-\\\n\n  \\\n proxy\"",
        ];
        for text in spelled {
            assert!(filter.may_hold(text), "{text}");
        }
        let others = [
            "name: istio",
            "a: '{\"b\":\"\\u003cc\\u003e\"}'\n",
            "command: |\n  exec a \\\n    --b\n",
            "a: \"\\n\\t\\\"\"",
            "a: \"\\xZZ \\u12\"",
        ];
        for text in others {
            assert!(!filter.may_hold(text), "{text}");
        }
    }

    #[test]
    fn an_empty_word_lets_all_pass_and_no_word_lets_nothing_pass() {
        assert!(Prefilter::new(["a", ""]).may_hold("b"));
        assert!(!Prefilter::new([]).may_hold("b"));
    }

    #[test]
    fn hundreds_of_words_are_all_found() {
        let words: Vec<_> = (0..300).map(|number| format!("word-{number}-")).collect();
        let filter = Prefilter::new(words.iter().map(String::as_str));
        for word in &words {
            assert!(filter.may_hold(&format!("name: {word}x")), "{word}");
        }
        assert!(!filter.may_hold("name: word-300-x"));
    }
}
