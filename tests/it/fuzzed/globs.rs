//! Globs and selectors against matchers that are as simple as their definitions.

use std::collections::BTreeMap;
use std::time::{Duration, Instant};

use convert_sidecars::config::glob::Glob;
use convert_sidecars::config::image::ImageGlob;
use convert_sidecars::config::selector::Target;

use super::choices::Choices;
use super::config;

/// Everything on what these bytes choose.
pub(crate) fn check(bytes: &[u8]) {
    let mut choices = Choices(bytes);
    let start = Instant::now();
    match choices.below(3) {
        0 => check_glob(&mut choices),
        1 => check_image(&mut choices),
        _ => check_selector(&mut choices),
    }
    // Far from what any of these takes, and near enough to notice what grows without a bound.
    assert!(start.elapsed() < Duration::from_secs(5), "{:?}", start.elapsed());
}

/// The definition of a glob, character by character.
fn matches(pattern: &[char], name: &[char]) -> bool {
    // `reached[n]` says whether the pattern so far matches the first `n` characters.
    let mut reached = vec![false; name.len() + 1];
    reached[0] = true;
    for wanted in pattern {
        let mut next = vec![false; name.len() + 1];
        for n in 0..=name.len() {
            next[n] = match wanted {
                '*' => reached[n] || (n > 0 && next[n - 1] && name[n - 1] != '/'),
                '?' => n > 0 && reached[n - 1] && name[n - 1] != '/',
                other => n > 0 && reached[n - 1] && name[n - 1] == *other,
            };
        }
        reached = next;
    }
    reached[name.len()]
}

fn is_match(pattern: &str, name: &str) -> bool {
    matches(&pattern.chars().collect::<Vec<_>>(), &name.chars().collect::<Vec<_>>())
}

fn check_glob(choices: &mut Choices<'_>) {
    let pattern = choices.text("ab-***??.", 24);
    let name = choices.text("aaabbb-./", 200);
    for read in [Glob::parse(&pattern), Glob::verbatim(&pattern)] {
        let Ok(glob) = read else { continue };
        assert_eq!(glob.matches(&name), is_match(glob.as_str(), &name), "`{pattern}` on `{name}`");
    }
}

/// The parts of an image or of a pattern on images.
#[derive(Debug)]
struct Image {
    registry: Option<&'static str>,
    segments: Vec<&'static str>,
    tag: Option<&'static str>,
    digest: Option<&'static str>,
}

impl Image {
    fn new(choices: &mut Choices<'_>, words: &[&'static str], registries: &[&'static str]) -> Self {
        let registry = choices.rarely(2).then(|| choices.pick(registries));
        let many = 1 + choices.below(3);
        // A first segment that reads like a registry is one.
        let segments = (0..many).map(|_| choices.pick(words)).collect();
        let tag = choices.rarely(2).then(|| choices.pick(&["1", "latest", "1.2"]));
        let digest = choices.rarely(4).then(|| choices.pick(&["sha256:aa", "sha256:bb"]));
        Self { registry, segments, tag, digest }
    }

    fn written(&self) -> String {
        let registry = self.registry.map(|one| format!("{one}/")).unwrap_or_default();
        let tag = self.tag.map(|one| format!(":{one}")).unwrap_or_default();
        let digest = self.digest.map(|one| format!("@{one}")).unwrap_or_default();
        format!("{registry}{}{tag}{digest}", self.segments.join("/"))
    }

    fn hub(registry: &str) -> &str {
        if registry == "index.docker.io" { "docker.io" } else { registry }
    }

    /// Docker's names in full (distribution reference, `ParseDockerRef`).
    fn full(&self) -> (String, Vec<&'static str>) {
        let registry = Self::hub(self.registry.unwrap_or("docker.io")).to_owned();
        let mut segments = self.segments.clone();
        if registry == "docker.io" && segments.len() == 1 {
            segments.insert(0, "library");
        }
        (registry, segments)
    }

