//! The function by itself: no network, no writes, no other programs, no surprises from the environment.

use std::collections::BTreeSet;
use std::process::Command;

use crate::contract::{POD, list_of};
use crate::package::Package;
use crate::support::{binary, files, host, output_with_stdin, root, select, skip};

/// System calls by which a program reaches out, writes or starts something; threads of its own are checked below.
const FORBIDDEN: &[&str] = &[
    "socket",
    "socketpair",
    "connect",
    "bind",
    "listen",
    "accept",
    "accept4",
    "sendto",
    "sendmsg",
    "sendmmsg",
    "recvfrom",
    "recvmsg",
    "fork",
    "vfork",
    "execveat",
    "kill",
    "tkill",
    "ptrace",
    "creat",
    "unlink",
    "unlinkat",
    "rename",
    "renameat",
    "renameat2",
    "mkdir",
    "mkdirat",
    "rmdir",
    "link",
    "linkat",
    "symlink",
    "symlinkat",
    "mknod",
    "mknodat",
    "chmod",
    "fchmod",
    "fchmodat",
    "chown",
    "fchown",
    "fchownat",
    "lchown",
    "truncate",
    "ftruncate",
    "fallocate",
    "utimensat",
    "setxattr",
    "mount",
    "chdir",
    "chroot",
    "setuid",
    "setgid",
    "io_uring_setup",
    "shmget",
    "memfd_create",
    "inotify_init",
];

/// What may be opened, and only to be read: the loader's libraries, and what the standard library asks of the kernel about
/// the process, its stack and its share of processors; and what glibc asks before a thread's heap shrinks
/// (`sysdeps/unix/sysv/linux/malloc-sysdep.h`, `check_may_shrink_heap`).
fn is_expected(path: &str) -> bool {
    path == "/etc/ld.so.cache"
        || path == "/proc/self/maps"
        || path == "/proc/self/cgroup"
        || path == "/proc/sys/vm/overcommit_memory"
        || path.starts_with("/sys/fs/cgroup/")
        || (path.contains("/lib") && path.contains(".so"))
}

/// One system call of a trace: its name and what stands between its parentheses.
fn calls(trace: &str) -> Vec<(&str, &str)> {
    let call = |line: &'_ str| -> Option<(usize, usize)> {
        let start = line.find(|c: char| !c.is_ascii_digit() && c != ' ')?;
        Some((start, line[start..].find('(')? + start))
    };
    let lines =
        trace.lines().filter(|line| !line.contains("<... ") && !line.contains(" +++ ") && !line.contains(" --- "));
    lines.filter_map(|line| call(line).map(|(start, open)| (&line[start..open], &line[open + 1..]))).collect()
}

/// Runs the binary under strace; what it did, or `None` where nothing can be traced.
fn traced(arguments: &[&str], stdin: &str) -> Option<String> {
    let strace = host("strace")?;
    let package = Package::of(&[("config.yaml", &select(&["proxy"])), ("pod.yaml", POD)]);
    let trace = package.beside("trace");
    let mut command = Command::new(strace);
    command.args(["-f", "-s", "200", "-o"]).arg(&trace).arg(binary()).args(arguments);
    command.env_clear().current_dir(package.folder());
    let output = output_with_stdin(&mut command, stdin.as_bytes());
    let trace = std::fs::read_to_string(trace).unwrap_or_default();
    if !trace.contains("execve(") {
        skip(&format!("strace cannot trace here: {}", String::from_utf8_lossy(&output.stderr)));
        return None;
    }
    assert!(output.status.success(), "{output:?}");
    assert!(String::from_utf8_lossy(&output.stdout).contains("restartPolicy: Always"), "{output:?}");
    Some(trace)
}

/// Fails at everything in a trace that is not to be.
fn check(trace: &str, may_read: &[&str]) {
    let calls = calls(trace);
    assert!(calls.len() > 20, "{trace}");
    let mut started = 0;
    for (name, rest) in calls {
        assert!(!FORBIDDEN.contains(&name), "{name}({rest}");
        match name {
            "execve" => started += 1,
            "clone" | "clone3" => assert!(rest.contains("CLONE_THREAD"), "{name}({rest}"),
            "open" | "openat" | "openat2" => {
                let path = rest.split('"').nth(1).unwrap_or("");
                assert!(is_expected(path) || may_read.contains(&path), "{name}({rest}");
                let is_write =
                    ["O_WRONLY", "O_RDWR", "O_CREAT", "O_TRUNC", "O_APPEND"].iter().any(|flag| rest.contains(flag));
                assert!(!is_write, "{name}({rest}");
            }
            "write" | "writev" | "pwrite64" => {
                assert!(rest.starts_with("1,") || rest.starts_with("2,"), "{name}({rest}");
            }
            _ => {}
        }
    }
    assert_eq!(started, 1, "one program, this one");
}

