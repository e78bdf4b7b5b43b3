//! Annotations by which orchestrators keep their books.

/// The path of the file that an item came from; the first one wins (kyaml `kioutil.PathAnnotation`).
pub const PATH: [&str; 2] = ["internal.config.kubernetes.io/path", "config.kubernetes.io/path"];

/// The position of an item in its file (kyaml `kioutil.IndexAnnotation`).
pub const INDEX: [&str; 2] = ["internal.config.kubernetes.io/index", "config.kubernetes.io/index"];

/// The ids by which kyaml matches an item of the answer with one of the input (`FunctionFilter`).
///
/// Where they match, kyaml copies the input's comments onto the answer by list index, which puts the
/// comments of a moved container on another one, and sorts new keys to the end (kyaml
/// `comments.CopyComments`, `order.SyncOrder`; kpt 1.0.0-beta.56 and kyaml 0.21). Without both of them it
/// leaves the item as the function wrote it. So a changed item loses them and nothing else; this is the one
/// place where the function departs from the rule that internal annotations stay.
pub const IDS: [&str; 2] = ["internal.config.kubernetes.io/id", "config.k8s.io/id"];
