//! The network addresses that a command talks to, as far as they stand in its words.

use super::lexer::{OPAQUE, Word};
use super::simple::Simple;

/// The machine that an address names.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Host {
    /// The one that the command runs on.
    Local,
    /// Another one, by name or number.
    Other(String),
    /// A variable, or something else that is not known.
    Unknown,
}

/// What a command connects to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Endpoint {
    /// The machine.
    pub host: Host,
    /// The TCP port, where it is known.
    pub port: Option<u16>,
    /// What is asked for; empty but for URLs.
    pub path: String,
}

/// How a client is told where to connect.
#[derive(Debug, Clone, Copy)]
enum Form {
    /// By URLs, whose scheme may be missing.
    Url,
    /// By `HOST PORT`.
    HostPort,
    /// By options for host and port. `socket` lists what makes it use a Unix socket instead.
    Options { host: &'static [&'static str], port: &'static [&'static str], socket: Socket },
    /// By an option with `HOST:PORT`.
    Address(&'static [&'static str]),
    /// By `HOST:PORT`, a URL, or options.
    Wait,
}

/// When a client of a database connects to a Unix socket, which no other container has unless the image says so.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Socket {
    /// Only when it is told so.
    Never,
    /// Without a host.
    Unless,
    /// Without a host, and for `localhost`, whatever the port.
    Localhost,
}

/// A client.
#[derive(Debug)]
struct Client {
    names: &'static [&'static str],
    form: Form,
    /// The port where none is said.
    port: Option<u16>,
    /// Options whose next word is no address.
    valued: &'static [&'static str],
}

/// The clients that are known.
///
/// Sources: the manuals of curl 8, GNU wget 1.24 and busybox 1.36 (`wget`, `nc`), OpenBSD and Nmap netcat; PostgreSQL
/// 17, "pg_isready" (a Unix socket without `-h`); MySQL 8.4, "Connecting to the MySQL Server Using Command Options"
/// (`localhost` is the Unix socket even with `--port`); redis-cli and mongosh usage texts; the README of
/// grpc-health-probe 0.4, wait-for-it, wait-for and dockerize 0.9.
const CLIENTS: &[Client] = &[
    Client {
        names: &["curl"],
        form: Form::Url,
        port: None,
        valued: &[
            "-A",
            "-b",
            "-c",
            "-C",
            "-d",
            "-D",
            "-e",
            "-E",
            "-F",
            "-H",
            "-K",
            "-m",
            "-o",
            "-P",
            "-Q",
            "-r",
            "-t",
            "-T",
            "-u",
            "-U",
            "-w",
            "-x",
            "-X",
            "-y",
            "-Y",
            "-z",
            "--max-time",
            "--connect-timeout",
            "--retry",
            "--retry-delay",
            "--retry-max-time",
            "--request",
            "--header",
            "--data",
            "--data-raw",
            "--data-binary",
            "--data-urlencode",
            "--output",
            "--write-out",
            "--user",
            "--user-agent",
            "--referer",
            "--cacert",
            "--cert",
            "--key",
            "--cookie",
            "--form",
            "--noproxy",
            "--resolve",
            "--unix-socket",
            "--proxy",
            "--interface",
            "--max-redirs",
        ],
    },
    Client {
        names: &["wget"],
        form: Form::Url,
        port: None,
        valued: &["-O", "-o", "-T", "-t", "-U", "-P", "-w", "-Q", "-Y", "-S", "--header", "--post-data", "--post-file"],
    },
    Client { names: &["http", "https", "xh"], form: Form::Url, port: None, valued: &["-a", "--auth", "--timeout"] },
    Client {
        names: &["nc", "ncat", "netcat", "nc.openbsd", "nc.traditional"],
        form: Form::HostPort,
        port: None,
        valued: &["-w", "-i", "-s", "-p", "-q", "-x", "-X", "-e", "-c", "-I", "-O", "-T", "-W", "-G"],
    },
    Client { names: &["telnet"], form: Form::HostPort, port: Some(23), valued: &["-l", "-e", "-b"] },
    Client {
        names: &["pg_isready", "psql"],
        form: Form::Options { host: &["-h", "--host"], port: &["-p", "--port"], socket: Socket::Unless },
        port: Some(5432),
        valued: &[],
    },
    Client {
        names: &["mysqladmin", "mysql", "mariadb-admin", "mariadb", "mysqlshow"],
        form: Form::Options { host: &["-h", "--host"], port: &["-P", "--port"], socket: Socket::Localhost },
        port: Some(3306),
        valued: &[],
    },
    Client {
        names: &["redis-cli", "valkey-cli"],
        form: Form::Options { host: &["-h"], port: &["-p"], socket: Socket::Never },
        port: Some(6379),
        valued: &[],
    },
    Client {
        names: &["mongosh", "mongo"],
        form: Form::Options { host: &["--host"], port: &["--port"], socket: Socket::Never },
        port: Some(27017),
        valued: &[],
    },
    Client {
        names: &["grpc_health_probe", "grpc-health-probe"],
        form: Form::Address(&["-addr", "--addr"]),
        port: None,
        valued: &[],
    },
    Client { names: &["dockerize"], form: Form::Address(&["-wait", "--wait"]), port: None, valued: &[] },
    Client {
        names: &["wait-for-it", "wait-for-it.sh", "wait-for", "wait-for.sh"],
        form: Form::Wait,
        port: None,
        valued: &["-t"],
    },
];

