//! See the page. Its findings come from the stage that applies `allow`.
#![doc = include_str!("unmatched_allow.md")]

use super::{Rule, RuleKind};
use crate::diagnostic::Severity;

/// The rule.
pub static RULE: Rule = Rule {
    name: "unmatched-allow",
    kind: RuleKind::Note,
    severity: Severity::Info,
    page: include_str!("unmatched_allow.md"),
    check: None,
};
