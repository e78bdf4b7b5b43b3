//! From shell text to words and operators (POSIX.1-2017, XCU 2.2 and 2.3, with bash's usual additions).

/// Stands in a word for what only the running shell knows: variables, the output of commands.
pub const OPAQUE: char = '\u{fffc}';

/// A word, as the shell would hand it to a program: quotes and escapes are gone.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Word {
    /// The text, with [`OPAQUE`] for what is not known.
    pub text: String,
    /// Whether a part of it was quoted: then it is no keyword.
    pub is_quoted: bool,
    /// The texts of the commands whose output is part of the word: `$(…)`, backticks, `<(…)`.
    pub(super) inner: Vec<String>,
}

impl Word {
    /// A word that is its own text.
    pub fn literal(text: impl Into<String>) -> Self {
        Self { text: text.into(), is_quoted: true, inner: Vec::new() }
    }

    /// Whether the whole text is known.
    pub fn is_known(&self) -> bool {
        is_known(&self.text)
    }
}

/// Whether a text has no part that only the running shell knows.
pub fn is_known(text: &str) -> bool {
    text.is_ascii() || !text.contains(OPAQUE)
}

/// An operator.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Op {
    Newline,
    Semi,
    CaseEnd,
    Amp,
    And,
    Or,
    Pipe,
    Open,
    Close,
    /// Any redirection but here-documents, which are skipped with their data.
    Redirect,
}

/// A token.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Token {
    Word(Word),
    Op(Op),
}

/// Operators of two and three characters before those that they begin with.
const OPERATORS: &[(&str, Op)] = &[
    ("&>>", Op::Redirect),
    ("<<<", Op::Redirect),
    (";;&", Op::CaseEnd),
    ("&&", Op::And),
    ("&>", Op::Redirect),
    ("||", Op::Or),
    ("|&", Op::Pipe),
    (";;", Op::CaseEnd),
    (";&", Op::CaseEnd),
    (">>", Op::Redirect),
    (">&", Op::Redirect),
    (">|", Op::Redirect),
    ("<&", Op::Redirect),
    ("<>", Op::Redirect),
    ("\n", Op::Newline),
    (";", Op::Semi),
    ("&", Op::Amp),
    ("|", Op::Pipe),
    ("(", Op::Open),
    (")", Op::Close),
    (">", Op::Redirect),
    ("<", Op::Redirect),
];

/// What a bracket or quote that is open waits for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Until {
    Paren,
    Brace,
    Quote,
}

/// Reads tokens one by one, each character once.
#[derive(Debug)]
pub(super) struct Lexer<'s> {
    rest: &'s str,
    /// Delimiters of here-documents whose data begin on the next line, each with whether tabs are stripped.
    documents: Vec<(String, bool)>,
}

impl<'s> Lexer<'s> {
    pub(super) fn new(text: &'s str) -> Self {
        Self { rest: text, documents: Vec::new() }
    }

    fn peek(&self) -> Option<char> {
        self.rest.chars().next()
    }

    fn bump(&mut self) -> Option<char> {
        let mut chars = self.rest.chars();
        let next = chars.next();
        self.rest = chars.as_str();
        next
    }

    /// Takes `text` if it comes next.
    fn take(&mut self, text: &str) -> bool {
        match self.rest.strip_prefix(text) {
            Some(rest) => {
                self.rest = rest;
                true
            }
            None => false,
        }
    }

