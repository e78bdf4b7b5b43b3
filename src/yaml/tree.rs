//! The tree of one YAML text: nodes in an arena, each with its span.

use std::borrow::Cow;

use super::line;

/// A node of a [`Tree`].
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct NodeId(pub(super) u32);

impl NodeId {
    /// The node that begins next in the order of the text, if there is one.
    #[must_use]
    pub fn next(self) -> Self {
        Self(self.0.saturating_add(1))
    }
}

/// How a collection is written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Style {
    /// By indentation.
    Block,
    /// With brackets or braces; also the single pair `[a: b]` without braces.
    Flow,
}

/// How a scalar is written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ScalarStyle {
    /// Without quotes.
    Plain,
    /// In `'`.
    Single,
    /// In `"`.
    Double,
    /// `|`
    Literal,
    /// `>`
    Folded,
}

impl ScalarStyle {
    /// Whether it is a block scalar (`|` or `>`).
    pub fn is_block(self) -> bool {
        matches!(self, Self::Literal | Self::Folded)
    }
}

/// What a node is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Kind<'s> {
    /// A scalar with its decoded value. A node that is not written at all (the value of
    /// `key:`) is a plain scalar with the empty value and an empty span.
    Scalar {
        /// The value after folding and unescaping.
        value: Cow<'s, str>,
        /// How it is written.
        style: ScalarStyle,
        /// Indentation of a block scalar's content in columns, 0 for other styles.
        indent: u32,
    },
    /// A mapping; its children alternate key and value.
    Mapping(Style),
    /// A sequence.
    Sequence(Style),
    /// `*name`
    Alias(Cow<'s, str>),
    /// A node of another tree with all below it: its text stands in both, so it was not read again.
    Kept(NodeId),
}

/// One node: kind, properties and place in the text.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Node<'s> {
    /// What it is.
    pub kind: Kind<'s>,
    /// Offset of the indicator that introduces it in its parent (`-` or `?`), else of the node itself.
    pub lead: u32,
    /// Offset of the node with its anchor and tag.
    pub start: u32,
    /// Offset of the content after anchor and tag.
    pub body: u32,
    /// Offset behind the content. A block collection ends where its last child ends; a block
    /// scalar ends before the last line break that is its own.
    pub end: u32,
    /// Its anchor and its tag; most nodes have neither.
    pub(super) properties: Option<Box<Properties<'s>>>,
    pub(super) kids: (u32, u32),
}

/// The properties of a node.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct Properties<'s> {
    pub(super) anchor: Option<Cow<'s, str>>,
    pub(super) tag: Option<&'s str>,
}

impl<'s> Node<'s> {
    /// Name of its anchor, without `&`.
    pub fn anchor(&self) -> Option<&str> {
        self.properties.as_ref()?.anchor.as_deref()
    }

    /// Its tag as written.
    pub fn tag(&self) -> Option<&'s str> {
        self.properties.as_ref()?.tag
    }
}

/// The nodes of one text.
#[derive(Debug, Clone)]
pub struct Tree<'s> {
    /// The text that all offsets point into.
    pub text: &'s str,
    pub(super) nodes: Vec<Node<'s>>,
    pub(super) kids: Vec<NodeId>,
    /// The root of each document in the text.
    pub roots: Vec<NodeId>,
    /// The nodes that have an anchor or are an alias, in the order of the text.
    pub shared: Vec<NodeId>,
    /// Whether it was read without the parser.
    pub(super) is_plain: bool,
}

/// How a tree was read is no part of it.
impl PartialEq for Tree<'_> {
    fn eq(&self, other: &Self) -> bool {
        (self.text, &self.nodes, &self.kids) == (other.text, &other.nodes, &other.kids)
            && (&self.roots, &self.shared) == (&other.roots, &other.shared)
    }
}

impl Eq for Tree<'_> {}

