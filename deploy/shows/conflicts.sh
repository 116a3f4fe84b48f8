#!/usr/bin/env bash
# Shows conflicts and racing decisions on a small tree of three daemons (city, county, township) on this machine:
# two clerks on one base, a submission that crosses a decision, a township restored from an old backup, a reviewer's
# wording for an item that was edited since, a matter that county and township both claim, the history of an item.
# A newer standard against local words and a looser limit are in standards.sh.
# Each step prints the command and its answer. Ends 0 when every answer was the one expected.
#   bash deploy/shows/conflicts.sh [zh|en]
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
        echo "$number,社会救助,$name,$name的申请条件、办理流程和审核结果,《社会救助暂行办法》,$limit,${body:-新台子镇人民政府},${channels:-■政府网站},全社会,主动,${level:-乡级}"
    done
}

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
start county
join county town 211221101
# The township is connected only when it says so: its link is cut otherwise.
sed -i 's/^\[parent\]/[parent]\nmode = "manual"/' "$stage/town/gongkaid.toml"
start town
quietly town clerk sync now

chapter "1. two clerks on one base · 两名经办人依据同一版本"
table "低保审核确认|20个工作日内" "特困人员供养|及时公开" >"$stage/社会救助.csv"
quietly town li catalog import "$stage/社会救助.csv"
base="$(json town catalog show $catalog | field revision)"
table "低保审核确认|15个工作日内|■政府网站 ■公示栏" "特困人员供养|及时公开" >"$stage/社会救助.csv"
at town li catalog import "$stage/社会救助.csv"
table "低保审核确认|7个工作日内|■政府网站 ■政务新媒体" "特困人员供养|每年1月31日前" >"$stage/社会救助.csv"
at town zhang catalog import "$stage/社会救助.csv" --base "${base:0:19}"
expect=3 shown town li conflict list
said drafts\\\|草稿并列
id="$(json town conflict list | field id)"
expect=3 at town li conflict show "$id"
expect=1 at town li conflict resolve "$id" --take merge
at town li conflict resolve "$id" --item 低保审核确认 --element time_limit_text --text 10个工作日内
at town li conflict list
at town li catalog diff $catalog "${base:0:19}"

chapter "2. a decision crosses a new submission · 审核决定与新报送交错"
at town li catalog submit $catalog --note 首次报送
quietly town li sync now
table "低保审核确认|10个工作日内|■政府网站 ■公示栏" "特困人员供养|每年1月31日前" "临时救助|长期公开" >"$stage/社会救助.csv"
quietly town li catalog import "$stage/社会救助.csv"
echo "# the link is cut: the county decides what it has, the township submits again"
at county wang review approve $catalog
at town li catalog submit $catalog --note 增加临时救助
quietly town li sync now
expect=3 shown town li review show $catalog
cp "$stage/shown" "$stage/there"
expect=3 shown county wang review show $catalog
cmp <(grep '^[!~+]' "$stage/there") <(grep '^[!~+]' "$stage/shown")
at county wang review approve $catalog
quietly town li sync now
shown town li catalog history $catalog
said stale\\\|已过时
grep -A2 -e 该次报送已被取代 -e 'came after a later submission' "$stage/shown" >"$stage/there"
shown county wang catalog history $catalog
grep -A2 -e 该次报送已被取代 -e 'came after a later submission' "$stage/shown" | cmp - "$stage/there"

chapter "3. a township restored from an old backup · 由旧备份恢复的乡镇"
quietly town admin backup "$stage/town.backup"
table "低保审核确认|5个工作日内|■政府网站 ■公示栏" "特困人员供养|每年1月31日前" "临时救助|长期公开" >"$stage/社会救助.csv"
quietly town li catalog import "$stage/社会救助.csv"
quietly town li catalog submit $catalog
quietly town li sync now
stop town
rm -rf "$stage/town"
gongkai --data "$stage/town" restore "$stage/town.backup" >/dev/null
start town
quietly town admin restore --release --reason "县级节点无法连接"
table "低保审核确认|10个工作日内|■政府网站 ■公示栏" "特困人员供养|每年2月底前" "临时救助|长期公开" >"$stage/社会救助.csv"
quietly town zhang catalog import "$stage/社会救助.csv"
quietly town zhang catalog submit $catalog
quietly town zhang sync now
expect=3 at county wang conflict list
id="$(json town conflict list | field id)"
expect=3 at town li conflict show "$id" --all
at town li conflict resolve "$id" --take merge --reason 合并恢复前后的两次报送
quietly town li sync now
at county wang conflict list
at county wang review approve $catalog

