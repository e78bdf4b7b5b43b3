//! The rules: what stands against a conversion, or should be known about it.
//!
//! A rule is two files and one line in [`RULES`]: `NAME.rs` with the check and `NAME.md` with its page. The
//! page explains the rule, and its examples are run as tests.

use std::cell::OnceCell;

use crate::config::Config;
use crate::diagnostic::Severity;
use crate::index::{Index, Service, Workload};
use crate::k8s::job::Job;
use crate::k8s::pod_spec::{Container, PodSpec, field};
use crate::lifecycle::Lifecycle;
use crate::propose::Proposal;
use crate::yaml::path::Path;
use crate::yaml::tree::{NodeId, Tree};

pub mod anchor_order;
pub mod annotation_names_sidecar;
pub mod backoff_counts_restarts;
pub mod cluster_too_old;
pub mod default_container_changed;
pub mod done_file_restart_loop;
pub mod duplicate_key;
pub mod duplicate_port_name;
pub mod effective_requests_raised;
pub mod exit_codes_any_container;
pub mod grace_period_shared;
pub mod host_port_unmapped;
pub mod hpa_container_metric;
pub mod immutable_workload;
pub mod injector_native_available;
pub mod injector_placeholder;
pub mod killer_container;
pub mod kind_rejects_native;
pub mod kubelet_bug;
pub mod looks_finite;
pub mod marker_left_behind;
pub mod mesh_not_native;
pub mod monitor_drops_sidecar;
pub mod name_in_both_lists;
pub mod named_port;
pub mod named_target_port;
pub mod network_policy_port;
pub mod never_convert;
pub mod no_main_container;
pub mod operator_makes_native;
pub mod operator_owned_container;
pub mod opt_in_kind;
pub mod ordinary_init_container;
pub mod partial_object;
pub mod patch_names_sidecar;
pub mod pod_failure_policy_target;
pub mod pod_resources_exceeded;
pub mod pointer_into_containers;
pub mod post_start_gate;
pub mod pre_stop_early;
pub mod pre_stop_exits;
pub mod readiness_needs_main;
pub mod resize_policy;
pub mod restart_policy_conflict;
pub mod restart_policy_outside_init;
pub mod restart_policy_rules;
pub mod runs_to_completion;
pub mod set_image_skips_sidecar;
pub mod shared_process_namespace;
pub mod shutdown_workaround;
pub mod startup_deadlock;
pub mod startup_gate;
pub mod startup_gate_available;
pub mod startup_gate_missing;
pub mod unguarded_sidecar;
pub mod unknown_native_support;
pub mod unknown_placement_container;
pub mod unmatched_allow;
pub mod unmatched_entry;
pub mod unsupported_yaml;
pub mod vpa_ignores_sidecar;
pub mod wait_loop;

