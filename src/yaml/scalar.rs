//! Scalars as Kubernetes' Go tools read them, and strings that every reader reads back alike.
//!
//! Kubernetes reads manifests through `sigs.k8s.io/yaml`, which resolves plain scalars by the
//! YAML 1.1 rules of its go-yaml fork: `yes` is a boolean, `0755` is 493, `1_000` is 1000.

use std::borrow::Cow;

use super::tree::{Kind, NodeId, ScalarStyle, Tree};
use crate::diagnostic::is_printable_ascii;

/// What a scalar means.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Scalar<'t> {
    /// `~`, `null` or nothing.
    Null,
    /// `true`, `yes`, `on` … and their opposites.
    Bool(bool),
    /// A whole number within 64 bits, signed or unsigned.
    Int(i128),
    /// Any other number.
    Float(f64),
    /// Text.
    Str(&'t str),
}

/// What the scalar `id` means to Kubernetes' tools; `None` for collections and aliases.
pub fn resolve<'t>(tree: &'t Tree<'_>, id: NodeId) -> Option<Scalar<'t>> {
    let node = tree.node(id);
    let Kind::Scalar { value, style, .. } = &node.kind else {
        return None;
    };
    let tag = node.tag().map(|tag| tag.trim_start_matches("!<tag:yaml.org,2002:").trim_start_matches("!!"));
    Some(match tag.map(|tag| tag.trim_end_matches('>')) {
        Some("str" | "binary" | "!") => Scalar::Str(value),
        Some("int" | "float" | "bool" | "null") => plain(value),
        _ if *style == ScalarStyle::Plain => plain(value),
        _ => Scalar::Str(value),
    })
}

/// What the text of a plain scalar means.
pub fn plain(text: &str) -> Scalar<'_> {
    if let Some(value) = short_decimal(text) {
        return Scalar::Int(value);
    }
    if is_null(text) {
        return Scalar::Null;
    }
    match text {
        "true" | "True" | "TRUE" | "yes" | "Yes" | "YES" | "on" | "On" | "ON" | "y" | "Y" => Scalar::Bool(true),
        "false" | "False" | "FALSE" | "no" | "No" | "NO" | "off" | "Off" | "OFF" | "n" | "N" => Scalar::Bool(false),
        _ => number(text).unwrap_or(Scalar::Str(text)),
    }
}

/// Whether a plain scalar's text is null.
pub fn is_null(text: &str) -> bool {
    matches!(text, "" | "~" | "null" | "Null" | "NULL")
}

/// The number that most are: of digits alone, too few to overflow. A zero before others makes an octal of them.
fn short_decimal(text: &str) -> Option<i128> {
    let is_octal = text.len() > 1 && text.starts_with('0');
    if text.is_empty() || text.len() > 18 || is_octal {
        return None;
    }
    let digits = text.bytes().map(|byte| byte.is_ascii_digit().then(|| i64::from(byte - b'0')));
    let value = digits.into_iter().try_fold(0_i64, |value, digit| Some(value * 10 + digit?));
    value.map(i128::from)
}

fn number(text: &str) -> Option<Scalar<'_>> {
    let (sign, digits) = match text.as_bytes().first()? {
        b'-' => (-1, text.get(1..)?),
        b'+' => (1, text.get(1..)?),
        _ => (1, text),
    };
    match digits {
        ".inf" | ".Inf" | ".INF" => return Some(Scalar::Float(f64::from(sign) * f64::INFINITY)),
        ".nan" | ".NaN" | ".NAN" if text == digits => return Some(Scalar::Float(f64::NAN)),
        _ => {}
    }
    if !digits.starts_with(|c: char| c.is_ascii_digit() || c == '.') {
        return None;
    }
    let compact = if digits.contains('_') { Cow::Owned(digits.replace('_', "")) } else { Cow::Borrowed(digits) };
    integer(&compact)
        .map(|value| value * i128::from(sign))
        .filter(|value| i128::from(i64::MIN) <= *value && *value <= i128::from(u64::MAX))
        .map(Scalar::Int)
        .or_else(|| float(&compact).map(|value| Scalar::Float(f64::from(sign) * value)))
}

/// Go's `strconv.ParseInt` with base 0: prefixes `0x`, `0o`, `0b` and a leading zero for octal.
fn integer(digits: &str) -> Option<i128> {
    let prefixed = |prefixes: [&str; 2], radix| {
        let rest = prefixes.iter().find_map(|prefix| digits.strip_prefix(prefix))?;
        rest.starts_with(|c: char| c.is_ascii_hexdigit()).then(|| i128::from_str_radix(rest, radix).ok())?
    };
    prefixed(["0x", "0X"], 16).or_else(|| prefixed(["0o", "0O"], 8)).or_else(|| prefixed(["0b", "0B"], 2)).or_else(
        || match digits.strip_prefix('0') {
            Some(octal) if !octal.is_empty() => i128::from_str_radix(octal, 8).ok(),
            _ => digits.parse().ok(),
        },
    )
}

