#!/usr/bin/env bash
# Runs one fuzz target (libFuzzer with coverage counters, stable toolchain, no sanitizer: the code has no unsafe of its
# own) and prints executions, coverage and crashes.
#   bash tests/fuzz.sh TARGET [--seconds N]      TARGET: sheets
# The kept corpus (tests/fuzz/corpus/TARGET) is only read; what a run adds, and crashes, lie in target/fuzz/TARGET.
set -euo pipefail
cd "$(dirname "$0")/.."

usage() { echo "usage: bash tests/fuzz.sh TARGET [--seconds N]   targets: $(cd tests/fuzz/targets && ls | sed 's/\.rs$//' | tr '\n' ' ')" >&2; exit 2; }
target=${1:-}
seconds=60
[ -n "$target" ] && [ -f "tests/fuzz/targets/$target.rs" ] || usage
shift
while [ $# -gt 0 ]; do
    case $1 in
        --seconds) seconds=${2:-}; shift 2 || usage ;;
        *) usage ;;
    esac
done
case $seconds in '' | *[!0-9]*) usage ;; esac

# An explicit --target keeps these builds in a folder of their own inside the one target directory.
host=$(rustc -vV | sed -n 's/^host: //p')
export CARGO_TARGET_DIR=${CARGO_TARGET_DIR:-$PWD/target}
export RUSTFLAGS="--cfg fuzzing -Cpasses=sancov-module -Cllvm-args=-sanitizer-coverage-level=4 \
-Cllvm-args=-sanitizer-coverage-inline-8bit-counters -Cllvm-args=-sanitizer-coverage-pc-table \
-Cllvm-args=-sanitizer-coverage-trace-compares"
cargo build --quiet --locked --release --target "$host" --manifest-path tests/fuzz/Cargo.toml --bin "$target"

run=$CARGO_TARGET_DIR/fuzz/$target
mkdir -p "$run/corpus" "$run/crashes"
log=$run/log
status=0
begin=$SECONDS
# Largest input 256 KB, 20 s for one input, 2 GB of memory: what the daemon would not survive is a crash here.
"$CARGO_TARGET_DIR/$host/release/$target" "$run/corpus" "tests/fuzz/corpus/$target" \
    -max_total_time="$seconds" -max_len=262144 -timeout=20 -rss_limit_mb=2048 -print_final_stats=1 \
    -artifact_prefix="$run/crashes/" >"$log" 2>&1 || status=$?

executions=$(sed -n 's/^stat::number_of_executed_units: *//p' "$log" | tail -1)
coverage=$(sed -n 's/.*cov: \([0-9]*\) ft: \([0-9]*\).*/\1 edges, \2 features/p' "$log" | tail -1)
caught=$(grep -c '^panicked at ' "$log" || true)
crashes=$(find "$run/crashes" -type f -newer "$run/corpus/.." 2>/dev/null | wc -l)
[ "$status" = 0 ] && crashes=0
grep '^panicked at ' "$log" || true
if [ "$status" != 0 ]; then
    tail -25 "$log"
    [ "$crashes" = 0 ] && crashes=1
fi
echo "$target: ${executions:-?} executions in $((SECONDS - begin)) s, coverage ${coverage:-?}, $crashes crashes, $caught places of panics caught inside the reader"
exit "$status"
