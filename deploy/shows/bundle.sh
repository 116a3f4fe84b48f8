#!/usr/bin/env bash
# Shows bundles on a small tree of three daemons (city, county, township) on this machine: a township without a network
# submits by USB drive, the county decides, the decision comes back by drive, the city publishes. A drive gets lost, one
# is read twice, one is damaged, one goes to the wrong office, and a decision crosses a later submission.
# Each step prints the command and its answer. Ends 0 when every answer was the one expected.
#   bash deploy/shows/bundle.sh [zh|en]
# GONGKAI_BIN names a folder with the two programs; without it they are built.
set -euo pipefail

here="$(cd "$(dirname "${BASH_SOURCE[0]}")/../.." && pwd)"
lang="${1:-zh}"
if [ -z "${GONGKAI_BIN:-}" ]; then
    cargo build --locked --manifest-path "$here/Cargo.toml" --package gongkaid --package gongkai >&2
    target="$(cargo metadata --locked --no-deps --format-version 1 --manifest-path "$here/Cargo.toml" |
        sed -n 's/.*"target_directory":"\([^"]*\)".*/\1/p')"
    GONGKAI_BIN="$target/debug"
fi
export PATH="$GONGKAI_BIN:$PATH"

stage="$(mktemp -d)"
declare -A daemon=()
cleanup() {
    for node in "${!daemon[@]}"; do kill "${daemon[$node]}" 2>/dev/null || true; done
    wait
    rm -rf "$stage"
}
trap cleanup EXIT

catalog=211221101/social-assistance

# Waits until the daemon answers, at most a minute.
start() {
    gongkaid run --data "$stage/$1" >>"$stage/$1.log" 2>&1 &
    daemon[$1]=$!
    for _ in $(seq 600); do
        gongkai --data "$stage/$1" status >/dev/null 2>&1 && return
        [ $? -eq 3 ] && return
        read -rt 0.1 <> <(:) || true
    done
    echo "the daemon of $1 did not start:" >&2 && cat "$stage/$1.log" >&2 && return 1
}
stop() {
    kill "${daemon[$1]}" && wait "${daemon[$1]}" || true
    unset "daemon[$1]"
}
# Runs a command at a node as an operator and shows both; `expect` is the exit status that it must have.
expect=0
at() {
    local node=$1 who=$2 status=0
    shift 2
    echo "\$ gongkai --data $node --as $who $*"
    gongkai --data "$stage/$node" --lang "$lang" --as "$who" "$@" || status=$?
    [ "$status" -eq "$expect" ] || { echo "exit status $status, expected $expect" >&2 && exit 1; }
    echo "(exit $status)"
    echo
}
quietly() { at "$@" >"$stage/out" || { cat "$stage/out" >&2 && exit 1; }; }
said() { grep -q -- "$1" "$stage/shown" || { echo "the answer lacks: $1" >&2 && exit 1; }; }
shown() { at "$@" | tee "$stage/shown"; }
field() { sed -n "s/^ *\"$1\": \"\{0,1\}\([^\",]*\).*/\1/p" | head -1; }
json() { gongkai --data "$stage/$1" --output json "${@:2}" || [ $? -eq 3 ]; }
chapter() { printf '\n== %s\n\n' "$1"; }

# The table of a township: rows of name|limit|channels.
table() {
    echo "社会救助领域基层政务公开标准目录"
    echo "序号,一级事项,二级事项,公开内容(要素),公开依据,公开时限,公开主体,公开渠道和载体,公开对象,公开方式,公开层级"
    local number=0 row name limit channels
    for row in "$@"; do
        IFS='|' read -r name limit channels <<<"$row"
        number=$((number + 1))
        echo "$number,社会救助,$name,$name的申请条件、办理流程和审核结果,《社会救助暂行办法》,$limit,新台子镇人民政府,${channels:-■政府网站},全社会,主动,乡级"
    done
}

words() { if [ "$lang" = zh ]; then echo "$1"; else echo "$2"; fi; }

gongkai --data "$stage/city" node init --division 211200 --listen 127.0.0.1:0 >/dev/null
start city
join() {
    local token=""
    for _ in $(seq 600); do
        token="$(json "$1" node invite "$3" 2>/dev/null | field token)" && [ -n "$token" ] && break
        read -rt 0.1 <> <(:) || true
    done
    gongkai --data "$stage/$2" node join --listen 127.0.0.1:0 "$token" >/dev/null
}
join city county 211221
# The county knows of the township: its files are carried.
printf '[[child]]\ndivision = "211221101"\nmode = "bundle"\n' >>"$stage/county/gongkaid.toml"
start county
# Enrolment needs a cable for once; from then on the township is never connected.
join county town 211221101
sed -i 's/^\[parent\]/[parent]\nmode = "bundle"/' "$stage/town/gongkaid.toml"
sed -i 's/^address = .*/address = ["127.0.0.1:9"]/' "$stage/town/gongkaid.toml"
start town
drives="$stage/drives" && mkdir "$drives" && cd "$drives"
# Makes a bundle at a node for another, under a name, and carries it there.
carry() { quietly "$1" admin bundle export --to "$2" --out "$3"; quietly "${4}" admin bundle import "$3"; }

