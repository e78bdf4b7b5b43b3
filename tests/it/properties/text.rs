//! The text of a generated pod, as it is and as the manual's layouts (a) to (d) say that it must become.

use super::chunk::{Chunk, pad};
use super::pod::{Below, Entry, Init, List, Place, Pod, Stay};

/// What must come out.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Expected {
    pub(super) text: String,
    /// Whether the text is known byte for byte; else only its values are.
    pub(super) is_exact: bool,
    /// Whether a refusal of the form is right as well.
    pub(super) may_refuse: bool,
}

/// Which lines come and go; see `layouts.md`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Layout {
    Unchanged,
    HeaderAboveTail,
    HeaderRenamed,
    HeaderShifted,
    TextMoved,
}

/// A list: before each entry what belongs to nobody.
struct Section {
    entries: Vec<(Vec<String>, Chunk)>,
    after: Vec<String>,
}

impl Pod {
    fn column(&self) -> usize {
        self.above.len() * self.step
    }

    fn key(&self, name: &str) -> String {
        let quote = if self.is_quoted { "\"" } else { "" };
        format!("{}{quote}{name}{quote}:", pad(self.column()))
    }

    pub(super) fn input(&self) -> String {
        self.join(&self.lines(Layout::Unchanged), self.ends_in_line_break)
    }

    /// The names of the selected containers.
    pub(super) fn names(&self) -> Vec<String> {
        let selected = self.selected.iter().enumerate().filter(|(_, is_selected)| **is_selected);
        selected.map(|(index, _)| format!("c{index}")).collect()
    }

    pub(super) fn expected(&self) -> Expected {
        let (main, init) = (self.main_section(), self.init_section());
        let layout = self.layout();
        let is_reordered = layout == Layout::TextMoved;
        let last = &main.entries.last().unwrap().1;
        let is_main_last = self.below == Below::Nothing
            && main.after.is_empty()
            && (self.place == Place::DirectlyAbove
                || self.place == Place::Above
                || self.place == Place::DirectlyBelow && matches!(self.init, Init::Absent));
        // The moved text took the end of the file along; the line that is the last one now has its line break.
        let is_end_moved = is_reordered && is_main_last && last.is_selected;
        let all = || main.entries.iter().chain(init.iter().flat_map(|init| &init.entries)).map(|(_, chunk)| chunk);
        let is_cut_off = !self.ends_in_line_break && self.below == Below::Nothing && all().any(|one| one.ends_in_block);
        let is_crossed = is_reordered && self.crosses_anchors(&main);
        // Where the header between the lists goes, a block scalar above it may meet blank lines below it.
        let is_joined = layout == Layout::HeaderShifted && all().any(|chunk| chunk.keeps_blanks);
        let is_parted = is_reordered && all().any(|chunk| chunk.keeps_blanks);
        Expected {
            text: self.join(&self.lines(layout), self.ends_in_line_break || is_end_moved),
            is_exact: !is_cut_off && !is_crossed && !is_joined,
            may_refuse: is_cut_off || is_crossed || is_joined || is_parted,
        }
    }

    fn join(&self, lines: &[String], ends_in_line_break: bool) -> String {
        let mut text = lines.join(self.ending);
        if ends_in_line_break {
            text.push_str(self.ending);
        }
        text
    }

    /// Whether an alias and its anchor change places.
    fn crosses_anchors(&self, main: &Section) -> bool {
        let is_init_below =
            !matches!(self.init, Init::Absent) && matches!(self.place, Place::DirectlyBelow | Place::Below);
        main.entries.iter().any(|(_, chunk)| {
            chunk.alias.is_some_and(|target| {
                let anchored = main.entries[target].1.is_selected;
                if is_init_below { anchored && !chunk.is_selected } else { !anchored && chunk.is_selected }
            })
        })
    }

