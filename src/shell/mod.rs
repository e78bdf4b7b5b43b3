//! Shell text: what a command line does, as far as it can be told without running it.
//!
//! Knows nothing of Kubernetes beyond lists of arguments. What is not known, such as the value of a variable, stays
//! unknown; nothing is guessed.

mod argv;
pub mod ending;
pub mod endpoint;
mod lexer;
pub mod script;
mod simple;
#[cfg(test)]
mod tests;
pub mod wait;

pub use argv::base;
pub use lexer::{OPAQUE, Word, is_known};
pub use script::{Block, Script};
pub use simple::{Joint, Simple};