/// Matches `[0-9]*\.?[0-9]*([eE][-+]?[0-9]+)?` with at least one digit before the exponent.
fn float(digits: &str) -> Option<f64> {
    let (mantissa, exponent) = match digits.find(['e', 'E']) {
        Some(at) => (digits.get(..at)?, digits.get(at + 1..)),
        None => (digits, None),
    };
    let is_mantissa = mantissa.bytes().all(|byte| byte.is_ascii_digit() || byte == b'.')
        && mantissa.bytes().any(|byte| byte.is_ascii_digit());
    let is_exponent = exponent.is_none_or(|exponent| {
        let digits = exponent.trim_start_matches(['+', '-']);
        exponent.len() - digits.len() <= 1 && !digits.is_empty() && digits.bytes().all(|byte| byte.is_ascii_digit())
    });
    if is_mantissa && is_exponent { digits.parse().ok() } else { None }
}

/// The text as a double-quoted scalar that YAML, JSON and Go read back as the same string, on one line.
pub fn quote(text: &str) -> String {
    let mut quoted = String::with_capacity(text.len() + 2);
    quoted.push('"');
    escape_onto(text, &mut quoted);
    quoted.push('"');
    quoted
}

/// Adds to a text what stands between the quotes.
pub fn escape_onto(text: &str, out: &mut String) {
    let mut rest = text;
    let is_simple = is_printable_ascii(text);
    let next = |rest: &str| {
        if is_simple { memchr::memchr2(b'"', b'\\', rest.as_bytes()) } else { rest.find(is_escaped) }
    };
    while let Some(at) = next(rest) {
        out.push_str(rest.get(..at).unwrap_or(""));
        let mut behind = rest.get(at..).unwrap_or("").chars();
        match behind.next() {
            Some('"') => out.push_str("\\\""),
            Some('\\') => out.push_str("\\\\"),
            Some('\n') => out.push_str("\\n"),
            Some('\r') => out.push_str("\\r"),
            Some('\t') => out.push_str("\\t"),
            other => out.push_str(&format!("\\u{:04x}", other.map_or(0, u32::from))),
        }
        rest = behind.as_str();
    }
    out.push_str(rest);
}

/// Whether a character cannot stand in a double-quoted text as it is; none of them is beyond the four digits of `\u`.
fn is_escaped(c: char) -> bool {
    matches!(c, '"' | '\\' | '\0'..='\u{1f}' | '\u{7f}'..='\u{9f}' | '\u{2028}' | '\u{2029}' | '\u{feff}' | '\u{fffe}' | '\u{ffff}')
}

/// The text quoted like `like`: in the same quotes, or plain where `like` is.
///
/// For words of letters only, which need no escaping in any style.
pub fn quote_like(word: &str, like: &str) -> String {
    match like.chars().next() {
        Some(quote @ ('"' | '\'')) => format!("{quote}{word}{quote}"),
        _ => word.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::{Scalar, number, plain, quote};

    #[test]
    fn a_short_number_is_what_the_long_way_makes_of_it() {
        let eighteen = "9".repeat(18);
        for (text, value) in [("0", 0), ("7", 7), ("8003", 8003), (eighteen.as_str(), 10_i128.pow(18) - 1)] {
            assert_eq!(plain(text), Scalar::Int(value), "{text}");
            assert_eq!(number(text), Some(Scalar::Int(value)), "{text}");
        }
        assert_eq!(plain("0755"), Scalar::Int(493));
        assert_eq!(plain("00"), Scalar::Int(0));
        assert_eq!(plain("08"), Scalar::Float(8.0));
        assert_eq!(plain("1_000"), Scalar::Int(1000));
        assert_eq!(plain("18446744073709551615"), Scalar::Int(i128::from(u64::MAX)));
        assert_eq!(plain("18446744073709551616"), Scalar::Float(18_446_744_073_709_551_616.0));
        for text in ["100m", "1:30", "\u{661}", "1 2"] {
            assert_eq!(plain(text), Scalar::Str(text));
        }
    }

    #[test]
    fn every_character_is_quoted_alike_beside_simple_and_odd_ones() {
        for c in ('\0'..='\u{2100}').chain(['\u{feff}', '\u{fffd}', '\u{fffe}', '\u{ffff}', '\u{1f600}']) {
            let wanted = match c {
                '"' | '\\' => format!("\\{c}"),
                '\n' => "\\n".to_owned(),
                '\r' => "\\r".to_owned(),
                '\t' => "\\t".to_owned(),
                '\0'..='\u{1f}'
                | '\u{7f}'..='\u{9f}'
                | '\u{2028}'
                | '\u{2029}'
                | '\u{feff}'
                | '\u{fffe}'
                | '\u{ffff}' => {
                    format!("\\u{:04x}", u32::from(c))
                }
                c => c.to_string(),
            };
            assert_eq!(quote(&format!("a{c}{c}b")), format!("\"a{wanted}{wanted}b\""));
            assert_eq!(quote(&format!("\u{e9}{c}\"")), format!("\"\u{e9}{wanted}\\\"\""));
        }
    }
}
