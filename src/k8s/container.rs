//! What a container's fields say: ports, probes, lifecycle hooks, command.

use super::pod_spec::field;
use crate::yaml::scalar::{Scalar, resolve};
use crate::yaml::tree::{NodeId, Tree};

/// A port that a container declares (`core/v1 ContainerPort`).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Port<'t> {
    /// Its place in `ports`.
    pub index: usize,
    /// Its name.
    pub name: Option<&'t str>,
    /// `containerPort`.
    pub number: Option<i64>,
    /// `hostPort`, unless it is 0, which means none.
    pub host_port: Option<i64>,
    /// `TCP` unless it says otherwise (Kubernetes `SetDefaults_Container`).
    pub protocol: &'t str,
}

/// The ports that a container declares.
pub fn ports<'t>(tree: &'t Tree<'_>, container: NodeId) -> Vec<Port<'t>> {
    let entries = field(tree, container, "ports").map_or(&[][..], |ports| tree.entries(ports));
    let port = |(index, entry): (usize, &NodeId)| {
        let node = tree.resolve(*entry)?;
        let text = |key| field(tree, node, key).and_then(|id| tree.scalar(id)).filter(|text| !text.is_empty());
        Some(Port {
            index,
            name: text("name"),
            number: integer(tree, node, "containerPort"),
            host_port: integer(tree, node, "hostPort").filter(|port| *port != 0),
            protocol: text("protocol").unwrap_or("TCP"),
        })
    };
    entries.iter().enumerate().filter_map(port).collect()
}

/// A field that holds a whole number, as Go's JSON decoder takes it: `8080`, `1e3` and `5.` are whole.
pub fn integer(tree: &Tree<'_>, mapping: NodeId, key: &str) -> Option<i64> {
    whole(resolve(tree, field(tree, mapping, key)?)?)
}

/// The scalar as a whole number.
fn whole(scalar: Scalar<'_>) -> Option<i64> {
    match scalar {
        Scalar::Int(value) => i64::try_from(value).ok(),
        // Ports and seconds are far below the numbers that a float cannot hold.
        #[allow(clippy::cast_possible_truncation)]
        Scalar::Float(value) if value.fract() == 0.0 && value.abs() < 1e15 => Some(value as i64),
        _ => None,
    }
}

/// A field that holds a list of texts, such as `command`; entries that are no scalars are left out.
pub fn texts<'t>(tree: &'t Tree<'_>, mapping: NodeId, key: &str) -> impl Iterator<Item = &'t str> + use<'t> {
    let entries = field(tree, mapping, key).map_or(&[][..], |list| tree.entries(list));
    entries.iter().filter_map(|entry| tree.scalar(tree.resolve(*entry)?))
}

/// How a probe or hook names a port: by its number, or by the name of a port of the same container
/// (Kubernetes `pkg/probe/util.go`, `ResolveContainerPort`).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum PortRef<'t> {
    /// By number.
    Number(i64),
    /// By name.
    Name(&'t str),
}

impl PortRef<'_> {
    /// The number; a name is looked up among the ports of the container that it stands in, and read as a number if
    /// there is none of that name.
    pub fn number(self, own: &[Port<'_>]) -> Option<i64> {
        match self {
            Self::Number(number) => Some(number),
            Self::Name(name) => match own.iter().find(|port| port.name == Some(name)) {
                Some(port) => port.number,
                None => name.parse().ok(),
            },
        }
    }
}

/// The places in a container where a handler stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Hook {
    /// `startupProbe`
    StartupProbe,
    /// `readinessProbe`
    ReadinessProbe,
    /// `livenessProbe`
    LivenessProbe,
    /// `lifecycle.postStart`
    PostStart,
    /// `lifecycle.preStop`
    PreStop,
}

impl Hook {
    /// All of them, in the order of their numbers.
    pub const ALL: [Self; 5] =
        [Self::StartupProbe, Self::ReadinessProbe, Self::LivenessProbe, Self::PostStart, Self::PreStop];

