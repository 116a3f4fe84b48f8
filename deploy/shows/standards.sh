#!/usr/bin/env bash
# Shows standards handed down and review chains as data on a small tree: a city, two counties, a township, real daemons
# with real TLS on loopback. Every command is printed with its output; a wrong ending stops the show. Ends 0.
#
# GONGKAI and GONGKAID name the two programs; without them they are built. LANG_SHOWN is zh or en.
set -euo pipefail

here="$(cd "$(dirname "${BASH_SOURCE[0]}")/../.." && pwd)"
place="$(mktemp -d)"
lang="${LANG_SHOWN:-zh}"
started=()

finish() {
    for pid in "${started[@]}"; do
        kill "$pid" 2>/dev/null || true
        wait "$pid" 2>/dev/null || true
    done
    rm -rf "$place"
}
trap finish EXIT

if [ -z "${GONGKAI:-}" ] || [ -z "${GONGKAID:-}" ]; then
    cargo build --locked --manifest-path "$here/Cargo.toml" --package gongkaid --package gongkai >&2
    target="$(cargo metadata --locked --no-deps --format-version 1 --manifest-path "$here/Cargo.toml" |
        sed -n 's/.*"target_directory":"\([^"]*\)".*/\1/p')"
    GONGKAI="$target/debug/gongkai"
    GONGKAID="$target/debug/gongkaid"
fi
export GONGKAID

city=211200 county=211221 town=211221101 pilot=211281

# at NODE COMMAND…: prints the command, runs it, and expects it to end 0.
at() { expect 0 "" "$@"; }
# attention NODE COMMAND…: something needs a person: ends 3.
attention() { expect 3 "" "$@"; }
# refused CODE NODE COMMAND…: ends 1 with that code.
refused() { local code="$1"; shift; expect 1 "$code" "$@"; }

expect() {
    local ending="$1" code="$2" node="$3" found=0
    shift 3
    echo
    echo "[$node]\$ gongkai $*"
    out="$("$GONGKAI" --data "$place/$node" --lang "$lang" "$@" 2>&1)" || found=$?
    echo "$out"
    if [ "$found" != "$ending" ] || { [ -n "$code" ] && ! grep -q "$code" <<<"$out"; }; then
        echo "standards.sh: expected exit $ending $code, got $found" >&2
        exit 1
    fi
}

broken() { echo "standards.sh: $*" >&2; exit 1; }

# says ZH EN: the last answer has these words.
says() {
    local words="$1"
    [ "$lang" = zh ] || words="$2"
    grep -qF -- "$words" <<<"$out" || broken "the answer lacks: $words"
}

# The id of a node's only open conflict of a kind.
conflict_of() {
    { quiet "$1" conflict list --output json || [ $? -eq 3 ]; } |
        sed -n 's/^ *"id": "\(.*\)",$/\1/p; s/^ *"kind": "\(.*\)",$/\1/p' | grep -x -B1 "$2" | head -1
}

quiet() {
    local node="$1"
    shift
    "$GONGKAI" --data "$place/$node" --quiet "$@"
}

start() {
    "$GONGKAID" run --data "$place/$1" >"$place/$1.log" 2>&1 &
    started+=($!)
    for _ in $(seq 300); do
        quiet "$1" status >/dev/null 2>&1 && return
        sleep 0.1
    done
    cat "$place/$1.log" >&2
    echo "standards.sh: the node of $1 did not start" >&2
    exit 1
}

