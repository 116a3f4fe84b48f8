//! The sample workbooks inside the program, for the demo and for measuring.
//!
//! Invariant: `catalogs/index.json` describes them and a test reads every workbook against it.

use std::sync::OnceLock;

use gongkai_model::id::{DivisionId, DomainSlug};
use serde::Deserialize;

const INDEX: &str = include_str!("../catalogs/index.json");

macro_rules! workbooks {
    ($($file:literal),* $(,)?) => {
        /// The workbooks by file name.
        const WORKBOOKS: &[(&str, &[u8])] = &[$(($file, include_bytes!(concat!("../catalogs/", $file)))),*];
    };
}

workbooks! {
    "211200-budgets-and-accounts.xlsx",
    "211200-ecological-environment.xlsx",
    "211221-social-assistance.xlsx",
    "211221-work-safety-and-disaster-relief.xlsx",
    "211221101-agricultural-subsidies-200.xlsx",
    "211221101-elderly-care.xlsx",
    "211221101-social-assistance.xlsx",
    "211221105-rural-dilapidated-housing.xlsx",
    "211221105-work-safety.xlsx",
    "211282-employment-and-social-insurance.xlsx",
    "211282-household-registration.xlsx",
    "211282-public-legal-services.xlsx",
    "211282102-agricultural-subsidies.xlsx",
    "211282102-public-cultural-services.xlsx",
    "211282103-poverty-alleviation.xlsx",
    "211282103-rural-land-expropriation.xlsx",
    "211221101-social-assistance-corrected.xlsx",
    "211221101-social-assistance-updated.xlsx",
    "211221101-agricultural-subsidies-200-changed.xlsx",
}

/// What a sample is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Purpose {
    /// The demo imports, submits and publishes it.
    Demo,
    /// One large catalog, to measure what one changed item costs.
    Measure,
    /// Another sample with a few items changed: a correction after review, an update after publication.
    Revision,
}

/// One table of a sample.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct SampleTable {
    /// The sheet's name.
    pub sheet: String,
    /// The domain it covers.
    pub domain: DomainSlug,
    /// How many items it holds.
    pub items: usize,
}

/// One sample workbook.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Sample {
    /// The file name.
    pub file: String,
    /// Whose catalogs it holds.
    pub division: DivisionId,
    /// The division's level.
    pub level: String,
    /// What it is for.
    pub purpose: Purpose,
    /// The sample that it revises.
    pub of: Option<String>,
    /// Its tables in the order of the sheets.
    pub tables: Vec<SampleTable>,
    /// All items together.
    pub items: usize,
    /// The workbook.
    #[serde(skip)]
    pub bytes: &'static [u8],
}

/// All samples, in the order of the file names.
pub fn samples() -> &'static [Sample] {
    static SAMPLES: OnceLock<Vec<Sample>> = OnceLock::new();
    SAMPLES.get_or_init(|| {
        let mut samples: Vec<Sample> =
            serde_json::from_str(INDEX).expect("the index is a constant and a test parses it");
        for sample in &mut samples {
            let workbook = WORKBOOKS.iter().find(|(file, _)| *file == sample.file);
            sample.bytes = workbook.map_or(&[], |(_, bytes)| bytes);
        }
        samples
    })
}
