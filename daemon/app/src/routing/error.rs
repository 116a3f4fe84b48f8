//! Why the routing table was not changed, a review not moved, or an outside decision not recorded.
//!
//! Invariant: codes are permanent; every refusal names what it is about and the next step.

use gongkai_model::id::{CatalogId, DepartmentSlug, DivisionId};

use crate::outside::DOCUMENT_BYTES_MAX;

/// A refusal.
#[derive(Debug, thiserror::Error)]
pub enum RoutingError {
    /// A change of the table that makes no sense.
    #[error(transparent)]
    Table(#[from] gongkai_model::domain::Error),
    /// Only the top node writes tables.
    #[error("only the top node `{root}` changes the routing table; this is `{me}`")]
    NotTableOwner {
        /// The top node.
        root: DivisionId,
        /// This node.
        me: DivisionId,
    },
    /// The table in force gives the step to somebody else.
    #[error("the open step of `{catalog}` was `{from}`; the routing table in force says `{to}`")]
    StepOutdated {
        /// Which catalog.
        catalog: CatalogId,
        /// The frozen step.
        from: String,
        /// Today's.
        to: String,
    },
    /// A reroute to a department that the table does not name.
    #[error("the routing table leads `{catalog}` to `{prescribed}`, not to `{asked}`")]
    RerouteElsewhere {
        /// Which catalog.
        catalog: CatalogId,
        /// As asked.
        asked: DepartmentSlug,
        /// What the table says.
        prescribed: String,
    },
    /// A level that the vocabulary does not have.
    #[error("`{level}` is no level of the vocabulary")]
    LevelUnknown {
        /// As given.
        level: String,
    },
    /// A document larger than the journal takes.
    #[error("the document has {bytes} bytes, at most {} are kept", DOCUMENT_BYTES_MAX)]
    DocumentTooLarge {
        /// Its size.
        bytes: usize,
    },
    /// The file behind a decision is not whole here.
    #[error("the file of document `{document_no}` of `{catalog}` is not whole on this node")]
    DocumentLost {
        /// Which catalog.
        catalog: CatalogId,
        /// The document.
        document_no: String,
    },
}

impl RoutingError {
    /// The permanent code.
    pub fn code(&self) -> &'static str {
        match self {
            Self::Table(error) => error.code(),
            Self::NotTableOwner { .. } => "GK-ROUTE-001",
            Self::StepOutdated { .. } => "GK-ROUTE-002",
            Self::RerouteElsewhere { .. } => "GK-ROUTE-003",
            Self::LevelUnknown { .. } => "GK-ROUTE-004",
            Self::DocumentTooLarge { .. } => "GK-ROUTE-005",
            Self::DocumentLost { .. } => "GK-ROUTE-006",
        }
    }

    /// What to do next.
    pub fn hint(&self) -> String {
        match self {
            Self::Table(error) => error.hint(),
            Self::NotTableOwner { root, .. } => format!("do this at the node of {root}"),
            Self::StepOutdated { catalog, .. } => {
                format!("a level above moves it: `gongkai review reroute {catalog}`")
            }
            Self::RerouteElsewhere { .. } => {
                "change the table first: `gongkai routing assign` or `gongkai routing set`".to_owned()
            }
            Self::LevelUnknown { .. } => "use municipal, county, township or another known level".to_owned(),
            Self::DocumentTooLarge { .. } => "scan it smaller, or in black and white".to_owned(),
            Self::DocumentLost { .. } => "ask the node that recorded it, or wait for the next session".to_owned(),
        }
    }
}