    fn layout(&self) -> Layout {
        let moved = self.selected.iter().filter(|one| **one).count();
        let is_head = self.selected[..moved].iter().all(|one| *one);
        let is_tail = self.selected[self.selected.len() - moved..].iter().all(|one| *one);
        match &self.init {
            _ if moved == 0 => Layout::Unchanged,
            Init::Absent if is_tail => Layout::HeaderAboveTail,
            Init::Absent if is_head => Layout::HeaderRenamed,
            // A comment next to the header that would find a new owner rules the shifted header out.
            Init::Present(init)
                if is_head
                    && !self.is_to_front
                    && self.place == Place::DirectlyAbove
                    && init.indent == self.main.indent
                    && !self.main.has_comment_below_key
                    && !(init.has_comment_at_end && self.main.entries[0].before.is_empty()) =>
            {
                Layout::HeaderShifted
            }
            _ => Layout::TextMoved,
        }
    }

    fn lines(&self, layout: Layout) -> Vec<String> {
        let kind = match self.above.len() {
            1 => ["apiVersion: v1", "kind: Pod"],
            3 => ["apiVersion: apps/v1", "kind: Deployment"],
            _ => ["apiVersion: batch/v1", "kind: CronJob"],
        };
        let mut lines: Vec<String> = kind.iter().map(ToString::to_string).collect();
        lines.extend(self.above.iter().enumerate().map(|(depth, key)| format!("{}{key}:", pad(depth * self.step))));
        let column = pad(self.column());
        let between = format!("{column}dnsPolicy: Default");
        let (init, main) = (self.init_lines(layout), self.main_lines(layout));
        let parts = match self.place {
            Place::DirectlyAbove => [init, main, vec![]],
            Place::Above => [init, vec![between], main],
            Place::DirectlyBelow => [main, init, vec![]],
            Place::Below => [main, vec![between], init],
        };
        lines.extend(parts.into_iter().flatten());
        let below: &[&str] = match self.below {
            Below::Nothing => &[],
            Below::Key => &[&format!("{column}# of the pod"), &format!("{column}restartPolicy: Never # so be it")],
            Below::Document => &["---", "# another", "kind: Service", "apiVersion: v1"],
            Below::Comment => &["# the end"],
        };
        lines.extend(below.iter().map(ToString::to_string));
        lines
    }

    fn moved(&self) -> Vec<Vec<String>> {
        let entries = self.main_section().entries.into_iter();
        entries.filter(|(_, chunk)| chunk.is_selected).map(|(_, chunk)| chunk.native).collect()
    }

    fn init_lines(&self, layout: Layout) -> Vec<String> {
        let moved = if layout == Layout::TextMoved { self.moved() } else { Vec::new() };
        match &self.init {
            Init::Absent => Vec::new(),
            Init::Empty(before, after) => {
                let behind = if layout == Layout::TextMoved { after } else { before };
                let text = format!("{}{behind}", self.key("initContainers"));
                let text = text.replace('\n', &format!("\n{}", pad(self.column())));
                text.split('\n').map(str::to_owned).chain(moved.into_iter().flatten()).collect()
            }
            Init::Present(list) => {
                let section = self.init_section().unwrap();
                let mut lines = self.header(list, "initContainers");
                let shifted = moved.iter().flatten().map(|line| shift(line, self.main.indent, list.indent));
                let mut moved: Vec<_> = shifted.collect();
                for (before, chunk) in section.entries {
                    lines.extend(before);
                    if self.is_to_front {
                        lines.append(&mut moved);
                    }
                    lines.extend(chunk.lines);
                }
                lines.extend(moved);
                lines.extend(section.after);
                lines
            }
        }
    }

