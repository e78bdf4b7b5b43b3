//! The pod as it would be: in which order its containers start, what each of them serves, and what it asks before
//! the pod goes on.
//!
//! Kubernetes starts `initContainers` in their order and `containers` after them. The next one starts when an ordinary
//! init container has ended, or when a sidecar runs, its `postStart` has returned and its startup probe has succeeded
//! (`pkg/kubelet/kuberuntime/kuberuntime_manager.go`, `computeInitContainerActions`, `startContainer`).

use std::cell::OnceCell;

use crate::k8s::container::{Handler, Hook, Port, PortRef, handler, integer, ports, texts};
use crate::k8s::pod_spec::{Container, List, PodSpec, field};
use crate::propose::{Op, Proposal};
use crate::select::is_native;
use crate::shell::endpoint::host_of;
use crate::shell::{Block, Joint, Script, Simple, is_known};
use crate::yaml::new::New;
use crate::yaml::parse::parse;
use crate::yaml::path::{Path, Step};
use crate::yaml::scalar::{Scalar, resolve};
use crate::yaml::tree::{NodeId, Tree};

/// A pod after a proposal.
#[derive(Debug)]
pub struct Lifecycle<'a> {
    /// The tree of the slice.
    pub tree: &'a Tree<'a>,
    /// The pod as it is.
    pub pod: &'a PodSpec,
    /// What would change.
    pub proposal: &'a Proposal<'a>,
    order: Vec<Container<'a>>,
    facts: AllFacts<'a>,
    nothing: Facts<'a>,
}

/// What is known of one container, each from the first question for it on.
#[derive(Debug, Default)]
struct Facts<'a> {
    /// The place in the order of start.
    place: Option<usize>,
    is_sidecar: bool,
    /// What changes in it.
    ops: Vec<&'a Op>,
    argv: OnceCell<Vec<&'a str>>,
    command: OnceCell<Script>,
    ports: OnceCell<Vec<Port<'a>>>,
    actions: [OnceCell<Option<Action>>; Hook::ALL.len()],
}

/// What a probe or hook does, in the pod as it would be.
#[derive(Debug, Clone, Default)]
pub struct Action {
    /// The command that it runs.
    pub script: Option<Script>,
    /// The request that it sends.
    pub request: Option<Request>,
    /// The seconds that it sleeps, by its own field.
    pub sleep: Option<i64>,
    /// `initialDelaySeconds` of a probe.
    pub delay: i64,
}

/// A request of the kubelet.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Request {
    /// The port; `None` for a name that the container does not declare.
    pub port: Option<i64>,
    /// The host, if one is written: the kubelet resolves it on the node. Without one it is the pod.
    pub host: Option<String>,
    /// The path of an HTTP request, else empty.
    pub path: String,
}

/// By the places of the containers in each list of [`List::ALL`].
type AllFacts<'a> = [Vec<Facts<'a>>; List::ALL.len()];

fn facts_in<'f, 'a>(all: &'f mut AllFacts<'a>, list: List, index: usize) -> Option<&'f mut Facts<'a>> {
    all.get_mut(list as usize)?.get_mut(index)
}

impl<'a> Lifecycle<'a> {
    /// The pod after the proposal.
    pub fn new(tree: &'a Tree<'a>, pod: &'a PodSpec, proposal: &'a Proposal<'a>) -> Self {
        let mut order = proposal.init_in_order();
        order.extend(&proposal.main);
        let mut facts = List::ALL.map(|list| {
            let indexes = order.iter().filter(|one| one.list == list).map(|one| one.index + 1);
            (0..indexes.max().unwrap_or(0)).map(|_| Facts::default()).collect::<Vec<_>>()
        });
        for (place, one) in order.iter().enumerate() {
            if let Some(facts) = facts_in(&mut facts, one.list, one.index) {
                (facts.place, facts.is_sidecar) = (Some(place), is_native(tree, one));
            }
        }
        for moved in &proposal.moved {
            if let Some(facts) = facts_in(&mut facts, moved.list, moved.index) {
                facts.is_sidecar = true;
            }
        }
        for op in &proposal.ops {
            let steps = op.place().0.strip_prefix(pod.path.0.as_slice());
            let Some([Step::Key(key), Step::Index(index), ..]) = steps else { continue };
            let list = List::ALL.into_iter().find(|list| key == pod.key(*list));
            if let Some(facts) = list.and_then(|list| facts_in(&mut facts, list, *index)) {
                facts.ops.push(op);
            }
        }
        Self { tree, pod, proposal, order, facts, nothing: Facts::default() }
    }

