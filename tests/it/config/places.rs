use serde_yaml::{Mapping, Value};

use super::{Run, custom, init_of, pod};
use crate::model;

/// Who stands where: `initContainers` with a `*` behind native sidecars, `containers`, the place of each sidecar, and the
/// `initContainers` afterwards, or the names that have no place.
struct Case {
    init: &'static str,
    main: &'static str,
    places: &'static str,
    after: Result<&'static str, &'static str>,
}

const fn case(
    init: &'static str,
    main: &'static str,
    places: &'static str,
    after: Result<&'static str, &'static str>,
) -> Case {
    Case { init, main, places, after }
}

const CASES: &[Case] = &[
    // One sidecar beside ordinary init containers and native sidecars.
    case("", "web a", "a=Last", Ok("a*")),
    case("", "web a", "a=First", Ok("a*")),
    case("setup mesh* migrate", "web a", "a=Last", Ok("setup mesh* migrate a*")),
    case("setup mesh* migrate", "web a", "a=First", Ok("a* setup mesh* migrate")),
    case("setup mesh* migrate", "web a", "a=Before:setup", Ok("a* setup mesh* migrate")),
    case("setup mesh* migrate", "web a", "a=Before:migrate", Ok("setup mesh* a* migrate")),
    case("setup mesh* migrate", "web a", "a=After:mesh", Ok("setup mesh* a* migrate")),
    case("setup mesh* migrate", "a web", "a=After:migrate", Ok("setup mesh* migrate a*")),
    // Several keep the order of `containers`, whatever the order of the configuration.
    case("setup", "a web b c", "c=Last b=Last a=Last", Ok("setup a* b* c*")),
    case("setup", "a web b c", "c=First b=First a=First", Ok("a* b* c* setup")),
    case("setup migrate", "a web b", "b=Before:migrate a=Before:migrate", Ok("setup a* b* migrate")),
    case("setup migrate", "a web b", "b=After:setup a=After:setup", Ok("setup a* b* migrate")),
    // Different places at once.
    case("setup migrate", "a web b c", "a=Last b=First c=After:setup", Ok("b* setup c* migrate a*")),
    case("setup", "a web b", "a=Before:setup b=After:setup", Ok("a* setup b*")),
    case("setup", "a web b", "a=First b=Before:setup", Ok("a* b* setup")),
    case("setup", "a web b", "a=Last b=After:setup", Ok("setup b* a*")),
    case("setup migrate", "web a b", "a=After:setup b=Before:migrate", Ok("setup a* b* migrate")),
    // Next to another sidecar that moves.
    case("setup", "web a b", "a=After:b b=Last", Ok("setup b* a*")),
    case("setup", "web a b", "b=Before:a a=Last", Ok("setup b* a*")),
    case("setup", "web a b", "b=Before:a a=First", Ok("b* a* setup")),
    case("setup migrate", "web a b c", "a=After:b b=After:c c=After:setup", Ok("setup c* b* a* migrate")),
    case("", "web a b c", "c=Before:b b=Before:a a=Last", Ok("c* b* a*")),
    case("setup", "web a b c", "a=After:c b=After:c c=First", Ok("c* a* b* setup")),
    // No such place: the pod is left alone.
    case("setup", "web a", "a=After:other", Err("a")),
    case("setup", "web a", "a=Before:web", Err("a")),
    case("", "web a", "a=Before:setup", Err("a")),
    case("setup", "web a", "a=After:a", Err("a")),
    case("setup", "web a b", "a=After:b b=After:a", Err("a b")),
    case("setup", "web a b", "a=Last b=After:other", Err("b")),
];

impl Case {
    fn config(&self) -> String {
        let entries = self.places.split(' ').map(|one| {
            let (name, place) = one.split_once('=').unwrap();
            let (kind, target) = place.split_once(':').unwrap_or((place, ""));
            let target = if target.is_empty() { String::new() } else { format!(", container: {target}") };
            format!("- {{container: {name}, position: {{type: {kind}{target}}}}}\n")
        });
        custom(&format!("cluster: {{minVersion: '1.31'}}\nsidecars:\n{}", entries.collect::<String>()))
    }

