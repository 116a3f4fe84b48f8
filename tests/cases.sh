#!/usr/bin/env bash
# Reads the small cases (files after public bug reports and real layouts) and prints what each answers beside what is right.
#   bash tests/cases.sh                  the project's own, daemon/edge/sheets/tests/data/cases
#   bash tests/cases.sh FOLDER [LEVEL]   another folder of cases or of catalogs with their expectations; LEVEL: the
#                                        reader's own (township unless a catalog's expectation says another)
# Ends with 1 where a count or a value is another than the right one.
set -euo pipefail
folder=$([ -z "${1:-}" ] || realpath -- "$1")
cd "$(dirname "$0")/.."
exec cargo run --quiet --locked -p gongkai-sheets --example cases -- ${folder:+"$folder"} ${2:+"$2"}
