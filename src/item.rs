//! The stages for one item, and all items in parallel.

use std::cell::LazyCell;

use crate::config::catalogue::Mode;
use crate::config::{Config, OnRefusal};
use crate::diagnostic::{Diagnostic, FileRef, ResourceRef, Severity};
use crate::error::Error;
use crate::index::Index;
use crate::k8s::pod_spec::{List, MAX_MERGES, PodSpec, merges_too_much};
use crate::k8s::workloads::may_hold_lists;
use crate::krm::{Input, Resource, resource};
use crate::lifecycle::Lifecycle;
use crate::lower::{Place, lower, lower_fields};
use crate::parallel::in_parallel;
use crate::propose::{Op, Proposal, drop_ids, propose};
use crate::rules::{
    self, Finding, RuleKind, Subject, check, restart_policy_outside_init, unmatched_allow, unmatched_entry,
};
use crate::select::{self, Candidate, Matched, Named, Reason, Selection, select};
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
    /// What was found in it, each [on one line](Diagnostic::on_one_line).
    pub diagnostics: Vec<Diagnostic>,
    /// What is told in the same way of the workloads in it that change, unless something is refused.
    pub conversions: Vec<Diagnostic>,
    /// Which parts of the configuration matched something in it.
    pub matched: Matched,
}

/// An item of the input with its position.
type Numbered<'i> = (usize, &'i Resource<'i>);

