#!/usr/bin/env bash
# Shows standards handed down and review chains as data on a small tree: a city, two counties, a township, real daemons
# with real TLS on loopback. Every command is printed with its output; a wrong ending stops the show. Ends 0.
#   bash deploy/shows/standards.sh [zh|en]
source "$(dirname "${BASH_SOURCE[0]}")/stage.sh"

city=211200 county=211221 town=211221101 pilot=211281

# The id of a node's only open conflict of a kind.
conflict_of() {
    json "$1" conflict list | sed -n 's/^ *"id": "\(.*\)",$/\1/p; s/^ *"kind": "\(.*\)",$/\1/p' | grep -x -B1 "$2" | head -1
}

# From the leaves up, and down again.
sync_up() {
    for node in town county pilot county town; do
        if [ -n "${daemon[$node]:-}" ]; then quietly "$node" admin sync now; fi
    done
}
enter() { join "$@"; start "$2"; sync_up; }

law='《中华人民共和国政府信息公开条例》'
row() { echo "$1,$2,$3,$4,$law,$5,$6,■政府网站,全社会,主动,乡级"; }

# The guideline, its next version, and what the township makes of the first.
{
    echo '养老服务领域基层政务公开标准目录'
    echo "$columns"
    row 1 通用政策 扶持政策 '政策名称、正文' 信息形成之日起20个工作日内 民政部门
    row 2 通用政策 服务补贴 '对象、标准、流程' 信息形成之日起20个工作日内 民政部门
    row 3 行业管理 机构备案 '备案名单' 信息形成之日起20个工作日内 民政部门
    row 4 行业管理 等级评定 '评定结果' 信息形成之日起20个工作日内 民政部门
} >"$stage/guideline-2019.csv"
{
    echo '养老服务领域基层政务公开标准目录'
    echo "$columns"
    row 1 通用政策 扶持政策 '政策名称、正文、解读' 信息形成之日起20个工作日内 民政部门
    row 2 通用政策 服务补贴 '对象、标准、流程' 信息形成之日起10个工作日内 民政部门
    row 3 行业管理 机构备案 '备案名单、联系方式' 信息形成之日起20个工作日内 民政部门
    row 5 行业管理 投诉举报 '受理渠道' 长期公开 民政部门
} >"$stage/guideline-2026.csv"
{
    echo '养老服务领域基层政务公开标准目录'
    echo "$columns"
    row 1 通用政策 扶持政策 '政策名称、正文' 信息形成之日起20个工作日内 民政部门
    row 2 通用政策 服务补贴 '对象、标准、流程' 信息形成之日起7个工作日内 民政部门
    row 3 行业管理 机构备案 '备案名单' 信息形成之日起20个工作日内 新台子镇人民政府
    row 4 行业管理 等级评定 '评定结果' 信息形成之日起20个工作日内 民政部门
    row 5 本地事项 老年食堂 '地址、开放时间' 长期公开 新台子镇人民政府
} >"$stage/town.csv"
{
    echo '广播电视领域基层政务公开标准目录'
    echo "$columns"
    row 1 设施建设 应急广播 '建设情况' 信息形成之日起20个工作日内 新台子镇人民政府
} >"$stage/broadcasting.csv"
echo '辽宁省生态环境厅关于铁岭市生态环境领域标准目录的批复' >"$stage/reply.txt"

found city $city
admin_port city
start city
# He sits at a machine of his own: what one account wrote, another name of it does not decide.
desks city reviewer
enter city county $county
enter city pilot $pilot
enter county town $town
sync_up

chapter '1a. A guideline is imported, looked at, and handed down'
at city admin standard import "$stage/guideline-2019.csv" --kind guideline --version 2019年版 --authority 民政部办公厅 --doc-no 民办发〔2019〕1号 --dry-run
at city admin standard import "$stage/guideline-2019.csv" --kind guideline --version 2019年版 --authority 民政部办公厅 --doc-no 民办发〔2019〕1号
at city publisher standard send "$city/elderly-care/guideline"
refused GK-STD-004 city publisher standard send "$city/elderly-care/guideline"
sync_up

chapter '1b. A township begins its catalog from it and says some things in its own words'
at town admin standard list
at town admin catalog start --from-standard guideline --domain elderly-care
refused GK-STD-002 town admin catalog start --from-standard guideline --domain elderly-care
at town admin catalog import "$stage/town.csv"
at town admin standard compare "$town/elderly-care"
at town admin catalog submit "$town/elderly-care"
sync_up

