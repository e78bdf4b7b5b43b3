//! The lines of one generated container, as they are and as a native sidecar's.

use super::pod::{Entry, Field, Form, Gap};

/// An entry as whole lines with its own comments.
pub(super) struct Chunk {
    pub(super) lines: Vec<String>,
    pub(super) native: Vec<String>,
    pub(super) is_selected: bool,
    /// Whether it ends in a block scalar, and whether that keeps its trailing blank lines.
    pub(super) ends_in_block: bool,
    pub(super) keeps_blanks: bool,
    /// Index of the entry that it has an alias of.
    pub(super) alias: Option<usize>,
}

pub(super) fn pad(column: usize) -> String {
    " ".repeat(column)
}

impl Chunk {
    /// Blank lines below a block scalar that keeps them are its own, and cut no comment off from it.
    pub(super) fn take_blanks(&mut self, below: &mut Vec<String>) {
        if !self.keeps_blanks {
            return;
        }
        let blanks = below.iter().take_while(|line| line.trim().is_empty()).count();
        let comments = usize::from(below.get(blanks).is_some_and(|line| line.ends_with("  # deep")));
        if comments > 0 {
            (self.keeps_blanks, self.ends_in_block) = (false, false);
        }
        for line in below.drain(..blanks + comments) {
            self.lines.push(line.clone());
            self.native.push(line);
        }
    }
}

impl Entry {
    pub(super) fn has_anchor(&self) -> bool {
        let Form::Block { fields, .. } = &self.form else { return false };
        fields.iter().any(|(_, field)| matches!(field, Field::Anchor))
    }

    pub(super) fn chunk(&self, prefix: &str, index: usize, dash: usize, has_anchor: &dyn Fn(usize) -> bool) -> Chunk {
        let name = format!("{prefix}{index}");
        let head = self.head.iter().enumerate();
        let head: Vec<_> =
            head.map(|(at, left)| format!("{}# - {at} of {name}", pad(dash.saturating_sub(*left)))).collect();
        let mut body =
            Body { prefix, index, name: &name, dash, has_anchor, lines: vec![], native: vec![], alias: None };
        let last = body.write(&self.form);
        let tail = self.tail.iter().enumerate();
        let tail: Vec<_> = tail.map(|(at, right)| format!("{}# {at} below {name}", pad(dash + right))).collect();
        let whole = |body: Vec<String>| head.iter().cloned().chain(body).chain(tail.iter().cloned()).collect();
        let header = match last {
            Some(Field::Block { header, .. }) => header,
            _ => "",
        };
        Chunk {
            lines: whole(body.lines),
            native: whole(body.native),
            is_selected: false,
            ends_in_block: !header.is_empty() && tail.is_empty(),
            keeps_blanks: header.contains('+') && tail.is_empty(),
            alias: body.alias,
        }
    }
}

/// The lines from the dash on, as they are and with `restartPolicy`.
struct Body<'a> {
    prefix: &'a str,
    index: usize,
    name: &'a str,
    dash: usize,
    has_anchor: &'a dyn Fn(usize) -> bool,
    lines: Vec<String>,
    native: Vec<String>,
    alias: Option<usize>,
}