    fn main_lines(&self, layout: Layout) -> Vec<String> {
        let section = self.main_section();
        let header = self.header(&self.main, "containers");
        let mut lines = Vec::new();
        if layout == Layout::TextMoved && matches!(self.init, Init::Absent) {
            lines.push(self.key("initContainers"));
            lines.extend(self.moved().into_iter().flatten());
        }
        match layout {
            Layout::HeaderShifted => {}
            Layout::HeaderRenamed => lines.extend(self.header(&self.main, "initContainers")),
            _ => lines.extend(header.clone()),
        }
        let mut was_selected = layout != Layout::HeaderAboveTail;
        for (before, chunk) in section.entries {
            lines.extend(before);
            if was_selected != chunk.is_selected {
                was_selected = chunk.is_selected;
                match layout {
                    Layout::HeaderAboveTail => lines.push(self.key("initContainers")),
                    Layout::HeaderRenamed => lines.push(self.key("containers")),
                    Layout::HeaderShifted => lines.extend(header.clone()),
                    Layout::Unchanged | Layout::TextMoved => {}
                }
            }
            match (layout, chunk.is_selected) {
                (Layout::Unchanged, _) | (_, false) => lines.extend(chunk.lines),
                (Layout::TextMoved, true) => {}
                (_, true) => lines.extend(chunk.native),
            }
        }
        lines.extend(section.after);
        lines
    }

    /// The line of a key with its comments.
    fn header(&self, list: &List, name: &str) -> Vec<String> {
        let column = self.column();
        let mut lines: Vec<_> = (0..list.head).map(|at| format!("{}# {at} of the list", pad(column))).collect();
        let comment = if list.has_comment_on_key { " # the list" } else { "" };
        lines.push(format!("{}{comment}", self.key(name)));
        if list.has_comment_below_key {
            lines.push(format!("{}# in the list", pad(column + list.indent + 1)));
        }
        lines
    }

    fn main_section(&self) -> Section {
        section(&self.main, self.column(), "c", &self.selected)
    }

    fn init_section(&self) -> Option<Section> {
        match &self.init {
            Init::Present(list) => Some(section(list, self.column(), "i", &[])),
            _ => None,
        }
    }
}

/// A line that moves from one depth to another; an empty line has no depth.
fn shift(line: &str, from: usize, to: usize) -> String {
    let depth = line.len() - line.trim_start_matches(' ').len();
    match line {
        "" => String::new(),
        _ if to >= from => format!("{}{line}", pad(to - from)),
        _ => line[depth.min(from - to)..].to_owned(),
    }
}

fn section(list: &List, column: usize, prefix: &str, selected: &[bool]) -> Section {
    let dash = column + list.indent;
    let has_anchor = |index: usize| list.entries.get(index).is_some_and(Entry::has_anchor);
    let mut entries: Vec<(Vec<String>, Chunk)> = Vec::new();
    let chunks = list.entries.iter().enumerate().map(|(index, entry)| {
        let mut chunk = entry.chunk(prefix, index, dash, &has_anchor);
        chunk.is_selected = selected.get(index).copied().unwrap_or(false);
        (stays(&entry.before, dash), chunk)
    });
    for (mut before, chunk) in chunks {
        if let Some((_, last)) = entries.last_mut() {
            last.take_blanks(&mut before);
        }
        entries.push((before, chunk));
    }
    let mut after = stays(&list.after, dash);
    if list.has_comment_at_end {
        after.push(format!("{}# at the end", pad(dash)));
    }
    if let Some((_, last)) = entries.last_mut() {
        last.take_blanks(&mut after);
    }
    Section { entries, after }
}

fn stays(stays: &[Stay], dash: usize) -> Vec<String> {
    let dash = pad(dash);
    let lines = stays.iter().flat_map(|stay| match stay {
        Stay::Blank => vec![String::new()],
        Stay::Spaces => vec![dash.clone()],
        Stay::CutOff => vec![format!("{dash}# cut off"), String::new()],
        Stay::Deep => vec![String::new(), format!("{dash}  # deep"), String::new()],
        Stay::Region => vec![format!("{dash}# [END one]"), format!("{dash}# [START two]")],
        Stay::Disabled => vec![format!("{dash}# - name: old"), format!("{dash}#   image: old")],
    });
    lines.collect()
}
