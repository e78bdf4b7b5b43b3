//! The rules: what stands against a conversion, or should be known about it.
//!
//! A rule is two files and one line in [`RULES`]: `NAME.rs` with the check and `NAME.md` with its page. The
//! page explains the rule, and its examples are run as tests.

use crate::config::Config;
use crate::diagnostic::Severity;
use crate::k8s::pod_spec::{Container, PodSpec};
use crate::propose::Proposal;
use crate::yaml::path::Path;
use crate::yaml::tree::Tree;

pub mod anchor_order;
pub mod cluster_too_old;
pub mod duplicate_key;
pub mod host_port_unmapped;
pub mod immutable_workload;
pub mod injector_placeholder;
pub mod kind_rejects_native;
pub mod name_in_both_lists;
pub mod no_main_container;
pub mod operator_makes_native;
pub mod operator_owned_container;
pub mod opt_in_kind;
pub mod ordinary_init_container;
pub mod partial_object;
pub mod resize_policy;
pub mod restart_policy_conflict;
pub mod restart_policy_outside_init;
pub mod restart_policy_rules;
pub mod unknown_native_support;
pub mod unknown_placement_container;
pub mod unmatched_allow;
pub mod unmatched_entry;
pub mod unsupported_yaml;

/// All rules, in the order in which the documentation lists them: by kind, then by name.
pub static RULES: &[&Rule] = &[
    &anchor_order::RULE,
    &cluster_too_old::RULE,
    &duplicate_key::RULE,
    &kind_rejects_native::RULE,
    &name_in_both_lists::RULE,
    &no_main_container::RULE,
    &resize_policy::RULE,
    &restart_policy_rules::RULE,
    &unknown_placement_container::RULE,
    &unsupported_yaml::RULE,
    &host_port_unmapped::RULE,
    &injector_placeholder::RULE,
    &operator_owned_container::RULE,
    &opt_in_kind::RULE,
    &ordinary_init_container::RULE,
    &partial_object::RULE,
    &restart_policy_conflict::RULE,
    &immutable_workload::RULE,
    &operator_makes_native::RULE,
    &restart_policy_outside_init::RULE,
    &unknown_native_support::RULE,
    &unmatched_allow::RULE,
    &unmatched_entry::RULE,
];

/// The rule with this name.
pub fn find(name: &str) -> Option<&'static Rule> {
    RULES.iter().find(|rule| rule.name == name).copied()
}

/// The names of all rules, each with whether its severity may be lowered.
pub fn names() -> Vec<(&'static str, bool)> {
    RULES.iter().map(|rule| (rule.name, rule.kind != RuleKind::Invalid)).collect()
}

/// What a rule guards against.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum RuleKind {
    /// The API server or the format would reject the result; cannot be switched off.
    Invalid,
    /// The result would be accepted and break at run time.
    Unsafe,
    /// Worth knowing.
    Note,
}

/// A rule. Its name is API: it appears in results and configurations.
#[derive(Debug)]
pub struct Rule {
    /// Named after what it finds, so that "allow NAME" reads.
    pub name: &'static str,
    /// What it guards against.
    pub kind: RuleKind,
    /// The severity unless the configuration says otherwise.
    pub severity: Severity,
    /// Its page in Markdown.
    pub page: &'static str,
    /// The check of one proposal; `None` for rules whose findings come from another stage.
    pub check: Option<fn(&Subject<'_>) -> Vec<Finding>>,
}

/// What a rule looks at: the pod as it is, and as it would be.
#[derive(Debug, Clone, Copy)]
pub struct Subject<'a> {
    /// The tree of the slice.
    pub tree: &'a Tree<'a>,
    /// The pod.
    pub pod: &'a PodSpec,
    /// What would change.
    pub proposal: &'a Proposal<'a>,
    /// The configuration.
    pub config: &'a Config,
}

/// Something that a rule found.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Finding {
    /// The rule.
    pub rule: &'static str,
    /// Its severity.
    pub severity: Severity,
    /// Where, from the slice's object on.
    pub at: Path,
    /// What was found and what follows from it, on one line.
    pub message: String,
    /// What to do about it, on one line.
    pub help: String,
}

impl Rule {
    /// A finding of this rule with its default severity.
    pub fn finding(&self, at: Path, message: impl Into<String>, help: impl Into<String>) -> Finding {
        Finding { rule: self.name, severity: self.severity, at, message: message.into(), help: help.into() }
    }
}

/// The names of containers for a message.
fn in_words(containers: &[Container<'_>]) -> String {
    let names: Vec<_> = containers.iter().map(|container| format!("`{}`", container.name)).collect();
    names.join(", ")
}

/// Runs all rules on one proposal.
pub fn check(subject: &Subject<'_>) -> Vec<Finding> {
    RULES.iter().filter_map(|rule| rule.check).flat_map(|check| check(subject)).collect()
}
