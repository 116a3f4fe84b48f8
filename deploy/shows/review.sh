#!/usr/bin/env bash
# Review as people live it, on a tree of three nodes on this machine: the desk with due dates, opinions on elements,
# judging one by one, proposals accepted and declined, re-submission that asks only about what changed, revocation, the
# history of one item, staleness and views of a day in the past, roles and their refusals; nobody who reviews what he
# wrote, and a chain that is moved while a review is open. Ends 0 when all of it happened.
#   bash deploy/shows/review.sh [zh|en]
source "$(dirname "${BASH_SOURCE[0]}")/stage.sh"

catalog=211221101/social-assistance
samples="$here/seeds/catalogs"
sync() { quietly town admin sync now; quietly county admin sync now; }

found city 211200
# Who sits where: each with his own role, as a node's administrator writes it down.
cat >>"$stage/city/gongkaid.toml" <<'TOML'

[[operator]]
name = "chen"
roles = ["publisher"]
TOML
start city
join city county 211221
cat >>"$stage/county/gongkaid.toml" <<'TOML'

[review]
working_days = 5

[[operator]]
name = "wang"
roles = ["reviewer"]

[[operator]]
name = "sun"
roles = ["auditor"]

[[operator]]
name = "zhou"
roles = ["clerk", "reviewer"]

[[operator]]
name = "qian"
roles = ["clerk"]

[[operator]]
name = "lin"
roles = ["clerk"]
TOML
admin_port county
start county
# He sits at a machine of his own: what one account wrote, another name of it does not decide.
desks county wang
quietly county admin sync now
join county town 211221101
cat >>"$stage/town/gongkaid.toml" <<'TOML'

[[operator]]
name = "li"
roles = ["clerk"]
domains = ["social-assistance", "elderly-care"]
TOML
start town
quietly town admin sync now

chapter "角色 · roles"
at town li whoami
refused GK-APP-002 town li review approve $catalog
refused GK-APP-002 county sun review approve $catalog

chapter "报送与审核台 · submission and the desk"
at town li catalog import "$samples/211221101-social-assistance.xlsx" --reason 首次编制 --basis 铁公开领〔2020〕1号
at town li catalog submit $catalog --effective-from 2020-12-31
sync
at county wang review list --mine
at county wang review list --overdue --as-of 2026-12-31
at county wang review show $catalog

chapter "修改建议与要素意见 · proposals and words on elements"
at county wang review propose $catalog --item 2 --element 公开时限 --text 自信息形成之日起10个工作日内 --note 与省目录一致
at county wang review propose $catalog --item 3 --element 公开内容 --text 政策法规和办理流程 --note 表述从简
at county wang review approve $catalog --partly --item 1
at county wang review return $catalog --item 2 --element 公开时限 --opinion 时限不明确,见建议
sync
at town li catalog proposals
json town catalog proposals $catalog | sed -n 's/^ *"proposal": "\(sha256:[0-9a-f]*\)",$/\1/p' >"$stage/proposals"
first="$(sed -n 1p "$stage/proposals")" second="$(sed -n 2p "$stage/proposals")"
at town li catalog accept "${first:0:19}"
at town li catalog decline "${second:0:19}" --reason 现表述与省目录一致

chapter "重新报送,只审变更 · only what changed is asked"
at town li catalog submit $catalog --reason 采纳审核建议
sync
at county wang review show $catalog
at county wang review approve $catalog --opinion 同意
sync

chapter "动态管理 · an update with its reason and basis"
at town li catalog import "$samples/211221101-social-assistance-updated.xlsx" --confirm-removals
at town li catalog submit $catalog --reason 职责调整 --basis 《社会救助暂行办法》
at town li catalog withdraw $catalog --reason 尚需核对
at town li catalog submit $catalog --reason 职责调整 --basis 《社会救助暂行办法》
sync
at county wang review show $catalog
at county wang review approve $catalog
at county wang catalog proposals $catalog --all
at county wang catalog history $catalog --item 2

chapter "存量与历史 · staleness and a day in the past"
at county wang catalog list --stale 6 --as-of 2099-12-31
at county wang catalog list --basis-repealed
at county wang catalog list --as-of 2020-01-01
at county wang catalog show $catalog --as-of "$(date +%F)"
at county sun audit log --kind refusal

chapter "谁编谁不审 · nobody reviews what he wrote"
# A town without a node of its own: the county keeps its catalog, and clerks and reviewers are of one house.
own=211221102/social-assistance
table "低保审核确认|20个工作日内" "特困人员供养|及时公开" >"$stage/阿吉.csv"
at county zhou catalog import "$stage/阿吉.csv" --division 211221102
table "低保审核确认|15个工作日内" "特困人员供养|及时公开" >"$stage/阿吉.csv"
at county qian catalog import "$stage/阿吉.csv" --division 211221102
at county qian catalog submit $own
refused GK-REVIEW-015 county zhou review approve $own
at county qian catalog withdraw $own --reason 核对
at county lin catalog submit $own
refused GK-REVIEW-015 county zhou review approve $own

chapter "改送不改意见 · a decision stays with its step when the chain moves"
expect="0 3" quietly city admin routing set --domain social-assistance --owner-level township --step 1:counterpart --step 1:lead-office
quietly county admin sync now
quietly county admin review reroute $own --reason 增加牵头办公室环节
at county wang review approve $own
expect="0 3" quietly city admin routing set --domain social-assistance --owner-level township --step 1:lead-office
quietly county admin sync now
attention county wang conflict list
at county admin review reroute $own --reason 只由牵头办公室审核
attention county wang review show $own
said GK-REVIEW-REROUTED
at county wang catalog history $own
if json county catalog list | paste -sd' ' | grep -q "\"catalog\": \"$own\"[^}]*\"state\": \"approved\""; then
    broken "the lead office has not decided yet"
fi
at county wang review approve $own
at county wang catalog history $own
said 环节已改 rerouted

echo "完成 · done"
