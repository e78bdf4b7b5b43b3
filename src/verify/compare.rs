//! Whether a text means what is wanted, and where it does not.

use super::value::{Data, Part, Value, Written};
use crate::yaml::path::{Path, Step};
use crate::yaml::tree::{Kind, NodeId};

impl Value<'_> {
    /// Whether a node is what is wanted; else where it differs, and how.
    pub(super) fn compare(&self, found: Part<'_>) -> Result<(), Difference> {
        let node = found.of.tree.node(found.id);
        let original = self.node.map(|part| part.of.tree.node(part.id));
        let (anchor, tag) = original.map_or((None, None), |original| (original.anchor(), original.tag()));
        if (anchor, tag) != (node.anchor(), node.tag()) {
            return Err(Difference::here("another anchor or tag".to_owned()));
        }
        match (&self.data, &node.kind) {
            (Data::Same, _) => match self.node {
                Some(wanted) if wanted.is_same(found) => Ok(()),
                Some(wanted) => Self { data: wanted.apart(), ..self.clone() }.compare(found),
                None => Err(Difference::here("something else".to_owned())),
            },
            (Data::Scalar(wanted, written), Kind::Scalar { value, style, .. }) => {
                if wanted == value && written.fits(value, Written::Style(*style)) {
                    Ok(())
                } else {
                    Err(Difference::here(format!("{value:?} instead of {wanted:?}")))
                }
            }
            (Data::Alias(wanted), Kind::Alias(name)) if wanted == name => Ok(()),
            (Data::Sequence(wanted), Kind::Sequence(_)) => Self::compare_entries(wanted, found),
            (Data::Mapping(wanted, is_changed), Kind::Mapping(_)) => Self::compare_pairs(wanted, *is_changed, found),
            (Data::Mapping(wanted, true), Kind::Scalar { value, .. }) if wanted.is_empty() && value.is_empty() => {
                Ok(())
            }
            _ => Err(Difference::here("something else".to_owned())),
        }
    }

    fn compare_entries(wanted: &[Self], list: Part<'_>) -> Result<(), Difference> {
        let entries = list.of.tree.entries(list.id);
        if wanted.len() != entries.len() {
            return Err(Difference::here(format!("{} entries instead of {}", entries.len(), wanted.len())));
        }
        let is_watched = list.of.is_watched(list.id);
        for (index, (wanted, entry)) in wanted.iter().zip(entries).enumerate() {
            let comments = if is_watched { list.of.owned(list.id, *entry) } else { Vec::new() };
            let of_wanted = wanted.comments();
            let same = if of_wanted == comments {
                wanted.compare(Part { of: list.of, id: *entry })
            } else {
                Err(Difference::here(format!("comments {comments:?} instead of {of_wanted:?}")))
            };
            same.map_err(|difference| difference.below(Step::Index(index)))?;
        }
        Ok(())
    }

    fn compare_pairs(wanted: &[(Self, Self)], is_changed: bool, mapping: Part<'_>) -> Result<(), Difference> {
        let tree = mapping.of.tree;
        let found = || tree.pairs(mapping.id);
        if wanted.len() != found().count() {
            return Err(Difference::here(format!("{} keys instead of {}", found().count(), wanted.len())));
        }
        let part = |id| Part { of: mapping.of, id };
        let compare = |((key, value), (found_key, found_value)): (&(Self, Self), (NodeId, NodeId))| {
            let same = key.compare(part(found_key)).and_then(|()| value.compare(part(found_value)));
            let step = || Step::Key(key.text().unwrap_or("?").to_owned().into());
            same.map_err(|difference| difference.below(step()))
        };
        if !is_changed {
            return wanted.iter().zip(found()).try_for_each(compare);
        }
        let (mut wanted, mut found): (Vec<_>, Vec<_>) = (wanted.iter().collect(), found().collect());
        // A key that stands twice beside what changes is passed on, each with its own value: both sorts are stable.
        wanted.sort_by_key(|(key, _)| key.text());
        found.sort_by_key(|(key, _)| tree.scalar(*key));
        wanted.into_iter().zip(found).try_for_each(compare)
    }
}

/// Where two values differ, and how.
#[derive(Debug)]
pub(super) struct Difference {
    /// The way there, the last step first.
    steps: Vec<Step>,
    what: String,
}

impl Difference {
    fn here(what: String) -> Self {
        Self { steps: Vec::new(), what }
    }

    fn below(mut self, step: Step) -> Self {
        self.steps.push(step);
        self
    }

    /// As in `spec.containers[0]: something else`.
    pub(super) fn in_words(self) -> String {
        format!("{}: {}", Path(self.steps.into_iter().rev().collect()), self.what)
    }
}
