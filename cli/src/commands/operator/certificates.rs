//! `gongkai operator certify`, `request`, `certificates`, `revoke`: client certificates for work from another machine.
//!
//! Invariant: a private key is made here, written once for its owner alone, and never sent or overwritten.

use std::{
    fs::{self, DirBuilder, OpenOptions},
    io::{self, Write as _},
    os::unix::fs::{DirBuilderExt as _, OpenOptionsExt as _},
    path::{Path, PathBuf},
};

use clap::Args;
use gongkai_pki::operator::{OPERATOR_DAYS_MAX, OperatorRequest, request};
use gongkai_proto::admin::v1::{
    CertifyOperatorRequest, CertifyOperatorResponse, ListCertificatesRequest, ListCertificatesResponse,
    RevokeCertificatesRequest,
};

use super::super::{Answer, Context};
use crate::{
    client::Client,
    errors::{Failure, Fault},
    remote::{CA_FILE, CERT_FILE, KEY_FILE, PROFILE_FILE, Profile},
    ui::{Lang, Page, Table, Text, Word, cells, moment},
};

/// What is sent to the administrator who certifies.
const REQUEST_FILE: &str = "client.csr";
const SECRET_MODE: u32 = 0o600;
const PUBLIC_MODE: u32 = 0o644;
const DIR_MODE: u32 = 0o700;
/// Digits of a fingerprint that are shown: enough to tell certificates apart, and to name one.
const FINGERPRINT_CHARS: usize = 12;

/// Arguments of `operator certify`.
#[derive(Debug, Args)]
pub(crate) struct CertifyArgs {
    /// The operator's name, as under [[operator]] in gongkaid.toml
    name: String,
    /// How many days the certificate holds; a year when not given
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u32).range(1..=i64::from(OPERATOR_DAYS_MAX)))]
    days: Option<u32>,
    /// Where certificate, key and profile are written; a folder of the operator's name when not given
    #[arg(long, value_name = "DIR")]
    out: Option<PathBuf>,
    /// A request that the operator made with `gongkai operator request`; without one a key is made here
    #[arg(long, value_name = "FILE")]
    csr: Option<PathBuf>,
    /// The address to write into the profile instead of the node's own
    #[arg(long, value_name = "HOST:PORT")]
    address: Option<String>,
}

/// Arguments of `operator request`.
#[derive(Debug, Args)]
pub(crate) struct RequestArgs {
    /// Where key and request are written
    #[arg(long, value_name = "DIR")]
    out: PathBuf,
}

/// Arguments of `operator revoke`.
#[derive(Debug, Args)]
pub(crate) struct RevokeArgs {
    /// An operator's name for all of his, or the first digits of one certificate's fingerprint
    which: String,
    /// Why; kept in the journal
    #[arg(long, value_name = "TEXT")]
    reason: String,
}

/// Has a certificate issued and writes what the operator takes along.
pub(super) async fn certify(args: CertifyArgs, context: &Context) -> Result<Answer, Failure> {
    let name = args.name.rsplit('/').next().unwrap_or(&args.name);
    let directory = args.out.clone().unwrap_or_else(|| PathBuf::from(name));
    let (key, csr) = match &args.csr {
        Some(file) => {
            let csr =
                fs::read_to_string(file).map_err(|source| Fault::FileUnreadable { file: file.clone(), source })?;
            (None, csr)
        }
        None => {
            let OperatorRequest { key, csr } = fresh_key(&directory, name)?;
            (Some(key), csr)
        }
    };
    let asked = CertifyOperatorRequest { operator: args.name.clone(), csr, days: args.days.unwrap_or(0) };
    let response = context.connect().await?.operator().certify(asked).await?.into_inner();
    let remote = args.address.unwrap_or_else(|| response.admin_address.clone());
    keep(&response, key, remote, &directory)?;
    let mut json = serde_json::to_value(&response).unwrap_or_default();
    json["directory"] = directory.display().to_string().into();
    Answer::new(&json, certified_text(&response, &directory, context.lang()))
}

/// Has a certificate issued for a new key and writes what the operator takes along; gives the profile.
pub(crate) async fn certify_new(client: &Client, operator: &str, directory: &Path) -> Result<PathBuf, Failure> {
    let OperatorRequest { key, csr } = fresh_key(directory, operator)?;
    let asked = CertifyOperatorRequest { operator: operator.to_owned(), csr, days: 0 };
    let response = client.operator().certify(asked).await?.into_inner();
    keep(&response, Some(key), response.admin_address.clone(), directory)
}

/// Writes what the operator takes along; gives the profile.
fn keep(
    response: &CertifyOperatorResponse,
    key: Option<String>,
    remote: String,
    directory: &Path,
) -> Result<PathBuf, Failure> {
    make_directory(directory)?;
    if let Some(key) = key {
        write_new(&directory.join(KEY_FILE), &key, SECRET_MODE)?;
    }
    write(&directory.join(CERT_FILE), &response.certificate)?;
    write(&directory.join(CA_FILE), &response.trust_root)?;
    let profile = Profile { remote, cert: CERT_FILE.into(), key: KEY_FILE.into(), ca: CA_FILE.into() };
    let file = directory.join(PROFILE_FILE);
    write(&file, &toml::to_string(&profile).unwrap_or_default())?;
    Ok(file)
}

