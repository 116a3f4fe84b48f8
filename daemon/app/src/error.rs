//! Why a use case was refused or failed. Codes are permanent; `gongkai explain CODE` has a page for each.

use gongkai_model::{
    id::{CatalogId, DivisionId, DomainSlug, InvalidId, OperatorId},
    review::{Excess, Refusal},
    revision::RevisionError,
};

use crate::Role;

/// Result of a use case.
pub type Result<T, E = Error> = std::result::Result<T, E>;

/// A refusal or failure.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// The model refused.
    #[error(transparent)]
    Review(#[from] Refusal),
    /// A revision could not be made or read.
    #[error(transparent)]
    Revision(#[from] RevisionError),
    /// The store refused or failed.
    #[error(transparent)]
    Store(#[from] gongkai_store::Error),
    /// A workbook could not be read.
    #[error(transparent)]
    Sheet(#[from] gongkai_sheets::Error),
    /// Columns that were named in a way nobody understands.
    #[error(transparent)]
    Mapping(#[from] gongkai_sheets::MappingError),
    /// An encoding or delimiter that is not read.
    #[error(transparent)]
    TextForm(#[from] gongkai_sheets::TextFormError),
    /// The content check stands in the way.
    #[error(transparent)]
    Check(#[from] crate::CheckError),
    /// Keys or certificates.
    #[error(transparent)]
    Pki(#[from] gongkai_pki::Error),
    /// The people before an edition.
    #[error(transparent)]
    SignOff(#[from] crate::SignOffError),
    /// A reviewer's suggested wording.
    #[error(transparent)]
    Proposal(#[from] crate::ProposalError),
    /// Text that is no identifier.
    #[error(transparent)]
    Id(#[from] InvalidId),
    /// The operator lacks a role.
    #[error("operator `{operator}` lacks the role `{}`", words(roles))]
    RoleMissing {
        /// Who.
        operator: OperatorId,
        /// One of these is needed.
        roles: &'static [Role],
    },
    /// Nobody whom the configuration names.
    #[error("operator `{operator}` is not registered at this node: only who is decides, signs and publishes")]
    NotRegistered {
        /// Under which name.
        operator: OperatorId,
        /// One of these is needed.
        roles: &'static [Role],
    },
    /// Two names, one account: whoever wrote it cannot decide it under another name.
    #[error("`{other}` wrote it through the same account ({account}) as `{operator}` comes by: that is one person")]
    SameAccount {
        /// Who decides.
        operator: OperatorId,
        /// Who wrote.
        other: OperatorId,
        /// Such as `uid 1001`.
        account: String,
    },
    /// The operator has the role for other domains.
    #[error("operator `{operator}` has the role `{}` for other domains than `{domain}`", role.word())]
    DomainNotHis {
        /// Who.
        operator: OperatorId,
        /// Of the catalog.
        domain: DomainSlug,
        /// What is needed there.
        role: Role,
    },
    /// No such division in the tree.
    #[error("no division `{id}` in the tree")]
    DivisionUnknown {
        /// As given.
        id: String,
    },
    /// The division is not this node's to write.
    #[error("division `{division}` is kept by the node of `{custodian}`")]
    NotCustodian {
        /// Whose catalog.
        division: DivisionId,
        /// Whose node keeps it.
        custodian: String,
    },
    /// Nothing is known of the catalog here.
    #[error("nothing is known of catalog `{catalog}` on this node")]
    CatalogUnknown {
        /// Which.
        catalog: CatalogId,
    },
    /// More was written about the catalog than any node folds.
    #[error("catalog `{catalog}` is blocked: what was written about it comes to more than {max} {part}")]
    CatalogBlocked {
        /// Which.
        catalog: CatalogId,
        /// The part of the budget that is exceeded.
        part: Excess,
        /// How much of it is allowed.
        max: u64,
    },
    /// A revision, submission or item that is not in the catalog.
    #[error("catalog `{catalog}` has no {what} `{text}`")]
    NotInCatalog {
        /// Which catalog.
        catalog: CatalogId,
        /// `revision`, `submission`, `item`.
        what: &'static str,
        /// As given.
        text: String,
    },
    /// A name that several things have.
    #[error("`{text}` names {count} things, not one {what}: {}", candidates.join("; "))]
    Ambiguous {
        /// `revision`, `submission`, `item`, `conflict`, ….
        what: &'static str,
        /// As given.
        text: String,
        /// How many.
        count: usize,
        /// The first of them, in words that mean each alone.
        candidates: Vec<String>,
    },
    /// The workbook's table names no domain that is known.
    #[error("table `{title}` ({sheet} {range}) names none of the known domains")]
    DomainUnknown {
        /// The table's title.
        title: String,
        /// Its sheet.
        sheet: String,
        /// Its cells.
        range: String,
    },
    /// A domain that was told for a file is that of none of its tables.
    #[error("the file says `{named}` (`{title}`), not `{told}` as was told")]
    DomainDiffers {
        /// The domain that was told.
        told: String,
        /// The domain that the first table names.
        named: String,
        /// That table's title.
        title: String,
    },
    /// An import would remove more than the share that needs confirmation.
    #[error("the file would remove {removed} of {items} items of `{catalog}`")]
    RemovalsUnconfirmed {
        /// Which catalog.
        catalog: CatalogId,
        /// Items that would go.
        removed: usize,
        /// Items it has.
        items: usize,
    },
    /// The routing table is not here yet.
    #[error("the routing table has not reached this node yet")]
    RoutingMissing,
    /// The catalog changed between deciding and committing.
    #[error("catalog `{catalog}` changed while this was being done")]
    Raced {
        /// Which.
        catalog: CatalogId,
    },
    /// An enrolment was refused.
    #[error("{message}")]
    Enrolment {
        /// The code.
        code: &'static str,
        /// What is wrong.
        message: String,
        /// What to do.
        hint: String,
    },
    /// Only the top node does this.
    #[error("only the top node `{root}` makes editions; this is `{me}`")]
    NotPublisher {
        /// The top node.
        root: DivisionId,
        /// This node.
        me: DivisionId,
    },
    /// An edition could not be built or read.
    #[error(transparent)]
    Publish(#[from] gongkai_publish::PublishError),
    /// A conflict could not be settled.
    #[error(transparent)]
    Conflict(#[from] crate::ConflictError),
    /// Content was not removed.
    #[error(transparent)]
    Erase(#[from] crate::EraseError),
    /// Saving, bringing back, or a hold.
    #[error(transparent)]
    Recovery(#[from] crate::RecoveryError),
    /// Bundles.
    #[error(transparent)]
    Bundle(#[from] crate::BundleRefused),
    /// A payload of this node's own journal is unreadable.
    #[error("entry {hash} of this node's journal cannot be read: {why}")]
    Damaged {
        /// Which entry.
        hash: String,
        /// Why.
        why: String,
    },
    /// An edition was asked for that lacks nothing, and something is missing.
    #[error("{count} catalogs would be missing from the edition, the first is {first}")]
    EditionIncomplete {
        /// How many.
        count: usize,
        /// The first of them.
        first: String,
    },
    /// There is nothing to publish yet.
    #[error("no catalog is approved yet")]
    NothingApproved,
    /// No such edition.
    #[error("there is no edition {number}")]
    EditionUnknown {
        /// As asked; 0 for the latest.
        number: u64,
    },
    /// The edition's directory is needed and is not there.
    #[error("edition {number} is not at `{}`", directory.display())]
    EditionNotHere {
        /// Which.
        number: u64,
        /// Where it should lie.
        directory: std::path::PathBuf,
    },
    /// The edition's directory is gone and this node cannot make it again.
    #[error("edition {number} cannot be made again: what it was made from is not on this node")]
    EditionPlanLost {
        /// Which.
        number: u64,
    },
    /// The node stopped while an edition was being made.
    #[error("making the edition was interrupted")]
    EditionInterrupted,
    /// Standards.
    #[error(transparent)]
    Standard(#[from] crate::StandardError),
    /// The routing table, reroutes and outside decisions.
    #[error(transparent)]
    Routing(#[from] crate::RoutingError),
    /// Client certificates of operators.
    #[error(transparent)]
    Cert(#[from] crate::CertError),
    /// What stands in doubt about custody.
    #[error(transparent)]
    Custody(#[from] crate::CustodyError),
    /// Entries arrived all the while the edition was being folded.
    #[error("entries kept arriving while the edition was being put together")]
    EditionRaced,
}

impl Error {
    /// The permanent code.
    pub fn code(&self) -> &'static str {
        match self {
            Self::Review(refusal) => refusal.code(),
            Self::Revision(error) => error.code(),
            Self::Store(error) => error.code(),
            Self::Sheet(error) => error.code(),
            Self::Mapping(error) => error.code(),
            Self::TextForm(error) => error.code(),
            Self::Check(error) => error.code(),
            Self::Pki(error) => error.code(),
            Self::Publish(error) => error.code(),
            Self::Conflict(error) => error.code(),
            Self::Erase(error) => error.code(),
            Self::Custody(error) => error.code(),
            Self::Recovery(error) => error.code(),
            Self::Bundle(refused) => refused.code(),
            Self::SignOff(error) => error.code(),
            Self::Proposal(error) => error.code(),
            Self::Id(_) => "GK-APP-001",
            Self::CatalogBlocked { .. } => "GK-APP-029",
            Self::RoleMissing { .. } => "GK-APP-002",
            Self::NotRegistered { .. } => "GK-APP-018",
            Self::SameAccount { .. } => "GK-APP-037",
            Self::DomainNotHis { .. } => "GK-APP-013",
            Self::DivisionUnknown { .. } => "GK-APP-003",
            Self::NotCustodian { .. } => "GK-APP-004",
            Self::CatalogUnknown { .. } => "GK-APP-005",
            Self::NotInCatalog { .. } => "GK-APP-006",
            Self::Ambiguous { .. } => "GK-APP-019",
            Self::DomainUnknown { .. } => "GK-APP-007",
            Self::DomainDiffers { .. } => "GK-APP-017",
            Self::RemovalsUnconfirmed { .. } => "GK-APP-008",
            Self::RoutingMissing => "GK-APP-009",
            Self::Raced { .. } => "GK-APP-010",
            Self::Enrolment { code, .. } => code,
            Self::NotPublisher { .. } => "GK-APP-011",
            Self::Damaged { .. } => "GK-APP-012",
            Self::EditionIncomplete { .. } => "GK-APP-030",
            Self::NothingApproved => "GK-APP-031",
            Self::EditionUnknown { .. } => "GK-APP-032",
            Self::EditionNotHere { .. } => "GK-APP-033",
            Self::EditionPlanLost { .. } => "GK-APP-034",
            Self::EditionInterrupted => "GK-APP-035",
            Self::EditionRaced => "GK-APP-036",
            Self::Standard(error) => error.code(),
            Self::Routing(error) => error.code(),
            Self::Cert(error) => error.code(),
        }
    }

    /// What to do next.
    pub fn hint(&self) -> String {
        match self {
            Self::Review(refusal) => refusal.hint(),
            Self::Revision(error) => error.hint(),
            Self::Store(error) => error.hint(),
            Self::Sheet(error) => error.hint(),
            Self::Mapping(error) => error.hint(),
            Self::TextForm(error) => error.hint().to_owned(),
            Self::Check(error) => error.hint(),
            Self::Pki(error) => error.hint(),
            Self::Publish(error) => error.hint(),
            Self::Conflict(error) => error.hint(),
            Self::Erase(error) => error.hint(),
            Self::Custody(error) => error.hint(),
            Self::Recovery(error) => error.hint(),
            Self::Bundle(refused) => refused.hint(),
            Self::SignOff(error) => error.hint(),
            Self::Proposal(error) => error.hint(),
            Self::Id(_) => {
                "check the spelling; `gongkai node list` and `gongkai catalog list` show what there is".to_owned()
            }
            Self::RoleMissing { roles, .. } => {
                format!("ask the administrator to give the role `{}` in gongkaid.toml, or act with --as", words(roles))
            }
            Self::NotRegistered { operator, roles } => {
                let name = operator.as_str().rsplit('/').next().unwrap_or_default();
                let role = roles.first().map_or("", |role| role.word());
                format!("register a person: `gongkai operator add {name} --role {role}`, then act as that operator")
            }
            Self::SameAccount { .. } => {
                "let a colleague decide it through an account or a certificate of his own: `gongkai operator certify NAME`"
                    .to_owned()
            }
            Self::DomainNotHis { role, domain, .. } => {
                format!("let a {} of `{domain}` do it, or have the domain added in gongkaid.toml", role.word())
            }
            Self::DivisionUnknown { .. } => "`gongkai node list` shows the divisions of the tree".to_owned(),
            Self::NotCustodian { custodian, .. } => format!("do this at the node of {custodian}"),
            Self::CatalogUnknown { .. } => "`gongkai catalog list` shows what this node has".to_owned(),
            Self::Ambiguous { candidates, .. } => match candidates.first() {
                Some(first) => format!("say which, such as `{}`", first.split(" (").next().unwrap_or(first)),
                None => "write more of it".to_owned(),
            },
            Self::CatalogBlocked { catalog, .. } => format!(
                "see with `gongkai audit log --catalog {catalog}` who wrote so much; if his key is in wrong hands, revoke it with `gongkai node revoke`"
            ),
            Self::NotInCatalog { catalog, .. } => format!("`gongkai catalog show {catalog}` shows what there is"),
            Self::DomainUnknown { .. } => {
                "name the domain with --domain, or put its name into the table's title".to_owned()
            }
            Self::DomainDiffers { told, .. } => {
                format!("leave out --domain to take the file's word; add --confirm-domain if `{told}` is meant")
            }
            Self::RemovalsUnconfirmed { .. } => {
                "look at the difference with --dry-run; if it is meant, repeat with --confirm-removals".to_owned()
            }
            Self::RoutingMissing => "wait for the first session with the parent: `gongkai sync now`".to_owned(),
            Self::Raced { .. } => "look at it again and repeat".to_owned(),
            Self::Enrolment { hint, .. } => hint.clone(),
            Self::NotPublisher { root, .. } => format!("do this at the node of {root}"),
            Self::EditionIncomplete { .. } | Self::NothingApproved => {
                "`gongkai publish preview` lists what is missing and why".to_owned()
            }
            Self::EditionUnknown { .. } => "`gongkai publish list` shows the editions".to_owned(),
            Self::EditionNotHere { directory, .. } => {
                format!("copy the edition back to `{}`, or do this at the node that made it", directory.display())
            }
            Self::EditionPlanLost { .. } => "copy the edition's directory back from the site or a backup".to_owned(),
            Self::EditionInterrupted => "the next start of the daemon completes it; then look at it again".to_owned(),
            Self::Standard(error) => error.hint(),
            Self::Routing(error) => error.hint(),
            Self::Cert(error) => error.hint(),
            Self::EditionRaced => "wait until `gongkai sync status` is quiet, then repeat".to_owned(),
            Self::Damaged { .. } => {
                "run `gongkai doctor`; restore the data directory from a backup if it finds damage".to_owned()
            }
        }
    }
}

/// The roles of which one is needed, for a sentence.
fn words(roles: &[Role]) -> String {
    roles.iter().map(|role| role.word()).collect::<Vec<_>>().join("` or `")
}
