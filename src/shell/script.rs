//! From tokens to simple commands, each with what stands around it.

use std::collections::BTreeMap;
use std::ops::Range;

use super::argv;
use super::lexer::{Lexer, OPAQUE, Op, Token, Word, is_name};
use super::simple::{Joint, Simple};

/// What stands around commands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Block {
    /// The whole text.
    Top,
    /// What a loop asks before each round.
    Condition {
        /// `until` instead of `while`.
        is_until: bool,
    },
    /// What a loop repeats.
    Body,
    /// What `if` asks.
    Test,
    /// A branch of `if` or `case`.
    Branch,
    /// `{ … }` or `( … )`.
    Group,
    /// The body of a function: it runs when the function is called.
    Function,
    /// A command whose output becomes part of a word.
    Substitution,
    /// The text that another shell is called with: `sh -c TEXT`.
    Shell,
}

/// A block and where it stands.
#[derive(Debug, Clone, Copy)]
struct Node {
    block: Block,
    parent: Option<usize>,
    /// The command that a substitution or shell belongs to.
    owner: Option<usize>,
    /// The loop that a condition or body belongs to, by the block of its condition.
    of: Option<usize>,
}

/// What a command line does, as far as it can be told without running it.
///
/// Reading takes time linear in the text. Nothing recurses: blocks and substitutions beyond [`MAX_DEPTH`] are data.
#[derive(Debug, Clone, Default)]
pub struct Script {
    commands: Vec<Simple>,
    nodes: Vec<Node>,
    /// For each command, whether it runs beside those that follow it; none behind the last one that was read from text.
    background: Vec<bool>,
    /// The commands of the texts within a command's words.
    inner: BTreeMap<usize, Vec<Range<usize>>>,
    is_shell: bool,
    /// Whether a command may make the shell stop at others that fail: `set -e`, `trap`.
    may_stop: bool,
}

/// How deep blocks, substitutions and shells are followed.
pub const MAX_DEPTH: usize = 32;

/// How deep texts within texts are read; each of them is read once for every text around it.
const MAX_TEXTS: usize = 8;

/// Longer texts are not read: no command line that a person wrote is.
const MAX_LENGTH: usize = 256 * 1024;

/// How many commands of one list are looked through at most.
const MAX_CHAIN: usize = 64;

/// A text that is to be read.
#[derive(Debug)]
struct Text {
    source: String,
    block: Block,
    parent: Option<usize>,
    owner: Option<usize>,
    depth: usize,
}

impl Script {
    /// Reads shell text.
    pub fn of_text(text: &str) -> Self {
        let top = Text { source: text.to_owned(), block: Block::Top, parent: None, owner: None, depth: 0 };
        let mut script = Self { is_shell: true, ..Self::default() };
        script.read(vec![top]);
        script
    }

    /// Reads the arguments of a program that is started as it stands, without a shell; where the program is a shell,
    /// the text that it is given is read too.
    pub fn of_argv(argv: &[&str]) -> Self {
        Self::of_words(argv.iter().map(|word| Word::literal(*word)).collect())
    }

    /// Reads the command of a container or probe: as [`Script::of_argv`], behind the kubelet's own replacement of
    /// `$(NAME)`, whose values are not looked up, and of `$$`
    /// (Kubernetes `third_party/forked/golang/expansion/expand.go`).
    pub fn of_command(argv: &[&str]) -> Self {
        Self::of_words(argv.iter().map(|word| Word::literal(expand(word))).collect())
    }

    fn of_words(words: Vec<Word>) -> Self {
        let top = Node { block: Block::Top, parent: None, owner: None, of: None };
        let mut script = Self { nodes: vec![top], ..Self::default() };
        if words.iter().map(|word| word.text.len()).sum::<usize>() <= MAX_LENGTH {
            script.is_shell = argv::shell_text(&words).is_some();
            let program = argv::program(&words);
            script.commands = vec![Simple { words, program, ..Simple::default() }];
        }
        script.read(script.shells(0, 0));
        script
    }

