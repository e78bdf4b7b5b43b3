//! The KRM function: stdin to stdout.

use std::io::{BufWriter, Read};

use anyhow::{Context, Result};

use super::{Host, tell};
use crate::diagnostic::Severity;
use crate::error::Error;
use crate::yaml::MAX_BYTES;
use crate::{Answer, Options, report};

/// An annotation that only kustomize sets; it shows nobody the results of a function.
const KUSTOMIZE_ID: &[u8] = b"kustomize.config.k8s.io/id";

/// Answers what is on stdin; whether all went well.
pub(super) fn run(threads: usize, host: &Host) -> Result<bool> {
    let input = read_stdin()?;
    let answer = crate::run(&input, &Options { threads, config: None })?;
    // kpt shows the results itself and stores whatever stands on stderr.
    let is_deaf_host = || host.logs_to_stderr || memchr::memmem::find(input.as_bytes(), KUSTOMIZE_ID).is_some();
    finish(&answer, is_deaf_host)
}

/// Writes the answer: the text to stdout, what must be read by a person to stderr.
///
/// `is_deaf_host` is asked only if there is something to say, since it may have to look through the whole input.
pub(super) fn finish(answer: &Answer<'_>, is_deaf_host: impl FnOnce() -> bool) -> Result<bool> {
    let has_errors = answer.has_errors();
    if answer.is_resource_list || !has_errors {
        let mut stdout = BufWriter::with_capacity(1 << 16, std::io::stdout().lock());
        answer.output.write_to(&mut stdout).context("writing to stdout")?;
    }
    let mut grave = answer.diagnostics.iter().filter(|diagnostic| diagnostic.severity > Severity::Info).peekable();
    if grave.peek().is_some() && (!answer.is_resource_list || is_deaf_host()) {
        grave.for_each(|diagnostic| tell(&report::line(diagnostic)));
    }
    Ok(!has_errors)
}

/// All of stdin as text.
pub(super) fn read_stdin() -> Result<String> {
    let stdin = std::io::stdin();
    // As a file it says its length, and the bytes need no second place.
    #[cfg(unix)]
    let (stdin, length) = {
        let owned = std::os::fd::AsFd::as_fd(&stdin).try_clone_to_owned().context("reading stdin")?;
        let file = std::fs::File::from(owned);
        let length = file.metadata().map_or(0, |metadata| metadata.len());
        (file, length)
    };
    #[cfg(not(unix))]
    let (stdin, length) = (stdin.lock(), 0);
    read(stdin, length).context("reading stdin")
}

/// All that comes from there as text, but never more than is allowed.
///
/// `length` is what is expected, in bytes; 0 if nobody knows.
pub(super) fn read(from: impl Read, length: u64) -> Result<String> {
    let mut bytes = Vec::with_capacity(usize::try_from(length).map_or(0, |length| length.min(MAX_BYTES) + 1));
    let limit = u64::try_from(MAX_BYTES).unwrap_or(u64::MAX);
    from.take(limit.saturating_add(1)).read_to_end(&mut bytes)?;
    if bytes.len() > MAX_BYTES {
        return Err(too_long());
    }
    text(bytes)
}

/// That more came than is allowed.
pub(super) fn too_long() -> anyhow::Error {
    Error::Limit { limit: "the length of the input in bytes", allowed: MAX_BYTES }.into()
}

/// The bytes as text.
fn text(bytes: Vec<u8>) -> Result<String> {
    let utf8 = String::from_utf8(bytes);
    Ok(utf8.map_err(|error| Error::NotUtf8 { offset: error.utf8_error().valid_up_to() })?)
}