/// Ports that belong to a scheme (IANA; the clients' own documentation).
const SCHEMES: &[(&str, u16)] = &[
    ("http", 80),
    ("https", 443),
    ("redis", 6379),
    ("postgres", 5432),
    ("postgresql", 5432),
    ("mysql", 3306),
    ("mongodb", 27017),
    ("amqp", 5672),
];

/// What the command connects to.
pub fn endpoints(command: &Simple) -> Vec<Endpoint> {
    let mut found: Vec<_> = command.files.iter().filter_map(|file| device(&file.text)).collect();
    let name = command.name();
    let Some(client) = CLIENTS.iter().find(|client| client.names.contains(&name)) else { return found };
    let arguments = command.arguments();
    match client.form {
        Form::Url => found.extend(positional(arguments, client.valued).into_iter().filter_map(url)),
        Form::HostPort => found.extend(host_port(arguments, client)),
        Form::Options { host, port, socket } => {
            let has_uri = arguments.iter().any(|word| word.text.contains("://"));
            if has_uri {
                let uris = arguments.iter().filter(|word| word.text.contains("://"));
                found.extend(uris.filter_map(|word| url(&word.text)));
            } else {
                found.extend(by_options(arguments, host, port, socket, client.port));
            }
        }
        Form::Address(options) => {
            let values = options.iter().flat_map(|option| values(arguments, option));
            found.extend(values.filter_map(url));
        }
        Form::Wait => {
            // What follows `--` is started when the wait is over.
            let end = arguments.iter().position(|word| word.text == "--").unwrap_or(arguments.len());
            let arguments = arguments.get(..end).unwrap_or(&[]);
            found.extend(by_options(arguments, &["-h", "--host"], &["-p", "--port"], Socket::Unless, None));
            let addresses = positional(arguments, client.valued).into_iter();
            found.extend(addresses.filter(|word| word.contains(':')).filter_map(url));
        }
    }
    found
}

/// The URLs in any word of a command, whatever program it is: `python -c "…('http://localhost:1/quit')"`.
pub fn urls(command: &Simple) -> Vec<Endpoint> {
    let is_end = |c: char| c.is_whitespace() || matches!(c, '"' | '\'' | ')' | ',' | ';' | '`');
    let mut found = Vec::new();
    for word in &command.words {
        for part in word.text.split(is_end) {
            let scheme = part.rfind("http://").or_else(|| part.rfind("https://"));
            found.extend(scheme.and_then(|at| part.get(at..)).and_then(url));
        }
    }
    found
}

/// bash's `/dev/tcp/HOST/PORT`.
fn device(file: &str) -> Option<Endpoint> {
    let (host, port) = file.strip_prefix("/dev/tcp/")?.split_once('/')?;
    Some(Endpoint { host: host_of(host), port: port.parse().ok(), path: String::new() })
}

/// The words that are neither options nor their values.
fn positional<'w>(words: &'w [Word], valued: &[&str]) -> Vec<&'w str> {
    let mut found = Vec::new();
    let mut words = words.iter();
    while let Some(word) = words.next() {
        let text = word.text.as_str();
        if !text.starts_with('-') || text.len() < 2 {
            found.push(text);
        } else if takes_value(text, valued) {
            words.next();
        }
    }
    found
}

