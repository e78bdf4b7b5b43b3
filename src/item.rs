//! The stages for one item, and all items in parallel.

use std::num::NonZero;
use std::thread;

use crate::config::Config;
use crate::diagnostic::{Diagnostic, FileRef, ResourceRef, Severity};
use crate::error::Error;
use crate::k8s::pod_spec::{List, PodSpec};
use crate::krm::{Input, Resource, resource};
use crate::lower::{Place, lower, lower_removals};
use crate::propose::{Op, drop_ids, propose};
use crate::rules::{Finding, Subject, check};
use crate::select::select;
use crate::verify::{Plan, verify};
use crate::yaml::edit::{Edit, Edits};
use crate::yaml::tree::{NodeId, Tree};
use crate::{locate::locate, report, report::Conversion};

/// What the stages made of one item.
#[derive(Debug, Default)]
pub struct Item {
    /// Position in the input.
    pub index: usize,
    /// The new text of the slice, if it changes.
    pub changed: Option<String>,
    /// What was found in it.
    pub diagnostics: Vec<Diagnostic>,
    /// The workloads in it that change.
    pub conversions: Vec<Conversion>,
    /// Indexes of the entries of `spec.sidecars` that matched something in it.
    pub matched: Vec<usize>,
}

/// Text below which one thread is faster than several.
const PARALLEL_FROM: usize = 256 * 1024;

/// Runs the stages on all items that can hold a candidate; the others have no entry in the result.
///
/// The result is in the order of the input, whatever the number of threads (0: as many as there are cores).
///
/// # Errors
/// The first item, in the order of the input, that is not YAML.
pub fn process(input: &Input<'_>, config: &Config, threads: usize) -> Result<Vec<Item>, Error> {
    if config.sidecars.is_empty() {
        return Ok(Vec::new());
    }
    let candidates: Vec<usize> = input
        .resources
        .iter()
        .enumerate()
        .filter(|(_, resource)| may_hold_pods(resource.text))
        .map(|(index, _)| index)
        .collect();
    let size: usize =
        candidates.iter().filter_map(|index| input.resources.get(*index)).map(|resource| resource.text.len()).sum();
    let available = if threads == 0 { thread::available_parallelism().map_or(1, NonZero::get) } else { threads };
    let workers = if size < PARALLEL_FROM { 1 } else { available.min(candidates.len()) };
    if workers <= 1 {
        return candidates.into_iter().map(|index| process_one(input, config, index)).collect();
    }
    let share = candidates.len().div_ceil(workers);
    thread::scope(|scope| {
        let parts = candidates.chunks(share).map(|part| {
            scope.spawn(move || {
                part.iter().map(|index| process_one(input, config, *index)).collect::<Result<Vec<_>, _>>()
            })
        });
        let handles: Vec<_> = parts.collect();
        let mut items = Vec::with_capacity(candidates.len());
        for handle in handles {
            match handle.join() {
                Ok(part) => items.extend(part?),
                Err(panic) => std::panic::resume_unwind(panic),
            }
        }
        Ok(items)
    })
}

/// Whether a slice can hold a pod spec: the key `containers` stands in it, or an escape that may spell it.
fn may_hold_pods(text: &str) -> bool {
    let has = |needle: &[u8]| memchr::memmem::find(text.as_bytes(), needle).is_some();
    has(b"containers") || has(b"\\x") || has(b"\\u") || has(b"\\U")
}

fn process_one(input: &Input<'_>, config: &Config, index: usize) -> Result<Item, Error> {
    let mut item = Item { index, ..Item::default() };
    let Some(resource) = input.resources.get(index) else {
        return Ok(item);
    };
    let lines_before =
        || memchr::memchr_iter(b'\n', input.text.as_bytes().get(..resource.span.start).unwrap_or(&[])).count();
    let Some((tree, object)) = resource.read().map_err(|error| error.shifted(lines_before()))? else {
        return Ok(item);
    };
    let is_aliased_elsewhere = |anchor: &str| is_aliased_outside(input, resource, anchor);
    let place = Place { tree: &tree, object, is_aliased_elsewhere: &is_aliased_elsewhere };
    let mut work = Work {
        place,
        shape: resource.shape,
        config,
        pods: Vec::new(),
        ops: Vec::new(),
        edits: Vec::new(),
        item: &mut item,
    };
    for pod in locate(&tree, object) {
        work.convert(pod);
    }
    work.finish();
    Ok(item)
}

