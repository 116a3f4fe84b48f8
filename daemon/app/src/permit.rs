//! What each action needs: the one table from actions to roles.
//!
//! Invariant: an action has one row here and nobody else decides about roles; the admin API's calls are named by
//! their action's word, so a call without a row is a call that only the administrator may make.
//! Left out: which domain or department a clerk or reviewer has (operator), and the rules of review (model).

use super::Role;

/// Whoever is an operator at all.
const ANY: &[Role] = &Role::ALL;
const CLERK: &[Role] = &[Role::Clerk];
/// The owner's clerk, and at the top the publisher, who answers for the edition.
const WAIVER: &[Role] = &[Role::Clerk, Role::Publisher];
const REVIEWER: &[Role] = &[Role::Reviewer];
const PUBLISHER: &[Role] = &[Role::Publisher];
/// A sign-off is another person's word: a department's reviewer may give it as well as the publishing office.
const SIGNER: &[Role] = &[Role::Publisher, Role::Reviewer];
const AUDITOR: &[Role] = &[Role::Auditor, Role::Admin];
const ADMIN: &[Role] = &[Role::Admin];
/// Catching up with a neighbour changes nothing but the hour.
const WORKER: &[Role] = &[Role::Admin, Role::Clerk, Role::Reviewer, Role::Publisher];

macro_rules! actions {
    ($($name:ident $word:literal $roles:ident)*) => {
        /// Something that a person can do at a node.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub enum Action { $(#[doc = concat!("`", $word, "`")] $name,)* }

        impl Action {
            /// All of them, by word.
            pub const ALL: &'static [Self] = &[$(Self::$name,)*];

            /// `noun.verb`, as in the command line and in the names of the admin API's calls.
            pub fn word(self) -> &'static str {
                match self { $(Self::$name => $word,)* }
            }

            /// The roles of which one is needed; the first is the one to ask for.
            pub fn roles(self) -> &'static [Role] {
                match self { $(Self::$name => $roles,)* }
            }
        }
    };
}

