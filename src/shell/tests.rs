//! Expected values are what `dash` and `bash` do with the text.

use proptest::prelude::*;

use super::ending::{Ending, ending};
use super::endpoint::{Host, endpoints};
use super::wait::waits;
use super::{Block, Joint, Script};

/// Each command with its words, and marks: `&` background, `?` in a loop's condition, `*` in a loop's body, `f` in a
/// function.
fn show(script: &Script) -> Vec<String> {
    let mut shown = Vec::new();
    for (index, command) in script.commands().iter().enumerate() {
        let mut words: Vec<_> =
            command.assignments.iter().chain(&command.words).map(|word| word.text.clone()).collect();
        words.extend(command.files.iter().map(|file| format!(">{}", file.text)));
        let marks = [
            ('&', script.is_background(index)),
            ('?', script.condition_of(command).is_some()),
            ('*', script.around(command).any(|block| block == Block::Body)),
            ('f', script.around(command).any(|block| block == Block::Function)),
        ];
        let marks: String = marks.iter().filter(|(_, is_set)| *is_set).map(|(mark, _)| *mark).collect();
        shown.push(if marks.is_empty() { words.join(" ") } else { format!("{} {marks}", words.join(" ")) });
    }
    shown
}

fn text(text: &str) -> Vec<String> {
    show(&Script::of_text(text)).into_iter().map(|line| line.replace(super::OPAQUE, "%")).collect()
}

