//! Configuration and resources from files, as kyaml's functions take them: `CONFIG FILE… [-]`; and kustomize's legacy
//! exec plugins, which get `CONFIG` alone and the resources on stdin.

use std::ffi::OsString;
use std::fs::File;

use anyhow::{Context, Result, bail};

use super::{Host, function};
use crate::Options;
use crate::error::Error;
use crate::yaml::MAX_BYTES;

/// Converts the documents of all files as one stream; whether all went well.
pub(super) fn run(config: &OsString, files: &[&OsString], threads: usize, host: &Host) -> Result<bool> {
    let as_plugin = host.plugin_config.as_ref().filter(|_| host.is_plugin && files.is_empty());
    let config_text = match (read(config), as_plugin) {
        (Err(_), Some(text)) => text.clone(),
        (read, _) => read.context("the configuration")?,
    };
    let (input, starts) = match files {
        [] if host.is_plugin => (function::read_stdin()?, Vec::new()),
        [] => bail!("no resources: name files behind the configuration, or - for stdin"),
        files => join(&files.iter().map(|file| read(file)).collect::<Result<Vec<_>>>()?),
    };
    let answer = crate::run(&input, &Options { threads, config: Some(&config_text) })
        .map_err(|error| in_its_file(error, files, &starts))?;
    function::finish(&answer, || true)
}

/// The error with the name of the file that it is about, and the line counted from that file's start.
fn in_its_file(mut error: Error, files: &[&OsString], starts: &[usize]) -> anyhow::Error {
    let Error::Syntax { line, .. } = &mut error else { return error.into() };
    let index = starts.partition_point(|start| start < line).saturating_sub(1);
    *line -= starts.get(index).copied().unwrap_or(0);
    let name = files.get(index).map_or_else(|| "stdin".to_owned(), |file| file.display().to_string());
    anyhow::Error::from(error).context(name)
}

fn read(file: &OsString) -> Result<String> {
    if file == "-" {
        return function::read_stdin();
    }
    let open = File::open(file).with_context(|| format!("reading {}", file.display()))?;
    // Known beforehand, unless it is no file.
    let length = open.metadata().map_or(0, |metadata| metadata.len());
    if usize::try_from(length).is_ok_and(|length| length > MAX_BYTES) {
        return Err(function::too_long().context(file.display().to_string()));
    }
    function::read(open, length).with_context(|| file.display().to_string())
}

/// One stream of documents, and the number of lines before each text in it; a single file stays as it is.
fn join(texts: &[String]) -> (String, Vec<usize>) {
    let mut stream = String::with_capacity(texts.iter().map(|text| text.len() + 5).sum());
    let mut starts = Vec::with_capacity(texts.len());
    let breaks = |text: &str| memchr::memchr_iter(b'\n', text.as_bytes()).count();
    let mut lines = 0;
    for text in texts {
        let end = stream.len();
        let mut text = text.as_str();
        if !stream.is_empty() {
            text = text.trim_start_matches('\u{feff}');
            if !stream.ends_with('\n') {
                stream.push('\n');
            }
            if !text.starts_with("---") {
                stream.push_str("---\n");
            }
        }
        lines += breaks(stream.get(end..).unwrap_or(""));
        starts.push(lines);
        lines += breaks(text);
        stream.push_str(text);
    }
    (stream, starts)
}
