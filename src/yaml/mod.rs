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
pub mod parse;
pub mod path;
mod plain;
pub mod prefilter;
pub mod scalar;
pub mod slice;
pub mod tree;

/// Deepest nesting of collections that is read.
///
/// Real manifests stay below 30; the recursive walks over a tree fit a 2 MiB
/// stack at this depth.
pub const MAX_DEPTH: usize = 512;

/// Longest text in bytes that is read: offsets are 32 bits wide.
pub const MAX_BYTES: usize = (u32::MAX - 1) as usize;
