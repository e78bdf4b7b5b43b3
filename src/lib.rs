//! Turns legacy Kubernetes sidecars into native ones (KEP-753) in a configuration pipeline, and leaves every
//! other byte alone.
//!
//! [`run`] is the whole function; the modules are its stages, in this order:
//!
//! ```text
//! read → slice → per item: locate → select → propose → check → lower → verify → (barrier) report → write
//! ```
//!
//! ```
//! use convert_sidecars::{Options, run};
//!
//! let pod = "
//! apiVersion: v1
//! kind: Pod
//! spec:
//!   containers:
//!   - name: app
//!     image: app:1
//!   - name: proxy # for the app
//!     image: proxy:1
//! ";
//! let config = "{apiVersion: v1, kind: ConfigMap, data: {sidecars: proxy}}";
//! let answer = run(pod, &Options { config: Some(config), ..Options::default() })?;
//! assert_eq!(
//!     answer.output.to_string(),
//!     "
//! apiVersion: v1
//! kind: Pod
//! spec:
//!   containers:
//!   - name: app
//!     image: app:1
//!   initContainers:
//!   - name: proxy # for the app
//!     restartPolicy: Always
//!     image: proxy:1
//! "
//! );
//! # Ok::<(), convert_sidecars::error::Error>(())
//! ```

pub mod catalog;
pub mod config;
pub mod diagnostic;
pub mod error;
pub mod index;
pub mod item;
pub mod k8s;
pub mod krm;
pub mod lifecycle;
pub mod locate;
pub mod lower;
pub mod output;
pub mod parallel;
pub mod propose;
pub mod report;
pub mod rules;
pub mod select;
pub mod shell;
pub mod verify;
pub mod yaml;

#[cfg(feature = "cli")]
pub mod cli;

use config::{Action, Config};
use diagnostic::{Diagnostic, Severity};
use error::Error;
use item::Item;
use krm::Input;
use output::Output;
use select::Matched;
use yaml::edit::Edits;

/// How to run.
#[derive(Debug, Clone, Copy, Default)]
pub struct Options<'c> {
    /// A configuration to use in the place of the input's `functionConfig`.
    pub config: Option<&'c str>,
    /// Threads to use at most; 0 for as many as the machine has.
    pub threads: usize,
}

/// What came out.
#[derive(Debug)]
pub struct Answer<'s> {
    /// What to write: the input with its changes, or as it came when there is an error.
    pub output: Output<'s>,
    /// What to tell, the gravest first.
    pub diagnostics: Vec<Diagnostic>,
    /// Whether the input was a `ResourceList`, whose `results` carry the diagnostics.
    pub is_resource_list: bool,
}

impl Answer<'_> {
    /// Whether anything is wrong; then no item was changed.
    pub fn has_errors(&self) -> bool {
        self.diagnostics.iter().any(|diagnostic| diagnostic.severity == Severity::Error)
    }
}

/// Runs the function on a `ResourceList` or on bare documents.
///
/// # Errors
/// [`Error`] when the input cannot be read; there is nothing to write then. Everything else that is wrong is a
/// diagnostic of the answer.
pub fn run<'s>(text: &'s str, options: &Options<'_>) -> Result<Answer<'s>, Error> {
    answer_to(text, options).map_err(|error| error.hinted(text))
}

fn answer_to<'s>(text: &'s str, options: &Options<'_>) -> Result<Answer<'s>, Error> {
    let input = Input::read(text, options.threads)?;
    tracing::debug!(
        bytes = text.len(),
        items = input.resources.len(),
        is_resource_list = input.envelope.is_some(),
        "read the input"
    );
    let config = match read_config(&input, options)? {
        Ok(config) => config,
        Err(mut errors) => {
            errors.iter_mut().for_each(Diagnostic::on_one_line);
            return Ok(answer(&input, Vec::new(), errors, options.threads));
        }
    };
    let mut items = item::process(&input, &config, options.threads)?;
    let mut matched = Matched::default();
    for item in &items {
        matched.merge(&item.matched);
    }
    let mut diagnostics: Vec<_> = items.iter_mut().flat_map(|item| std::mem::take(&mut item.diagnostics)).collect();
    let mut unmatched = report::unmatched(&config, &matched);
    unmatched.iter_mut().for_each(Diagnostic::on_one_line);
    diagnostics.extend(unmatched);
    // What is refused anywhere keeps everything as it came, so nothing was converted then.
    let is_refused = diagnostics.iter().any(|diagnostic| diagnostic.severity == Severity::Error);
    if config.action == Action::Check || is_refused {
        // Where nothing changes, there is nothing to delete or rename.
        diagnostics.retain(|diagnostic| diagnostic.rule != rules::immutable_workload::RULE.name);
    }
    if config.action == Action::Check || !is_refused {
        diagnostics.extend(items.iter_mut().flat_map(|item| std::mem::take(&mut item.conversions)));
    }
    report::sort(&mut diagnostics);
    Ok(answer(&input, items, diagnostics, options.threads))
}

fn read_config(input: &Input<'_>, options: &Options<'_>) -> Result<Result<Config, Vec<Diagnostic>>, Error> {
    if let Some(text) = options.config {
        let tree = yaml::parse::parse(text).map_err(|error| Error::Configuration(Box::new(error)))?;
        return Ok(tree
            .roots
            .first()
            .map_or_else(|| Ok(Config::default()), |root| Config::read(&tree, *root, &rules::names())));
    }
    let config = input.envelope.as_ref().and_then(krm::Envelope::function_config);
    Ok(config.map_or_else(|| Ok(Config::default()), |(tree, node)| Config::read(tree, node, &rules::names())))
}

/// The barrier: one error anywhere, and all items go out as they came.
fn answer<'s>(input: &Input<'s>, items: Vec<Item>, diagnostics: Vec<Diagnostic>, threads: usize) -> Answer<'s> {
    let is_resource_list = input.envelope.is_some();
    let mut answer = Answer { output: Output::default(), diagnostics, is_resource_list };
    let mut edits = Vec::new();
    if !answer.has_errors() {
        edits.reserve(items.iter().map(|item| item.edits.len()).sum());
        edits.extend(items.into_iter().flat_map(|item| item.edits));
    }
    // The results go behind what is inserted at the end of the last item.
    if let Some(envelope) = input.envelope.as_ref().filter(|_| !answer.diagnostics.is_empty()) {
        edits.extend(envelope.write_results(&answer.diagnostics, &edits, threads));
    }
    // Items and the results behind them never overlap.
    let edits = Edits::new(edits).unwrap_or_default();
    answer.output = Output::new(input.text, edits);
    answer
}
