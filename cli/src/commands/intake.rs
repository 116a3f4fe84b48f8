//! A node's budgets for people: who has used most of them, and what waits and why.
//!
//! Invariant: nothing is said where nothing waits but who has used most; `--output json` has all of it.

use gongkai_proto::admin::v1::{AuthorUse, Intake, Waiting};

use crate::ui::{Lang, size};

/// The sentences of `gongkai status`.
pub(super) fn sentences(intake: &Intake, lang: Lang) -> Vec<String> {
    let others = intake.authors.iter().filter(|author| author.percent > 0 || author.streams_waiting > 0);
    let mut said: Vec<String> = others.take(1).map(|author| most(author, lang)).collect();
    said.extend(intake.waiting.iter().map(|waiting| waits(waiting, lang)));
    said
}

fn most(author: &AuthorUse, lang: Lang) -> String {
    let AuthorUse { author, lane, bytes, entries, percent, .. } = author;
    let bytes = size(*bytes);
    let zh = if lane == "trust" { "信任条目" } else { "业务条目" };
    lang.pick(
        format!("taken of others: most of {author} ({lane}), {percent} % of what is allowed by now, {bytes} in {entries} entries"),
        format!("接收额度：{author} 用得最多（{zh}），占目前额度的 {percent}%，{entries} 条共 {bytes}"),
    )
}

/// One reason for which streams of a neighbour wait.
pub(super) fn waits(waiting: &Waiting, lang: Lang) -> String {
    let Waiting { peer, why, streams } = waiting;
    let reason = why_word(why, lang);
    lang.pick(format!("{peer}: {streams} streams wait: {reason}"), format!("{peer}：{streams} 个流待取：{reason}"))
}

fn why_word(why: &str, lang: Lang) -> &str {
    let (en, zh) = match why {
        "heads" => ("not asked for yet", "尚未取得"),
        "gap" => ("an entry before them is lacking", "缺少前一条目"),
        "rewound" => ("the peer had them from here, and they are gone", "对端曾由本节点取得而此处已无"),
        "misrouted" => ("the tree at hand does not route them here", "按现有区划表不应送达本节点"),
        "key-unknown" => ("the author's key is not known yet", "作者的密钥尚未到达"),
        "allowance" => ("their author has used up what is taken of one in a time", "作者已达到接收额度"),
        "disk" => ("the disk has no room", "磁盘空间不足"),
        "stopped" => ("they stopped at a fault", "因链错误停止"),
        "bare" => ("a payload is lacking, and no erasure says why", "缺少内容且无删除决定"),
        _ => return why,
    };
    lang.pick(en, zh)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_waits_is_said_with_its_reason_in_both_languages() {
        let waiting = Waiting { peer: "211221".to_owned(), why: "allowance".to_owned(), streams: 3 };
        let author = AuthorUse {
            author: "211221".to_owned(),
            lane: "work".to_owned(),
            bytes: 2_048,
            entries: 2,
            percent: 100,
            streams_waiting: 3,
            ..AuthorUse::default()
        };
        let intake = Intake { authors: vec![author], waiting: vec![waiting], ..Intake::default() };
        let (en, zh) = (sentences(&intake, Lang::En), sentences(&intake, Lang::Zh));
        assert!(
            en[0].contains("most of 211221 (work), 100 %") && en[1].contains("3 streams wait: their author"),
            "{en:?}"
        );
        assert!(zh[0].contains("占目前额度的 100%") && zh[1].ends_with("3 个流待取：作者已达到接收额度"), "{zh:?}");
        assert!(sentences(&Intake::default(), Lang::En).is_empty());
    }
}
