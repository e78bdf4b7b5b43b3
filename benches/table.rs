//! The table of `docs/performance.md`: how fast the function is, as ratios to a YAML library that parses the same
//! bytes in the same run.
//!
//! `just bench` prints it. Arguments: `--size MB` (default 50), `--only WORD` for the lines and sections with that word,
//! `--write NAME FILE` writes an input and measures nothing.

#![allow(
    clippy::unwrap_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::print_stdout,
    clippy::cast_precision_loss,
    missing_docs
)]

mod workload;

use std::hint::black_box;
use std::io::Write as _;
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use convert_sidecars::{Options, run};
use serde::Deserialize;
use workload::{Mix, NOBODY, SIDECAR};

/// Each time is the best of this many.
const ROUNDS: usize = 5;

struct Arguments {
    size: usize,
    only: String,
}

fn main() {
    let words: Vec<String> = std::env::args().collect();
    let after = |name: &str| words.iter().position(|word| word == name).map(|at| &words[at + 1..]);
    if let Some([name, file, ..]) = after("--write") {
        std::fs::write(file, input(name)).unwrap();
        return;
    }
    if let Some([count, folder, ..]) = after("--write-count") {
        write_for_peers(count.parse().unwrap(), std::path::Path::new(folder));
        return;
    }
    let size = after("--size").map_or(50, |words| words[0].parse().unwrap()) * 1_000_000;
    let arguments = Arguments { size, only: after("--only").map_or(String::new(), |words| words[0].clone()) };
    println!("{} threads\n", std::thread::available_parallelism().map_or(1, usize::from));
    throughput(&arguments);
    growth(&arguments);
    processes(&arguments);
}

/// The inputs by name, for other programs.
fn input(name: &str) -> String {
    match name {
        "converted" => workload::list(Mix::Deployments, 1_000_000) + &function_config(SIDECAR),
        "mixed" => workload::list(Mix::Mixed, 2_000_000) + &function_config(SIDECAR),
        "nothing" => workload::list(Mix::Deployments, 10_000_000) + &function_config(NOBODY),
        "pod" => workload::one_pod(),
        "wide" => workload::pod(1_000),
        "deployments" => workload::list(Mix::Deployments, 50_000_000) + &function_config(SIDECAR),
        "stream" => workload::stream(Mix::Deployments, 15_000_000),
        "config" => workload::select(SIDECAR),
        "config-nobody" => workload::select(NOBODY),
        _ => panic!("no input is called {name}"),
    }
}

/// The same Deployments as a list that is converted, as one that is not, as JSON and as documents.
fn write_for_peers(count: usize, folder: &std::path::Path) {
    let list = workload::list_of(Mix::Deployments, count);
    let value: serde_yaml::Value = serde_yaml::from_str(&list).unwrap();
    let files = [
        ("list.yaml", list.clone() + &function_config(SIDECAR)),
        ("nothing.yaml", list + &function_config(NOBODY)),
        ("list.json", serde_json::to_string(&value).unwrap()),
        ("files.yaml", workload::stream_of(Mix::Deployments, count)),
    ];
    for (name, text) in files {
        std::fs::write(folder.join(name), text).unwrap();
    }
}

fn function_config(name: &str) -> String {
    format!("functionConfig:\n  apiVersion: v1\n  kind: ConfigMap\n  data: {{sidecars: {name}}}\n")
}

/// The default configuration: nothing is named, and the catalogue selects by itself.
const DEFAULT: &str = "apiVersion: v1\nkind: ConfigMap\ndata: {}\n";

/// The same with the catalogue in use for all workloads.
const CATALOGUE: &str = "apiVersion: v1\nkind: ConfigMap\ndata: {catalogWorkloads: All}\n";

fn best(rounds: usize, mut act: impl FnMut()) -> Duration {
    (0..rounds).map(|_| time(&mut act)).min().unwrap_or_default()
}

fn time(act: &mut impl FnMut()) -> Duration {
    let start = Instant::now();
    act();
    start.elapsed()
}

/// Bytes to bytes, as the process does it between reading and writing.
fn convert(bytes: &[u8], config: &str, threads: usize, output: &mut Vec<u8>) {
    let text = std::str::from_utf8(bytes).unwrap();
    let answer = run(text, &Options { config: Some(config), threads }).unwrap();
    assert!(!answer.has_errors(), "{:?}", answer.diagnostics.first());
    output.clear();
    answer.output.write_to(output).unwrap();
    black_box(&*output);
}

