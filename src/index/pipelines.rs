//! Functions of kpt pipelines that change images and do not see init containers.

use std::collections::BTreeMap;

use kube_core::GroupVersionKind;

use super::{MAX_NEAR, Origin, entries, text};
use crate::yaml::tree::{NodeId, Tree};

/// A call of kpt's `set-image`.
///
/// Its source asks for `iniContainers`, without the `t`, and so finds none (kptdev/krm-functions-catalog,
/// `functions/go/set-image/transformer/images_transformer.go`, in every version up to 2025-10).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SetImage {
    /// The Kptfile, or the file with the function's configuration.
    pub origin: Origin,
    /// The image that it changes, without tag and digest.
    pub image: String,
}

/// The calls by folder.
#[derive(Debug, Default)]
pub(super) struct Pipelines {
    by_folder: BTreeMap<String, Vec<SetImage>>,
}

impl Pipelines {
    pub(super) fn extend(&mut self, later: Self) {
        for (folder, calls) in later.by_folder {
            self.by_folder.entry(folder).or_default().extend(calls);
        }
    }

    pub(super) fn read(&mut self, tree: &Tree<'_>, object: NodeId, gvk: &GroupVersionKind) {
        let origin = Origin::of(tree, object);
        let folder = origin.folder().unwrap_or("").to_owned();
        let images = match gvk.kind.as_str() {
            "Kptfile" => {
                let functions = ["mutators", "validators"];
                let functions = functions.into_iter().flat_map(|list| entries(tree, object, &["pipeline", list]));
                let functions = functions
                    .filter(|function| ["image", "exec"].iter().any(|key| is_set_image(text(tree, *function, &[key]))));
                functions.map(|function| text(tree, function, &["configMap", "name"])).collect()
            }
            "SetImage" => vec![text(tree, object, &["image", "name"])],
            _ => Vec::new(),
        };
        for image in images.into_iter().filter(|image| !image.is_empty()) {
            let call = SetImage { origin: origin.clone(), image: image.to_owned() };
            self.by_folder.entry(folder.clone()).or_default().push(call);
        }
    }

    /// The calls in the folder and in those above: a pipeline sees the packages below it.
    pub(super) fn around<'f>(&self, folder: impl FnOnce() -> Option<&'f str>) -> impl Iterator<Item = &SetImage> {
        let folder = if self.by_folder.is_empty() { None } else { folder() };
        let above = std::iter::successors(folder, |folder| match folder.rsplit_once('/') {
            Some((above, _)) => Some(above),
            None => (!folder.is_empty()).then_some(""),
        });
        above.filter_map(|folder| self.by_folder.get(folder)).flatten().take(MAX_NEAR)
    }
}

/// Whether an image or a command is this function's, whatever its registry, tag and digest.
fn is_set_image(function: &str) -> bool {
    let name = function.rsplit('/').next().unwrap_or("");
    name.split([':', '@', ' ']).next() == Some("set-image")
}