#[test]
fn as_a_function_it_opens_nothing_and_writes_nothing_but_its_answer() {
    let list = list_of(&[POD]);
    let Some(trace) = traced(&[], &list) else { return };
    check(&trace, &[]);
    // With threads: enough pods to share out.
    let many = list_of(&vec![POD; 3000]);
    let Some(trace) = traced(&["--threads", "3"], &many) else { return };
    assert!(trace.contains("CLONE_THREAD"), "no threads");
    check(&trace, &[]);
}

#[test]
fn with_files_it_opens_these_and_no_others() {
    let Some(trace) = traced(&["config.yaml", "pod.yaml", "-"], POD) else { return };
    check(&trace, &["config.yaml", "pod.yaml"]);
}

/// What the checks above hold on to: they notice a program that does such things.
#[test]
fn a_trace_of_what_must_not_be_is_noticed() {
    let good = "1 execve(\"/a\", [\"a\"], 0x7 /* 0 vars */) = 0\n".to_owned() + &"1 read(0, \"\", 1) = 0\n".repeat(20);
    check(&good, &[]);
    for bad in [
        "1 socket(AF_INET, SOCK_STREAM, IPPROTO_TCP) = 3",
        "12  connect(3, {sa_family=AF_INET}, 16) = 0",
        "1 openat(AT_FDCWD, \"/etc/passwd\", O_RDONLY) = 3",
        "1 openat(AT_FDCWD, \"/proc/self/maps\", O_RDWR) = 3",
        "1 write(3, \"a\", 1) = 1",
        "1 execve(\"/bin/sh\", [\"sh\"], 0x7) = 0",
        "1 clone(child_stack=NULL, flags=SIGCHLD) = 2",
        "1 unlink(\"/a\") = 0",
    ] {
        let trace = format!("{good}{bad}\n");
        let result = std::panic::catch_unwind(|| check(&trace, &[]));
        assert!(result.is_err(), "{bad}");
    }
}

/// Variables that make other programs talk, colour, translate, connect or look elsewhere.
const SURROUNDINGS: &[(&str, &str)] = &[
    ("RUST_LOG", "trace"),
    ("RUST_BACKTRACE", "full"),
    ("CLICOLOR_FORCE", "1"),
    ("FORCE_COLOR", "1"),
    ("NO_COLOR", "1"),
    ("TERM", "xterm-256color"),
    ("COLUMNS", "20"),
    ("LANG", "tr_TR.UTF-8"),
    ("LC_ALL", "C"),
    ("TZ", "Asia/Kathmandu"),
    ("HOME", "/nonexistent"),
    ("XDG_CONFIG_HOME", "/nonexistent"),
    ("TMPDIR", "/nonexistent"),
    ("KUBECONFIG", "/nonexistent"),
    ("HTTP_PROXY", "http://127.0.0.1:1"),
    ("HTTPS_PROXY", "http://127.0.0.1:1"),
    ("SOURCE_DATE_EPOCH", "0"),
    ("RAYON_NUM_THREADS", "7"),
    ("CONVERT_SIDECARS_CONFIG", "/nonexistent"),
    ("KUSTOMIZE_PLUGIN_CONFIG_STRING", "a: ["),
];

#[test]
fn the_environment_changes_nothing() {
    let good = list_of(&[POD]);
    let refused = good.replace("name: web", "name: proxy");
    for (arguments, stdin) in
        [(&[][..], good.as_str()), (&[], &refused), (&[], "a: ]\n"), (&["--help"], ""), (&["--wrong"], "")]
    {
        let run = |variables: &[(&str, &str)]| {
            let mut command = Command::new(binary());
            command.env_clear().envs(variables.iter().copied()).args(arguments);
            output_with_stdin(&mut command, stdin.as_bytes())
        };
        let plain = run(&[]);
        assert_eq!(run(SURROUNDINGS), plain, "{arguments:?}");
        for variable in SURROUNDINGS {
            assert_eq!(run(&[*variable]), plain, "{arguments:?} with {variable:?}");
        }
    }
}

/// Who in the source may touch what lies outside of the process.
#[test]
fn only_main_knows_the_environment_and_only_the_files_mode_opens_files() {
    let allowed = [
        ("std::env", &["src/main.rs"][..]),
        ("std::fs", &["src/cli/function.rs", "src/cli/standalone.rs"]),
        ("std::net", &[]),
        ("std::process", &[]),
        ("std::time", &[]),
        ("Instant::now", &[]),
        ("SystemTime", &[]),
        ("Command::new(\"sh", &[]),
    ];
    let mut seen = BTreeSet::new();
    for file in files(&root().join("src"), &[".rs"]) {
        let text = std::fs::read_to_string(&file).unwrap();
        let name = file.strip_prefix(root()).unwrap().to_str().unwrap().to_owned();
        for (word, of) in &allowed {
            // An exit code and an address are values.
            let text = text.replace("std::process::ExitCode", "").replace("std::net::IpAddr", "");
            if text.contains(word) {
                assert!(of.contains(&name.as_str()), "{name} uses {word}");
                seen.insert(*word);
            }
        }
    }
    assert_eq!(seen.into_iter().collect::<Vec<_>>(), ["std::env", "std::fs"]);
}
