#!/usr/bin/env bash
# Shows bundles on a small tree of three daemons (city, county, township) on this machine: a township without a network
# submits by USB drive, the county decides, the decision comes back by drive, the city publishes. A drive gets lost, one
# is read twice, one is damaged, one goes to the wrong office, and a decision crosses a later submission.
# Each step prints the command and its answer. Ends 0 when every answer was the one expected.
#   bash deploy/shows/bundle.sh [zh|en]
source "$(dirname "${BASH_SOURCE[0]}")/stage.sh"

catalog=211221101/social-assistance

found city 211200
people city first=publisher second=publisher third=publisher
admin_port city
start city
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
at town admin sync status
said 离线包 bundle
at town admin explain 211221
if grep -q "GK-" "$stage/shown"; then broken "a link without a network is reported as broken"; fi

chapter "2. 首次往来：树、流程表与证书随介质下来 / first drives: tree, tables and certificates come down"
at county admin bundle export --to 211221101 --out county-1.gkb
said 完整集 complete
at town admin bundle inspect county-1.gkb
at town admin bundle import county-1.gkb
said 已接收 applied
carry town 211221 town-1.gkb county

chapter "3. 乡镇报送，随介质上行 / the township submits by drive"
table '城乡低保|20个工作日' '特困供养|20个工作日' >"$stage/r1.csv"
quietly town clerk catalog import "$stage/r1.csv" --domain social-assistance --division 211221101
quietly town clerk catalog submit "$catalog"
quietly town admin bundle export --to 211221 --out town-2.gkb
at county admin bundle import town-2.gkb --dry-run
said 未写入 'nothing was taken'
at county admin bundle import town-2.gkb
at county admin review list
said 211221101

chapter "4. 同一介质再读一次，读坏的、送错的 / the same drive again, a damaged one, one for another office"
at county admin bundle import town-2.gkb
said '已接收 0' '0 applied'
head -c 700 town-2.gkb >cut.gkb
refused GK-BUNDLE-002 county admin bundle import cut.gkb
cp town-2.gkb flipped.gkb && printf '\377' | dd of=flipped.gkb bs=1 seek=900 conv=notrunc status=none
refused GK-BUNDLE-003 county admin bundle import flipped.gkb
refused GK-BUNDLE-020 city admin bundle import town-2.gkb
echo "\$ gongkai bundle inspect town-2.gkb"
env -u GONGKAI_DATA gongkai --lang "$lang" bundle inspect town-2.gkb | tee "$stage/shown"
said 文件完整 'the file is whole'

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
same() { 
    local mine theirs
    mine="$(field "$1" <"$stage/here")" theirs="$(field "$1" <"$stage/there")"
    [ "$mine" = "$theirs" ] || broken "$1 differs: $mine and $theirs"
}
same state && same revision
echo "$(words 两端状态一致 'both sides see the same'): $(field state <"$stage/here")"

chapter "6. 一只介质丢了 / a drive gets lost"
quietly county reviewer review approve "$catalog"
quietly county admin bundle export --to 211221101 --out county-3-lost.gkb
attention county admin bundle lost
said 211221101
at county admin bundle export --to 211221101 --out county-4.gkb
at town admin bundle import county-4.gkb
said 未导入的编号 'not read here'
at town admin catalog show "$catalog"
said 已通过 approved

chapter "7. 回执随回程介质带回，数据包变小 / the acknowledgement travels back, bundles shrink"
carry town 211221 town-4.gkb county
at county admin bundle status 211221101
said 已确认 acknowledged
at county admin bundle lost
quietly county admin bundle export --to 211221101 --dry-run

chapter "8. 市汇总发布 / the city publishes"
until_says city '"approved_revision": "sha256' catalog show "$catalog"
desks city first second third
for sign in first-review:first second-review:second third-review:third secrecy:third; do
    quietly city "${sign#*:}" publish sign-off --step "${sign%%:*}" --note 2026-1
done
attention city third publish run
said 发布 edition
grep -rq 城乡低保 "$stage/city/editions/edition-1" || broken "the edition lacks the township's item"
echo "$(words 发布版含该乡镇事项 "the edition holds the township's items")"