/// All rules, in the order in which the documentation lists them: by kind, then by name.
pub static RULES: &[&Rule] = &[
    &anchor_order::RULE,
    &cluster_too_old::RULE,
    &duplicate_key::RULE,
    &kind_rejects_native::RULE,
    &name_in_both_lists::RULE,
    &no_main_container::RULE,
    &pod_resources_exceeded::RULE,
    &resize_policy::RULE,
    &restart_policy_rules::RULE,
    &unknown_placement_container::RULE,
    &unsupported_yaml::RULE,
    &done_file_restart_loop::RULE,
    &host_port_unmapped::RULE,
    &hpa_container_metric::RULE,
    &injector_placeholder::RULE,
    &killer_container::RULE,
    &named_target_port::RULE,
    &never_convert::RULE,
    &operator_owned_container::RULE,
    &opt_in_kind::RULE,
    &ordinary_init_container::RULE,
    &partial_object::RULE,
    &pod_failure_policy_target::RULE,
    &pre_stop_exits::RULE,
    &readiness_needs_main::RULE,
    &restart_policy_conflict::RULE,
    &runs_to_completion::RULE,
    &startup_deadlock::RULE,
    &annotation_names_sidecar::RULE,
    &backoff_counts_restarts::RULE,
    &default_container_changed::RULE,
    &duplicate_port_name::RULE,
    &effective_requests_raised::RULE,
    &exit_codes_any_container::RULE,
    &grace_period_shared::RULE,
    &immutable_workload::RULE,
    &injector_native_available::RULE,
    &kubelet_bug::RULE,
    &looks_finite::RULE,
    &marker_left_behind::RULE,
    &mesh_not_native::RULE,
    &monitor_drops_sidecar::RULE,
    &named_port::RULE,
    &network_policy_port::RULE,
    &operator_makes_native::RULE,
    &patch_names_sidecar::RULE,
    &pointer_into_containers::RULE,
    &post_start_gate::RULE,
    &pre_stop_early::RULE,
    &restart_policy_outside_init::RULE,
    &set_image_skips_sidecar::RULE,
    &shared_process_namespace::RULE,
    &shutdown_workaround::RULE,
    &startup_gate::RULE,
    &startup_gate_available::RULE,
    &startup_gate_missing::RULE,
    &unguarded_sidecar::RULE,
    &unknown_native_support::RULE,
    &unmatched_allow::RULE,
    &unmatched_entry::RULE,
    &vpa_ignores_sidecar::RULE,
    &wait_loop::RULE,
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

impl RuleKind {
    /// All kinds, the gravest first.
    pub const ALL: [Self; 3] = [Self::Invalid, Self::Unsafe, Self::Note];

    /// The kind as one word.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Invalid => "Invalid",
            Self::Unsafe => "Unsafe",
            Self::Note => "Note",
        }
    }

    /// What a finding of this kind means.
    pub fn meaning(self) -> &'static str {
        match self {
            Self::Invalid => "The API server or the format would reject the result. Cannot be switched off.",
            Self::Unsafe => "The result would be accepted and break at run time.",
            Self::Note => "Worth knowing.",
        }
    }
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
#[derive(Debug)]
pub struct Subject<'a> {
    /// The tree of the slice.
    pub tree: &'a Tree<'a>,
    /// The pod.
    pub pod: &'a PodSpec,
    /// What would change.
    pub proposal: &'a Proposal<'a>,
    /// The configuration.
    pub config: &'a Config,
    /// The other objects of the input.
    pub index: &'a Index<'a>,
    /// The pod as it would be.
    pub after: &'a Lifecycle<'a>,
    workload: OnceCell<Workload<'a>>,
    services: OnceCell<Vec<&'a Service>>,
    job: OnceCell<Option<Job>>,
}

impl<'a> Subject<'a> {
    /// A proposal, by the life of the pod as it would be.
    pub fn new(after: &'a Lifecycle<'a>, config: &'a Config, index: &'a Index<'a>) -> Self {
        let Lifecycle { tree, pod, proposal, .. } = *after;
        let (workload, services, job) = (OnceCell::new(), OnceCell::new(), OnceCell::new());
        Self { tree, pod, proposal, config, index, after, workload, services, job }
    }

