# The steps of .ci/run one by one, and what takes longer.

# All tests.
test:
    cargo test --locked

# A Python with the schemas of Kubernetes for the tests; `.ci/run` does the same.
schemas:
    python3 -m venv target/python
    target/python/bin/python -m pip install --quiet --requirement .ci/requirements.txt
    CONVERT_SIDECARS_PYTHON=$PWD/target/python/bin/python cargo test --locked --test it schemas::

# Format and lints.
lint:
    cargo fmt --check
    cargo clippy --locked --all-targets -- -D warnings

# Licences, bans and sources of dependencies.
deny:
    cargo deny check licenses bans sources

# Known vulnerabilities; needs the network.
advisories:
    cargo deny check advisories

# The library's documentation.
doc:
    RUSTDOCFLAGS="-D warnings" cargo doc --locked --no-deps

# Renew the documents that are made from code; never an expected output.
update:
    UPDATE=1 cargo test --locked --test it tidy::

# What is said of the corpus now, beside what was reviewed.
summary:
    cargo test --locked --test it summary::

# After a review of what `just summary` printed: keep it, and count it in docs/quality.md.
accept-summary:
    cp target/tmp/corpus-summary.tsv tests/data/corpus-summary.tsv
    UPDATE=1 cargo test --locked --test it tidy::

# The function on an example, as a difference.
demo example="examples/true-sidecar":
    scripts/demo {{example}}

# Properties with many more cases, the largest limits, and each fuzz target for some seconds; takes gigabytes and hours.
deep cases="100000" seconds="1800":
    PROPTEST_CASES={{cases}} FUZZED_ROUNDS={{cases}} cargo test --locked --release --test it -- properties:: fuzzed::
    cargo test --locked --release --test it -- limits:: --include-ignored
    for target in pod function parse plain config config-structured globs written; do just fuzz $target {{seconds}} || exit 1; done

# Only tests that take seconds are asked; the corpora, generated pods, hosts and schemas may notice what they miss
# (docs/quality.md). A part of the mutants: `just mutants 'src/lower/*.rs' --shard 0/9 --sharding round-robin`.
# Changes of the code that no test notices, in the stages that decide and write; needs cargo-mutants, and hours.
mutants files="src/{verify.rs,verify/*.rs,propose/*.rs,lower/*.rs,rules/*.rs}" *arguments:
    cargo mutants --timeout 120 -f '{{files}}' {{arguments}} -- --locked --lib --test it -- \
        propose:: lower:: verify:: rules:: rule_pages:: cases:: move_cases:: fails_closed:: config:: \
        edits:: jobs:: related:: --skip corpus_edits:: --skip properties::

# The table of docs/performance.md: throughput, growth with each dimension, whole processes. Best on a quiet machine.
bench *arguments:
    cargo bench --locked --bench table -- {{arguments}}

# How long each stage takes.
bench-stages:
    cargo bench --locked --bench stages

# Other programs beside this one, and kpt with and without it.
bench-peers count="2000":
    cargo build --locked --release
    scripts/bench-peers {{count}}

# Instructions for fixed inputs against those recorded; `--update` records.
count *arguments:
    scripts/count-instructions {{arguments}}

# Fuzz a target for some seconds; needs cargo-fuzz and a nightly toolchain.
fuzz target="function" seconds="300":
    fuzz/seed.sh
    cargo +nightly fuzz run {{target}} -- -dict=fuzz/yaml.dict -max_len=1500 -max_total_time={{seconds}} -timeout=25

# Everything that must hold before a merge.
ci:
    .ci/run