    /// The commands. Those of one text are in its order; texts within words follow those around them.
    pub fn commands(&self) -> &[Simple] {
        &self.commands
    }

    /// Whether the program that is started is a shell that reads a text: then it waits for what it starts.
    pub fn is_shell(&self) -> bool {
        self.is_shell
    }

    /// The commands whose output is part of the words of the one at `index`.
    pub fn commands_in(&self, index: usize) -> impl Iterator<Item = &Simple> + '_ {
        let ranges = self.inner.get(&index).map_or(&[][..], Vec::as_slice);
        ranges.iter().filter_map(|range| self.commands.get(range.clone())).flatten()
    }

    /// The blocks around a command, the innermost first.
    pub fn around(&self, command: &Simple) -> impl Iterator<Item = Block> + '_ {
        self.chain(command.node).map(|node| node.block)
    }

    fn chain(&self, node: usize) -> impl Iterator<Item = &Node> + '_ {
        std::iter::successors(self.nodes.get(node), |node| self.nodes.get(node.parent?))
    }

    /// Whether the command at `index`, or something around it, runs in the background.
    pub fn is_background(&self, index: usize) -> bool {
        let mut at = Some(index);
        while let Some(index) = at {
            if self.background.get(index).copied().unwrap_or(false) {
                return true;
            }
            let node = self.commands.get(index).map_or(0, |command| command.node);
            // The owner of a text stands before it; one that the text's end cut off was never read.
            at = self.chain(node).find_map(|node| node.owner).filter(|owner| *owner < index);
        }
        false
    }

    /// The loop whose condition the command is part of: whether it is `until`.
    pub fn condition_of(&self, command: &Simple) -> Option<bool> {
        self.around(command).take_while(|block| *block != Block::Function).find_map(|block| match block {
            Block::Condition { is_until } => Some(is_until),
            _ => None,
        })
    }

    /// The loops around a command, the innermost first: each by a number that is its own, and the part of it.
    pub fn loops(&self, command: &Simple) -> impl Iterator<Item = (usize, Block)> + '_ {
        self.chain(command.node).filter_map(|node| Some((node.of?, node.block)))
    }

    /// Whether the failure of the command at `index` is the failure of what is around it: no `|| true` follows, nor
    /// anything else that decides.
    pub fn is_decisive(&self, index: usize) -> bool {
        let Some(command) = self.commands.get(index) else { return false };
        let behind = self.commands.iter().skip(index + 1).take(MAX_CHAIN);
        let mut behind = behind.skip_while(|next| matches!(next.joint, Joint::Pipe | Joint::And)).peekable();
        let Some(next) = behind.next_if(|next| next.joint == Joint::Or) else {
            return !command.is_negated && !self.is_passed_over(index);
        };
        // `|| exit 1`, or `|| { echo no; exit 1; }`
        next.is_failure()
            || next.node != command.node && behind.take_while(|one| one.node == next.node).any(Simple::is_failure)
    }

    /// Whether the list of the command at `index` succeeds whatever that one does: what cannot fail stands at its end,
    /// and nothing ends the script before. `false` also where that takes more than a look.
    ///
    /// A list has the status of its last command; `set -e` ends the shell at an earlier one that fails (POSIX.1-2017 XCU
    /// 2.9.3, 2.14).
    fn is_passed_over(&self, index: usize) -> bool {
        let Some((command, behind)) = self.commands.get(index..).and_then(<[_]>::split_first) else { return false };
        if behind.len() > MAX_CHAIN || self.may_stop {
            return false;
        }
        let Some(last) = behind.iter().rposition(|one| one.node == command.node) else { return false };
        let (Some(end), Some(between)) = (behind.get(last), behind.get(..last)) else { return false };
        let shell = self.chain(command.node).find_map(|node| node.owner).and_then(|owner| self.commands.get(owner));
        // `sh -ec`; any other option with that letter is as rare.
        let stops =
            |shell: &Simple| shell.words.iter().any(|word| word.text.starts_with('-') && word.text.contains('e'));
        end.joint == Joint::Then
            && end.is_success()
            && !between.iter().any(Simple::is_failure)
            && !shell.is_some_and(stops)
    }

    fn read(&mut self, mut waiting: Vec<Text>) {
        while let Some(text) = waiting.pop() {
            if text.depth > MAX_TEXTS || text.source.len() > MAX_LENGTH {
                continue;
            }
            let first = self.commands.len();
            let top = self.node(text.block, text.parent, text.owner, None);
            let mut parser = Parser::new(self, top, text.depth);
            let mut lexer = Lexer::new(&text.source);
            while let Some(token) = lexer.next() {
                parser.token(token);
            }
            parser.flush();
            let (inner, marks) = (parser.inner, parser.background);
            self.mark(first, &marks);
            if let Some(owner) = text.owner {
                self.inner.entry(owner).or_default().push(first..self.commands.len());
            }
            // Last in, first out: the order of the texts is kept.
            waiting.extend(inner.into_iter().rev());
            waiting.extend(self.shells(first, text.depth).into_iter().rev());
        }
        self.may_stop = self.commands.iter().any(|one| matches!(one.name(), "set" | "trap"));
    }

    fn node(&mut self, block: Block, parent: Option<usize>, owner: Option<usize>, of: Option<usize>) -> usize {
        self.nodes.push(Node { block, parent, owner, of });
        self.nodes.len() - 1
    }

    /// Marks the commands from `first` on that lie in one of the ranges.
    fn mark(&mut self, first: usize, ranges: &[Range<usize>]) {
        let mut depth = vec![0_i64; self.commands.len() - first + 1];
        for range in ranges {
            for (at, change) in [(range.start, 1), (range.end, -1)] {
                if let Some(slot) = at.checked_sub(first).and_then(|at| depth.get_mut(at)) {
                    *slot += change;
                }
            }
        }
        let mut open = 0;
        self.background.resize(first, false);
        self.background.extend(depth.iter().take(self.commands.len() - first).map(|change| {
            open += change;
            open > 0
        }));
    }

    /// The texts that the commands from `first` on give to a shell.
    fn shells(&self, first: usize, depth: usize) -> Vec<Text> {
        let commands = self.commands.iter().enumerate().skip(first);
        let text = |(index, command): (usize, &Simple)| {
            let source = argv::shell_text(command.program())?.to_owned();
            let (parent, owner) = (Some(command.node), Some(index));
            Some(Text { source, block: Block::Shell, parent, owner, depth: depth + 1 })
        };
        commands.filter_map(text).collect()
    }
}

