#!/usr/bin/env bash
# Shows conflicts and racing decisions on a small tree of three daemons (city, county, township) on this machine:
# two clerks on one base, a submission that crosses a decision, a township restored from an old backup (what one side
# has approved since is asked again where the merge takes it back), a reviewer's
# wording for an item that was edited since, a matter that county and township both claim, the history of an item.
# A newer standard against local words and a looser limit are in standards.sh.
# Each step prints the command and its answer. Ends 0 when every answer was the one expected.
#   bash deploy/shows/conflicts.sh [zh|en]
source "$(dirname "${BASH_SOURCE[0]}")/stage.sh"

catalog=211221101/social-assistance

found city 211200
start city
join city county 211221
people county wang=reviewer,clerk
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
attention town li conflict list
said 草稿并列 drafts
id="$(json town conflict list | field id)"
attention town li conflict show "$id"
refused GK-CONFLICT-003 town li conflict resolve "$id" --take merge
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
attention town li review show $catalog
cp "$stage/shown" "$stage/there"
attention county wang review show $catalog
cmp <(grep '^[!~+]' "$stage/there") <(grep '^[!~+]' "$stage/shown")
at county wang review approve $catalog
quietly town li sync now
at town li catalog history $catalog
said 已过时 stale
grep -A2 -e 该次报送已被取代 -e 'came after a later submission' "$stage/shown" >"$stage/there"
at county wang catalog history $catalog
grep -A2 -e 该次报送已被取代 -e 'came after a later submission' "$stage/shown" | cmp - "$stage/there"

chapter "3. a township restored from an old backup · 由旧备份恢复的乡镇"
quietly town admin backup "$stage/town.backup"
table "低保审核确认|5个工作日内|■政府网站 ■公示栏" "特困人员供养|每年1月31日前" "临时救助|长期公开" >"$stage/社会救助.csv"
quietly town li catalog import "$stage/社会救助.csv"
quietly town li catalog submit $catalog
quietly town li sync now
quietly county wang review approve $catalog
stop town
rm -rf "$stage/town"
gongkai --data "$stage/town" restore "$stage/town.backup" >/dev/null
start town
quietly town admin restore --release --reason "县级节点无法连接"
table "低保审核确认|10个工作日内|■政府网站 ■公示栏" "特困人员供养|每年2月底前" "临时救助|长期公开" >"$stage/社会救助.csv"
quietly town zhang catalog import "$stage/社会救助.csv"
quietly town zhang catalog submit $catalog
quietly town zhang sync now
attention county wang conflict list
id="$(json town conflict list | field id)"
attention town li conflict show "$id" --all
at town li conflict resolve "$id" --item 低保审核确认 --element time_limit_text --text 10个工作日内 --reason 合并恢复前后的两次报送
quietly town li sync now
at county wang conflict list
# The side that was never approved has the old limit still, and the approved one another: the reviewer sees it.
at county wang review show $catalog
said 低保审核确认
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
attention town li conflict list
json town conflict list >"$stage/list.json"
[ "$(grep -c '"kind": "proposal-edit"' "$stage/list.json")" -eq 2 ] || broken "two proposals were overtaken"
open_of() { paste -sd' ' "$stage/list.json" | sed 's/{ *"id"/\n"id"/g' | sed -n "s/^\"id\": \"\([0-9a-f]*\)\".*\"open\": $1,.*/\1/p" | head -1; }
words="$(open_of 0)" limit="$(open_of 1)"
attention town li conflict show "$limit"
refused GK-REVIEW-026 town li conflict resolve "$limit" --take ours
attention town li conflict resolve "$limit" --take ours --reason 需两次公示,15个工作日已是最短
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
attention county zhao conflict list
said 事项重复 matter
id="$(json county conflict list | field id)"
[ "$id" = "$(json city conflict list | field id)" ] || broken "the city names it differently"
attention county zhao conflict show "$id"
refused GK-REVIEW-026 county zhao conflict resolve "$id" --take both
at county zhao conflict resolve "$id" --take both --reason 县级负责审批,乡镇负责受理 --basis 《社会救助暂行办法》第四条
quietly county zhao sync now
quietly town li sync now
at county zhao conflict list
at city chen conflict list
at town li catalog history $catalog
said 归属决定 settlement

chapter "6. an item's history, and a day in the past · 单个事项的历史与某日情况"
at county wang catalog history $catalog --item 特困人员供养
said 采纳审核建议
refused GK-APP-005 county wang catalog show $catalog --as-of 2020-01-01
at county wang catalog show $catalog --as-of "$(TZ=Asia/Shanghai date +%F)"
echo "done · 完成"
