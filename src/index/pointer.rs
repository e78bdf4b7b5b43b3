//! Paths into the lists of a pod spec, in the notations in which tools write them.

use crate::k8s::pod_spec::List;

/// A path that goes into one of the two lists of containers.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Pointer {
    /// As it was written.
    pub text: String,
    /// The keys before the list.
    pub keys: Vec<String>,
    /// The list.
    pub list: List,
    /// Which entries.
    pub which: Which,
}

/// The entries that a path goes to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Which {
    /// The one at this place.
    Index(usize),
    /// Those of these names.
    Names(Vec<String>),
    /// Every one.
    All,
}

impl Pointer {
    /// Reads a path if it goes into a list of containers.
    ///
    /// Known are JSON pointers (`/spec/containers/1`), kustomize's field paths (`spec.containers.[name=x]`), jq
    /// (`.spec.containers[] | select(.name == "x")`) and JSONPath (`spec.containers[?(@.name=="x")]`). What selects in
    /// another way is not read, since nobody can say what it selects.
    pub fn read(text: &str) -> Option<Self> {
        let (list, at) = find_list(text)?;
        let keys = text.get(..at)?.split(['/', '.']).filter(|key| !key.is_empty()).map(str::to_owned).collect();
        let behind = text.get(at + list.usual_key().len()..)?.trim_start_matches('?');
        let which = which(behind.trim_start_matches(['/', '.']))?;
        Some(Self { text: text.trim().to_owned(), keys, list, which })
    }
}

/// The first segment that is the name of a list.
fn find_list(text: &str) -> Option<(List, usize)> {
    let is_segment = |at: usize, key: &str| {
        let before = text.get(..at).is_some_and(|before| before.is_empty() || before.ends_with(['/', '.']));
        before && text.get(at + key.len()..).is_some_and(|behind| behind.starts_with(['/', '.', '[', '?']))
    };
    let lists = [List::Main, List::Init].into_iter();
    let found = lists.filter_map(|list| {
        let key = list.usual_key();
        text.match_indices(key).map(|(at, _)| at).find(|at| is_segment(*at, key)).map(|at| (list, at))
    });
    found.min_by_key(|(_, at)| *at)
}

/// What the text directly behind a list selects.
fn which(text: &str) -> Option<Which> {
    let digits = |text: &str| {
        let end = text.find(|c: char| !c.is_ascii_digit()).unwrap_or(text.len());
        let is_whole = text.get(end..).is_some_and(|behind| behind.is_empty() || behind.starts_with(['/', '.', ']']));
        text.get(..end).filter(|_| is_whole).and_then(|digits| digits.parse().ok()).map(Which::Index)
    };
    let Some(inner) = text.strip_prefix('[') else {
        return if text.starts_with('*') { Some(Which::All) } else { digits(text) };
    };
    let (inner, behind) = inner.split_once(']')?;
    match inner.trim() {
        "" if behind.contains("select(") => names(behind).map(Which::Names),
        "" | "*" => Some(Which::All),
        filter if filter.starts_with(['?', '@']) => names(filter).map(Which::Names),
        filter => match filter.strip_prefix("name=") {
            Some(name) => Some(Which::Names(vec![name.trim_matches(['"', '\'']).to_owned()])),
            None => digits(filter),
        },
    }
}

/// The names that a condition compares `.name` with; `None` when it looks at anything else.
fn names(condition: &str) -> Option<Vec<String>> {
    let mut found = Vec::new();
    let mut rest = condition;
    while let Some(at) = rest.find("name") {
        rest = rest.get(at + "name".len()..)?;
        let Some(value) = rest.trim_start().strip_prefix("==") else { continue };
        let value = value.trim_start();
        let quote = value.chars().next().filter(|c| matches!(c, '"' | '\''))?;
        let (name, behind) = value.get(1..)?.split_once(quote)?;
        found.push(name.to_owned());
        rest = behind;
    }
    (!found.is_empty()).then_some(found)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_path_is_read_in_the_notation_of_each_tool() {
        let read =
            |text: &str| Pointer::read(text).map(|pointer| (pointer.keys.join("."), pointer.list, pointer.which));
        let template = || "spec.template.spec".to_owned();
        let named = |names: &[&str]| Which::Names(names.iter().map(|name| (*name).to_owned()).collect());
        let main = |which| Some((template(), List::Main, which));
        // JSON pointers: RFC 6902 patches, Argo CD's `jsonPointers`.
        assert_eq!(read("/spec/template/spec/containers/1/image"), main(Which::Index(1)));
        assert_eq!(read("/spec/containers/10"), Some(("spec".to_owned(), List::Main, Which::Index(10))));
        assert_eq!(read("/spec/template/spec/initContainers/0/args"), Some((template(), List::Init, Which::Index(0))));
        // An addition at the end, and the list as a whole, go to no entry.
        assert_eq!(read("/spec/template/spec/containers/-"), None);
        assert_eq!(read("/spec/template/spec/containers"), None);
        // kustomize's replacements.
        assert_eq!(read("spec.template.spec.containers.[name=proxy].image"), main(named(&["proxy"])));
        assert_eq!(read("spec.template.spec.containers.1.image"), main(Which::Index(1)));
        assert_eq!(read("spec.template.spec.containers.*.image"), main(Which::All));
        // jq: Argo CD's `jqPathExpressions`.
        assert_eq!(read(".spec.template.spec.containers[].resources"), main(Which::All));
        assert_eq!(read(".spec.template.spec.containers[2].env"), main(Which::Index(2)));
        let one_or_other = ".spec.template.spec.containers[]? | select(.name == \"a\" or .name==\"b\") | .resources";
        assert_eq!(read(one_or_other), main(named(&["a", "b"])));
        assert_eq!(read(".spec.template.spec.containers[] | select(.image | test(\"x\"))"), None);
        // JSONPath: OpenShift's image triggers.
        assert_eq!(read("spec.template.spec.containers[?(@.name==\"web\")].image"), main(named(&["web"])));
        // Other fields.
        assert_eq!(read("/spec/template/spec/ephemeralContainers/0"), None);
        assert_eq!(read("/spec/replicas"), None);
        assert_eq!(read("/metadata/annotations/my.containers~1x/0"), None);
    }
}
