//! A file on this machine: read and checked with the program's own vocabularies and laws, without a daemon.
//!
//! Invariant: never more than an import takes is read, and what was told about the file is used as an import would use
//! it. Left out: what is in the catalogs of a node.

use std::{
    fs::File,
    io::Read as _,
    path::{Path, PathBuf},
    time::SystemTime,
};

use gongkai_model::{
    check::{Facts, Finding as ModelFinding, apply_waivers},
    domain::Domain,
    id::Day,
    item::Basis,
};
use gongkai_proto::{
    IMPORT_BYTES_MAX,
    admin::v1::{CheckCatalogRequest, CheckCatalogResponse, Finding, ImportWarning, RejectedTable},
};
use gongkai_seeds::Seeds;
use gongkai_sheets::{Mapping, Reading, Report, TextForm, Told, ToldDomain, check_table};

use crate::{
    client::Client,
    errors::{Failure, Fault},
};

/// What is told about a file that is read.
#[derive(Clone, Debug, Default, clap::Args)]
pub(crate) struct FileQuestion {
    /// Whose catalogs they are, where the node holds several divisions' catalogs
    #[arg(long, default_value = "", hide_default_value = true)]
    pub(crate) division: String,
    /// The domain, where the title does not say it
    #[arg(long, value_name = "SLUG", default_value = "", hide_default_value = true)]
    pub(crate) domain: String,
    /// The domain of --domain is meant, also where the file names another
    #[arg(long, requires = "domain")]
    pub(crate) confirm_domain: bool,
    /// Name a column that is not recognised, such as 责任科室=responsible_dept, or say whether a word in a column of marks is
    /// a tick, such as 特定群体:△=yes (or =no); kept for the office's later imports, may be repeated
    #[arg(long, value_name = "HEADER=FIELD")]
    pub(crate) map: Vec<String>,
    /// The office that made the file, for its named columns; else the 编制单位 of its sheets, else all of the division's
    #[arg(long, value_name = "OFFICE", default_value = "", hide_default_value = true)]
    pub(crate) publisher: String,
    /// The encoding of a text file: utf-8, gb18030 or utf-16; guessed when not given
    #[arg(long, value_name = "NAME", default_value = "", hide_default_value = true)]
    pub(crate) encoding: String,
    /// What stands between the columns of a text file: comma, semicolon or tab; guessed when not given
    #[arg(long, value_name = "NAME", default_value = "", hide_default_value = true)]
    pub(crate) delimiter: String,
}

impl FileQuestion {
    /// Nothing but whose file it is; empty for nobody's.
    pub(crate) fn of(division: &str) -> Self {
        Self { division: division.to_owned(), ..Self::default() }
    }

    /// How the text of a text file is written.
    pub(super) fn text_form(&self) -> Result<TextForm, Failure> {
        TextForm::parse(&self.encoding, &self.delimiter)
            .map_err(|error| Failure::told(error.code(), &error, error.hint()))
    }
}

/// Reads a whole file, but never more than an import takes: the name may be that of a device.
pub(crate) fn read(file: &Path) -> Result<Vec<u8>, Failure> {
    let unreadable = |source| Fault::FileUnreadable { file: file.to_owned(), source };
    let mut content = Vec::new();
    let limit = IMPORT_BYTES_MAX as u64;
    File::open(file).map_err(unreadable)?.take(limit + 1).read_to_end(&mut content).map_err(unreadable)?;
    if content.len() > IMPORT_BYTES_MAX {
        let bytes = file.metadata().map_or(limit + 1, |metadata| metadata.len());
        return Err(Fault::FileTooLarge { file: PathBuf::from(file), bytes }.into());
    }
    Ok(content)
}

/// A file's name without its folder.
pub(crate) fn name_of(file: &Path) -> String {
    file.file_name().unwrap_or_default().to_string_lossy().into_owned()
}

/// The domain of a slug, or a refusal that names those that there are.
pub(super) fn domain_named<'s>(seeds: &'s Seeds, slug: &str) -> Result<&'s Domain, Failure> {
    seeds.routing.domains.iter().find(|domain| domain.slug.as_str() == slug).ok_or_else(|| {
        let known: Vec<&str> = seeds.routing.domains.iter().map(|domain| domain.slug.as_str()).collect();
        Fault::Usage(format!("no domain `{slug}`; there are {}", known.join(", "))).into()
    })
}

