//! What each action needs: the one table from actions to roles, with what else of a person or of the node it asks.
//!
//! Invariant: an action has one row here and nobody else decides about roles; the admin API's calls are named by
//! their action's word, so a call without a row is a call that only the administrator may make. A row says, too,
//! whether a person's domains and departments restrict him in it, and what a hold of the node does to it.
//! Left out: how a row is asked (act), and the rules of review (model).

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
/// A second person above says yes to a removal: a registered one, as for a review or an edition.
const CONFIRMER: &[Role] = &[Role::Publisher, Role::Reviewer];
/// Whoever answers for something at the node; that he is registered is asked as well.
const ANSWERER: &[Role] = &[Role::Admin, Role::Clerk, Role::Reviewer, Role::Publisher];
const AUDITOR: &[Role] = &[Role::Auditor, Role::Admin];
const ADMIN: &[Role] = &[Role::Admin];
/// Catching up with a neighbour changes nothing but the hour.
const WORKER: &[Role] = &[Role::Admin, Role::Clerk, Role::Reviewer, Role::Publisher];

/// What restricts a person in an action beside his roles.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Scope {
    /// Nothing: it is about the node, or about everything.
    Node,
    /// His domains: it is about catalogs or standards.
    Domain,
    /// His domains, and the departments for which he speaks.
    Department,
}

/// What happens to an action while the node is held (recovery).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum UnderHold {
    /// It is refused: others would act on what the node may say a second time.
    Refused,
    /// It goes on as long as nothing of it leaves the node.
    StaysHere,
    /// It goes on: it reads, it is about this machine alone, or it must not wait, as the end of a stolen key.
    Allowed,
}

macro_rules! actions {
    ($($name:ident $word:literal $roles:ident $scope:ident $hold:ident)*) => {
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

            /// What restricts a person in it beside his roles.
            pub fn scope(self) -> Scope {
                match self { $(Self::$name => Scope::$scope,)* }
            }

            /// What happens to it while the node is held.
            pub fn under_hold(self) -> UnderHold {
                match self { $(Self::$name => UnderHold::$hold,)* }
            }
        }
    };
}

