use proptest::collection::vec;
use proptest::prelude::*;

use super::check;
use convert_sidecars::{Options, run};

/// One container: its CPU request and its limit in thousandths, if it has them.
type Cpu = (Option<u32>, Option<u32>);

/// A pod: its init containers, each with whether it is a native sidecar already; its containers, each with whether it
/// is selected; its overhead.
#[derive(Debug, Clone)]
struct Pod {
    init: Vec<(Cpu, bool)>,
    main: Vec<(Cpu, bool)>,
    overhead: u32,
}

fn pod() -> impl Strategy<Value = Pod> {
    let amount = || prop_oneof![1 => Just(None), 3 => (0u32..3000).prop_map(Some)];
    let list = |count| vec(((amount(), amount()), any::<bool>()), count);
    (list(0..4), list(1..5), prop_oneof![3 => Just(0), 1 => 1u32..500]).prop_map(|(init, main, overhead)| Pod {
        init,
        main,
        overhead,
    })
}

/// What runs at each moment of the pod's life, and so the most that it requests: a walk through time, and no formula.
fn peak(order: &[(Cpu, bool)], main: &[Cpu], overhead: u32) -> u32 {
    let request = |(request, limit): Cpu| request.or(limit).unwrap_or(0);
    let mut sidecars = Vec::new();
    let mut moments = Vec::new();
    for (cpu, is_sidecar) in order {
        let now = sidecars.iter().sum::<u32>() + request(*cpu);
        moments.push(now);
        if *is_sidecar {
            sidecars.push(request(*cpu));
        }
    }
    moments.push(sidecars.iter().sum::<u32>() + main.iter().map(|cpu| request(*cpu)).sum::<u32>());
    moments.into_iter().max().unwrap_or(0) + overhead
}

fn text(pod: &Pod) -> String {
    let container = |name: String, (request, limit): Cpu, is_native: bool| {
        let side = |amount: Option<u32>| amount.map_or("{}".to_owned(), |amount| format!("{{cpu: {amount}m}}"));
        let policy = if is_native { ", restartPolicy: Always" } else { "" };
        let resources = format!("{{requests: {}, limits: {}}}", side(request), side(limit));
        format!("  - {{name: {name}, image: i, resources: {resources}{policy}}}\n")
    };
    let list = |prefix: &str, list: &[(Cpu, bool)], is_init: bool| {
        let one =
            |(index, (cpu, flag)): (usize, &(Cpu, bool))| container(format!("{prefix}{index}"), *cpu, is_init && *flag);
        list.iter().enumerate().map(one).collect::<String>()
    };
    let (init, main) = (list("i", &pod.init, true), list("c", &pod.main, false));
    let init = if init.is_empty() { String::new() } else { format!("  initContainers:\n{init}") };
    let overhead = format!("  overhead: {{cpu: {}m}}\n", pod.overhead);
    format!("apiVersion: v1\nkind: Pod\nspec:\n{overhead}{init}  containers:\n{main}")
}

/// What the rule says about the CPU requests of a pod: the numbers before and after, in its own words.
fn raised(pod: &Pod, position: &str) -> Option<String> {
    let names: Vec<_> = pod
        .main
        .iter()
        .enumerate()
        .filter(|(_, (_, is_selected))| *is_selected)
        .map(|(index, _)| format!("c{index}"))
        .collect();
    let config = format!(
        "{}  position: {{type: {position}}}\n",
        crate::support::select(&names.iter().map(String::as_str).collect::<Vec<_>>())
    );
    let text = text(pod);
    let answer = run(&text, &Options { config: Some(&config), ..Options::default() }).unwrap();
    assert!(!answer.has_errors(), "{:?}\n{text}", answer.diagnostics);
    let found: Vec<_> = answer.diagnostics.iter().filter(|one| one.rule == "effective-requests-raised").collect();
    assert!(found.len() <= 1, "{found:?}");
    let message = &found.first()?.message;
    let numbers = message.split_once("requests.cpu from ").map(|(_, rest)| rest.split(',').next().unwrap_or(""));
    numbers.map(str::to_owned)
}

/// At the end of the list a conversion changes nothing, wherever else it can raise the sum and never lowers it.
#[test]
fn the_effective_request_stays_at_the_end_and_is_told_where_it_rises() {
    let rose = std::cell::Cell::new(0);
    check(600, pod(), |pod| {
        let selected: Vec<_> =
            pod.main.iter().filter(|(_, is_selected)| *is_selected).map(|(cpu, _)| (*cpu, true)).collect();
        if selected.is_empty() || selected.len() == pod.main.len() {
            return Ok(());
        }
        let all: Vec<_> = pod.main.iter().map(|(cpu, _)| *cpu).collect();
        let stays: Vec<_> = pod.main.iter().filter(|(_, is_selected)| !is_selected).map(|(cpu, _)| *cpu).collect();
        let before = peak(&pod.init, &all, pod.overhead);
        let last = peak(&[pod.init.clone(), selected.clone()].concat(), &stays, pod.overhead);
        let first = peak(&[selected, pod.init.clone()].concat(), &stays, pod.overhead);
        prop_assert_eq!(before, last, "{}", text(&pod));
        prop_assert!(before <= first, "{}", text(&pod));
        let quantity =
            |amount: u32| if amount.is_multiple_of(1000) { (amount / 1000).to_string() } else { format!("{amount}m") };
        let wanted = (before < first).then(|| format!("{} to {}", quantity(before), quantity(first)));
        rose.set(rose.get() + u32::from(wanted.is_some()));
        prop_assert_eq!(raised(&pod, "First"), wanted, "{}", text(&pod));
        prop_assert_eq!(raised(&pod, "Last"), None, "{}", text(&pod));
        Ok(())
    });
    assert!(rose.get() > 50, "only {} pods of which the request rises", rose.get());
}
