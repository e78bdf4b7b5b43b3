//! What a Job says about failures: the pod failure policy and the number of retries.

use super::container::integer;
use super::pod_spec::{PodSpec, field};
use crate::yaml::path::{Path, Step};
use crate::yaml::scalar::{Scalar, resolve};
use crate::yaml::tree::{NodeId, Tree};

/// A JobSpec (`batch/v1`), wherever it stands: in a Job, a CronJob, or a kind of another project.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Job {
    /// Its path, from the slice's object on.
    pub path: Path,
    node: NodeId,
}

/// A rule of `podFailurePolicy` that looks at exit codes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ExitCodes<'t> {
    /// Its place in `podFailurePolicy.rules`.
    pub index: usize,
    /// The container that it looks at; `None`: all of them.
    pub container: Option<&'t str>,
    /// Whether it matches codes that are not in `values` instead of those that are.
    pub is_negated: bool,
    /// The codes.
    pub values: Vec<i128>,
}

impl ExitCodes<'_> {
    /// Whether it matches a code. 0 never counts as a failure (`pkg/controller/job/pod_failure_policy.go`).
    pub fn matches(&self, code: i128) -> bool {
        code != 0 && self.values.contains(&code) != self.is_negated
    }
}

impl Job {
    /// The JobSpec whose pod template holds a pod spec.
    ///
    /// The mapping two keys above the pod spec is taken for one when it has a field that only a JobSpec has, or when
    /// `is_job` says that the kind makes it one.
    pub fn around(tree: &Tree<'_>, pod: &PodSpec, is_job: bool) -> Option<Self> {
        let (above, [Step::Key(template), Step::Key(spec)]) = pod.path.0.split_last_chunk()? else { return None };
        if template != "template" || spec != "spec" {
            return None;
        }
        let below_object = above.get(pod.object_path.0.len()..)?;
        let node = below_object.iter().try_fold(pod.object, |node, step| match step {
            Step::Key(key) => field(tree, node, key),
            Step::Index(index) => tree.resolve(*tree.entries(node).get(*index)?),
        })?;
        let is_written = |key: &&str| field(tree, node, key).is_some();
        let is_job =
            is_job || ["backoffLimit", "completions", "parallelism", "podFailurePolicy"].iter().any(is_written);
        is_job.then(|| Self { path: Path(above.to_vec()), node })
    }

    /// `backoffLimit`; 6 if it is not set (`pkg/apis/batch/v1/defaults.go`, `SetDefaults_Job`).
    ///
    /// `None` where `backoffLimitPerIndex` counts instead, for which the default is without a limit.
    pub fn backoff_limit(&self, tree: &Tree<'_>) -> Option<i64> {
        integer(tree, self.node, "backoffLimit")
            .or_else(|| field(tree, self.node, "backoffLimitPerIndex").is_none().then_some(6))
    }

    /// The rules of `podFailurePolicy` with `onExitCodes`.
    pub fn exit_codes<'t>(&self, tree: &'t Tree<'_>) -> Vec<ExitCodes<'t>> {
        let rules = field(tree, self.node, "podFailurePolicy").and_then(|policy| field(tree, policy, "rules"));
        let rules = rules.map_or(&[][..], |rules| tree.entries(rules));
        let read = |(index, rule): (usize, &NodeId)| {
            let codes = field(tree, tree.resolve(*rule)?, "onExitCodes")?;
            let text = |key| field(tree, codes, key).and_then(|id| tree.scalar(id)).filter(|text| !text.is_empty());
            let values = field(tree, codes, "values").map_or(&[][..], |values| tree.entries(values));
            let value = |value: &NodeId| match resolve(tree, tree.resolve(*value)?)? {
                Scalar::Int(code) => Some(code),
                _ => None,
            };
            Some(ExitCodes {
                index,
                container: text("containerName"),
                is_negated: text("operator") == Some("NotIn"),
                values: values.iter().filter_map(value).collect(),
            })
        };
        rules.iter().enumerate().filter_map(read).collect()
    }
}
