//! The stages for one item, and all items in parallel.

use std::num::NonZero;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::thread;

use crate::config::{Config, OnRefusal};
use crate::diagnostic::{Diagnostic, FileRef, ResourceRef, Severity};
use crate::error::Error;
use crate::k8s::pod_spec::{List, PodSpec};
use crate::krm::{Input, Resource, resource};
use crate::lower::{Place, lower, lower_removals};
use crate::propose::{Op, drop_ids, propose};
use crate::rules::restart_policy_outside_init;
use crate::rules::{self, Finding, RuleKind, Subject, check, unmatched_allow, unmatched_entry};
use crate::select::{self, Matched, Named, select};
use crate::verify::{Plan, verify, verify_fully};
use crate::yaml::edit::{Edit, Edits};
use crate::yaml::prefilter::{Prefilter, may_spell};
use crate::yaml::tree::{NodeId, Tree};
use crate::{locate::locate, report, report::Conversion};

/// What the stages made of one item.
#[derive(Debug, Default)]
pub struct Item {
    /// Position in the input.
    pub index: usize,
    /// What changes, by offsets in the whole input.
    pub edits: Vec<Edit>,
    /// What was found in it.
    pub diagnostics: Vec<Diagnostic>,
    /// The workloads in it that change.
    pub conversions: Vec<Conversion>,
    /// Which parts of the configuration matched something in it.
    pub matched: Matched,
}

/// Text below which one thread is faster than several.
const PARALLEL_FROM: usize = 256 * 1024;

/// Items that a thread takes at a time.
const SHARE: usize = 16;

/// Slices that are asked at a time whether their workloads match a selector.
const BATCH: usize = 1024;

/// Runs the stages on all items that can hold a candidate; the others have no entry in the result.
///
/// The result is in the order of the input, whatever the number of threads (0: as many as there are cores).
///
/// # Errors
/// The first item, in the order of the input, that is not YAML.
pub fn process(input: &Input<'_>, config: &Config, threads: usize) -> Result<Vec<Item>, Error> {
    let is_configured = !config.sidecars.is_empty();
    let is_wanted = wanted_slices(input, config);
    let (wanted, others): (Vec<usize>, Vec<usize>) = (0..input.resources.len())
        .partition(|index| input.resources.get(*index).is_some_and(|resource| is_wanted(resource.text)));
    tracing::debug!(candidates = wanted.len(), "items that can hold a candidate");
    let mut items = in_parallel(input, &wanted, threads, |index| process_one(input, config, index))?;
    if is_configured {
        items.extend(match_selectors(input, config, threads, &items, &others)?);
    }
    Ok(items)
}

/// Which slices are read: those in which something can be selected, or of which something would be told.
///
/// The items of a `ResourceList` have been read by the host. Bare documents have not, so each that can hold a pod is
/// read as soon as anything is selected at all: one that is no YAML must be an error and not pass as text without pods.
fn wanted_slices<'a>(input: &Input<'_>, config: &'a Config) -> impl Fn(&str) -> bool + use<'a> {
    let is_configured = !config.sidecars.is_empty();
    let is_read_by_host = input.envelope.is_some();
    let words = Prefilter::new(select::words(config));
    let declares = memchr::memmem::Finder::new(select::SIDECARS);
    move |text| {
        let is_meant = match (is_read_by_host, is_configured) {
            (true, true) => words.may_hold(text) || restart_policy_outside_init::may_concern(text),
            (true, false) => words.may_hold(text),
            (false, true) => true,
            (false, false) => declares.find(text.as_bytes()).is_some(),
        };
        is_meant && may_hold_pods(text)
    }
}

/// Looks for workloads that match the selectors which matched none of the `items`, since a selector without any is
/// worth a note. What is not YAML matches nothing: the function has no business with it.
fn match_selectors(
    input: &Input<'_>,
    config: &Config,
    threads: usize,
    items: &[Item],
    others: &[usize],
) -> Result<Option<Item>, Error> {
    let mut matched = Matched::default();
    for item in items {
        matched.merge(&item.matched);
    }
    let is_done = |matched: &Matched| {
        matched.include.len() == config.include.len() && matched.exclude.len() == config.exclude.len()
    };
    if is_done(&matched) {
        return Ok(None);
    }
    let mut found = Item::default();
    for batch in others.chunks(BATCH) {
        let matches = in_parallel(input, batch, threads, |index| {
            let mut matched = Matched::default();
            let resource = input.resources.get(index).filter(|resource| may_hold_pods(resource.text));
            if let Some((tree, object)) = resource.and_then(|resource| resource.read().ok().flatten()) {
                for pod in locate(&tree, object, &config.extra_kinds) {
                    matched.merge(&select::selectors(&tree, &pod, config));
                }
            }
            Ok(matched)
        })?;
        for one in matches {
            found.matched.merge(&one);
            matched.merge(&one);
        }
        if is_done(&matched) {
            break;
        }
    }
    Ok(Some(found))
}

