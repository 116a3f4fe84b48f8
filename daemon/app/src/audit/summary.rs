//! One neutral sentence for each entry, in Chinese and English.
//!
//! Invariant: facts of the payload only, no judgement; whatever the payload is, there is a sentence.

use gongkai_journal::{
    kind::{Kind, KindWord},
    payload::{
        BundleCarried, CertPut, CustodyAnswer, CustodyPut, DocumentPart, DraftSave, Erase, EraseRequest,
        IncarnationOpen, ItemSource, KeyRevoke, MappingPut, OnCatalog, OperatorAccount, OperatorCert, OperatorRevoke,
        Refused, SignedOff, TablePut, TreePut,
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

/// What the audit trail says of a payload. Each payload type of the table of kinds has it.
pub(crate) trait Sentence {
    /// The sentence; the kind is told because some kinds share a payload.
    fn sentence(&self, kind: Kind) -> Summary;
}

/// The sentence for a payload of a kind; without one it was erased.
pub(crate) fn summary(kind: &KindWord, payload: Option<&[u8]>) -> Summary {
    let Some(known) = kind.known() else {
        return Summary::of("本版本不认识的日志类型", "a kind that this version does not know");
    };
    let Some(bytes) = payload else {
        return Summary::of("内容已依法删除，签名链保留", "its content was removed, the chain stays");
    };
    sentence(known, bytes).unwrap_or_else(|| Summary::of("内容无法读取", "its content cannot be read"))
}

macro_rules! sentences {
    ($($(#[$doc:meta])* $name:ident $word:literal $zh:literal $reach:ident $lane:ident $about:ident $payload:ty;)*) => {
        fn sentence(kind: Kind, bytes: &[u8]) -> Option<Summary> {
            match kind {
                $(Kind::$name => serde_json::from_slice::<$payload>(bytes).ok().map(|read| read.sentence(kind)),)*
            }
        }
    };
}

gongkai_journal::with_kinds!(sentences);

impl<T: Sentence> Sentence for OnCatalog<T> {
    fn sentence(&self, kind: Kind) -> Summary {
        self.act.sentence(kind)
    }
}

impl Sentence for TreePut {
    fn sentence(&self, _: Kind) -> Summary {
        let put = self;
        let (version, count) = (put.version, put.divisions.len());
        Summary::of(format!("行政区划表第{version}版，{count}条"), format!("tree version {version}, {count} records"))
    }
}

impl Sentence for TablePut {
    fn sentence(&self, _: Kind) -> Summary {
        let put = self;
        let (version, count) = (put.version, put.routing.domains.len());
        Summary::of(
            format!("领域、部门与审核流程表第{version}版，{count}个领域"),
            format!("tables version {version}, {count} domains"),
        )
    }
}

impl Sentence for CertPut {
    fn sentence(&self, _: Kind) -> Summary {
        let cert = self;
        let (division, until) = (&cert.division, Day::in_china(cert.tls_not_after_ms));
        Summary::of(
            format!("{division}节点的密钥与证书，有效期至{until}"),
            format!("keys and certificate of node {division}, until {until}"),
        )
    }
}

impl Sentence for KeyRevoke {
    fn sentence(&self, _: Kind) -> Summary {
        let revoke = self;
        let (division, key, why) = (&revoke.division, quote(&revoke.key_id), quote(&revoke.reason));
        if revoke.is_retired {
            return Summary::of(
                format!("{division}的密钥{key}停用：{why}"),
                format!("key {key} of {division} retired: {why}"),
            );
        }
        let (part_zh, part) = revoke.part.as_ref().map_or_else(Default::default, |part| {
            let (number, count) = (part.number.saturating_add(1), part.count);
            (format!("（第{number}部分，共{count}部分）"), format!(" (part {number} of {count})"))
        });
        Summary::of(
            format!("吊销{division}的密钥{key}{part_zh}：{why}"),
            format!("key {key} of {division} revoked{part}: {why}"),
        )
    }
}

impl Sentence for CustodyPut {
    fn sentence(&self, _: Kind) -> Summary {
        let put = self;
        let (division, holder) = (&put.division, &put.holder);
        Summary::of(
            format!("{division}的目录由{holder}维护"),
            format!("the catalogs of {division} are kept at {holder}"),
        )
    }
}

impl Sentence for CustodyAnswer {
    fn sentence(&self, _: Kind) -> Summary {
        let answer = self;
        let (division, about, why) = (&answer.division, answer.about.short(), quote(&answer.reason));
        let (zh, en) = if answer.is_right { ("有效", "stands") } else { ("无效", "does not stand") };
        Summary::of(
            format!("{division}目录维护权存疑条目{about}：{zh}（{why}）"),
            format!("about the custody of {division}: {about} {en} ({why})"),
        )
    }
}

impl Sentence for IncarnationOpen {
    fn sentence(&self, _: Kind) -> Summary {
        let open = self;
        let why = quote(&open.reason);
        Summary::of(format!("日志开启（{why}）"), format!("journal opened ({why})"))
    }
}

impl Sentence for DraftSave {
    fn sentence(&self, _: Kind) -> Summary {
        let save = self;
        let (revision, source) = (save.body.revision.short(), quote(&save.source));
        let (zh, en) = extent(&save.body);
        let (why_zh, why_en) = because(&save.reason);
        Summary::of(
            format!("保存草稿{revision}：{zh}（{source}）{why_zh}"),
            format!("draft {revision} saved: {en} ({source}){why_en}"),
        )
    }
}

impl Sentence for OperatorAccount {
    fn sentence(&self, _: Kind) -> Summary {
        let (operator, account) = (&self.operator, quote(&self.account));
        Summary::of(
            format!("{operator} 自此以账号 {account} 操作"),
            format!("{operator} acts through {account} from here on"),
        )
    }
}

impl Sentence for ItemSource {
    fn sentence(&self, _: Kind) -> Summary {
        let source = self;
        let (file, count) = (quote(&source.file), source.tables.iter().map(|table| table.rows.len()).sum::<usize>());
        Summary::of(
            format!("留存{count}项的导入单元格原文（{file}）"),
            format!("the cells that {count} items were imported from are kept ({file})"),
        )
    }
}

impl Sentence for MappingPut {
    fn sentence(&self, _: Kind) -> Summary {
        let put = self;
        let count = put.mapping.len();
        let (zh, en) = match quote(&put.publisher).as_str() {
            "" => (String::new(), String::new()),
            office => (format!("（{office}）"), format!(" for {office}")),
        };
        Summary::of(format!("保存列名对应{count}条{zh}"), format!("{count} named columns kept{en}"))
    }
}

impl Sentence for WaiverAct {
    fn sentence(&self, _: Kind) -> Summary {
        let act = self;
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
}

impl Sentence for ItemBatch {
    fn sentence(&self, _: Kind) -> Summary {
        let batch = self;
        let count = batch.puts.len() + batch.moves.len();
        Summary::of(format!("版本分批内容，{count}项"), format!("part of a revision, {count} items"))
    }
}

impl Sentence for Submission {
    fn sentence(&self, _: Kind) -> Summary {
        let submission = self;
        let revision = submission.body.revision.short();
        let (zh, en) = extent(&submission.body);
        Summary::of(format!("报送版本{revision}：{zh}"), format!("revision {revision} submitted: {en}"))
    }
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

impl Sentence for Withdrawal {
    fn sentence(&self, _: Kind) -> Summary {
        let withdrawal = self;
        let (submission, (zh, en)) = (withdrawal.submission.short(), because(&withdrawal.reason));
        Summary::of(format!("撤回报送{submission}{zh}"), format!("submission {submission} withdrawn{en}"))
    }
}

impl Sentence for Receipt {
    fn sentence(&self, _: Kind) -> Summary {
        let receipt = self;
        let (submission, number) = (receipt.submission.short(), quote(&receipt.number));
        Summary::of(
            format!("受理报送{submission}，受理编号{number}"),
            format!("submission {submission} received, number {number}"),
        )
    }
}

impl Sentence for Decision {
    fn sentence(&self, _: Kind) -> Summary {
        let decision = self;
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
}

impl Sentence for Revocation {
    fn sentence(&self, _: Kind) -> Summary {
        let revocation = self;
        let (decision, (zh, en)) = (revocation.decision.short(), because(&revocation.reason));
        Summary::of(format!("撤销审核意见{decision}{zh}"), format!("decision {decision} revoked{en}"))
    }
}

impl Sentence for Proposal {
    fn sentence(&self, _: Kind) -> Summary {
        let proposal = self;
        let (submission, item) = (proposal.submission.short(), &proposal.item_id);
        Summary::of(
            format!("对报送{submission}的事项{item}提出修改建议"),
            format!("a wording was proposed for item {item} of submission {submission}"),
        )
    }
}

impl Sentence for ProposalAnswer {
    fn sentence(&self, _: Kind) -> Summary {
        let answer = self;
        let (proposal, (because_zh, because_en)) = (answer.proposal.short(), because(&answer.reason));
        let (zh, en) = match (answer.is_accepted, answer.conflict.is_empty()) {
            (true, true) => ("采纳", "accepted"),
            (true, false) => ("与此后的修改合并后采纳", "merged with a later edit and accepted"),
            (false, _) => ("未采纳", "declined"),
        };
        Summary::of(format!("{zh}修改建议{proposal}{because_zh}"), format!("proposal {proposal} {en}{because_en}"))
    }
}

impl Sentence for SignedOff {
    fn sentence(&self, _: Kind) -> Summary {
        let signed = self;
        let (number, step) = (signed.edition, quote(&signed.step));
        Summary::of(format!("第{number}期发布前签署（{step}）"), format!("edition {number} signed off ({step})"))
    }
}

impl Sentence for Refused {
    fn sentence(&self, _: Kind) -> Summary {
        let refused = self;
        let (action, code, caller) = (quote(&refused.action), quote(&refused.code), quote(&refused.caller));
        Summary::of(format!("拒绝 {action}（{code}，{caller}）"), format!("{action} refused ({code}, {caller})"))
    }
}

impl Sentence for BundleCarried {
    fn sentence(&self, kind: Kind) -> Summary {
        let Self { division, number, entries, id } = self;
        let id = id.short();
        if kind == Kind::BundleExport {
            return Summary::of(
                format!("导出给 {division} 的第{number}号离线数据包（{entries}条，{id}）"),
                format!("bundle {number} to {division} made ({entries} entries, {id})"),
            );
        }
        Summary::of(
            format!("导入 {division} 的第{number}号离线数据包（新增{entries}条，{id}）"),
            format!("bundle {number} from {division} read ({entries} new entries, {id})"),
        )
    }
}

impl Sentence for StandardBatch {
    fn sentence(&self, kind: Kind) -> Summary {
        self.batch.sentence(kind)
    }
}

impl Sentence for OperatorCert {
    fn sentence(&self, _: Kind) -> Summary {
        let cert = self;
        let (holder, print, until) = (&cert.holder, cert.fingerprint.short(), Day::in_china(cert.not_after_ms));
        Summary::of(
            format!("向{holder}签发客户端证书{print}，有效期至{until}"),
            format!("client certificate {print} issued to {holder}, until {until}"),
        )
    }
}

impl Sentence for OperatorRevoke {
    fn sentence(&self, _: Kind) -> Summary {
        let revoke = self;
        let (print, why) = (revoke.fingerprint.short(), quote(&revoke.reason));
        Summary::of(format!("吊销客户端证书{print}：{why}"), format!("client certificate {print} revoked: {why}"))
    }
}

impl Sentence for EditionPayload {
    fn sentence(&self, _: Kind) -> Summary {
        let edition = self;
        let EditionPayload { number, catalogs, items, missing, .. } = edition;
        Summary::of(
            format!("第{number}期汇总发布版：{catalogs}个目录、{items}项，缺{missing}个"),
            format!("edition {number}: {catalogs} catalogs, {items} items, {missing} missing"),
        )
    }
}

impl Sentence for EraseRequest {
    fn sentence(&self, _: Kind) -> Summary {
        let (catalog, basis, (zh, en)) = (&self.catalog, quote(&self.basis), because(&self.reason));
        let what = self.content.map_or_else(String::new, |content| content.short());
        Summary::of(
            format!("申请删除{catalog}的内容{what}，依据{basis}{zh}"),
            format!("removal of content {what} of {catalog} asked for under {basis}{en}"),
        )
    }
}

impl Sentence for Erase {
    fn sentence(&self, _: Kind) -> Summary {
        let erase = self;
        let (entry, basis) = (erase.entry.short(), quote(&erase.basis));
        Summary::of(
            format!("删除日志{entry}的内容，依据{basis}"),
            format!("content of entry {entry} erased under {basis}"),
        )
    }
}

impl Sentence for StandardPut {
    fn sentence(&self, _: Kind) -> Summary {
        let put = self;
        let (id, version, (zh, en)) = (&put.standard, quote(&put.facts.version), extent(&put.body));
        Summary::of(format!("标准目录{id} {version}：{zh}"), format!("standard {id} {version}: {en}"))
    }
}

impl Sentence for StandardOffer {
    fn sentence(&self, _: Kind) -> Summary {
        let offer = self;
        let (catalog, revision) = (&offer.catalog, offer.revision.short());
        Summary::of(
            format!("将{catalog}版本{revision}提供为模板"),
            format!("revision {revision} of {catalog} offered as a template"),
        )
    }
}

impl Sentence for Reroute {
    fn sentence(&self, _: Kind) -> Summary {
        let reroute = self;
        let (submission, (zh, en)) = (reroute.submission.short(), because(&reroute.reason));
        Summary::of(format!("改送报送{submission}{zh}"), format!("submission {submission} rerouted{en}"))
    }
}

impl Sentence for DocumentPart {
    fn sentence(&self, _: Kind) -> Summary {
        let part = self;
        let (file, index, count) = (part.file.short(), part.index.saturating_add(1), part.count);
        Summary::of(
            format!("批复文件{file}，第{index}/{count}部分"),
            format!("document {file}, part {index} of {count}"),
        )
    }
}

impl Sentence for Settlement {
    fn sentence(&self, _: Kind) -> Summary {
        let settlement = self;
        let (name, (zh, en)) = (quote(&settlement.name), because(&settlement.reason));
        let (who_zh, who_en) = match settlement.keeper {
            Keeper::Upper => ("由上级单位登记", "listed by the upper body"),
            Keeper::Lower => ("由下级单位登记", "listed by the lower body"),
            Keeper::Both => ("双方均可登记", "rightly listed by both"),
        };
        Summary::of(format!("事项“{name}”{who_zh}{zh}"), format!("`{name}` is {who_en}{en}"))
    }
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
        for kind in Kind::ALL.iter().copied() {
            for payload in [None, Some(&b"{}"[..]), Some(b"\xff"), Some(b"[]")] {
                let summary = summary(&kind.into(), payload);
                assert!(!summary.zh.is_empty() && !summary.en.is_empty(), "{}", kind.word());
            }
        }
        assert_eq!(summary(&"tomorrow".into(), Some(b"{}")).en, "a kind that this version does not know");
    }

    #[test]
    fn a_quoted_text_is_one_short_line() {
        assert_eq!(quote(" a\nb\u{1b}[31m "), "a b [31m");
        assert_eq!(quote(&"长".repeat(QUOTE_CHARS_MAX + 1)).chars().count(), QUOTE_CHARS_MAX + 1);
    }
}