    /// The keys from the container to the mapping with the handler.
    pub fn keys(self) -> &'static [&'static str] {
        match self {
            Self::StartupProbe => &["startupProbe"],
            Self::ReadinessProbe => &["readinessProbe"],
            Self::LivenessProbe => &["livenessProbe"],
            Self::PostStart => &["lifecycle", "postStart"],
            Self::PreStop => &["lifecycle", "preStop"],
        }
    }

    /// The mapping with the handler, if the container has one; null and `{}` are none.
    pub fn find(self, tree: &Tree<'_>, container: NodeId) -> Option<NodeId> {
        let node = self.keys().iter().try_fold(container, |node, key| field(tree, node, key))?;
        (tree.pairs(node).next().is_some()).then_some(node)
    }
}

/// What a probe or a hook does.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Handler<'t> {
    /// Runs a command in the container, without a shell.
    Exec(Vec<&'t str>),
    /// Sends an HTTP request; without `host` to the pod itself.
    HttpGet {
        /// The port.
        port: PortRef<'t>,
        /// The host, if it is written.
        host: Option<&'t str>,
        /// The path, `/` by default.
        path: &'t str,
    },
    /// Opens a connection; without `host` to the pod itself.
    TcpSocket {
        /// The port.
        port: PortRef<'t>,
        /// The host, if it is written.
        host: Option<&'t str>,
    },
    /// Sends a gRPC health check to the pod itself.
    Grpc {
        /// The port.
        port: i64,
    },
    /// Waits, in a lifecycle hook (KEP-3960).
    Sleep {
        /// For so long.
        seconds: i64,
    },
}

/// The handler in a probe or hook.
pub fn handler<'t>(tree: &'t Tree<'_>, hook: NodeId) -> Option<Handler<'t>> {
    let text = |node, key| field(tree, node, key).and_then(|id| tree.scalar(id)).filter(|text| !text.is_empty());
    let port = |node| {
        let id = field(tree, node, "port")?;
        Some(match whole(resolve(tree, id)?) {
            Some(number) => PortRef::Number(number),
            None => PortRef::Name(tree.scalar(id)?),
        })
    };
    if let Some(exec) = field(tree, hook, "exec") {
        return Some(Handler::Exec(texts(tree, exec, "command").collect()));
    }
    if let Some(http) = field(tree, hook, "httpGet") {
        let path = text(http, "path").unwrap_or("/");
        return Some(Handler::HttpGet { port: port(http)?, host: text(http, "host"), path });
    }
    if let Some(tcp) = field(tree, hook, "tcpSocket") {
        return Some(Handler::TcpSocket { port: port(tcp)?, host: text(tcp, "host") });
    }
    if let Some(grpc) = field(tree, hook, "grpc") {
        return Some(Handler::Grpc { port: integer(tree, grpc, "port")? });
    }
    let sleep = field(tree, hook, "sleep")?;
    Some(Handler::Sleep { seconds: integer(tree, sleep, "seconds")? })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::yaml::parse::parse;

    #[test]
    fn numbers_are_read_as_go_reads_them_and_names_as_text() {
        let tree = parse(
            "ports: [{containerPort: 1e3, name: web}, {containerPort: 0x10, hostPort: 0, protocol: UDP}]\nlivenessProbe: {httpGet: {port: \"8080\"}}\nstartupProbe: {tcpSocket: {port: 5., host: db}}\nlifecycle: {preStop: {sleep: {seconds: 7}}, postStart: {}}\n",
        )
        .unwrap();
        let root = tree.roots[0];
        let all = ports(&tree, root);
        assert_eq!((all[0].number, all[0].name, all[0].protocol), (Some(1000), Some("web"), "TCP"));
        assert_eq!((all[1].number, all[1].host_port, all[1].protocol), (Some(16), None, "UDP"));
        let of = |hook: Hook| hook.find(&tree, root).and_then(|node| handler(&tree, node));
        // A quoted number is the name of a port to Kubernetes' IntOrString.
        let http = Handler::HttpGet { port: PortRef::Name("8080"), host: None, path: "/" };
        assert_eq!(of(Hook::LivenessProbe), Some(http));
        assert_eq!(of(Hook::StartupProbe), Some(Handler::TcpSocket { port: PortRef::Number(5), host: Some("db") }));
        assert_eq!(of(Hook::PreStop), Some(Handler::Sleep { seconds: 7 }));
        assert_eq!((of(Hook::PostStart), of(Hook::ReadinessProbe)), (None, None));
        assert_eq!(PortRef::Name("web").number(&all), Some(1000));
        assert_eq!((PortRef::Name("8080").number(&all), PortRef::Name("api").number(&all)), (Some(8080), None));
    }
}
