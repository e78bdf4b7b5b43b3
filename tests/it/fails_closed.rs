//! `verify` as the last gate: whatever is wrong with the plan or with the text made from it, it says no.

/// The same for edits beyond the move.
mod edited;

use convert_sidecars::config::Config;
use convert_sidecars::k8s::pod_spec::{List, PodSpec};
use convert_sidecars::krm::resource::{self, Shape};
use convert_sidecars::locate::locate;
use convert_sidecars::lower::{Place, lower, lower_fields};
use convert_sidecars::propose::{Op, drop_ids, propose};
use convert_sidecars::rules;
use convert_sidecars::select::select;
use convert_sidecars::verify::{Plan, verify, verify_fully};
use convert_sidecars::yaml::edit::Edits;
use convert_sidecars::yaml::new::New;
use convert_sidecars::yaml::parse::parse;
use convert_sidecars::yaml::path::Path;
use convert_sidecars::yaml::tree::{NodeId, Tree};

/// Everything that the stages make of a text before it is verified.
struct Work<'t> {
    tree: &'t Tree<'t>,
    object: NodeId,
    shape: Shape,
    pods: Vec<PodSpec>,
    ops: Vec<Op>,
}

impl<'t> Work<'t> {
    fn new(read: &'t (Tree<'t>, NodeId), shape: Shape, config: &str) -> Self {
        let (tree, object) = (&read.0, read.1);
        let config_tree = parse(config).unwrap();
        let config = Config::read(&config_tree, config_tree.roots[0], &rules::names()).unwrap();
        let pods = locate(tree, object, &config.extra_kinds);
        let ops = pods.iter().flat_map(|pod| propose(tree, pod, &select(tree, pod, &config)).ops);
        let ops = ops.chain(drop_ids(tree, object, &[])).collect();
        Self { tree, object, shape, pods, ops }
    }

    /// The text that these ops come to.
    fn lowered(&self, ops: &[Op]) -> String {
        let place = Place::new(self.tree, self.object, &|_| false);
        let mut edits = Vec::new();
        for pod in &self.pods {
            let own: Vec<_> = ops.iter().filter(|op| is_of(op, pod)).cloned().collect();
            edits.extend(lower(&place, pod, &own).unwrap_or_else(|finding| panic!("{finding:?}")));
        }
        let ids: Vec<_> = ops.iter().filter(|op| !self.pods.iter().any(|pod| is_of(op, pod))).cloned().collect();
        edits.extend(lower_fields(&place, &ids).unwrap());
        Edits::new(edits).unwrap().apply(self.tree.text)
    }

    /// What `verify` says of a text when these ops are the plan. The slow way must come to the same.
    fn verdict(&self, ops: &[Op], written: &str) -> Result<(), String> {
        let plan = Plan { tree: self.tree, object: self.object, shape: self.shape, pods: &self.pods, ops };
        let verdict = verify(&plan, written);
        let full = verify_fully(&plan, written);
        assert_eq!(verdict.is_ok(), full.is_ok(), "{verdict:?} and {full:?} of\n{written}");
        verdict
    }
}

fn is_of(op: &Op, pod: &PodSpec) -> bool {
    let at = op.place();
    at.0.starts_with(&pod.path.0)
}

const CONFIG: &str = "{apiVersion: v1, kind: ConfigMap, data: {sidecars: 'proxy,log'}}";

const BEFORE: &str = r#"# a pod
apiVersion: v1
kind: Pod
metadata:
  name: p
  annotations:
    config.k8s.io/id: '1'
    a: b
spec:
  # before all
  initContainers:
    # moves the data
    - name: migrate
      image: &image m:1
  volumes: [] # none
  # the list
  containers:
  # serves
  - name: web
    image: "web:1" # pinned
  # proxies
  - name: proxy
    image: proxy:1 # for now
    env: [{name: A, value: !!str 1}]
  # ships
  - name: log
    image: *image
    args:
    - |
      one
  - name: last
    image: l
  dnsPolicy: Default # so be it
"#;