# A young node knows its children only once the tree has come down.
join() {
    local child="$1" parent="$2" token=""
    for _ in $(seq 300); do
        token="$(quiet "$parent" node invite "$child" --output json 2>/dev/null | sed -n 's/.*"token": *"\([^"]*\)".*/\1/p')"
        [ -n "$token" ] && break
        sleep 0.1
    done
    quiet "$child" node join --listen 127.0.0.1:0 "$token" >/dev/null
    start "$child"
    sync_up
}

# From the leaves up, and down again.
sync_up() {
    for node in "$town" "$county" "$pilot" "$county" "$town"; do
        if [ -S "$place/$node/admin.sock" ]; then quiet "$node" sync now >/dev/null; fi
    done
}

chapter() { echo; echo "== $*"; }

head_row='序号,一级事项,二级事项,公开内容(要素),公开依据,公开时限,公开主体,公开渠道和载体,公开对象,公开方式,公开层级'
law='《中华人民共和国政府信息公开条例》'
row() { echo "$1,$2,$3,$4,$law,$5,$6,■政府网站,全社会,主动,乡级"; }

# The guideline, its next version, and what the township makes of the first.
{
    echo '养老服务领域基层政务公开标准目录'
    echo "$head_row"
    row 1 通用政策 扶持政策 '政策名称、正文' 信息形成之日起20个工作日内 民政部门
    row 2 通用政策 服务补贴 '对象、标准、流程' 信息形成之日起20个工作日内 民政部门
    row 3 行业管理 机构备案 '备案名单' 信息形成之日起20个工作日内 民政部门
    row 4 行业管理 等级评定 '评定结果' 信息形成之日起20个工作日内 民政部门
} >"$place/guideline-2019.csv"
{
    echo '养老服务领域基层政务公开标准目录'
    echo "$head_row"
    row 1 通用政策 扶持政策 '政策名称、正文、解读' 信息形成之日起20个工作日内 民政部门
    row 2 通用政策 服务补贴 '对象、标准、流程' 信息形成之日起10个工作日内 民政部门
    row 3 行业管理 机构备案 '备案名单、联系方式' 信息形成之日起20个工作日内 民政部门
    row 5 行业管理 投诉举报 '受理渠道' 长期公开 民政部门
} >"$place/guideline-2026.csv"
{
    echo '养老服务领域基层政务公开标准目录'
    echo "$head_row"
    row 1 通用政策 扶持政策 '政策名称、正文' 信息形成之日起20个工作日内 民政部门
    row 2 通用政策 服务补贴 '对象、标准、流程' 信息形成之日起7个工作日内 民政部门
    row 3 行业管理 机构备案 '备案名单' 信息形成之日起20个工作日内 新台子镇人民政府
    row 4 行业管理 等级评定 '评定结果' 信息形成之日起20个工作日内 民政部门
    row 5 本地事项 老年食堂 '地址、开放时间' 长期公开 新台子镇人民政府
} >"$place/town.csv"
{
    echo '广播电视领域基层政务公开标准目录'
    echo "$head_row"
    row 1 设施建设 应急广播 '建设情况' 信息形成之日起20个工作日内 新台子镇人民政府
} >"$place/broadcasting.csv"
echo '辽宁省生态环境厅关于铁岭市生态环境领域标准目录的批复' >"$place/reply.txt"

quiet "$city" node init --division "$city" --listen 127.0.0.1:0 >/dev/null
start "$city"
join "$county" "$city"
join "$pilot" "$city"
join "$town" "$county"
sync_up

chapter '1a. A guideline is imported, looked at, and handed down'
at "$city" standard import "$place/guideline-2019.csv" --kind guideline --version 2019年版 --authority 民政部办公厅 --doc-no 民办发〔2019〕1号 --dry-run
at "$city" standard import "$place/guideline-2019.csv" --kind guideline --version 2019年版 --authority 民政部办公厅 --doc-no 民办发〔2019〕1号
at "$city" standard send "$city/elderly-care/guideline"
refused GK-STD-004 "$city" standard send "$city/elderly-care/guideline"
sync_up

chapter '1b. A township begins its catalog from it and says some things in its own words'
at "$town" standard list
at "$town" catalog start --from-standard guideline --domain elderly-care
refused GK-STD-002 "$town" catalog start --from-standard guideline --domain elderly-care
at "$town" catalog import "$place/town.csv"
at "$town" standard compare "$town/elderly-care"
at "$town" catalog submit "$town/elderly-care"
sync_up

chapter '1c. A new version comes while the review is open: the reviewer is told'
at "$city" standard import "$place/guideline-2026.csv" --kind guideline --version 2026年版 --authority 民政部办公厅
at "$city" standard send "$city/elderly-care/guideline"
sync_up
attention "$county" review show "$town/elderly-care"
at "$county" review approve "$town/elderly-care"
sync_up

chapter '1d. Where both changed one element a person decides: neither side is kept in silence'
attention "$town" standard compare "$town/elderly-care"
attention "$town" catalog rebase "$town/elderly-care" --dry-run
refused GK-STD-011 "$town" catalog rebase "$town/elderly-care"
attention "$town" conflict list
attention "$county" conflict list
override="$(conflict_of "$town" standard-override)"
[ "$override" = "$(conflict_of "$county" standard-override)" ] || broken "the two nodes name the conflict differently"
attention "$town" conflict show "$override" --all
refused GK-CONFLICT-003 "$town" conflict resolve "$override" --take merge
attention "$town" conflict resolve "$override" --item 服务补贴 --element time_limit_text --text 信息形成之日起15个工作日内 --reason '两次公示共需十个工作日'
says '仍有 1 处冲突未处理' '1 conflicts are still open'

chapter '1e. A limit looser than the standard: adopted, or kept with a reason and its basis'
attention "$town" conflict list
limit="$(conflict_of "$town" limit)"
attention "$town" conflict show "$limit"
refused GK-CONFLICT-007 "$town" conflict resolve "$limit" --take ours --reason 两次公示
at "$town" conflict resolve "$limit" --take ours --reason 两次公示 --basis '《社会救助暂行办法》第十一条'
at "$town" conflict list
at "$town" standard compare "$town/elderly-care"
at "$town" catalog submit "$town/elderly-care" --note '套用2026年版'
sync_up
at "$county" conflict list
at "$county" catalog waivers "$town/elderly-care"
at "$county" review show "$town/elderly-care"
at "$county" review approve "$town/elderly-care"
sync_up
at "$town" catalog rebase "$town/elderly-care"

chapter '1f. A pilot offers its approved catalog; others begin from it'
at "$pilot" catalog import "$here/seeds/catalogs/211282-household-registration.xlsx"
refused GK-STD-007 "$pilot" standard offer "$pilot/household-registration"
at "$pilot" catalog submit "$pilot/household-registration"
sync_up
at "$city" --as reviewer review approve "$pilot/household-registration"
sync_up
at "$pilot" standard offer "$pilot/household-registration" --note 试点经验
sync_up
at "$city" standard list
at "$city" standard send "$city/household-registration/pilot-$pilot"
sync_up
at "$county" catalog start --from-standard "$city/household-registration/pilot-$pilot"

chapter '2a. A domain is added without a release'
refused GK-ROUTE-001 "$county" domain add broadcasting --name 广播电视
at "$city" domain add broadcasting --name 广播电视 --alias 广播影视 --department dept-culture --due 2027-12-31
sync_up
at "$town" catalog import "$place/broadcasting.csv"
at "$town" catalog submit "$town/broadcasting"
sync_up

chapter '2b. Its department changes: the open review keeps its steps until it is rerouted'
at "$city" routing department dept-media --name 市融媒体中心 --base-name 融媒体中心
attention "$city" routing assign --domain broadcasting --department dept-media --from 2026-01-01
sync_up
refused GK-ROUTE-002 "$county" review approve "$town/broadcasting"
at "$city" review reroute --domain broadcasting --to dept-media --reason 机构改革
sync_up
at "$county" review approve "$town/broadcasting"
at "$county" review show "$town/broadcasting"

chapter '2c. Vertical departments and development zones have chains of their own'
refused GK-ROUTE-020 "$city" routing set --domain tax-administration --step 0:counterpart
at "$city" routing set --domain tax-administration --owner-level township --step 2:counterpart:dept-tax
at "$city" routing set --owner-kind functional-area --step 2:counterpart
at "$city" routing show --domain tax-administration

chapter '2d. The province decides on the city: by a document, with its number and file'
at "$city" catalog import "$here/seeds/catalogs/211200-ecological-environment.xlsx"
at "$city" catalog submit "$city/ecological-environment"
refused GK-ROUTE-010 "$city" --as reviewer review approve "$city/ecological-environment"
at "$city" --as reviewer review record-outside "$city/ecological-environment" --doc-no 辽环函〔2026〕12号 --file "$place/reply.txt" --decision approve --authority 辽宁省生态环境厅 --decided-on 2026-11-20
at "$city" review show "$city/ecological-environment"
at "$city" review document "$city/ecological-environment"

echo
echo "standards.sh: everything ended as it should"
