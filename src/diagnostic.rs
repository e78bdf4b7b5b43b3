//! What the user should know about their resources or configuration.

use std::fmt;

/// How much a diagnostic matters; the words are those of KRM results.
///
/// Ordered from the mildest to the gravest, so that `max` finds the worst.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, serde::Deserialize)]
pub enum Severity {
    /// Worth knowing, nothing to do.
    Info,
    /// Converted, but a person should look.
    Warning,
    /// Not converted; the call fails.
    Error,
}

impl Severity {
    /// The word that a KRM result carries (KRM functions specification, `Result.severity`).
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Info => "info",
            Self::Warning => "warning",
            Self::Error => "error",
        }
    }
}

impl fmt::Display for Severity {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// The identity of a resource as a KRM result names it.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct ResourceRef {
    /// `apiVersion` as written, or empty.
    pub api_version: String,
    /// `kind` as written, or empty.
    pub kind: String,
    /// `metadata.name`, or empty.
    pub name: String,
    /// `metadata.namespace`, or empty.
    pub namespace: String,
}

impl fmt::Display for ResourceRef {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let parts = [&self.api_version, &self.kind, &self.namespace, &self.name];
        let mut separator = "";
        for part in parts.into_iter().filter(|part| !part.is_empty()) {
            write!(f, "{separator}{part}")?;
            separator = "/";
        }
        Ok(())
    }
}

/// The file that a resource came from, as the orchestrator's annotations say.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct FileRef {
    /// Path relative to the package.
    pub path: String,
    /// Position of the resource in the file, counted from 0.
    pub index: Option<u64>,
}

/// One thing that the user should know.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Diagnostic {
    /// The rule that speaks; empty for the note that a workload was converted.
    pub rule: &'static str,
    /// How much it matters.
    pub severity: Severity,
    /// One line: what was found, where it matters the Kubernetes version.
    pub message: String,
    /// One line: what to do about it; may be empty.
    pub help: String,
    /// The resource that it is about.
    pub resource: Option<ResourceRef>,
    /// The file of that resource.
    pub file: Option<FileRef>,
    /// The field that it is about, such as `spec.template.spec.containers[1].name`; may be empty.
    pub field: String,
}

impl Diagnostic {
    /// A diagnostic of `rule` without a place.
    pub fn new(rule: &'static str, severity: Severity, message: impl Into<String>) -> Self {
        Self {
            rule,
            severity,
            message: message.into(),
            help: String::new(),
            resource: None,
            file: None,
            field: String::new(),
        }
    }

    /// The same with what to do about it.
    #[must_use]
    pub fn help(mut self, help: impl Into<String>) -> Self {
        self.help = help.into();
        self
    }

    /// The same with the field that it is about.
    #[must_use]
    pub fn at(mut self, field: impl fmt::Display) -> Self {
        self.field = field.to_string();
        self
    }

    /// Escapes the line breaks and control characters in its texts: names come from the input, where they can hold
    /// anything, and a diagnostic is one line wherever it is shown.
    pub fn on_one_line(&mut self) {
        for text in [&mut self.message, &mut self.help, &mut self.field] {
            if let Some(escaped) = escaped(text) {
                *text = escaped;
            }
        }
    }

    /// Message and help as one line, in parts.
    pub fn parts(&self) -> [&str; 3] {
        [&self.message, if self.help.is_empty() { "" } else { "; " }, &self.help]
    }

    /// Message and help as one line.
    pub fn text(&self) -> String {
        self.parts().concat()
    }
}

/// The text with all characters escaped that end a line or steer a terminal; `None` when there are none.
pub fn escaped(text: &str) -> Option<String> {
    if is_printable_ascii(text) {
        return None;
    }
    let is_odd = |c: char| c.is_control() || matches!(c, '\u{2028}' | '\u{2029}');
    let escape = |c: char| if is_odd(c) { c.escape_default().to_string() } else { c.to_string() };
    text.contains(is_odd).then(|| text.chars().map(escape).collect())
}

/// Whether all characters are those from the space to the tilde: most texts are such, and a look at each byte alone is
/// many times as fast as one at each character.
pub fn is_printable_ascii(text: &str) -> bool {
    text.bytes().fold(true, |all, byte| all & (b' '..=b'~').contains(&byte))
}

#[cfg(test)]
mod tests {
    use super::escaped;

    #[test]
    fn characters_that_end_a_line_or_steer_a_terminal_are_escaped_and_no_others() {
        for c in ('\0'..='\u{2100}').chain(['\u{feff}', '\u{1f600}']) {
            let steers = matches!(c, '\0'..='\u{1f}' | '\u{7f}'..='\u{9f}' | '\u{2028}' | '\u{2029}');
            let wanted = steers.then(|| format!("a{}b", c.escape_default()));
            assert_eq!(escaped(&format!("a{c}b")), wanted, "{c:?}");
        }
    }
}
