use std::ffi::OsStr;
use std::fs::{self, File};
use std::os::unix::fs::PermissionsExt;
use std::path::Path;
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use super::{Answer, LONELY, POD, SERVICE, ask, call, capture, list_of, native, with_config};
use crate::oracle;
use crate::package::{Package, documents};
use crate::support::{binary, files, host, output, output_with_stdin, select, shared, skip};

/// What kustomize sets for a legacy exec plugin.
fn plugin<'e>(config: &'e str, root: &'e str) -> [(&'e str, &'e str); 2] {
    [("KUSTOMIZE_PLUGIN_CONFIG_STRING", config), ("KUSTOMIZE_PLUGIN_CONFIG_ROOT", root)]
}

fn captured_stream() -> Option<(String, String)> {
    let stream = capture("kz-legacy-exec.stdin")?;
    // The configuration was written for another function; its form and its place are what counts.
    let written = capture("kz-legacy-exec.argfile")?;
    assert!(written.starts_with("apiVersion: ") && written.contains("\nmetadata:\n"), "{written}");
    Some((stream, select(&["proxy"])))
}

#[test]
fn r09_a_legacy_exec_plugin_takes_the_file_and_answers_documents() {
    let Some((stream, config)) = captured_stream() else { return };
    let folder = Package::of(&[("config", &config)]);
    let file = folder.folder().join("config");
    let answer = call(&plugin("not: read", "/"), &[file.as_os_str()], stream.as_bytes());
    assert_eq!((answer.code, answer.stderr.as_str()), (Some(0), ""));
    let mut expected = documents(&stream).unwrap();
    for object in &mut expected {
        oracle::convert(object, &["proxy".to_owned()]);
    }
    assert_eq!(documents(&answer.stdout).unwrap(), expected);
    assert_ne!(answer.stdout, stream);
    // Only documents between marks reach kustomize whole.
    assert_eq!(answer.stdout.matches("\n---\n").count(), stream.matches("\n---\n").count());
}

#[test]
fn r09_a_legacy_exec_plugin_whose_file_is_gone_takes_the_variable() {
    let Some((stream, config)) = captured_stream() else { return };
    let gone = OsStr::new("/no/such/file");
    let answer = call(&plugin(&config, "/"), &[gone], stream.as_bytes());
    assert_eq!((answer.code, answer.stderr.as_str()), (Some(0), ""));
    assert!(answer.stdout.contains("restartPolicy: Always"), "{answer:?}");
    // The variable alone makes no plugin of it: a wrong path on the command line stays an error.
    let answer = call(&plugin(&config, "/")[..1], &[gone, OsStr::new("-")], stream.as_bytes());
    assert_eq!((answer.code, answer.stdout.as_str()), (Some(1), ""));
    assert!(answer.stderr.contains("/no/such/file"), "{answer:?}");
}

#[test]
fn r09_a_legacy_exec_plugin_that_fails_writes_nothing_but_the_reasons() {
    let Some((stream, _)) = captured_stream() else { return };
    let answer = call(&plugin(&select(&["*"]), "/"), &[OsStr::new("/no/such/file")], stream.as_bytes());
    assert_eq!((answer.code, answer.stdout.as_str()), (Some(1), ""));
    assert!(answer.stderr.starts_with("error[no-main-container] apps/v1/Deployment/pre-web "), "{answer:?}");
}

/// Runs `CONFIG FILE…` with a configuration that selects `proxy`.
fn on_files(files: &[(&str, &[u8])], arguments: &[&str], stdin: &str) -> Answer {
    let package = Package::of(&[("config.yaml", &select(&["proxy"]))]);
    for (name, bytes) in files {
        fs::write(package.folder().join(name), bytes).unwrap();
    }
    let mut command = Command::new(binary());
    command.env_clear().current_dir(package.folder()).arg("config.yaml").args(arguments);
    let output = output_with_stdin(&mut command, stdin.as_bytes());
    for (name, bytes) in files {
        assert_eq!(fs::read(package.folder().join(name)).unwrap(), *bytes, "{name} was written to");
    }
    let text = |bytes| String::from_utf8(bytes).unwrap();
    Answer { code: output.status.code(), stdout: text(output.stdout), stderr: text(output.stderr) }
}

fn good(answer: Answer) -> String {
    assert_eq!((answer.code, answer.stderr.as_str()), (Some(0), ""), "{answer:?}");
    answer.stdout
}