chapter '1c. A new version comes while the review is open: the reviewer is told'
at city admin standard import "$stage/guideline-2026.csv" --kind guideline --version 2026年版 --authority 民政部办公厅
at city publisher standard send "$city/elderly-care/guideline"
sync_up
attention county admin review show "$town/elderly-care"
at county reviewer review approve "$town/elderly-care"
sync_up

chapter '1d. Where both changed one element a person decides: neither side is kept in silence'
attention town admin standard compare "$town/elderly-care"
attention town admin catalog rebase "$town/elderly-care" --dry-run
refused GK-STD-011 town admin catalog rebase "$town/elderly-care"
attention town admin conflict list
attention county admin conflict list
override="$(conflict_of town standard-override)"
[ "$override" = "$(conflict_of county standard-override)" ] || broken "the two nodes name the conflict differently"
attention town admin conflict show "$override" --all
refused GK-CONFLICT-003 town admin conflict resolve "$override" --take merge
attention town admin conflict resolve "$override" --item 服务补贴 --element time_limit_text --text 信息形成之日起15个工作日内 --reason '两次公示共需十个工作日'
said '仍有 1 处冲突未处理' '1 conflicts are still open'

chapter '1e. A limit looser than the standard: adopted, or kept with a reason and its basis'
attention town admin conflict list
limit="$(conflict_of town limit)"
attention town admin conflict show "$limit"
refused GK-CONFLICT-007 town admin conflict resolve "$limit" --take ours --reason 两次公示
at town admin conflict resolve "$limit" --take ours --reason 两次公示 --basis '《社会救助暂行办法》第十一条'
at town admin conflict list
at town admin standard compare "$town/elderly-care"
at town admin catalog submit "$town/elderly-care" --note '套用2026年版'
sync_up
at county admin conflict list
at county admin catalog waivers "$town/elderly-care"
at county admin review show "$town/elderly-care"
at county reviewer review approve "$town/elderly-care"
sync_up
at town admin catalog rebase "$town/elderly-care"

chapter '1f. A pilot offers its approved catalog; others begin from it'
at pilot admin catalog import "$here/seeds/catalogs/211282-household-registration.xlsx"
refused GK-STD-007 pilot admin standard offer "$pilot/household-registration"
at pilot admin catalog submit "$pilot/household-registration"
sync_up
at city reviewer review approve "$pilot/household-registration"
sync_up
at pilot admin standard offer "$pilot/household-registration" --note 试点经验
sync_up
at city admin standard list
at city publisher standard send "$city/household-registration/pilot-$pilot"
sync_up
at county admin catalog start --from-standard "$city/household-registration/pilot-$pilot"

chapter '2a. A domain is added without a release'
refused GK-ROUTE-001 county admin domain add broadcasting --name 广播电视
at city admin domain add broadcasting --name 广播电视 --alias 广播影视 --department dept-culture --due 2027-12-31
sync_up
at town admin catalog import "$stage/broadcasting.csv"
at town admin catalog submit "$town/broadcasting"
sync_up

chapter '2b. Its department changes: the open review keeps its steps until it is rerouted'
at city admin routing department dept-media --name 市融媒体中心 --base-name 融媒体中心
attention city admin routing assign --domain broadcasting --department dept-media --from 2026-01-01
sync_up
refused GK-ROUTE-002 county reviewer review approve "$town/broadcasting"
at city admin review reroute --domain broadcasting --to dept-media --reason 机构改革
sync_up
at county reviewer review approve "$town/broadcasting"
at county admin review show "$town/broadcasting"

chapter '2c. Vertical departments and development zones have chains of their own'
refused GK-ROUTE-020 city admin routing set --domain tax-administration --step 0:counterpart
at city admin routing set --domain tax-administration --owner-level township --step 2:counterpart:dept-tax
at city admin routing set --owner-kind functional-area --step 2:counterpart
at city admin routing show --domain tax-administration

chapter '2d. The province decides on the city: by a document, with its number and file'
at city admin catalog import "$here/seeds/catalogs/211200-ecological-environment.xlsx"
at city admin catalog submit "$city/ecological-environment"
refused GK-ROUTE-010 city reviewer review approve "$city/ecological-environment"
at city reviewer review record-outside "$city/ecological-environment" --doc-no 辽环函〔2026〕12号 --file "$stage/reply.txt" --decision approve --authority 辽宁省生态环境厅 --decided-on 2026-11-20
at city admin review show "$city/ecological-environment"
at city admin review document "$city/ecological-environment"

echo "完成 · done"
