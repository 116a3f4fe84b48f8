#!/usr/bin/env bash
# Loses nodes in every usual way on a small tree and brings them back, by the command line alone.
#   bash deploy/shows/recovery.sh [zh|en]
# Ends 0 when all nodes agree in the end.
source "$(dirname "${BASH_SOURCE[0]}")/stage.sh"

city=211200 county=211221 other=211223 town=211221101
catalog=$town/social-assistance
first="$here/seeds/catalogs/$town-social-assistance.xlsx"
second="$here/seeds/catalogs/$town-social-assistance-corrected.xlsx"
third="$here/seeds/catalogs/$town-social-assistance-updated.xlsx"

# Waits until a node is under no hold.
until_free() { until_says "$1" '"state": "\(ready\|degraded\)"' status; }
lose() {
    kill -9 "${daemon[$1]}"
    wait "${daemon[$1]}" 2>/dev/null || true
    unset "daemon[$1]"
    rm -rf "${stage:?}/$1"
}
# A child of a parent, both by their divisions.
enter() { join "$1" "$2" "$2"; start "$2"; quietly "$2" admin sync now; }
# agree STATE SUBMISSIONS NODE…: all of them come to say the same of the catalog.
agree() {
    local state=$1 submissions=$2 found=0
    shift 2
    for node in "$@"; do
        until_says "$node" "\"state\": \"$state\"" catalog show "$catalog"
        for _ in $(seq 600); do
            found="$(json "$node" catalog history "$catalog" | grep -c '"kind": "submission"')"
            [ "$found" != "$submissions" ] || break
            breathe
        done
        [ "$found" = "$submissions" ] || broken "$node has $found submissions, expected $submissions"
    done
    echo "all of $* say: $catalog is $state, submission $submissions"
}

# A node that was lost may have something that needs a person.
expect="0 3"

chapter "a city, two counties, a town"
found $city $city
start $city
enter $city $county
enter $city $other
enter $county $town
at $city admin node list --enrolled
at $town clerk catalog import "$first"
at $town clerk catalog submit $catalog
agree in-review 1 $city $county $town

chapter "backup, work on, lose, restore"
at $town admin backup "$stage/town.backup"
until_says $county '"counterpart"' review list
at $county reviewer review return $catalog --item 1 --opinion "name the body"
agree returned 1 $city $county $town
at $town clerk catalog import "$second"
at $town clerk catalog submit $catalog
agree in-review 2 $city $county $town
stop $county
lose $town
at $town admin restore "$stage/town.backup"
start $town
at $town admin status
refused GK-APP-050 $town clerk catalog submit $catalog
at $town admin explain GK-APP-050
start $county
until_free $town
agree in-review 2 $city $county $town

chapter "the county's machine is put back to an old snapshot and nobody says so"
stop $county
cp -a "$stage/$county" "$stage/snapshot"
start $county
at $county reviewer review approve $catalog
agree approved 2 $city $county $town
stop $county
rm -rf "${stage:?}/$county"
mv "$stage/snapshot" "$stage/$county"
start $county
agree approved 2 $city $county $town
until_free $county
at $county admin audit log --kind incarnation.open --subject $county

chapter "a copy of the county runs beside it"
stop $county
cp -a "$stage/$county" "$stage/copy"
start $county
until_says $county '"state": "connected"' sync status
sed -i 's/^listen = .*/listen = "127.0.0.1:0"/' "$stage/copy/gongkaid.toml"
start copy
until_says copy GK-SYNC-005 sync status
at copy admin sync status
at copy admin explain GK-SYNC-005
stop copy

chapter "the town is lost without a backup, and rebuilt"
lose $town
at $county admin node invite $town --rebuild
gongkai --data "$stage/$town" --quiet node join --listen 127.0.0.1:0 "$(token $county $town --rebuild)" >/dev/null
start $town
until_free $town
agree approved 2 $city $county $town
at $city admin audit log --kind key.revoke
at $town admin doctor --rebuild

chapter "the county takes the town's catalogs into its custody and gives them back"
at $county admin node custody $town --to $county --dry-run
at $county admin node custody $town --to $county
until_says $city GK-CUSTODY-004 status
refused GK-APP-004 $county clerk catalog import "$first" --division $town
attention $city admin custody list
at $city reviewer custody confirm "$(json $city custody list | field entry)"
until_says $county '"custody.answer"' audit log --kind custody.answer
until_says $town '"custody.answer"' audit log --kind custody.answer
refused GK-APP-004 $town clerk catalog import "$first"
at $county clerk catalog import "$first" --division $town
at $county clerk catalog submit $catalog
agree submitted 3 $city $county $town
# Whoever wrote it here does not approve it here under another name.
refused GK-APP-037 $county reviewer review approve $catalog
at $county admin node custody $town --to $town

chapter "the town goes to another county"
at $city admin node move $town --to $other --dry-run
at $city admin node move $town --to $other
until_says $town GK-NODE-022 status
at $town admin status
until_says $other '"state": "submitted"' catalog show $catalog
moved="$(token $other $town)"
stop $town
at $town admin node join "$moved"
start $town
agree submitted 3 $city $other $town
at $other admin catalog history $catalog
at $town clerk catalog import "$second"
at $town clerk catalog submit $catalog
agree in-review 4 $city $other $town
at $other reviewer review approve $catalog
agree approved 4 $city $other $town

chapter "the town's machine is put back while its later work is upstream, and it works on alone: a fork"
stop $town
cp -a "$stage/$town" "$stage/snapshot"
start $town
at $town clerk catalog import "$first"
at $town clerk catalog submit $catalog
agree in-review 5 $city $other $town
stop $other
stop $town
rm -rf "${stage:?}/$town"
mv "$stage/snapshot" "$stage/$town"
start $town
at $town clerk catalog import "$third"
at $town clerk catalog submit $catalog
start $other
for node in $city $other $town; do until_says $node '"id"' conflict list; done
until_free $town
at $other admin doctor
at $city admin conflict list
id="$(json $town conflict list | field id | head -n 1)"
at $town admin explain "$id"
for node in $town $other $city; do at $node admin conflict show "$id"; done
at $town clerk conflict resolve "$id" --take theirs --reason "the later one holds"
agree in-review 7 $city $other $town
at $other reviewer review approve $catalog
agree approved 7 $city $other $town
for node in $city $other $town; do at $node admin conflict list; done

for node in $city $county $other $town; do at $node admin doctor --rebuild >/dev/null; done
echo "recovered: all nodes agree, and each finds nothing wrong with itself"
