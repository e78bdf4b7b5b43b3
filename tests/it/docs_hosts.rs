use std::path::Path;
use std::process::Command;

use super::hosts_kustomize::Image;
use super::package::{Package, Run, documents};
use super::support::{binary, host, output, output_with_stdin, root};

/// The image as the guide and the examples call it.
const IMAGE: &str = "registry.example.com/convert-sidecars:v0.1.0";

/// A fenced block: what stands behind the fence, and its text.
struct Block {
    info: String,
    text: String,
}

fn blocks() -> Vec<Block> {
    blocks_of(&std::fs::read_to_string(root().join("docs/hosts.md")).unwrap())
}

fn blocks_of(text: &str) -> Vec<Block> {
    let mut found = Vec::new();
    let mut rest = text;
    while let Some((_, after)) = rest.split_once("\n```") {
        let (info, after) = after.split_once('\n').unwrap();
        let (text, after) = after.split_once("```").unwrap();
        found.push(Block { info: info.to_owned(), text: text.to_owned() });
        rest = after;
    }
    found
}

/// A copy of the example that the guide uses, with the local image in the place of the registry's.
fn example(image: Option<&Image>) -> Package {
    let package = Package::copy_of(&root().join("examples/service-mesh"));
    if let Some(image) = image {
        let function = package.read("kustomize/container.yaml");
        package.write("kustomize/container.yaml", &function.replace(IMAGE, &image.name));
    }
    package
}

/// Runs the block in a copy of the example; `None`, said on stderr, when a host is not there.
fn run(script: &str) -> Option<(Package, Run)> {
    for program in ["kpt", "kubectl"] {
        if script.contains(&format!("{program} ")) {
            host(program)?;
        }
    }
    let needs_image = script.contains(IMAGE) || script.trim() == "kubectl kustomize --enable-alpha-plugins kustomize";
    let image = if needs_image { Some(Image::get()?) } else { None };
    let package = example(image.as_deref());
    let script = image.as_ref().map_or_else(|| script.to_owned(), |image| script.replace(IMAGE, &image.name));
    let mut shell = package.command(Path::new("bash"), &["-euo", "pipefail", "-c", &script]);
    let run = Run::of(output(&mut shell));
    Some((package, run))
}

#[test]
fn every_command_of_the_guide_does_what_it_says() {
    let mut count = 0;
    let blocks = blocks();
    for (index, block) in blocks.iter().enumerate() {
        let is_good = match block.info.as_str() {
            "sh run" => true,
            "sh fails" => false,
            _ => continue,
        };
        let Some((package, run)) = run(&block.text) else { return };
        assert_eq!(run.is_good, is_good, "{}\n{run:?}", block.text);
        let printed = format!("{}\n{}", run.stdout, run.stderr);
        if let Some(said) = blocks.get(index + 1).filter(|next| next.info == "text") {
            for line in said.text.lines() {
                assert!(printed.lines().any(|one| one.trim().starts_with(line)), "{line}\n{printed}");
            }
        }
        // What it printed or wrote is native in all workloads, or nothing is when it fails.
        let everything = ["base/orders.yaml", "base/report.yaml"].map(|path| package.read(path)).concat();
        let native = std::fs::read_to_string(package.folder().join("native.yaml")).unwrap_or_default();
        let counted = [&everything, &native, &run.stdout].map(|text| text.matches("restartPolicy: Always").count());
        assert_eq!(counted.iter().sum::<usize>(), if is_good { 2 } else { 0 }, "{}\n{printed}", block.text);
        count += 1;
    }
    assert!(count >= 10, "{count}");
}

#[test]
fn every_configuration_of_the_guide_is_the_one_of_the_example() {
    let mut count = 0;
    for block in blocks() {
        let Some(path) = block.info.strip_prefix("yaml ") else { continue };
        let file = std::fs::read_to_string(root().join(path)).unwrap();
        // A comment behind a value may be left out.
        let bare = |line: &str| line.split(" #").next().unwrap().to_owned();
        let lines: Vec<_> = block.text.lines().map(bare).collect();
        let all: Vec<_> = file.lines().map(bare).collect();
        assert!(all.windows(lines.len()).any(|part| part == lines), "{path}\n{}", block.text);
        count += 1;
    }
    assert!(count >= 5, "{count}");
}

