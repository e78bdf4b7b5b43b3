//! How long each stage takes for one Deployment of 4 KB, and the stages on the whole input for a thousand of them.
//!
//! `just bench-stages` prints it.

#![allow(clippy::unwrap_used, clippy::indexing_slicing, dead_code, missing_docs)]

mod workload;

use convert_sidecars::config::Config;
use convert_sidecars::index::Index;
use convert_sidecars::k8s::pod_spec::PodSpec;
use convert_sidecars::krm::Input;
use convert_sidecars::krm::resource::{Shape, read};
use convert_sidecars::lifecycle::Lifecycle;
use convert_sidecars::locate::locate;
use convert_sidecars::lower::{Place, lower};
use convert_sidecars::propose::{Proposal, propose};
use convert_sidecars::rules::{Subject, check, names};
use convert_sidecars::select::{Selection, select};
use convert_sidecars::verify::{Plan, verify, verify_fully};
use convert_sidecars::yaml::edit::Edits;
use convert_sidecars::yaml::parse::{parse, parse_any};
use convert_sidecars::yaml::tree::{NodeId, Tree};
use divan::Bencher;
use workload::{Mix, SIDECAR};

fn main() {
    divan::main();
}

fn config() -> Config {
    let text = workload::select(SIDECAR);
    let tree = parse(&text).unwrap();
    Config::read(&tree, tree.roots[0], &names()).unwrap()
}

/// One item of the input, as the stages behind the reading see it.
struct Case<'a> {
    tree: &'a Tree<'a>,
    object: NodeId,
    pod: &'a PodSpec,
    selection: &'a Selection<'a>,
    proposal: &'a Proposal<'a>,
    index: &'a Index<'a>,
    config: &'a Config,
}

/// Runs a measurement on the first Deployment of an input.
fn with_case(measure: impl FnOnce(&Case<'_>)) {
    let (list, config) = (workload::list_of(Mix::Deployments, 10), config());
    let input = Input::read(&list, 1).unwrap();
    let index = Index::new(&input, &config, 1);
    let (tree, object) = input.resources[0].read().unwrap().unwrap();
    let pod = locate(&tree, object, &[]).remove(0);
    let selection = select(&tree, &pod, &config);
    let proposal = propose(&tree, &pod, &selection);
    let (tree, pod, selection, proposal) = (&tree, &pod, &selection, &proposal);
    measure(&Case { tree, object, pod, selection, proposal, index: &index, config: &config });
}

#[divan::bench]
fn a1_cut_a_thousand_items(bencher: Bencher<'_, '_>) {
    let list = workload::list_of(Mix::Deployments, 1000);
    bencher.bench(|| Input::read(&list, 1).unwrap().resources.len());
}

#[divan::bench]
fn a2_index_of_a_thousand_items(bencher: Bencher<'_, '_>) {
    let (list, config) = (workload::list_of(Mix::Mixed, 1000), config());
    let input = Input::read(&list, 1).unwrap();
    let item = &input.resources[0];
    let (tree, object) = item.read().unwrap().unwrap();
    let pod = locate(&tree, object, &[]).remove(0);
    let workload = || convert_sidecars::index::Workload::of(&tree, &pod);
    bencher.bench(|| Index::new(&input, &config, 1).services(&workload()).len());
}

#[divan::bench]
fn b1_read(bencher: Bencher<'_, '_>) {
    with_case(|case| bencher.bench(|| read(case.tree.text, Shape::BlockEntry).unwrap().is_some()));
}

#[divan::bench]
fn b2_read_by_the_parser(bencher: Bencher<'_, '_>) {
    with_case(|case| bencher.bench(|| parse_any(case.tree.text).unwrap().roots.len()));
}

#[divan::bench]
fn c_locate(bencher: Bencher<'_, '_>) {
    with_case(|case| bencher.bench(|| locate(case.tree, case.object, &[]).len()));
}

#[divan::bench]
fn d_select(bencher: Bencher<'_, '_>) {
    with_case(|case| bencher.bench(|| select(case.tree, case.pod, case.config).candidates.len()));
}

#[divan::bench]
fn e_propose(bencher: Bencher<'_, '_>) {
    with_case(|case| bencher.bench(|| propose(case.tree, case.pod, case.selection).ops.len()));
}

#[divan::bench]
fn f_check_the_rules(bencher: Bencher<'_, '_>) {
    with_case(|case| {
        bencher.bench(|| {
            let after = Lifecycle::new(case.tree, case.pod, case.proposal);
            check(&Subject::new(&after, case.config, case.index)).len()
        });
    });
}

#[divan::bench]
fn g_lower(bencher: Bencher<'_, '_>) {
    with_case(|case| {
        bencher.bench(|| {
            let place = Place::new(case.tree, case.object, &|_| false);
            lower(&place, case.pod, &case.proposal.ops).unwrap().len()
        });
    });
}

#[divan::bench(args = [false, true])]
fn h_verify(bencher: Bencher<'_, '_>, is_full: bool) {
    with_case(|case| {
        let place = Place::new(case.tree, case.object, &|_| false);
        let edits = lower(&place, case.pod, &case.proposal.ops).unwrap();
        let written = Edits::new(edits).unwrap().apply(case.tree.text);
        let pods = [case.pod.clone()];
        let (tree, object, ops) = (case.tree, case.object, &case.proposal.ops);
        let plan = Plan { tree, object, shape: Shape::BlockEntry, pods: &pods, ops };
        bencher.bench(|| if is_full { verify_fully(&plan, &written) } else { verify(&plan, &written) }.unwrap());
    });
}
