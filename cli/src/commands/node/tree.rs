//! `gongkai node renew`, `move`, `custody` and `revoke`: what a person orders about the tree.
//!
//! Invariant: what is printed names the next step and the node at which it is done.

use gongkai_proto::admin::v1::{GiveCustodyRequest, MoveRequest, MoveResponse, RenewNodeRequest, RevokeRequest};

use super::{MoveArgs, RevokeArgs};
use crate::{
    commands::{Answer, Context},
    errors::Failure,
    ui::{Page, Text, moment},
};

/// Runs `node renew`.
pub(super) async fn renew(context: &Context) -> Result<Answer, Failure> {
    let renewed = context.connect().await?.node().renew(RenewNodeRequest {}).await?.into_inner();
    let (node, end) = (&renewed.node, moment(renewed.certificate_not_after_at_ms));
    let page = Page::new(context.lang()).say(
        format!("the certificate of node {node} holds until {end}; nothing was restarted"),
        format!("节点 {node} 的证书有效期至 {end}；无需重启"),
    );
    Answer::new(&renewed, page.into_text())
}

/// Runs `node move`.
pub(super) async fn move_division(args: MoveArgs, context: &Context) -> Result<Answer, Failure> {
    let MoveArgs { division, to, dry_run } = args;
    let request = MoveRequest { division, to, dry_run };
    let response = context.connect().await?.node().r#move(request).await?.into_inner();
    Answer::new(&response, moved_text(&response, context))
}

fn moved_text(moved: &MoveResponse, context: &Context) -> Text {
    let MoveResponse { division, from, to, nodes, catalogs, is_dry_run, .. } = moved;
    let mut page = Page::new(context.lang());
    page = if *is_dry_run {
        page.say(
            format!("nothing was written; {division} would go from {from} to {to} with {catalogs} catalogs"),
            format!("未写入；{division} 将由 {from} 划归 {to}，含目录 {catalogs} 个"),
        )
    } else {
        page.say(
            format!("{division} stands under {to} now, no longer under {from}; {catalogs} catalogs go with it"),
            format!("{division} 已由 {from} 划归 {to}，含目录 {catalogs} 个"),
        )
    };
    if !nodes.is_empty() {
        let names = nodes.join(", ");
        page = page
            .say(format!("nodes that join again: {names}"), format!("需重新加入的节点：{names}"))
            .say(
                format!("first {division}: `gongkai node invite {division}` at {to}; then, its daemon stopped, `gongkai node join TOKEN` in its directory"),
                format!("先处理 {division}：在 {to} 执行 `gongkai node invite {division}`；停止其守护进程后，在其目录执行 `gongkai node join 令牌`"),
            );
    }
    page.into_text()
}

/// Runs `node custody`.
pub(super) async fn give_custody(args: MoveArgs, context: &Context) -> Result<Answer, Failure> {
    let MoveArgs { division, to, dry_run } = args;
    let request = GiveCustodyRequest { division, to, dry_run };
    let given = context.connect().await?.node().give_custody(request).await?.into_inner();
    let (division, from, to) = (&given.division, &given.from, &given.to);
    let page = if given.is_dry_run {
        Page::new(context.lang()).say(
            format!("nothing was written; the catalogs of {division} would be kept at {to} instead of {from}"),
            format!("未写入；{division} 的目录将由 {from} 改为 {to} 维护"),
        )
    } else if given.awaits_word {
        Page::new(context.lang()).say(
            format!(
                "ordered: the catalogs of {division} go from {from} to {to} once a person at {from} or at the top says `gongkai custody confirm`"
            ),
            format!("已提出：{division} 的目录由 {from} 改为 {to} 维护，待 {from} 或顶级节点执行 `gongkai custody confirm` 后生效"),
        )
    } else {
        Page::new(context.lang()).say(
            format!("the catalogs of {division} are kept at {to} now, no longer at {from}"),
            format!("{division} 的目录现由 {to} 维护，不再由 {from} 维护"),
        )
    };
    Answer::new(&given, page.into_text())
}

/// Runs `node revoke`.
pub(super) async fn revoke(args: RevokeArgs, context: &Context) -> Result<Answer, Failure> {
    let request = RevokeRequest { division: args.division, reason: args.reason };
    let revoked = context.connect().await?.node().revoke(request).await?.into_inner();
    let (division, keys) = (&revoked.division, revoked.keys);
    let page = Page::new(context.lang())
        .say(
            format!("{keys} keys of {division} have ended; its node is let in no more"),
            format!("{division} 的 {keys} 个密钥已失效，其节点不再被接纳"),
        )
        .say(
            format!("a successor is enrolled with `gongkai node invite {division} --rebuild` at its parent"),
            format!("新节点由其上级用 `gongkai node invite {division} --rebuild` 邀请"),
        );
    Answer::new(&revoked, page.into_text())
}
