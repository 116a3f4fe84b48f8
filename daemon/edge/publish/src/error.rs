//! What can go wrong when an edition is made or checked, each with a permanent code and a next step.
//!
//! Invariant: a code names one fault for ever; codes 001-019 belong to making, 020-049 to checking.

use std::path::PathBuf;

use gongkai_model::{
    digest::Digest,
    id::{CatalogId, DivisionId, DomainSlug, ItemId},
};

/// Why an edition could not be made.
#[derive(Debug, thiserror::Error)]
pub enum PublishError {
    /// The file system refused.
    #[error("cannot {act} `{}`", path.display())]
    Io {
        /// What was tried.
        act: &'static str,
        /// On what.
        path: PathBuf,
        /// Why not.
        #[source]
        source: std::io::Error,
    },
    /// A catalog or item stands twice in the input.
    #[error("{what} stands twice in the edition")]
    Twice {
        /// Which.
        what: String,
    },
    /// An item's bytes are not those that were approved.
    #[error("item `{item}` of catalog `{catalog}` does not have its approved digest")]
    ItemDigest {
        /// The catalog.
        catalog: CatalogId,
        /// The item.
        item: ItemId,
    },
    /// An item's bytes have blanks around them: embedded in JSON they could not be told from what was signed.
    #[error("item `{item}` of catalog `{catalog}` is not in canonical form")]
    NotCanonical {
        /// The catalog.
        catalog: CatalogId,
        /// The item.
        item: ItemId,
    },
    /// A catalog of a division that the tree does not have.
    #[error("division `{0}` is not in the tree of the edition")]
    UnknownDivision(DivisionId),
    /// A catalog of a domain without a name.
    #[error("domain `{0}` is not in the list of domains")]
    UnknownDomain(DomainSlug),
    /// The final directory is there already.
    #[error("`{}` exists already", .0.display())]
    TargetExists(PathBuf),
    /// The edition before does not fit.
    #[error("edition {number} cannot be the one before: {why}")]
    Previous {
        /// Its number.
        number: u64,
        /// What does not fit.
        why: &'static str,
    },
    /// The directory beside is not the edition that the entry names.
    #[error("`{}` does not hold the edition with manifest {expected}", path.display())]
    NotTheEdition {
        /// The directory.
        path: PathBuf,
        /// The manifest digest that was expected.
        expected: Digest,
    },
    /// A page could not be filled in.
    #[error("page `{path}` could not be rendered")]
    Page {
        /// Which page.
        path: String,
        /// Why.
        #[source]
        source: askama::Error,
    },
    /// A workbook could not be written.
    #[error("workbook of division `{division}` could not be written: {why}")]
    Workbook {
        /// Whose.
        division: DivisionId,
        /// Why.
        why: String,
    },
    /// Data could not be written as JSON or CSV.
    #[error("data file `{path}` could not be written: {why}")]
    Data {
        /// Which file.
        path: String,
        /// Why.
        why: String,
    },
    /// More than an edition may hold.
    #[error("the edition has {count} {what}; {limit} is the most")]
    TooMany {
        /// Of what.
        what: &'static str,
        /// How many.
        count: usize,
        /// The limit.
        limit: usize,
    },
    /// The key cannot sign manifests.
    #[error("key algorithm {0} cannot sign a manifest")]
    KeyAlgorithm(u32),
}

impl PublishError {
    /// The permanent code.
    pub fn code(&self) -> &'static str {
        match self {
            Self::Io { .. } => "GK-PUB-001",
            Self::Twice { .. } => "GK-PUB-002",
            Self::ItemDigest { .. } => "GK-PUB-003",
            Self::UnknownDivision(_) => "GK-PUB-004",
            Self::UnknownDomain(_) => "GK-PUB-005",
            Self::TargetExists(_) => "GK-PUB-006",
            Self::Previous { .. } => "GK-PUB-007",
            Self::NotTheEdition { .. } => "GK-PUB-008",
            Self::Page { .. } => "GK-PUB-009",
            Self::Workbook { .. } => "GK-PUB-010",
            Self::Data { .. } => "GK-PUB-011",
            Self::TooMany { .. } => "GK-PUB-012",
            Self::KeyAlgorithm(_) => "GK-PUB-013",
            Self::NotCanonical { .. } => "GK-PUB-014",
        }
    }

    /// What the operator can do next.
    pub fn hint(&self) -> String {
        match self {
            Self::Io { path, .. } => {
                format!("check free space and rights of `{}`, then run `gongkai publish run` again", path.display())
            }
            Self::Twice { .. } | Self::ItemDigest { .. } | Self::Previous { .. } | Self::NotTheEdition { .. } => {
                "run `gongkai doctor --rebuild`, then `gongkai publish preview`".to_owned()
            }
            Self::NotCanonical { catalog, .. } => format!("ask the owner of `{catalog}` to submit the item again"),
            Self::UnknownDivision(id) => format!("add division `{id}` to the tree, or wait until its entry arrives"),
            Self::UnknownDomain(slug) => format!("add domain `{slug}` to the domain table"),
            Self::TargetExists(path) => format!("move `{}` away, or publish to another directory", path.display()),
            Self::Page { .. } | Self::Workbook { .. } | Self::Data { .. } => {
                "this is a defect of the program: please report it with the log".to_owned()
            }
            Self::TooMany { .. } => "publish fewer divisions in one edition".to_owned(),
            Self::KeyAlgorithm(_) => "sign with the node's Ed25519 entry key".to_owned(),
        }
    }
}

