//! See the page. Its findings come from the lowering.
#![doc = include_str!("duplicate_key.md")]

use super::{Rule, RuleKind};
use crate::diagnostic::Severity;

/// The rule.
pub static RULE: Rule = Rule {
    name: "duplicate-key",
    kind: RuleKind::Invalid,
    severity: Severity::Error,
    page: include_str!("duplicate_key.md"),
    check: None,
};
