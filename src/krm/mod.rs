//! The KRM functions specification: `ResourceList`, its items, its results.
//!
//! Knows nothing of pods.

pub mod annotations;
pub mod resource;
pub mod resource_list;
pub mod results;

pub use resource::{Resource, Shape};
pub use resource_list::{Envelope, Input};
