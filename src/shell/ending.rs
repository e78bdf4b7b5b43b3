//! Commands that end a process.

use super::argv::base;
use super::endpoint::{Endpoint, endpoints, urls};
use super::lexer::Word;
use super::script::Script;
use super::simple::{Joint, Simple};

/// What a command ends.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Ending {
    /// The process with the number 1: `kill 1`.
    First,
    /// Processes by name: `pkill NAME`, `kill $(pidof NAME)`.
    Named(String),
    /// The one whose number stands in this file: `kill $(cat FILE)`.
    File(String),
    /// The server that the program belongs to: `nginx -s quit`.
    Server(&'static str),
    /// What serves this address, which is asked to end.
    Asked(Endpoint),
}

/// Subcommands and options that end the server which the program controls, or is.
///
/// Sources: nginx "Command-line parameters"; Apache "Stopping and Restarting"; cloud-sql-proxy 2, `cmd/root.go`
/// (`shutdown`); Istio `pilot/cmd/pilot-agent/app/request.go`; Redis `SHUTDOWN`; MySQL "mysqladmin"; PostgreSQL
/// "pg_ctl"; MongoDB "mongod --shutdown"; supervisor "supervisorctl"; Consul "consul leave"; RabbitMQ "rabbitmqctl".
const SERVERS: &[(&str, &[&str], &str)] = &[
    ("nginx", &["-s", "quit"], "nginx -s quit"),
    ("nginx", &["-s", "stop"], "nginx -s stop"),
    ("openresty", &["-s", "quit"], "openresty -s quit"),
    ("openresty", &["-s", "stop"], "openresty -s stop"),
    ("apachectl", &["stop"], "apachectl stop"),
    ("apachectl", &["graceful-stop"], "apachectl graceful-stop"),
    ("apache2ctl", &["stop"], "apache2ctl stop"),
    ("apache2ctl", &["graceful-stop"], "apache2ctl graceful-stop"),
    ("httpd", &["-k", "stop"], "httpd -k stop"),
    ("httpd", &["-k", "graceful-stop"], "httpd -k graceful-stop"),
    ("cloud-sql-proxy", &["shutdown"], "cloud-sql-proxy shutdown"),
    ("pilot-agent", &["request", "POST", "quitquitquit"], "pilot-agent request POST quitquitquit"),
    ("pilot-agent", &["request", "POST", "/quitquitquit"], "pilot-agent request POST /quitquitquit"),
    ("redis-cli", &["shutdown"], "redis-cli shutdown"),
    ("valkey-cli", &["shutdown"], "valkey-cli shutdown"),
    ("mysqladmin", &["shutdown"], "mysqladmin shutdown"),
    ("mariadb-admin", &["shutdown"], "mariadb-admin shutdown"),
    ("pg_ctl", &["stop"], "pg_ctl stop"),
    ("mongod", &["--shutdown"], "mongod --shutdown"),
    ("supervisorctl", &["shutdown"], "supervisorctl shutdown"),
    ("consul", &["leave"], "consul leave"),
    ("rabbitmqctl", &["stop"], "rabbitmqctl stop"),
    ("rabbitmqctl", &["shutdown"], "rabbitmqctl shutdown"),
];

/// The last segments of paths that ask a server to end.
///
/// Sources: Istio `cmd/agent/app` and Envoy "Administration interface" (`/quitquitquit`), cloud-sql-proxy 2 (the same
/// with `--quitquitquit`), linkerd2-proxy (`/shutdown`), Dapr (`/v1.0/shutdown`), Vault agent (`/agent/v1/quit`),
/// consul-dataplane (`/graceful_shutdown`), Prometheus and Alertmanager (`/-/quit`), Spring Boot (`/actuator/shutdown`).
const QUIT: &[&str] = &["quitquitquit", "shutdown", "quit", "graceful_shutdown"];

/// Whether a request for this path asks a server to end.
pub fn is_quit(path: &str) -> bool {
    let path = path.split(['?', '#']).next().unwrap_or("").trim_end_matches('/');
    path.rsplit_once('/').is_some_and(|(_, last)| QUIT.contains(&last))
}

