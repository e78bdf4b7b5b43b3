//! What a look at the lines says of a mapping is what the parser reads.

use convert_sidecars::yaml::parse::parse_any;
use convert_sidecars::yaml::skim::Mapping;
use convert_sidecars::yaml::tree::{Kind, NodeId, Style, Tree};

/// Compares a text as a document, and as the only entry of a list; how many values were certain.
pub(crate) fn check(text: &str) -> usize {
    let entry: String = text.split_inclusive('\n').map(|line| format!("  {line}")).collect();
    let entry = entry.replacen("  ", "- ", 1);
    [(text, Mapping::of_document(text), false), (&entry, Mapping::of_entry(&entry), true)]
        .into_iter()
        .map(|(text, mapping, is_entry)| mapping.map_or(0, |mapping| compare_whole(text, mapping, is_entry)))
        .sum()
}

fn compare_whole(text: &str, mapping: Mapping<'_>, is_entry: bool) -> usize {
    let Ok(tree) = parse_any(text) else { return 0 };
    let only = |nodes: &[NodeId]| <[NodeId; 1]>::try_from(nodes).ok().map(|[node]| node);
    let root = only(&tree.roots);
    let node = if is_entry { root.and_then(|root| only(tree.entries(root))) } else { root };
    node.map_or(0, |node| compare(mapping, &tree, node))
}

fn compare(mapping: Mapping<'_>, tree: &Tree<'_>, node: NodeId) -> usize {
    if let Some(pairs) = mapping.pairs().collect::<Option<Vec<_>>>() {
        assert_eq!(tree.node(node).kind, Kind::Mapping(Style::Block), "{}", tree.text);
        let found: Vec<_> = tree.pairs(node).map(|(key, _)| tree.scalar(key).unwrap_or("no scalar")).collect();
        assert_eq!(pairs.iter().map(|(key, _)| *key).collect::<Vec<_>>(), found, "{}", tree.text);
    }
    let absent = mapping.get(["no-such-key"]).is_none_or(|[found]| found.is_none());
    assert!(absent, "{}", tree.text);
    let mut certain = 0;
    let mut keys: Vec<_> = tree.pairs(node).filter_map(|(key, _)| tree.scalar(key)).collect();
    keys.extend(mapping.pairs().map_while(|pair| pair.map(|(key, _)| key)));
    for key in keys {
        let Some([found]) = mapping.get([key]) else { continue };
        let found = found.unwrap_or_else(|| panic!("{key} is missed in {}", tree.text));
        let value = tree.get(node, key).unwrap_or_else(|| panic!("there is no {key} in {}", tree.text));
        if let Some(scalar) = found.scalar() {
            assert_eq!(tree.scalar(value), Some(scalar), "{key} in {}", tree.text);
            certain += 1;
        }
        if let Some(below) = found.mapping() {
            certain += compare(below, tree, value);
        }
    }
    certain
}