const AFTER: &str = r#"# a pod
apiVersion: v1
kind: Pod
metadata:
  name: p
  annotations:
    a: b
spec:
  # before all
  initContainers:
    # moves the data
    - name: migrate
      image: &image m:1
    # proxies
    - name: proxy
      restartPolicy: Always
      image: proxy:1 # for now
      env: [{name: A, value: !!str 1}]
    # ships
    - name: log
      restartPolicy: Always
      image: *image
      args:
      - |
        one
  volumes: [] # none
  # the list
  containers:
  # serves
  - name: web
    image: "web:1" # pinned
  - name: last
    image: l
  dnsPolicy: Default # so be it
"#;

const PROXY: &str = "    # proxies\n    - name: proxy\n      restartPolicy: Always\n      image: proxy:1 # for now\n      env: [{name: A, value: !!str 1}]\n";
const LOG: &str = "    # ships\n    - name: log\n      restartPolicy: Always\n      image: *image\n      args:\n      - |\n        one\n";

fn with_work(act: impl FnOnce(&Work<'_>)) {
    let read = resource::read(BEFORE, Shape::Document).unwrap().unwrap();
    act(&Work::new(&read, Shape::Document, CONFIG));
}

#[test]
fn what_was_planned_passes() {
    with_work(|work| {
        assert_eq!(work.lowered(&work.ops), AFTER);
        assert_eq!(work.verdict(&work.ops, AFTER), Ok(()));
    });
}

/// Each corruption of the text: its name, what goes, what comes, and words of the reason.
const TEXTS: &[(&str, &str, &str, &str)] = &[
    ("an entry is lost", LOG, "", "spec.initContainers"),
    ("an entry is lost where it was", "  - name: last\n    image: l\n", "", "spec.containers"),
    ("an entry comes twice", "  - name: last\n", "  - name: log\n  - name: last\n", "spec.containers"),
    ("restartPolicy is missing", "log\n      restartPolicy: Always\n", "log\n", "initContainers[2]"),
    (
        "restartPolicy has another value",
        "log\n      restartPolicy: Always",
        "log\n      restartPolicy: Never",
        "\"Never\"",
    ),
    (
        "restartPolicy is on another one",
        "migrate\n",
        "migrate\n      restartPolicy: Always\n",
        "initContainers[0]: other bytes",
    ),
    ("a key too many", "  - name: last\n", "  - name: last\n    more: x\n", "spec.containers[3]: other bytes"),
    ("a key too many in the pod", "  volumes: [] # none\n", "  volumes: [] # none\n  more: x\n", "spec"),
    ("a key is lost", "  volumes: [] # none\n", "  # none\n", "spec"),
    ("keys change places", "  - name: last\n    image: l\n", "  - image: l\n    name: last\n", "spec.containers"),
    ("a value changes", "image: proxy:1", "image: proxy:2", "\"proxy:2\" instead of \"proxy:1\""),
    ("a value that stays changes", "image: l\n", "image: k\n", "spec.containers[3]: other bytes"),
    ("a scalar loses its quotes", "\"web:1\"", "web:1", "spec.containers[0]: other bytes"),
    ("a block scalar becomes another", "- |\n        one", "- >\n        one", "args[0]"),
    ("a block scalar loses its last break", "- |\n", "- |-\n", "args[0]"),
    ("an anchor has another name", "&image", "&other", "other bytes"),
    ("an anchor is lost", "&image ", "", "other bytes"),
    ("an alias is written out", "*image", "m:1", "initContainers[2].image"),
    ("an alias means another anchor", "*image", "*other", "initContainers[2].image"),
    ("a tag is lost", "!!str 1", "1", "env[0].value: another anchor or tag"),
    ("a tag comes", "name: log", "name: !!str log", "initContainers[2].name: another anchor or tag"),
    ("a comment is lost", " # for now", "", "comments"),
    ("a comment is lost above an entry", "    # ships\n", "", "comments"),
    ("a comment says something else", "# ships", "# sails", "comments"),
    (
        "a comment comes",
        "      restartPolicy: Always\n      image: *image",
        "      restartPolicy: Always # so\n      image: *image",
        "comments",
    ),
    ("a comment outside of the lists is lost", "# a pod\n", "", "outside of the lists"),
    (
        "a comment outside of the lists moves",
        "dnsPolicy: Default # so be it\n",
        "# so be it\n  dnsPolicy: Default\n",
        "outside of the lists",
    ),
    ("a line outside of the lists is indented", "kind: Pod\n", " kind: Pod\n", "not YAML"),
    ("a value outside of the lists changes", "dnsPolicy: Default", "dnsPolicy: None", "outside of the lists"),
    ("spaces outside of the lists change", "kind: Pod", "kind:  Pod", "outside of the lists"),
    ("a blank line outside of the lists comes", "kind: Pod\n", "kind: Pod\n\n", "outside of the lists"),
    ("a blank line comes before all", "# a pod\n", "\n# a pod\n", "outside of the lists"),
    ("a blank line comes behind all", "so be it\n", "so be it\n\n", "outside of the lists"),
    ("spaces between what changes change", "\nspec:\n", "\nspec: \n", "outside of the lists"),
    ("spaces in an entry that stays change", "image: l\n", "image:  l\n", "spec.containers[3]: other bytes"),
    ("an annotation is lost", "    a: b\n", "", "metadata.annotations"),
    ("the id stays", "    a: b\n", "    config.k8s.io/id: '1'\n    a: b\n", "metadata.annotations"),
    ("another document", "so be it\n", "so be it\n---\nkind: Pod\n", "cut into items in another way"),
    ("the last line break is lost", "so be it\n", "so be it", "cut into items in another way"),
    ("no YAML", "spec:\n", "spec: ]\n", "not YAML"),
    ("nothing", AFTER, "", "empty"),
    ("nothing but comments", AFTER, "# gone\n", "empty"),
    ("as it came", AFTER, BEFORE, ""),
];

/// Corrupts a text that is as planned, and wants the reason.
fn is_refused(work: &Work<'_>, ops: &[Op], good: &str, (name, from, to, why): (&str, &str, &str, &str)) {
    let corrupted = good.replacen(from, to, 1);
    assert_ne!(corrupted, good, "{name}: nothing is corrupted");
    let reason = work.verdict(ops, &corrupted).expect_err(name);
    assert!(reason.contains(why), "{name}: {reason}");
}

#[test]
fn corrupted_texts_are_refused() {
    with_work(|work| {
        for row in TEXTS {
            is_refused(work, &work.ops, AFTER, *row);
        }
    });
}

#[test]
fn entries_and_comments_that_change_places_are_refused() {
    let swapped =
        |one: &str, other: &str| AFTER.replacen(one, "\0", 1).replacen(other, one, 1).replacen('\0', other, 1);
    let without_proxy = AFTER.replacen(PROXY, "", 1);
    let in_its_list: String = PROXY.lines().map(|line| format!("{}\n", &line[2..])).collect();
    let above = |line: &str, text: &str| without_proxy.replacen(line, &format!("{text}{line}"), 1);
    let texts = [
        ("moved entries change places", swapped(LOG, PROXY)),
        ("a comment above an entry is another's", swapped("# ships", "# proxies")),
        ("a comment goes to an entry that was there", swapped("# proxies", "# moves the data")),
        ("a comment on a line is another's", swapped("# pinned", "# for now")),
        ("a comment of an entry goes to the list", swapped("# serves", "# the list")),
        ("an entry goes to the front", above("    # moves the data\n", PROXY)),
        ("an entry stays in its list", above("  - name: last\n", &in_its_list)),
    ];
    with_work(|work| {
        for (name, corrupted) in texts {
            assert!(corrupted != AFTER && parse(&corrupted).is_ok(), "{name}: not made\n{corrupted}");
            assert!(work.verdict(&work.ops, &corrupted).is_err(), "{name}");
        }
    });
}

/// Corruptions of the plan: the text that the stages made from one plan does not pass as that of another.
#[test]
fn corrupted_plans_are_refused() {
    let path = |index| Path::of(&["spec", "containers"]).index(index);
    let init = || Path::of(&["spec", "initContainers"]);
    let moved = |from, before| Op::Move { from: path(from), to: init(), before };
    let remove = |at, key: &str| Op::Remove { at, key: key.to_owned(), with_comments: false };
    let add = |at, key: &str, value| Op::Add { at, key: key.to_owned(), value };
    with_work(|work| {
        let without =
            |wanted: &dyn Fn(&Op) -> bool| work.ops.iter().filter(|op| !wanted(op)).cloned().collect::<Vec<_>>();
        let is_move = |op: &Op| matches!(op, Op::Move { .. });
        let with = |ops: Vec<Op>, more: Vec<Op>| ops.into_iter().chain(more).collect::<Vec<_>>();
        let still = without(&is_move);
        let plans = [
            ("nothing moves", still.clone()),
            ("one moves less", with(still.clone(), vec![moved(1, None)])),
            ("one moves more", with(work.ops.clone(), vec![moved(3, None)])),
            ("another one moves", with(still.clone(), vec![moved(1, None), moved(3, None)])),
            ("they move in another order", with(still.clone(), vec![moved(2, None), moved(1, None)])),
            ("they move to the front", with(still.clone(), vec![moved(1, Some(0)), moved(2, Some(0))])),
            ("one moves to the front", with(still.clone(), vec![moved(1, Some(0)), moved(2, None)])),
            (
                "they move to another list",
                with(
                    still,
                    vec![
                        Op::Move { from: path(1), to: Path::of(&["spec", "ephemeralContainers"]), before: None },
                        moved(2, None),
                    ],
                ),
            ),
            ("no restartPolicy", without(&|op| matches!(op, Op::Add { .. }))),
            ("one restartPolicy", without(&|op| matches!(op, Op::Add { at, .. } if *at == path(1)))),
            (
                "another value",
                with(
                    without(&|op| matches!(op, Op::Add { .. })),
                    vec![
                        add(path(1), "restartPolicy", New::text("Never")),
                        add(path(2), "restartPolicy", New::text("Always")),
                    ],
                ),
            ),
            ("a key more", with(work.ops.clone(), vec![add(path(1), "startupProbe", New::Map(vec![]))])),
            ("a key less", with(work.ops.clone(), vec![remove(path(2), "args")])),
            (
                "a value replaced",
                with(
                    work.ops.clone(),
                    vec![Op::Replace { at: path(1), key: "image".to_owned(), value: New::text("other") }],
                ),
            ),
            ("the id stays", without(&|op| matches!(op, Op::Remove { .. }))),
            ("an annotation less", with(work.ops.clone(), vec![remove(Path::of(&["metadata", "annotations"]), "a")])),
            ("a path that is not there", with(work.ops.clone(), vec![moved(9, None)])),
            (
                "a path that is no list",
                with(work.ops.clone(), vec![Op::Move { from: Path::of(&["spec"]), to: init(), before: None }]),
            ),
        ];
        for (name, ops) in plans {
            assert!(work.verdict(&ops, AFTER).is_err(), "{name}");
        }
    });
}

/// The other way: the stages carry out a corrupted plan, and the text is held against the right one.
#[test]
fn a_lowering_that_follows_another_plan_is_refused() {
    with_work(|work| {
        let mut seen = 0;
        for left_out in 0..work.ops.len() {
            let mut ops = work.ops.clone();
            ops.remove(left_out);
            let text = work.lowered(&ops);
            assert_ne!(text, AFTER, "{:?}", work.ops[left_out]);
            assert!(work.verdict(&work.ops, &text).is_err(), "without {:?}:\n{text}", work.ops[left_out]);
            seen += 1;
        }
        // Two moves, two policies, one id.
        assert_eq!(seen, 5);
    });
}

#[test]
fn an_entry_of_a_list_stays_one_entry() {
    let text = format!("- {}", BEFORE.replace("# a pod\n", "").trim_end().replace('\n', "\n  ")) + "\n";
    let wanted = format!("- {}", AFTER.replace("# a pod\n", "").trim_end().replace('\n', "\n  ")) + "\n";
    let read = resource::read(&text, Shape::BlockEntry).unwrap().unwrap();
    let work = Work::new(&read, Shape::BlockEntry, CONFIG);
    assert_eq!(work.lowered(&work.ops), wanted);
    assert_eq!(work.verdict(&work.ops, &wanted), Ok(()));
    let split = wanted.clone() + "- kind: Service\n";
    let reason = work.verdict(&work.ops, &split).unwrap_err();
    assert!(reason.contains("cut into items in another way"), "{reason}");
    let cut = wanted.replacen("  spec:", "spec:", 1);
    assert!(work.verdict(&work.ops, &cut).is_err());
}

/// Text that stands twice is asked for twice, each in its place.
#[test]
fn bytes_between_two_pods_are_not_taken_for_those_before_the_first() {
    let pod = "- apiVersion: v1\n  kind: Pod\n  spec:\n    containers:\n    - name: web\n    - name: log\n";
    let text = format!("apiVersion: v1\nkind: List\nitems:\n{pod}{pod}");
    let read = resource::read(&text, Shape::Document).unwrap().unwrap();
    let work = Work::new(&read, Shape::Document, CONFIG);
    let written = work.lowered(&work.ops);
    assert_eq!((work.pods.len(), work.verdict(&work.ops, &written)), (2, Ok(())));
    let (before, last) = written.rsplit_once("  spec:\n").unwrap();
    let reason = work.verdict(&work.ops, &format!("{before}  spec: \n{last}")).unwrap_err();
    assert!(reason.contains("outside of the lists"), "{reason}");
}

#[test]
fn flow_style_is_held_to_its_bytes_as_well() {
    let before = r#"{"apiVersion":"v1","kind":"Pod","spec":{"containers":[{"name":"web","image":"w"},{"name":"log","image":"l"}],"nodeName":"n"}}"#;
    let read = resource::read(before, Shape::FlowEntry).unwrap().unwrap();
    let work = Work::new(&read, Shape::FlowEntry, CONFIG);
    let written = work.lowered(&work.ops);
    assert_eq!(work.verdict(&work.ops, &written), Ok(()), "{written}");
    for (from, to) in [
        ("\"kind\":\"Pod\"", "\"kind\": \"Pod\""),
        ("\"nodeName\":\"n\"", "\"nodeName\":'n'"),
        ("\"image\":\"w\"", "\"image\": \"w\""),
        ("\"Always\"", "\"Never\""),
        ("\"l\"", "'l'"),
        ("}}", ",\"a\":1}}"),
    ] {
        let corrupted = written.replacen(from, to, 1);
        assert!(corrupted != written && work.verdict(&work.ops, &corrupted).is_err(), "{from} as {to} in {written}");
    }
}

/// Every single byte of the answer, changed to something else: nearly all are noticed, the others change nothing
/// that a reader of YAML sees.
#[test]
fn a_changed_byte_is_noticed() {
    with_work(|work| {
        for (at, byte) in AFTER.bytes().enumerate() {
            for new in [b'x', b' ', b'"', b'\n', b'#'].into_iter().filter(|new| *new != byte) {
                let mut corrupted = AFTER.as_bytes().to_vec();
                corrupted[at] = new;
                let corrupted = String::from_utf8(corrupted).unwrap();
                if work.verdict(&work.ops, &corrupted).is_err() {
                    continue;
                }
                let values = |text: &str| crate::model::read(text).unwrap();
                assert_eq!(values(&corrupted), values(AFTER), "byte {at}:\n{corrupted}");
                let comments = |text: &str| text.matches('#').count();
                assert_eq!(comments(&corrupted), comments(AFTER), "byte {at}:\n{corrupted}");
            }
        }
    });
}

#[test]
fn the_pod_of_these_tests_has_both_lists() {
    with_work(|work| {
        let [pod] = work.pods.as_slice() else { panic!("{:?}", work.pods) };
        let count = |list| pod.containers(work.tree, list).len();
        assert_eq!((count(List::Init), count(List::Main)), (1, 4));
    });
}