actions! {
    AuditLog "audit.log" AUDITOR
    BundleExport "bundle.export" WORKER
    BundleImport "bundle.import" WORKER
    BundleInspect "bundle.inspect" ANY
    BundleLost "bundle.lost" ANY
    BundleStatus "bundle.status" ANY
    CatalogAccept "catalog.accept" CLERK
    CatalogCheck "catalog.check" ANY
    CatalogDecline "catalog.decline" CLERK
    CatalogDiff "catalog.diff" ANY
    CatalogExport "catalog.export" ANY
    CatalogHistory "catalog.history" ANY
    CatalogImport "catalog.import" CLERK
    CatalogList "catalog.list" ANY
    CatalogListWaivers "catalog.list-waivers" ANY
    CatalogMappings "catalog.mappings" CLERK
    CatalogProposals "catalog.proposals" ANY
    CatalogRecallWaiver "catalog.recall-waiver" WAIVER
    CatalogShow "catalog.show" ANY
    CatalogSubmit "catalog.submit" CLERK
    CatalogTemplate "catalog.template" ANY
    CatalogWaive "catalog.waive" WAIVER
    CatalogWithdraw "catalog.withdraw" CLERK
    ConflictList "conflict.list" ANY
    ConflictResolve "conflict.resolve" CLERK
    ConflictShow "conflict.show" ANY
    ExplainExplain "explain.explain" ANY
    NodeBackup "node.backup" ADMIN
    NodeDoctor "node.doctor" ADMIN
    NodeGiveCustody "node.give-custody" ADMIN
    NodeInvite "node.invite" ADMIN
    NodeList "node.list" ANY
    NodeMove "node.move" ADMIN
    NodeRelease "node.release" ADMIN
    NodeRenew "node.renew" ADMIN
    NodeRevoke "node.revoke" ADMIN
    NodeShow "node.show" ANY
    NodeShutdown "node.shutdown" ADMIN
    NodeStatus "node.status" ANY
    OperatorCertificates "operator.certificates" AUDITOR
    OperatorCertify "operator.certify" ADMIN
    OperatorList "operator.list" AUDITOR
    OperatorReload "operator.reload" ADMIN
    OperatorRevoke "operator.revoke" ADMIN
    OperatorWhoAmI "operator.who-am-i" ANY
    PublishCheck "publish.check" ANY
    PublishDiff "publish.diff" ANY
    PublishList "publish.list" ANY
    PublishPreview "publish.preview" ANY
    PublishRun "publish.run" PUBLISHER
    PublishShow "publish.show" ANY
    PublishSignOff "publish.sign-off" SIGNER
    PublishSignOffs "publish.sign-offs" ANY
    ReviewApprove "review.approve" REVIEWER
    ReviewList "review.list" ANY
    ReviewPropose "review.propose" REVIEWER
    ReviewReturn "review.return" REVIEWER
    ReviewRevoke "review.revoke" REVIEWER
    ReviewShow "review.show" ANY
    RoutingAssign "routing.assign" ADMIN
    RoutingDocument "routing.document" ANY
    RoutingPutDepartment "routing.put-department" ADMIN
    RoutingPutDomain "routing.put-domain" ADMIN
    RoutingPutLaw "routing.put-law" ADMIN
    RoutingReroute "routing.reroute" ADMIN
    RoutingSetChain "routing.set-chain" ADMIN
    RoutingSetPilot "routing.set-pilot" ADMIN
    RoutingShow "routing.show" ANY
    StandardCompare "standard.compare" ANY
    StandardImport "standard.import" CLERK
    StandardList "standard.list" ANY
    StandardOffer "standard.offer" CLERK
    StandardRebase "standard.rebase" CLERK
    StandardSend "standard.send" PUBLISHER
    StandardShow "standard.show" ANY
    StandardStart "standard.start" CLERK
    SyncHistory "sync.history" ANY
    SyncNow "sync.now" WORKER
    SyncPeers "sync.peers" ANY
    SyncStatus "sync.status" ANY
    SyncWatch "sync.watch" ANY
    SyncWhereabouts "sync.whereabouts" ANY
}

impl Action {
    /// The action of a word; `None` for a word without a row.
    pub fn from_word(word: &str) -> Option<Self> {
        Self::ALL.iter().copied().find(|action| action.word() == word)
    }
}

/// The roles that a call needs which has no row above: forgotten is forbidden.
pub const ROLES_UNLISTED: &[Role] = ADMIN;

#[cfg(test)]
mod tests {
    use super::*;

    /// Verbs that change nothing.
    const READING: &str = "certificates check compare diff document explain export history inspect list list-waivers log lost \
        peers preview proposals show sign-offs status template watch whereabouts who-am-i";

    #[test]
    fn only_reading_is_open_to_every_role() {
        for action in Action::ALL {
            let verb = action.word().split_once('.').map_or("", |(_, verb)| verb);
            let is_reading = READING.split(' ').any(|known| known == verb);
            assert!(is_reading || action.roles() != ANY, "`{}` acts and is open to all", action.word());
            assert!(!action.roles().is_empty() && Action::from_word(action.word()) == Some(*action));
        }
    }

    #[test]
    fn who_writes_does_not_decide_and_who_audits_does_not_act() {
        let of = |role: Role| {
            Action::ALL.iter().filter(move |action| action.roles().contains(&role) && action.roles() != ANY)
        };
        let words = |role: Role| of(role).map(|action| action.word()).collect::<Vec<_>>();
        assert_eq!(words(Role::Auditor), ["audit.log", "operator.certificates", "operator.list"]);
        assert!(words(Role::Clerk).iter().all(|word| !word.starts_with("review.") && !word.starts_with("publish.")));
        assert!(words(Role::Reviewer).iter().all(|word| !word.starts_with("catalog.") && *word != "publish.run"));
        assert!(words(Role::Admin).iter().all(|word| !word.starts_with("catalog.") && !word.starts_with("review.")));
    }
}
