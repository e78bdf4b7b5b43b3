//! The stages for one item, and all items in parallel.

use std::num::NonZero;
use std::thread;

use crate::config::{Config, OnRefusal};
use crate::diagnostic::{Diagnostic, FileRef, ResourceRef, Severity};
use crate::error::Error;
use crate::k8s::pod_spec::{List, MAX_MERGES, PodSpec, merges_too_much};
use crate::krm::{Input, Resource, resource};
use crate::lower::{Place, lower, lower_removals};
use crate::propose::{Op, drop_ids, propose};
use crate::rules::{self, Finding, RuleKind, Subject, check, unmatched_allow, unmatched_entry};
use crate::select::{self, Matched, Named, select};
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
    /// Which parts of the configuration matched something in it.
    pub matched: Matched,
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
    let declares = |text: &str| memchr::memmem::find(text.as_bytes(), select::SIDECARS.as_bytes()).is_some();
    let is_wanted = |text: &str| may_hold_pods(text) && (!config.sidecars.is_empty() || declares(text));
    let candidates: Vec<usize> = input
        .resources
        .iter()
        .enumerate()
        .filter(|(_, resource)| is_wanted(resource.text))
        .map(|(index, _)| index)
        .collect();
    let size: usize =
        candidates.iter().filter_map(|index| input.resources.get(*index)).map(|resource| resource.text.len()).sum();
    let available = if threads == 0 { thread::available_parallelism().map_or(1, NonZero::get) } else { threads };
    let workers = if size < PARALLEL_FROM { 1 } else { available.min(candidates.len()) };
    tracing::debug!(candidates = candidates.len(), bytes = size, workers, "items that can hold a candidate");
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
    if merges_too_much(&tree) {
        let limit = "the number of mappings that merge keys bring into one";
        return Err(Error::Limit { limit, allowed: MAX_MERGES });
    }
    let is_aliased_elsewhere = |anchor: &str| is_aliased_outside(input, resource, anchor);
    let place = Place::new(&tree, object, &is_aliased_elsewhere);
    let mut work = Work {
        place,
        shape: resource.shape,
        config,
        pods: Vec::new(),
        ops: Vec::new(),
        edits: Vec::new(),
        needs: Vec::new(),
        item: &mut item,
    };
    for pod in locate(&tree, object, &config.extra_kinds) {
        work.convert(pod)?;
    }
    work.note_unmet();
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

/// The rules that a workload accepts, each with whether it was needed.
struct Allowed<'t> {
    names: Vec<(Named<'t>, bool)>,
}

impl<'t> Allowed<'t> {
    fn new(names: Vec<Named<'t>>) -> Self {
        Self { names: names.into_iter().map(|name| (name, false)).collect() }
    }

    /// The finding with the severity that configuration and workload give it; `None` when it is accepted.
    fn judge(&mut self, mut finding: Finding, config: &Config) -> Option<Finding> {
        if rules::find(finding.rule).is_some_and(|rule| rule.kind == RuleKind::Invalid) {
            return Some(finding);
        }
        let mut is_allowed = false;
        for (_, is_used) in self.names.iter_mut().filter(|(one, _)| one.name == finding.rule) {
            (*is_used, is_allowed) = (true, true);
        }
        if is_allowed {
            return None;
        }
        finding.severity = config.level(finding.rule, finding.severity).severity()?;
        Some(finding)
    }
}

/// Most sidecars of one pod, and most names in one of its annotations: work on them is quadratic, and no node runs as
/// many (kubelet's `maxPods` is 110 by default).
const MAX_SIDECARS: usize = 1000;

fn within(count: usize, allowed: usize, limit: &'static str) -> Result<(), Error> {
    if count > allowed { Err(Error::Limit { limit, allowed }) } else { Ok(()) }
}

/// A name in an annotation of a workload, and whether any pod of the workload has a use for it.
struct Need<'t> {
    annotation: &'static str,
    named: Named<'t>,
    object: NodeId,
    is_met: bool,
}

