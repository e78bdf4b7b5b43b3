use proptest::collection::vec;
use proptest::prelude::*;

use super::check;
use crate::{model, support};

/// A pod in block style with its containers in flow style.
#[derive(Debug, Clone)]
struct Pod {
    /// `initContainers` as lines, with a `\n` for each line break.
    init: &'static str,
    is_init_above: bool,
    containers: Vec<Container>,
    is_on_lines: bool,
    brackets: Brackets,
}

/// How the list is closed.
#[derive(Debug, Clone, Copy)]
struct Brackets {
    has_last_comma: bool,
    is_on_own_line: bool,
    has_space_inside: bool,
}

#[derive(Debug, Clone)]
struct Container {
    is_selected: bool,
    /// The fields, with `NAME` for the name.
    text: &'static str,
    is_commented_above: bool,
    is_commented_behind: bool,
}

const FIELDS: &[&str] = &[
    "{name: NAME}",
    "{ name: NAME, image: \"a, b\" }",
    "{\"name\": \"NAME\", \"args\": [\"}\"]}",
    "{image: x, name: 'NAME'}",
    "{name: NAME,\n      image: x}",
    "{\n      image: x,\n      name: NAME\n    }",
    "{name: NAME, restartPolicy: Always, args: [{a: b}, ]}",
];

const INIT: &[&str] = &[
    "",
    "  initContainers:\n",
    "  initContainers: null\n",
    "  initContainers: []\n",
    "  initContainers:\n    []\n",
    "  initContainers: [{name: i0}]\n",
    "  initContainers: [\n    {name: i0},\n    {name: i1}\n  ]\n",
    "  initContainers:\n  - name: i0\n    image: x\n",
    "  initContainers:\n    - name: i0 # of i0\n    - {name: i1} # of i1\n",
];

fn pod() -> impl Strategy<Value = Pod> {
    let comment = || prop::bool::weighted(0.2);
    let container = (any::<bool>(), prop::sample::select(FIELDS), comment(), comment()).prop_map(
        |(is_selected, text, is_commented_above, is_commented_behind)| Container {
            is_selected,
            text,
            is_commented_above,
            is_commented_behind,
        },
    );
    (prop::sample::select(INIT), vec(container, 2..5), any::<[bool; 5]>()).prop_map(|(init, containers, flags)| {
        let [is_init_above, is_on_lines, has_last_comma, is_on_own_line, has_space_inside] = flags;
        let brackets = Brackets { has_last_comma, is_on_own_line, has_space_inside };
        Pod { init, is_init_above, containers, is_on_lines, brackets }
    })
}

impl Pod {
    fn has_comments(&self) -> bool {
        let is_commented = |one: &Container| one.is_commented_above || one.is_commented_behind;
        self.is_on_lines && self.containers.iter().any(is_commented)
    }

    fn text(&self) -> String {
        let mut list = String::from("  containers: [");
        let space = if self.brackets.has_space_inside { " " } else { "" };
        list.push_str(if self.is_on_lines { "\n" } else { space });
        for (index, container) in self.containers.iter().enumerate() {
            let name = format!("c{index}");
            let is_last = index + 1 == self.containers.len();
            let comma = if is_last && !self.brackets.has_last_comma { "" } else { "," };
            let text = format!("{}{comma}", container.text.replace("NAME", &name));
            if !self.is_on_lines {
                list.push_str(&format!("{text}{}", if is_last { space } else { " " }));
                continue;
            }
            if container.is_commented_above {
                list.push_str(&format!("    # above {name}\n"));
            }
            let comment = if container.is_commented_behind { format!(" # of {name}") } else { String::new() };
            let end = if is_last && !self.brackets.is_on_own_line && comment.is_empty() { "" } else { "\n" };
            list.push_str(&format!("    {text}{comment}{end}"));
        }
        list.push_str(if list.ends_with('\n') { "  ]\n" } else { "]\n" });
        let (above, below) = if self.is_init_above { (self.init, "") } else { ("", self.init) };
        format!("apiVersion: v1\nkind: Pod\nspec:\n{above}{list}{below}  dnsPolicy: Default # of the pod\n")
    }
}

/// The names that the comments with this mark carry.
fn commented_names(text: &str, mark: &str) -> Vec<String> {
    let comments = text.lines().filter_map(|line| line.split_once(mark));
    comments.map(|(_, name)| name.to_owned()).collect()
}

/// Without comments between the members no form is refused; with them, each stays with its container.
#[test]
fn generated_lists_in_flow_style_keep_values_and_comments() {
    check(800, pod(), |pod| {
        let input = pod.text();
        let selected = pod.containers.iter().enumerate().filter(|(_, one)| one.is_selected);
        let names: Vec<String> = selected.map(|(index, _)| format!("c{index}")).collect();
        let names: Vec<&str> = names.iter().map(String::as_str).collect();
        let answer = support::convert_anyway(&input, &names);
        if answer.failed {
            let is_whole = names.len() == pod.containers.len();
            let rule = if is_whole { "error no-main-container " } else { "error unsupported-yaml " };
            prop_assert!(answer.diagnostics[0].starts_with(rule), "{:?}\n{}", answer.diagnostics, input);
            prop_assert!(is_whole || pod.has_comments(), "{:?}\n{}", answer.diagnostics, input);
            prop_assert_eq!(answer.text, input);
            return Ok(());
        }
        let mut wanted = model::read(&input).map_err(|error| TestCaseError::fail(format!("{error}\n{input}")))?;
        for document in &mut wanted {
            model::convert(document, &names);
        }
        prop_assert_eq!(model::read(&answer.text), Ok(wanted), "\n{}\nfrom\n{}", answer.text, input);
        for mark in ["# of ", "# above "] {
            let (mut before, mut after) = (commented_names(&input, mark), commented_names(&answer.text, mark));
            before.sort();
            after.sort();
            prop_assert_eq!(before, after, "\n{}\nfrom\n{}", answer.text, input);
        }
        let lines: Vec<_> = answer.text.lines().collect();
        for pair in lines.windows(2) {
            if let Some((_, name)) = pair[0].split_once("# above ") {
                let is_owner = pair[1].contains(name) || pair[1].ends_with('{');
                prop_assert!(is_owner, "{}\n{}\nfrom\n{}", name, answer.text, input);
            }
            if let Some((owner, name)) = pair[1].split_once("# of ").filter(|(_, name)| *name != "the pod") {
                let is_owner = owner.contains(name) || owner.contains("image: x}") || owner.trim().starts_with('}');
                prop_assert!(is_owner, "{}\n{}\nfrom\n{}", name, answer.text, input);
            }
        }
        prop_assert_eq!(&support::convert_anyway(&answer.text, &names).text, &answer.text);
        Ok(())
    });
}
