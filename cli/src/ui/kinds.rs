//! The Chinese words for kinds of entries and of divisions, beside those of states (words).
//!
//! Invariant: every kind that a journal can hold has its word, so that `audit log` is read in one language.

/// Kinds as the API spells them, and their Chinese.
pub(super) const KINDS_ZH: &[(&str, &str)] = &[
    ("authority.put", "证书机构"),
    ("bundle.export", "制作数据包"),
    ("bundle.import", "导入数据包"),
    ("cert.put", "节点证书"),
    ("custody.put", "维护权"),
    ("document", "上级文件"),
    ("draft.save", "保存草稿"),
    ("erase", "删除内容"),
    ("incarnation.open", "日志开启"),
    ("item.batch", "事项分段"),
    ("item.source", "导入原文"),
    ("key.revoke", "密钥失效"),
    ("mapping.put", "列名对应"),
    ("operator.cert", "操作人证书"),
    ("operator.revoke", "吊销证书"),
    ("proposal.answer", "建议答复"),
    ("refusal", "拒绝"),
    ("sign-off", "发布前签署"),
    ("standard", "标准"),
    ("standard.batch", "标准分段"),
    ("standard.draft", "标准草稿"),
    ("standard.offer", "提供模板"),
    ("standard.put", "下发标准"),
    ("table.put", "流程表"),
    ("tree.put", "区划表"),
    ("functional-area", "功能区"),
];

#[cfg(test)]
mod tests {
    use gongkai_journal::kind::Kind;

    use crate::ui::{Lang, state_word};

    #[test]
    fn every_kind_of_entry_has_its_word_in_chinese() {
        let bare: Vec<&str> =
            Kind::ALL.iter().map(|kind| kind.word()).filter(|word| state_word(word, Lang::Zh) == *word).collect();
        assert_eq!(bare, Vec::<&str>::new());
    }
}
