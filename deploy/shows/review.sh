#!/usr/bin/env bash
# Review as people live it, on a tree of three nodes on this machine: the desk with due dates, opinions on elements,
# judging one by one, proposals accepted and declined, re-submission that asks only about what changed, revocation, the
# history of one item, staleness and views of a day in the past, roles and their refusals. Ends 0 when all of it happened.
# Takes LANG_OF=en for English. Needs the programs built (`cargo build`), or builds them.
set -euo pipefail

here="$(cd "$(dirname "${BASH_SOURCE[0]}")/../.." && pwd)"
cargo build --locked --quiet --manifest-path "$here/Cargo.toml" --package gongkaid --package gongkai >&2
target="$(cargo metadata --locked --no-deps --format-version 1 --manifest-path "$here/Cargo.toml" |
    sed -n 's/.*"target_directory":"\([^"]*\)".*/\1/p')"
export PATH="$target/debug:$PATH" TZ=Asia/Shanghai
tree="$(mktemp -d)"
speak="${LANG_OF:-zh}"
catalog=211221101/social-assistance
samples="$here/seeds/catalogs"
daemons=()

end() {
    for daemon in "${daemons[@]}"; do kill "$daemon" 2>/dev/null || true; done
    for daemon in "${daemons[@]}"; do wait "$daemon" 2>/dev/null || true; done
    rm -rf "$tree"
}
trap end EXIT

# Says what is done and does it at a node: `at NODE WHO COMMAND…`. A wanted exit status other than 0 stands in WANTED.
at() {
    local node=$1 who=$2 status=0
    shift 2
    printf '\n\033[1m%s/%s $ gongkai %s\033[0m\n' "$node" "$who" "$*"
    gongkai --data "$tree/$node" --lang "$speak" --as "$who" "$@" 2>&1 || status=$?
    if [ "$status" != "${WANTED:-0}" ]; then
        echo "exit status $status, wanted ${WANTED:-0}" >&2
        exit 1
    fi
}
chapter() { printf '\n\033[7m %s \033[0m\n' "$1"; }
quiet() { gongkai --data "$tree/$1" --quiet --output json "${@:2}" >"$tree/last.json"; }
# A text field of the last quiet answer, the first of that name.
field() { sed -n "s/^ *\"$1\": \"\(.*\)\",\{0,1\}$/\1/p" "$tree/last.json" | head -1; }
sync() { quiet town sync now; quiet county sync now; }
start() {
    gongkaid run --data "$tree/$1" </dev/null >"$tree/$1.log" 2>&1 &
    daemons+=($!)
    for _ in $(seq 200); do
        if gongkai --data "$tree/$1" status >/dev/null 2>&1; then return; fi
        read -rt 0.1 <> <(:) || true
    done
    echo "the daemon of $1 does not answer" >&2
    exit 1
}
join() {
    for _ in $(seq 200); do
        if quiet "$1" node invite "$3" 2>/dev/null; then break; fi
        read -rt 0.1 <> <(:) || true
    done
    gongkai --data "$tree/$2" node join --listen 127.0.0.1:0 "$(field token)" >/dev/null
}

gongkai --data "$tree/city" node init --division 211200 --listen 127.0.0.1:0 >/dev/null
# Who sits where: each with his own role, as a node's administrator writes it down.
cat >>"$tree/city/gongkaid.toml" <<'TOML'

[[operator]]
name = "chen"
roles = ["publisher"]
TOML
start city
join city county 211221
cat >>"$tree/county/gongkaid.toml" <<'TOML'

[review]
working_days = 5

[[operator]]
name = "wang"
roles = ["reviewer"]

[[operator]]
name = "sun"
roles = ["auditor"]
TOML
start county
quiet county sync now
join county town 211221101
cat >>"$tree/town/gongkaid.toml" <<'TOML'

[[operator]]
name = "li"
roles = ["clerk"]
domains = ["social-assistance", "elderly-care"]
TOML
start town
quiet town sync now

chapter "角色 · roles"
at town li whoami
WANTED=1 at town li review approve $catalog
WANTED=1 at county sun review approve $catalog

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
WANTED=0 at town li catalog proposals
quiet town catalog proposals $catalog
first="$(sed -n 's/^ *"proposal": "\(sha256:[0-9a-f]*\)",$/\1/p' "$tree/last.json" | sed -n 1p)"
second="$(sed -n 's/^ *"proposal": "\(sha256:[0-9a-f]*\)",$/\1/p' "$tree/last.json" | sed -n 2p)"
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
at county sun audit log --kind refusal

printf '\n%s\n' "完成 · done"
