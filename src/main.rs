//! The process: arguments, stdin, stdout, exit code.

fn main() -> std::process::ExitCode {
    convert_sidecars::cli::main(std::env::args_os())
}
