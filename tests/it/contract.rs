use std::ffi::OsStr;
use std::process::Command;

use serde_yaml::Value;

use super::package::{documents, resource_list};
use super::support::{binary, output_with_stdin, select, shared};

/// The commands beside the function: `explain`, `rules`.
mod commands;
/// Bare documents, lists and JSON: each is answered in its own form.
mod forms;
/// What a ResourceList holds, before and after (R1 to R5).
mod list;
/// The process: arguments, surroundings, repetition (R9 to R16).
mod process;
/// What the caller is told, and how (R6 to R8).
mod told;

/// How a call ended.
#[derive(Debug, PartialEq, Eq)]
struct Answer {
    code: Option<i32>,
    stdout: String,
    stderr: String,
}

impl Answer {
    /// Its results, as a reader of YAML sees them.
    fn results(&self) -> Vec<Value> {
        // Alone where they can be: some readers reject a list whose items have a key twice.
        let text = self.stdout.rfind("\nresults:").map_or(self.stdout.as_str(), |at| &self.stdout[at..]);
        let list = documents(text).unwrap_or_else(|error| panic!("{error}: {self:?}")).remove(0);
        list.get("results").and_then(Value::as_sequence).cloned().unwrap_or_default()
    }

    /// Its results as `severity rule field`.
    fn told(&self) -> Vec<String> {
        let text = |value: &Value| value.as_str().unwrap_or("-").to_owned();
        let line = |one: &Value| {
            format!("{} {} {}", text(&one["severity"]), text(&one["tags"]["rule"]), text(&one["field"]["path"]))
        };
        self.results().iter().map(line).collect()
    }
}

/// The function with an environment of these variables alone.
fn call(environment: &[(&str, &str)], arguments: &[&OsStr], stdin: &[u8]) -> Answer {
    let mut command = Command::new(binary());
    command.env_clear().envs(environment.iter().copied()).args(arguments);
    let output = output_with_stdin(&mut command, stdin);
    let text = |bytes| String::from_utf8(bytes).unwrap();
    Answer { code: output.status.code(), stdout: text(output.stdout), stderr: text(output.stderr) }
}

/// The answer to what stands on stdin.
fn ask(stdin: &str) -> Answer {
    call(&[], &[], stdin.as_bytes())
}

/// What a real orchestrator sent; `None`, said on stderr, when the test data is not there.
fn capture(name: &str) -> Option<String> {
    Some(std::fs::read_to_string(shared("captures")?.join(name)).unwrap())
}

/// The same call with a configuration that selects these containers.
fn with_config(list: &str, names: &[&str]) -> String {
    let start = list.find("\nfunctionConfig:\n").map_or(list.len(), |at| at + 1);
    let config = indent(&select(names));
    format!("{}functionConfig:\n{config}", &list[..start])
}

pub(crate) const POD: &str = "\
apiVersion: v1
kind: Pod
metadata:
  name: pod
spec:
  containers:
  - name: web
    image: web:1.0
  - name: proxy
    image: envoy:1.2
";

/// `proxy` is the only container, so it cannot become a sidecar.
const LONELY: &str = "\
apiVersion: v1
kind: Pod
metadata:
  name: lonely
spec:
  containers:
  - name: proxy
    image: envoy:1.2
";

const SERVICE: &str = "\
apiVersion: v1
kind: Service
metadata:
  name: web
spec:
  ports:
  - port: 80
";

/// What becomes of a text in which `proxy` is the last container of each pod.
fn native(text: &str) -> String {
    let line = |line: &str| match line.strip_suffix("- name: proxy\n") {
        Some(indent) => {
            let column = " ".repeat(indent.len());
            format!("{column}initContainers:\n{line}{column}  restartPolicy: Always\n")
        }
        None => line.to_owned(),
    };
    text.split_inclusive('\n').map(line).collect()
}

/// The text two columns further to the right.
fn indent(text: &str) -> String {
    text.lines().flat_map(|line| ["  ", line, "\n"]).collect()
}

/// A list of these documents with a configuration that selects `proxy`.
pub(crate) fn list_of(documents: &[&str]) -> String {
    resource_list(documents, &select(&["proxy"]))
}