    /// The workload, as other objects name or select it.
    pub fn workload(&self) -> &Workload<'a> {
        self.workload.get_or_init(|| Workload::of(self.tree, self.pod))
    }

    /// The Services of the input that select the pods.
    pub fn services(&self) -> &[&'a Service] {
        self.services.get_or_init(|| self.index.services(self.workload()))
    }

    /// The JobSpec around the pod, by the fields that only a JobSpec has.
    pub fn job(&self) -> Option<&Job> {
        self.job.get_or_init(|| Job::around(self.tree, self.pod, false)).as_ref()
    }

    /// A mapping in the metadata of the pods themselves: their labels or annotations, where they stand in the text.
    pub fn pod_metadata(&self, key: &str) -> Option<NodeId> {
        field(self.tree, field(self.tree, self.pod.metadata_node()?, "metadata")?, key)
    }

    /// Whether a Service may select the pods: it finds them by their labels, so they must have one. What adds labels
    /// of its own, such as an operator, is not seen.
    pub fn may_be_in_a_service(&self) -> bool {
        let knows_labels = self.pod.metadata_node().is_some();
        let has_one = |labels| self.tree.pairs(labels).next().is_some();
        !knows_labels || self.pod_metadata("labels").is_some_and(has_one)
    }
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

    /// What it finds: the first paragraph of the page, on one line.
    pub fn finds(&self) -> String {
        self.section("What it finds").split("\n\n").next().map(on_one_line).unwrap_or_default()
    }

    /// When it is lifted, as far as releases of Kubernetes matter: the first sentence of that section of the page
    /// that names one. Empty when none does.
    pub fn lifted(&self) -> String {
        let section = self.section("When it is lifted");
        let paragraphs = section.split("\n\n").map(on_one_line).collect::<Vec<_>>();
        let mut sentences = paragraphs.iter().flat_map(|paragraph| paragraph.split(". "));
        sentences.find(|sentence| names_release(sentence)).map_or("", |one| one.trim_end_matches('.')).to_owned()
    }

    /// The text of a section of the page.
    fn section(&self, title: &str) -> &'static str {
        let start = format!("\n## {title}\n");
        let section = self.page.split(start.as_str()).nth(1).unwrap_or("");
        section.split("\n## ").next().unwrap_or("").trim()
    }
}

fn on_one_line(text: &str) -> String {
    text.split_whitespace().collect::<Vec<_>>().join(" ")
}

/// Whether a text names a release of Kubernetes that may matter here: `1.` and two digits.
fn names_release(text: &str) -> bool {
    text.match_indices("1.").any(|(at, _)| {
        let digits = text.get(at + 2..).unwrap_or("").bytes().take_while(u8::is_ascii_digit).count();
        let is_start = !text.get(..at).unwrap_or("").ends_with(|c: char| c.is_ascii_digit() || c == '.');
        is_start && digits == 2
    })
}

/// The names of containers for a message: `` `a`, `b` ``.
fn listed<'c, 't: 'c>(containers: impl IntoIterator<Item = &'c Container<'t>>) -> String {
    containers.into_iter().map(|one| format!("`{}`", one.name)).collect::<Vec<_>>().join(", ")
}

/// The names of containers for a message.
fn in_words(containers: &[Container<'_>]) -> String {
    let names: Vec<_> = containers.iter().map(|container| format!("`{}`", container.name)).collect();
    names.join(", ")
}

/// Runs all rules on one proposal.
pub fn check(subject: &Subject<'_>) -> Vec<Finding> {
    let mut found = Vec::new();
    for check in RULES.iter().filter_map(|rule| rule.check) {
        found.append(&mut check(subject));
    }
    found
}

#[cfg(test)]
mod tests {
    use super::*;

    fn lifted(section: &'static str) -> String {
        let page: &'static str = format!("# x\n\n## When it is lifted\n{section}\n\n## Sources\n1.99\n").leak();
        Rule { name: "x", kind: RuleKind::Note, severity: Severity::Info, page, check: None }.lifted()
    }

    #[test]
    fn the_sentence_on_releases_is_the_first_that_names_one() {
        assert_eq!(
            lifted("With 1.29, or with 1.28 and\nthe gate. Not before 1.27."),
            "With 1.29, or with 1.28 and the gate"
        );
        assert_eq!(lifted("When the line is gone. In 1.34.2\nit is fixed.\n\nAlso 1.35."), "In 1.34.2 it is fixed");
        assert_eq!(lifted("Never.\n\nFrom 1.33 on it is different."), "From 1.33 on it is different");
        for silent in ["Never.", "With Istio 21.30 or version 1.7 of it.", "At 0.1.33.", ""] {
            assert_eq!(lifted(silent), "", "{silent}");
        }
    }
}
