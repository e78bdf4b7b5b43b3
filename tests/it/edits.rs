use convert_sidecars::krm::resource::{Shape, read};
use convert_sidecars::locate::locate;
use convert_sidecars::lower::{Place, lower};
use convert_sidecars::propose::Op;
use convert_sidecars::verify::{Plan, verify};
use convert_sidecars::yaml::edit::Edits;
use convert_sidecars::yaml::new::New;
use convert_sidecars::yaml::path::{Path, Step};

/// Reads `spec.containers[1].args` as a path.
fn path(text: &str) -> Path {
    let steps = text.split('.').flat_map(|part| {
        let mut pieces = part.split('[');
        let key = pieces.next().filter(|key| !key.is_empty()).map(|key| Step::Key(key.replace('|', ".").into()));
        let indexes = pieces.map(|index| Step::Index(index.trim_end_matches(']').parse().unwrap()));
        key.into_iter().chain(indexes).collect::<Vec<_>>()
    });
    Path(steps.collect())
}

fn add(at: &str, key: &str, value: New) -> Op {
    Op::Add { at: path(at), key: key.to_owned(), value }
}

fn replace(at: &str, key: &str, value: New) -> Op {
    Op::Replace { at: path(at), key: key.to_owned(), value }
}

fn remove(at: &str, key: &str) -> Op {
    Op::Remove { at: path(at), key: key.to_owned(), with_comments: true }
}

fn append(list: &str, value: &str) -> Op {
    Op::Append { list: path(list), value: New::text(value) }
}

fn drop_entry(list: &str, index: usize) -> Op {
    Op::Drop { list: path(list), index }
}

/// The second container moves; `ops` are what else changes.
fn with_move(mut ops: Vec<Op>) -> Vec<Op> {
    ops.insert(0, add("spec.containers[1]", "restartPolicy", New::text("Always")));
    let (from, to) = (path("spec.containers[1]"), path("spec.initContainers"));
    ops.push(Op::Move { from, to, before: None });
    ops
}

/// What the ops make of the text: lowered, applied and verified.
fn edited(text: &str, ops: Vec<Op>) -> Result<String, String> {
    carried_out(text, with_move(ops))
}

fn carried_out(text: &str, ops: Vec<Op>) -> Result<String, String> {
    let (tree, object) = read(text, Shape::Document).unwrap().unwrap();
    let pods = locate(&tree, object, &[]);
    let place = Place::new(&tree, object, &|_| false);
    let edits = lower(&place, &pods[0], &ops).map_err(|finding| finding.message)?;
    let written = Edits::new(edits).unwrap().apply(text);
    let plan = Plan { tree: &tree, object, shape: Shape::Document, pods: &pods, ops: &ops };
    verify(&plan, &written).unwrap_or_else(|why| panic!("{why}:\n{written}"));
    Ok(written)
}

const POD: &str = "\
apiVersion: v1
kind: Pod
metadata:
  name: web
  annotations:
    one: \"1\" # first
spec:
  containers:
  - name: web
    image: web:1
  - name: proxy
    image: proxy:1
    # how it listens
    args:
    - --port=1
    # asks to be stopped
    - --quit # at once
    - --verbose
    # leaves with the app
    lifecycle:
      # by request
      preStop:
        httpGet: {path: /quit, port: 1}
      postStart:
        exec: {command: [wait]}
    env:
    - name: A
      value: b
";

fn compare(ops: Vec<Op>, from: &str, to: &str) {
    let plain = edited(POD, Vec::new()).unwrap();
    assert!(plain.contains(from), "{plain}");
    assert_eq!(edited(POD, ops).unwrap(), plain.replace(from, to));
}

#[test]
fn a_removed_key_takes_its_own_comments_along_and_no_others() {
    compare(
        vec![remove("spec.containers[1].lifecycle", "preStop")],
        "      # by request\n      preStop:\n        httpGet: {path: /quit, port: 1}\n",
        "",
    );
    compare(
        vec![remove("spec.containers[1]", "lifecycle")],
        "    # leaves with the app\n    lifecycle:\n      # by request\n      preStop:\n        httpGet: {path: /quit, port: 1}\n      postStart:\n        exec: {command: [wait]}\n",
        "",
    );
}

