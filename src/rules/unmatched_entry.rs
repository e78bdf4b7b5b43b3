//! See the page. Its findings come from the report, which has seen the whole input.
#![doc = include_str!("unmatched_entry.md")]

use super::{Rule, RuleKind};
use crate::diagnostic::Severity;

/// The rule.
pub static RULE: Rule = Rule {
    name: "unmatched-entry",
    kind: RuleKind::Note,
    severity: Severity::Info,
    page: include_str!("unmatched_entry.md"),
    check: None,
};