/// Bytes of all of them.
fn size(items: &[Numbered<'_>]) -> usize {
    items.iter().map(|(_, item)| item.text.len()).sum()
}

/// Slices that are asked at a time whether their workloads match a selector.
const BATCH: usize = 1024;

/// Runs the stages on all items that can hold a candidate; the others have no entry in the result.
///
/// The result is in the order of the input, whatever the number of threads (0: as many as there are cores).
///
/// # Errors
/// The first item, in the order of the input, that is not YAML.
pub fn process(input: &Input<'_>, config: &Config, threads: usize) -> Result<Vec<Item>, Error> {
    let is_configured = is_configured(config);
    let is_wanted = wanted_slices(input, config);
    let index = &Index::new(input, config, threads);
    let is_wanted = |resource: &Resource<'_>| Ok(is_wanted(resource.text));
    let are_wanted = in_parallel(&input.resources, input.text.len(), threads, is_wanted)?;
    let (wanted, others): (Vec<_>, Vec<_>) =
        input.resources.iter().enumerate().partition(|(at, _)| are_wanted.get(*at).is_some_and(|is_wanted| *is_wanted));
    tracing::debug!(candidates = wanted.len(), "items that can hold a candidate");
    let mut items = in_parallel(&wanted, size(&wanted), threads, |(at, resource)| {
        process_one(input, config, index, *at, resource)
    })?;
    if is_configured {
        items.extend(match_selectors(config, threads, &items, &others)?);
    }
    Ok(items)
}

/// Whether the configuration selects anything, so that it matters what its selectors match.
fn is_configured(config: &Config) -> bool {
    !config.sidecars.is_empty() || config.catalogue.mode != Mode::None
}

/// Which slices are read: those in which something can be selected, or of which something would be told.
///
/// The items of a `ResourceList` have been read by the host. Bare documents have not, so each that can hold a pod is
/// read as soon as anything is selected at all: one that is no YAML must be an error and not pass as text without pods.
fn wanted_slices<'a>(input: &Input<'_>, config: &'a Config) -> impl Fn(&str) -> bool + use<'a> {
    let is_configured = is_configured(config);
    let is_read_by_host = input.envelope.is_some();
    let words = Prefilter::new(select::words(config));
    let known = Prefilter::new(select::catalogue_words(config));
    let is_known = move |text: &str| select::may_use_catalogue(config, text) && known.may_hold(text);
    let has = |text: &str, word: &str| memchr::memmem::find(text.as_bytes(), word.as_bytes()).is_some();
    move |text| {
        // The cheapest question comes first.
        may_hold_pods(text)
            && match (is_read_by_host, is_configured) {
                (true, true) => {
                    words.may_hold(text) || is_known(text) || restart_policy_outside_init::may_concern(text)
                }
                (true, false) => words.may_hold(text),
                (false, true) => true,
                (false, false) => select::declared::LITERALS.iter().any(|word| has(text, word)),
            }
    }
}

/// Looks for workloads that match the selectors which matched none of the `items`, since a selector without any is
/// worth a note. What is not YAML matches nothing: the function has no business with it.
fn match_selectors(
    config: &Config,
    threads: usize,
    items: &[Item],
    others: &[Numbered<'_>],
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
        let matches = in_parallel(batch, size(batch), threads, |(_, resource)| {
            let mut matched = Matched::default();
            let read = may_hold_pods(resource.text).then(|| resource.read().ok().flatten());
            if let Some((tree, object)) = read.flatten() {
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

/// Whether a slice can hold a pod spec: the key of a list of containers stands in it, or an escape that may spell it.
fn may_hold_pods(text: &str) -> bool {
    may_hold_lists(text) || may_spell(text)
}

fn process_one(
    input: &Input<'_>,
    config: &Config,
    index: &Index<'_>,
    at: usize,
    resource: &Resource<'_>,
) -> Result<Item, Error> {
    let mut item = Item { index: at, ..Item::default() };
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
        resource,
        config,
        index,
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
    // There is one of these for each item of the input, most of them with one or two entries.
    for told in [&mut item.diagnostics, &mut item.conversions] {
        told.shrink_to_fit();
        told.iter_mut().for_each(Diagnostic::on_one_line);
    }
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

/// What a conversion of one pod came to.
struct Attempt<'a> {
    proposal: Proposal<'a>,
    findings: Vec<Finding>,
    edits: Vec<Edit>,
}

impl Attempt<'_> {
    fn is_refused(&self) -> bool {
        self.findings.iter().any(|finding| finding.severity == Severity::Error)
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

/// Which object something is about, and its file.
type Identity = (ResourceRef, Option<FileRef>);

/// Those of an object of a slice; one in a list is in the file of the list.
fn identity(tree: &Tree<'_>, whole: NodeId, object: NodeId) -> Identity {
    let file = resource::file(tree, object).or_else(|| resource::file(tree, whole));
    (resource::identity(tree, object), file)
}

/// The work on one item: what was accepted so far.
struct Work<'a> {
    place: Place<'a>,
    resource: &'a Resource<'a>,
    config: &'a Config,
    index: &'a Index<'a>,
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

    fn identity(&self, object: NodeId) -> Identity {
        identity(self.tree(), self.place.object, object)
    }

    /// Converts one pod, or says why not.
    ///
    /// # Errors
    /// [`Error::Limit`] for a pod that no cluster would run.
    fn convert(&mut self, pod: PodSpec) -> Result<(), Error> {
        let tree = self.tree();
        let [declared, allowed] = [select::SIDECARS, select::ALLOW].map(|one| select::names(tree, &pod, one));
        for names in [&declared, &allowed] {
            within(names.len(), MAX_SIDECARS, "the number of names in one annotation")?;
        }
        let mut selection = select(tree, &pod, self.config);
        self.item.matched.merge(&selection.matched);
        if selection.is_ignored {
            return Ok(());
        }
        within(selection.candidates.len(), MAX_SIDECARS, "the number of sidecars in one pod")?;
        for named in declared {
            let is_met = selection.unknown.iter().all(|unknown| unknown.name != named.name);
            self.need(select::SIDECARS, named, &pod, is_met);
        }
        let mut allowed = Allowed::new(allowed);
        let has_candidates = !selection.candidates.is_empty();
        let mut left_alone = Vec::new();
        let mut attempt = self.attempt(&pod, &selection, &mut allowed);
        while let Some(notes) = self.leave_alone(&attempt, &pod, &mut selection) {
            left_alone.extend(notes);
            attempt = self.attempt(&pod, &selection, &mut allowed);
        }
        let is_refused = attempt.is_refused();
        // What is wrong with the whole pod is said once, as an error.
        let notes = if is_refused { Vec::new() } else { left_alone };
        let (tree, whole, object) = (self.tree(), self.place.object, pod.object);
        let identity = LazyCell::new(move || identity(tree, whole, object));
        for mut finding in attempt.findings.into_iter().chain(notes) {
            if finding.severity == Severity::Error && self.config.on_refusal == OnRefusal::Skip {
                finding.severity = Severity::Warning;
                finding.message.push_str("; the workload is left as it was");
            }
            self.tell(finding, &identity);
        }
        if has_candidates {
            for (named, is_used) in allowed.names {
                self.need(select::ALLOW, named, &pod, is_used);
            }
        }
        let proposal = attempt.proposal;
        if !is_refused && !proposal.ops.is_empty() {
            let (resource, file) = (*identity).clone();
            let (edits, ops) = (attempt.edits, proposal.ops);
            tracing::debug!(%resource, pod = %pod.path, edits = edits.len(), ?ops, "lowered");
            let names = selection.candidates.iter().map(Candidate::in_words).collect();
            let field = pod.list_path(List::Init).to_string();
            let edits_told = proposal.edits;
            let conversion = Conversion { names, resource, file, field, edits: edits_told };
            self.item.conversions.extend(conversion.diagnostics(self.config.action));
            self.edits.extend(edits);
            self.ops.extend(ops);
            self.pods.push(pod);
        }
        Ok(())
    }

    /// What a conversion of these candidates comes to.
    fn attempt(&self, pod: &PodSpec, selection: &Selection<'a>, allowed: &mut Allowed<'a>) -> Attempt<'a> {
        let tree = self.tree();
        let proposal = propose(tree, pod, selection);
        let after = Lifecycle::new(tree, pod, &proposal);
        let findings = check(&Subject::new(&after, self.config, self.index));
        let findings = findings.into_iter().filter_map(|one| allowed.judge(one, self.config)).collect();
        let mut attempt = Attempt { proposal, findings, edits: Vec::new() };
        if !attempt.proposal.ops.is_empty() && !attempt.is_refused() {
            match lower(&self.place, pod, &attempt.proposal.ops) {
                Ok(edits) => attempt.edits = edits,
                Err(finding) => attempt.findings.push(finding),
            }
        }
        if attempt.is_refused() {
            // What a conversion would change beside is nobody's concern when there is none.
            attempt.findings.retain(|finding| finding.severity > Severity::Info);
        }
        attempt
    }

    /// Takes out of the candidates what only the catalogue selected and what stands in the way, so that one odd pod does
    /// not hold up all others; `None` when there is nothing to take out.
    ///
    /// The notes are about what Kubernetes would reject. What would break at run time is left alone silently.
    fn leave_alone(&self, attempt: &Attempt<'_>, pod: &PodSpec, selection: &mut Selection<'_>) -> Option<Vec<Finding>> {
        let errors = || attempt.findings.iter().filter(|finding| finding.severity == Severity::Error);
        let is_silent =
            |finding: &&Finding| rules::find(finding.rule).is_some_and(|rule| rule.kind == RuleKind::Unsafe);
        if self.config.on_refusal == OnRefusal::Fail && !errors().all(|finding| is_silent(&finding)) {
            return None;
        }
        let is_about = |candidate: &Candidate<'_>, finding: &Finding| {
            finding.at.0.starts_with(&pod.container_path(&candidate.container).0)
        };
        // What is not about a container is about all of them.
        let is_pods = errors().any(|finding| !selection.candidates.iter().any(|one| is_about(one, finding)));
        let is_left = |one: &Candidate<'_>| {
            one.reason == Reason::Catalogue && (is_pods || errors().any(|finding| is_about(one, finding)))
        };
        let left: Vec<_> = selection.candidates.iter().filter(|one| is_left(one)).cloned().collect();
        if left.is_empty() {
            return None;
        }
        let names: Vec<_> = left.iter().map(|candidate| candidate.container.name).collect();
        for finding in errors() {
            tracing::debug!(pod = %pod.path, rule = finding.rule, ?names, "left alone: {}", finding.message);
        }
        let is_left_for = |finding: &&Finding| is_pods || left.iter().any(|one| is_about(one, finding));
        let notes = errors().filter(|finding| !is_silent(finding) && is_left_for(finding)).map(|finding| {
            let message =
                format!("{}; only the catalogue selected {}, so it is left alone", finding.message, names.join(", "));
            Finding { severity: Severity::Info, message, ..finding.clone() }
        });
        let notes = notes.collect();
        selection.candidates.retain(|one| left.iter().all(|other| other.container.index != one.container.index));
        Some(notes)
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

    fn tell(&mut self, finding: Finding, (id, file): &Identity) {
        let diagnostic = report::diagnostic(finding, id, file.as_ref());
        // Of an object with several pods a rule may say the same of each.
        let mut of_object = self.item.diagnostics.iter().rev().take_while(|one| one.resource == diagnostic.resource);
        if !of_object.any(|one| *one == diagnostic) {
            self.item.diagnostics.push(diagnostic);
        }
    }

    /// Drops the ids of a changed item, applies the edits and verifies the result.
    fn finish(mut self) {
        if self.edits.is_empty() {
            return;
        }
        let ids = drop_ids(self.tree(), self.place.object, &self.ops);
        match lower_fields(&self.place, &ids) {
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
