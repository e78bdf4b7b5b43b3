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
    compare(mapping, &tree, node)
}

fn compare(mapping: Mapping<'_>, tree: &Tree<'_>, node: Option<NodeId>) -> usize {
    if mapping.get([]).is_none() {
        return 0;
    }
    let node = node.unwrap_or_else(|| panic!("what is certain is read: {}", tree.text));
    assert_eq!(tree.node(node).kind, Kind::Mapping(Style::Block), "{}", tree.text);
    let skimmed: Vec<_> = mapping.pairs().map(|pair| pair.expect("all pairs are certain")).collect();
    let keys: Vec<_> = tree.pairs(node).map(|(key, _)| tree.scalar(key).unwrap_or("no scalar")).collect();
    assert_eq!(skimmed.iter().map(|(key, _)| *key).collect::<Vec<_>>(), keys, "{}", tree.text);
    let mut certain = 0;
    for ((key, skimmed), (_, value)) in skimmed.into_iter().zip(tree.pairs(node)) {
        if let Some(scalar) = skimmed.scalar() {
            assert_eq!(tree.scalar(value), Some(scalar), "{key} in {}", tree.text);
            certain += 1;
        }
        if let Some(below) = skimmed.mapping() {
            certain += compare(below, tree, Some(value));
        }
    }
    certain
}