fn parse(bytes: &[u8]) {
    for document in serde_yaml::Deserializer::from_slice(bytes) {
        black_box(serde_yaml::Value::deserialize(document).unwrap());
    }
}

fn rate(bytes: usize, time: Duration) -> f64 {
    bytes as f64 / 1e6 / time.as_secs_f64()
}

fn throughput(arguments: &Arguments) {
    let named = workload::select(SIDECAR);
    let nobody = workload::select(NOBODY);
    let rows: [(&str, Mix, bool, &str); 8] = [
        ("every Deployment converted", Mix::Deployments, false, &named),
        ("every Deployment converted, documents", Mix::Deployments, true, &named),
        ("one item in four, converted", Mix::Mixed, false, &named),
        ("one item in four, converted, documents", Mix::Mixed, true, &named),
        ("the default catalogue, nothing named", Mix::Deployments, false, DEFAULT),
        ("the catalogue for all workloads, nothing named", Mix::Deployments, false, CATALOGUE),
        ("nothing matches", Mix::Deployments, false, &nobody),
        ("nothing matches, documents", Mix::Deployments, true, &nobody),
    ];
    println!("| workload | MB | 1 thread MB/s | all threads MB/s | Value MB/s | ratio |\n|---|---|---|---|---|---|");
    let mut output = Vec::with_capacity(arguments.size + arguments.size / 8);
    for (name, mix, is_stream, config) in rows {
        if !name.contains(&arguments.only) {
            continue;
        }
        let text = if is_stream { workload::stream(mix, arguments.size) } else { workload::list(mix, arguments.size) };
        let bytes = text.as_bytes();
        // In turn, so that what else the machine does is the same for all.
        let mut times = [Duration::MAX; 3];
        for _ in 0..ROUNDS {
            times[0] = times[0].min(time(&mut || convert(bytes, config, 1, &mut output)));
            times[1] = times[1].min(time(&mut || convert(bytes, config, 0, &mut output)));
            times[2] = times[2].min(time(&mut || parse(bytes)));
        }
        let [one, all, value] = times.map(|time| rate(bytes.len(), time));
        println!(
            "| {name} | {:.1} | {one:.0} | {all:.0} | {value:.1} | {:.1}x |",
            bytes.len() as f64 / 1e6,
            all / value
        );
    }
}

