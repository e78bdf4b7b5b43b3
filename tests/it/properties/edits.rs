use std::cell::Cell;

use convert_sidecars::k8s::pod_spec::List;
use convert_sidecars::krm::resource::{Shape, read};
use convert_sidecars::locate::locate;
use proptest::collection::vec;
use proptest::prelude::*;

use super::check;
use crate::corpus_edits::{EVERYTHING, edited, everything};

/// Values of `args`, from the column of its key on; `>` stands for the indentation of the list.
const ARGS: &[&str] = &[
    "args: [--one, two]",
    "args: ['--one', 'two'] # both",
    "args: [\n  --one, # first\n  two\n]",
    "args: []",
    "args:",
    "args: null",
    "args:\n>- --one\n>- two # last",
    "args:\n>- two\n>- --one",
    "args:\n>- --one\n>- --two",
    "args:\n># why\n>- --one\n\n># why not\n>- two\n\n>- --three",
    "args:\n>- |\n>  two\n>- --one",
    "args:\n>- --one\n>- |\n>  two",
    "args:\n>- two\n>- |-\n>  --one\n",
    "args: # none\n>- \"--one\"",
];

const ENV: &[&str] = &[
    "env: []",
    "env: [{name: POD_NAME, value: x}, {name: A_PASSWORD, value: y}]",
    "env:\n>- name: A_PASSWORD\n>  value: x",
    "env:\n>- name: POD_NAME\n>  valueFrom: {fieldRef: {fieldPath: metadata.name}}",
    "env:\n>- name: B\n>  value: |\n>    text\n>- name: A_PASSWORD\n>  value: x\n>  # below",
    "env:\n>- {name: POD_NAME, value: 'x'} # of the pod\n>- name: A_PASSWORD",
    "env:\n>- value: x\n>  name: POD_NAME",
    "env:\n>- name: POD_NAME\n>  value:",
    "env:\n>- name: POD_NAME\n>  value: >-\n>    folded\n>    text",
];

const LIFECYCLE: &[&str] = &[
    "lifecycle: {}",
    "lifecycle: {preStop: {sleep: {seconds: 1}}}",
    "lifecycle: {postStart: {exec: {command: [\"x\"]}}, stopSignal: SIGUSR1}",
    "lifecycle:\n  preStop:\n    exec:\n      command: [x]",
    "lifecycle:\n  # by request\n  postStart:\n    exec:\n      command:\n      - x\n\n  preStop: {sleep: {seconds: 1}} # short",
    "lifecycle:\n  stopSignal: SIGUSR1\n  preStop:\n    exec:\n      command:\n      - sh\n      - -c\n      - |\n        x",
    "lifecycle:\n  postStart:\n    sleep:\n      seconds: 1\n  stopSignal: SIGUSR1",
    "lifecycle:",
];

const OTHER: &[&str] = &[
    "image: x:1",
    "command: [\"x\", \"--one\"]",
    "command:\n>- sh\n>- -c\n>- |\n>  x --one",
    "readinessProbe:\n  httpGet: {path: /, port: 1}\n  # often\n  periodSeconds: 1",
    "resources: {}",
    "workingDir: |+\n  x\n",
    "workingDir: >\n  x",
    "tty: true # for now",
];

const METADATA: &[&str] = &[
    "",
    "metadata:\n",
    "metadata: {name: x}\n",
    "metadata:\n  name: x\n",
    "metadata:\n  annotations:\n    kubectl.kubernetes.io/default-container: c0 # the first\n  name: x\n",
    "metadata:\n  name: x\n  annotations: {kubectl.kubernetes.io/default-container: c0, \"x.example.com/port\": \"7\"}\n",
    "metadata:\n  name: x\n  annotations:\n    # is rewritten\n    sidecar.istio.io/status: '{\"initContainers\":null,\"containers\":[\"c0\",\"c1\"]}'\n\n    kubectl.kubernetes.io/default-container: c0\n",
    "metadata:\n  name: x\n  annotations:\n    sidecar.istio.io/status: |\n      {\"containers\":[\"c0\"]}\n    example.com/native: \"false\"\n",
    "metadata:\n  annotations:\n    example.com/native: >-\n      false\n    kubectl.kubernetes.io/default-container: c0\n",
    "metadata:\n  name: x\n  annotations: {}\n",
    "metadata:\n  name: x\n  annotations:\n",
];

