//! Globs on images.

use super::glob::{Glob, NotAGlob};

/// A pattern on images: repository by whole trailing segments; registry, tag and digest only when written.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ImageGlob {
    registry: Option<Glob>,
    segments: Vec<Glob>,
    tag: Option<Glob>,
    digest: Option<String>,
    written: String,
}

/// An image reference in its parts, as Docker reads it (distribution reference, `docs/reference.md` grammar).
struct Reference<'i> {
    registry: Option<&'i str>,
    segments: Vec<&'i str>,
    tag: Option<&'i str>,
    digest: Option<&'i str>,
}

/// The registry that Docker implies, under both of its names.
const DOCKER_HUB: [&str; 2] = ["docker.io", "index.docker.io"];

impl<'i> Reference<'i> {
    fn parse(image: &'i str) -> Self {
        let (image, digest) = image.split_once('@').map_or((image, None), |(image, digest)| (image, Some(digest)));
        let name_start = image.rfind('/').map_or(0, |slash| slash + 1);
        let colon = image.get(name_start..).and_then(|name| name.find(':')).map(|at| name_start + at);
        let repository = colon.map_or(image, |colon| image.get(..colon).unwrap_or(image));
        let tag = colon.and_then(|colon| image.get(colon + 1..));
        let mut segments: Vec<_> = repository.split('/').collect();
        let first = segments.first().copied().unwrap_or("");
        let is_registry = segments.len() > 1 && (first.contains(['.', ':']) || first == "localhost");
        let registry = is_registry.then(|| segments.remove(0));
        Self { registry, segments, tag, digest }
    }
}

impl ImageGlob {
    /// Reads a pattern.
    ///
    /// # Errors
    /// [`NotAGlob`] as for names, for each part.
    pub fn parse(written: &str) -> Result<Self, NotAGlob> {
        let written = written.trim();
        let reference = Reference::parse(written);
        let registry =
            reference.registry.map(|registry| if DOCKER_HUB.contains(&registry) { "docker.io" } else { registry });
        let glob = |part: Option<&str>| part.map(|part| Glob::parse(&part.replace(':', "?"))).transpose();
        // No tag begins with a dot.
        let tag = |tag: &str| if tag.starts_with('.') { Glob::parse(tag) } else { Glob::verbatim(tag) };
        Ok(Self {
            registry: glob(registry)?,
            segments: reference.segments.iter().map(|segment| Glob::parse(segment)).collect::<Result<_, _>>()?,
            tag: reference.tag.map(tag).transpose()?,
            digest: reference.digest.map(str::to_owned),
            written: written.to_owned(),
        })
    }

    /// Whether an image matches.
    ///
    /// With a registry the whole repository must match, else its last segments. An image without a registry is one
    /// of Docker Hub, where a single segment stands below `library`; one without tag and digest has the tag `latest`.
    pub fn matches(&self, image: &str) -> bool {
        let image = image.trim();
        if image.is_empty() {
            return false;
        }
        let image = Reference::parse(image);
        let registry = image.registry.filter(|registry| !DOCKER_HUB.contains(registry)).unwrap_or("docker.io");
        let mut segments = image.segments;
        if segments.len() == 1 && registry == "docker.io" {
            segments.insert(0, "library");
        }
        let Some(skipped) = segments.len().checked_sub(self.segments.len()) else { return false };
        let is_official = self.registry.is_some() && skipped == 1 && segments.first() == Some(&"library");
        let is_whole = self.registry.is_none() || skipped == 0 || (is_official && registry == "docker.io");
        let tag = image.tag.or(if image.digest.is_none() { Some("latest") } else { None });
        is_whole
            && self.registry.as_ref().is_none_or(|glob| glob.matches(registry))
            && self.segments.iter().zip(segments.iter().skip(skipped)).all(|(glob, segment)| glob.matches(segment))
            && self.tag.as_ref().is_none_or(|glob| tag.is_some_and(|tag| glob.matches(tag)))
            && self.digest.as_deref().is_none_or(|digest| image.digest == Some(digest))
    }

    /// A text that stands in every image that matches; empty when there is none.
    ///
    /// It is one of the last segment: registry, `library` and the tag `latest` may be implied.
    pub fn literal(&self) -> &str {
        self.segments.last().map_or("", Glob::literal)
    }

    /// The pattern as written.
    pub fn as_str(&self) -> &str {
        &self.written
    }
}
