//! Why a link or a division is stuck: the session, what is left both ways, what is wanted and cannot be had.

use std::collections::BTreeMap;

use gongkai_journal::Route;
use gongkai_model::id::DivisionId;
use gongkai_store::{PeerRole, StoredWant};
use gongkai_sync::want::Why;

use super::{Finding, FindingState, admin_of, two};
use crate::{App, LinkNow, Result, Summary};

impl App {
    /// What holds this node itself.
    pub(super) async fn explain_self(&self) -> Result<Vec<Finding>> {
        let me = self.world().me.clone();
        let Some(held) = self.held() else { return Ok(Vec::new()) };
        let awaited: Vec<&str> = held.awaited.iter().map(DivisionId::as_str).collect();
        let cause = two(
            "本节点处于限制状态：可能缺少自己的最新条目，可编辑，不可报送、审核、发布",
            "this node is held: it may lack its own latest entries; it edits, and does not submit, decide or publish",
        );
        let action = two(
            "与所列节点完成一次同步即自动解除；确需提前解除用 `gongkai restore --release`",
            "one full session with each node named ends it; to lift it earlier: `gongkai restore --release`",
        );
        let finding = Finding::new(FindingState::Stuck, &me, cause)
            .because("待核对", "to compare with", awaited.join(", "), None)
            .because("自", "since", held.reason.word(), Some(held.since_ms));
        Ok(vec![finding.so(action, admin_of(&me))])
    }

    /// A division: this node, a peer, or one further away.
    pub(super) async fn explain_division(
        &self,
        division: &DivisionId,
        links: &BTreeMap<DivisionId, LinkNow>,
    ) -> Result<Vec<Finding>> {
        let world = self.world();
        if *division == world.me {
            let mut findings = self.explain_self().await?;
            for peer in links.keys() {
                findings.extend(self.explain_peer(peer, links).await?);
            }
            return Ok(findings);
        }
        if links.contains_key(division) {
            return self.explain_peer(division, links).await;
        }
        if !world.has_node(division) {
            let keeper = world.custodian(division);
            let cause = two(
                format!("{division} 没有自己的节点，其目录由 {keeper} 保管"),
                format!("{division} has no node of its own; {keeper} keeps its catalogs"),
            );
            return Ok(vec![Finding::new(FindingState::Fine, division, cause)]);
        }
        self.explain_far(division, links).await
    }

    /// A division that is reached through a peer: what the peer says of it.
    async fn explain_far(&self, division: &DivisionId, links: &BTreeMap<DivisionId, LinkNow>) -> Result<Vec<Finding>> {
        let world = self.world();
        for peer in links.keys() {
            let known = self.known(peer).await?;
            let Some(held) = known.held.get(division) else { continue };
            let route = Route::of(world.tree(), division);
            let behind = self.store().count_routed(held.offset, &route).await?;
            let (state, cause) = if behind == 0 {
                let cause = two(
                    format!("据 {peer}：{division} 已收存本节点的全部条目"),
                    format!("{peer} says that {division} holds everything from here"),
                );
                (FindingState::Fine, cause)
            } else {
                let cause = two(
                    format!("据 {peer}：{division} 尚缺本节点最新 {behind} 条，或消息尚未传到"),
                    format!(
                        "{peer} says that {division} lacked the latest {behind} from here, or newer word is on its way"
                    ),
                );
                (FindingState::Waiting, cause)
            };
            let finding = Finding::new(state, division, cause)
                .because("已收存至", "held up to", held.offset, Some(held.at_ms))
                .because("尚缺", "lacking", behind, None);
            let action = two(
                format!("在 {peer} 节点执行 `gongkai explain {division}`"),
                format!("run `gongkai explain {division}` at the node of {peer}"),
            );
            return Ok(vec![if behind == 0 { finding } else { finding.so(action, admin_of(peer)) }]);
        }
        let through = world.path().into_iter().chain(world.tree().path(division)).find(|step| links.contains_key(step));
        let says = through.map_or_else(|| "-".to_owned(), |peer| peer.to_string());
        let cause = two(
            format!("不在本节点的直接链路上，{says} 尚未说明其进度"),
            format!("not a direct neighbour, and {says} has not said where it stands"),
        );
        Ok(vec![Finding::new(FindingState::Waiting, division, cause)])
    }

