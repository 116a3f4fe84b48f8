//! Bundles for people.
//!
//! Invariant: what nobody said is shown as unheard, never as lost or as arrived.

use gongkai_proto::admin::v1::{
    Bundle, BundleInspection, BundlePeer, BundleStatusResponse, ImportedBundle, LostBundlesResponse, MadeBundle,
};

use crate::{
    commands::short,
    ui::{Cell, Lang, Page, Table, Text, Word, ago, cells, moment, size, state_word},
};

/// After an export.
pub(super) fn exported(bundle: &Bundle, file: &str, lang: Lang) -> Text {
    let page = outside(Page::new(lang), bundle, lang);
    if file.is_empty() {
        return page.say("nothing was written", "未写入文件").into_text();
    }
    let to = &bundle.to;
    page.say(
        format!("carry `{file}` to {to} {}, and run there: gongkai bundle import FILE", bundle.to_name),
        format!("将 `{file}` 送到 {to} {}，在该节点执行 gongkai bundle import FILE", bundle.to_name),
    )
    .say(
        "it is signed, not encrypted: whoever has the drive can read it; use an encrypted drive",
        "文件有签名但未加密：拿到存储介质者可读，请使用加密介质",
    )
    .into_text()
}

fn outside(page: Page, bundle: &Bundle, lang: Lang) -> Page {
    let from = format!("{} {}", bundle.from, bundle.from_name);
    let to = format!("{} {}", bundle.to, bundle.to_name);
    let range = format!("{}..{} ({})", bundle.begin_offset, bundle.end_offset, short(&bundle.end_hash));
    let page = page.facts(&[
        (Word::Bundle, &format!("{} {}", bundle.number, short(&bundle.id))),
        (Word::SentBy, &from.trim()),
        (Word::SentTo, &to.trim()),
        (Word::MadeAt, &moment(bundle.made_at_ms)),
        (Word::Feed, &range),
        (Word::Entries, &entries(bundle, lang)),
        (Word::Size, &size(bundle.bytes)),
        (Word::SigningKey, &bundle.key_id),
        (Word::Version, &bundle.program),
    ]);
    page.say_if(bundle.is_full, "a complete set: everything that the reader may have", "完整集：含接收方应有的全部内容")
        .say_if(
            bundle.asks > 0,
            format!("its maker lacks {} streams and asks for them", bundle.asks),
            format!("制作方尚缺 {} 个流，请求补发", bundle.asks),
        )
}

fn entries(bundle: &Bundle, lang: Lang) -> String {
    let Bundle { entries, named, trust, .. } = bundle;
    lang.pick(
        format!("{entries} (trust lane {trust}), {named} more by name"),
        format!("{entries} 条（其中信任通道 {trust} 条），另 {named} 条仅列名"),
    )
}

/// With a daemon.
pub(super) fn inspection(found: &BundleInspection, lang: Lang) -> Text {
    let bundle = found.bundle.clone().unwrap_or_default();
    let mut page = outside(Page::new(lang), &bundle, lang);
    let state = state_word(&found.state, lang);
    page = match found.key.as_str() {
        "known" => page.say("the signature is its maker's", "签名属于制作方"),
        "ended" => page.say("the key that signed it has been ended", "签名所用密钥已作废"),
        _ => page.say("the key that signed it is not known here yet", "本节点尚不认识签名所用密钥"),
    };
    page = page.say_if(!state.is_empty(), format!("to this node: {state}"), format!("对本节点：{state}")).say(
        format!(
            "{} entries are new here, {} are known, {} cannot be taken yet",
            found.new_entries, found.known_entries, found.missing_before
        ),
        format!(
            "新增 {} 条，已有 {} 条，暂不能接收 {} 条",
            found.new_entries, found.known_entries, found.missing_before
        ),
    );
    page = missing(page, &found.missing_numbers);
    for warning in &found.warnings {
        let sentence = format!("{} {} {}", warning.code, warning.message, warning.hint);
        page = page.say(&sentence, &sentence);
    }
    page.into_text()
}

/// Without one.
pub(super) fn looked_at(found: &BundleInspection, lang: Lang) -> Text {
    outside(Page::new(lang), &found.bundle.clone().unwrap_or_default(), lang)
        .say(
            "the file is whole and signed by the key named; whose key that is, a node's journal says: add --data DIR",
            "文件完整，签名与所列密钥相符；密钥属于谁要由节点日志判断：请加 --data DIR",
        )
        .into_text()
}

fn missing(page: Page, numbers: &[u64]) -> Page {
    let listed: Vec<String> = numbers.iter().map(u64::to_string).collect();
    page.say_if(
        !numbers.is_empty(),
        format!("not read here: number {}; if nothing is lacking, a later one held it all", listed.join(", ")),
        format!("本节点未导入的编号：{}；若不缺内容，则后来的数据包已包含", listed.join("、")),
    )
}

