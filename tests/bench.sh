#!/usr/bin/env bash
# Runs one benchmark in the release profile; the last line is one JSON object:
#   {"bench","items","value","unit","limit","limit_what","ratio","aim",…}
#   bash tests/bench.sh NAME [--items N]
# A benchmark is a file in tests/benches and a [[bench]] of the crate that it measures: add both and a line below.
set -euo pipefail
cd "$(dirname "$0")/.."

declare -A crates=(
    [import]=gongkai-sheets
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
exec cargo bench --quiet --locked -p "${crates[$name]}" --bench "$name" -- ${args[@]+"${args[@]}"}
