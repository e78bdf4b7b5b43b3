#!/bin/sh
# Fills the fuzzers' corpora: our own seeds, and the optional test data where it is there.
set -eu
cd "$(dirname "$0")"
shared=${CONVERT_SIDECARS_SHARED:-../../shared}
for target in parse plain function pod config config-structured globs written; do
    mkdir -p "corpus/$target" "stored/$target"
    find "stored/$target" -type f -exec cp {} "corpus/$target/" \;
done
cp seeds/* corpus/parse/
cp seeds/* corpus/function/
# Configurations: the annotated one, and those of the tests and of the pages of the rules.
cp ../function-config.yaml corpus/config/
find ../tests/cases ../examples -name '*config.yaml' | while read -r file; do
    cp "$file" "corpus/config/$(echo "$file" | tr / _)"
done
take() { # FOLDER PATTERN TARGET: every file by its path, up to 8 KiB each
    [ -d "$shared/$1" ] || { echo "no $shared/$1, going on without it" >&2; return 0; }
    (cd "$shared" && find "$1" -type f -name "$2" -size -9k) | while read -r file; do
        cp "$shared/$file" "corpus/$3/$(echo "$file" | tr / _)"
    done
}
take yaml-test-suite in.yaml parse
take yaml-move-cases '*.yaml' parse
take captures '*.stdin' parse
take yaml-move-cases '*.yaml' function
take captures '*.stdin' function
take corpus '*.yaml' function
# Both readers get the same texts.
cp corpus/parse/* corpus/plain/
# Where no pod is, there is nothing to convert.
grep -L ontainers corpus/function/* | xargs -r rm --
# Choices mean nothing to a person; any bytes will do.
for target in pod config-structured globs written; do
    for number in $(seq 200); do
        head -c 80 /dev/urandom >"corpus/$target/$number"
    done
done