chapter "4. a reviewer's wording meets the owner's edit · 审核建议与编制单位的修改"
quietly town li catalog import "$stage/社会救助.csv"
table "低保审核确认|5个工作日内|■政府网站 ■公示栏" "特困人员供养|每年2月底前" "临时救助|长期公开" >"$stage/社会救助.csv"
quietly town li catalog import "$stage/社会救助.csv"
quietly town li catalog submit $catalog --reason 压缩时限 --basis 《社会救助暂行办法》
quietly town li sync now
at county wang review propose $catalog --item 特困人员供养 --element 公开内容 --text 特困人员供养的申请条件、办理流程、审核结果和监督电话 --note 补充监督渠道
at county wang review propose $catalog --item 特困人员供养 --element 公开时限 --text 20个工作日内 --note 与省目录一致
table "低保审核确认|5个工作日内|■政府网站 ■公示栏" "特困人员供养|15个工作日内" "临时救助|长期公开" >"$stage/社会救助.csv"
quietly town li catalog import "$stage/社会救助.csv"
quietly town li sync now
expect=3 shown town li conflict list
json town conflict list >"$stage/list.json"
[ "$(grep -c '"kind": "proposal-edit"' "$stage/list.json")" -eq 2 ] || { echo "two proposals were overtaken" >&2 && exit 1; }
open_of() { paste -sd' ' "$stage/list.json" | sed 's/{ *"id"/\n"id"/g' | sed -n "s/^\"id\": \"\([0-9a-f]*\)\".*\"open\": $1,.*/\1/p" | head -1; }
words="$(open_of 0)" limit="$(open_of 1)"
expect=3 at town li conflict show "$limit"
expect=1 at town li conflict resolve "$limit" --take ours
expect=3 at town li conflict resolve "$limit" --take ours --reason 需两次公示,15个工作日已是最短
at town li conflict resolve "$words" --take merge
at town li catalog submit $catalog --reason 采纳审核建议
quietly town li sync now
at county wang catalog proposals $catalog --all
at county wang review approve $catalog
quietly town li sync now

chapter "5. one matter that two bodies claim · 同一事项两家登记"
body=铁岭县民政局 level=县级、乡级 table "临时救助|20个工作日内" >"$stage/县级社会救助.csv"
quietly county zhao catalog import "$stage/县级社会救助.csv"
quietly county zhao catalog submit 211221/social-assistance
quietly county zhao sync now
expect=3 shown county zhao conflict list
said matter\\\|事项重复
id="$(json county conflict list | field id)"
[ "$id" = "$(json city conflict list | field id)" ] || { echo "the city names it differently" >&2 && exit 1; }
expect=3 at county zhao conflict show "$id"
expect=1 at county zhao conflict resolve "$id" --take both
at county zhao conflict resolve "$id" --take both --reason 县级负责审批,乡镇负责受理 --basis 《社会救助暂行办法》第四条
quietly county zhao sync now
quietly town li sync now
at county zhao conflict list
at city chen conflict list
shown town li catalog history $catalog
said settlement\\\|归属决定

chapter "6. an item's history, and a day in the past · 单个事项的历史与某日情况"
shown county wang catalog history $catalog --item 特困人员供养
said 采纳审核建议
expect=1 at county wang catalog show $catalog --as-of 2020-01-01
at county wang catalog show $catalog --as-of "$(TZ=Asia/Shanghai date +%F)"
echo "done · 完成"
