//! The process: arguments and environment in, exit code out.

use convert_sidecars::cli::{Host, main as run};

fn main() -> std::process::ExitCode {
    let is_set = |name: &str| std::env::var_os(name).is_some_and(|value| !value.is_empty() && value != "false");
    let host = Host {
        logs_to_stderr: is_set("LOG_TO_STDERR"),
        is_plugin: is_set("KUSTOMIZE_PLUGIN_CONFIG_ROOT"),
        plugin_config: std::env::var("KUSTOMIZE_PLUGIN_CONFIG_STRING").ok(),
    };
    run(std::env::args_os(), &host)
}
