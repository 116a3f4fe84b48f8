//! One neutral sentence for each entry, in Chinese and English.
//!
//! Invariant: facts of the payload only, no judgement; whatever the payload is, there is a sentence.

use gongkai_journal::{
    kind::Kind,
    payload::{
        self, BundleCarried, CertPut, CustodyPut, DocumentPart, DraftSave, Erase, IncarnationOpen, ItemSource,
        KeyRevoke, MappingPut, OnCatalog, OperatorCert, OperatorRevoke, Refused, SignedOff, TablePut, TreePut,
    },
};
use gongkai_model::{
    check::WaiverAct,
    conflict::{Keeper, Settlement},
    edition::EditionPayload,
    id::Day,
    review::{Decision, Proposal, ProposalAnswer, Receipt, Reroute, Revocation, Submission, Verdict, Withdrawal},
    revision::{ItemBatch, RevisionBody},
    standard::{StandardBatch, StandardOffer, StandardPut},
};
use serde::de::DeserializeOwned;

/// Longest text of others that goes into a sentence, in characters.
const QUOTE_CHARS_MAX: usize = 60;

/// The same sentence twice.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Summary {
    /// Chinese.
    pub zh: String,
    /// English.
    pub en: String,
}

impl Summary {
    fn of(zh: impl Into<String>, en: impl Into<String>) -> Self {
        Self { zh: zh.into(), en: en.into() }
    }
}

/// The sentence for a payload of a kind; without one it was erased.
pub(crate) fn summary(kind: &str, payload: Option<&[u8]>) -> Summary {
    let Some(kind) = Kind::from_word(kind) else {
        return Summary::of("本版本不认识的日志类型", "a kind that this version does not know");
    };
    let Some(bytes) = payload else {
        return Summary::of("内容已依法删除，签名链保留", "its content was removed, the chain stays");
    };
    let unreadable = || Summary::of("内容无法读取", "its content cannot be read");
    sentence(kind, bytes).unwrap_or_else(unreadable)
}

fn sentence(kind: Kind, bytes: &[u8]) -> Option<Summary> {
    Some(match kind {
        Kind::TreePut => tree(&read(kind, bytes)?),
        Kind::TablePut => table(&read(kind, bytes)?),
        Kind::CertPut | Kind::AuthorityPut => certificate(&read(kind, bytes)?),
        Kind::KeyRevoke => key(&read(kind, bytes)?),
        Kind::CustodyPut => custody(&read(kind, bytes)?),
        Kind::IncarnationOpen => incarnation(&read(kind, bytes)?),
        Kind::DraftSave => draft(&read(kind, bytes)?),
        Kind::ItemSource => cells(&read(kind, bytes)?),
        Kind::MappingPut => mapping(&read(kind, bytes)?),
        Kind::Waiver => waiver(&read::<OnCatalog<WaiverAct>>(kind, bytes)?.act),
        Kind::ItemBatch => batch(&read(kind, bytes)?),
        Kind::Submission => submission(&read(kind, bytes)?),
        Kind::Withdrawal => withdrawal(&read::<OnCatalog<Withdrawal>>(kind, bytes)?.act),
        Kind::Receipt => receipt(&read::<OnCatalog<Receipt>>(kind, bytes)?.act),
        Kind::Decision => decision(&read::<OnCatalog<Decision>>(kind, bytes)?.act),
        Kind::Revocation => revocation(&read::<OnCatalog<Revocation>>(kind, bytes)?.act),
        Kind::Proposal => proposal(&read(kind, bytes)?),
        Kind::ProposalAnswer => answer(&read::<OnCatalog<ProposalAnswer>>(kind, bytes)?.act),
        Kind::SignOff => sign_off(&read(kind, bytes)?),
        Kind::Refusal => refusal(&read(kind, bytes)?),
        Kind::BundleExport => bundle_made(&read(kind, bytes)?),
        Kind::BundleImport => bundle_read(&read(kind, bytes)?),
        Kind::OperatorCert => operator_cert(&read(kind, bytes)?),
        Kind::OperatorRevoke => operator_revoke(&read(kind, bytes)?),
        Kind::Edition => edition(&read(kind, bytes)?),
        Kind::Erase => erase(&read(kind, bytes)?),
        Kind::StandardDraft | Kind::StandardPut => standard(&read(kind, bytes)?),
        Kind::StandardBatch => batch(&read::<StandardBatch>(kind, bytes)?.batch),
        Kind::StandardOffer => offer(&read(kind, bytes)?),
        Kind::Reroute => reroute(&read::<OnCatalog<Reroute>>(kind, bytes)?.act),
        Kind::Document => document(&read(kind, bytes)?),
        Kind::Settlement => settlement(&read::<OnCatalog<Settlement>>(kind, bytes)?.act),
    })
}

