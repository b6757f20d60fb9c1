#!/bin/sh
# Runs every fuzz target, or those that are named, for so many seconds each: run.sh SECONDS [TARGET...]
# FUZZ_CAPTURES is where captures for the first inputs are; without it they come from the demo alone.
# Inputs are kept in corpus/, those that fail in artifacts/. Ends with the number of targets that failed.
set -eu
cd "$(dirname "$0")"
seconds="$1"
shift
captures="${FUZZ_CAPTURES:-../../shared/captures}"
[ -d "$captures" ] || captures=../captures
[ "$#" -gt 0 ] || set -- $(sed -n 's/^path = "fuzz_targets\/\(.*\)\.rs"$/\1/p' Cargo.toml)
[ -d corpus ] || cargo run --quiet --bin seed -- "$captures" corpus
failed=0
for target in "$@"; do
    mkdir -p "corpus/$target"
    # A slow input is a finding: the work must stay in proportion.
    if ! cargo +nightly fuzz run --sanitizer "${FUZZ_SANITIZER:-none}" "$target" "corpus/$target" -- \
        -max_total_time="$seconds" -max_len=16384 -timeout=10 -rss_limit_mb=2048 -print_final_stats=1; then
        echo "FAILED: $target" >&2
        failed=$((failed + 1))
    fi
done
exit "$failed"
