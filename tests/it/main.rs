//! All integration tests, as one binary.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::print_stderr,
    clippy::missing_panics_doc
)]

/// What holds for every cut of a text.
mod cuts;
/// What holds for the spans of every tree.
mod spans;
/// Where test data and host programs are, and what a missing one means.
mod support;

/// Folders with input, configuration and expected output, compared byte for byte.
mod cases;
/// Real manifests against an independent model.
mod corpus;
/// The bundled examples in the real hosts.
mod examples;
/// The real kpt and kubectl as hosts and as readers of what we write.
mod hosts;
/// The forty forms that break text edits.
mod move_cases;
/// Generated pods and documents.
mod properties;
/// The pages of the rules, run.
mod rule_pages;
/// Slicing against whole-document parsing.
mod slicing;
/// What holds for the source tree: directions, sizes, generated files.
mod tidy;
/// The YAML test suite.
mod yaml_suite;