fn read<T: DeserializeOwned>(kind: Kind, bytes: &[u8]) -> Option<T> {
    payload::decode(kind.word(), bytes).ok()
}

fn tree(put: &TreePut) -> Summary {
    let (version, count) = (put.version, put.divisions.len());
    Summary::of(format!("行政区划表第{version}版，{count}条"), format!("tree version {version}, {count} records"))
}

fn table(put: &TablePut) -> Summary {
    let (version, count) = (put.version, put.routing.domains.len());
    Summary::of(
        format!("领域、部门与审核流程表第{version}版，{count}个领域"),
        format!("tables version {version}, {count} domains"),
    )
}

fn certificate(cert: &CertPut) -> Summary {
    let (division, until) = (&cert.division, Day::in_china(cert.tls_not_after_ms));
    Summary::of(
        format!("{division}节点的密钥与证书，有效期至{until}"),
        format!("keys and certificate of node {division}, until {until}"),
    )
}

fn key(revoke: &KeyRevoke) -> Summary {
    let (division, key, why) = (&revoke.division, quote(&revoke.key_id), quote(&revoke.reason));
    if revoke.is_retired {
        return Summary::of(
            format!("{division}的密钥{key}停用：{why}"),
            format!("key {key} of {division} retired: {why}"),
        );
    }
    Summary::of(format!("吊销{division}的密钥{key}：{why}"), format!("key {key} of {division} revoked: {why}"))
}

fn custody(put: &CustodyPut) -> Summary {
    let (division, holder) = (&put.division, &put.holder);
    Summary::of(format!("{division}的目录由{holder}维护"), format!("the catalogs of {division} are kept at {holder}"))
}

fn incarnation(open: &IncarnationOpen) -> Summary {
    let why = quote(&open.reason);
    Summary::of(format!("日志开启（{why}）"), format!("journal opened ({why})"))
}

fn draft(save: &DraftSave) -> Summary {
    let (revision, source) = (save.body.revision.short(), quote(&save.source));
    let (zh, en) = extent(&save.body);
    let (why_zh, why_en) = because(&save.reason);
    Summary::of(
        format!("保存草稿{revision}：{zh}（{source}）{why_zh}"),
        format!("draft {revision} saved: {en} ({source}){why_en}"),
    )
}

fn cells(source: &ItemSource) -> Summary {
    let (file, count) = (quote(&source.file), source.tables.iter().map(|table| table.rows.len()).sum::<usize>());
    Summary::of(
        format!("留存{count}项的导入单元格原文（{file}）"),
        format!("the cells that {count} items were imported from are kept ({file})"),
    )
}

fn mapping(put: &MappingPut) -> Summary {
    let count = put.mapping.len();
    let (zh, en) = match quote(&put.publisher).as_str() {
        "" => (String::new(), String::new()),
        office => (format!("（{office}）"), format!(" for {office}")),
    };
    Summary::of(format!("保存列名对应{count}条{zh}"), format!("{count} named columns kept{en}"))
}

fn waiver(act: &WaiverAct) -> Summary {
    match act {
        WaiverAct::Waive(waiver) => {
            let (rule, item, (zh, en)) = (quote(&waiver.code), quote(&waiver.item), because(&waiver.reason));
            let (about_zh, about_en) = match item.as_str() {
                "" => ("整个目录".to_owned(), "for the whole catalog".to_owned()),
                item => (format!("事项{item}"), format!("for item {item}")),
            };
            Summary::of(format!("豁免{about_zh}的核查项{rule}{zh}"), format!("{rule} waived {about_en}{en}"))
        }
        WaiverAct::Recall { waiver, reason } => {
            let (waiver, (zh, en)) = (waiver.short(), because(reason));
            Summary::of(format!("收回豁免{waiver}{zh}"), format!("waiver {waiver} taken back{en}"))
        }
    }
}

fn batch(batch: &ItemBatch) -> Summary {
    let count = batch.puts.len() + batch.moves.len();
    Summary::of(format!("版本分批内容，{count}项"), format!("part of a revision, {count} items"))
}