    /// Takes `bytes` bytes, or what is left.
    fn split(&mut self, bytes: usize) -> &'s str {
        let (taken, rest) = self.rest.split_at_checked(bytes).unwrap_or((self.rest, ""));
        self.rest = rest;
        taken
    }

    /// The text up to the first `end`, which is skipped; all of the rest where it is missing.
    fn until(&mut self, end: char) -> &'s str {
        let taken = self.split(self.rest.find(end).unwrap_or(self.rest.len()));
        self.bump();
        taken
    }

    pub(super) fn next(&mut self) -> Option<Token> {
        loop {
            let next = self.peek()?;
            if self.take("\\\n") || self.take("\\\r\n") {
            } else if next != '\n' && next.is_whitespace() {
                self.bump();
            } else if next == '#' {
                self.split(self.rest.find('\n').unwrap_or(self.rest.len()));
            } else if self.take("((") {
                // Arithmetic. `((a); b)` without a blank between the brackets is taken for it as well.
                self.balanced(Until::Paren);
                self.take(")");
                return Some(Token::Word(Word::literal(OPAQUE)));
            } else if self.rest.starts_with("<<") && !self.rest.starts_with("<<<") {
                self.here_document();
            } else if let Some(op) = self.operator() {
                return Some(Token::Op(op));
            } else {
                let word = self.word();
                // The `2` of `2>` belongs to the redirection.
                let is_descriptor = !word.is_quoted
                    && self.rest.starts_with(['<', '>'])
                    && word.text.bytes().all(|byte| byte.is_ascii_digit());
                if !is_descriptor {
                    return Some(Token::Word(word));
                }
            }
        }
    }

    fn operator(&mut self) -> Option<Op> {
        if self.is_process() {
            return None;
        }
        let (text, op) = OPERATORS.iter().find(|(text, _)| self.rest.starts_with(text))?;
        self.take(text);
        if *op == Op::Newline {
            self.skip_documents();
        }
        Some(*op)
    }

    /// Whether bash's `<(…)` or `>(…)` comes next.
    fn is_process(&self) -> bool {
        self.rest.starts_with("<(") || self.rest.starts_with(">(")
    }

    fn word(&mut self) -> Word {
        let mut word = Word::default();
        while let Some(next) = self.peek() {
            if self.is_process() {
                self.split(2);
                word.inner.push(self.balanced(Until::Paren).to_owned());
                word.text.push(OPAQUE);
                continue;
            }
            match next {
                '(' if word.text.ends_with('=') => {
                    // A list of bash.
                    self.bump();
                    self.balanced(Until::Paren);
                    word.text.push(OPAQUE);
                }
                ';' | '&' | '|' | '<' | '>' | '(' | ')' => break,
                _ if next.is_whitespace() => break,
                '\'' => {
                    self.bump();
                    word.text.push_str(self.until('\''));
                    word.is_quoted = true;
                }
                '"' => {
                    self.bump();
                    self.double_quoted(&mut word);
                }
                '\\' => {
                    self.bump();
                    match self.bump() {
                        Some('\n') | None => {}
                        Some(escaped) => {
                            word.text.push(escaped);
                            word.is_quoted = true;
                        }
                    }
                }
                _ => self.piece(&mut word),
            }
        }
        word
    }

    /// A character outside of quotes or in double quotes, or what `$` and a backtick begin.
    fn piece(&mut self, word: &mut Word) {
        match self.bump() {
            Some('$') => self.dollar(word),
            Some('`') => {
                word.inner.push(self.backticks());
                word.text.push(OPAQUE);
            }
            Some(other) => word.text.push(other),
            None => {}
        }
    }

    fn double_quoted(&mut self, word: &mut Word) {
        word.is_quoted = true;
        while let Some(next) = self.peek() {
            match next {
                '"' => {
                    self.bump();
                    return;
                }
                '\\' => {
                    self.bump();
                    match self.bump() {
                        Some('\n') | None => {}
                        Some(escaped @ ('$' | '`' | '"' | '\\')) => word.text.push(escaped),
                        Some(other) => word.text.extend(['\\', other]),
                    }
                }
                _ => self.piece(word),
            }
        }
    }

    /// What follows a `$`.
    fn dollar(&mut self, word: &mut Word) {
        if self.take("((") {
            self.balanced(Until::Paren);
            self.take(")");
        } else if self.take("(") {
            let inner = self.balanced(Until::Paren);
            // `$(NAME)` is a variable of Kubernetes; a command of one word would tell nothing either.
            if !is_name(inner) {
                word.inner.push(inner.to_owned());
            }
        } else if self.take("{") {
            self.balanced(Until::Brace);
        } else if !word.is_quoted && self.take("'") {
            // `$'…'` of bash; its escapes are kept.
            word.text.push_str(self.until('\''));
            word.is_quoted = true;
            return;
        } else if !word.is_quoted && self.take("\"") {
            return self.double_quoted(word);
        } else {
            let name = self.rest.find(|c: char| !c.is_ascii_alphanumeric() && c != '_').unwrap_or(self.rest.len());
            let is_special = self.rest.starts_with(['?', '$', '!', '#', '@', '*', '-']);
            if name == 0 && !is_special {
                return word.text.push('$');
            }
            self.split(name.max(1));
        }
        word.text.push(OPAQUE);
    }

    /// The text in backticks, with the backslashes gone that keep inner backticks apart.
    fn backticks(&mut self) -> String {
        let mut inner = String::new();
        while let Some(next) = self.bump() {
            match next {
                '`' => break,
                '\\' => match self.bump() {
                    Some(escaped @ ('`' | '\\' | '$')) => inner.push(escaped),
                    Some(other) => inner.extend(['\\', other]),
                    None => {}
                },
                _ => inner.push(next),
            }
        }
        inner
    }

    /// The text up to the bracket that closes the one just read; all of the rest where it is missing.
    fn balanced(&mut self, until: Until) -> &'s str {
        let start = self.rest;
        let mut open = vec![until];
        while let Some(&innermost) = open.last() {
            let before = self.rest.len();
            let Some(next) = self.bump() else { return start };
            match (innermost, next) {
                (_, '\\') => {
                    self.bump();
                }
                (Until::Paren, ')') | (Until::Brace, '}') | (Until::Quote, '"') => {
                    open.pop();
                    if open.is_empty() {
                        return start.get(..start.len() - before).unwrap_or("");
                    }
                }
                (Until::Paren | Until::Brace, '\'') => {
                    self.until('\'');
                }
                (Until::Paren | Until::Brace, '"') => open.push(Until::Quote),
                (Until::Paren, '(') => open.push(Until::Paren),
                (_, '$') if self.take("(") => open.push(Until::Paren),
                (_, '$') if self.take("{") => open.push(Until::Brace),
                _ => {}
            }
        }
        start
    }

    /// Reads `<<WORD` or `<<-WORD`.
    fn here_document(&mut self) {
        self.split(2);
        let is_stripped = self.take("-");
        let blanks = self.rest.len() - self.rest.trim_start_matches([' ', '\t']).len();
        self.split(blanks);
        let delimiter = self.word().text;
        self.documents.push((delimiter, is_stripped));
    }

    /// Skips the data of the here-documents that begin here.
    fn skip_documents(&mut self) {
        for (delimiter, is_stripped) in std::mem::take(&mut self.documents) {
            while !self.rest.is_empty() {
                let line = self.until('\n').trim_end_matches('\r');
                let line = if is_stripped { line.trim_start_matches('\t') } else { line };
                if line == delimiter {
                    break;
                }
            }
        }
    }
}

/// Whether a text is a name of a variable, as Kubernetes takes it.
pub(super) fn is_name(text: &str) -> bool {
    !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b'-' | b'.'))
}