/// Why a directory is not a sound edition.
#[derive(Debug, thiserror::Error)]
pub enum VerifyError {
    /// No manifest there.
    #[error("`{}` holds no manifest.json", .0.display())]
    NoManifest(PathBuf),
    /// The manifest cannot be read.
    #[error("manifest.json cannot be read: {0}")]
    BadManifest(String),
    /// Made by a later version.
    #[error("the manifest has format {found}; this program reads up to {known}")]
    NewerFormat {
        /// Its format.
        found: u32,
        /// The highest known.
        known: u32,
    },
    /// No readable signature.
    #[error("manifest.sig cannot be read: {0}")]
    BadSignatureFile(String),
    /// The signature is not over this manifest.
    #[error("the signature does not fit the manifest")]
    WrongSignature,
    /// Signed with another key.
    #[error("the manifest is signed with key {found}, not with the expected one")]
    OtherKey {
        /// The key's id.
        found: String,
    },
    /// A path that leaves the directory or is unsafe elsewhere.
    #[error("the manifest names the unsafe path `{0}`")]
    UnsafePath(String),
    /// A listed file is not there.
    #[error("file `{0}` is missing")]
    MissingFile(String),
    /// A file has other bytes than listed.
    #[error("file `{0}` was changed")]
    ChangedFile(String),
    /// A file that the manifest does not list.
    #[error("file `{0}` is not in the manifest")]
    ExtraFile(String),
    /// A link, socket or device.
    #[error("`{0}` is not a plain file or directory")]
    NotPlain(String),
    /// Larger than an edition can be.
    #[error("{what} exceeds the limit of {limit}")]
    TooLarge {
        /// What.
        what: String,
        /// The limit.
        limit: u64,
    },
    /// The file system refused.
    #[error("cannot read `{path}`")]
    Io {
        /// What.
        path: String,
        /// Why not.
        #[source]
        source: std::io::Error,
    },
    /// An item's digest is not that of its bytes.
    #[error("item `{item}` in `{path}` does not have its digest")]
    ItemDigest {
        /// The file.
        path: String,
        /// The item.
        item: String,
    },
    /// A catalog's root does not follow from its items.
    #[error("the root of catalog `{0}` does not follow from its items")]
    CatalogRoot(CatalogId),
    /// The edition's root does not follow from the catalogs.
    #[error("the edition's root does not follow from its catalogs")]
    EditionRoot,
    /// A data file and the manifest say different things.
    #[error("`{path}` and the manifest disagree about {what}")]
    Disagree {
        /// The data file.
        path: String,
        /// About what.
        what: String,
    },
    /// Lists of the manifest are out of order or name something twice.
    #[error("the manifest's list of {what} is out of order at `{at}`")]
    Disorder {
        /// Which list.
        what: &'static str,
        /// The place.
        at: String,
    },
    /// A count of the manifest is wrong.
    #[error("the manifest counts {counted} {what} and lists {listed}")]
    WrongCount {
        /// Of what.
        what: &'static str,
        /// As counted.
        counted: u64,
        /// As listed.
        listed: u64,
    },
}

impl VerifyError {
    /// The permanent code.
    pub fn code(&self) -> &'static str {
        match self {
            Self::NoManifest(_) => "GK-PUB-020",
            Self::BadManifest(_) => "GK-PUB-021",
            Self::NewerFormat { .. } => "GK-PUB-022",
            Self::BadSignatureFile(_) => "GK-PUB-023",
            Self::WrongSignature => "GK-PUB-024",
            Self::OtherKey { .. } => "GK-PUB-025",
            Self::UnsafePath(_) => "GK-PUB-026",
            Self::MissingFile(_) => "GK-PUB-027",
            Self::ChangedFile(_) => "GK-PUB-028",
            Self::ExtraFile(_) => "GK-PUB-029",
            Self::NotPlain(_) => "GK-PUB-030",
            Self::TooLarge { .. } => "GK-PUB-031",
            Self::Io { .. } => "GK-PUB-032",
            Self::ItemDigest { .. } => "GK-PUB-033",
            Self::CatalogRoot(_) => "GK-PUB-034",
            Self::EditionRoot => "GK-PUB-035",
            Self::Disagree { .. } => "GK-PUB-036",
            Self::Disorder { .. } => "GK-PUB-037",
            Self::WrongCount { .. } => "GK-PUB-038",
        }
    }

    /// What the operator can do next.
    pub fn hint(&self) -> String {
        match self {
            Self::NoManifest(_) => "name the directory of an edition, the one that holds index.html".to_owned(),
            Self::NewerFormat { .. } => "check it with a newer version of gongkai".to_owned(),
            Self::OtherKey { .. } => "ask the publishing office for the fingerprint of its key".to_owned(),
            Self::ExtraFile(path) => format!("remove `{path}`, or take a fresh copy of the edition"),
            Self::NotPlain(path) => format!("replace `{path}` by a plain file from a fresh copy of the edition"),
            Self::Io { path, .. } => format!("check the rights of `{path}` and the medium it lies on"),
            Self::BadManifest(_)
            | Self::BadSignatureFile(_)
            | Self::WrongSignature
            | Self::UnsafePath(_)
            | Self::MissingFile(_)
            | Self::ChangedFile(_)
            | Self::TooLarge { .. }
            | Self::ItemDigest { .. }
            | Self::CatalogRoot(_)
            | Self::EditionRoot
            | Self::Disagree { .. }
            | Self::Disorder { .. }
            | Self::WrongCount { .. } => {
                "do not use this copy; fetch the edition again from the publishing office".to_owned()
            }
        }
    }
}
