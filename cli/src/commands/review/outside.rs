//! `gongkai review record-outside` and `review document`: decisions taken above the top of the tree.
//!
//! Invariant: a decision of an authority outside is recorded with its number and its file; the file can be had back,
//! checked against the digest that the decision names.

use std::{fs, path::PathBuf};

use clap::{Args, ValueEnum};
use gongkai_proto::admin::v1::{DecideReviewRequest, OutsideDecision, OutsideDocumentRequest, OutsideDocumentResponse};

use crate::{
    commands::{Answer, Context, catalog::import, short},
    errors::{Failure, Fault},
    ui::{Lang, Page, Text, Word},
};

/// What was decided outside.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum VerdictArg {
    /// 通过
    Approve,
    /// 退回
    Return,
}

/// Arguments of `review record-outside`.
#[derive(Debug, Args)]
pub(crate) struct RecordArgs {
    /// The catalog, written division/domain, or its current submission's hash
    submission: String,
    /// The document's number (文号)
    #[arg(long, value_name = "NUMBER")]
    doc_no: String,
    /// The document
    #[arg(long, value_name = "FILE")]
    file: PathBuf,
    /// What was decided
    #[arg(long, value_name = "VERDICT")]
    decision: VerdictArg,
    /// Who decided
    #[arg(long, value_name = "NAME")]
    authority: String,
    /// The day of the decision
    #[arg(long, value_name = "YYYY-MM-DD", default_value = "", hide_default_value = true)]
    decided_on: String,
    /// The words of the decision; needed for a return
    #[arg(long, value_name = "TEXT", default_value = "", hide_default_value = true)]
    opinion: String,
    /// The submission that was looked at; refused when it is no longer the current one
    #[arg(long = "submission", value_name = "HASH", default_value = "", hide_default_value = true)]
    hash: String,
}

/// Arguments of `review document`.
#[derive(Debug, Args)]
pub(crate) struct DocumentArgs {
    /// The catalog, written division/domain, or its current submission's hash
    catalog: String,
    /// Another decision than the last that names a document
    #[arg(long, value_name = "HASH", default_value = "", hide_default_value = true)]
    decision: String,
    /// Where to write the file; when not given it is only checked and described
    #[arg(long, value_name = "FILE")]
    to: Option<PathBuf>,
}

/// The request and whether it approves.
pub(super) fn request(args: RecordArgs) -> Result<(DecideReviewRequest, VerdictArg), Failure> {
    let file = import::read(&args.file)?;
    let file_name = args.file.file_name().unwrap_or_default().to_string_lossy().into_owned();
    let outside = OutsideDecision {
        authority: args.authority,
        doc_no: args.doc_no,
        decided_on: args.decided_on,
        file_name,
        file,
    };
    let request = DecideReviewRequest {
        catalog: args.submission,
        submission: args.hash,
        opinion: args.opinion,
        outside: Some(outside),
        ..DecideReviewRequest::default()
    };
    Ok((request, args.decision))
}

/// Shows or writes a decision's document.
pub(super) async fn document(args: DocumentArgs, context: &Context) -> Result<Answer, Failure> {
    let request = OutsideDocumentRequest { catalog: args.catalog, decision: args.decision };
    let found = context.connect().await?.routing().document(request).await?.into_inner();
    if let Some(file) = &args.to {
        fs::write(file, &found.file).map_err(|source| Fault::FileUnwritable { file: file.clone(), source })?;
    }
    let json = serde_json::json!({
        "catalog": found.catalog,
        "authority": found.authority,
        "doc_no": found.doc_no,
        "decided_on": found.decided_on,
        "file_name": found.file_name,
        "file_digest": found.file_digest,
        "bytes": found.file.len(),
        "file": args.to.as_ref().map(|file| file.display().to_string()),
    });
    Answer::new(&json, document_text(&found, args.to.as_ref(), context.lang()))
}

fn document_text(found: &OutsideDocumentResponse, to: Option<&PathBuf>, lang: Lang) -> Text {
    let bytes = found.file.len();
    let page = Page::new(lang).facts(&[
        (Word::Catalog, &found.catalog),
        (Word::Authority, &found.authority),
        (Word::DocumentNo, &found.doc_no),
        (Word::When, &found.decided_on),
        (Word::Name, &found.file_name),
        (Word::FileDigest, &short(&found.file_digest)),
    ]);
    let checked = page
        .say(format!("{bytes} bytes, as the decision's digest says"), format!("{bytes} 字节，与审核意见中的摘要一致"));
    match to {
        Some(file) => {
            checked.say(format!("written to {}", file.display()), format!("已写入 {}", file.display())).into_text()
        }
        None => checked.into_text(),
    }
}