/// Does the work for each of these items, on several threads if they are worth it; the answers are in order.
fn in_parallel<T: Send>(
    input: &Input<'_>,
    indexes: &[usize],
    threads: usize,
    work: impl Fn(usize) -> Result<T, Error> + Sync,
) -> Result<Vec<T>, Error> {
    let size: usize =
        indexes.iter().filter_map(|index| input.resources.get(*index)).map(|resource| resource.text.len()).sum();
    let available = if threads == 0 { thread::available_parallelism().map_or(1, NonZero::get) } else { threads };
    let workers = if size < PARALLEL_FROM { 1 } else { available.min(indexes.len().div_ceil(SHARE)) };
    if workers <= 1 {
        return indexes.iter().map(|index| work(*index)).collect();
    }
    let next = AtomicUsize::new(0);
    let take_shares = || {
        let mut done = Vec::new();
        loop {
            let share = next.fetch_add(1, Ordering::Relaxed);
            let Some(part) = indexes.chunks(SHARE).nth(share) else { return done };
            let answers: Result<Vec<T>, Error> = part.iter().map(|index| work(*index)).collect();
            if answers.is_err() {
                // All shares before this one have been taken; no later one matters.
                next.store(indexes.len(), Ordering::Relaxed);
            }
            done.push((share, answers));
        }
    };
    let mut shares: Vec<(usize, Result<Vec<T>, Error>)> = thread::scope(|scope| {
        let handles: Vec<_> = (0..workers).map(|_| scope.spawn(take_shares)).collect();
        let join = |handle: thread::ScopedJoinHandle<'_, _>| match handle.join() {
            Ok(done) => done,
            Err(panic) => std::panic::resume_unwind(panic),
        };
        handles.into_iter().flat_map(join).collect()
    });
    shares.sort_unstable_by_key(|(share, _)| *share);
    let mut all = Vec::with_capacity(indexes.len());
    for (_, answers) in shares {
        all.extend(answers?);
    }
    Ok(all)
}

/// Whether a slice can hold a pod spec: the key `containers` stands in it, or an escape that may spell it.
fn may_hold_pods(text: &str) -> bool {
    memchr::memmem::find(text.as_bytes(), b"containers").is_some() || may_spell(text)
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
    let place = Place::new(&tree, object, &is_aliased_elsewhere);
    let mut work = Work {
        place,
        resource,
        config,
        pods: Vec::new(),
        ops: Vec::new(),
        edits: Vec::new(),
        needs: Vec::new(),
        item: &mut item,
    };
    for pod in locate(&tree, object, &config.extra_kinds) {
        work.convert(pod);
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
    resource: &'a Resource<'a>,
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
    fn convert(&mut self, pod: PodSpec) {
        let tree = self.tree();
        let selection = select(tree, &pod, self.config);
        self.item.matched.merge(&selection.matched);
        if selection.is_ignored {
            return;
        }
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
        let shape = self.resource.shape;
        let plan = Plan { tree: self.tree(), object: self.place.object, shape, pods: &self.pods, ops: &self.ops };
        let edits = Edits::new(std::mem::take(&mut self.edits)).map_err(|overlap| overlap.to_string());
        let verified = edits.and_then(|edits| {
            let written = edits.apply(self.tree().text);
            let verdict = verify(&plan, &written);
            debug_assert!(verdict.is_ok() == verify_fully(&plan, &written).is_ok(), "{verdict:?} of {written}");
            verdict.map(|()| edits)
        });
        match verified {
            Ok(edits) => {
                self.item.edits = edits.into_iter().map(|edit| edit.shifted(self.resource.span.start)).collect();
            }
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