/// One dimension of the input: its name and the inputs of growing size with their configuration.
type Dimension = (&'static str, [usize; 3], fn(usize) -> (String, String));

const DIMENSIONS: [Dimension; 10] = [
    ("items", [100, 1_000, 10_000], |many| (workload::list_of(Mix::Deployments, many), workload::select(SIDECAR))),
    // No more than 1,000 sidecars are taken.
    ("containers of a pod, half of them sidecars", [20, 200, 2_000], |many| {
        (workload::pod(many), workload::select(&format!("{SIDECAR}-*")))
    }),
    ("containers of a pod, one sidecar", [100, 1_000, 10_000], |many| {
        (workload::pod(many), workload::select(&format!("{SIDECAR}-1")))
    }),
    ("Deployments and as many Services, each for a 17th of them", [40, 400, 4_000], |many| {
        (workload::selected(many), workload::select(SIDECAR))
    }),
    ("pods of a list in one document", [100, 1_000, 10_000], |many| {
        let pods: String = (0..many)
            .map(|number| {
                format!("- apiVersion: v1\n  kind: Pod\n  metadata: {{name: p-{number}}}\n  spec:\n    containers:\n    - {{name: app, image: app}}\n    - {{name: {SIDECAR}, image: s}}\n")
            })
            .collect();
        (format!("apiVersion: v1\nkind: List\nitems:\n{pods}"), workload::select(SIDECAR))
    }),
    ("comment lines of a pod", [1_000, 10_000, 100_000], |many| {
        let comments = "  # why\n".repeat(many);
        (
            workload::pod(4).replacen("  - name: log", &format!("{comments}  - name: log"), 1),
            workload::select(&format!("{SIDECAR}-*")),
        )
    }),
    ("characters of a line", [10_000, 100_000, 1_000_000], |many| {
        (
            workload::pod(4).replacen("# why", &format!("# {}", "why ".repeat(many / 4)), 1).replacen(
                "--number",
                &"n".repeat(many),
                1,
            ),
            workload::select(&format!("{SIDECAR}-*")),
        )
    }),
    ("keys of a pod spec", [100, 1_000, 10_000], |many| {
        let keys: String = (0..many).map(|number| format!("  key-{number}: 1\n")).collect();
        (workload::pod(4) + &keys, workload::select(&format!("{SIDECAR}-*")))
    }),
    ("entries of the configuration", [10, 100, 1_000], |many| {
        let entries: Vec<_> = (0..many).map(|number| format!("name-{number}")).collect();
        (workload::list_of(Mix::Deployments, 300), workload::select(&format!("{},{SIDECAR}", entries.join(","))))
    }),
    ("selectors of the configuration", [10, 100, 1_000], |many| {
        let entries: String =
            (0..many).map(|number| format!("    - {{kind: Deployment, name: web-{number}}}\n")).collect();
        let config = format!(
            "apiVersion: convert-sidecars.dev/v1alpha1\nkind: ConvertSidecars\nmetadata: {{name: c}}\nspec:\n  sidecars: [{{container: {SIDECAR}}}]\n  workloads:\n    include:\n{entries}"
        );
        (workload::list_of(Mix::Deployments, 300), config)
    }),
];

/// How the time grows with each dimension. Ten times as much must not take much more than ten times as long.
fn growth(arguments: &Arguments) {
    println!("\n| dimension | sizes | ms | for ten times as much |\n|---|---|---|---|");
    for (name, sizes, make) in DIMENSIONS {
        if !name.contains(&arguments.only) {
            continue;
        }
        let mut output = Vec::new();
        let times = sizes.map(|size| {
            let (text, config) = make(size);
            best(3, || convert(text.as_bytes(), &config, 1, &mut output)).as_secs_f64() * 1e3
        });
        let sizes = sizes.map(|size| size.to_string()).join(", ");
        let factors = format!("{:.1}x, {:.1}x", times[1] / times[0], times[2] / times[1]);
        println!("| {name} | {sizes} | {} | {factors} |", times.map(|time| format!("{time:.2}")).join(", "));
    }
}

/// Whole processes from start to exit: time, and peak memory over the size of the input.
fn processes(arguments: &Arguments) {
    println!("\n| process | MB | ms | peak memory / input |\n|---|---|---|---|");
    let folder = std::env::temp_dir().join(format!("convert-sidecars-{}", std::process::id()));
    std::fs::create_dir_all(&folder).unwrap();
    let rows = [
        ("one Pod", workload::one_pod(), 200),
        ("every Deployment converted", workload::list(Mix::Deployments, arguments.size) + &function_config(SIDECAR), 3),
        ("nothing matches", workload::list(Mix::Deployments, arguments.size) + &function_config(NOBODY), 3),
    ];
    for (name, text, rounds) in rows {
        if !name.contains(&arguments.only) {
            continue;
        }
        let file = folder.join("input.yaml");
        std::fs::write(&file, &text).unwrap();
        let mut peak = 0;
        let time = best(rounds, || {
            let input = std::fs::File::open(&file).unwrap();
            let mut child = Command::new(env!("CARGO_BIN_EXE_convert-sidecars"))
                .stdin(input)
                .stdout(Stdio::null())
                .spawn()
                .unwrap();
            if text.len() < 1_000_000 {
                child.wait().unwrap();
            }
            while child.try_wait().unwrap().is_none() {
                peak = peak.max(peak_of(child.id()));
                std::thread::sleep(Duration::from_millis(1));
            }
        });
        let ratio = if peak == 0 { "-".to_owned() } else { format!("{:.2}", peak as f64 / text.len() as f64) };
        println!("| {name} | {:.3} | {:.2} | {ratio} |", text.len() as f64 / 1e6, time.as_secs_f64() * 1e3);
    }
    std::fs::remove_dir_all(&folder).unwrap();
    std::io::stdout().flush().unwrap();
}

/// The largest resident size that a running process had so far, in bytes, where the system tells.
fn peak_of(process: u32) -> usize {
    let status = std::fs::read_to_string(format!("/proc/{process}/status")).unwrap_or_default();
    let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:"));
    line.and_then(|line| line.trim().trim_end_matches(" kB").parse::<usize>().ok()).map_or(0, |kib| kib * 1024)
}