#[test]
fn entries_come_and_go_in_the_style_of_their_list() {
    compare(
        vec![drop_entry("spec.containers[1].args", 1), append("spec.containers[1].args", "--health=on")],
        "    # asks to be stopped\n    - --quit # at once\n    - --verbose\n",
        "    - --verbose\n    - --health=on\n",
    );
    // A text that some reader takes for something else is quoted.
    compare(vec![append("spec.containers[1].args", "yes")], "    - --verbose\n", "    - --verbose\n    - \"yes\"\n");
    let variable = [("name", "B"), ("value", "on")].map(|(key, value)| (key.to_owned(), New::text(value)));
    compare(
        vec![Op::Append { list: path("spec.containers[1].env"), value: New::Map(variable.to_vec()) }],
        "    - name: A\n      value: b\n",
        "    - name: A\n      value: b\n    - name: B\n      value: \"on\"\n",
    );
    let flow = POD.replace(
        "    args:\n    - --port=1\n    # asks to be stopped\n    - --quit # at once\n    - --verbose\n",
        "    args: ['--port=1', '--quit', '--verbose']\n",
    );
    let dropped = edited(&flow, vec![drop_entry("spec.containers[1].args", 1)]).unwrap();
    assert!(dropped.contains("    args: ['--port=1', '--verbose']\n"), "{dropped}");
    let appended = edited(&flow, vec![append("spec.containers[1].args", "--health=on")]).unwrap();
    assert!(appended.contains("    args: ['--port=1', '--quit', '--verbose', '--health=on']\n"), "{appended}");
}

#[test]
fn values_are_replaced_where_they_stand() {
    let sleep =
        New::Map(vec![("sleep".to_owned(), New::Map(vec![("seconds".to_owned(), New::Literal("5".to_owned()))]))]);
    compare(
        vec![replace("spec.containers[1].lifecycle", "preStop", sleep)],
        "      preStop:\n        httpGet: {path: /quit, port: 1}\n",
        "      preStop:\n        sleep:\n          seconds: 5\n",
    );
    compare(
        vec![replace("spec.containers[1].env[0]", "value", New::text("/a.b:c"))],
        "      value: b\n",
        "      value: /a.b:c\n",
    );
    // In flow style it stays on its line, and so does the comment behind it.
    let sleep = New::Map(vec![("sleep".to_owned(), New::Text("5".to_owned()))]);
    let flow = POD.replace(
        "      preStop:\n        httpGet: {path: /quit, port: 1}\n",
        "      preStop: {httpGet: {port: 1}} # by HTTP\n",
    );
    let replaced = edited(&flow, vec![replace("spec.containers[1].lifecycle", "preStop", sleep)]).unwrap();
    assert!(replaced.contains("      # by request\n      preStop: {sleep: \"5\"} # by HTTP\n"), "{replaced}");
}

#[test]
fn keys_are_added_to_mappings_around_the_container() {
    compare(
        vec![add("metadata.annotations", "example.com/native", New::text("true"))],
        "    one: \"1\" # first\n",
        "    one: \"1\" # first\n    example.com/native: \"true\"\n",
    );
    let flow = POD.replace("  annotations:\n    one: \"1\" # first\n", "  annotations: {\"one\": \"1\"}\n");
    let added = edited(&flow, vec![add("metadata.annotations", "example.com/native", New::text("true"))]).unwrap();
    assert!(added.contains("  annotations: {\"one\": \"1\", \"example.com/native\": \"true\"}\n"), "{added}");
}

#[test]
fn a_form_that_leaves_a_doubt_is_refused() {
    let refused = |text: &str, op: Op, why: &str| {
        let error = edited(text, vec![op]).unwrap_err();
        assert!(error.contains(why), "{error}");
    };
    let with_anchor = POD.replace("- --quit # at once", "- &quit --quit").replace("value: b", "value: *quit");
    refused(&with_anchor, drop_entry("spec.containers[1].args", 1), "an anchor that is used in another place");
    refused(&with_anchor, replace("spec.containers[1].env[0]", "value", New::text("c")), "is an alias");
    let first = POD.replace("  - name: proxy\n    image: proxy:1\n", "  - image: proxy:1\n    name: proxy\n");
    refused(&first, remove("spec.containers[1]", "image"), "behind another token");
    refused(POD, remove("spec.containers[1].env[0].value", "x"), "no mapping");
    refused(POD, append("spec.containers[1].lifecycle", "x"), "no list of its own");
    let twice = POD.replace("      value: b\n", "      value: b\n      value: c\n");
    refused(&twice, replace("spec.containers[1].env[0]", "value", New::text("d")), "more than once");
    let block = POD.replace("    - --port=1\n", "    - |+\n      --port=1\n");
    refused(&block, drop_entry("spec.containers[1].args", 1), "a block scalar above");
}

