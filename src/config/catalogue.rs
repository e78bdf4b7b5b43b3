//! What of the catalogue is used, and a user's own profiles.

use serde::Deserialize;

use super::problem;
use super::validate::nearest;
use crate::catalog::keys::Keys;
use crate::catalog::profile::{Edition, Profile, Tier, Workloads};
use crate::catalog::spec::ProfileSpec;
use crate::catalog::{EDITION, FILES, find, is_known, keys_in};
use crate::diagnostic::Diagnostic;

/// Which well-known sidecars are selected without being named.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub enum Mode {
    /// Those of tier A.
    #[default]
    Recommended,
    /// Those of these profiles.
    Listed(Vec<String>),
    /// None.
    None,
}

/// `spec.catalog` and `spec.profiles`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Catalogue {
    /// What is selected.
    pub mode: Mode,
    /// Where.
    pub workloads: Workloads,
    /// The newest edition that is used; `None` for the binary's own.
    pub edition: Option<Edition>,
    /// A user's own profiles.
    pub own: Vec<Profile>,
}

impl Default for Catalogue {
    fn default() -> Self {
        Self { mode: Mode::default(), workloads: Workloads::RunToCompletion, edition: None, own: Vec::new() }
    }
}

impl Catalogue {
    /// Whether a container that nobody named is selected when this profile knows it, in a pod that runs to completion
    /// or not.
    pub fn selects(&self, profile: &Profile, runs_to_completion: bool) -> bool {
        let is_here = profile.workloads == Workloads::All || runs_to_completion;
        is_here && self.is_meant(&profile.name, profile.tier)
    }

    /// Whether the mode selects a profile in any workload.
    fn is_meant(&self, name: &str, tier: Tier) -> bool {
        match &self.mode {
            Mode::Recommended => tier == Tier::A,
            Mode::Listed(names) => tier != Tier::C && names.iter().any(|one| one == name),
            Mode::None => false,
        }
    }

    /// The words of which at least one stands in every text that holds a container which the catalogue selects, or that
    /// asks an injector for one; an empty one says that any text may do.
    pub fn words(&self) -> Vec<&str> {
        let mut words = Vec::new();
        for keys in self.own.iter().map(Keys::of).chain(keys_in(self.edition)) {
            if self.is_meant(keys.name, keys.tier) {
                words.extend(keys.images.iter().chain(&keys.names));
            }
            if keys.has_annotation {
                words.extend(keys.asked);
            }
        }
        words
    }

    /// The profile of this name.
    pub fn find(&self, name: &str) -> Option<&Profile> {
        find(name, &self.own, self.edition)
    }
}

/// Which mode is written; the list of names stands beside it.
#[derive(Debug, Default, Clone, Copy, PartialEq, Eq, Deserialize)]
pub(super) enum ModeName {
    #[default]
    Recommended,
    Listed,
    None,
}

/// `spec.catalog` as written.
#[derive(Debug, Deserialize)]
#[serde(default)]
pub(super) struct CatalogSpec {
    pub(super) mode: ModeName,
    pub(super) workloads: Workloads,
    profiles: Vec<String>,
    edition: String,
}

impl Default for CatalogSpec {
    fn default() -> Self {
        let Catalogue { workloads, .. } = Catalogue::default();
        Self { mode: ModeName::default(), workloads, profiles: Vec::new(), edition: String::new() }
    }
}

/// Reads both; everything that is wrong goes to `errors`.
pub(super) fn read(spec: CatalogSpec, own: Vec<ProfileSpec>, errors: &mut Vec<Diagnostic>) -> Catalogue {
    let mut catalogue = Catalogue { workloads: spec.workloads, own: read_own(own, errors), ..Catalogue::default() };
    let mut fail = |path: &str, message: String, help: &str| errors.push(problem(path, message, help.to_owned()));
    if !spec.edition.is_empty() {
        match spec.edition.parse::<Edition>() {
            Err(why) => fail("spec.catalog.edition", why, ""),
            Ok(edition) if edition > EDITION => {
                let message = format!("the edition {edition} is newer than this release, whose edition is {EDITION}");
                fail("spec.catalog.edition", message, "use a newer release, or an edition that it has");
            }
            Ok(edition) => catalogue.edition = Some(edition),
        }
    }
    match spec.mode {
        ModeName::Listed if spec.profiles.is_empty() => {
            fail("spec.catalog.profiles", "`mode: Listed` needs the profiles that are meant".to_owned(), "list them");
        }
        ModeName::Recommended | ModeName::None if !spec.profiles.is_empty() => {
            let message = "`profiles` has no meaning without `mode: Listed`".to_owned();
            fail("spec.catalog.profiles", message, "add `mode: Listed`");
        }
        _ => {}
    }
    for (index, name) in spec.profiles.iter().enumerate() {
        let path = format!("spec.catalog.profiles[{index}]");
        match known(name, &catalogue) {
            Ok(profile) if profile.tier == Tier::C => {
                fail(&path, format!("`{name}` is never converted: {}", profile.reason), "remove it");
            }
            Ok(_) => {}
            Err((message, help)) => fail(&path, message, &help),
        }
    }
    catalogue.mode = match spec.mode {
        ModeName::Recommended => Mode::Recommended,
        ModeName::Listed => Mode::Listed(spec.profiles),
        ModeName::None => Mode::None,
    };
    catalogue
}

/// The profile of this name, or what is wrong and what to do.
pub(super) fn known<'p>(name: &str, catalogue: &'p Catalogue) -> Result<&'p Profile, (String, String)> {
    catalogue.find(name).ok_or_else(|| {
        let pin = catalogue.edition.filter(|_| is_known(name));
        if let Some(pin) = pin {
            return (format!("there is no profile `{name}` in the edition {pin}"), "pin a later one".to_owned());
        }
        let names =
            catalogue.own.iter().map(|profile| profile.name.as_str()).chain(FILES.iter().map(|(name, _)| *name));
        let near = nearest(name, names).map(|near| format!("did you mean `{near}`?"));
        let help = near.unwrap_or_else(|| "`convert-sidecars catalog` lists them".to_owned());
        (format!("there is no profile `{name}`"), help)
    })
}

fn read_own(specs: Vec<ProfileSpec>, errors: &mut Vec<Diagnostic>) -> Vec<Profile> {
    let mut own: Vec<Profile> = Vec::new();
    for (index, spec) in specs.into_iter().enumerate() {
        let path = format!("spec.profiles[{index}]");
        match Profile::new(spec) {
            Ok(profile) => {
                if is_known(&profile.name) || own.iter().any(|other| other.name == profile.name) {
                    let message = format!("there is a profile `{}` already", profile.name);
                    errors.push(problem(&format!("{path}.name"), message, "choose another name".to_owned()));
                }
                own.push(profile);
            }
            Err(problems) => errors.extend(problems.into_iter().map(|one| {
                let separator = if one.field.is_empty() { "" } else { "." };
                problem(&format!("{path}{separator}{}", one.field), one.message, String::new())
            })),
        }
    }
    own
}