fn submission(submission: &Submission) -> Summary {
    let revision = submission.body.revision.short();
    let (zh, en) = extent(&submission.body);
    Summary::of(format!("报送版本{revision}：{zh}"), format!("revision {revision} submitted: {en}"))
}

/// How much a revision's body carries.
fn extent(body: &RevisionBody) -> (String, String) {
    let (puts, removes, parts) = (body.puts.len(), body.removes.len(), body.parts.len());
    let (mut zh, mut en) = match body.base {
        None => (format!("全文{puts}项"), format!("{puts} items in full")),
        Some(_) => (format!("写入{puts}项、删除{removes}项"), format!("{puts} items put, {removes} removed")),
    };
    if parts > 0 {
        zh.push_str(&format!("，另有{parts}批"));
        en.push_str(&format!(", and {parts} parts"));
    }
    (zh, en)
}

fn withdrawal(withdrawal: &Withdrawal) -> Summary {
    let (submission, (zh, en)) = (withdrawal.submission.short(), because(&withdrawal.reason));
    Summary::of(format!("撤回报送{submission}{zh}"), format!("submission {submission} withdrawn{en}"))
}

fn receipt(receipt: &Receipt) -> Summary {
    let (submission, number) = (receipt.submission.short(), quote(&receipt.number));
    Summary::of(
        format!("受理报送{submission}，受理编号{number}"),
        format!("submission {submission} received, number {number}"),
    )
}

fn decision(decision: &Decision) -> Summary {
    let (submission, step, count) = (decision.submission.short(), decision.step + 1, decision.opinions.len());
    let (verdict, word) = match decision.verdict {
        Verdict::Approve => ("通过", "approved"),
        Verdict::Return => ("退回修改", "returned"),
    };
    let returned = decision.opinions.iter().filter(|opinion| opinion.verdict == Verdict::Return).count();
    let (from, by) = match &decision.outside {
        Some(outside) => {
            let (authority, number) = (quote(&outside.authority), quote(&outside.document_no));
            (format!("，依据{authority}{number}"), format!(", by {authority} {number}"))
        }
        None => (String::new(), String::new()),
    };
    Summary::of(
        format!("报送{submission}第{step}步{verdict}，{count}条意见，其中退回{returned}条{from}"),
        format!("submission {submission} {word} at step {step}, {count} opinions, {returned} of them return{by}"),
    )
}

fn revocation(revocation: &Revocation) -> Summary {
    let (decision, (zh, en)) = (revocation.decision.short(), because(&revocation.reason));
    Summary::of(format!("撤销审核意见{decision}{zh}"), format!("decision {decision} revoked{en}"))
}

fn proposal(proposal: &Proposal) -> Summary {
    let (submission, item) = (proposal.submission.short(), &proposal.item_id);
    Summary::of(
        format!("对报送{submission}的事项{item}提出修改建议"),
        format!("a wording was proposed for item {item} of submission {submission}"),
    )
}

fn answer(answer: &ProposalAnswer) -> Summary {
    let (proposal, (because_zh, because_en)) = (answer.proposal.short(), because(&answer.reason));
    let (zh, en) = match (answer.is_accepted, answer.conflict.is_empty()) {
        (true, true) => ("采纳", "accepted"),
        (true, false) => ("与此后的修改合并后采纳", "merged with a later edit and accepted"),
        (false, _) => ("未采纳", "declined"),
    };
    Summary::of(format!("{zh}修改建议{proposal}{because_zh}"), format!("proposal {proposal} {en}{because_en}"))
}

fn sign_off(signed: &SignedOff) -> Summary {
    let (number, step) = (signed.edition, quote(&signed.step));
    Summary::of(format!("第{number}期发布前签署（{step}）"), format!("edition {number} signed off ({step})"))
}

fn refusal(refused: &Refused) -> Summary {
    let (action, code, caller) = (quote(&refused.action), quote(&refused.code), quote(&refused.caller));
    Summary::of(format!("拒绝 {action}（{code}，{caller}）"), format!("{action} refused ({code}, {caller})"))
}

fn bundle_made(told: &BundleCarried) -> Summary {
    let BundleCarried { division, number, entries, .. } = told;
    let id = told.id.short();
    Summary::of(
        format!("导出给 {division} 的第{number}号离线数据包（{entries}条，{id}）"),
        format!("bundle {number} to {division} made ({entries} entries, {id})"),
    )
}

