//! What a list of arguments runs in the end: shells and the programs that start another one.

use super::lexer::{Word, is_known};

/// The last part of a path; empty where it is not known.
pub fn base(path: &str) -> &str {
    let start = path.bytes().rposition(|byte| byte == b'/').map_or(0, |slash| slash + 1);
    path.get(start..).filter(|base| is_known(base)).unwrap_or("")
}

/// Programs that start the one which follows, with the options of each that take a value, and the number of its own
/// arguments (POSIX.1-2017 XCU; GNU coreutils; tini 0.19 and dumb-init 1.2, their usage texts).
const STARTERS: &[(&str, &[&str], usize)] = &[
    ("exec", &["-a"], 0),
    ("command", &[], 0),
    ("builtin", &[], 0),
    ("env", &["-u", "--unset", "-C", "--chdir"], 0),
    ("nohup", &[], 0),
    ("setsid", &[], 0),
    ("time", &[], 0),
    ("nice", &["-n"], 0),
    ("timeout", &["-s", "--signal", "-k", "--kill-after", "-t"], 1),
    ("sudo", &["-u", "--user", "-g"], 0),
    ("su-exec", &[], 1),
    ("gosu", &[], 1),
    ("tini", &["-p", "-e"], 0),
    ("dumb-init", &["-r", "--rewrite"], 0),
    ("catatonit", &[], 0),
];

/// The place of the program that runs in the end.
pub(super) fn program(words: &[Word]) -> usize {
    let mut rest = words;
    // Each round takes a word away.
    while let Some((first, behind)) = rest.split_first() {
        let name = base(&first.text);
        let Some((_, valued, arguments)) = STARTERS.iter().find(|(starter, ..)| *starter == name) else { break };
        let mut own = behind;
        let mut positional = *arguments;
        while let Some((word, behind)) = own.split_first() {
            let text = word.text.as_str();
            if text == "--" {
                own = behind;
                break;
            } else if text.len() > 1 && text.starts_with('-') {
                own = behind.get(usize::from(valued.contains(&text))..).unwrap_or(&[]);
            } else if (name == "env" || name == "sudo") && is_assignment(word) {
                own = behind;
            } else if positional > 0 {
                positional -= 1;
                own = behind;
            } else {
                break;
            }
        }
        if own.is_empty() {
            break;
        }
        rest = own;
    }
    words.len() - rest.len()
}

/// The text that a shell is told to run: `sh -c TEXT`, `bash -euo pipefail -c TEXT`, `busybox sh -ec TEXT`.
pub(super) fn shell_text(words: &[Word]) -> Option<&str> {
    let (first, mut rest) = words.split_first()?;
    let mut name = base(&first.text);
    if name == "busybox"
        && let Some((applet, behind)) = rest.split_first()
    {
        (name, rest) = (applet.text.as_str(), behind);
    }
    if !matches!(name, "sh" | "bash" | "ash" | "dash" | "zsh" | "ksh") {
        return None;
    }
    let mut is_text = false;
    while let Some((word, behind)) = rest.split_first() {
        let option = word.text.as_str();
        rest = behind;
        if option == "--" {
            return rest.first().filter(|_| is_text).map(|word| word.text.as_str());
        }
        if option.starts_with("--") {
            continue;
        }
        match option.strip_prefix(['-', '+']) {
            Some(letters) if !letters.is_empty() => {
                is_text |= option.starts_with('-') && letters.contains('c');
                // `-o pipefail`
                if letters.contains(['o', 'O']) {
                    rest = rest.get(1..).unwrap_or(&[]);
                }
            }
            _ => return is_text.then_some(option),
        }
    }
    None
}

/// Whether a word is `NAME=value`.
pub(super) fn is_assignment(word: &Word) -> bool {
    let name = word.text.split_once('=').map(|(name, _)| name.trim_end_matches('+'));
    name.is_some_and(|name| {
        name.starts_with(|c: char| c.is_ascii_alphabetic() || c == '_')
            && name.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'_')
    })
}
