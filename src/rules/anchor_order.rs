//! See the page. Its findings come from the lowering.
#![doc = include_str!("anchor_order.md")]

use super::{Rule, RuleKind};
use crate::diagnostic::Severity;

/// The rule.
pub static RULE: Rule = Rule {
    name: "anchor-order",
    kind: RuleKind::Invalid,
    severity: Severity::Error,
    page: include_str!("anchor_order.md"),
    check: None,
};