impl<'s> Tree<'s> {
    /// The node with this id.
    ///
    /// Ids come from this tree only, so the lookup cannot fail; a foreign id gives the first node.
    pub fn node(&self, id: NodeId) -> &Node<'s> {
        static NONE: Node<'static> = Node {
            kind: Kind::Sequence(Style::Block),
            lead: 0,
            start: 0,
            body: 0,
            end: 0,
            properties: None,
            kids: (0, 0),
        };
        self.nodes.get(id.0 as usize).unwrap_or(&NONE)
    }

    /// Whether the text is in the form that [`parse_plain`](super::parse::parse_plain) reads.
    pub fn is_plain(&self) -> bool {
        self.is_plain
    }

    /// The last node whose content begins at an offset or before it.
    pub fn node_before(&self, at: usize) -> Option<&Node<'s>> {
        let behind = self.nodes.partition_point(|node| node.body as usize <= at);
        self.nodes.get(behind.checked_sub(1)?)
    }

    /// All nodes in the order of the text.
    pub fn ids(&self) -> impl Iterator<Item = NodeId> + use<> {
        (0..u32::try_from(self.nodes.len()).unwrap_or(u32::MAX)).map(NodeId)
    }

    /// The first node behind a node and all below it, in the order of the text.
    pub fn behind(&self, mut id: NodeId) -> NodeId {
        while let Some(&last) = self.children(id).last() {
            id = last;
        }
        id.next()
    }

    /// How many nodes a node and all below it are.
    pub fn size(&self, id: NodeId) -> usize {
        (self.behind(id).0 - id.0) as usize
    }

    /// The children as they stand: entries of a sequence, keys and values of a mapping.
    pub fn children(&self, id: NodeId) -> &[NodeId] {
        let (start, end) = self.node(id).kids;
        self.kids.get(start as usize..end as usize).unwrap_or(&[])
    }

    /// The pairs of a mapping; nothing for other nodes.
    pub fn pairs(&self, id: NodeId) -> impl Iterator<Item = (NodeId, NodeId)> + '_ {
        let kids = match self.node(id).kind {
            Kind::Mapping(_) => self.children(id),
            _ => &[],
        };
        kids.as_chunks::<2>().0.iter().map(|[key, value]| (*key, *value))
    }

    /// The entries of a sequence; nothing for other nodes.
    pub fn entries(&self, id: NodeId) -> &[NodeId] {
        match self.node(id).kind {
            Kind::Sequence(_) => self.children(id),
            _ => &[],
        }
    }

    /// The decoded value of a scalar.
    pub fn scalar(&self, id: NodeId) -> Option<&str> {
        match &self.node(id).kind {
            Kind::Scalar { value, .. } => Some(value),
            _ => None,
        }
    }

    /// The first pair of a mapping whose key is the scalar `key`.
    pub fn pair(&self, id: NodeId, key: &str) -> Option<(NodeId, NodeId)> {
        self.pairs(id).find(|(k, _)| self.scalar(*k) == Some(key))
    }

    /// The value of the first pair whose key is the scalar `key`.
    pub fn get(&self, id: NodeId, key: &str) -> Option<NodeId> {
        self.pair(id, key).map(|(_, value)| value)
    }

    /// The value below a path of keys.
    pub fn find(&self, id: NodeId, keys: &[&str]) -> Option<NodeId> {
        keys.iter().try_fold(id, |at, key| self.get(at, key))
    }

    /// Whether the node is absent, `~`, `null` or empty text: what YAML 1.1 and Kubernetes' tools read as null.
    pub fn is_null(&self, id: NodeId) -> bool {
        let node = self.node(id);
        match &node.kind {
            Kind::Scalar { value, style: ScalarStyle::Plain, .. } => {
                node.tag().is_none() && super::scalar::is_null(value)
            }
            _ => false,
        }
    }

    /// Whether the node is a collection in flow style.
    pub fn is_flow(&self, id: NodeId) -> bool {
        matches!(self.node(id).kind, Kind::Mapping(Style::Flow) | Kind::Sequence(Style::Flow))
    }

    /// Span of the node with its properties.
    pub fn span(&self, id: NodeId) -> std::ops::Range<usize> {
        let node = self.node(id);
        node.start as usize..node.end as usize
    }

    /// The text of the node with its properties.
    pub fn source(&self, id: NodeId) -> &'s str {
        self.text.get(self.span(id)).unwrap_or("")
    }

    /// Column of the node's indicator or first character, in characters from 0.
    pub fn column(&self, id: NodeId) -> usize {
        line::column(self.text, self.node(id).lead as usize)
    }

    /// The node and all nodes below it, parents first.
    pub fn descendants(&self, id: NodeId) -> Vec<NodeId> {
        let mut found = vec![id];
        let mut next = 0;
        while let Some(&at) = found.get(next) {
            found.extend_from_slice(self.children(at));
            next += 1;
        }
        found
    }

    /// The last node below `id` in the order of the text that is not a collection with children.
    pub fn last_leaf(&self, mut id: NodeId) -> NodeId {
        while let Some(&last) = self.children(id).last() {
            if self.is_flow(id) {
                break;
            }
            id = last;
        }
        id
    }

    /// Whether the last thing in a node is a block scalar.
    pub fn ends_in_block(&self, id: NodeId) -> bool {
        matches!(self.node(self.last_leaf(id)).kind, Kind::Scalar { style, .. } if style.is_block())
    }

    /// Follows an alias to the node that it stands for; other nodes are returned as they are.
    ///
    /// The anchor is the nearest one before the alias, as YAML defines it. `None` when it is not in this text.
    pub fn resolve(&self, id: NodeId) -> Option<NodeId> {
        let Kind::Alias(name) = &self.node(id).kind else {
            return Some(id);
        };
        let before = self.shared.get(..self.shared.partition_point(|one| *one < id))?;
        before.iter().rev().copied().find(|one| self.node(*one).anchor() == Some(name))
    }
}
