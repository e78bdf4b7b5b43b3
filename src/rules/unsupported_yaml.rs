//! See the page. Its findings come from the lowering.
#![doc = include_str!("unsupported_yaml.md")]

use super::{Rule, RuleKind};
use crate::diagnostic::Severity;

/// The rule.
pub static RULE: Rule = Rule {
    name: "unsupported-yaml",
    kind: RuleKind::Invalid,
    severity: Severity::Error,
    page: include_str!("unsupported_yaml.md"),
    check: None,
};
