use std::path::{Path, PathBuf};
use std::process::{Command, Output};

use serde_yaml::Value;

use super::support::{binary, output};

/// A folder of manifests in a temporary place, and host programs that find the binary under test on their PATH.
pub(crate) struct Package {
    root: tempfile::TempDir,
}

impl Package {
    pub(crate) fn new() -> Self {
        let root = tempfile::tempdir().unwrap();
        let package = Self { root };
        std::fs::create_dir(package.folder()).unwrap();
        std::fs::create_dir(package.root.path().join("bin")).unwrap();
        std::os::unix::fs::symlink(binary(), package.root.path().join("bin/convert-sidecars")).unwrap();
        package
    }

    /// A package with these files: paths and texts.
    pub(crate) fn of(files: &[(&str, &str)]) -> Self {
        let package = Self::new();
        for (path, text) in files {
            package.write(path, text);
        }
        package
    }

    /// A package with copies of all files below a folder.
    pub(crate) fn copy_of(folder: &Path) -> Self {
        let package = Self::new();
        for file in super::support::files(folder, &[""]) {
            let path = file.strip_prefix(folder).unwrap();
            package.write(path.to_str().unwrap(), &std::fs::read_to_string(&file).unwrap());
        }
        package
    }

    pub(crate) fn folder(&self) -> PathBuf {
        self.root.path().join("package")
    }

    /// A path beside the folder, for what must not become part of the package.
    pub(crate) fn beside(&self, name: &str) -> PathBuf {
        self.root.path().join(name)
    }

    pub(crate) fn write(&self, path: &str, text: &str) {
        let file = self.folder().join(path);
        std::fs::create_dir_all(file.parent().unwrap()).unwrap();
        std::fs::write(file, text).unwrap();
    }

    pub(crate) fn read(&self, path: &str) -> String {
        std::fs::read_to_string(self.folder().join(path)).unwrap()
    }

    /// A program to be run in the folder.
    pub(crate) fn command(&self, program: &Path, arguments: &[&str]) -> Command {
        let mut path = self.root.path().join("bin").into_os_string();
        path.push(":");
        path.push(std::env::var_os("PATH").unwrap_or_default());
        let mut command = Command::new(program);
        command.args(arguments).current_dir(self.folder()).env("PATH", path);
        // Nobody's own settings may change what git prints.
        command.env("GIT_CONFIG_GLOBAL", "/dev/null").env("GIT_CONFIG_NOSYSTEM", "1");
        command
    }

    pub(crate) fn run(&self, program: &Path, arguments: &[&str]) -> Run {
        Run::of(output(&mut self.command(program, arguments)))
    }

    /// Runs git; panics when it fails.
    pub(crate) fn git(&self, arguments: &[&str]) -> String {
        let mut all = vec!["-c", "user.name=test", "-c", "user.email=test@example.com"];
        all.extend(arguments);
        self.run(Path::new("git"), &all).good()
    }

    /// Commits everything that is there, so that `git diff` says what changes after it.
    pub(crate) fn commit(&self) {
        self.git(&["init", "--quiet"]);
        self.git(&["add", "--all"]);
        self.git(&["commit", "--quiet", "--message=before"]);
    }
}

/// How a program ended, as text.
#[derive(Debug)]
pub(crate) struct Run {
    pub(crate) is_good: bool,
    pub(crate) stdout: String,
    pub(crate) stderr: String,
}

impl Run {
    pub(crate) fn of(output: Output) -> Self {
        Self {
            is_good: output.status.success(),
            stdout: String::from_utf8(output.stdout).unwrap(),
            stderr: String::from_utf8(output.stderr).unwrap(),
        }
    }

    /// Its stdout; panics when it failed.
    pub(crate) fn good(self) -> String {
        assert!(self.is_good, "{}{}", self.stdout, self.stderr);
        self.stdout
    }

    /// Its stderr; panics when it succeeded.
    pub(crate) fn bad(self) -> String {
        assert!(!self.is_good, "{}{}", self.stdout, self.stderr);
        self.stderr
    }
}

/// The documents of a stream as values, those without content left out.
pub(crate) fn documents(text: &str) -> Result<Vec<Value>, serde_yaml::Error> {
    use serde::Deserialize;
    let all: Result<Vec<_>, _> = serde_yaml::Deserializer::from_str(text).map(Value::deserialize).collect();
    Ok(all?.into_iter().filter(|value| !value.is_null()).collect())
}

/// The documents as entries of `items`, with a configuration behind them: what an orchestrator would send.
pub(crate) fn resource_list(documents: &[&str], config: &str) -> String {
    let indent = |text: &str, first: &str| {
        let lines = text.lines().enumerate();
        let indented = lines.map(|(index, line)| match line {
            "" => "\n".to_owned(),
            line => format!("{}{line}\n", if index == 0 { first } else { "  " }),
        });
        indented.collect::<String>()
    };
    let items: String = documents.iter().map(|document| indent(document, "- ")).collect();
    let config = indent(config, "  ");
    format!("apiVersion: config.kubernetes.io/v1\nkind: ResourceList\nitems:\n{items}functionConfig:\n{config}")
}