/// After an import.
pub(super) fn imported(report: &ImportedBundle, lang: Lang) -> Text {
    let bundle = report.bundle.clone().unwrap_or_default();
    let mut page = outside(Page::new(lang), &bundle, lang).say(
        format!(
            "{} applied, {} already had, {} wanted, {} refused",
            report.applied,
            report.already_had,
            report.wanted,
            report.refused.len()
        ),
        format!(
            "已接收 {}，原有 {}，待取 {}，拒绝 {}",
            report.applied,
            report.already_had,
            report.wanted,
            report.refused.len()
        ),
    );
    if report.dry_run {
        return missing(page, &report.missing_numbers).say("nothing was taken", "未写入任何内容").into_text();
    }
    for refused in &report.refused {
        let of = format!("{} {}#{}", refused.author, refused.subject, refused.seq);
        page = page.say(format!("refused: {of} {}", refused.code), format!("拒绝：{of} {}", refused.code));
    }
    page = page
        .say_if(
            !report.is_news,
            "an older bundle: its entries were taken, its words passed over",
            "较旧的数据包：条目已接收，其状态说明不采用",
        )
        .say_if(
            report.claim == "lost",
            "its maker stands at a place that this node does not have: the next bundle to it is a complete set",
            "制作方所在位置本节点没有：下次导出给它的将是完整集",
        )
        .say_if(
            report.lacking_streams > 0,
            format!("still lacking: {} entries; the next bundle back asks for them", report.lacking_entries),
            format!("尚缺 {} 条，回程数据包会请求补发", report.lacking_entries),
        );
    page = missing(page, &report.missing_numbers);
    for warning in &report.warnings {
        let sentence = format!("{} {} {}", warning.code, warning.message, warning.hint);
        page = page.say(&sentence, &sentence);
    }
    let from = &bundle.from;
    page.say(
        format!("what it acknowledges travels back with: gongkai bundle export --to {from}"),
        format!("回执随回程数据包带回：gongkai bundle export --to {from}"),
    )
    .into_text()
}

/// The history.
pub(super) fn status(response: &BundleStatusResponse, lang: Lang) -> Text {
    let mut page = Page::new(lang);
    for peer in &response.peers {
        page = peer_facts(page, peer, response.at, lang);
        let mut made = Table::new(
            lang,
            &[Word::Number, Word::MadeAt, Word::Feed, Word::Entries, Word::Size, Word::State, Word::HeardAt],
        );
        for bundle in &peer.made {
            made.row(made_row(&made, bundle));
        }
        let mut read = Table::new(lang, &[Word::Number, Word::MadeAt, Word::ReadAt, Word::Entries]);
        for bundle in &peer.read {
            read.row(cells![bundle.number, moment(bundle.made_at_ms), moment(bundle.read_at_ms), bundle.entries]);
        }
        page = page
            .say_if(!peer.made.is_empty(), "made here:", "本节点制作：")
            .table_if(!peer.made.is_empty(), &made)
            .say_if(!peer.read.is_empty(), "read here:", "本节点导入：")
            .table_if(!peer.read.is_empty(), &read);
        page = missing(page, &peer.missing_numbers);
    }
    page.say_if(response.peers.is_empty(), "this node has no neighbour yet", "本节点还没有上下级节点").into_text()
}

fn made_row(table: &Table, bundle: &MadeBundle) -> Vec<Cell> {
    let range = format!("{}..{}", bundle.begin_offset, bundle.end_offset);
    let mut row = cells![bundle.number, moment(bundle.made_at_ms), range, bundle.entries, size(bundle.bytes)];
    row.push(table.state(&bundle.state));
    row.extend(cells![moment(bundle.heard_at_ms.unwrap_or_default())]);
    row
}

fn peer_facts(page: Page, peer: &BundlePeer, now_ms: i64, lang: Lang) -> Page {
    let known = ago(peer.known_as_of_ms, now_ms, lang);
    let wanted = lang.pick(
        format!("{} entries of {} streams", peer.wanted_entries, peer.wanted_streams),
        format!("{} 个流的 {} 条", peer.wanted_streams, peer.wanted_entries),
    );
    let fork = if peer.is_forked { lang.pick("yes", "有") } else { lang.pick("no", "无") };
    page.facts(&[
        (Word::Peer, &format!("{} {}", peer.division, peer.name)),
        (Word::Mode, &state_word(&peer.mode, lang)),
        (Word::ToSend, &peer.entries_to_send),
        (Word::KnownAsOf, &known),
        (Word::ReadOut, &peer.place),
        (Word::Wanted, &wanted),
        (Word::Forked, &fork),
    ])
}

/// What was never heard of.
pub(super) fn lost(response: &LostBundlesResponse, lang: Lang) -> Text {
    let head = [Word::Peer, Word::Number, Word::MadeAt, Word::Entries, Word::AtStake, Word::State];
    let mut table = Table::new(lang, &head);
    for lost in &response.bundles {
        let bundle = lost.bundle.clone().unwrap_or_default();
        let mut row = cells![
            format!("{} {}", lost.division, lost.name),
            bundle.number,
            moment(bundle.made_at_ms),
            bundle.entries,
            lost.entries_at_stake,
        ];
        row.push(table.state(&bundle.state));
        table.row(row);
    }
    let mut page =
        Page::new(lang).table(&table, ("every bundle made here was heard of", "本节点制作的数据包均已得到回音"));
    for lost in &response.bundles {
        let number = lost.bundle.as_ref().map_or(0, |bundle| bundle.number);
        let sentence = format!("{number} → {}: {}", lost.division, lost.action);
        page = page.say(&sentence, &sentence);
    }
    page.into_text()
}