impl Body<'_> {
    fn both(&mut self, line: String) {
        self.lines.push(line.clone());
        self.native.push(line);
    }

    /// Writes the entry and gives the field that ends it, unless that is its name.
    fn write<'f>(&mut self, form: &'f Form) -> Option<&'f Field> {
        match form {
            Form::Flow { is_name_first, is_on_lines } => {
                self.flow(*is_name_first, *is_on_lines);
                None
            }
            Form::Block { gap, quote, fields, name_at, has_comment_on_name } => {
                self.block(*gap, quote, fields, *name_at, *has_comment_on_name);
                fields.last().map(|(_, field)| field).filter(|_| *name_at < fields.len())
            }
        }
    }

    fn flow(&mut self, is_name_first: bool, is_on_lines: bool) {
        let (dash, name) = (pad(self.dash), self.name.to_owned());
        let (word, image) = (format!("name: {name}"), format!("image: {name}"));
        let policy = "restartPolicy: Always".to_owned();
        let (plain, native) = if is_name_first {
            (vec![word.clone(), image.clone()], vec![word, policy, image])
        } else {
            (vec![image.clone(), word.clone()], vec![image, word, policy])
        };
        let write = |pairs: &[String]| {
            if is_on_lines {
                let open = format!("{dash}- {{");
                let pairs = pairs.iter().enumerate().map(|(at, pair)| {
                    let comma = if at + 1 < pairs.len() { "," } else { "" };
                    format!("{dash}    {pair}{comma}")
                });
                std::iter::once(open).chain(pairs).chain([format!("{dash}  }}")]).collect()
            } else {
                vec![format!("{dash}- {{{}}}", pairs.join(", "))]
            }
        };
        (self.lines, self.native) = (write(&plain), write(&native));
    }

    fn block(
        &mut self,
        gap: Option<usize>,
        quote: &str,
        fields: &[(Vec<Gap>, Field)],
        name_at: usize,
        has_comment: bool,
    ) {
        let column = self.dash + gap.unwrap_or(1) + 1;
        if gap.is_none() {
            self.both(format!("{}- # of {}", pad(self.dash), self.name));
        }
        let name_at = name_at.min(fields.len());
        let has_policy = fields.iter().any(|(_, field)| matches!(field, Field::RestartPolicy));
        for at in 0..=fields.len() {
            if at == name_at {
                let comment = if has_comment { " # it" } else { "" };
                self.both(format!("{}{quote}name{quote}: {}{comment}", pad(column), self.name));
                if !has_policy {
                    self.native.push(format!("{}{quote}restartPolicy{quote}: {quote}Always{quote}", pad(column)));
                }
            }
            let Some((gaps, field)) = fields.get(at) else { continue };
            // Nothing can stand between a dash and the field on its line.
            let is_on_dash = gap.is_some() && self.lines.is_empty();
            for gap in gaps.iter().filter(|_| !is_on_dash) {
                let left = |column| format!("{}# in {}", pad(column), self.name);
                self.both(match gap {
                    Gap::Blank => String::new(),
                    Gap::Spaces => pad(column),
                    Gap::Comment(0) => left(column),
                    Gap::Comment(1) => left(self.dash),
                    Gap::Comment(_) => left(0),
                });
            }
            let is_first = |wanted: fn(&Field) -> bool| fields[..at].iter().all(|(_, field)| !wanted(field));
            match field {
                Field::RestartPolicy if is_first(|one| matches!(one, Field::RestartPolicy)) => {
                    self.both(format!("{}restartPolicy: Always", pad(column)));
                }
                Field::Anchor if is_first(|one| matches!(one, Field::Anchor)) => {
                    self.both(format!("{}f{at}: &{} {{x: 1}}", pad(column), self.name));
                }
                other => self.field(at, other, column),
            }
        }
        if gap.is_some() {
            for lines in [&mut self.lines, &mut self.native] {
                lines[0].replace_range(self.dash..=self.dash, "-");
            }
        }
    }

    fn field(&mut self, at: usize, field: &Field, column: usize) {
        let (key, name) = (format!("{}f{at}", pad(column)), self.name);
        let deeper = pad(column + 2);
        let lines = match field {
            Field::Plain { has_comment: true } => vec![format!("{key}: {name}:1#2 # of f{at}")],
            Field::QuotedKey => vec![format!("{}\"f{at}\": 'it''s # no comment'", pad(column))],
            Field::Flow { is_on_lines: false } => vec![format!("{key}: [a, \"b, c\", {{d: e}}]")],
            Field::Flow { is_on_lines: true } => {
                vec![format!("{key}: [a, # first"), format!("{deeper}\"b # no comment\"]")]
            }
            Field::List { indent, comments } => {
                let entry = pad(column + indent);
                let mut lines = vec![format!("{key}:")];
                for (index, word) in ["one", "two"].into_iter().enumerate() {
                    lines.extend((index < *comments).then(|| format!("{entry}# {word} of {name}")));
                    lines.push(format!("{entry}- {word}"));
                }
                lines
            }
            Field::Block { header, lines, kept } => {
                let first = if header.contains('2') { "  deeper" } else { "text" };
                let content = [first].into_iter().chain(lines.iter().copied()).chain(["end"]);
                let content =
                    content.map(|line| if line.is_empty() { String::new() } else { format!("{deeper}{line}") });
                let kept = std::iter::repeat_n(String::new(), if header.contains('+') { *kept } else { 0 });
                std::iter::once(format!("{key}: {header}")).chain(content).chain(kept).collect()
            }
            Field::Quoted { quote } => {
                vec![format!("{key}: {quote}first"), String::new(), format!("{deeper}- second: # no comment{quote}")]
            }
            Field::PlainLines => vec![format!("{key}: first words"), format!("{deeper}second words")],
            Field::Alias(back) if self.alias.is_none() && self.anchor(*back).is_some() => {
                self.alias = self.anchor(*back);
                vec![format!("{key}: *{}{}", self.prefix, self.alias.unwrap_or_default())]
            }
            _ => vec![format!("{key}: {name}")],
        };
        for line in lines {
            self.both(line);
        }
    }

    /// The entry so many places above, if it has an anchor.
    fn anchor(&self, back: usize) -> Option<usize> {
        self.index.checked_sub(back).filter(|index| (self.has_anchor)(*index))
    }
}