/// A block scalar ends where the text is less indented, but for one that keeps the blank lines below it.
#[test]
fn a_block_scalar_above_stays_as_it_is() {
    let block = POD.replace("    - --port=1\n", "    - |\n      --port=1\n");
    let dropped = edited(&block, vec![drop_entry("spec.containers[1].args", 1)]).unwrap();
    assert!(dropped.contains("    - |\n      --port=1\n    - --verbose\n"), "{dropped}");
    let last = POD.replace("    - --verbose\n", "    - |\n      --verbose\n");
    let appended = edited(&last, vec![append("spec.containers[1].args", "--health=on")]).unwrap();
    assert!(appended.contains("    - |\n      --verbose\n    - --health=on\n"), "{appended}");
    let kept = POD.replace("    - --verbose\n", "    - |+\n      --verbose\n\n");
    assert!(edited(&kept, vec![append("spec.containers[1].args", "--health=on")]).is_err());
    let note = POD.replace("    one: \"1\" # first\n", "    one: |\n      1\n");
    let added = edited(&note, vec![add("metadata.annotations", "two", New::text("2"))]).unwrap();
    assert!(added.contains("    one: |\n      1\n    two: \"2\"\n"), "{added}");
}

/// What moves away stood between a block scalar and lines that now follow it.
#[test]
fn a_block_scalar_that_would_grow_is_refused() {
    let list = |header: &str, gap: &str| {
        format!(
            "apiVersion: v1\nkind: Pod\nspec:\n  containers:\n  - name: web\n    args:\n    - {header}\n      one\n  - name: proxy\n    image: proxy:1\n{gap}  - name: last\n    image: last:1\n"
        )
    };
    let moved = edited(&list("|+", ""), Vec::new()).unwrap();
    assert!(moved.contains("    - |+\n      one\n  - name: last\n"), "{moved}");
    let moved = edited(&list("|", "\n"), Vec::new()).unwrap();
    assert!(moved.contains("    - |\n      one\n\n  - name: last\n"), "{moved}");
    let moved = edited(&list("|", "      \n"), Vec::new()).unwrap();
    assert!(moved.contains("      one\n      \n  - name: last\n"), "{moved}");
    // `+` keeps the empty lines below the text, and spaces beyond its indentation are text.
    let why = edited(&list("|", "        \n"), Vec::new()).unwrap_err();
    assert!(why.contains("a block scalar above the container would swallow"), "{why}");
    let why = edited(&list("|+", "\n"), Vec::new()).unwrap_err();
    assert!(why.contains("a block scalar above the container would swallow"), "{why}");
}

/// A block scalar that ends with the file has no last line break, and would get one.
#[test]
fn a_block_scalar_that_the_end_of_the_file_cuts_off_stays_there() {
    let main = "  containers:\n  - name: web\n  - name: proxy\n    args: [a]\n";
    let init = "  initContainers:\n  - name: first\n    args: [a]\n";
    let block = |lists: &str| lists.replacen("args: [a]", "args:\n    - |\n      one", 1);
    for (lists, why) in [
        (format!("{init}{}", block(main)), "no line break behind it, and moving it would add one"),
        (format!("{main}{}", block(init)), "`initContainers` ends in a block scalar"),
    ] {
        let text = format!("apiVersion: v1\nkind: Pod\nspec:\n{lists}");
        assert!(edited(&text, Vec::new()).is_ok());
        let error = edited(text.trim_end(), Vec::new()).unwrap_err();
        assert!(error.contains(why), "{error}");
    }
}