#[derive(Debug, Clone)]
struct Container {
    fields: Vec<&'static str>,
    name_at: usize,
    gaps: Vec<u8>,
    is_indented: bool,
}

fn container() -> impl Strategy<Value = Container> {
    let one = |from: &'static [&'static str]| prop::option::weighted(0.7, prop::sample::select(from));
    let fields = (one(ARGS), one(ENV), one(LIFECYCLE), prop::sample::subsequence(OTHER, 0..4)).prop_map(
        |(args, env, lifecycle, other)| {
            let mut fields: Vec<_> = [args, env, lifecycle].into_iter().flatten().chain(other).collect();
            let mut seen = Vec::new();
            fields.retain(|field: &&str| {
                let key = field.split(':').next();
                !seen.contains(&key) && {
                    seen.push(key);
                    true
                }
            });
            fields
        },
    );
    (fields.prop_shuffle(), 0usize..6, vec(0u8..8, 8), any::<bool>())
        .prop_map(|(fields, name_at, gaps, is_indented)| Container { fields, name_at, gaps, is_indented })
}

impl Container {
    fn text(&self, name: &str) -> String {
        let mut fields = self.fields.clone();
        let name = format!("name: {name}");
        fields.insert(self.name_at.min(fields.len()), &name);
        let mut text = String::new();
        for (index, field) in fields.iter().enumerate() {
            if index > 0 {
                text.push_str(match self.gaps[index] {
                    0 => "\n",
                    1 => "    # above\n",
                    2 => "      # deeper\n",
                    3 => "\n    # both\n",
                    _ => "",
                });
            }
            let list = if self.is_indented { "      " } else { "    " };
            for (at, line) in field.split('\n').enumerate() {
                let dash = if index == 0 && at == 0 { "  - " } else { "    " };
                match line.strip_prefix('>') {
                    _ if line.is_empty() => text.push('\n'),
                    Some(entry) => text.push_str(&format!("{list}{entry}\n")),
                    None => text.push_str(&format!("{dash}{line}\n")),
                }
            }
        }
        text
    }
}

/// Whatever the fields look like, the new text holds what was planned, or the form is refused.
#[test]
fn every_edit_comes_out_as_planned_or_is_refused() {
    let profile = convert_sidecars::catalog::read(EVERYTHING).unwrap();
    let strategy = (
        prop::sample::select(METADATA),
        vec(container(), 2..4),
        prop::sample::select(&["", "  initContainers:\n  - name: i0\n    image: x\n", "  initContainers: []\n"][..]),
        any::<[bool; 2]>(),
        0usize..3,
    );
    let [refused, tried] = [const { Cell::new(0u32) }; 2];
    check(1000, strategy, |(metadata, containers, init, [is_init_above, ends], selected)| {
        let texts = containers.iter().enumerate().map(|(index, one)| one.text(&format!("c{index}")));
        let list = format!("  containers:\n{}", texts.collect::<String>());
        let (above, below) = if is_init_above { (init, "") } else { ("", init) };
        let mut input = format!("apiVersion: v1\nkind: Pod\n{metadata}spec:\n{above}{list}{below}");
        if ends {
            input.truncate(input.trim_end_matches('\n').len());
        }
        let Ok(Some((tree, object))) = read(&input, Shape::Document) else { return Ok(()) };
        let pod = &locate(&tree, object, &[])[0];
        let all = pod.containers(&tree, List::Main);
        let profile = everything(&profile, pod.containers(&tree, List::Init).last().map(|one| one.name));
        tried.set(tried.get() + 1);
        let outcome = edited((&tree, object), pod, all[selected % all.len()], &profile);
        if let Err(why) = outcome {
            refused.set(refused.get() + 1);
            prop_assert!(why.starts_with("unsupported-yaml: "), "{why}\n{input}");
        }
        Ok(())
    });
    let (refused, tried) = (refused.get(), tried.get());
    assert!(tried > 500 && refused * 10 < tried, "{tried} pods: {refused} refused");
}