#[test]
fn words_are_those_that_a_program_gets() {
    assert_eq!(text(r#"a 'b c' "d \"e\" \n" f\ g h"i"'j'"#), [r#"a b c d "e" \n f g hij"#]);
    assert_eq!(text("a \\\n  b # c; d\ne#f"), ["a b", "e#f"]);
    assert_eq!(text("a $B ${C:-d} $? $((1 + 2)) x$ 'no $X'"), ["a % % % % x$ no $X"]);
    assert_eq!(text("A=1 B='2 3' c D=4"), ["A=1 B=2 3 c D=4"]);
    assert_eq!(text("list=(a b c) ; d"), ["list=%", "d"]);
    assert_eq!(text("a > b 2>&1 < c &>d"), ["a >b >1 >c >d"]);
    assert_eq!(text("echo 2 >f"), ["echo 2 >f"]);
}

#[test]
fn here_documents_are_data() {
    assert_eq!(text("cat <<EOF > f\ncurl localhost:1/quit\nEOF\nnext"), ["cat >f", "next"]);
    assert_eq!(text("cat <<-'E 1' | b\n\tx\n\tE 1\nnext"), ["cat", "b", "next"]);
    assert_eq!(text("a <<< word; b"), ["a >word", "b"]);
    assert_eq!(text("cat <<EOF\nnever closed; kill 1"), ["cat"]);
}

#[test]
fn loops_have_a_condition_and_a_body() {
    assert_eq!(text("until nc -z h 1; do sleep 1; done; run"), ["nc -z h 1 ?", "sleep 1 *", "run"]);
    assert_eq!(text("while ! a && b\ndo c; done | d"), ["a ?", "b ?", "c *", "d"]);
    assert_eq!(text("for i in $(seq 1 3) b; do c $i; done"), ["c % *", "seq 1 3"]);
    assert_eq!(text("for ((i=0; i<3; i++)); do c; done; d"), ["c *", "d"]);
    assert_eq!(text("while true; do while x; do y; done; done"), ["true ?", "x ?*", "y *"]);
    // Quoted, or behind the program, they are no keywords.
    assert_eq!(text("'while' a; echo while do done; b"), ["while a", "echo while do done", "b"]);
    assert_eq!(
        text("until `curl -G 'http://127.0.0.1/'`; do sleep 1; done"),
        ["% ?", "sleep 1 *", "curl -G http://127.0.0.1/ ?"]
    );
}

#[test]
fn branches_cases_functions_and_tests_are_told_apart() {
    assert_eq!(text("if a; then b; elif c; then d; else e; fi; f"), ["a", "b", "c", "d", "e", "f"]);
    assert_eq!(text("case $x in a|b) c ;; (*) d;; esac; e"), ["c", "d", "e"]);
    assert_eq!(text("case x in a) b; esac; (c)"), ["b", "c"]);
    assert_eq!(text("f() { kill 1; }; g () ( h ); function i { j; }; k"), ["kill 1 f", "h f", "j f", "k"]);
    assert_eq!(text("[[ a && b || c ]] && d"), ["[[ a && b || c ]]", "d"]);
    assert_eq!(text("[ -f x ] || { a; b; }"), ["[ -f x ]", "a", "b"]);
}

#[test]
fn an_ampersand_sends_its_whole_list_to_the_background() {
    assert_eq!(text("a; b && c & d"), ["a", "b &", "c &", "d"]);
    assert_eq!(text("(while true; do a; done) & wait"), ["true &?", "a &*", "wait"]);
    assert_eq!(text("while x; do a; done & b"), ["x &?", "a &*", "b"]);
    assert_eq!(text("{ a & b; }; c"), ["a &", "b", "c"]);
    assert_eq!(text("a $(b 1) & c"), ["a % &", "c", "b 1 &"]);
}

#[test]
fn commands_within_words_and_shells_are_read() {
    assert_eq!(text(r#"x=$(curl "$(a b)") y"#), ["x=% y", "curl %", "a b"]);
    assert_eq!(text("timeout 300 sh -c 'until a b; do sleep 5; done'").get(1..).unwrap(), ["a b ?", "sleep 5 *"]);
    assert_eq!(text("diff <(a 1) <(b 2)"), ["diff % %", "a 1", "b 2"]);
    // `$(NAME)` is Kubernetes' variable.
    assert_eq!(text("run --port=$(PORT)"), ["run --port=%"]);
    assert_eq!(text(r"echo `a \`b c\``"), ["echo %", "a %", "b c"]);
}

#[test]
fn the_forms_of_a_shells_command_line_are_known() {
    let inner = |argv: &[&str]| {
        let script = Script::of_argv(argv);
        let names: Vec<_> = script.commands().iter().skip(1).map(|one| one.name().to_owned()).collect();
        (script.is_shell(), names)
    };
    let both = (true, vec!["a".to_owned(), "b".to_owned()]);
    assert_eq!(inner(&["sh", "-c", "a; b"]), both);
    assert_eq!(inner(&["/bin/bash", "-euo", "pipefail", "-c", "a; b", "name"]), both);
    assert_eq!(inner(&["bash", "-lc", "a; b"]), both);
    assert_eq!(inner(&["dash", "-c", "-e", "a; b"]), both);
    assert_eq!(inner(&["busybox", "ash", "-xc", "a; b"]), both);
    assert_eq!(inner(&["bash", "--norc", "-c", "--", "a; b"]), both);
    assert_eq!(inner(&["tini", "--", "sh", "-c", "a; b"]), (false, both.1));
    assert_eq!(inner(&["sh", "script.sh", "-c", "a; b"]), (false, vec![]));
    assert_eq!(inner(&["app", "-c", "a; b"]), (false, vec![]));
    // Without a shell `;` is a word like any other.
    assert_eq!(show(&Script::of_argv(&["app", ";", "b"])), ["app ; b"]);
}

#[test]
fn the_kubelet_replaces_its_variables_before_the_shell_sees_them() {
    let shown = |argv: &[&str]| show(&Script::of_command(argv)).concat().replace(super::OPAQUE, "%");
    assert_eq!(shown(&["app", "$(HOST):$$(X) $$ $(not a name)"]), "app %:$(X) $ $(not a name)");
    assert_eq!(shown(&["app", "$", "$(", "$()"]), "app $ $( $()");
}

#[test]
fn a_loop_waits_for_what_ends_it() {
    let shown = |text: &str| {
        let script = Script::of_text(text);
        let all = waits(&script).into_iter().map(|wait| {
            let files = wait.files(&script).join(",");
            let marks = [(wait.is_endless, "endless"), (wait.is_background, "&")];
            let marks: Vec<_> = marks.iter().filter(|(is_set, _)| *is_set).map(|(_, mark)| *mark).collect();
            format!("{} {} {files} {}", wait.asked.len(), wait.body.len(), marks.join(" "))
        });
        all.collect::<Vec<_>>()
    };
    assert_eq!(shown("until nc -z h 1; do sleep 1; done; run"), ["1 1  endless"]);
    assert_eq!(shown("while [ ! -f /a/b ]; do sleep 1; done"), ["1 1 /a/b endless"]);
    assert_eq!(shown("while ! test -e /a; do sleep 1; done"), ["1 1 /a endless"]);
    assert_eq!(shown("until [[ -S /a && -f /b ]]; do :; done &"), ["1 1 /a,/b endless &"]);
    // As long as it is there: what ends the loop is that it goes away.
    assert_eq!(shown("while [ -f /a ]; do sleep 1; done"), ["1 1  endless"]);
    assert_eq!(shown("until curl x || [ $i -gt 9 ]; do sleep 1; done"), ["2 1  "]);
    assert_eq!(shown("while true; do if a x; then break; fi; done"), ["1 2  "]);
    assert_eq!(shown("while [ 1 ]; do a; done"), ["1 1  endless"]);
    assert_eq!(shown("while [ 1 -lt $i ]; do a; done"), ["1 1  "]);
    assert_eq!(shown("while [ \"$(curl -s x)\" != ok ]; do sleep 1; done"), ["2 1  endless"]);
    assert_eq!(shown("for i in 1 2; do sleep 1; done"), Vec::<String>::new());
    assert_eq!(shown("f() { until a; do b; done; }"), Vec::<String>::new());
}

#[test]
fn a_command_is_decisive_unless_something_follows_its_failure() {
    let decisive = |text: &str| Script::of_text(text).is_decisive(0);
    for (text, wanted) in [
        ("curl x", true),
        ("curl x || exit 1", true),
        ("curl x || { echo no; exit 1; }", true),
        ("curl x | grep y || return", true),
        ("curl x || true", false),
        ("curl x || true; exit 1", false),
        ("curl x && y || true", false),
        ("curl x || exit 0", false),
        ("! curl x", false),
        ("curl x; exit 0", false),
        ("curl x | grep y\necho done", false),
        ("curl x && y; z; true", false),
        ("{ curl x; true; } || exit 1", false),
        ("curl x; y", true),
        ("curl x; exit", true),
        ("curl x; exit $?", true),
        ("curl x; [ $? = 0 ] || exit 1; true", true),
        ("curl x; y && exit 0", true),
        ("curl x; ! true", true),
        ("curl x; { true; }", true),
        ("curl x; set -e; true", true),
    ] {
        assert_eq!(decisive(text), wanted, "{text}");
    }
    for (argv, wanted) in [(["sh", "-c", "curl x; true"], false), (["bash", "-euc", "curl x; true"], true)] {
        assert_eq!(Script::of_argv(&argv).is_decisive(1), wanted, "{argv:?}");
    }
    assert_eq!(Script::of_text("a | b").commands().get(1).map(|one| one.joint), Some(Joint::Pipe));
}

/// The addresses of the first command that has any: host, port and path.
fn addresses(text: &str) -> Vec<String> {
    let script = Script::of_text(text);
    let found = script.commands().iter().flat_map(endpoints).map(|one| {
        let host = match one.host {
            Host::Local => "local".to_owned(),
            Host::Other(name) => name,
            Host::Unknown => "?".to_owned(),
        };
        format!("{host}:{}{}", one.port.map_or("?".to_owned(), |port| port.to_string()), one.path)
    });
    found.collect()
}

#[test]
fn clients_are_known_by_what_they_connect_to() {
    for (text, wanted) in [
        ("curl -fsS -o /dev/null http://localhost:8080/healthz", "local:8080/healthz"),
        ("curl -X POST -H 'Host: localhost:1' --max-time 3 127.0.0.1:9/x?y", "local:9/x?y"),
        ("curl https://[::1]/", "local:443/"),
        ("curl --fail http://user:pw@db:80", "db:80"),
        ("curl http://$HOST:80/", "?:80/"),
        ("wget -qO- http://0.0.0.0:81", "local:81"),
        ("wget -q -T 3 -O /dev/null localhost:82/a", "local:82/a"),
        ("nc -z 127.0.0.1 5432", "local:5432"),
        ("nc -vzw 5 etcd 2379", "etcd:2379"),
        ("nc -w5 -z localhost 1", "local:1"),
        ("pg_isready -h127.0.0.1", "local:5432"),
        ("pg_isready --host=db --port=5433 -U x", "db:5433"),
        ("mysqladmin -h 127.0.0.1 ping", "local:3306"),
        ("mysqladmin ping -hlocalhost --protocol=tcp -P 3307", "local:3307"),
        ("redis-cli ping", "local:6379"),
        ("redis-cli -h r -p 1 ping", "r:1"),
        ("grpc_health_probe -addr=:50051", "local:50051"),
        ("/bin/grpc_health_probe --addr localhost:5", "local:5"),
        ("./wait-for-it.sh localhost:5432 -t 60 -- npm start x:1", "local:5432"),
        ("dockerize -wait tcp://localhost:3 -timeout 3s app", "local:3"),
        ("exec 3<>/dev/tcp/127.0.0.1/8", "local:8"),
        ("timeout 1 bash -c '</dev/tcp/localhost/9901'", "local:9901"),
    ] {
        assert_eq!(addresses(text), [wanted], "{text}");
    }
    // Listening, UDP, Unix sockets, and words that are only printed.
    for text in [
        "nc -l 8080",
        "nc -lk -p 8080",
        "nc -u localhost 53",
        "pg_isready",
        "pg_isready -h /var/run",
        "mysql -h localhost -P 3306",
        "redis-cli -s /tmp/s ping",
        "echo curl localhost:1",
        "curl --unix-socket /s",
        "cat <<X\ncurl localhost:1\nX",
    ] {
        assert_eq!(addresses(text), Vec::<String>::new(), "{text}");
    }
}

#[test]
fn commands_that_end_a_process_are_told_from_those_that_drain_it() {
    let found = |text: &str| {
        let script = Script::of_text(text);
        (0..script.commands().len()).find_map(|index| ending(&script, index))
    };
    assert_eq!(found("sleep 5; kill 1"), Some(Ending::First));
    assert_eq!(found("kill -s TERM 1"), Some(Ending::First));
    assert_eq!(found("kill -SIGQUIT 1"), Some(Ending::First));
    assert_eq!(found("pkill -TERM -f envoy"), Some(Ending::Named("envoy".to_owned())));
    assert_eq!(found("pkill -x /usr/bin/vault"), Some(Ending::Named("vault".to_owned())));
    assert_eq!(found("killall -q -15 envoy"), Some(Ending::Named("envoy".to_owned())));
    assert_eq!(found("kill $(pidof nginx)"), Some(Ending::Named("nginx".to_owned())));
    assert_eq!(found("kill -QUIT `cat /run/x.pid`"), Some(Ending::File("/run/x.pid".to_owned())));
    assert_eq!(found("nginx -c /x -s quit"), Some(Ending::Server("nginx -s quit")));
    assert_eq!(found("redis-cli -a x SHUTDOWN"), Some(Ending::Server("redis-cli shutdown")));
    for text in [
        "printf 'POST /quitquitquit HTTP/1.1\\r\\n\\r\\n' | nc localhost 15000",
        "echo -e 'POST /quitquitquit HTTP/1.1\\n\\n' > /dev/tcp/localhost/9901",
        "curl -XPOST localhost:15020/quitquitquit",
        "wget -qO- --post-data '' http://127.0.0.1:4191/shutdown",
    ] {
        assert!(matches!(found(text), Some(Ending::Asked(_))), "{text}");
    }
    assert!(matches!(found(r#"python3 -c "import x; x('http://localhost:1/quitquitquit')""#), Some(Ending::Asked(_))));
    for text in [
        "kill -0 1",
        "kill -HUP 1",
        "killall -USR2 kuma-dp",
        "pkill -HUP -x vault",
        "nginx -s reload",
        "pilot-agent request POST drain",
        "curl -X POST localhost:9901/healthcheck/fail",
        "curl -X POST 'localhost:9901/drain_listeners?graceful'",
        "echo kill 1",
        "curl localhost:9901/quitters",
        "echo -ne 'POST /healthcheck/fail HTTP/1.1' | nc localhost 9901",
        "echo POST /quitquitquit",
    ] {
        assert_eq!(found(text), None, "{text}");
    }
}

/// A substitution in a command that the end of the text cuts off: its owner is nobody, and never itself.
#[test]
fn a_text_without_an_owner_ends() {
    for text in ["`! //if a", "a `b c"] {
        let script = Script::of_text(text);
        assert!((0..script.commands().len()).all(|index| !script.is_background(index)), "{text}");
    }
    let found = "`! //if curl localhost:1/quit kill 1timeout -s curl localhost:1/quit || for nc ( in [[ 'timeout -s function 'case timeout -s `exec ( ";
    let script = Script::of_text(found);
    assert_eq!((script.commands().len(), script.is_background(0)), (1, false));
}

proptest! {
    /// Pieces of shell in any order are read without a panic, and marks exist for every command.
    #[test]
    fn anything_is_read(pieces in prop::collection::vec(prop::sample::select(vec![
        "while ", "do ", "done ", "if ", "then ", "fi ", "case ", "in ", "esac ", "f() ", "{ ", "} ", "( ", ") ", "$(", "`",
        "'", "\"", "\\", "<<E\n", "E\n", "& ", "&& ", "|| ", "| ", ";; ", "; ", "\n", "# ", "[[ ", "]] ", "${", "((", "))",
        "a", "=", "é", "\u{fffc}", "> ", "2>", "<(", "kill 1", "curl localhost:1/quit ", "sh -c ", "exec ", "timeout -s ",
        "function ", "! ", "for ", "\r\n", "-", "nc ", "wait-for-it h:", "[", ":", "@", "//",
    ]), 0..60)) {
        let text = pieces.concat();
        let argv: Vec<&str> = pieces.clone();
        for script in [Script::of_text(&text), Script::of_command(&["sh", "-c", &text]), Script::of_argv(&argv)] {
            for (index, command) in script.commands().iter().enumerate() {
                let _ = (script.is_background(index), script.is_decisive(index), script.condition_of(command));
                let _ = (endpoints(command), ending(&script, index), waits(&script).len());
            }
        }
    }

    #[test]
    fn any_text_is_read(text in any::<String>()) {
        let script = Script::of_text(&text);
        for index in 0..script.commands().len() {
            let _ = ending(&script, index);
        }
    }
}

/// Where time grew with the square of the length, or a stack with it, one of these would not end.
#[test]
fn time_is_linear_and_depth_is_bounded() {
    for unit in [
        "$(",
        "`",
        "\"$(",
        "( ",
        "{ ",
        "while ",
        "sh -c '",
        "((",
        "a && ",
        "a || ",
        "kill $(a);",
        "case x in ",
        "<(",
        "<<E ",
        "a & ",
        "f() { ",
    ] {
        let text = unit.repeat(250_000 / unit.len());
        let script = Script::of_text(&text);
        for index in 0..script.commands().len() {
            let _ = (script.is_background(index), script.is_decisive(index), ending(&script, index));
        }
    }
}