    /// A direct neighbour.
    pub(super) async fn explain_peer(
        &self,
        peer: &DivisionId,
        links: &BTreeMap<DivisionId, LinkNow>,
    ) -> Result<Vec<Finding>> {
        let Some(link) = links.get(peer) else { return Ok(Vec::new()) };
        let mut findings: Vec<Finding> = self.moved(peer, link).into_iter().collect();
        findings.extend(self.session(peer, link));
        findings.extend(self.undelivered(peer, link).await?);
        findings.extend(self.wanted(peer, link).await?);
        Ok(findings)
    }

    /// A link of a place that the tree has changed: it stands until the moved division has joined at its new parent.
    fn moved(&self, peer: &DivisionId, link: &LinkNow) -> Option<Finding> {
        let world = self.world();
        let (code, moved) = match link.role {
            PeerRole::Parent => ("GK-NODE-022", &world.me),
            PeerRole::Child => ("GK-NODE-023", peer),
        };
        let parent = world.tree().parent(moved)?;
        let is_in_place = match link.role {
            PeerRole::Parent => parent == peer,
            PeerRole::Child => *parent == world.me,
        };
        if is_in_place {
            return None;
        }
        let cause = two(
            format!("{moved} 已改隶 {parent}，尚未在新上级加入"),
            format!("{moved} stands under {parent} now and has not joined there yet"),
        );
        let action = two(
            format!(
                "在 {parent} 执行 `gongkai node invite {moved}`；再停下 {moved} 的守护进程，在其数据目录执行 `gongkai node \
                 join 令牌`，重新启动"
            ),
            format!(
                "`gongkai node invite {moved}` at {parent}; then stop the daemon of {moved}, `gongkai node join TOKEN` in \
                 its directory, and start it"
            ),
        );
        let finding = Finding::new(FindingState::Stuck, moved, cause)
            .coded(code)
            .because("仍连接", "still linked with", peer, link.last_contact_ms)
            .because("新上级", "its parent now", parent, None);
        Some(finding.so(action, admin_of(parent)))
    }

    /// Why there is no session, or that there is one.
    fn session(&self, peer: &DivisionId, link: &LinkNow) -> Option<Finding> {
        let me = self.world().me.clone();
        let reason = link.reason.clone();
        let said = reason.as_ref().map_or_else(String::new, |reason| reason.message.clone());
        let (state, cause, action, who) = match link.state {
            "refused" => (
                FindingState::Stuck,
                two(format!("与 {peer} 的会话被拒绝：{said}"), format!("the session with {peer} is refused: {said}")),
                two("按代码说明处理；每天自动再试一次，`gongkai sync now` 可立即再试", hint(reason.as_ref())),
                admin_of(&me),
            ),
            "unreachable" if link.role == PeerRole::Parent => (
                FindingState::Waiting,
                two(
                    format!("无法与上级 {peer} 建立会话，自动重试：{said}"),
                    format!("no session with the parent {peer}, retried by itself: {said}"),
                ),
                two("若持续，检查网络、防火墙与上级节点是否运行", hint(reason.as_ref())),
                admin_of(&me),
            ),
            _ if link.mode == "bundle" && !link.is_in_session => (
                FindingState::Waiting,
                two(
                    format!("与 {peer} 之间没有网络，条目以离线数据包传送"),
                    format!("no network to {peer}: entries are carried as bundles"),
                ),
                two(
                    format!("用 `gongkai bundle export --to {peer}` 制作；往来情况见 `gongkai bundle status`"),
                    format!(
                        "make one with `gongkai bundle export --to {peer}`; `gongkai bundle status` has the history"
                    ),
                ),
                admin_of(&me),
            ),
            "unreachable" | "idle" | "never" if link.role == PeerRole::Child && link.mode == "live" => (
                FindingState::Waiting,
                two(
                    format!("下级 {peer} 不在线；只能由下级发起连接"),
                    format!("the child {peer} is away, and only it can dial"),
                ),
                two(
                    format!("在 {peer} 节点查看 `gongkai explain sync`"),
                    format!("run `gongkai explain sync` at the node of {peer}"),
                ),
                admin_of(peer),
            ),
            _ => return None,
        };
        let code = reason.map(|reason| reason.code).unwrap_or_default();
        let finding = Finding::new(state, peer, cause)
            .coded(&code)
            .because("最近联系", "last contact", link.state, link.last_contact_ms)
            .because("下次尝试", "next attempt", link.mode, link.next_run_ms);
        Some(finding.so(action, who))
    }