/// What the kubelet makes of a word of a command.
fn expand(word: &str) -> String {
    let mut expanded = String::with_capacity(word.len());
    let mut rest = word;
    while let Some(at) = rest.find('$') {
        expanded.push_str(rest.get(..at).unwrap_or(""));
        rest = rest.get(at + 1..).unwrap_or("");
        let name = rest.strip_prefix('(').and_then(|inner| inner.split_once(')')).filter(|(name, _)| is_name(name));
        if let Some((_, behind)) = name {
            expanded.push(OPAQUE);
            rest = behind;
        } else {
            expanded.push('$');
            rest = rest.strip_prefix('$').unwrap_or(rest);
        }
    }
    expanded.push_str(rest);
    expanded
}

/// What is open around the place that is read.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Open {
    Text,
    Condition,
    /// `for NAME in WORDS` or `case WORD`: no commands stand there.
    Head,
    Body,
    Test,
    Branch,
    /// `PATTERN)`
    Pattern,
    Case,
    Brace,
    Paren,
}

#[derive(Debug)]
struct Frame {
    open: Open,
    node: usize,
    /// The first command of the list that the next `&` sends to the background.
    list: usize,
}

struct Parser<'a> {
    script: &'a mut Script,
    frames: Vec<Frame>,
    /// Blocks that were not opened because they lie too deep.
    skipped: usize,
    current: Simple,
    joint: Joint,
    is_file: bool,
    /// Within `[[ … ]]`.
    is_test: bool,
    is_function: bool,
    depth: usize,
    inner: Vec<Text>,
    background: Vec<Range<usize>>,
}