#[test]
fn r10_one_file_comes_out_as_it_is_but_for_the_change() {
    let text = format!("# head\n---\n{SERVICE}---\n# of the pod\n{POD}# foot\n");
    let expected = format!("# head\n---\n{SERVICE}---\n# of the pod\n{}# foot\n", native(POD));
    assert_eq!(good(on_files(&[("a.yaml", text.as_bytes())], &["a.yaml"], "")), expected);
    assert_eq!(good(on_files(&[], &["-"], &text)), expected);
    let crlf = |text: &str| format!("\u{feff}{}", text.replace('\n', "\r\n"));
    assert_eq!(good(on_files(&[("a.yaml", crlf(&text).as_bytes())], &["a.yaml"], "")), crlf(&expected));
}

#[test]
fn r10_several_files_become_one_stream_of_documents() {
    let bare = POD.trim_end();
    let json = r#"{"apiVersion": "v1", "kind": "Pod", "metadata": {"name": "j"}, "spec": {"containers": [{"name": "web", "image": "w"}, {"name": "proxy", "image": "p"}]}}"#;
    let marked = format!("\u{feff}---\n{POD}");
    let files: [(&str, &[u8]); 5] = [
        ("bare.yaml", bare.as_bytes()),
        ("marked.yaml", marked.as_bytes()),
        ("pod.json", json.as_bytes()),
        ("empty.yaml", b""),
        ("service.yaml", SERVICE.as_bytes()),
    ];
    let stdout = good(on_files(
        &files,
        &["bare.yaml", "marked.yaml", "-", "pod.json", "empty.yaml", "service.yaml"],
        LONELY.replace("name: proxy", "name: web").as_str(),
    ));
    assert!(!stdout.contains('\u{feff}'), "{stdout}");
    let mut expected: Vec<_> = [bare, POD, &LONELY.replace("name: proxy", "name: web"), json, SERVICE]
        .iter()
        .flat_map(|text| documents(text).unwrap())
        .collect();
    for object in &mut expected {
        oracle::convert(object, &["proxy".to_owned()]);
    }
    assert_eq!(documents(&stdout).unwrap(), expected);
    assert!(stdout.starts_with(native(POD).trim_end()), "{stdout}");
    assert_eq!(stdout.matches("restartPolicy").count(), 3);
}

#[test]
fn r10_a_file_that_cannot_be_read_or_parsed_is_named() {
    let answer = on_files(&[("a.yaml", POD.as_bytes())], &["a.yaml", "absent.yaml"], "");
    assert_eq!((answer.code, answer.stdout.as_str()), (Some(1), ""));
    assert!(answer.stderr.contains("absent.yaml"), "{answer:?}");
    let answer = on_files(&[("a.yaml", b"a: \xff\n")], &["a.yaml"], "");
    assert_eq!((answer.code, answer.stdout.as_str()), (Some(1), ""));
    assert!(answer.stderr.contains("a.yaml") && answer.stderr.contains("UTF-8"), "{answer:?}");
    let answer = on_files(&[("a.yaml", b"containers: ]\n")], &["a.yaml"], "");
    assert_eq!((answer.code, answer.stdout.as_str()), (Some(1), ""));
    assert!(answer.stderr.contains("a.yaml") && answer.stderr.contains("line 1"), "{answer:?}");
    // The line is counted in the file that it is in, wherever that stands among the others.
    for bad in ["# one\ncontainers: ]\n", "---\ncontainers: ]\n"] {
        let files: [(&str, &[u8]); 3] =
            [("a.yaml", POD.trim_end().as_bytes()), ("b.yaml", bad.as_bytes()), ("c.yaml", POD.as_bytes())];
        let answer = on_files(&files, &["a.yaml", "b.yaml", "c.yaml"], "");
        assert_eq!((answer.code, answer.stdout.as_str()), (Some(1), ""));
        assert!(answer.stderr.starts_with("error: b.yaml: line 2, column 13: "), "{answer:?}");
    }
    let template: &[u8] = b"{{- if .Values.web }}\ncontainers: []\n{{- end }}\n";
    let answer = on_files(&[("deployment.yaml", template)], &["deployment.yaml"], "");
    assert_eq!((answer.code, answer.stdout.as_str()), (Some(1), ""));
    assert!(answer.stderr.contains("deployment.yaml: line 1") && answer.stderr.contains("helm template"), "{answer:?}");
    let answer = on_files(&[], &[], "");
    assert_eq!((answer.code, answer.stdout.as_str()), (Some(1), ""));
    assert!(answer.stderr.contains("no resources"), "{answer:?}");
}