    /// What has not been delivered to the peer, and what it waits for.
    async fn undelivered(&self, peer: &DivisionId, link: &LinkNow) -> Result<Option<Finding>> {
        let acked = self.store().acked_of(peer).await?.map_or(0, |position| position.offset);
        let route = Route::of(self.world().tree(), peer);
        let unacked = self.store().count_routed(acked, &route).await?;
        let known = self.known(peer).await?;
        let left = unacked.saturating_add(known.wanted_entries);
        if left == 0 {
            return Ok(None);
        }
        let me = self.world().me.clone();
        let (state, action, who) = match (link.is_in_session, link.mode, link.role) {
            (true, ..) => {
                (FindingState::Waiting, two("正在传输，无需处理", "nothing: it is on its way"), Summary::default())
            }
            (false, "bundle", _) => (
                FindingState::Waiting,
                two(
                    format!("用 `gongkai bundle export --to {peer}` 制作数据包并送去"),
                    format!("make a bundle with `gongkai bundle export --to {peer}` and bring it there"),
                ),
                admin_of(&me),
            ),
            (false, "manual", PeerRole::Parent) => {
                (FindingState::Stuck, two("执行 `gongkai sync now`", "run `gongkai sync now`"), admin_of(&me))
            }
            (false, _, PeerRole::Parent) => (
                FindingState::Waiting,
                two("等待下次运行，或执行 `gongkai sync now`", "wait for the next run, or `gongkai sync now`"),
                admin_of(&me),
            ),
            (false, _, PeerRole::Child) => (
                FindingState::Waiting,
                two(format!("等待 {peer} 连接"), format!("wait until {peer} dials")),
                admin_of(peer),
            ),
        };
        let cause = two(format!("有 {left} 条尚未送达 {peer}"), format!("{left} entries are not delivered to {peer}"));
        let finding = Finding::new(state, peer, cause)
            .because("未确认", "not acknowledged", unacked, link.last_contact_ms)
            .because("对端已知而尚缺", "known to the peer and lacking", known.wanted_entries, Some(known.heard_ms))
            .because("下次运行", "next run", link.mode, link.next_run_ms);
        Ok(Some(finding.so(action, who)))
    }

    /// What this node lacks of the peer's, by cause.
    async fn wanted(&self, peer: &DivisionId, link: &LinkNow) -> Result<Vec<Finding>> {
        let mut by_cause: BTreeMap<(Why, Option<String>), Vec<StoredWant>> = BTreeMap::new();
        for want in self.store().wants(peer).await? {
            by_cause.entry((want.want.why, want.stopped.clone())).or_default().push(want);
        }
        Ok(by_cause.into_iter().map(|((why, stopped), wants)| self.want(peer, link, why, stopped, &wants)).collect())
    }

    pub(super) fn want(
        &self,
        peer: &DivisionId,
        link: &LinkNow,
        why: Why,
        stopped: Option<String>,
        wants: &[StoredWant],
    ) -> Finding {
        let since = wants.iter().map(|want| want.created_at_ms).min();
        let first = wants.first().map(|want| &want.want);
        let stream = first.map_or_else(String::new, |want| {
            let key = &want.stream;
            format!("{} → {} #{} {}", key.author.division, key.subject, want.tip.seq, want.tip.hash.short())
        });
        let count = wants.len();
        let (mut state, cause, action, who) = why_text(why, peer, count);
        if stopped.is_some() && why != Why::Heads {
            state = FindingState::Stuck;
        }
        if !link.is_in_session && state == FindingState::Waiting && link.mode == "manual" {
            state = FindingState::Stuck;
        }
        let author = first.map(|want| want.stream.author.division.clone());
        let who = who.unwrap_or_else(|| admin_of(author.as_ref().unwrap_or(peer)));
        Finding::new(state, peer, cause)
            .coded(stopped.as_deref().or(why.code()).unwrap_or_default())
            .because("流", "streams", count, since)
            .because("例如", "such as", stream, None)
            .so(action, who)
    }
}

fn hint(reason: Option<&crate::Reason>) -> String {
    reason.map_or_else(String::new, |reason| reason.hint.clone())
}