fn bundle_read(told: &BundleCarried) -> Summary {
    let BundleCarried { division, number, entries, .. } = told;
    let id = told.id.short();
    Summary::of(
        format!("导入 {division} 的第{number}号离线数据包（新增{entries}条，{id}）"),
        format!("bundle {number} from {division} read ({entries} new entries, {id})"),
    )
}

fn operator_cert(cert: &OperatorCert) -> Summary {
    let (holder, print, until) = (&cert.holder, cert.fingerprint.short(), Day::in_china(cert.not_after_ms));
    Summary::of(
        format!("向{holder}签发客户端证书{print}，有效期至{until}"),
        format!("client certificate {print} issued to {holder}, until {until}"),
    )
}

fn operator_revoke(revoke: &OperatorRevoke) -> Summary {
    let (print, why) = (revoke.fingerprint.short(), quote(&revoke.reason));
    Summary::of(format!("吊销客户端证书{print}：{why}"), format!("client certificate {print} revoked: {why}"))
}

fn edition(edition: &EditionPayload) -> Summary {
    let EditionPayload { number, catalogs, items, missing, .. } = edition;
    Summary::of(
        format!("第{number}期汇总发布版：{catalogs}个目录、{items}项，缺{missing}个"),
        format!("edition {number}: {catalogs} catalogs, {items} items, {missing} missing"),
    )
}

fn erase(erase: &Erase) -> Summary {
    let (entry, basis) = (erase.entry.short(), quote(&erase.basis));
    Summary::of(format!("删除日志{entry}的内容，依据{basis}"), format!("content of entry {entry} erased under {basis}"))
}

fn standard(put: &StandardPut) -> Summary {
    let (id, version, (zh, en)) = (&put.standard, quote(&put.facts.version), extent(&put.body));
    Summary::of(format!("标准目录{id} {version}：{zh}"), format!("standard {id} {version}: {en}"))
}

fn offer(offer: &StandardOffer) -> Summary {
    let (catalog, revision) = (&offer.catalog, offer.revision.short());
    Summary::of(
        format!("将{catalog}版本{revision}提供为模板"),
        format!("revision {revision} of {catalog} offered as a template"),
    )
}

fn reroute(reroute: &Reroute) -> Summary {
    let (submission, (zh, en)) = (reroute.submission.short(), because(&reroute.reason));
    Summary::of(format!("改送报送{submission}{zh}"), format!("submission {submission} rerouted{en}"))
}

fn document(part: &DocumentPart) -> Summary {
    let (file, index, count) = (part.file.short(), part.index.saturating_add(1), part.count);
    Summary::of(format!("批复文件{file}，第{index}/{count}部分"), format!("document {file}, part {index} of {count}"))
}

fn settlement(settlement: &Settlement) -> Summary {
    let (name, (zh, en)) = (quote(&settlement.name), because(&settlement.reason));
    let (who_zh, who_en) = match settlement.keeper {
        Keeper::Upper => ("由上级单位登记", "listed by the upper body"),
        Keeper::Lower => ("由下级单位登记", "listed by the lower body"),
        Keeper::Both => ("双方均可登记", "rightly listed by both"),
    };
    Summary::of(format!("事项“{name}”{who_zh}{zh}"), format!("`{name}` is {who_en}{en}"))
}

fn because(reason: &str) -> (String, String) {
    let reason = quote(reason);
    if reason.is_empty() { Default::default() } else { (format!("：{reason}"), format!(": {reason}")) }
}

/// Others' words on one line, cut.
fn quote(text: &str) -> String {
    let line: String = text.chars().map(|c| if c.is_control() { ' ' } else { c }).take(QUOTE_CHARS_MAX).collect();
    if text.chars().count() > QUOTE_CHARS_MAX { format!("{}…", line.trim()) } else { line.trim().to_owned() }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_kind_has_a_sentence_whatever_its_payload() {
        for kind in Kind::ALL {
            for payload in [None, Some(&b"{}"[..]), Some(b"\xff"), Some(b"[]")] {
                let summary = summary(kind.word(), payload);
                assert!(!summary.zh.is_empty() && !summary.en.is_empty(), "{}", kind.word());
            }
        }
        assert_eq!(summary("tomorrow", Some(b"{}")).en, "a kind that this version does not know");
    }

    #[test]
    fn a_quoted_text_is_one_short_line() {
        assert_eq!(quote(" a\nb\u{1b}[31m "), "a b [31m");
        assert_eq!(quote(&"长".repeat(QUOTE_CHARS_MAX + 1)).chars().count(), QUOTE_CHARS_MAX + 1);
    }
}
