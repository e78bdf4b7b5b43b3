//! What the Kubernetes API defines: workload kinds, pod specs, versions.
//!
//! Knows nothing of sidecars.

pub mod container;
pub mod job;
pub mod pod_spec;
pub mod process;
pub mod quantity;
pub mod resources;
pub mod version;
pub mod workloads;