type WhyText = (FindingState, Summary, Summary, Option<Summary>);

/// Cause, action and actor for a reason of wanting; no actor: whoever wrote the stream.
fn why_text(why: Why, peer: &DivisionId, count: usize) -> WhyText {
    let by_itself = || Some(two("无需人工", "nobody: it goes on by itself"));
    match why {
        Why::Heads => (
            FindingState::Waiting,
            two(format!("还有 {count} 个流待从 {peer} 取得"), format!("{count} streams are still to come from {peer}")),
            two("保持连接，或执行 `gongkai sync now`", "let the link run, or `gongkai sync now`"),
            by_itself(),
        ),
        Why::Gap => (
            FindingState::Waiting,
            two(format!("{count} 个流缺少前一条"), format!("{count} streams lack the entry before")),
            two("下次会话自动补取", "the next session asks for it"),
            by_itself(),
        ),
        Why::Rewound => (
            FindingState::Waiting,
            two(
                format!("{peer} 声称有 {count} 个流的条目是由本节点送去、而此处没有的"),
                format!("{peer} names entries of {count} streams that it had from this node and that are not here"),
            ),
            two("保持连接：有的会取回，没有的随即作废", "let the link run: what it has comes back, the rest lapses"),
            by_itself(),
        ),
        Why::Misrouted => (
            FindingState::Waiting,
            two(
                format!("{count} 个流按本节点的区划树不应到达此处，可能是区划树较旧"),
                format!("by this node's tree {count} streams are none of its business; its tree may be old"),
            ),
            two("等待上级的区划树更新", "wait for the newer tree from above"),
            by_itself(),
        ),
        Why::KeyUnknown => (
            FindingState::Stuck,
            two(
                format!("{count} 个流的作者密钥未知，条目暂存待验"),
                format!("the author's key of {count} streams is not known here, so its entries wait"),
            ),
            two(
                "等待其上级签发的证书条目到达；若作者刚调整隶属，请其新上级重新签发",
                "wait for the certificate entry of the author's parent; after a move its new parent issues it again",
            ),
            None,
        ),
        Why::Allowance => (
            FindingState::Waiting,
            two(
                format!("{count} 个流的作者已达到本节点对单个作者的接收额度，其余条目待取"),
                format!("the authors of {count} streams have brought as much as this node takes of one in a time"),
            ),
            two(
                "额度逐日增加；量大属实时在 gongkaid.toml 的 [intake] 中提高，异常时查看 `gongkai doctor`",
                "the allowance grows day by day; raise [intake] in gongkaid.toml if the amount is right; `gongkai doctor` says who used it",
            ),
            by_itself(),
        ),
        Why::Disk => (
            FindingState::Stuck,
            two(
                format!("本节点磁盘空间不足，{count} 个流的条目暂不接收"),
                format!("this node's disk is nearly full, so entries of {count} streams wait"),
            ),
            two("在本节点腾出磁盘空间，之后自动继续", "make room on this node's disk; it goes on by itself"),
            None,
        ),
        Why::Streams => (
            FindingState::Stuck,
            two(
                format!("{count} 个流的作者在同一日志周期内开启的流已达上限，其余暂不接收"),
                format!("the authors of {count} streams have opened as many in one life as this node holds of one"),
            ),
            two(
                "正常节点不会达到上限：核实其密钥是否被盗，被盗则执行 `gongkai node revoke`",
                "no honest node comes near it: find out whether its key was stolen, and if so run `gongkai node revoke`",
            ),
            None,
        ),
        Why::Bare => (
            FindingState::Waiting,
            two(
                format!("{count} 个流有条目缺少内容，且没有删除决定说明原因"),
                format!("entries of {count} streams came without their payload, and no erasure says why"),
            ),
            two(
                "每次会话都会再次索取；也可由别的节点用数据包带来（`gongkai bundle export --stream`）",
                "each session asks for it again; another node can bring it by `gongkai bundle export --stream`",
            ),
            None,
        ),
        Why::Stopped => (
            FindingState::Stuck,
            two(
                format!("{count} 个流因链错误停止，其他不受影响"),
                format!("{count} streams stopped at a chain fault; all others go on"),
            ),
            two("按代码说明处理", "see what the code's page says"),
            None,
        ),
    }
}