/// Whether the text around a slice holds an alias of that name. Documents of a stream share no anchors.
fn is_aliased_outside(input: &Input<'_>, resource: &Resource<'_>, anchor: &str) -> bool {
    if input.envelope.is_none() {
        return false;
    }
    let alias = format!("*{anchor}");
    let around = [input.text.get(..resource.span.start), input.text.get(resource.span.end..)];
    around.into_iter().flatten().any(|text| memchr::memmem::find(text.as_bytes(), alias.as_bytes()).is_some())
}

/// The work on one item: what was accepted so far.
struct Work<'a> {
    place: Place<'a>,
    shape: resource::Shape,
    config: &'a Config,
    pods: Vec<PodSpec>,
    ops: Vec<Op>,
    edits: Vec<Edit>,
    item: &'a mut Item,
}

impl<'a> Work<'a> {
    fn tree(&self) -> &'a Tree<'a> {
        self.place.tree
    }

    fn identity(&self, object: NodeId) -> (ResourceRef, Option<FileRef>) {
        let file = resource::file(self.tree(), object).or_else(|| resource::file(self.tree(), self.place.object));
        (resource::identity(self.tree(), object), file)
    }

    /// Converts one pod, or says why not.
    fn convert(&mut self, pod: PodSpec) {
        let selection = select(self.tree(), &pod, self.config);
        self.item.matched.extend(&selection.matched);
        if selection.candidates.is_empty() {
            return;
        }
        let proposal = propose(self.tree(), &pod, &selection.candidates);
        let findings = check(&Subject { tree: self.tree(), pod: &pod, proposal: &proposal, config: self.config });
        let is_refused = findings.iter().any(|finding| finding.severity == Severity::Error);
        for finding in findings {
            self.tell(finding, &pod);
        }
        if is_refused {
            return;
        }
        match lower(&self.place, &pod, &proposal.ops) {
            Err(finding) => self.tell(finding, &pod),
            Ok(edits) => {
                let (resource, file) = self.identity(pod.object);
                let names = proposal.moved.iter().map(|container| container.name.to_owned()).collect();
                let field = pod.list_path(List::Init).to_string();
                self.item.conversions.push(Conversion { names, resource, file, field });
                self.edits.extend(edits);
                self.ops.extend(proposal.ops);
                self.pods.push(pod);
            }
        }
    }

    fn tell(&mut self, finding: Finding, pod: &PodSpec) {
        let (id, file) = self.identity(pod.object);
        self.item.diagnostics.push(report::diagnostic(finding, &id, file.as_ref()));
    }

    /// Drops the ids of a changed item, applies the edits and verifies the result.
    fn finish(mut self) {
        if self.edits.is_empty() {
            return;
        }
        let ids = drop_ids(self.tree(), self.place.object);
        match lower_removals(&self.place, &ids) {
            Ok(edits) => self.edits.extend(edits),
            Err(finding) => {
                let (id, file) = self.identity(self.place.object);
                self.item.diagnostics.push(report::diagnostic(finding, &id, file.as_ref()));
                return;
            }
        }
        self.ops.extend(ids);
        let changed = Edits::new(std::mem::take(&mut self.edits)).map(|edits| edits.apply(self.tree().text));
        let plan =
            Plan { tree: self.tree(), object: self.place.object, shape: self.shape, pods: &self.pods, ops: &self.ops };
        let verified =
            changed.map_err(|overlap| overlap.to_string()).and_then(|text| verify(&plan, &text).map(|()| text));
        match verified {
            Ok(text) => self.item.changed = Some(text),
            Err(why) => {
                let (id, file) = self.identity(self.place.object);
                let message =
                    format!("internal error: the converted text is not what was planned ({why}); nothing was changed");
                let mut diagnostic =
                    Diagnostic::new("", Severity::Error, message).help("please report this with the resource");
                (diagnostic.resource, diagnostic.file) = (Some(id), file);
                self.item.diagnostics.push(diagnostic);
            }
        }
    }
}
