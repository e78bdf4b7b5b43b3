//! Patterns on command lines and values.

/// A pattern on a whole text: `*` stands for any characters, none included. There is no other wildcard.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Wildcard(String);

impl Wildcard {
    /// A pattern as written.
    pub fn new(written: &str) -> Self {
        Self(written.to_owned())
    }

    /// Whether the whole of `text` matches; each part between stars is looked for once.
    pub fn matches(&self, text: &str) -> bool {
        let Some((first, rest)) = self.0.split_once('*') else { return self.0 == text };
        let Some(text) = text.strip_prefix(first) else { return false };
        let (between, last) = rest.rsplit_once('*').unwrap_or(("", rest));
        let Some(mut text) = text.strip_suffix(last) else { return false };
        for part in between.split('*') {
            let Some(at) = text.find(part) else { return false };
            text = text.get(at + part.len()..).unwrap_or("");
        }
        true
    }

    /// The text before the first star: every text that matches begins with it.
    pub fn literal(&self) -> &str {
        self.0.split('*').next().unwrap_or("")
    }

    /// The pattern as written.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_star_stands_for_anything_and_all_else_for_itself() {
        let table = [
            ("", "", true),
            ("a", "ab", false),
            ("*", "", true),
            ("a*", "a/b c", true),
            ("*a", "ba", true),
            ("a*a", "a", false),
            ("a*a", "aa", true),
            ("a*b*c", "aXbYbZc", true),
            ("a*b*c", "acb", false),
            ("* tail -f *", "sh -c tail -f /var/log/x", true),
            ("--one-time*", "--one-time=true", true),
            ("a?", "ab", false),
            ("*ab*ab*", "ab", false),
        ];
        for (pattern, text, wanted) in table {
            assert_eq!(Wildcard::new(pattern).matches(text), wanted, "{pattern} on {text}");
        }
    }
}