/// The work on one item: what was accepted so far.
struct Work<'a> {
    place: Place<'a>,
    shape: resource::Shape,
    config: &'a Config,
    pods: Vec<PodSpec>,
    ops: Vec<Op>,
    edits: Vec<Edit>,
    needs: Vec<Need<'a>>,
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
    ///
    /// # Errors
    /// [`Error::Limit`] for a pod that no cluster would run.
    fn convert(&mut self, pod: PodSpec) -> Result<(), Error> {
        let tree = self.tree();
        for annotation in [select::SIDECARS, select::ALLOW] {
            within(select::names(tree, &pod, annotation).len(), MAX_SIDECARS, "the number of names in one annotation")?;
        }
        let selection = select(tree, &pod, self.config);
        self.item.matched.merge(&selection.matched);
        if selection.is_ignored {
            return Ok(());
        }
        within(selection.candidates.len(), MAX_SIDECARS, "the number of sidecars in one pod")?;
        for named in select::names(tree, &pod, select::SIDECARS) {
            let is_met = selection.unknown.iter().all(|unknown| unknown.name != named.name);
            self.need(select::SIDECARS, named, &pod, is_met);
        }
        let proposal = propose(tree, &pod, &selection);
        let mut allowed = Allowed::new(select::names(tree, &pod, select::ALLOW));
        let findings = check(&Subject { tree, pod: &pod, proposal: &proposal, config: self.config });
        let mut findings: Vec<_> = findings.into_iter().filter_map(|one| allowed.judge(one, self.config)).collect();
        let mut edits = Vec::new();
        let is_refused = |findings: &[Finding]| findings.iter().any(|finding| finding.severity == Severity::Error);
        if !proposal.moved.is_empty() && !is_refused(&findings) {
            match lower(&self.place, &pod, &proposal.ops) {
                Ok(found) => edits = found,
                Err(finding) => findings.push(finding),
            }
        }
        let is_refused = is_refused(&findings);
        for mut finding in findings {
            if finding.severity == Severity::Error && self.config.on_refusal == OnRefusal::Skip {
                finding.severity = Severity::Warning;
                finding.message.push_str("; the workload is left as it was");
            }
            self.tell(finding, &pod);
        }
        if !proposal.moved.is_empty() {
            for (named, is_used) in allowed.names {
                self.need(select::ALLOW, named, &pod, is_used);
            }
        }
        if !is_refused && !proposal.moved.is_empty() {
            let (resource, file) = self.identity(pod.object);
            tracing::debug!(%resource, pod = %pod.path, edits = edits.len(), ops = ?proposal.ops, "lowered");
            let names = proposal.moved.iter().map(|container| container.name.to_owned()).collect();
            let field = pod.list_path(List::Init).to_string();
            self.item.conversions.push(Conversion { names, resource, file, field });
            self.edits.extend(edits);
            self.ops.extend(proposal.ops);
            self.pods.push(pod);
        }
        Ok(())
    }

    /// Remembers a name in an annotation; one pod of the workload that needs it is enough.
    fn need(&mut self, annotation: &'static str, named: Named<'a>, pod: &PodSpec, is_met: bool) {
        let is_same = |need: &&mut Need<'_>| {
            (need.annotation, need.object, need.named.name) == (annotation, pod.object, named.name)
                && need.named.at == named.at
        };
        match self.needs.iter_mut().find(is_same) {
            Some(need) => need.is_met |= is_met,
            None => self.needs.push(Need { annotation, named, object: pod.object, is_met }),
        }
    }

    /// Notes the names in annotations that no pod of their workload has a use for.
    fn note_unmet(&mut self) {
        for Need { annotation, named, object, .. } in
            std::mem::take(&mut self.needs).into_iter().filter(|need| !need.is_met)
        {
            let (rule, why) = match rules::find(named.name) {
                _ if annotation == select::SIDECARS => (&unmatched_entry::RULE, "and the pod has no such container"),
                None => (&unmatched_allow::RULE, "which is no rule"),
                Some(rule) if rule.kind == RuleKind::Invalid => (
                    &unmatched_allow::RULE,
                    "which cannot be allowed, since Kubernetes or the format would reject the result",
                ),
                Some(_) => (&unmatched_allow::RULE, "which found nothing here"),
            };
            let message = format!("the annotation {annotation} names `{}`, {why}", named.name);
            if let Some(mut note) = report::about_config(self.config, rule, message, &named.at.to_string()) {
                let (resource, file) = self.identity(object);
                (note.resource, note.file) = (Some(resource), file);
                self.item.diagnostics.push(note);
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
