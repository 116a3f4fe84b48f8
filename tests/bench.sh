#!/usr/bin/env bash
# Runs one benchmark as released code; the last line is one JSON object:
#   {"bench","items","value","unit","limit","limit_what","ratio","aim",…}
#   bash tests/bench.sh NAME [--items N]
# What each one measures, and what it found: tests/benches/README.md.
# A benchmark is a file in tests/benches and a [[bench]] of a crate, or a name that one of those knows: add a line below.
set -euo pipefail
cd "$(dirname "$0")/.."

declare -A crates=(
    [import]=gongkai-sheets
    [bulk]=gongkai-tests [memory]=gongkai-tests [growth]=gongkai-tests [latency]=gongkai-tests
    [delta]=gongkai-tests [idle]=gongkai-tests [fan-in]=gongkai-tests
)

usage() { echo "usage: bash tests/bench.sh NAME [--items N]   names: ${!crates[*]}" >&2; exit 2; }
name=${1:-}
[ -n "$name" ] && [ -n "${crates[$name]:-}" ] || usage
shift
args=()
while [ $# -gt 0 ]; do
    case $1 in
        --items)
            case ${2:-} in '' | *[!0-9]*) usage ;; esac
            args+=(--items "$2")
            shift 2
            ;;
        *) usage ;;
    esac
done
if [ "${crates[$name]}" = gongkai-tests ]; then
    # These run the real programs, built in the same profile into the same folder.
    cargo build --quiet --locked --profile bench -p gongkaid -p gongkai
    exec cargo bench --quiet --locked -p gongkai-tests --bench cascade -- "$name" ${args[@]+"${args[@]}"}
fi
exec cargo bench --quiet --locked -p "${crates[$name]}" --bench "$name" -- ${args[@]+"${args[@]}"}