actions! {
    AuditLog "audit.log" AUDITOR Node Allowed
    BundleExport "bundle.export" WORKER Node StaysHere
    BundleImport "bundle.import" WORKER Node StaysHere
    BundleInspect "bundle.inspect" ANY Node Allowed
    BundleLost "bundle.lost" ANY Node Allowed
    BundleStatus "bundle.status" ANY Node Allowed
    CatalogAccept "catalog.accept" CLERK Domain Refused
    CatalogCheck "catalog.check" ANY Node Allowed
    CatalogDecline "catalog.decline" CLERK Domain Refused
    CatalogDiff "catalog.diff" ANY Node Allowed
    CatalogExport "catalog.export" ANY Node Allowed
    CatalogHistory "catalog.history" ANY Node Allowed
    CatalogImport "catalog.import" CLERK Domain StaysHere
    CatalogList "catalog.list" ANY Node Allowed
    CatalogListWaivers "catalog.list-waivers" ANY Node Allowed
    CatalogMappings "catalog.mappings" CLERK Node StaysHere
    CatalogProposals "catalog.proposals" ANY Node Allowed
    CatalogRecallWaiver "catalog.recall-waiver" WAIVER Domain Refused
    CatalogShow "catalog.show" ANY Node Allowed
    CatalogSubmit "catalog.submit" CLERK Domain Refused
    CatalogTemplate "catalog.template" ANY Node Allowed
    CatalogWaive "catalog.waive" WAIVER Domain Refused
    CatalogWithdraw "catalog.withdraw" CLERK Domain Refused
    ConflictList "conflict.list" ANY Node Allowed
    ConflictResolve "conflict.resolve" CLERK Domain StaysHere
    ConflictShow "conflict.show" ANY Node Allowed
    CustodyConfirm "custody.confirm" ANSWERER Node Refused
    CustodyList "custody.list" ANY Node Allowed
    CustodyRefuse "custody.refuse" ANSWERER Node Refused
    EraseAsk "erase.ask" CLERK Domain Refused
    EraseConfirm "erase.confirm" CONFIRMER Domain Refused
    EraseList "erase.list" ANY Node Allowed
    ExplainExplain "explain.explain" ANY Node Allowed
    NodeBackup "node.backup" ADMIN Node Allowed
    NodeDoctor "node.doctor" ADMIN Node Allowed
    NodeGiveCustody "node.give-custody" ADMIN Node Refused
    NodeInvite "node.invite" ADMIN Node Allowed
    NodeList "node.list" ANY Node Allowed
    NodeMove "node.move" ADMIN Node Refused
    NodeRelease "node.release" ADMIN Node Allowed
    NodeRenew "node.renew" ADMIN Node Allowed
    NodeRevoke "node.revoke" ADMIN Node Allowed
    NodeShow "node.show" ANY Node Allowed
    NodeShutdown "node.shutdown" ADMIN Node Allowed
    NodeStatus "node.status" ANY Node Allowed
    OperatorAdd "operator.add" ADMIN Node Allowed
    OperatorCertificates "operator.certificates" AUDITOR Node Allowed
    OperatorCertify "operator.certify" ADMIN Node StaysHere
    OperatorList "operator.list" AUDITOR Node Allowed
    OperatorReload "operator.reload" ADMIN Node Allowed
    OperatorRevoke "operator.revoke" ADMIN Node StaysHere
    OperatorWhoAmI "operator.who-am-i" ANY Node Allowed
    PublishCheck "publish.check" ANY Node Allowed
    PublishDiff "publish.diff" ANY Node Allowed
    PublishList "publish.list" ANY Node Allowed
    PublishPreview "publish.preview" ANY Node Allowed
    PublishRun "publish.run" PUBLISHER Node Refused
    PublishShow "publish.show" ANY Node Allowed
    PublishSignOff "publish.sign-off" SIGNER Node Refused
    PublishSignOffs "publish.sign-offs" ANY Node Allowed
    ReviewApprove "review.approve" REVIEWER Department Refused
    ReviewList "review.list" ANY Node Allowed
    ReviewPropose "review.propose" REVIEWER Department Refused
    ReviewReturn "review.return" REVIEWER Department Refused
    ReviewRevoke "review.revoke" REVIEWER Department Refused
    ReviewShow "review.show" ANY Node Allowed
    RoutingAssign "routing.assign" ADMIN Node Refused
    RoutingDocument "routing.document" ANY Node Allowed
    RoutingPutDepartment "routing.put-department" ADMIN Node Refused
    RoutingPutDomain "routing.put-domain" ADMIN Node Refused
    RoutingPutLaw "routing.put-law" ADMIN Node Refused
    RoutingReroute "routing.reroute" ADMIN Node Refused
    RoutingSetChain "routing.set-chain" ADMIN Node Refused
    RoutingSetPilot "routing.set-pilot" ADMIN Node Refused
    RoutingShow "routing.show" ANY Node Allowed
    StandardCompare "standard.compare" ANY Node Allowed
    StandardImport "standard.import" CLERK Domain StaysHere
    StandardList "standard.list" ANY Node Allowed
    StandardOffer "standard.offer" CLERK Domain Refused
    StandardRebase "standard.rebase" CLERK Domain StaysHere
    StandardSend "standard.send" PUBLISHER Domain Refused
    StandardShow "standard.show" ANY Node Allowed
    StandardStart "standard.start" CLERK Domain StaysHere
    SyncHistory "sync.history" ANY Node Allowed
    SyncNow "sync.now" WORKER Node Allowed
    SyncPeers "sync.peers" ANY Node Allowed
    SyncStatus "sync.status" ANY Node Allowed
    SyncWatch "sync.watch" ANY Node Allowed
    SyncWhereabouts "sync.whereabouts" ANY Node Allowed
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
    fn what_a_person_does_to_a_catalog_or_a_standard_is_restricted_to_his_domains() {
        // Columns are kept for an office's files, whatever their domains.
        let free = [Action::CatalogMappings];
        for action in Action::ALL.iter().filter(|action| action.roles() != ANY && !free.contains(action)) {
            let noun = action.word().split_once('.').map_or("", |(noun, _)| noun);
            let is_restricted = ["catalog", "conflict", "erase", "standard", "review"].contains(&noun);
            assert_eq!(action.scope() != Scope::Node, is_restricted, "`{}`", action.word());
            let is_by_department = noun == "review";
            assert_eq!(action.scope() == Scope::Department, is_by_department, "`{}`", action.word());
        }
    }

    #[test]
    fn a_hold_stops_what_others_act_on_and_never_the_end_of_a_key() {
        let of = |rule: UnderHold| Action::ALL.iter().filter(move |action| action.under_hold() == rule);
        // The certificates of operators are entries that stay here.
        for action in [Action::NodeRevoke, Action::NodeRenew, Action::NodeRelease, Action::SyncNow, Action::NodeBackup]
        {
            assert_eq!(action.under_hold(), UnderHold::Allowed, "`{}`", action.word());
        }
        for action in [Action::OperatorCertify, Action::OperatorRevoke, Action::CatalogImport, Action::BundleImport] {
            assert_eq!(action.under_hold(), UnderHold::StaysHere, "`{}`", action.word());
        }
        assert!(of(UnderHold::Refused).all(|action| action.roles() != ANY), "reading is never stopped");
        let decisions = of(UnderHold::Refused).filter(|action| action.word().starts_with("review."));
        assert_eq!(decisions.count(), 4, "nobody decides on what the node may not know");
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
