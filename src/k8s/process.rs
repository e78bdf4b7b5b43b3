//! What a container runs, as far as its manifest says so.

use super::container::texts;
use super::pod_spec::{field, fields};
use crate::yaml::tree::{NodeId, Tree};

/// The program of a container and its arguments, without a shell's reading of them.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Process<'t> {
    /// `command` and `args`, one behind the other, without supervisors that only start what follows.
    pub argv: Vec<&'t str>,
    /// Whether `argv` begins with the program; otherwise the image's entry point gets them as arguments.
    pub has_program: bool,
    /// Base name of the image: `proxy` for `example.com/mesh/proxy:1.2@sha256:…`.
    pub image: &'t str,
}

/// Programs that run the command behind them as it is (their own flags begin with a dash).
const SUPERVISORS: [&str; 3] = ["tini", "dumb-init", "catatonit"];

/// Official images without an entry point, whose `args` are the command.
///
/// Source: their Dockerfiles, which have `CMD` only (github.com/docker-library, `library/*`).
const WITHOUT_ENTRYPOINT: [&str; 5] = ["alpine", "busybox", "debian", "fedora", "ubuntu"];

impl<'t> Process<'t> {
    /// What a container runs.
    pub fn of(tree: &'t Tree<'_>, container: NodeId) -> Self {
        let image = field(tree, container, "image").and_then(|id| tree.scalar(id)).unwrap_or("");
        let image = image_name(image);
        let [command, args] = ["command", "args"].map(|key| texts(tree, container, key).collect::<Vec<_>>());
        let has_program = !command.is_empty() || (WITHOUT_ENTRYPOINT.contains(&image) && !args.is_empty());
        let mut argv: Vec<_> = command.into_iter().chain(args).collect();
        if has_program && argv.first().is_some_and(|first| SUPERVISORS.contains(&base_name(first))) {
            argv.remove(0);
            let own = argv.iter().take_while(|argument| argument.starts_with('-')).count();
            argv.drain(..own);
        }
        Self { argv, has_program, image }
    }

    /// Base name of the program; `None` when only the image knows it.
    pub fn program(&self) -> Option<&'t str> {
        self.argv.first().filter(|_| self.has_program).map(|first| base_name(first))
    }

    /// The arguments of a program that is known by its own name, or as the entry point of one of `images`.
    pub fn arguments_of(&self, program: &str, images: &[&str]) -> Option<&[&'t str]> {
        match self.program() {
            Some(own) => (own == program).then(|| self.argv.get(1..).unwrap_or(&[])),
            None if !images.contains(&self.image) => None,
            // Many entry points take their own name as the first argument, too.
            None => Some(match self.argv.split_first() {
                Some((first, rest)) if *first == program => rest,
                _ => &self.argv,
            }),
        }
    }
}

/// The last part of a path: `sleep` for `/bin/sleep`.
pub fn base_name(path: &str) -> &str {
    path.rsplit('/').next().unwrap_or(path)
}

/// The last part of an image's repository, without tag and digest.
pub fn image_name(image: &str) -> &str {
    let repository = image.trim().split('@').next().unwrap_or("");
    base_name(repository).split(':').next().unwrap_or("")
}

/// The environment variables of a container that have a value in the manifest: place, name, value.
pub fn variables<'t>(tree: &'t Tree<'_>, container: NodeId) -> Vec<(usize, &'t str, &'t str)> {
    let entries = field(tree, container, "env").map_or(&[][..], |env| tree.entries(env));
    let variable = |(index, entry): (usize, &NodeId)| {
        let fields = fields(tree, tree.resolve(*entry)?);
        let text = |key: &str| fields.iter().find(|(name, _)| *name == key).and_then(|(_, value)| tree.scalar(*value));
        Some((index, text("name")?, text("value")?))
    };
    entries.iter().enumerate().filter_map(variable).collect()
}

/// A boolean flag as Go's `flag` and `pflag` read it: `-name`, `--name`, `--name=false`; the last one counts.
pub fn flag(arguments: &[&str], name: &str) -> Option<bool> {
    let read = |argument: &&str| {
        let written = argument.strip_prefix("--").or_else(|| argument.strip_prefix('-'))?;
        match written.strip_prefix(name)? {
            "" => Some(true),
            value => boolean(value.strip_prefix('=')?),
        }
    };
    arguments.iter().take_while(|argument| **argument != "--").filter_map(read).last()
}

/// A truth value as Go's `strconv.ParseBool` reads it.
pub fn boolean(text: &str) -> Option<bool> {
    match text {
        "1" | "t" | "T" | "true" | "TRUE" | "True" => Some(true),
        "0" | "f" | "F" | "false" | "FALSE" | "False" => Some(false),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::yaml::parse::parse;

    fn process(text: &str) -> (Option<String>, String, bool) {
        let tree = parse(text).unwrap();
        let found = Process::of(&tree, tree.roots[0]);
        (found.program().map(str::to_owned), found.argv.join(" "), found.has_program)
    }

    #[test]
    fn the_program_is_the_command_or_what_the_image_has() {
        let some = |name: &str| Some(name.to_owned());
        assert_eq!(
            process("{image: a, command: [/bin/sleep], args: ['5']}"),
            (some("sleep"), "/bin/sleep 5".into(), true)
        );
        assert_eq!(process("{image: a, args: [--once]}"), (None, "--once".into(), false));
        assert_eq!(
            process("{image: 'docker.io/library/busybox:1.36', args: [sleep, 5]}"),
            (some("sleep"), "sleep 5".into(), true)
        );
        let wrapped = "{image: a, command: [/usr/bin/tini, -g, --, /app, -v]}";
        assert_eq!(process(wrapped), (some("app"), "/app -v".into(), true));
        assert_eq!(process("{image: busybox}"), (None, String::new(), false));
        assert_eq!(image_name("localhost:5000/mesh/proxy:1.2@sha256:0"), "proxy");
    }

    #[test]
    fn flags_are_read_as_go_reads_them() {
        assert_eq!(flag(&["--a", "-once"], "once"), Some(true));
        assert_eq!(flag(&["--once=true", "--once=false"], "once"), Some(false));
        assert_eq!(flag(&["--once=maybe", "--one", "once", "--onceonly"], "once"), None);
        assert_eq!(flag(&["--", "--once"], "once"), None);
    }
}