/// Comments between the entries of a list in flow style go with their lines, so each entry needs its own.
#[test]
fn a_commented_list_in_flow_style_has_its_entries_on_lines_of_their_own() {
    let list =
        |entries: &str| format!("apiVersion: v1\nkind: Pod\nspec:\n  containers: [\n    # serves\n{entries}  ]\n");
    let text = list("    {name: web},\n    # proxies\n    {name: proxy},\n    {name: last}\n");
    let moved = "  initContainers: [\n    # proxies\n    {name: proxy, restartPolicy: Always},\n  ]\n";
    let wanted = text
        .replace("    # proxies\n    {name: proxy},\n", "")
        .replace("  containers", &format!("{moved}  containers"));
    assert_eq!(edited(&text, Vec::new()).unwrap(), wanted);
    for shared in
        ["    {name: web},\n    {name: proxy}, {name: last}\n", "    {name: web}, {name: proxy},\n    {name: last}\n"]
    {
        let why = edited(&list(shared), Vec::new()).unwrap_err();
        assert!(why.contains("share a line"), "{why}");
    }
}

#[test]
fn a_new_list_in_flow_style_has_the_commas_of_its_neighbours() {
    let side = "{name: proxy, restartPolicy: Always}";
    for (before, wanted) in [
        (
            "{nodeName: n, containers: [{name: web}, {name: proxy}]}",
            "{nodeName: n, initContainers: [SIDE], containers: [{name: web}]}",
        ),
        (
            "{nodeName: n,containers: [{name: web},{name: proxy}]}",
            "{nodeName: n,initContainers: [SIDE],containers: [{name: web}]}",
        ),
        (
            "{nodeName: n,\n  hostname: h, containers: [{name: web}, {name: proxy}]}",
            "{nodeName: n,\n  hostname: h, initContainers: [SIDE], containers: [{name: web}]}",
        ),
        (
            "{initContainers: [{name: a}], containers: [{name: web}, {name: proxy}]}",
            "{initContainers: [{name: a}, SIDE], containers: [{name: web}]}",
        ),
    ] {
        let text = |spec: &str| format!("apiVersion: v1\nkind: Pod\nspec: {spec}\n");
        let wanted = wanted.replace("SIDE", side);
        let moved = edited(&text(before), Vec::new()).unwrap();
        assert_eq!(moved, text(&wanted), "{before}");
    }
    for init in ["[\n    # first\n    {name: a}]", "[ # none\n    ]"] {
        let text = format!(
            "apiVersion: v1\nkind: Pod\nspec: {{initContainers: {init}, containers: [{{name: web}}, {{name: proxy}}]}}\n"
        );
        let why = edited(&text, Vec::new()).unwrap_err();
        assert!(why.contains("comments stand in `initContainers`"), "{why}");
    }
}

#[test]
fn a_list_is_replaced_wherever_its_key_stands() {
    let list = || New::List(vec![New::text("--one"), New::text("2")]);
    let first = POD.replace(
        "  - name: proxy\n    image: proxy:1\n    # how it listens\n    args:\n    - --port=1\n    # asks to be stopped\n    - --quit # at once\n    - --verbose\n",
        "  - args:\n    - --port=1\n    name: proxy\n",
    );
    let replaced = edited(&first, vec![replace("spec.containers[1]", "args", list())]).unwrap();
    assert!(replaced.contains("  - args:\n    - --one\n    - \"2\"\n    name: proxy\n    restart"), "{replaced}");
    for nothing in ["", " null", " ~"] {
        let empty = POD.replace(
            "    args:\n    - --port=1\n    # asks to be stopped\n    - --quit # at once\n    - --verbose\n",
            &format!("    args:{nothing}\n"),
        );
        let replaced = edited(&empty, vec![replace("spec.containers[1]", "args", list())]).unwrap();
        assert!(replaced.contains("    args: [--one, \"2\"]\n    # leaves"), "{replaced}");
    }
    let flow = POD.replace("{path: /quit, port: 1}", "{path: /quit, port: }");
    let op = replace("spec.containers[1].lifecycle.preStop.httpGet", "port", New::Literal("2".to_owned()));
    assert!(edited(&flow, vec![op]).is_err());
}

