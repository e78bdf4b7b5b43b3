//! Kubernetes versions.

use std::fmt;
use std::str::FromStr;

/// A release: minor and patch of Kubernetes 1.x.
///
/// What a distribution appends (`-gke.1`, `+k3s1`) does not count.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Version {
    /// The `29` of 1.29.4.
    pub minor: u32,
    /// The `4` of 1.29.4, 0 when not given.
    pub patch: u32,
}

impl Version {
    /// The first release of a minor version.
    pub const fn minor(minor: u32) -> Self {
        Self { minor, patch: 0 }
    }

    /// A patch release.
    pub const fn patch(minor: u32, patch: u32) -> Self {
        Self { minor, patch }
    }
}

/// Releases from one on to another, both included.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Range {
    /// The oldest.
    pub min: Version,
    /// The newest; without a patch, every patch of it. `None` for no limit.
    pub max: Option<Version>,
}

impl Range {
    /// The oldest release of the range among those of one minor version with the patches `from` to, but without,
    /// `to`.
    pub fn first_within(self, minor: u32, from: u32, to: Option<u32>) -> Option<Version> {
        let first = self.min.max(Version { minor, patch: from });
        let is_after = |max: Version| first.minor > max.minor || (max.patch != 0 && first > max);
        let is_within = first.minor == minor && to.is_none_or(|to| first.patch < to) && !self.max.is_some_and(is_after);
        is_within.then_some(first)
    }

    /// The oldest release of the range that has something, when `has` changes its mind at `.0` releases only and not
    /// beyond `last_change`.
    pub fn first_with(self, last_change: Version, has: impl Fn(Version) -> bool) -> Option<Version> {
        let newest = self.max.map_or(last_change.minor, |max| max.minor.min(last_change.minor));
        (self.min.minor..=newest.max(self.min.minor)).map(Version::minor).find(|version| has(*version))
    }
}

/// Why a text is no version.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("`{0}` is no Kubernetes version; write it like \"1.29\" or \"1.29.4\"")]
pub struct NotAVersion(String);

impl FromStr for Version {
    type Err = NotAVersion;

    /// Reads `1.29`, `v1.29.4`, `1.29.4-gke.100`, `1.29+`.
    fn from_str(text: &str) -> Result<Self, NotAVersion> {
        let error = || NotAVersion(text.to_owned());
        let number = |part: &str| {
            let is_number = !part.is_empty() && part.bytes().all(|byte| byte.is_ascii_digit());
            if is_number { part.parse().map_err(|_| error()) } else { Err(error()) }
        };
        let bare = text.strip_prefix('v').unwrap_or(text);
        let release = bare.split(['-', '+']).next().unwrap_or("");
        let mut parts = release.split('.');
        let major = parts.next().ok_or_else(error)?;
        let minor = parts.next().ok_or_else(error)?;
        let patch = parts.next().map_or(Ok(0), number)?;
        if major != "1" || parts.next().is_some() {
            return Err(error());
        }
        Ok(Self { minor: number(minor)?, patch })
    }
}

impl fmt::Display for Version {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.patch {
            0 => write!(f, "1.{}", self.minor),
            patch => write!(f, "1.{}.{patch}", self.minor),
        }
    }
}

/// A release of a program with a semantic version, such as an operator.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Release {
    /// The `2` of 2.12.1.
    pub major: u32,
    /// The `12` of 2.12.1.
    pub minor: u32,
    /// The `1` of 2.12.1, 0 when not given.
    pub patch: u32,
}

/// Why a text is no release.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("`{0}` is no version; write it like \"1.7\" or \"1.7.2\"")]
pub struct NotARelease(String);

impl FromStr for Release {
    type Err = NotARelease;

    /// Reads `1.7`, `v1.7.2`, `1.7.2-rc1`; what follows the numbers does not count.
    fn from_str(text: &str) -> Result<Self, NotARelease> {
        let bare = text.strip_prefix('v').unwrap_or(text);
        let release = bare.split(['-', '+']).next().unwrap_or("");
        let is_number = |part: &str| !part.is_empty() && part.bytes().all(|byte| byte.is_ascii_digit());
        let numbers = release.split('.').map(|part| part.parse().ok().filter(|_| is_number(part)));
        match numbers.collect::<Option<Vec<u32>>>().as_deref() {
            Some(&[major, minor]) => Ok(Self { major, minor, patch: 0 }),
            Some(&[major, minor, patch]) => Ok(Self { major, minor, patch }),
            _ => Err(NotARelease(text.to_owned())),
        }
    }
}

impl fmt::Display for Release {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}.{}.{}", self.major, self.minor, self.patch)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn range(min: &str, max: &str) -> Range {
        Range { min: min.parse().unwrap(), max: max.parse().ok() }
    }

    #[test]
    fn a_range_without_patches_begins_with_the_first_and_ends_with_the_last() {
        let first = |range: Range, minor, from, to| range.first_within(minor, from, to).map(|found| found.to_string());
        let some = |text: &str| Some(text.to_owned());
        assert_eq!(first(range("1.29", "1.31"), 29, 0, Some(3)), some("1.29"));
        assert_eq!(first(range("1.29.2", "1.31"), 29, 0, Some(3)), some("1.29.2"));
        assert_eq!(first(range("1.29.3", "1.31"), 29, 0, Some(3)), None);
        assert_eq!(first(range("1.28", "1.29"), 29, 2, Some(3)), some("1.29.2"));
        assert_eq!(first(range("1.28", "1.29.1"), 29, 2, Some(3)), None);
        assert_eq!(first(range("1.28", ""), 40, 1, None), some("1.40.1"));
        assert_eq!(first(range("1.30", "1.31"), 29, 0, None), None);
        assert_eq!(first(range("1.27", "1.28"), 29, 0, None), None);
        assert_eq!(first(range("1.29", "1.29"), 29, 0, Some(0)), None);
    }

    #[test]
    fn the_first_release_with_something_is_looked_for_up_to_the_last_change() {
        let from_34 = |version: Version| version >= Version::minor(34);
        let first = |range: Range| range.first_with(Version::minor(34), from_34);
        assert_eq!(first(range("1.29", "")), Some(Version::minor(34)));
        assert_eq!(first(range("1.36.1", "")), Some(Version::minor(36)));
        assert_eq!(first(range("1.29", "1.33.9")), None);
        assert_eq!(first(range("1.29", "1.40")), Some(Version::minor(34)));
    }
}
