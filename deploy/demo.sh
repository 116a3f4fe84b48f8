#!/usr/bin/env bash
# Builds the two programs and runs the main job from nothing: seven daemons on this machine, workbooks in, edition out.
# Arguments go to `gongkai demo`: --dir DIR, --input FILE, --keep-running, --output json, --lang zh, …
set -euo pipefail

here="$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)"

if ! command -v cargo >/dev/null; then
    echo "demo.sh: cargo was not found; install Rust (https://rustup.rs) and run this again" >&2
    exit 1
fi

# The caller's folder stays the working folder, so that relative paths of --dir and --input mean what they say.
cargo build --locked --manifest-path "$here/Cargo.toml" --package gongkaid --package gongkai >&2

# Where cargo put the programs: a target directory may be set by environment or configuration.
target="$(cargo metadata --locked --no-deps --format-version 1 --manifest-path "$here/Cargo.toml" |
    sed -n 's/.*"target_directory":"\([^"]*\)".*/\1/p')"

exec "$target/debug/gongkai" demo "$@"
