//! From a container to the profile that knows it.

use std::cell::LazyCell;

use super::profile::{Conditions, Match, Profile, Tier, Variable};
use super::wildcard::Wildcard;
use crate::config::glob::Glob;
use crate::config::image::{Image, ImageGlob};
use crate::k8s::container::texts;
use crate::k8s::pod_spec::{Container, field};
use crate::yaml::tree::{NodeId, Tree};

/// What a container is recognised by.
#[derive(Debug, Clone)]
pub struct Traits<'t> {
    /// Its name.
    pub name: &'t str,
    /// Its image, if it has one.
    pub image: Option<Image<'t>>,
    /// The words of `command` and `args`.
    pub command: Vec<&'t str>,
    /// `env`: names with their values; `None` where the value comes from elsewhere.
    pub env: Vec<(&'t str, Option<&'t str>)>,
    /// The names of the other containers of the pod.
    pub beside: Vec<&'t str>,
}

impl<'t> Traits<'t> {
    /// Those of one container of a pod; `all` are the containers of both lists.
    pub fn of(tree: &'t Tree<'_>, container: &Container<'t>, all: &[Container<'t>]) -> Self {
        let command = ["command", "args"].into_iter().flat_map(|key| texts(tree, container.node, key)).collect();
        let is_other = |one: &&Container<'_>| (one.list, one.index) != (container.list, container.index);
        Self {
            name: container.name,
            image: field(tree, container.node, "image").and_then(|id| tree.scalar(id)).and_then(Image::parse),
            command,
            env: variables(tree, container.node),
            beside: all.iter().filter(is_other).map(|one| one.name).collect(),
        }
    }
}

/// The variables of a container, in their order; `None` where the value comes from elsewhere.
pub fn variables<'t>(tree: &'t Tree<'_>, container: NodeId) -> Vec<(&'t str, Option<&'t str>)> {
    named_variables(tree, container).map(|(name, node)| (name, value(tree, node))).collect()
}

/// The variables of a container by their names.
pub fn named_variables<'t>(tree: &'t Tree<'_>, container: NodeId) -> impl Iterator<Item = (&'t str, NodeId)> {
    let entries = field(tree, container, "env").map_or(&[][..], |env| tree.entries(env));
    entries.iter().filter_map(|entry| {
        let node = tree.resolve(*entry)?;
        Some((field(tree, node, "name").and_then(|id| tree.scalar(id))?, node))
    })
}

/// The value of a variable; `None` where it comes from elsewhere.
pub fn value<'t>(tree: &'t Tree<'_>, variable: NodeId) -> Option<&'t str> {
    if field(tree, variable, "valueFrom").is_some() {
        return None;
    }
    Some(field(tree, variable, "value").and_then(|id| tree.scalar(id)).unwrap_or(""))
}

/// How much a match asks for: the one that asks for more knows the container better.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct Weight {
    /// Parts that are stated: name, image, tag, command, environment, other containers.
    parts: usize,
    /// Whether the name is among them: who reserves a name means more than who knows an image.
    is_named: bool,
    /// Characters of the patterns on name and image that held, and conditions beside them.
    length: usize,
}

impl Match {
    /// Whether a container is recognised by this, and how well.
    pub fn weight(&self, traits: &Traits<'_>) -> Option<Weight> {
        let name = longest(&self.container, Glob::as_str, |glob| glob.matches(traits.name))?;
        let is_image = |glob: &ImageGlob| traits.image.as_ref().is_some_and(|image| glob.matches_image(image));
        let image = longest(&self.image, |glob| glob.as_str(), is_image)?;
        let has_tag = self.image.iter().filter(|glob| is_image(glob)).any(ImageGlob::has_tag);
        let line = LazyCell::new(|| traits.command.join(" "));
        let is_said = |pattern: &Wildcard| traits.command.iter().any(|w| pattern.matches(w)) || pattern.matches(&line);
        let is_beside = |glob: &Glob| traits.beside.iter().any(|name| glob.matches(name));
        let is_met = holds(&self.command, is_said, is_said)
            && holds(&self.env, |one| one.holds(&traits.env, false), |one| one.holds(&traits.env, true))
            && holds(&self.beside, is_beside, is_beside);
        let stated = [
            !self.container.is_empty(),
            !self.image.is_empty(),
            has_tag,
            self.command.asks(),
            self.env.asks(),
            self.beside.asks(),
        ];
        is_met.then(|| Weight {
            parts: stated.into_iter().filter(|is_stated| *is_stated).count(),
            is_named: !self.container.is_empty(),
            length: name + image + self.command.count() + self.env.count() + self.beside.count(),
        })
    }
}

/// Characters of the longest of the patterns that hold; 0 when there are none to hold.
fn longest<T>(patterns: &[T], text: impl Fn(&T) -> &str, holds: impl Fn(&T) -> bool) -> Option<usize> {
    if patterns.is_empty() {
        return Some(0);
    }
    let length = |pattern: &T| text(pattern).chars().filter(|c| !matches!(c, '*' | '?')).count();
    patterns.iter().filter(|pattern| holds(pattern)).map(length).max()
}

/// `is_so` says that something holds, `may_be` that it cannot be excluded.
fn holds<T>(conditions: &Conditions<T>, is_so: impl Fn(&T) -> bool, may_be: impl Fn(&T) -> bool) -> bool {
    (conditions.any.is_empty() || conditions.any.iter().any(&is_so))
        && conditions.all.iter().all(&is_so)
        && !conditions.none.iter().any(may_be)
}

impl Variable {
    /// Whether one of these variables, annotations or labels is meant; `unknown` is the answer for a value that is
    /// not known.
    pub fn holds(&self, all: &[(&str, Option<&str>)], unknown: bool) -> bool {
        all.iter().filter(|(name, _)| self.name.matches(name)).any(|(_, value)| match (&self.value, value) {
            (None, _) => true,
            (Some(pattern), Some(value)) => pattern.matches(value),
            (Some(_), None) => unknown,
        })
    }
}

impl Profile {
    /// Whether a container is recognised as this sidecar, and how well.
    pub fn weight(&self, traits: &Traits<'_>) -> Option<Weight> {
        self.matches.iter().filter_map(|one| one.weight(traits)).max()
    }
}

/// The profile that knows a container best. Among equals the most careful one is taken, then the first.
pub fn best<'p>(profiles: impl Iterator<Item = &'p Profile>, traits: &Traits<'_>) -> Option<&'p Profile> {
    let mut best: Option<(Weight, Tier, &Profile)> = None;
    for profile in profiles {
        let Some(weight) = profile.weight(traits) else { continue };
        if best.is_none_or(|(before, tier, _)| (weight, profile.tier) > (before, tier)) {
            best = Some((weight, profile.tier, profile));
        }
    }
    best.map(|(_, _, profile)| profile)
}
