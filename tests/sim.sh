#!/usr/bin/env bash
# Runs the simulator of replication (tests/sim/README.md).
#   bash tests/sim.sh --seeds N [--from SEED]    N seeds; ends with "N passed, N failed"
#   bash tests/sim.sh --replay SEED              one seed with its log
#   bash tests/sim.sh --mutants [--seeds N]      each rule taken away: how many seeds find it
set -euo pipefail
cd "$(dirname "$0")/.."
exec cargo run --quiet --locked -p gongkai-sim --bin sim -- "$@"
