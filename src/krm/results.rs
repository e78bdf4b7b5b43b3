//! The `results` of a `ResourceList`, written so that every reader reads them alike.
//!
//! Strings are always quoted, numbers never are (kpt fails on `index: "0"`), and nothing is shared by
//! anchors (kpt fails on aliases in results).

use crate::diagnostic::Diagnostic;
use crate::yaml::scalar::escape_onto;

/// One entry of `results` (KRM functions specification, `Result`): a diagnostic as message with help, severity,
/// resource, field, file, and the rule's name as a tag.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Entry<'d>(&'d Diagnostic);

/// What an entry is made of, in order.
enum Piece<'d> {
    /// A key and its text, in parts.
    Text(&'static str, [&'d str; 3]),
    Number(&'static str, u64),
    /// A key whose mapping begins; nothing is nested deeper.
    Open(&'static str),
    Close,
}

impl<'d> Entry<'d> {
    /// The diagnostic as a result.
    pub fn of(diagnostic: &'d Diagnostic) -> Self {
        Self(diagnostic)
    }

    /// Adds the entry to a text as JSON on one line.
    pub fn write_flow(self, out: &mut String) {
        let mut separator = "{\"";
        self.pieces(|piece| {
            let mut begin = |out: &mut String, key| {
                for part in [separator, key, "\": "] {
                    out.push_str(part);
                }
                separator = ", \"";
            };
            match piece {
                Piece::Text(key, parts) => {
                    begin(out, key);
                    quote(parts, out);
                }
                Piece::Number(key, number) => {
                    begin(out, key);
                    out.push_str(&number.to_string());
                }
                Piece::Open(key) => {
                    begin(out, key);
                    separator = "{\"";
                }
                Piece::Close => {
                    out.push('}');
                    separator = ", \"";
                }
            }
        });
        out.push('}');
    }

    /// Adds the entry to a text as lines of a block sequence whose dashes stand behind `indent`.
    pub fn write_block(self, indent: &str, ending: &str, out: &mut String) {
        // What stands before the next key.
        let mut lead = "- ";
        let mut others = "  ";
        self.pieces(|piece| {
            let begin = |out: &mut String, key, behind| {
                for part in [indent, lead, key, behind] {
                    out.push_str(part);
                }
            };
            match piece {
                Piece::Text(key, parts) => {
                    begin(out, key, ": ");
                    quote(parts, out);
                }
                Piece::Number(key, number) => {
                    begin(out, key, ": ");
                    out.push_str(&number.to_string());
                }
                Piece::Open(key) => {
                    begin(out, key, ":");
                    others = "    ";
                }
                Piece::Close => {
                    (lead, others) = ("  ", "  ");
                    return;
                }
            }
            out.push_str(ending);
            lead = others;
        });
    }

    fn pieces(self, mut write: impl FnMut(Piece<'d>)) {
        let one = self.0;
        write(Piece::Text("message", one.parts()));
        let text = |key, text: &'d str| Piece::Text(key, [text, "", ""]);
        write(text("severity", one.severity.as_str()));
        let resource = one.resource.iter().flat_map(|resource| {
            [
                ("apiVersion", &resource.api_version),
                ("kind", &resource.kind),
                ("name", &resource.name),
                ("namespace", &resource.namespace),
            ]
        });
        // Without a key in it, a block mapping would be null.
        let mut known = resource.filter(|(_, part)| !part.is_empty()).peekable();
        if known.peek().is_some() {
            write(Piece::Open("resourceRef"));
            known.for_each(|(key, part)| write(text(key, part)));
            write(Piece::Close);
        }
        if !one.field.is_empty() {
            write(Piece::Open("field"));
            write(text("path", &one.field));
            write(Piece::Close);
        }
        if let Some(file) = &one.file {
            write(Piece::Open("file"));
            write(text("path", &file.path));
            if let Some(index) = file.index {
                write(Piece::Number("index", index));
            }
            write(Piece::Close);
        }
        if !one.rule.is_empty() {
            write(Piece::Open("tags"));
            write(text("rule", one.rule));
            write(Piece::Close);
        }
    }
}

/// The parts as one double-quoted text.
fn quote(parts: [&str; 3], out: &mut String) {
    out.push('"');
    for part in parts.into_iter().filter(|part| !part.is_empty()) {
        escape_onto(part, out);
    }
    out.push('"');
}
