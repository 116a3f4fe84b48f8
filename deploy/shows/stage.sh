# The stage of a show: daemons of a small tree on this machine, and the words with which a show is written. The shows
# beside this file source it; it is nothing by itself.
#
# A show takes `zh` or `en`. GONGKAI_BIN names a folder with the two programs; without it they are built. STAGE names an
# empty folder that is kept for a look; without it one is made and removed. A show ends 0 when every answer was the one
# that it expected, and stops at the first that was not.
# shellcheck shell=bash
set -euo pipefail

here="$(cd "$(dirname "${BASH_SOURCE[0]}")/../.." && pwd)"
lang="${1:-zh}"
if [ -z "${GONGKAI_BIN:-}" ]; then
    command -v cargo >/dev/null || { echo "cargo was not found; install Rust and run this again" >&2; exit 1; }
    cargo build --locked --quiet --manifest-path "$here/Cargo.toml" --package gongkaid --package gongkai >&2
    target="$(cargo metadata --locked --no-deps --format-version 1 --manifest-path "$here/Cargo.toml" |
        sed -n 's/.*"target_directory":"\([^"]*\)".*/\1/p')"
    GONGKAI_BIN="$target/debug"
fi
export PATH="$GONGKAI_BIN:$PATH" TZ=Asia/Shanghai
unset GONGKAI_DATA GONGKAI_OPERATOR

stage="${STAGE:-$(mktemp -d)}"
mkdir -p "$stage"
declare -A daemon=()
cleanup() {
    for node in "${!daemon[@]}"; do kill "${daemon[$node]}" 2>/dev/null || true; done
    wait
    [ -n "${STAGE:-}" ] || rm -rf "$stage"
}
trap cleanup EXIT

broken() {
    echo "$(basename "$0"): $*" >&2
    exit 1
}
chapter() { printf '\n\033[1m== %s\033[0m\n\n' "$*"; }
words() { if [ "$lang" = zh ]; then echo "$1"; else echo "$2"; fi; }
# Waits for a tenth of a second.
breathe() { read -rt 0.1 <> <(:) || true; }

# people NODE NAME=ROLE[,ROLE…]…: registers people at a node whose daemon is not started yet. Only who is registered
# reviews, signs and publishes.
people() {
    local node=$1 one
    shift
    for one in "$@"; do
        # A node that joins once more has them.
        if grep -qxF "name = \"${one%%=*}\"" "$stage/$node/gongkaid.toml"; then continue; fi
        printf '\n[[operator]]\nname = "%s"\nroles = ["%s"]\n' "${one%%=*}" "$(sed 's/,/", "/g' <<<"${one#*=}")" \
            >>"$stage/$node/gongkaid.toml"
    done
}
# desks NODE NAME…: a certificate for each, as a person has who sits at a machine of his own; `at` uses it. What one
# account of this machine gives counts as one person, whatever names it acts under.
desks() {
    local node=$1 name
    shift
    for name in "$@"; do
        gongkai --data "$stage/$node" --quiet operator certify "$name" --out "$stage/desks/$node-$name" >/dev/null
    done
}
# admin_port NODE: opens the port for such people, before the daemon is started.
admin_port() { printf '\n[admin]\nlisten = "127.0.0.1:0"\n' >>"$stage/$1/gongkaid.toml"; }

# at NODE WHO COMMAND…: shows a command at a node as an operator, and what it says, which stays in $stage/shown. The
# exit status must be among those of `expect`.
expect=0
at() {
    local node=$1 who=$2 status=0
    shift 2
    echo "$node/$who\$ gongkai $(printf '%s ' "$@" | sed "s#$here/##g; s#$stage/##g; s#gk1[^ ]*#TOKEN#")"
    local way=(--data "$stage/$node" --as "$who")
    [ ! -d "$stage/desks/$node-$who" ] || way=(--profile "$stage/desks/$node-$who/profile.toml")
    gongkai "${way[@]}" --lang "$lang" "$@" >"$stage/shown" 2>&1 || status=$?
    cat "$stage/shown"
    echo "(exit $status)"
    echo
    [[ " $expect " = *" $status "* ]] || broken "exit status $status, expected $expect"
}
# The command is done, and something needs a person.
attention() { expect=3 at "$@"; }
# refused CODE NODE WHO COMMAND…
refused() {
    local code=$1
    shift
    expect=1 at "$@"
    said "$code"
}
quietly() { at "$@" >"$stage/quiet" || { cat "$stage/quiet" >&2 && exit 1; }; }
# said ZH [EN]: the last answer has these words.
said() {
    local text
    text="$(words "$1" "${2:-$1}")"
    grep -qF -- "$text" "$stage/shown" || broken "the answer lacks: $text"
}
# An answer as JSON; of the first field of a name in one, the value.
json() { gongkai --data "$stage/$1" --quiet --output json "${@:2}" || [ $? -eq 3 ]; }
field() { sed -n "s/^ *\"$1\": \"\{0,1\}\([^\",]*\).*/\1/p" | head -1; }
# until_says NODE TEXT COMMAND…: waits, a minute at most, until the answer as JSON has a text.
until_says() {
    local node=$1 text=$2
    shift 2
    for _ in $(seq 600); do
        # Not -q: it would close the pipe on a long answer.
        if json "$node" "$@" 2>/dev/null | grep "$text" >/dev/null; then return 0; fi
        breathe
    done
    json "$node" "$@" >&2 || true
    broken "$node did not come to say $text: $*"
}

# Starts a daemon and waits until it answers, a minute at most.
start() {
    gongkaid run --data "$stage/$1" </dev/null >>"$stage/$1.log" 2>&1 &
    daemon[$1]=$!
    for _ in $(seq 600); do
        if json "$1" status >/dev/null 2>&1; then return 0; fi
        breathe
    done
    cat "$stage/$1.log" >&2
    broken "the daemon of $1 did not start"
}
stop() {
    kill "${daemon[$1]}" && wait "${daemon[$1]}" || true
    unset "daemon[$1]"
}
# found NODE DIVISION: the top of the tree.
found() {
    gongkai --data "$stage/$1" --quiet node init --division "$2" --listen 127.0.0.1:0 >/dev/null
    people "$1" reviewer=reviewer publisher=publisher
}
# token PARENT DIVISION [OPTION…]: a young node knows its children only once the tree has come down.
token() {
    until_says "$1" '"token"' node invite "${@:2}"
    json "$1" node invite "${@:2}" | field token
}
# join PARENT CHILD DIVISION: the child's directory; its daemon is not started yet.
join() {
    token "$1" "$3" | gongkai --data "$stage/$2" --quiet node join --listen 127.0.0.1:0 --token-file - >/dev/null
    people "$2" reviewer=reviewer publisher=publisher
}

columns='序号,一级事项,二级事项,公开内容(要素),公开依据,公开时限,公开主体,公开渠道和载体,公开对象,公开方式,公开层级'
# A township's table as its clerk would write it: rows of name|limit|channels; `body` and `level` say whose they are.
table() {
    echo "社会救助领域基层政务公开标准目录"
    echo "$columns"
    local number=0 row name limit channels
    for row in "$@"; do
        IFS='|' read -r name limit channels <<<"$row"
        number=$((number + 1))
        echo "$number,社会救助,$name,$name的申请条件、办理流程和审核结果,《社会救助暂行办法》,$limit,${body:-新台子镇人民政府},${channels:-■政府网站},全社会,主动,${level:-乡级}"
    done
}
