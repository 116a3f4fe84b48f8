#!/usr/bin/env bash
# Loses nodes in every usual way on a small tree and brings them back, by the command line alone.
#   bash deploy/recovery.sh [DIR]    with DIR the directories are kept for a look
# Prints each command and what it says; ends 0 when all nodes agree in the end.
set -euo pipefail

here="$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)"
command -v cargo >/dev/null || { echo "recovery.sh: cargo was not found; install Rust and run this again" >&2; exit 1; }
cargo build --locked --quiet --manifest-path "$here/Cargo.toml" --package gongkaid --package gongkai >&2
target="$(cargo metadata --locked --no-deps --format-version 1 --manifest-path "$here/Cargo.toml" |
    sed -n 's/.*"target_directory":"\([^"]*\)".*/\1/p')"
gongkai="$target/debug/gongkai" gongkaid="$target/debug/gongkaid"
unset GONGKAI_DATA GONGKAI_OPERATOR

place="${1:-$(mktemp -d)}"
mkdir -p "$place"
declare -A pids=()
cleanup() {
    for node in "${!pids[@]}"; do kill "${pids[$node]}" 2>/dev/null || true; done
    wait
    [ $# = 0 ] || rm -rf "$1"
}
if [ $# = 0 ]; then trap 'cleanup "$place"' EXIT; else trap cleanup EXIT; fi

city=211200 county=211221 other=211223 town=211221101
catalog=$town/social-assistance
first="$here/seeds/catalogs/$town-social-assistance.xlsx"
second="$here/seeds/catalogs/$town-social-assistance-corrected.xlsx"
third="$here/seeds/catalogs/$town-social-assistance-updated.xlsx"

title() { printf '\n\033[1m== %s\033[0m\n' "$*"; }
# A command at a node, shown with what it says; status 3 means "done, a person should look".
at() {
    local node=$1 status=0
    shift
    printf '%s$ gongkai %s\n' "$node" "$(printf '%s ' "$@" | sed "s#$here/##g; s#$place/##g; s#gk1[^ ]*#TOKEN#")"
    "$gongkai" --data "$place/$node" "$@" | sed 's/^/    /' || status=$?
    [ "$status" = 0 ] || [ "$status" = 3 ]
}
# One that must be refused.
refused() {
    local node=$1
    shift
    printf '%s$ gongkai %s\n' "$node" "$(printf '%s ' "$@" | sed "s#$place/##g")"
    ! "$gongkai" --data "$place/$node" "$@" 2>&1 | sed 's/^/    /'
}
# The answer as JSON; nothing where the command was refused.
json() {
    local answer status=0
    answer="$("$gongkai" --data "$place/$1" --output json "${@:2}" 2>/dev/null)" || status=$?
    if [ "$status" = 0 ] || [ "$status" = 3 ]; then printf '%s\n' "$answer"; fi
}
field() { sed -n "s/^ *\"$1\": \"\([^\"]*\)\".*/\1/p"; }
# Waits, a minute at most, until a node's answer contains a text.
until_says() {
    local node=$1 text=$2
    shift 2
    for _ in $(seq 600); do
        # Not -q: it would close the pipe on a long answer.
        if json "$node" "$@" | grep "$text" >/dev/null; then return 0; fi
        sleep 0.1
    done
    echo "recovery.sh: $node did not come to say $text: $*" >&2
    json "$node" "$@" >&2
    return 1
}
# Waits until a node is under no hold.
until_free() { until_says "$1" '"state": "\(ready\|degraded\)"' status; }
start() {
    "$gongkaid" run --data "$place/$1" 2>>"$place/$1.log" &
    pids[$1]=$!
    for _ in $(seq 600); do
        [ -z "$(json "$1" status)" ] || return 0
        sleep 0.1
    done
    echo "recovery.sh: $1 did not start; see $place/$1.log" >&2
    return 1
}
stop() { kill "${pids[$1]}" && wait "${pids[$1]}" || true; unset "pids[$1]"; }
lose() { kill -9 "${pids[$1]}"; wait "${pids[$1]}" 2>/dev/null || true; unset "pids[$1]"; rm -rf "${place:?}/$1"; }
token() {
    until_says "$1" '"token"' node invite "${@:2}"
    json "$1" node invite "${@:2}" | field token
}
join() {
    "$gongkai" --data "$place/$2" --quiet node join --listen 127.0.0.1:0 "$(token "$1" "$2")" >/dev/null
    start "$2"
    at "$2" sync now >/dev/null
}
# The catalog's state at a node, as one word.
agree() {
    local state=$1 submissions=$2
    shift 2
    for node in "$@"; do
        until_says "$node" "\"state\": \"$state\"" catalog show "$catalog"
        for _ in $(seq 600); do
            [ "$(json "$node" catalog history "$catalog" | grep -c '"kind": "submission"')" = "$submissions" ] && break
            sleep 0.1
        done
    done
    echo "all of $* say: $catalog is $state, submission $submissions"
}

title "a city, two counties, a town"
"$gongkai" --data "$place/$city" --quiet node init --division $city --listen 127.0.0.1:0 >/dev/null
start $city
join $city $county
join $city $other
join $county $town
at $city node list --enrolled
at $town --as clerk catalog import "$first"
at $town --as clerk catalog submit $catalog
agree in-review 1 $city $county $town

title "backup, work on, lose, restore"
at $town backup "$place/town.backup"
until_says $county '"counterpart"' review list
at $county --as reviewer review return $catalog --item 1 --opinion "name the body"
agree returned 1 $city $county $town
at $town --as clerk catalog import "$second"
at $town --as clerk catalog submit $catalog
agree in-review 2 $city $county $town
stop $county
lose $town
at $town restore "$place/town.backup"
start $town
at $town status || true
refused $town --as clerk catalog submit $catalog
at $town explain GK-APP-050
start $county
until_free $town
agree in-review 2 $city $county $town

title "the county's machine is put back to an old snapshot and nobody says so"
stop $county
cp -a "$place/$county" "$place/snapshot"
start $county
at $county --as reviewer review approve $catalog
agree approved 2 $city $county $town
stop $county
rm -rf "${place:?}/$county"
mv "$place/snapshot" "$place/$county"
start $county
agree approved 2 $city $county $town
until_free $county
at $county audit log --kind incarnation.open --subject $county

title "a copy of the county runs beside it"
stop $county
cp -a "$place/$county" "$place/copy"
start $county
until_says $county '"state": "connected"' sync status
sed -i 's/^listen = .*/listen = "127.0.0.1:0"/' "$place/copy/gongkaid.toml"
start copy
until_says copy GK-SYNC-005 sync status
at copy sync status
at copy explain GK-SYNC-005
stop copy

title "the town is lost without a backup, and rebuilt"
lose $town
at $county node invite $town --rebuild
"$gongkai" --data "$place/$town" --quiet node join --listen 127.0.0.1:0 "$(token $county $town --rebuild)" >/dev/null
start $town
until_free $town
agree approved 2 $city $county $town
at $city audit log --kind key.revoke
at $town doctor --rebuild

title "the county takes the town's catalogs into its custody and gives them back"
at $county node custody $town --to $county --dry-run
at $county node custody $town --to $county
until_says $town '"custody.put"' audit log --kind custody.put
refused $town --as clerk catalog import "$first"
at $county --as clerk catalog import "$first" --division $town
at $county --as clerk catalog submit $catalog
agree submitted 3 $city $county $town
at $county --as reviewer review approve $catalog
agree approved 3 $city $county $town
at $county node custody $town --to $town

title "the town goes to another county"
at $city node move $town --to $other --dry-run
at $city node move $town --to $other
until_says $town GK-NODE-022 status
at $town status || true
moved="$(token $other $town)"
stop $town
at $town node join "$moved"
start $town
agree approved 3 $city $other $town
at $other catalog history $catalog
at $town --as clerk catalog import "$second"
at $town --as clerk catalog submit $catalog
agree in-review 4 $city $other $town
at $other --as reviewer review approve $catalog
agree approved 4 $city $other $town

title "the town's machine is put back while its later work is upstream, and it works on alone: a fork"
stop $town
cp -a "$place/$town" "$place/snapshot"
start $town
at $town --as clerk catalog import "$first"
at $town --as clerk catalog submit $catalog
agree in-review 5 $city $other $town
stop $other
stop $town
rm -rf "${place:?}/$town"
mv "$place/snapshot" "$place/$town"
start $town
at $town --as clerk catalog import "$third"
at $town --as clerk catalog submit $catalog
start $other
for node in $city $other $town; do until_says $node '"id"' conflict list; done
until_free $town
at $other doctor || true
at $city conflict list
id="$(json $town conflict list | field id | head -n 1)"
at $town explain "$id"
for node in $town $other $city; do at $node conflict show "$id"; done
at $town --as clerk conflict resolve "$id" --take theirs --reason "the later one holds"
agree in-review 7 $city $other $town
at $other --as reviewer review approve $catalog
agree approved 7 $city $other $town
for node in $city $other $town; do at $node conflict list; done

for node in $city $county $other $town; do at $node doctor --rebuild >/dev/null; done
printf '\nrecovered: all nodes agree, and each finds nothing wrong with itself\n'
