//! What a text must hold for a file of the catalogue to matter in it.
//!
//! Reading all files takes milliseconds, which is more than all else that is done for one small pod. So the keys of all
//! of them are kept in a table that is made from the files, and a file is read when its keys are there. A test holds
//! the table against the files.

use std::sync::OnceLock;

use super::profile::{Edition, Profile, Tier};
use crate::config::glob::Glob;
use crate::config::image::ImageGlob;

/// The table, in the order of the files.
const TABLE: &str = include_str!("keys.tsv");

/// Its first line.
const HEADER: &str = "# name\ttier\tedition\timage\tcontainer\tinjector\tasked by\n";

/// The keys of one profile.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Keys<'p> {
    /// The name of the profile.
    pub name: &'p str,
    /// Its tier.
    pub tier: Tier,
    /// Its edition.
    pub edition: Option<Edition>,
    /// One of these stands in the last segment of the image of every container that it knows by the image; an empty one
    /// says that any image will do.
    pub images: Vec<&'p str>,
    /// One of these stands in the name of each of the others, likewise.
    pub names: Vec<&'p str>,
    /// Whether the injector makes its sidecar native where an annotation says so.
    pub has_annotation: bool,
    /// One of these stands in a label or an annotation of every workload that asks its injector for the sidecar.
    pub asked: Vec<&'p str>,
}

impl<'p> Keys<'p> {
    /// The keys of a profile.
    pub fn of(profile: &'p Profile) -> Self {
        let (mut images, mut names) = (Vec::new(), Vec::new());
        for one in &profile.matches {
            images.extend(one.image.iter().map(ImageGlob::literal));
            if one.image.is_empty() {
                names.extend(one.container.iter().map(Glob::literal));
            }
        }
        let variables = profile.injector.iter().flat_map(|one| one.labels.iter().chain(&one.annotations));
        let mut keys = Self {
            name: &profile.name,
            tier: profile.tier,
            edition: profile.edition,
            images,
            names,
            has_annotation: profile.injector.as_ref().is_some_and(|injector| injector.annotation.is_some()),
            asked: variables.map(|variable| variable.name.literal().split('/').next().unwrap_or("")).collect(),
        };
        for words in [&mut keys.images, &mut keys.names, &mut keys.asked] {
            words.sort_unstable();
            words.dedup();
        }
        keys
    }

    /// The line of the table.
    fn line(&self) -> String {
        let edition = self.edition.map(|edition| edition.to_string()).unwrap_or_default();
        let injector = if self.has_annotation { "annotation" } else { "" };
        let [images, names, asked] = [&self.images, &self.names, &self.asked].map(|words| words.join(" "));
        format!("{}\t{}\t{edition}\t{images}\t{names}\t{injector}\t{asked}\n", self.name, self.tier)
    }

    /// From a line of the table; `None` if it is none.
    fn read(line: &'p str) -> Option<Self> {
        let mut columns = line.split('\t');
        let mut next = || columns.next();
        let (name, tier, edition) = (next()?, next()?, next()?);
        let tier = [Tier::A, Tier::B, Tier::C].into_iter().find(|one| one.to_string() == tier)?;
        let (images, names) = (words(next()?), words(next()?));
        let (has_annotation, asked) = (next()? == "annotation", words(next()?));
        Some(Self { name, tier, edition: edition.parse().ok(), images, names, has_annotation, asked })
    }

    /// Whether the profile is in the catalogue as it was in an edition.
    pub fn is_in(&self, edition: Option<Edition>) -> bool {
        edition.is_none_or(|pin| self.edition.is_none_or(|one| one <= pin))
    }
}

fn words(column: &str) -> Vec<&str> {
    column.split(' ').filter(|word| !word.is_empty()).collect()
}

/// The table that these keys make.
pub fn table(all: &[Keys<'_>]) -> String {
    std::iter::once(HEADER.to_owned()).chain(all.iter().map(Keys::line)).collect()
}

/// The keys of the files of the catalogue, in the order of the files.
pub(crate) fn all() -> &'static [Keys<'static>] {
    static ALL: OnceLock<Vec<Keys<'static>>> = OnceLock::new();
    ALL.get_or_init(|| TABLE.lines().skip(1).filter_map(Keys::read).collect())
}

/// A key and the number of the file that it is of.
type Owned = (&'static str, usize);

/// The keys of one column, by their first bytes.
type ByFirstByte = Vec<Vec<Owned>>;

/// The keys of all images, of all names, and of all labels and annotations that ask for a sidecar.
fn by_first_byte() -> &'static [ByFirstByte; 3] {
    static KEYS: OnceLock<[ByFirstByte; 3]> = OnceLock::new();
    KEYS.get_or_init(|| {
        let mut found = [(); 3].map(|()| vec![Vec::new(); 256]);
        for (index, keys) in all().iter().enumerate() {
            for (list, words) in found.iter_mut().zip([&keys.images, &keys.names, &keys.asked]) {
                for word in words {
                    let first = word.as_bytes().first().copied().map_or(0, usize::from);
                    list.get_mut(first).into_iter().for_each(|keys| keys.push((*word, index)));
                }
            }
        }
        found
    })
}

/// The numbers of the files, in their order, of which a key stands in one of the texts; the keys are those for that text.
fn found_in<'t>(texts: impl IntoIterator<Item = (&'t ByFirstByte, &'t str)>) -> Vec<usize> {
    let mut found = Vec::new();
    for (keys, text) in texts {
        for (at, first) in text.bytes().enumerate() {
            let near = keys.get(usize::from(first)).map_or(&[][..], Vec::as_slice);
            if near.is_empty() {
                continue;
            }
            let rest = text.as_bytes().get(at..).unwrap_or(&[]);
            for (key, index) in near {
                if rest.starts_with(key.as_bytes()) {
                    found.push(*index);
                }
            }
        }
    }
    found.sort_unstable();
    found.dedup();
    found
}

/// The numbers of the files that may know a container of this name, whose image has this name.
pub(crate) fn matching(name: &str, image: &str) -> Vec<usize> {
    let [images, names, _] = by_first_byte();
    found_in([(images, image), (names, name)])
}

/// The numbers of the files that can have an injector which one of these labels or annotations asks for the sidecar.
pub(crate) fn asked_by(names: &[(&str, Option<&str>)]) -> Vec<usize> {
    let [.., asked] = by_first_byte();
    found_in(names.iter().map(|(name, _)| (asked, *name)))
}