/// What the command at `index` ends.
pub fn ending(script: &Script, index: usize) -> Option<Ending> {
    let command = script.commands().get(index)?;
    let name = command.name();
    let has = |wanted: &str| command.arguments().iter().any(|word| word.text.eq_ignore_ascii_case(wanted));
    let server = SERVERS.iter().find(|(server, words, _)| *server == name && words.iter().all(|word| has(word)));
    if let Some((.., text)) = server {
        return Some(Ending::Server(text));
    }
    match name {
        "kill" => {
            let target = signalled(command.arguments(), false)?.into_iter().next()?;
            if target.text == "1" {
                return Some(Ending::First);
            }
            script.commands_in(index).find_map(process)
        }
        "pkill" => signalled(command.arguments(), true)?.last().and_then(|word| named(&word.text)),
        "killall" | "killall5" => signalled(command.arguments(), true)?.first().and_then(|word| named(&word.text)),
        "echo" | "printf" if command.files.is_empty() => None,
        _ => {
            let mut found = endpoints(command);
            found.extend(script_urls(command));
            if found.is_empty() {
                return None;
            }
            let before = index.checked_sub(1).and_then(|before| script.commands().get(before));
            let sent = written(before.filter(|_| command.joint == Joint::Pipe).unwrap_or(command));
            for endpoint in found.iter_mut().filter(|one| one.path.is_empty()) {
                endpoint.path.clone_from(&sent);
            }
            found.into_iter().find(|endpoint| is_quit(&endpoint.path)).map(Ending::Asked)
        }
    }
}

/// The path in a request that is written out by hand: `printf 'POST /quitquitquit HTTP/1.1…' | nc localhost 1`.
pub fn written(command: &Simple) -> String {
    let words = command.arguments().iter().flat_map(|word| word.text.split_whitespace());
    let mut behind = words.skip_while(|word| !matches!(*word, "POST" | "GET" | "PUT")).skip(1);
    behind.next().unwrap_or("").to_owned()
}

/// The addresses in the program text that an interpreter is given.
fn script_urls(command: &Simple) -> Vec<Endpoint> {
    let name = command.name();
    let is_interpreter = name.starts_with("python") || matches!(name, "node" | "ruby" | "perl" | "php");
    if is_interpreter { urls(command) } else { Vec::new() }
}

/// A process that a command prints the number of.
fn process(command: &Simple) -> Option<Ending> {
    match command.name() {
        "pidof" | "pgrep" => {
            command.arguments().iter().rfind(|word| !word.text.starts_with('-')).and_then(|word| named(&word.text))
        }
        "cat" => {
            let file = command.arguments().first().filter(|file| file.is_known())?;
            Some(Ending::File(file.text.clone()))
        }
        _ => None,
    }
}

fn named(pattern: &str) -> Option<Ending> {
    let name = base(pattern.trim_start_matches('^').trim_end_matches('$'));
    (!name.is_empty()).then(|| Ending::Named(name.to_owned()))
}

/// The words of `kill`, `pkill` or `killall` that are no options; `None` when the signal ends nothing.
///
/// TERM is the default. HUP, USR1 and USR2 mean "reload" or "drain" to nearly all servers, 0 only asks.
fn signalled(words: &[Word], is_by_name: bool) -> Option<Vec<&Word>> {
    let mut targets = Vec::new();
    let mut words = words.iter();
    while let Some(word) = words.next() {
        let text = word.text.as_str();
        let signal = match text {
            "--" => continue,
            "-s" | "--signal" | "-n" => words.next()?.text.as_str(),
            _ => match text.strip_prefix("--signal=").or_else(|| text.strip_prefix('-')) {
                Some(signal) if signal.bytes().all(|byte| byte.is_ascii_uppercase() || byte.is_ascii_digit()) => signal,
                // Options of pkill and killall that take a value.
                Some("u" | "U" | "P" | "g" | "G" | "t") if is_by_name => {
                    words.next();
                    continue;
                }
                Some(_) => continue,
                None => {
                    targets.push(word);
                    continue;
                }
            },
        };
        if !matches!(signal.trim_start_matches("SIG"), "TERM" | "15" | "INT" | "2" | "QUIT" | "3" | "KILL" | "9") {
            return None;
        }
    }
    Some(targets)
}