impl<'a> Parser<'a> {
    fn new(script: &'a mut Script, node: usize, depth: usize) -> Self {
        let list = script.commands.len();
        Self {
            script,
            frames: vec![Frame { open: Open::Text, node, list }],
            skipped: 0,
            current: Simple::default(),
            joint: Joint::Then,
            is_file: false,
            is_test: false,
            is_function: false,
            depth,
            inner: Vec::new(),
            background: Vec::new(),
        }
    }

    fn open(&self) -> Open {
        self.frames.last().map_or(Open::Text, |frame| frame.open)
    }

    fn here(&self) -> usize {
        self.frames.last().map_or(0, |frame| frame.node)
    }

    fn is_start(&self) -> bool {
        self.current.words.is_empty() && self.current.assignments.is_empty() && self.current.files.is_empty()
    }

    fn push(&mut self, open: Open, block: Block, of: Option<usize>) {
        if self.frames.len() > MAX_DEPTH {
            self.skipped += 1;
            return;
        }
        // A loop is known by the block of its condition.
        let of = if matches!(block, Block::Condition { .. }) { Some(self.script.nodes.len()) } else { of };
        let node = self.script.node(block, Some(self.here()), None, of);
        self.frames.push(Frame { open, node, list: self.script.commands.len() });
    }

    /// Closes the innermost block if it is one of these; what is closed without being open is left out.
    fn pop(&mut self, opens: &[Open]) -> Option<Frame> {
        if self.skipped > 0 {
            self.skipped -= 1;
            return None;
        }
        if self.frames.len() > 1 && opens.contains(&self.open()) { self.frames.pop() } else { None }
    }

    /// Ends the command that is being read.
    fn flush(&mut self) {
        (self.is_file, self.is_test) = (false, false);
        if self.is_start() {
            self.current.is_negated = false;
            return;
        }
        let mut command = std::mem::take(&mut self.current);
        command.node = self.here();
        command.joint = std::mem::take(&mut self.joint);
        command.program = argv::program(&command.words);
        self.script.commands.push(command);
    }

    fn token(&mut self, token: Token) {
        match token {
            Token::Word(word) => self.word(word),
            Token::Op(Op::Redirect) => self.is_file = true,
            Token::Op(op) if self.is_test && op != Op::Newline => {
                self.current.words.push(Word::literal(if op == Op::And { "&&" } else { "||" }));
            }
            Token::Op(op) => self.operator(op),
        }
    }

    fn operator(&mut self, op: Op) {
        match (self.open(), op) {
            (Open::Pattern, Op::Close) => {
                self.pop(&[Open::Pattern]);
                self.push(Open::Branch, Block::Branch, None);
            }
            (Open::Head | Open::Pattern, _) => {}
            (_, Op::Open) if self.current.words.len() == 1 && self.current.files.is_empty() => {
                // `name()`
                self.current = Simple::default();
                self.is_function = true;
            }
            (_, Op::Open) => {
                self.flush();
                let block = if std::mem::take(&mut self.is_function) { Block::Function } else { Block::Group };
                self.push(Open::Paren, block, None);
            }
            (_, Op::Close) if self.is_function && self.is_start() => {}
            (_, Op::Close) => {
                self.flush();
                self.pop(&[Open::Paren]);
            }
            (_, Op::CaseEnd) => {
                self.flush();
                if self.pop(&[Open::Branch]).is_some() {
                    self.push(Open::Pattern, Block::Branch, None);
                }
            }
            (_, Op::Newline) if self.is_start() && self.joint != Joint::Then => self.flush(),
            _ => {
                self.flush();
                self.joint = match op {
                    Op::And => Joint::And,
                    Op::Or => Joint::Or,
                    Op::Pipe => Joint::Pipe,
                    _ => Joint::Then,
                };
                let end = self.script.commands.len();
                if let Some(frame) = self.frames.last_mut() {
                    if op == Op::Amp {
                        self.background.push(frame.list..end);
                    }
                    if self.joint == Joint::Then {
                        frame.list = end;
                    }
                }
            }
        }
    }

