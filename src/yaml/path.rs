//! Paths to nodes, in the notation that Kubernetes uses for fields.

use std::borrow::Cow;
use std::fmt;

use super::tree::{NodeId, Tree};

/// One step of a [`Path`].
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Step {
    /// Into a mapping.
    Key(Cow<'static, str>),
    /// Into a sequence, counted from 0.
    Index(usize),
}

/// A path from a root to a node, such as `spec.containers[1].name`.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Default)]
pub struct Path(pub Vec<Step>);

impl Step {
    /// The node one step below another.
    pub fn find(&self, tree: &Tree<'_>, from: NodeId) -> Option<NodeId> {
        match self {
            Self::Key(key) => tree.get(from, key),
            Self::Index(index) => tree.entries(from).get(*index).copied(),
        }
    }
}

impl Path {
    /// The path of keys.
    pub fn of(keys: &[&'static str]) -> Self {
        Self(keys.iter().map(|key| Step::Key(Cow::Borrowed(key))).collect())
    }

    /// This path and a key below it.
    #[must_use]
    pub fn key(&self, key: impl Into<Cow<'static, str>>) -> Self {
        self.join(Step::Key(key.into()))
    }

    /// This path and an entry below it.
    #[must_use]
    pub fn index(&self, index: usize) -> Self {
        self.join(Step::Index(index))
    }

    /// The path without its last step; an empty one stays as it is.
    #[must_use]
    pub fn above(&self) -> Self {
        Self(self.0.split_last().map_or(&[][..], |(_, above)| above).to_vec())
    }

    /// Whether this is `other` or lies below it.
    pub fn is_within(&self, other: &Self) -> bool {
        self.0.starts_with(&other.0)
    }

    fn join(&self, step: Step) -> Self {
        let mut steps = Vec::with_capacity(self.0.len() + 1);
        steps.extend_from_slice(&self.0);
        steps.push(step);
        Self(steps)
    }

    /// The nodes along the path from `root` on, the last one being what the path names.
    ///
    /// Aliases are not followed. `None` when the path does not exist.
    pub fn walk(&self, tree: &Tree<'_>, root: NodeId) -> Option<Vec<NodeId>> {
        let mut nodes = vec![root];
        let mut at = root;
        for step in &self.0 {
            at = step.find(tree, at)?;
            nodes.push(at);
        }
        Some(nodes)
    }

    /// The node that the path names.
    pub fn find(&self, tree: &Tree<'_>, root: NodeId) -> Option<NodeId> {
        self.0.iter().try_fold(root, |at, step| step.find(tree, at))
    }
}

impl fmt::Display for Path {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (position, step) in self.0.iter().enumerate() {
            match step {
                Step::Index(index) => write!(f, "[{index}]")?,
                Step::Key(key) => {
                    if position > 0 {
                        f.write_str(".")?;
                    }
                    f.write_str(key)?;
                }
            }
        }
        Ok(())
    }
}
