//! See the page.
#![doc = include_str!("backoff_counts_restarts.md")]

use super::{Finding, Rule, RuleKind, Subject, listed};
use crate::diagnostic::Severity;
use crate::k8s::container::Hook;
use crate::k8s::job::Job;
use crate::k8s::pod_spec::{Container, field};
use crate::locate::kind_of;

/// The rule.
pub static RULE: Rule = Rule {
    name: "backoff-counts-restarts",
    kind: RuleKind::Note,
    severity: Severity::Warning,
    page: include_str!("backoff_counts_restarts.md"),
    check: Some(check),
};

fn check(subject: &Subject<'_>) -> Vec<Finding> {
    let tree = subject.tree;
    let proposal = subject.proposal;
    let policy = field(tree, subject.pod.node, "restartPolicy").and_then(|id| tree.scalar(id));
    if proposal.moved.is_empty() || policy != Some("OnFailure") {
        return Vec::new();
    }
    let gvk = kind_of(tree, subject.pod.object);
    let is_job = gvk.group == "batch" && (gvk.kind == "Job" || gvk.kind == "CronJob");
    let Some(job) = Job::around(tree, subject.pod, is_job) else { return Vec::new() };
    let Some(limit) = job.backoff_limit(tree) else { return Vec::new() };
    // A probe restarts also what would never end by itself.
    let is_probed = |one: &&Container<'_>| {
        Hook::LivenessProbe.find(tree, one.node).is_some() || proposal.has_startup_probe(tree, one)
    };
    let probed: Vec<_> = proposal.moved.iter().filter(is_probed).collect();
    let message = if limit == 0 {
        format!(
            "the Job's backoffLimit is 0, and a restart of {} counts, also one after exit code 0: it would fail the Job",
            listed(&proposal.moved)
        )
    } else if probed.is_empty() {
        return Vec::new();
    } else {
        format!(
            "each time a probe restarts {}, that counts to the Job's backoffLimit of {limit}, also when it ends with exit code 0, which did not count before",
            listed(probed)
        )
    };
    let help =
        "raise `backoffLimit`, or set the pod's `restartPolicy: Never`, under which restarts of sidecars do not count";
    let mut finding = RULE.finding(job.path.key("backoffLimit"), message, help);
    if limit > 0 {
        finding.severity = Severity::Info;
    }
    vec![finding]
}