/// The list of variables, the container, its pod and the template all end in one place.
#[test]
fn what_is_added_to_several_mappings_that_end_together_comes_out_from_the_inside() {
    let input = "\
apiVersion: apps/v1
kind: Deployment
spec:
  template:
    spec:
      containers:
      - name: web
        image: web:1
      - name: proxy
        image: proxy:1
        env:
        - name: A
          value: b
";
    let wanted = "\
apiVersion: apps/v1
kind: Deployment
spec:
  template:
    metadata:
      annotations:
        example.com/native: \"true\"
    spec:
      containers:
      - name: web
        image: web:1
      initContainers:
      - name: proxy
        restartPolicy: Always
        image: proxy:1
        env:
        - name: A
          value: b
        - name: B
          value: c
        lifecycle:
          preStop:
            sleep:
              seconds: 5
    other: 5
";
    let map =
        |pairs: &[(&str, New)]| New::Map(pairs.iter().map(|(key, one)| ((*key).to_owned(), one.clone())).collect());
    let at = "spec.template.spec.containers[1]";
    let variable = map(&[("name", New::text("B")), ("value", New::text("c"))]);
    let sleep = map(&[("preStop", map(&[("sleep", map(&[("seconds", New::Literal("5".to_owned()))]))]))]);
    let annotations = map(&[("annotations", map(&[("example.com/native", New::text("true"))]))]);
    let ops = vec![
        add("spec.template", "metadata", annotations),
        add("spec.template", "other", New::Literal("5".to_owned())),
        add(at, "restartPolicy", New::text("Always")),
        add(at, "lifecycle", sleep),
        Op::Append { list: path(&format!("{at}.env")), value: variable },
        Op::Move { from: path(at), to: path("spec.template.spec.initContainers"), before: None },
    ];
    assert_eq!(carried_out(input, ops).unwrap(), wanted);
}

#[test]
fn what_goes_leaves_one_blank_line_where_there_were_two() {
    let spaced = POD
        .replace("    # leaves with the app\n", "\n    # leaves with the app\n")
        .replace("    env:\n", "\n    env:\n");
    let removed = edited(&spaced, vec![remove("spec.containers[1]", "lifecycle")]).unwrap();
    assert!(removed.contains("    - --verbose\n\n    env:\n"), "{removed}");
}

#[test]
fn init_containers_change_places_with_their_comments() {
    let input = "\
apiVersion: v1
kind: Pod
spec:
  containers:
  - name: web
    image: web:1
  # the mesh
  - name: proxy
    image: proxy:1
  initContainers:
    # first
    - name: migrate
      image: migrate:1
    - name: check
      image: check:1
    # redirects
    - name: redirect # all of it
      image: redirect:1
";
    let wanted = "\
apiVersion: v1
kind: Pod
spec:
  containers:
  - name: web
    image: web:1
  initContainers:
    # redirects
    - name: redirect # all of it
      image: redirect:1
    # the mesh
    - name: proxy
      restartPolicy: Always
      image: proxy:1
    # first
    - name: migrate
      image: migrate:1
    - name: check
      image: check:1
";
    let to = |index| Op::Move { from: path(index), to: path("spec.initContainers"), before: Some(0) };
    let always = add("spec.containers[1]", "restartPolicy", New::text("Always"));
    let ops = vec![always, to("spec.initContainers[2]"), to("spec.containers[1]")];
    assert_eq!(carried_out(input, ops).unwrap(), wanted);
}

/// The place of an entry is one of the input: what has left the list above it no longer counts.
#[test]
fn an_entry_goes_to_its_place_behind_one_that_has_left_the_list() {
    let input = "\
apiVersion: v1
kind: Pod
spec:
  containers:
  - name: web
    image: web:1
  - name: proxy
    image: proxy:1
  initContainers:
  - name: migrate
    image: migrate:1
  - name: redirect
    image: redirect:1
  - name: check
    image: check:1
";
    let wanted = "\
apiVersion: v1
kind: Pod
spec:
  containers:
  - name: web
    image: web:1
  initContainers:
  - name: redirect
    image: redirect:1
  - name: migrate
    image: migrate:1
  - name: proxy
    restartPolicy: Always
    image: proxy:1
  - name: check
    image: check:1
";
    let to = |index, before| Op::Move { from: path(index), to: path("spec.initContainers"), before: Some(before) };
    let always = add("spec.containers[1]", "restartPolicy", New::text("Always"));
    let ops = vec![always, to("spec.initContainers[1]", 0), to("spec.containers[1]", 2)];
    assert_eq!(carried_out(input, ops).unwrap(), wanted);
}
