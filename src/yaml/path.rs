//! Paths to nodes, in the notation that Kubernetes uses for fields.

use std::fmt;

use super::tree::{NodeId, Tree};

/// One step of a [`Path`].
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Step {
    /// Into a mapping.
    Key(String),
    /// Into a sequence, counted from 0.
    Index(usize),
}

/// A path from a root to a node, such as `spec.containers[1].name`.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Default)]
pub struct Path(pub Vec<Step>);

impl Path {
    /// The path of keys.
    pub fn of(keys: &[&str]) -> Self {
        Self(keys.iter().map(|key| Step::Key((*key).to_owned())).collect())
    }

    /// This path and a key below it.
    #[must_use]
    pub fn key(&self, key: &str) -> Self {
        self.join(Step::Key(key.to_owned()))
    }

    /// This path and an entry below it.
    #[must_use]
    pub fn index(&self, index: usize) -> Self {
        self.join(Step::Index(index))
    }

    /// Whether this is `other` or lies below it.
    pub fn is_within(&self, other: &Self) -> bool {
        self.0.starts_with(&other.0)
    }

    fn join(&self, step: Step) -> Self {
        let mut steps = self.0.clone();
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
            at = match step {
                Step::Key(key) => tree.get(at, key)?,
                Step::Index(index) => *tree.entries(at).get(*index)?,
            };
            nodes.push(at);
        }
        Some(nodes)
    }

    /// The node that the path names.
    pub fn find(&self, tree: &Tree<'_>, root: NodeId) -> Option<NodeId> {
        self.walk(tree, root).and_then(|nodes| nodes.last().copied())
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
