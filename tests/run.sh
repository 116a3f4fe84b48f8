#!/usr/bin/env bash
# Installs what the tests need and runs everything that CI runs.
#   bash tests/run.sh            all checks and tests
#   bash tests/run.sh FILTER     only tests whose name contains FILTER
set -euo pipefail
cd "$(dirname "$0")/.."
filter=${1:-}

step() { printf '\n== %s\n' "$*"; }
need() { command -v "$1" >/dev/null 2>&1; }

# Debian packages for what some tests use; without root or apt those tests say that they skip.
install_packages() {
    need apt-get && [ "$(id -u)" = 0 ] || return 0
    local missing=()
    need chromium || missing+=(chromium)
    fc-list 2>/dev/null | grep -qi 'noto.*cjk' || missing+=(fonts-noto-cjk)
    need ip && need tc || missing+=(iproute2)
    need nft || missing+=(nftables)
    [ ${#missing[@]} = 0 ] && return 0
    apt-get update -qq && DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends "${missing[@]}" >/dev/null
}

runner=(cargo test --workspace --locked)
if cargo nextest --version >/dev/null 2>&1; then
    runner=(cargo nextest run --workspace --locked --no-fail-fast)
fi

if [ -n "$filter" ]; then
    cargo build --locked -p gongkaid -p gongkai
    exec "${runner[@]}" "$filter"
fi

step "packages"
install_packages || echo "packages could not be installed; the tests that need them skip and say so"
step "format"
cargo fmt --all --check
step "build"
cargo build --workspace --all-targets --locked
step "lints"
cargo clippy --workspace --all-targets --locked -- -D warnings
step "tests"
"${runner[@]}"
step "shows"
target="$(cargo metadata --locked --no-deps --format-version 1 | sed -n 's/.*"target_directory":"\([^"]*\)".*/\1/p')/debug"
said="$(mktemp)" && trap 'rm -f "$said"' EXIT
for show in standards review conflicts bundle recovery erasure; do
    printf '%s: ' "$show"
    GONGKAI_BIN="$target" bash "deploy/shows/$show.sh" >"$said" 2>&1 || { cat "$said"; exit 1; }
    tail -n 1 "$said"
done
