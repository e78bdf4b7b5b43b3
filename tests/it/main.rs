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
/// What a conversion does to values, written without the library's stages.
mod model;
/// What holds for the spans of every tree.
mod spans;
/// Where test data and host programs are, and what a missing one means.
mod startup;
mod support;

/// The conversion in values, without the code under test.
mod oracle;
/// A folder of manifests and programs that work on it.
mod package;

/// The files of the catalogue.
mod catalog;

/// Folders with input, configuration and expected output, compared byte for byte.
mod cases;
/// Every field of the configuration, and every error about it.
mod config;
/// What the process does and does not do beside its work.
mod confined;
/// The requirements of orchestrators, one by one, on the binary itself.
mod contract;
/// Real manifests against an independent model.
mod corpus;
/// All edits that the catalogue knows, on real manifests.
mod corpus_edits;
/// The guide to the hosts, run.
mod docs_hosts;
/// Edits of fields beyond the move, byte for byte.
mod edits;
/// The bundled examples in the real hosts.
mod examples;
/// The examples in kustomize, in containers, and against the model.
mod examples_hosts;
/// Corrupted plans and texts, and whether the last gate lets them pass.
mod fails_closed;
/// What the fuzz targets check, on their stored inputs.
mod fuzzed;
/// Files that are made from the code, and the reader of configurations against spoiled ones.
mod generated;
/// The real kpt and kubectl as hosts and as readers of what we write.
mod hosts;
/// What real orchestrators sent, recorded, and our answers.
mod hosts_captures;
/// Go's readers as the judges of what we write.
mod hosts_go;
/// Kustomize as a host, and the image.
mod hosts_kustomize;
/// JobSpecs in all the places where they stand.
mod jobs;
/// The limits of the manual.
mod limits;
/// The forty forms that break text edits.
mod move_cases;
/// Conversions that upstream projects made, beside ours.
mod pairs;
/// The native forms that upstream projects made, beside what the catalogue makes of the legacy ones, value by value.
mod pairs_native;
/// The reader of plain YAML against the parser.
mod plain;
/// What is read at all.
mod prefilter;
/// Generated pods and documents.
mod properties;
/// Services, patches and whatever else refers to a pod.
mod related;
/// The pages of the rules, run.
mod rule_pages;
/// Scalars as Go's readers see them.
mod scalars;
/// Conversions against Kubernetes' published schemas.
mod schemas;
/// What the rules read out of commands, hooks and probes.
mod scripts;
/// Slicing against whole-document parsing.
mod slicing;
/// The YAML test suite inside of pods, read by Go.
mod suite_go;
/// What is said of each container of the corpus, beside what was reviewed.
mod summary;
/// What holds for the source tree: directions, sizes, generated files.
mod tidy;
/// Conversions against the verdicts of Kubernetes' own validation, release by release.
mod verdicts;
/// The table of workload kinds.
mod workloads;
/// The YAML test suite.
mod yaml_suite;