/// Whether the next word is the value of this option: one of those that take one, or short options run together of
/// which the last one does (`-fsSo FILE`).
fn takes_value(option: &str, valued: &[&str]) -> bool {
    if valued.contains(&option) {
        return true;
    }
    let letters = option.strip_prefix('-').filter(|letters| !letters.starts_with('-')).unwrap_or("");
    let is_valued = |letter: char| {
        valued.iter().any(|one| one.strip_prefix('-').is_some_and(|one| one.len() == 1 && one.starts_with(letter)))
    };
    // A letter before the last one that takes a value has the rest of the word for it.
    letters
        .char_indices()
        .find(|(_, letter)| is_valued(*letter))
        .is_some_and(|(at, letter)| at + letter.len_utf8() == letters.len())
}

/// The values of an option: `-h V`, `-hV`, `--host V`, `--host=V`, `-addr=V`.
fn values<'w>(words: &'w [Word], option: &str) -> Vec<&'w str> {
    let mut found = Vec::new();
    for (index, word) in words.iter().enumerate() {
        let Some(rest) = word.text.strip_prefix(option) else { continue };
        if rest.is_empty() {
            found.extend(words.get(index + 1).map(|word| word.text.as_str()));
        } else if let Some(value) = rest.strip_prefix('=') {
            found.push(value);
        } else if option.len() == 2 {
            found.push(rest);
        }
    }
    found
}

fn by_options(words: &[Word], host: &[&str], port: &[&str], socket: Socket, default: Option<u16>) -> Option<Endpoint> {
    let last = |options: &[&str]| options.iter().flat_map(|option| values(words, option)).next_back();
    let host = match (last(host), socket) {
        (Some(host), _) if host.starts_with('/') => return None,
        (Some("localhost"), Socket::Localhost)
            if last(&["--protocol"]).is_none_or(|value| !value.eq_ignore_ascii_case("tcp")) =>
        {
            return None;
        }
        (Some(host), _) => host_of(host),
        (None, Socket::Never) if last(&["-s"]).is_none() => Host::Local,
        (None, _) => return None,
    };
    let port = last(port).map_or(default, |port| port.parse().ok());
    Some(Endpoint { host, port, path: String::new() })
}

fn host_port(words: &[Word], client: &Client) -> Option<Endpoint> {
    let short =
        words.iter().map(|word| word.text.as_str()).filter(|text| text.starts_with('-') && !text.starts_with("--"));
    let mut short = short.filter(|text| text.len() > 1);
    // Listening, UDP and Unix sockets.
    if short.any(|text| text.contains(['l', 'u', 'U'])) {
        return None;
    }
    let words = positional(words, client.valued);
    let host = words.first()?;
    let port = words.get(1).map_or(client.port, |port| port.parse().ok());
    Some(Endpoint { host: host_of(host), port, path: String::new() })
}

/// Reads a URL, or what stands behind its scheme.
fn url(text: &str) -> Option<Endpoint> {
    let (scheme, rest) = match text.split_once("://") {
        Some((scheme, rest)) => (scheme, rest),
        None => ("http", text),
    };
    if scheme == "unix" || scheme == "file" || rest.is_empty() {
        return None;
    }
    let (authority, path) = rest.split_at_checked(rest.find(['/', '?', '#']).unwrap_or(rest.len()))?;
    let authority = authority.rsplit_once('@').map_or(authority, |(_, authority)| authority);
    let bracket = authority.find(']').unwrap_or(0);
    let (host, port) = match authority.rfind(':').filter(|at| *at >= bracket) {
        Some(at) => (authority.get(..at)?, authority.get(at + 1..)?.parse().ok()),
        None => (authority, SCHEMES.iter().find(|(name, _)| *name == scheme).map(|(_, port)| *port)),
    };
    Some(Endpoint { host: host_of(host), port, path: path.to_owned() })
}

/// Which machine a host names. `0.0.0.0` as a target is the own one (Linux), and so is no name at all.
pub fn host_of(host: &str) -> Host {
    let bare = host.trim_start_matches('[').trim_end_matches(']').to_ascii_lowercase();
    let is_loopback = bare.parse::<std::net::IpAddr>().is_ok_and(|ip| ip.is_loopback() || ip.is_unspecified());
    if bare.is_empty() || is_loopback || matches!(bare.as_str(), "localhost" | "localhost." | "ip6-localhost") {
        Host::Local
    } else if bare.contains(OPAQUE) {
        Host::Unknown
    } else {
        Host::Other(bare)
    }
}
