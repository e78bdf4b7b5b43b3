//! Generated pods as parts, from which both the input and the expected output are put together.
//!
//! Nothing here reads YAML: who owns a comment is known because the comment was made for its owner.

use proptest::collection::vec;
use proptest::prelude::*;

/// A pod in block style.
#[derive(Debug, Clone)]
pub(super) struct Pod {
    /// Keys above the pod spec.
    pub(super) above: &'static [&'static str],
    /// Columns of one level above the pod spec.
    pub(super) step: usize,
    /// Whether the keys of the two lists are quoted.
    pub(super) is_quoted: bool,
    pub(super) main: List,
    /// Whether each entry of `main` is selected.
    pub(super) selected: Vec<bool>,
    pub(super) init: Init,
    /// Whether the sidecars go to the front of `initContainers`.
    pub(super) is_to_front: bool,
    pub(super) place: Place,
    pub(super) below: Below,
    pub(super) ending: &'static str,
    pub(super) ends_in_line_break: bool,
}

/// What `initContainers` is.
#[derive(Debug, Clone)]
pub(super) enum Init {
    Absent,
    /// `initContainers:` with nothing, a word for it, or an empty list: the text behind the colon, and what
    /// remains of it when entries come.
    Empty(&'static str, &'static str),
    Present(List),
}

/// Where `initContainers` stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Place {
    DirectlyAbove,
    Above,
    DirectlyBelow,
    Below,
}

/// What follows the pod's lists.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Below {
    Nothing,
    Key,
    Document,
    Comment,
}

#[derive(Debug, Clone)]
pub(super) struct List {
    /// Column of the dashes from that of the key on.
    pub(super) indent: usize,
    /// Comments above the key.
    pub(super) head: usize,
    pub(super) has_comment_on_key: bool,
    /// Whether a comment deeper than the dashes stands directly below the key.
    pub(super) has_comment_below_key: bool,
    pub(super) entries: Vec<Entry>,
    /// What stands below the last entry and belongs to nobody.
    pub(super) after: Vec<Stay>,
    /// Whether a comment at the column of the dashes ends the list; only where that is not the key's.
    pub(super) has_comment_at_end: bool,
}

/// Lines between entries that belong to none of them.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Stay {
    Blank,
    /// A line of as many spaces as stand before the dash.
    Spaces,
    /// A comment that a blank line cuts off.
    CutOff,
    /// A comment deeper than the dashes between blank lines.
    Deep,
    /// An entry that somebody switched off.
    Disabled,
    /// The marks of excerpts in documentation.
    Region,
}

#[derive(Debug, Clone)]
pub(super) struct Entry {
    pub(super) before: Vec<Stay>,
    /// Comments directly above: the columns that they stand left of the dash, at most.
    pub(super) head: Vec<usize>,
    pub(super) form: Form,
    /// Comments directly below, this many columns right of the dash.
    pub(super) tail: Vec<usize>,
}

/// How an entry is written.
#[derive(Debug, Clone)]
pub(super) enum Form {
    Block {
        /// Spaces behind the dash; `None`: a comment stands there, and the keys below.
        gap: Option<usize>,
        /// `name`, `"name"` or `'name'`.
        quote: &'static str,
        fields: Vec<(Vec<Gap>, Field)>,
        /// Place of the name among the fields.
        name_at: usize,
        has_comment_on_name: bool,
    },
    Flow {
        is_name_first: bool,
        is_on_lines: bool,
    },
}

/// Lines between the fields of a container.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Gap {
    Blank,
    Spaces,
    /// A comment at the column of the fields, or of the dash, or 0.
    Comment(u8),
}

#[derive(Debug, Clone)]
pub(super) enum Field {
    Plain {
        has_comment: bool,
    },
    QuotedKey,
    Flow {
        is_on_lines: bool,
    },
    List {
        indent: usize,
        comments: usize,
    },
    Block {
        header: &'static str,
        lines: Vec<&'static str>,
        kept: usize,
    },
    Quoted {
        quote: char,
    },
    PlainLines,
    Anchor,
    /// An alias of the anchor of the container so many places above, if there is one.
    Alias(usize),
    RestartPolicy,
}

fn field() -> impl Strategy<Value = Field> {
    let block = (
        prop::sample::select(vec!["|", "|-", "|+", ">", ">-", ">+", "|2", ">2-"]),
        vec(prop::sample::select(vec!["text", "  deeper", "# no comment", "- name: none", "", "key: value"]), 0..3),
        0usize..3,
    );
    prop_oneof![
        4 => any::<bool>().prop_map(|has_comment| Field::Plain { has_comment }),
        1 => Just(Field::QuotedKey),
        2 => any::<bool>().prop_map(|is_on_lines| Field::Flow { is_on_lines }),
        2 => (prop::sample::select(vec![0usize, 2]), 0usize..3)
            .prop_map(|(indent, comments)| Field::List { indent, comments }),
        3 => block.prop_map(|(header, lines, kept)| Field::Block { header, lines, kept }),
        1 => prop::sample::select(vec!['"', '\'']).prop_map(|quote| Field::Quoted { quote }),
        1 => Just(Field::PlainLines),
        1 => Just(Field::Anchor),
        1 => (1usize..3).prop_map(Field::Alias),
        1 => Just(Field::RestartPolicy),
    ]
}