    /// What is known of a container of the pod.
    fn facts(&self, container: &Container<'_>) -> &Facts<'a> {
        let list = self.facts.get(container.list as usize);
        list.and_then(|list| list.get(container.index)).unwrap_or(&self.nothing)
    }

    /// The containers in the order in which they start.
    pub fn order(&self) -> &[Container<'a>] {
        &self.order
    }

    /// Whether a container keeps running while those after it start: a sidecar, native now or then.
    pub fn is_sidecar(&self, container: &Container<'_>) -> bool {
        self.facts(container).is_sidecar
    }

    /// Those that start after a container.
    pub fn later(&self, container: &Container<'_>) -> &[Container<'a>] {
        let from = self.facts(container).place.map_or(self.order.len(), |place| place + 1);
        self.order.get(from..).unwrap_or(&[])
    }

    /// Those that start before a container.
    pub fn before(&self, container: &Container<'_>) -> &[Container<'a>] {
        let end = self.facts(container).place.unwrap_or(self.order.len());
        self.order.get(..end).unwrap_or(&[])
    }

    /// Those that run already when a container starts, ordinary init containers left out.
    pub fn earlier(&self, container: &Container<'_>) -> impl Iterator<Item = &Container<'a>> {
        self.before(container).iter().filter(|one| self.is_sidecar(one))
    }

    /// The path of a probe or hook in the input, or of the container where the proposal adds it.
    pub fn path(&self, container: &Container<'_>, hook: Hook) -> Path {
        let at = self.pod.container_path(container);
        if hook.find(self.tree, container.node).is_none() {
            return at;
        }
        hook.keys().iter().fold(at, |at, key| at.key(*key))
    }

    /// A probe or hook of a container: as the proposal leaves it or adds it.
    pub fn action(&self, container: &Container<'_>, hook: Hook) -> Option<&Action> {
        let known = self.facts(container).actions.get(hook as usize)?;
        known.get_or_init(|| self.read_action(container, hook)).as_ref()
    }

    fn read_action(&self, container: &Container<'_>, hook: Hook) -> Option<Action> {
        if let Some(value) = self.added(container, hook) {
            let text = value.flow(true);
            let tree = parse(&text).ok()?;
            return action(&tree, *tree.roots.first()?, self.ports(container), hook);
        }
        let node = hook.find(self.tree, container.node).filter(|_| !self.is_removed(container, hook))?;
        action(self.tree, node, self.ports(container), hook)
    }

    /// The value that the proposal puts in the place of a probe or hook.
    fn added(&self, container: &Container<'_>, hook: Hook) -> Option<&'a New> {
        let (key, above) = hook.keys().split_last()?;
        self.facts(container).ops.iter().find_map(|op| {
            let (Op::Add { at: place, key: added, value } | Op::Replace { at: place, key: added, value }) = op else {
                return None;
            };
            if added == key && self.is_at(place, container, above) {
                return Some(value);
            }
            // The whole of `lifecycle`.
            let inner = if let New::Map(pairs) = value { pairs.as_slice() } else { &[] };
            let is_above = above.first().is_some_and(|above| above == added) && self.is_at(place, container, &[]);
            inner.iter().find(|(name, _)| is_above && name == key).map(|(_, value)| value)
        })
    }

    fn is_removed(&self, container: &Container<'_>, hook: Hook) -> bool {
        let keys = hook.keys();
        // What is replaced above the hook and does not hold it any more takes it away as well.
        let is_here = |op: &Op| match op {
            Op::Remove { at, key, .. } | Op::Replace { at, key, .. } => {
                let depth = keys.iter().position(|one| one == key);
                depth.and_then(|depth| keys.get(..depth)).is_some_and(|above| self.is_at(at, container, above))
            }
            _ => false,
        };
        self.facts(container).ops.iter().any(|op| is_here(op))
    }

    /// Whether a path is that of some keys below a container.
    fn is_at(&self, path: &Path, container: &Container<'_>, keys: &[&str]) -> bool {
        let steps = path.0.strip_prefix(self.pod.path.0.as_slice());
        let Some([Step::Key(list), Step::Index(index), below @ ..]) = steps else { return false };
        let is_key = |(step, key): (&Step, &&str)| matches!(step, Step::Key(one) if one == key);
        *index == container.index
            && list == self.pod.key(container.list)
            && below.len() == keys.len()
            && below.iter().zip(keys).all(is_key)
    }

    /// The command of a container.
    pub fn command(&self, container: &Container<'_>) -> &Script {
        self.facts(container).command.get_or_init(|| Script::of_command(self.argv(container)))
    }

    /// `command` and `args`, which follow it.
    pub fn argv(&self, container: &Container<'_>) -> &[&'a str] {
        self.facts(container).argv.get_or_init(|| {
            let both = ["command", "args"].into_iter();
            both.flat_map(|key| texts(self.tree, container.node, key)).collect()
        })
    }

    /// The ports that a container declares.
    pub fn ports(&self, container: &Container<'_>) -> &[Port<'a>] {
        self.facts(container).ports.get_or_init(|| ports(self.tree, container.node))
    }

    /// Whether the pod uses the network of its node.
    pub fn is_on_host_network(&self) -> bool {
        self.is_set("hostNetwork")
    }

    /// Whether a field of the pod spec is `true`.
    pub fn is_set(&self, key: &str) -> bool {
        self.is_true(self.pod.node, key)
    }

    /// `terminationGracePeriodSeconds`; 30 by default (Kubernetes `SetDefaults_PodSpec`).
    pub fn grace(&self) -> i64 {
        integer(self.tree, self.pod.node, "terminationGracePeriodSeconds").unwrap_or(30)
    }

    /// Whether a container declares that it listens on this TCP port, by `ports` or by an argument that is known.
    pub fn serves(&self, container: &Container<'_>, port: i64) -> bool {
        let is_port = |one: &Port<'_>| one.number == Some(port) && one.protocol == "TCP";
        self.ports(container).iter().any(is_port) || listens(self.argv(container), LISTEN, port)
    }

    /// Whether anything in a container says that it may listen on this port: as [`Self::serves`], and any argument or
    /// variable that is named like a port or address to listen on.
    pub fn may_serve(&self, container: &Container<'_>, port: i64) -> bool {
        let is_own = |name: &str| {
            let name = name.to_ascii_lowercase();
            let is_listening =
                ["port", "listen", "addr", "bind", "endpoint", "server"].iter().any(|word| name.contains(word));
            is_listening && !["upstream", "target", "url", "backend", "remote"].iter().any(|word| name.contains(word))
        };
        let argv = self.argv(container);
        let in_arguments = argv.iter().enumerate().any(|(index, word)| match word.split_once('=') {
            Some((name, value)) => is_own(name) && is_port(value, port),
            None => is_own(word) && argv.get(index + 1).is_some_and(|value| is_port(value, port)),
        });
        let mut env = self.entries(container.node, "env");
        let mut in_environment =
            || env.any(|one| is_own(self.text(one, "name")) && is_port(self.text(one, "value"), port));
        self.serves(container, port) || in_arguments || in_environment()
    }

    /// The container that serves a local port which a container asks for, if that one starts later and nothing that
    /// runs already may serve it.
    pub fn later_server(&self, container: &Container<'_>, port: i64) -> Option<&Container<'a>> {
        if self.may_serve(container, port) || self.earlier(container).any(|one| self.may_serve(one, port)) {
            return None;
        }
        self.later(container).iter().find(|one| self.serves(one, port))
    }
}

/// What stands in a probe or hook.
fn action(tree: &Tree<'_>, node: NodeId, own: &[Port<'_>], hook: Hook) -> Option<Action> {
    let mut action = Action { delay: integer(tree, node, "initialDelaySeconds").unwrap_or(0), ..Action::default() };
    let request = |port: PortRef<'_>, host: Option<&str>, path: &str| {
        Some(Request { port: port.number(own), host: host.map(str::to_owned), path: path.to_owned() })
    };
    match handler(tree, node)? {
        // The kubelet expands the commands of probes (`pkg/kubelet/prober/prober.go`), those of hooks it does not
        // (`pkg/kubelet/lifecycle/handlers.go`).
        Handler::Exec(argv) if matches!(hook, Hook::PostStart | Hook::PreStop) => {
            action.script = Some(Script::of_argv(&argv));
        }
        Handler::Exec(argv) => action.script = Some(Script::of_command(&argv)),
        Handler::HttpGet { port, host, path } => action.request = request(port, host, path),
        Handler::TcpSocket { port, host } => action.request = request(port, host, ""),
        Handler::Grpc { port } => action.request = request(PortRef::Number(port), None, ""),
        Handler::Sleep { seconds } => action.sleep = Some(seconds),
    }
    Some(action)
}

impl Action {
    /// The seconds that it sleeps at least, whatever else it does.
    pub fn sleeps(&self) -> i64 {
        self.sleep.unwrap_or(0).max(self.script.as_ref().map_or(0, sleeps))
    }
}

/// The seconds that a script spends in `sleep`, outside of loops and branches.
fn sleeps(script: &Script) -> i64 {
    let is_straight = |block| matches!(block, Block::Top | Block::Group | Block::Shell);
    let commands = script.commands().iter().enumerate();
    let straight = commands.filter(|(index, command)| {
        command.joint != Joint::Or && !script.is_background(*index) && script.around(command).all(is_straight)
    });
    straight.filter(|(_, command)| command.name() == "sleep").filter_map(|(_, command)| duration(command)).sum()
}

/// The argument of `sleep`: seconds, or a number with a unit (GNU coreutils). Hours and days are no pause, but a way to
/// stay.
fn duration(command: &Simple) -> Option<i64> {
    let text = command.arguments().first()?.text.as_str();
    let (number, unit) = match text.strip_suffix('m') {
        Some(minutes) => (minutes, 60),
        None => (text.strip_suffix('s').unwrap_or(text), 1),
    };
    number.parse::<i64>().ok().filter(|seconds| (0..100_000).contains(seconds)).map(|seconds| seconds * unit)
}

impl Request {
    /// Whether it goes to the pod itself: a `localhost` that is written is that of the node.
    pub fn is_local(&self, is_on_host_network: bool) -> bool {
        use crate::shell::endpoint::Host;
        self.host.as_ref().is_none_or(|host| is_on_host_network && host_of(host) == Host::Local)
    }
}

/// Options that name the port or address on which a program listens.
///
/// Sources: prometheus/exporter-toolkit `web/kingpinflag` (`web.listen-address`); kube-rbac-proxy README; kubebuilder's
/// `cmd/main.go` (controller-runtime); kubernetes-csi `livenessprobe` and `external-provisioner` READMEs; MetalLB
/// `frr-tools/metrics` (`metrics-port`); cloud-sql-proxy 2 `cmd/root.go`; kube-dns `cmd/sidecar`.
const LISTEN: &[&str] = &[
    "web.listen-address",
    "secure-listen-address",
    "insecure-listen-address",
    "metrics-bind-address",
    "health-probe-bind-address",
    "health-port",
    "http-endpoint",
    "metrics-address",
    "metrics-port",
    "http-port",
    "admin-port",
    "prometheus-port",
];

fn listens(argv: &[&str], options: &[&str], port: i64) -> bool {
    argv.iter().enumerate().any(|(index, word)| {
        let Some(option) = word.strip_prefix("--").or_else(|| word.strip_prefix('-')) else { return false };
        match option.split_once('=') {
            Some((name, value)) => options.contains(&name) && is_port(value, port),
            None => options.contains(&option) && argv.get(index + 1).is_some_and(|value| is_port(value, port)),
        }
    })
}

/// Whether a text is the port, or an address that ends with it.
fn is_port(text: &str, port: i64) -> bool {
    let last = text.rsplit(':').next().unwrap_or("");
    is_known(text) && last.parse() == Ok(port)
}

/// Where a file lies.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Mount<'a> {
    /// The volume.
    pub volume: &'a str,
    /// The path within what is mounted of it.
    pub path: String,
    /// `subPath`
    pub sub_path: &'a str,
    /// Whether the container can only read it.
    pub is_read_only: bool,
}

impl Mount<'_> {
    /// Whether both are the same file.
    pub fn is_same_file(&self, other: &Self) -> bool {
        (self.volume, &self.path, self.sub_path) == (other.volume, &other.path, other.sub_path)
    }
}

