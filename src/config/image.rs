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
#[derive(Debug, Clone)]
struct Reference<'i> {
    registry: Option<&'i str>,
    segments: Vec<&'i str>,
    tag: Option<&'i str>,
    digest: Option<&'i str>,
}

/// An image of a container, taken apart once for many patterns.
#[derive(Debug, Clone)]
pub struct Image<'i> {
    registry: &'i str,
    segments: Vec<&'i str>,
    tag: Option<&'i str>,
    digest: Option<&'i str>,
}

impl<'i> Image<'i> {
    /// Reads an image; `None` when there is nothing to read.
    ///
    /// An image without a registry is one of Docker Hub, where a single segment stands below `library`; one without
    /// tag and digest has the tag `latest`.
    pub fn parse(image: &'i str) -> Option<Self> {
        let image = image.trim();
        if image.is_empty() {
            return None;
        }
        let Reference { registry, mut segments, tag, digest } = Reference::parse(image);
        let registry = registry.filter(|registry| !DOCKER_HUB.contains(registry)).unwrap_or("docker.io");
        if segments.len() == 1 && registry == "docker.io" {
            segments.insert(0, "library");
        }
        let tag = tag.or(if digest.is_none() { Some("latest") } else { None });
        Some(Self { registry, segments, tag, digest })
    }

    /// The last segment of the repository, which is the image's own name.
    pub fn name(&self) -> &'i str {
        self.segments.last().copied().unwrap_or("")
    }

    /// Whether the tag begins with a version that is not older than `version`, numbers with dots between.
    ///
    /// A tag that says less counts as the newest that it can be: `2` is at least `2.1`. `None` where the tag has no
    /// version, as `latest` has none.
    pub fn is_at_least(&self, version: &str) -> Option<bool> {
        let numbers = |text: &str| -> Vec<u64> {
            let end = text.find(|c: char| !c.is_ascii_digit() && c != '.').unwrap_or(text.len());
            text.get(..end).unwrap_or("").split('.').map_while(|part| part.parse().ok()).collect()
        };
        let tag = self.tag?;
        let own = numbers(tag.strip_prefix('v').unwrap_or(tag));
        let wanted = numbers(version);
        let common = own.len().min(wanted.len());
        (!own.is_empty()).then(|| own.get(..common) >= wanted.get(..common))
    }
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
    /// With a registry the whole repository must match, else its last segments.
    pub fn matches(&self, image: &str) -> bool {
        Image::parse(image).is_some_and(|image| self.matches_image(&image))
    }

    /// The same for an image that was read before.
    pub fn matches_image(&self, image: &Image<'_>) -> bool {
        let Some(skipped) = image.segments.len().checked_sub(self.segments.len()) else { return false };
        let is_official = self.registry.is_some()
            && skipped == 1
            && image.segments.len() == 2
            && image.segments.first() == Some(&"library");
        let is_whole = self.registry.is_none() || skipped == 0 || (is_official && image.registry == "docker.io");
        is_whole
            && self.registry.as_ref().is_none_or(|glob| glob.matches(image.registry))
            && self.segments.iter().zip(image.segments.iter().skip(skipped)).all(|(glob, one)| glob.matches(one))
            && self.tag.as_ref().is_none_or(|glob| image.tag.is_some_and(|tag| glob.matches(tag)))
            && self.digest.as_deref().is_none_or(|digest| image.digest == Some(digest))
    }

    /// Whether the pattern asks for a tag.
    pub fn has_tag(&self) -> bool {
        self.tag.is_some()
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_tag_is_compared_as_far_as_it_says_a_version() {
        let table = [
            ("a:1.21.0", "1.21", Some(true)),
            ("a:1.20.9", "1.21", Some(false)),
            ("r:5000/a:v1.9", "1.21", Some(false)),
            ("a:2", "2.1", Some(true)),
            ("a:2.11.4-alpine", "2.2", Some(true)),
            ("a", "1", None),
            ("a:latest", "1", None),
            ("a@sha256:00", "1", None),
            ("a:1-21-asm.3", "1.21", Some(true)),
        ];
        for (image, version, wanted) in table {
            assert_eq!(Image::parse(image).unwrap().is_at_least(version), wanted, "{image} {version}");
        }
    }
}