#[test]
fn r10_a_refusal_leaves_stdout_empty() {
    let answer = on_files(&[("a.yaml", POD.as_bytes()), ("b.yaml", LONELY.as_bytes())], &["a.yaml", "b.yaml"], "");
    assert_eq!((answer.code, answer.stdout.as_str()), (Some(1), ""));
    assert!(answer.stderr.starts_with("error[no-main-container] v1/Pod/lonely "), "{answer:?}");
}

/// Runs with this stdin and gives the output; panics when it takes longer than anyone waits for help.
fn without_input(argument: &str, stdin: Stdio) -> std::process::Output {
    let mut command = Command::new(binary());
    command.env_clear().arg(argument).stdin(stdin).stdout(Stdio::piped()).stderr(Stdio::piped());
    let mut child = command.spawn().unwrap();
    let start = Instant::now();
    while child.try_wait().unwrap().is_none() {
        if start.elapsed() > Duration::from_secs(20) {
            child.kill().unwrap();
            panic!("{argument} waits for input");
        }
        std::thread::sleep(Duration::from_millis(5));
    }
    child.wait_with_output().unwrap()
}

#[test]
fn r11_help_and_version_need_no_input() {
    for (argument, start) in [
        ("--help", "Turns legacy"),
        ("-h", "Turns legacy"),
        ("--version", "convert-sidecars "),
        ("-V", "convert-sidecars "),
    ] {
        // A pipe that nobody writes to, and a stdin at its end; the shell below closes it altogether.
        let (reader, writer) = std::io::pipe().unwrap();
        for stdin in [Stdio::from(reader), Stdio::null()] {
            let output = without_input(argument, stdin);
            let text = String::from_utf8(output.stdout).unwrap();
            assert!(
                output.status.success() && output.stderr.is_empty() && text.starts_with(start),
                "{argument}: {text}"
            );
        }
        drop(writer);
        let closed = output(Command::new("sh").args(["-c", "exec \"$0\" \"$1\" <&-"]).arg(binary()).arg(argument));
        assert!(closed.status.success() && closed.stdout.starts_with(start.as_bytes()), "{argument}: {closed:?}");
    }
}

#[test]
fn r12_any_user_without_an_environment_or_rights_can_run_it() {
    let Some(setpriv) = host("setpriv") else { return };
    let own = output(Command::new("id").arg("-u"));
    if own.stdout != b"0\n" {
        skip("only root can become another user");
        return;
    }
    let folder = tempfile::tempdir().unwrap();
    fs::set_permissions(folder.path(), fs::Permissions::from_mode(0o555)).unwrap();
    let program = folder.path().join("convert-sidecars");
    fs::copy(binary(), &program).unwrap();
    fs::set_permissions(&program, fs::Permissions::from_mode(0o555)).unwrap();
    let list = list_of(&[POD]);
    for id in ["65534", "65533", "123456789"] {
        let mut command = Command::new(&setpriv);
        command.args([
            "--reuid",
            id,
            "--regid",
            id,
            "--clear-groups",
            "--no-new-privs",
            "--bounding-set=-all",
            "--inh-caps=-all",
        ]);
        command.arg(&program).env_clear().current_dir("/");
        let output = output_with_stdin(&mut command, list.as_bytes());
        assert!(output.status.success() && output.stderr.is_empty(), "{id}: {output:?}");
        assert_eq!(String::from_utf8(output.stdout).unwrap(), ask(&list).stdout, "{id}");
    }
    // Nothing was left behind by anyone.
    assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 1);
}

#[test]
fn r12_a_full_disk_behind_stdout_is_an_error() {
    if !Path::new("/dev/full").exists() {
        return;
    }
    let list = tempfile::NamedTempFile::new().unwrap();
    fs::write(list.path(), list_of(&[POD])).unwrap();
    let mut command = Command::new(binary());
    command
        .env_clear()
        .stdin(File::open(list.path()).unwrap())
        .stdout(File::options().write(true).open("/dev/full").unwrap());
    let output = command.stderr(Stdio::piped()).output().unwrap();
    assert_eq!(output.status.code(), Some(1));
    assert!(String::from_utf8_lossy(&output.stderr).starts_with("error: writing to stdout"), "{output:?}");
}

