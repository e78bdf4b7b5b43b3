//! One item: a slice of the input, parsed only when somebody looks into it.

use std::ops::Range;

use super::annotations;
use crate::diagnostic::{FileRef, ResourceRef};
use crate::error::Error;
use crate::yaml::parse::parse;
use crate::yaml::scalar::{self, Scalar};
use crate::yaml::skim::Mapping;
use crate::yaml::tree::{NodeId, Tree};

/// How an item stands in the input.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Shape {
    /// A document of a stream.
    Document,
    /// An entry of a block sequence, from the line of its dash on.
    BlockEntry,
    /// An entry of a flow sequence.
    FlowEntry,
}

/// One item of the input.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Resource<'s> {
    /// Where it stands in the input.
    pub span: Range<usize>,
    /// How it stands there.
    pub shape: Shape,
    /// Its text: the input at `span`.
    pub text: &'s str,
}

impl<'s> Resource<'s> {
    /// Parses the slice and gives the tree with the node of the object; `None` for a slice without a node.
    ///
    /// # Errors
    /// Those of [`parse`], with positions in the slice.
    pub fn read(&self) -> Result<Option<(Tree<'s>, NodeId)>, Error> {
        read(self.text, self.shape)
    }

    /// The mapping of the object, for a look at a few of its keys without reading the slice; `None` when that is not
    /// certain.
    pub fn skim(&self) -> Option<Mapping<'s>> {
        match self.shape {
            Shape::Document => Mapping::of_document(self.text),
            Shape::BlockEntry => Mapping::of_entry(self.text),
            Shape::FlowEntry => None,
        }
    }
}

/// Parses a slice of the given shape; see [`Resource::read`].
///
/// # Errors
/// Those of [`parse`].
pub fn read(text: &str, shape: Shape) -> Result<Option<(Tree<'_>, NodeId)>, Error> {
    let tree = parse(text)?;
    let object = object(&tree, shape);
    Ok(object.map(|object| (tree, object)))
}

/// The object in the tree of a slice of the given shape; `None` for a slice without a node.
pub fn object(tree: &Tree<'_>, shape: Shape) -> Option<NodeId> {
    let root = tree.roots.first().copied();
    match shape {
        Shape::BlockEntry => root.and_then(|list| tree.entries(list).first().copied()),
        Shape::Document | Shape::FlowEntry => root,
    }
}

/// The identity of the object at `object`.
pub fn identity(tree: &Tree<'_>, object: NodeId) -> ResourceRef {
    let text = |keys: &[&str]| tree.find(object, keys).and_then(|id| tree.scalar(id)).unwrap_or("").to_owned();
    ResourceRef {
        api_version: text(&["apiVersion"]),
        kind: text(&["kind"]),
        name: text(&["metadata", "name"]),
        namespace: text(&["metadata", "namespace"]),
    }
}

/// The file of the object at `object`, as its orchestrator annotated it.
pub fn file(tree: &Tree<'_>, object: NodeId) -> Option<FileRef> {
    let annotation = |names: [&str; 2]| {
        let all = tree.find(object, &["metadata", "annotations"])?;
        names.iter().find_map(|name| tree.get(all, name))
    };
    let path = tree.scalar(annotation(annotations::PATH)?)?.to_owned();
    let index =
        annotation(annotations::INDEX).and_then(|id| tree.scalar(id)).and_then(|text| match scalar::plain(text) {
            Scalar::Int(index) => u64::try_from(index).ok(),
            _ => None,
        });
    Some(FileRef { path, index })
}