    /// Whether this pattern means the image.
    fn means(&self, image: &Self) -> bool {
        let (registry, segments) = image.full();
        let is_repository = |wanted: &[&str]| {
            wanted.len() == segments.len() && wanted.iter().zip(&segments).all(|(one, other)| is_match(one, other))
        };
        let is_repository = match self.registry {
            None => (0..segments.len()).any(|skipped| {
                let rest = &segments[skipped..];
                rest.len() == self.segments.len()
                    && self.segments.iter().zip(rest).all(|(one, other)| is_match(one, other))
            }),
            Some(wanted) => {
                let mut implied = self.segments.clone();
                if registry == "docker.io" && implied.len() == 1 {
                    implied.insert(0, "library");
                }
                is_match(Self::hub(wanted), &registry) && (is_repository(&self.segments) || is_repository(&implied))
            }
        };
        let tag = image.tag.or(if image.digest.is_none() { Some("latest") } else { None });
        is_repository
            && self.tag.is_none_or(|wanted| tag.is_some_and(|tag| is_match(wanted, tag)))
            && self.digest.is_none_or(|digest| image.digest == Some(digest))
    }
}

fn check_image(choices: &mut Choices<'_>) {
    let words = ["a", "ab", "library", "nginx", "b"];
    let registries = ["docker.io", "index.docker.io", "quay.io", "localhost"];
    let image = Image::new(choices, &words, &registries);
    let patterns = ["a", "a*", "?", "*", "library", "nginx", "b"];
    let pattern = Image::new(choices, &patterns, &["docker.io", "index.docker.io", "quay.io", "*.io", "localhost"]);
    let (pattern_text, text) = (pattern.written(), image.written());
    let glob = ImageGlob::parse(&pattern_text).unwrap_or_else(|error| panic!("{pattern_text}: {error}"));
    assert_eq!(glob.matches(&text), pattern.means(&image), "`{pattern_text}` on `{text}`");
    let other = choices.text("ab/:@.*?-", 40);
    if let Ok(glob) = ImageGlob::parse(&other) {
        glob.matches(&text);
        glob.matches(&other);
    }
}

/// A regular expression by its parts.
#[derive(Debug)]
enum Regex {
    Character(char),
    Any,
    Class(bool),
    Many(Box<Regex>),
    Maybe(Box<Regex>),
    Either(Vec<Regex>),
    Sequence(Vec<Regex>),
}

impl Regex {
    fn new(choices: &mut Choices<'_>, depth: usize) -> Self {
        let kinds = if depth == 0 { 3 } else { 7 };
        let many = |choices: &mut Choices<'_>| {
            let many = 1 + choices.below(3);
            (0..many).map(|_| Self::new(choices, depth - 1)).collect()
        };
        match choices.below(kinds) {
            0 => Self::Character(choices.pick(&['a', 'b', 'c', '-', '.'])),
            1 => Self::Any,
            2 => Self::Class(choices.rarely(2)),
            3 => Self::Many(Box::new(Self::new(choices, depth - 1))),
            4 => Self::Maybe(Box::new(Self::new(choices, depth - 1))),
            5 => Self::Either(many(choices)),
            _ => Self::Sequence(many(choices)),
        }
    }

    fn written(&self) -> String {
        let all = |parts: &[Self], between: &str| parts.iter().map(Self::written).collect::<Vec<_>>().join(between);
        match self {
            Self::Character('.') => "\\.".to_owned(),
            Self::Character(c) => c.to_string(),
            Self::Any => ".".to_owned(),
            Self::Class(is_not) => format!("[{}ab]", if *is_not { "^" } else { "" }),
            Self::Many(of) => format!("({})*", of.written()),
            Self::Maybe(of) => format!("({})?", of.written()),
            // Without parentheses at the top, so that an anchor that binds too tightly shows.
            Self::Either(parts) => all(parts, "|"),
            Self::Sequence(parts) => parts.iter().map(|one| format!("({})", one.written())).collect(),
        }
    }

    /// The places that can be reached from these by reading the text.
    fn step(&self, text: &[char], from: &[bool]) -> Vec<bool> {
        let one = |accepts: &dyn Fn(char) -> bool| -> Vec<bool> {
            (0..from.len()).map(|to| to > 0 && from[to - 1] && accepts(text[to - 1])).collect()
        };
        let either = |a: &[bool], b: &[bool]| -> Vec<bool> { a.iter().zip(b).map(|(a, b)| *a || *b).collect() };
        match self {
            Self::Character(wanted) => one(&|c| c == *wanted),
            Self::Any => one(&|c| c != '\n'),
            Self::Class(is_not) => one(&|c| matches!(c, 'a' | 'b') != *is_not),
            Self::Many(of) => {
                let mut reached = from.to_vec();
                loop {
                    let next = either(&reached, &of.step(text, &reached));
                    if next == reached {
                        return reached;
                    }
                    reached = next;
                }
            }
            Self::Maybe(of) => either(from, &of.step(text, from)),
            Self::Either(parts) => {
                parts.iter().fold(vec![false; from.len()], |reached, one| either(&reached, &one.step(text, from)))
            }
            Self::Sequence(parts) => parts.iter().fold(from.to_vec(), |reached, one| one.step(text, &reached)),
        }
    }

    fn means(&self, text: &str) -> bool {
        let text: Vec<char> = text.chars().collect();
        let mut from = vec![false; text.len() + 1];
        from[0] = true;
        self.step(&text, &from)[text.len()]
    }
}