    /// The pod with these lists, as values; `list` is `init` or what it should be.
    fn pod(&self, list: &str) -> Value {
        let is_moved = |name: &str| list.split(' ').any(|one| one.trim_end_matches('*') == name);
        let main: Vec<_> =
            self.main.split(' ').filter(|name| !is_moved(name)).map(|name| container(name, false)).collect();
        let init: Vec<_> =
            list.split_terminator(' ').map(|name| container(name.trim_end_matches('*'), name.ends_with('*'))).collect();
        let mut spec = Mapping::new();
        if !init.is_empty() {
            spec.insert("initContainers".into(), init.into());
        }
        spec.insert("containers".into(), main.into());
        let mut pod = Mapping::new();
        pod.insert("apiVersion".into(), "v1".into());
        pod.insert("kind".into(), "Pod".into());
        pod.insert("spec".into(), spec.into());
        pod.into()
    }
}

fn container(name: &str, is_native: bool) -> Value {
    let mut container = Mapping::new();
    container.insert("name".into(), name.into());
    if is_native {
        container.insert("restartPolicy".into(), "Always".into());
    }
    container.insert("image".into(), format!("{name}:1").into());
    container.into()
}

/// A pod in block style, with everything below its keys in flow style, and as JSON.
fn styles(pod: &Value) -> [String; 3] {
    let json = serde_json::to_string_pretty(pod).unwrap() + "\n";
    let flow = format!(
        "apiVersion: v1\nkind: Pod\nspec: {}\n",
        serde_json::to_string(&pod["spec"])
            .unwrap()
            .replace('"', "")
            .replace(',', ", ")
            .replace(':', ": ")
            .replace(": 1", ":1")
    );
    [serde_yaml::to_string(pod).unwrap(), flow, json]
}

#[test]
fn sidecars_go_where_their_position_says_in_every_style() {
    for case in CASES {
        let before = case.pod(case.init);
        for input in styles(&before) {
            assert_eq!(model::read(&input).unwrap(), std::slice::from_ref(&before), "the case itself:\n{input}");
            let run = Run::new(&case.config(), &input);
            let what = format!("{:?} and {:?} with {}\n{input}", case.init, case.main, case.places);
            match case.after {
                Ok(after) => {
                    let has_first_moved =
                        !case.pod(case.init)["spec"]["containers"][0].eq(&case.pod(after)["spec"]["containers"][0]);
                    let wanted = has_first_moved.then_some("info default-container-changed spec.containers[0]");
                    assert_eq!(run.told(), wanted.into_iter().collect::<Vec<_>>(), "{what}");
                    assert_eq!(init_of(&run.text).join(" "), after, "{what}");
                    assert_eq!(model::read(&run.text).unwrap(), [case.pod(after)], "{what}");
                }
                Err(misplaced) => {
                    let index = |name| case.main.split(' ').position(|one| one == name).unwrap();
                    let wanted = misplaced
                        .split(' ')
                        .map(|name| format!("error unknown-placement-container spec.containers[{}]", index(name)));
                    assert_eq!(run.told(), wanted.collect::<Vec<_>>(), "{what}");
                }
            }
        }
    }
}

#[test]
fn the_position_of_an_entry_wins_over_the_default() {
    let input =
        pod(&["web", "a", "b", "c"]).replace("spec:\n", "spec:\n  initContainers:\n  - {name: setup, image: s}\n");
    let config = "position: {type: First}\nsidecars:\n- {container: a}\n- {container: b, position: {type: Last}}\n- {container: c, position: {}}";
    // An empty position is the default of `type`, not that of `spec.position`.
    assert_eq!(init_of(&Run::new(&custom(config), &input).text), ["a*", "setup", "b*", "c*"]);
}

#[test]
fn the_first_entry_that_matches_a_container_settles_its_position() {
    let input =
        pod(&["web", "log-a", "log-b"]).replace("spec:\n", "spec:\n  initContainers:\n  - {name: setup, image: s}\n");
    let config = "sidecars:\n- {container: log-b, position: {type: First}}\n- {container: 'log-*'}";
    assert_eq!(init_of(&Run::new(&custom(config), &input).text), ["log-b*", "setup", "log-a*"]);
    let swapped = "sidecars:\n- {container: 'log-*'}\n- {container: log-b, position: {type: First}}";
    let run = Run::new(&custom(swapped), &input);
    assert_eq!(init_of(&run.text), ["setup", "log-a*", "log-b*"]);
    assert_eq!(run.told(), ["info unmatched-entry spec.sidecars[1]"]);
}