#[test]
fn the_readme_shows_the_lines_of_the_guide() {
    let readme = std::fs::read_to_string(root().join("README.md")).unwrap();
    let (_, usage) = readme.split_once("\n## Use it\n").unwrap();
    let (usage, _) = usage.split_once("\n## ").unwrap();
    let shown = blocks_of(usage);
    assert!(shown.len() >= 8, "{}", shown.len());
    for block in shown {
        assert!(blocks().iter().any(|other| other.text.contains(&block.text)), "{}", block.text);
    }
}

#[test]
fn every_block_of_the_guide_is_run_compared_or_for_a_program_that_cannot_be_run_here() {
    for block in blocks() {
        let is_tested = ["sh run", "sh fails", "sh post-render", "text"].contains(&block.info.as_str())
            || block.info.starts_with("yaml examples/");
        let needs_other =
            block.info == "sh" && ["helm ", "kustomize build "].iter().any(|one| block.text.starts_with(one));
        assert!(is_tested || needs_other, "{}: {}", block.info, block.text);
    }
}

#[test]
fn the_post_renderer_of_the_guide_answers_as_helm_asks() {
    let script = blocks().into_iter().find(|block| block.info == "sh post-render").unwrap().text;
    let package = example(None);
    package.write("post-render.sh", &script);
    // What Helm sends: marks and the chart's file above each document, and from 3.21 on an annotation that it needs back.
    let source = |path: &str| {
        let text = package.read(path);
        let text = text.replacen(
            "  labels:\n",
            "  annotations:\n    postrenderer.helm.sh/postrender-filename: a\n  labels:\n",
            1,
        );
        format!("---\n# Source: chart/templates/{path}\n{text}")
    };
    let sent = source("base/envoy.yaml") + &source("base/orders.yaml") + &source("base/report.yaml");
    let mut shell = package.command(Path::new("sh"), &["post-render.sh"]);
    let answer = Run::of(output_with_stdin(&mut shell, sent.as_bytes())).good();
    assert_eq!(documents(&answer).unwrap().len(), 3);
    assert_eq!(answer.matches("postrender-filename: a\n").count(), 3);
    package.git(&["apply", ".expected/diff.patch"]);
    assert_eq!(answer, source("base/envoy.yaml") + &source("base/orders.yaml") + &source("base/report.yaml"));

    let lonely = "---\n# Source: a\napiVersion: v1\nkind: Pod\nmetadata:\n  name: a\nspec:\n  containers:\n  - name: envoy\n    image: envoyproxy/envoy\n";
    let mut shell = package.command(Path::new("sh"), &["post-render.sh"]);
    let run = Run::of(output_with_stdin(&mut shell, lonely.as_bytes()));
    assert_eq!(run.stdout, "");
    assert!(run.bad().starts_with("error[no-main-container] v1/Pod/a "));
}

#[test]
fn the_guide_is_right_about_validators() {
    let (Some(kubectl), Some(image)) = (host("kubectl"), Image::get()) else { return };
    let package = example(Some(&image));
    let overlay = package.read("kustomize/kustomization.yaml");
    package.write("kustomize/kustomization.yaml", &overlay.replace("transformers:", "validators:"));
    // The function finds nothing to change here.
    package.git(&["apply", ".expected/diff.patch"]);
    let run = package.run(&kubectl, &["kustomize", "--enable-alpha-plugins", "kustomize"]);
    assert!(run.bad().contains("validator shouldn't modify the resource map"));
}

#[test]
fn the_help_names_every_host_of_the_guide() {
    let help = Run::of(output(Command::new(binary()).arg("--help"))).good();
    for command in ["kpt fn eval", "kpt fn render", "kustomize build", "helm template"] {
        assert!(help.contains(command), "{command}");
    }
}