impl<'a> Lifecycle<'a> {
    /// Where a file of a container lies, if that is in a volume.
    pub fn mount(&self, container: &Container<'_>, file: &str) -> Option<Mount<'a>> {
        let below = |mount: NodeId| {
            let rest = file.strip_prefix(self.text(mount, "mountPath").trim_end_matches('/'))?;
            rest.starts_with('/').then_some((mount, rest))
        };
        let (mount, path) = self.mounts(container).filter_map(below).min_by_key(|(_, rest)| rest.len())?;
        Some(Mount {
            volume: self.text(mount, "name"),
            path: path.to_owned(),
            sub_path: self.text(mount, "subPath"),
            is_read_only: self.is_true(mount, "readOnly"),
        })
    }

    /// Whether a container can write to a volume.
    pub fn writes_to(&self, container: &Container<'_>, volume: &str) -> bool {
        self.mounts(container).any(|mount| self.text(mount, "name") == volume && !self.is_true(mount, "readOnly"))
    }

    /// Whether a volume is an `emptyDir`, which is empty when the pod starts.
    pub fn is_empty_dir(&self, volume: &str) -> bool {
        let volumes = self.entries(self.pod.node, "volumes");
        let mut volumes = volumes.filter(|one| self.text(*one, "name") == volume);
        volumes.any(|one| field(self.tree, one, "emptyDir").is_some())
    }

    fn mounts(&self, container: &Container<'_>) -> impl Iterator<Item = NodeId> + use<'a> {
        self.entries(container.node, "volumeMounts")
    }

    fn entries(&self, node: NodeId, key: &str) -> impl Iterator<Item = NodeId> + use<'a> {
        let tree = self.tree;
        field(tree, node, key)
            .map_or(&[][..], |list| tree.entries(list))
            .iter()
            .filter_map(move |one| tree.resolve(*one))
    }

    fn text(&self, node: NodeId, key: &str) -> &'a str {
        field(self.tree, node, key).and_then(|id| self.tree.scalar(id)).unwrap_or("")
    }

    fn is_true(&self, node: NodeId, key: &str) -> bool {
        field(self.tree, node, key).and_then(|id| resolve(self.tree, id)) == Some(Scalar::Bool(true))
    }

    /// The pod's `restartPolicy`; `Always` by default (Kubernetes `SetDefaults_PodSpec`).
    pub fn restart_policy(&self) -> &'a str {
        Some(self.text(self.pod.node, "restartPolicy")).filter(|policy| !policy.is_empty()).unwrap_or("Always")
    }

    /// Whether a container stands before another one in `containers`: such a one started first until now.
    pub fn stood_before(one: &Container<'_>, other: &Container<'_>) -> bool {
        one.list == List::Main && other.list == List::Main && one.index < other.index
    }
}