    fn word(&mut self, mut word: Word) {
        for text in std::mem::take(&mut word.inner) {
            let owner = (!matches!(self.open(), Open::Head | Open::Pattern)).then_some(self.script.commands.len());
            let (parent, depth) = (Some(self.here()), self.depth + 1);
            self.inner.push(Text { source: text, block: Block::Substitution, parent, owner, depth });
        }
        if std::mem::take(&mut self.is_file) {
            self.current.files.push(word);
        } else if self.is_test {
            self.is_test = word.text != "]]";
            self.current.words.push(word);
        } else if self.is_function && word.text == "{" {
            self.current = Simple::default();
            self.keyword("{");
        } else if !(self.is_start() && !word.is_quoted && self.keyword(&word.text)) {
            match self.open() {
                Open::Head | Open::Pattern => {}
                _ if self.current.words.is_empty() && argv::is_assignment(&word) => self.current.assignments.push(word),
                _ => {
                    self.is_test = self.current.words.is_empty() && word.text == "[[";
                    self.current.words.push(word);
                }
            }
        }
    }

    /// Acts on a reserved word; gives whether it is one.
    fn keyword(&mut self, word: &str) -> bool {
        let open = self.open();
        match (word, open) {
            ("do", Open::Condition | Open::Head) => {
                let of = self.pop(&[Open::Condition, Open::Head]).map(|frame| frame.node);
                self.push(Open::Body, Block::Body, of);
            }
            ("in", Open::Head) => {}
            ("esac", Open::Pattern) => {
                self.pop(&[Open::Pattern]);
                self.pop(&[Open::Case]);
            }
            (_, Open::Head | Open::Pattern) => return false,
            ("while" | "until", _) => {
                self.push(Open::Condition, Block::Condition { is_until: word == "until" }, None);
            }
            ("for" | "select", _) => self.push(Open::Head, Block::Branch, None),
            ("case", _) => {
                self.push(Open::Case, Block::Branch, None);
                self.push(Open::Pattern, Block::Branch, None);
            }
            ("if", _) => self.push(Open::Test, Block::Test, None),
            ("then", Open::Test) => {
                self.pop(&[Open::Test]);
                self.push(Open::Branch, Block::Branch, None);
            }
            ("elif", Open::Branch) => {
                self.pop(&[Open::Branch]);
                self.push(Open::Test, Block::Test, None);
            }
            ("else", Open::Branch) => {
                self.pop(&[Open::Branch]);
                self.push(Open::Branch, Block::Branch, None);
            }
            ("done", Open::Body) | ("fi", Open::Branch) | ("}", Open::Brace) => {
                self.pop(&[Open::Body, Open::Branch, Open::Brace]);
            }
            ("esac", Open::Branch) => {
                self.pop(&[Open::Branch]);
                self.pop(&[Open::Case]);
            }
            ("{", _) => {
                let block = if std::mem::take(&mut self.is_function) { Block::Function } else { Block::Group };
                self.push(Open::Brace, block, None);
            }
            ("function", _) => self.is_function = true,
            ("!", _) => self.current.is_negated = true,
            _ => return false,
        }
        true
    }
}