/// What is told of a named pod that is converted.
const CONVERTED: [&str; 2] = ["info immutable-workload metadata.name", "info - spec.initContainers"];

#[test]
fn r13_what_is_not_among_the_items_is_unknown_and_not_missing() {
    // A Service, an autoscaler or a ConfigMap may exist and just not be selected.
    let pod = POD.to_owned()
        + "    ports:\n    - name: http\n      containerPort: 80\n    envFrom:\n    - configMapRef:\n        name: absent\n";
    let alone = ask(&list_of(&[&pod]));
    let beside = ask(&list_of(&[&pod, SERVICE]));
    assert_eq!((alone.code, alone.told()), (Some(0), CONVERTED.map(str::to_owned).to_vec()));
    assert_eq!(alone.results(), beside.results());
}

/// All captured calls, with a configuration that selects `proxy`.
fn captured() -> Vec<(String, String)> {
    let Some(folder) = shared("captures") else { return Vec::new() };
    let read = |file: &std::path::PathBuf| {
        let text = fs::read_to_string(file).unwrap();
        let list = text.contains("\nkind: ResourceList\n").then(|| with_config(&text, &["proxy"]))?;
        Some((file.file_name().unwrap().to_string_lossy().into_owned(), list))
    };
    let all: Vec<_> = files(&folder, &[".stdin"]).iter().filter_map(read).collect();
    assert!(all.len() >= 15, "{}", all.len());
    all
}

#[test]
fn r14_a_second_run_changes_nothing_and_tells_nothing() {
    let mut converted = 0;
    for (name, list) in captured() {
        let first = ask(&list);
        assert_eq!(first.code, Some(0), "{name} {first:?}");
        // Orchestrators take the results away.
        let (items, results) = first.stdout.split_once("results:\n").unwrap_or((&first.stdout, ""));
        converted += usize::from(results.contains("made proxy"));
        let second = ask(items);
        assert_eq!((second.code, second.stderr.as_str()), (Some(0), ""), "{name}");
        // What is said of the configuration stays true; what is said of a conversion goes with it.
        let notes = first.told().into_iter().filter(|line| line.starts_with("info unmatched-")).collect::<Vec<_>>();
        assert_eq!(second.told(), notes, "{name}");
        assert_eq!(second.stdout.split("results:\n").next(), Some(items), "{name}");
    }
    assert!(converted >= 6 || shared("captures").is_none(), "{converted}");
}

#[test]
fn r14_refusals_that_persist_repeat_as_they_are() {
    let first = ask(&list_of(&[POD, LONELY]));
    assert_eq!(ask(&list_of(&[POD, LONELY])), first);
    let config = select(&["proxy"]).replace("spec:\n", "spec:\n  onRefusal: Skip\n");
    let skipped = ask(&crate::package::resource_list(&[POD, LONELY], &config));
    assert_eq!(skipped.told(), [&["warning no-main-container spec.containers"], &CONVERTED[..]].concat());
    let again = ask(&crate::package::resource_list(&[&native(POD), LONELY], &config));
    assert_eq!(again.results(), skipped.results()[..1]);
}

#[test]
fn r15_kubectl_skips_exec_functions_without_a_word() {
    let Some(kubectl) = host("kubectl") else { return };
    let function = select(&["proxy"]).replace(
        "metadata: {name: test}\n",
        "metadata:\n  name: test\n  annotations:\n    config.kubernetes.io/function: |\n      exec: {path: ./convert-sidecars}\n",
    );
    let package = Package::of(&[
        ("pod.yaml", POD),
        ("function.yaml", &function),
        ("kustomization.yaml", "resources: [pod.yaml]\ntransformers: [function.yaml]\n"),
    ]);
    fs::copy(binary(), package.folder().join("convert-sidecars")).unwrap();
    let run = package.run(&kubectl, &["kustomize", "--enable-alpha-plugins", "."]);
    assert_eq!(run.stderr, "");
    // If this fails, kubectl runs them now: say so in the guide to the hosts.
    assert_eq!(documents(&run.good()).unwrap(), documents(POD).unwrap());
}

#[test]
fn r16_captures_are_answered_the_same_twice() {
    for (name, list) in captured() {
        assert_eq!(ask(&list), ask(&list), "{name}");
    }
}