fn form() -> impl Strategy<Value = Form> {
    let gap = prop_oneof![3 => Just(Vec::new()), 1 => vec(prop_oneof![Just(Gap::Blank), Just(Gap::Spaces), (0u8..3).prop_map(Gap::Comment)], 1..3)];
    let block = (
        prop_oneof![6 => Just(Some(1)), 1 => Just(Some(3)), 1 => Just(None)],
        prop_oneof![5 => Just(""), 1 => Just("\""), 1 => Just("'")],
        vec((gap, field()), 0..4),
        0usize..4,
        prop::bool::weighted(0.2),
    );
    prop_oneof![
        8 => block.prop_map(|(gap, quote, fields, name_at, has_comment_on_name)| Form::Block {
            gap, quote, fields, name_at, has_comment_on_name
        }),
        1 => any::<(bool, bool)>().prop_map(|(is_name_first, is_on_lines)| Form::Flow { is_name_first, is_on_lines }),
    ]
}

fn stays() -> impl Strategy<Value = Vec<Stay>> {
    let stay =
        prop::sample::select(vec![Stay::Blank, Stay::Spaces, Stay::CutOff, Stay::Deep, Stay::Disabled, Stay::Region]);
    prop_oneof![3 => Just(Vec::new()), 1 => vec(stay, 1..3)]
}

fn entry() -> impl Strategy<Value = Entry> {
    let head = prop_oneof![2 => Just(Vec::new()), 1 => vec(0usize..3, 1..3)];
    let tail = prop_oneof![5 => Just(Vec::new()), 1 => vec(1usize..3, 1..3)];
    (stays(), head, form(), tail).prop_map(|(before, head, form, tail)| Entry { before, head, form, tail })
}

fn list(entries: std::ops::RangeInclusive<usize>) -> impl Strategy<Value = List> {
    let head = prop_oneof![3 => Just(0), 1 => 1usize..3];
    let rare = || prop::bool::weighted(0.1);
    (prop::sample::select(vec![0usize, 2, 4]), head, (rare(), rare(), rare()), vec(entry(), entries), stays()).prop_map(
        |(indent, head, (has_comment_on_key, has_comment_below_key, has_comment_at_end), entries, after)| List {
            indent,
            head,
            has_comment_on_key,
            has_comment_below_key,
            entries,
            after,
            has_comment_at_end: has_comment_at_end && indent > 0,
        },
    )
}

const EMPTY: &[(&str, &str)] = &[
    ("", ""),
    (" # none", " # none"),
    (" null", ""),
    (" ~", ""),
    (" []", ""),
    (" [ ]", ""),
    (" [] # none", " # none"),
    ("\n  []", ""),
    (" # none\n  null", " # none"),
];

fn init() -> impl Strategy<Value = Init> {
    prop_oneof![
        4 => Just(Init::Absent),
        1 => prop::sample::select(EMPTY).prop_map(|(before, after)| Init::Empty(before, after)),
        4 => list(1..=2).prop_map(Init::Present),
    ]
}

/// Any pod with one to five containers, any of them selected.
pub(super) fn pod() -> impl Strategy<Value = Pod> {
    let above: Vec<&'static [&'static str]> =
        vec![&["spec"], &["spec", "template", "spec"], &["spec", "jobTemplate", "spec", "template", "spec"]];
    let place = vec![Place::DirectlyAbove, Place::Above, Place::DirectlyBelow, Place::Below];
    let below = vec![Below::Nothing, Below::Key, Below::Document, Below::Comment];
    (
        (prop::sample::select(above), prop::sample::select(vec![2usize, 4]), prop::bool::weighted(0.1)),
        list(1..=5),
        vec(any::<bool>(), 5),
        init(),
        (prop::sample::select(place), prop::sample::select(below)),
        (prop::bool::weighted(0.1), prop::bool::weighted(0.8), prop::bool::weighted(0.2)),
    )
        .prop_map(
            |(
                (above, step, is_quoted),
                main,
                selected,
                init,
                (place, below),
                (is_crlf, ends_in_line_break, is_to_front),
            )| Pod {
                above,
                step,
                is_quoted,
                selected: selected[..main.entries.len()].to_vec(),
                main,
                init,
                is_to_front,
                place,
                below,
                ending: if is_crlf { "\r\n" } else { "\n" },
                ends_in_line_break,
            },
        )
}
