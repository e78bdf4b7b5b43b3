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