/// What a file says, read with the built-in vocabularies on behalf of a division (or of none).
pub(crate) fn read_report(content: &[u8], file_name: &str, asked: &FileQuestion) -> Result<Report, Failure> {
    let seeds = Seeds::builtin();
    let division = seeds.divisions.iter().find(|known| known.id.as_str() == asked.division);
    let node_level = division.map_or("", |division| division.level.as_str());
    let reading = Reading { vocabulary: &seeds.vocabulary, routing: &seeds.routing, node_level };
    let mapping = Mapping::parse(asked.map.iter().map(String::as_str), &seeds.vocabulary)
        .map_err(|error| Failure::told(error.code(), &error, error.hint()))?;
    let domain = match asked.domain.as_str() {
        "" => None,
        slug => Some(domain_named(&seeds, slug)?),
    };
    let full_title = |title: &str| seeds.laws.full_title(title);
    let told = Told {
        mapping: &mapping,
        publisher: &asked.publisher,
        domain: domain.map(|domain| ToldDomain { slug: domain.slug.as_str(), is_meant: asked.confirm_domain }),
        law_title: Some(&full_title),
        text: asked.text_form()?,
        ..Told::default()
    };
    gongkai_sheets::read_told(content, file_name, &reading, &told)
        .map_err(|error| Failure::told(error.code(), &error, error.hint()))
}

/// Checks a file: with a node's laws, domains, standards and waivers where one is asked, else with the program's.
pub(super) async fn check(
    content: &[u8],
    file_name: &str,
    asked: &FileQuestion,
    client: Option<&Client>,
) -> Result<CheckCatalogResponse, Failure> {
    let Some(client) = client else { return check_here(content, file_name, asked) };
    let FileQuestion { division, domain, confirm_domain, map, publisher, encoding, delimiter } = asked.clone();
    let request = CheckCatalogRequest {
        content: content.to_vec(),
        file_name: file_name.to_owned(),
        division,
        domain,
        confirm_domain,
        map,
        publisher,
        encoding,
        delimiter,
        ..CheckCatalogRequest::default()
    };
    Ok(client.catalog().check(request).await?.into_inner())
}

fn check_here(content: &[u8], file_name: &str, asked: &FileQuestion) -> Result<CheckCatalogResponse, Failure> {
    let report = read_report(content, file_name, asked)?;
    let (seeds, today) = (Seeds::builtin(), today());
    let known = |basis: &Basis| seeds.law_state(&basis.title, &today);
    let facts = Facts { laws: Some(&known), standard: None };
    let findings = report.tables.iter().flat_map(|table| check_table(table, &facts)).collect();
    let verdict = apply_waivers(findings, &[]);
    let count = |number: usize| u32::try_from(number).unwrap_or(u32::MAX);
    let is_publishable = verdict.stops_publication().next().is_none();
    Ok(CheckCatalogResponse {
        catalog: file_name.to_owned(),
        items: count(report.items),
        is_complete: verdict.may_submit(),
        errors: count(verdict.errors),
        warnings: count(verdict.warnings),
        notes: count(verdict.notes),
        is_publishable,
        findings: verdict.findings.into_iter().map(finding).collect(),
        reading: report.warnings.into_iter().map(warning).collect(),
        rejected: report.rejected.into_iter().map(rejected).collect(),
        ..CheckCatalogResponse::default()
    })
}

fn today() -> Day {
    // A clock before 1970 knows no repealed law yet.
    let since = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH).unwrap_or_default();
    Day::in_china(i64::try_from(since.as_millis()).unwrap_or(i64::MAX))
}

fn finding(finding: ModelFinding) -> Finding {
    Finding {
        severity: finding.severity.word().to_owned(),
        code: finding.code().to_owned(),
        rule: finding.rule.name().to_owned(),
        hint: finding.hint().to_owned(),
        is_waivable: finding.rule.is_waivable(),
        cell: finding.item,
        name: finding.name,
        serial: finding.serial,
        field: finding.field,
        message: finding.message,
        ..Finding::default()
    }
}

fn warning(warning: gongkai_sheets::Warning) -> ImportWarning {
    let gongkai_sheets::Warning { code, cell, message, text } = warning;
    ImportWarning { code: code.to_owned(), cell, message, text }
}

fn rejected(rejected: gongkai_sheets::Rejected) -> RejectedTable {
    let gongkai_sheets::Rejected { sheet, range, code, message } = rejected;
    RejectedTable { sheet, range, code: code.to_owned(), message }
}
