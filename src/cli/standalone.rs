//! Configuration and resources from files, as kyaml's functions take them: `CONFIG FILE… [-]`; and kustomize's legacy
//! exec plugins, which get `CONFIG` alone and the resources on stdin.

use std::ffi::OsString;
use std::fs;

use anyhow::{Context, Result, bail};

use super::{Host, function};
use crate::Options;

/// Converts the documents of all files as one stream; whether all went well.
pub(super) fn run(config: &OsString, files: &[&OsString], threads: usize, host: &Host) -> Result<bool> {
    let as_plugin = host.plugin_config.as_ref().filter(|_| host.is_plugin && files.is_empty());
    let config_text = match (read(config), as_plugin) {
        (Err(_), Some(text)) => text.clone(),
        (read, _) => read.context("the configuration")?,
    };
    let input = match files {
        [] if host.is_plugin => function::read_stdin()?,
        [] => bail!("no resources: name files behind the configuration, or - for stdin"),
        files => join(&files.iter().map(|file| read(file)).collect::<Result<Vec<_>>>()?),
    };
    let answer = crate::run(&input, &Options { threads, config: Some(&config_text) })
        .with_context(|| files.iter().map(|file| file.display().to_string()).collect::<Vec<_>>().join(", "))?;
    function::finish(&answer, true)
}

fn read(file: &OsString) -> Result<String> {
    if file == "-" {
        return function::read_stdin();
    }
    let bytes = fs::read(file).with_context(|| format!("reading {}", file.display()))?;
    function::text(bytes).with_context(|| file.display().to_string())
}

/// One stream of documents; a single file stays as it is.
fn join(texts: &[String]) -> String {
    let mut stream = String::with_capacity(texts.iter().map(|text| text.len() + 5).sum());
    for text in texts {
        if stream.is_empty() {
            stream.push_str(text);
            continue;
        }
        if !stream.ends_with('\n') {
            stream.push('\n');
        }
        let text = text.trim_start_matches('\u{feff}');
        if !text.starts_with("---") {
            stream.push_str("---\n");
        }
        stream.push_str(text);
    }
    stream
}