/// A key is refused before anybody is asked for a certificate that would have no place.
fn fresh_key(directory: &Path, name: &str) -> Result<OperatorRequest, Failure> {
    let file = directory.join(KEY_FILE);
    if file.exists() {
        return Err(Fault::FileUnwritable { file, source: io::ErrorKind::AlreadyExists.into() }.into());
    }
    request(name).map_err(|error| Failure::told(error.code(), &error, error.hint()))
}

fn certified_text(response: &CertifyOperatorResponse, directory: &Path, lang: Lang) -> Text {
    let profile = directory.join(PROFILE_FILE);
    let profile = profile.display();
    Page::new(lang)
        .facts(&[
            (Word::Operator, &response.operator),
            (Word::Certificate, &short(&response.fingerprint)),
            (Word::Expires, &moment(response.not_after_at_ms)),
            (Word::Address, &response.admin_address),
            (Word::Directory, &directory.display()),
        ])
        .say(
            format!("hand the folder over safely; at the other machine: gongkai --profile {profile} whoami"),
            format!("请妥善交给本人；在另一台机器上：gongkai --profile {profile} whoami"),
        )
        .say_if(
            response.admin_address.is_empty(),
            "the admin port is off: write `listen` under [admin] in gongkaid.toml and restart the daemon",
            "管理端口未开启：在 gongkaid.toml 的 [admin] 中写入 `listen` 并重启守护进程",
        )
        .into_text()
}

/// Makes a key of one's own, to be certified by the node's administrator; no daemon needed.
pub(super) fn make_request(args: &RequestArgs, context: &Context) -> Result<Answer, Failure> {
    // The node writes its own name into the certificate; what stands in the request is not looked at.
    let OperatorRequest { key, csr } = fresh_key(&args.out, "operator")?;
    make_directory(&args.out)?;
    write_new(&args.out.join(KEY_FILE), &key, SECRET_MODE)?;
    let file = args.out.join(REQUEST_FILE);
    write(&file, &csr)?;
    let shown = file.display();
    let text = Page::new(context.lang())
        .say(
            format!("key and request are made; at the node: gongkai operator certify NAME --csr {shown} --out DIR"),
            format!("密钥与申请已生成；在节点上：gongkai operator certify 操作人 --csr {shown} --out 目录"),
        )
        .say(
            "then put the files of DIR beside the key, which stays where it is",
            "然后把该目录中的文件放到密钥旁边；密钥不要离开本机",
        )
        .into_text();
    Answer::new(&serde_json::json!({ "csr": csr, "file": shown.to_string() }), text)
}

/// Lists what was issued.
pub(super) async fn list(context: &Context) -> Result<Answer, Failure> {
    let response = context.connect().await?.operator().certificates(ListCertificatesRequest {}).await?.into_inner();
    let text = Page::new(context.lang())
        .facts(&[(Word::Listen, &response.admin_address)])
        .table(&table(&response, context.lang()), ("no certificate was issued", "尚未签发证书"))
        .say_if(
            response.admin_address.is_empty(),
            "the admin port is off ([admin] in gongkaid.toml)",
            "管理端口未开启（gongkaid.toml 的 [admin]）",
        )
        .into_text();
    Answer::new(&response, text)
}

/// Ends certificates, from the next call on.
pub(super) async fn revoke(args: RevokeArgs, context: &Context) -> Result<Answer, Failure> {
    let asked = RevokeCertificatesRequest { which: args.which, reason: args.reason };
    let response = context.connect().await?.operator().revoke(asked).await?.into_inner();
    let text = Page::new(context.lang()).table(&table(&response, context.lang()), ("none", "无")).into_text();
    Answer::new(&response, text)
}

fn table(response: &ListCertificatesResponse, lang: Lang) -> Table {
    let head = [Word::Certificate, Word::Operator, Word::State, Word::Expires, Word::Reason];
    let mut table = Table::new(lang, &head);
    for row in &response.certificates {
        let mut cells = cells![short(&row.fingerprint), row.operator];
        cells.push(table.state(&row.state));
        cells.extend(cells![moment(row.not_after_at_ms), row.reason]);
        table.row(cells);
    }
    table
}

fn short(fingerprint: &str) -> &str {
    fingerprint.get(..FINGERPRINT_CHARS).unwrap_or(fingerprint)
}

fn make_directory(directory: &Path) -> Result<(), Failure> {
    let made = DirBuilder::new().recursive(true).mode(DIR_MODE).create(directory);
    made.map_err(|source| unwritable(directory, source))
}

/// A certificate or profile is replaced by its next one.
fn write(file: &Path, text: &str) -> Result<(), Failure> {
    let opened = OpenOptions::new().write(true).create(true).truncate(true).mode(PUBLIC_MODE).open(file);
    opened.and_then(|mut opened| opened.write_all(text.as_bytes())).map_err(|source| unwritable(file, source))
}

fn write_new(file: &Path, text: &str, mode: u32) -> Result<(), Failure> {
    let opened = OpenOptions::new().write(true).create_new(true).mode(mode).open(file);
    opened.and_then(|mut opened| opened.write_all(text.as_bytes())).map_err(|source| unwritable(file, source))
}

fn unwritable(file: &Path, source: io::Error) -> Failure {
    Fault::FileUnwritable { file: file.to_owned(), source }.into()
}
