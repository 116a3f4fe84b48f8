//! What else can be stuck and has a name of its own: a hold, an entry that is wanted and not here, and an entry that is
//! here and has no effect.
//!
//! Invariant: what is said of an entry that is not here comes from the want, which is kept; of one that is here, from
//! the entry itself.

use std::collections::BTreeMap;

use gongkai_journal::{
    Entry, EntryHash, payload,
    place::{self, Misplaced},
};
use gongkai_model::id::DivisionId;
use gongkai_sync::want::Want;

use super::{Finding, FindingState, HASH_DIGITS_MIN, admin_of, two};
use crate::{App, LinkNow, Result};

impl App {
    /// The wanted entry whose hash begins so, with the peers from whom it is wanted.
    pub(super) async fn wanted_named(&self, digits: &str) -> Result<Option<EntryHash>> {
        if digits.len() < HASH_DIGITS_MIN {
            return Ok(None);
        }
        for peer in self.store().peers().await? {
            let wants = self.store().wants(&peer.division).await?;
            let found = wants.iter().find(|row| row.want.tip.hash.to_hex().starts_with(digits));
            if let Some(row) = found {
                return Ok(Some(row.want.tip.hash));
            }
        }
        Ok(None)
    }

    /// An entry that a peer has, or was said to have, and that is not here.
    pub(super) async fn explain_want(
        &self,
        hash: &EntryHash,
        links: &BTreeMap<DivisionId, LinkNow>,
    ) -> Result<Vec<Finding>> {
        let mut findings = Vec::new();
        for (peer, link) in links {
            for row in self.store().wants(peer).await?.into_iter().filter(|row| row.want.tip.hash == *hash) {
                let Want { why, .. } = row.want;
                findings.push(self.want(peer, link, why, row.stopped.clone(), &[row]));
            }
        }
        Ok(findings)
    }

    /// Why an entry that is stored and relayed has no effect here, where that can be told from itself.
    pub(super) fn without_effect(&self, entry: &Entry) -> Option<Finding> {
        let header = &entry.header;
        let author = &header.stream.author.division;
        let finding = |state, cause| Finding::new(state, entry.hash().short(), cause);
        if !self.world().trust.keyring.counts(entry) {
            let cause = two(
                "签署密钥已被吊销，此条目在其最后有效条目之后，已搁置",
                "its key was revoked, and it stands beyond the last good entry: it is set aside",
            );
            let action = two(
                "如仍需要，由作者以新密钥重新办理",
                "if it is still meant, its author acts again under the new key",
            );
            return Some(finding(FindingState::Stuck, cause).coded("GK-CHAIN-004").so(action, admin_of(author)));
        }
        if let Some(misplaced) = place::of(&self.world().root, entry) {
            let what = match misplaced {
                Misplaced::Subject => ("所属区划", "subject"),
                Misplaced::Reach => ("传送范围", "reach"),
                Misplaced::Lane => ("通道", "lane"),
            };
            let cause = two(
                format!("{}与此种类的条目不符：照原样保存并转发，不产生效力", what.0),
                format!("its {} is not that of its kind: it is stored and relayed as it is, and has no effect", what.1),
            );
            let action = two(
                "检查作者节点：正常程序不会写出这样的条目",
                "look at the author's node: no honest program writes such an entry",
            );
            return Some(finding(FindingState::Stuck, cause).coded(place::CODE).so(action, admin_of(author)));
        }
        let bytes = entry.payload.as_deref()?;
        let Some(kind) = header.kind.known() else {
            let cause = two(
                "本版本不认识此种类：照原样保存并转发，不产生效力",
                "this version does not know its kind: it is stored and relayed as it is, and means nothing here",
            );
            let action = two("升级本节点的程序", "install a later version of the program here");
            return Some(finding(FindingState::Waiting, cause).so(action, admin_of(&self.world().me)));
        };
        if kind.about().is_catalog() && payload::about(&header.kind, bytes).is_none() {
            let cause = two(
                "内容无法读取：照原样保存并转发，不产生效力，其他不受影响",
                "its payload cannot be read: it is stored and relayed as it is, has no effect, and holds up nothing else",
            );
            let action =
                two("由作者重新办理，并检查其程序版本", "its author acts again, and looks at its program's version");
            return Some(finding(FindingState::Stuck, cause).so(action, admin_of(author)));
        }
        None
    }
}