/// One requirement of a label selector, and whether it holds (Kubernetes `labels.Requirement.Matches`).
fn requirement(choices: &mut Choices<'_>, labels: &BTreeMap<String, String>) -> (String, bool) {
    let key = choices.pick(&["a", "b", "x.y/z"]);
    let value = choices.pick(&["v", "w", "1"]);
    let other = choices.pick(&["v", "w", "1"]);
    let space = choices.pick(&["", "", " "]);
    let found = labels.get(key).map(String::as_str);
    match choices.below(7) {
        0 => (format!("{key}{space}={space}{value}"), found == Some(value)),
        1 => (format!("{key}=={value}"), found == Some(value)),
        2 => (format!("{key}{space}!={value}"), found != Some(value)),
        3 => (format!("{key} in ({value},{space}{other})"), found == Some(value) || found == Some(other)),
        4 => (format!("{key} notin ({value}{space},{other})"), found != Some(value) && found != Some(other)),
        5 => (key.to_owned(), found.is_some()),
        _ => (format!("!{key}"), found.is_none()),
    }
}

fn selector(choices: &mut Choices<'_>, labels: &BTreeMap<String, String>) -> (String, bool) {
    let many = choices.below(3);
    let parts: Vec<_> = (0..many).map(|_| requirement(choices, labels)).collect();
    let written: Vec<_> = parts.iter().map(|(text, _)| text.as_str()).collect();
    (written.join(choices.pick(&[",", ", "])), parts.iter().all(|(_, holds)| *holds))
}

fn check_selector(choices: &mut Choices<'_>) {
    let map = |choices: &mut Choices<'_>| -> BTreeMap<String, String> {
        let pair = |choices: &mut Choices<'_>| {
            (choices.pick(&["a", "b", "x.y/z"]).to_owned(), choices.pick(&["v", "w", "1", ""]).to_owned())
        };
        let many = choices.below(3);
        (0..many).map(|_| pair(choices)).collect()
    };
    let (labels, annotations) = (map(choices), map(choices));
    let regexes: Vec<_> = (0..5).map(|_| choices.rarely(2).then(|| Regex::new(choices, 3))).collect();
    let texts: Vec<_> = (0..5).map(|_| choices.text("aaabbc-.", 12).replace('\n', "")).collect();
    let (label_text, label_holds) = selector(choices, &labels);
    let (annotation_text, annotation_holds) = selector(choices, &annotations);
    let fields = ["group", "version", "kind", "name", "namespace"];
    let mut pairs: Vec<String> = fields
        .iter()
        .zip(&regexes)
        .filter_map(|(field, regex)| {
            Some(format!("{field}: {}", serde_json::to_string(&regex.as_ref()?.written()).unwrap()))
        })
        .collect();
    pairs.push(format!("labelSelector: {}", serde_json::to_string(&label_text).unwrap()));
    pairs.push(format!("annotationSelector: {}", serde_json::to_string(&annotation_text).unwrap()));
    let written = format!(
        "apiVersion: convert-sidecars.dev/v1alpha1\nkind: ConvertSidecars\nspec: {{workloads: {{include: [{{{}}}]}}}}\n",
        pairs.join(", ")
    );
    let config = config::read(&written).unwrap().unwrap_or_else(|errors| panic!("{errors:?}\n{written}"));
    let [group, version, kind, name, namespace] = [0, 1, 2, 3, 4].map(|index: usize| texts[index].as_str());
    let target = Target { group, version, kind, name, namespace, labels, annotations };
    let wanted = label_holds
        && annotation_holds
        && regexes.iter().zip(&texts).all(|(regex, text)| regex.as_ref().is_none_or(|regex| regex.means(text)));
    assert_eq!(config.include[0].matches(&target), wanted, "{target:?}\n{written}");
}