chapter "1. 没有网络不算故障 / no network is no fault"
shown town admin sync status
said "$(words 离线包 bundle)"
shown town admin explain 211221
if grep -q "GK-" "$stage/shown"; then echo "a link without a network is reported as broken" >&2 && exit 1; fi

chapter "2. 首次往来：树、流程表与证书随介质下来 / first drives: tree, tables and certificates come down"
shown county admin bundle export --to 211221101 --out county-1.gkb
said "$(words 完整集 complete)"
shown town admin bundle inspect county-1.gkb
shown town admin bundle import county-1.gkb
said "$(words 已接收 applied)"
carry town 211221 town-1.gkb county

chapter "3. 乡镇报送，随介质上行 / the township submits by drive"
table '城乡低保|20个工作日' '特困供养|20个工作日' >"$stage/r1.csv"
quietly town clerk catalog import "$stage/r1.csv" --domain social-assistance --division 211221101
quietly town clerk catalog submit "$catalog"
quietly town admin bundle export --to 211221 --out town-2.gkb
shown county admin bundle import town-2.gkb --dry-run
said "$(words 未写入 'nothing was taken')"
shown county admin bundle import town-2.gkb
shown county admin review list
said 211221101

chapter "4. 同一介质再读一次，读坏的、送错的 / the same drive again, a damaged one, one for another office"
shown county admin bundle import town-2.gkb
said "$(words '已接收 0' '0 applied')"
head -c 700 town-2.gkb >cut.gkb
expect=1 at county admin bundle import cut.gkb
cp town-2.gkb flipped.gkb && printf '\377' | dd of=flipped.gkb bs=1 seek=900 conv=notrunc status=none
expect=1 at county admin bundle import flipped.gkb
expect=1 at city admin bundle import town-2.gkb
echo "\$ gongkai bundle inspect town-2.gkb"
env -u GONGKAI_DATA gongkai --lang "$lang" bundle inspect town-2.gkb | tee "$stage/shown"
said "$(words 文件完整 'the file is whole')"

chapter "5. 县审核，决定在路上时乡镇又报送 / the county decides; while the decision travels the township submits again"
quietly county reviewer review approve "$catalog"
quietly county admin bundle export --to 211221101 --out county-2.gkb
table '城乡低保|20个工作日' '特困供养|15个工作日' >"$stage/r2.csv"
quietly town clerk catalog import "$stage/r2.csv" --domain social-assistance --division 211221101
quietly town clerk catalog submit "$catalog"
quietly town admin bundle export --to 211221 --out town-3.gkb
quietly county admin bundle import town-3.gkb
quietly town admin bundle import county-2.gkb
# The county's receipt for the later submission comes with the next drive.
carry county 211221101 county-2b.gkb town
json county catalog show "$catalog" >"$stage/there"
json town catalog show "$catalog" >"$stage/here"
same() { [ "$(field "$1" <"$stage/here")" = "$(field "$1" <"$stage/there")" ] || { echo "$1 differs: $(field "$1" <"$stage/here") and $(field "$1" <"$stage/there")" >&2 && exit 1; }; }
same state && same revision
echo "$(words 两端状态一致 'both sides see the same'): $(field state <"$stage/here")"

chapter "6. 一只介质丢了 / a drive gets lost"
quietly county reviewer review approve "$catalog"
quietly county admin bundle export --to 211221101 --out county-3-lost.gkb
expect=3 shown county admin bundle lost
said 211221101
shown county admin bundle export --to 211221101 --out county-4.gkb
shown town admin bundle import county-4.gkb
said "$(words 未导入的编号 'not read here')"
shown town admin catalog show "$catalog"
said "$(words 已通过 approved)"

chapter "7. 回执随回程介质带回，数据包变小 / the acknowledgement travels back, bundles shrink"
carry town 211221 town-4.gkb county
shown county admin bundle status 211221101
said "$(words 已确认 acknowledged)"
shown county admin bundle lost
quietly county admin bundle export --to 211221101 --dry-run

chapter "8. 市汇总发布 / the city publishes"
for step in $(seq 100); do
    json city catalog show "$catalog" 2>/dev/null | grep -q '"approved_revision": "sha256' && break
    read -rt 0.1 <> <(:) || true
done
for sign in first-review:first second-review:second third-review:third secrecy:third; do
    quietly city "${sign#*:}" publish sign-off --step "${sign%%:*}" --note 2026-1
done
expect=3 shown city third publish run
said "$(words 发布 edition)"
grep -rq 城乡低保 "$stage/city/editions/edition-1" || { echo "the edition lacks the township's item" >&2 && exit 1; }
echo "$(words 发布版含该乡镇事项 "the edition holds the township's items")"
