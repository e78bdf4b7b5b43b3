//! Lossless text and tree: a YAML text stays a borrowed string, a tree of spans
//! points into it, and changes are [`edit::Edit`]s on the text.
//!
//! The parser behind it is `granit-parser`; nothing outside this module names it. What is plain enough is read
//! without it.
//! This module knows nothing of Kubernetes.

pub mod comment;
pub mod edit;
pub mod line;
pub mod new;
mod openers;
pub mod parse;
pub mod path;
mod plain;
pub mod prefilter;
pub mod scalar;
mod scan;
pub mod skim;
pub mod slice;
pub mod tree;

/// Deepest nesting of collections that is read.
///
/// Real manifests stay below 30; the recursive walks over a tree fit a 2 MiB
/// stack at this depth.
pub const MAX_DEPTH: usize = 512;

/// Longest text in bytes that is read: 1 GiB. Offsets are 32 bits wide, and all of it is held in memory.
pub const MAX_BYTES: usize = 1 << 30;

/// Most nodes of one text: a document, or an item of a list that could be cut. A node takes about a hundred bytes of
/// memory; the largest lists of real clusters, with 65 MB in one document, have half as many.
pub const MAX_NODES: usize = 10_000_000;

/// Most aliases of one text. Each is resolved where it stands and none is written out, but finding its anchor takes
/// time.
pub const MAX_ALIASES: usize = 10_000;
