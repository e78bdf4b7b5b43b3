#!/bin/sh
# Stores the fewest inputs of a folder that reach the code that all of them reach: `store.sh TARGET FOLDER [MOST]`.
set -eu
cd "$(dirname "$0")"
target=$1
folder=$2
most=${3:-150}
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cargo +nightly fuzz run --fuzz-dir . "$target" -- -set_cover_merge=1 -max_len=4096 "$work" "$folder"
mkdir -p "stored/$target"
# Evenly over the sizes where they are too many.
find "$work" -type f -size -4k -printf '%s %p\n' | sort -n | cut -d ' ' -f 2 >"$work.list"
count=$(wc -l <"$work.list")
step=$(((count + most - 1) / most))
awk -v step="$step" 'NR % step == 0 || step == 1' "$work.list" | xargs -I{} cp {} "stored/$target/"
rm -f "$work.list"
ls "stored/$target" | wc -l
