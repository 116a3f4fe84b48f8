#!/usr/bin/env bash
# Shows how content that the law says must go leaves a small tree of three daemons (city, county, township) on this
# machine: a clerk asks, the county confirms, and no file of any node holds the words; the item's neighbours, the review
# and the chains stay as they were.
# Each step prints the command and its answer. Ends 0 when every answer was the one expected.
#   bash deploy/shows/erasure.sh [zh|en]
source "$(dirname "${BASH_SOURCE[0]}")/stage.sh"

catalog=211221101/social-assistance
words=新台子镇某某户低保金发放明细
law=《中华人民共和国个人信息保护法》第四十七条

# Whether some file of a node holds the words.
holds() { grep -rqaF -- "$words" "$stage/$1"; }

found city 211200
start city
join city county 211221
people county wang=reviewer
start county
join county town 211221101
people town chen=reviewer
start town
quietly town li sync now

chapter "1. a name goes up with a catalog · 姓名随目录报送"
table "低保审核确认|20个工作日内" "$words|及时公开" "临时救助|长期公开" >"$stage/社会救助.csv"
quietly town li catalog import "$stage/社会救助.csv"
rm "$stage/社会救助.csv"
at town li catalog submit $catalog --note 首次报送
until_says county '"in-review"' catalog list
until_says city '"in-review"' catalog list
for node in town county city; do holds "$node" || broken "$node never had the words"; done
before="$(json city catalog show $catalog | field revision)"
item="$(json town catalog show $catalog | grep -B12 -- "\"name\": \"$words\"" | sed -n 's/.*"item_id": "\([^"]*\)".*/\1/p' | tail -1)"

chapter "2. one asks · 一人申请"
at town li erase ask $catalog --item "$item" --law "$law" --reason 列有个人姓名 --dry-run
at town li erase ask $catalog --item "$item" --law "$law" --reason 列有个人姓名
request="$(json town erase list | field request)"
refused GK-ERASE-007 town chen erase confirm "$request"

chapter "3. another confirms above · 上级确认"
until_says county "$request" erase list
attention county wang erase list
at county wang erase confirm "$request"
for node in town city; do until_says "$node" '"erased"' erase list; done

chapter "4. what is left · 余下的内容"
for node in town county city; do
    for _ in $(seq 300); do holds "$node" && breathe || break; done
    holds "$node" && broken "$node still has the words"
    [ "$(json "$node" catalog show $catalog | field revision)" = "$before" ] || broken "the revision of $node changed"
done
at town li catalog show $catalog
said 依法删除
said 临时救助
at county wang review approve $catalog
words "没有任何节点的文件还含有该内容；版本、审核与签名链不变" "no file of any node holds the words; revision, review and chains are what they were"
