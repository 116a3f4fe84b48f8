//! `gongkai publish`: look first, then make an edition; check one anywhere.
//!
//! Invariant: `verify` uses the directory's bytes alone and asks no daemon.

use std::path::PathBuf;

use clap::{Args, Subcommand};
use gongkai_proto::admin::v1::{
    CheckEditionRequest, CheckEditionResponse, DiffEditionsRequest, DiffEditionsResponse, ListEditionsRequest,
    ListEditionsResponse, MissingCatalog, PreviewEditionRequest, PreviewEditionResponse, RunPublishRequest,
    RunPublishResponse, ShowEditionRequest, ShowEditionResponse, SignOffRequest, SignOffsRequest, SignOffsResponse,
};
use gongkai_publish::Verified;

use super::{
    Answer, Context, Exit,
    catalog::{changes, check::finding_table},
    short,
};
use crate::{
    errors::{Failure, Fault},
    ui::{Lang, Page, Table, Text, Word, cells, moment, state_word},
};

/// What `gongkai publish` can do.
#[derive(Debug, Subcommand)]
pub(crate) enum PublishCommand {
    /// What an edition would hold now, what would be missing, and the difference to the last one
    Preview,
    /// What the content check finds in the catalogs that an edition would take
    Check,
    /// Whether the next edition may be made: the sign-offs that it needs, given and open
    SignOffs,
    /// Give your word for the next edition (保密审查, 三审三校); each step by another person
    SignOff(SignOffArgs),
    /// Make an edition
    Run(RunArgs),
    /// The editions so far
    List,
    /// What one edition holds
    Show(ShowArgs),
    /// The difference of two editions
    Diff(DiffArgs),
    /// Check an edition's directory (no daemon needed)
    Verify(VerifyArgs),
}

/// Arguments of `publish run`.
#[derive(Debug, Args)]
pub(crate) struct RunArgs {
    /// Refuse when a catalog would be missing
    #[arg(long)]
    refuse_missing: bool,
    /// A note for the audit
    #[arg(long, default_value = "", hide_default_value = true)]
    note: String,
}

/// Arguments of `publish sign-off`.
#[derive(Debug, Args)]
pub(crate) struct SignOffArgs {
    /// The step, such as `secrecy`; the next that is open when not given
    #[arg(long, value_name = "STEP", default_value = "", hide_default_value = true)]
    step: String,
    /// A note, such as the number of the secrecy form
    #[arg(long, default_value = "", hide_default_value = true)]
    note: String,
}

/// Arguments of `publish show`.
#[derive(Debug, Args)]
pub(crate) struct ShowArgs {
    /// The edition's number; the latest when not given
    #[arg(default_value_t = 0, hide_default_value = true)]
    edition: u64,
}

/// Arguments of `publish diff`.
#[derive(Debug, Args)]
pub(crate) struct DiffArgs {
    /// The older edition; the one before the newer when not given
    #[arg(long, default_value_t = 0, hide_default_value = true)]
    from: u64,
    /// The newer edition; the latest when not given
    #[arg(long, default_value_t = 0, hide_default_value = true)]
    to: u64,
}

/// Arguments of `publish verify`.
#[derive(Debug, Args)]
pub(crate) struct VerifyArgs {
    /// The edition's directory
    directory: PathBuf,
    /// The publisher's public key in hexadecimal, from elsewhere than the edition
    #[arg(long, value_name = "HEX")]
    key: Option<String>,
}

/// Runs it.
pub(crate) async fn run(command: PublishCommand, context: &Context) -> Result<Answer, Failure> {
    let lang = context.lang();
    match command {
        PublishCommand::Preview => {
            let response = context.connect().await?.publish().preview(PreviewEditionRequest {}).await?.into_inner();
            Answer::new(&response, preview_text(&response, lang))
        }
        PublishCommand::Check => {
            let response = context.connect().await?.publish().check(CheckEditionRequest {}).await?.into_inner();
            let exit = Exit::attention_if(response.blocked > 0 || !response.obstacles.is_empty());
            Ok(Answer::new(&response, check_text(&response, lang))?.with_exit(exit))
        }
        PublishCommand::SignOffs => {
            let response = context.connect().await?.publish().sign_offs(SignOffsRequest {}).await?.into_inner();
            let needs_person = !response.is_complete && !response.unchanged;
            Ok(Answer::new(&response, sign_offs_text(&response, lang))?.with_exit(Exit::attention_if(needs_person)))
        }
        PublishCommand::SignOff(args) => {
            let request = SignOffRequest { step: args.step, note: args.note };
            let response = context.connect().await?.publish().sign_off(request).await?.into_inner();
            Answer::new(&response, sign_offs_text(&response, lang))
        }
        PublishCommand::Run(args) => {
            let request = RunPublishRequest { refuse_missing: args.refuse_missing, note: args.note };
            let response = context.connect().await?.publish().run(request).await?.into_inner();
            let exit = Exit::attention_if(response.missing > 0);
            Ok(Answer::new(&response, run_text(&response, lang))?.with_exit(exit))
        }
        PublishCommand::List => {
            let response = context.connect().await?.publish().list(ListEditionsRequest {}).await?.into_inner();
            Answer::new(&response, list_text(&response, lang))
        }
        PublishCommand::Show(args) => {
            let request = ShowEditionRequest { edition: args.edition };
            let response = context.connect().await?.publish().show(request).await?.into_inner();
            Answer::new(&response, show_text(&response, lang))
        }
        PublishCommand::Diff(args) => {
            let request = DiffEditionsRequest { from: args.from, to: args.to };
            let response = context.connect().await?.publish().diff(request).await?.into_inner();
            Answer::new(&response, diff_text(&response, lang))
        }
        PublishCommand::Verify(args) => verify(&args, lang),
    }
}

fn missing_table(missing: &[MissingCatalog], lang: Lang) -> Table {
    let mut table = Table::new(lang, &[Word::Missing, Word::Division, Word::Domain, Word::State, Word::Reason]);
    for entry in missing {
        let reason = entry.reason.clone().unwrap_or_default();
        let mut row = cells![entry.catalog, entry.division_name, entry.domain_name];
        row.push(table.state(&entry.state));
        row.push(Table::cell(&format!("{} {}", reason.code, reason.message).trim()));
        table.row(row);
    }
    table
}

fn preview_text(response: &PreviewEditionResponse, lang: Lang) -> Text {
    let head = [Word::Catalog, Word::Division, Word::Domain, Word::Items, Word::Change, Word::Changed];
    let mut table = Table::new(lang, &head);
    for entry in &response.catalogs {
        let mut row = cells![entry.catalog, entry.division_name, entry.domain_name, entry.items];
        row.push(table.state(&entry.change));
        let counts = format!("+{} ~{} -{}", entry.items_added, entry.items_changed, entry.items_removed);
        row.push(Table::cell(&counts));
        table.row(row);
    }
    let (edition, previous) = (response.edition, response.previous);
    let (catalogs, items) = (response.catalogs.len(), response.items);
    Page::new(lang)
        .say_if(
            response.unchanged,
            format!("nothing changed since edition {previous}"),
            format!("自第 {previous} 版以来没有变化"),
        )
        .say(
            format!("edition {edition} would hold {catalogs} catalogs with {items} items"),
            format!("第 {edition} 版将包含 {catalogs} 个目录、{items} 项"),
        )
        .table(&table, ("nothing is approved yet", "还没有已通过的目录"))
        .table(&missing_table(&response.missing, lang), ("nothing would be missing", "没有缺少的目录"))
        .into_text()
}

fn check_text(response: &CheckEditionResponse, lang: Lang) -> Text {
    let head = [Word::Catalog, Word::Division, Word::Domain, Word::Items, Word::State, Word::Message];
    let mut table = Table::new(lang, &head);
    for one in &response.catalogs {
        let check = one.check.clone().unwrap_or_default();
        let counts = lang.pick(
            format!(
                "{} errors, {} warnings, {} notes, {} waived",
                check.errors, check.warnings, check.notes, check.waived
            ),
            format!("错误 {}，注意 {}，提示 {}，已豁免 {}", check.errors, check.warnings, check.notes, check.waived),
        );
        let mut row = cells![check.catalog, one.division_name, one.domain_name, check.items];
        row.push(table.state(if one.is_blocked { "blocked" } else { "ok" }));
        row.push(Table::cell(&counts));
        table.row(row);
    }
    let blocked = response.blocked;
    let mut page = Page::new(lang).table(&table, ("nothing is approved yet", "还没有已通过的目录"));
    for check in response.catalogs.iter().filter(|one| one.is_blocked).filter_map(|one| one.check.as_ref()) {
        page = page.say(&check.catalog, &check.catalog).table(&finding_table(&check.findings, lang), ("", ""));
    }
    page.say_if(
        blocked > 0,
        format!("{blocked} catalogs would be left out; their owners mend them, or someone waives with a reason"),
        format!("{blocked} 个目录不能发布；由编制单位修改，或说明理由豁免"),
    )
    .lines(readiness(response, lang))
    .into_text()
}

/// Whether the edition may be made, or everything that keeps it from being made.
fn readiness(response: &CheckEditionResponse, lang: Lang) -> Vec<String> {
    let (words, missing) = (response.sign_offs.clone().unwrap_or_default(), response.missing);
    let edition = words.edition;
    let open: Vec<_> = words.steps.iter().filter(|row| row.operator.is_empty()).collect();
    let given = words.steps.len() - open.len();
    let mut lines = vec![lang.pick(
        format!("sign-offs: {given} of {} given", words.steps.len()),
        format!("签署：{} 项，已签 {given} 项", words.steps.len()),
    )];
    if !open.is_empty() && !words.unchanged {
        let names: Vec<_> = open.iter().map(|row| state_word(&row.step, lang)).collect();
        lines.push(lang.pick(format!("open: {}", names.join(", ")), format!("尚缺：{}", names.join("、"))));
    }
    if missing > 0 {
        lines.push(lang.pick(
            format!("{missing} catalogs would be missing (`gongkai publish preview` says why)"),
            format!("将缺 {missing} 个目录（原因见 `gongkai publish preview`）"),
        ));
    }
    if response.obstacles.is_empty() {
        lines.push(if words.unchanged {
            lang.pick("nothing changed since the last edition", "自上一版以来没有变化").to_owned()
        } else {
            lang.pick(format!("edition {edition} may be made"), format!("第 {edition} 版可以发布"))
        });
        return lines;
    }
    lines.push(lang.pick(format!("edition {edition} cannot be made yet:"), format!("第 {edition} 版尚不能发布：")));
    for obstacle in &response.obstacles {
        let told = Failure::told(&obstacle.code, &obstacle.message, obstacle.hint.clone()).tell(lang);
        lines.push(format!("  {} {}", told.code, told.message));
        lines.push(format!("    {}", told.hint));
    }
    lines
}

fn sign_offs_text(response: &SignOffsResponse, lang: Lang) -> Text {
    let mut table = Table::new(lang, &[Word::SignOff, Word::Operator, Word::When, Word::Note]);
    for row in &response.steps {
        let name = if row.operator.is_empty() { "-" } else { &row.operator };
        table.row(cells![state_word(&row.step, lang), name, moment(row.at_ms), row.note]);
    }
    let SignOffsResponse { edition, catalogs, items, outdated, people_min, .. } = response;
    Page::new(lang)
        .say_if(response.unchanged, "nothing changed since the last edition", "自上一版以来没有变化")
        .say_if(response.repeated, "you had signed this already; nothing was written", "您已签署过，未重复写入")
        .say(
            format!("edition {edition} would hold {catalogs} catalogs with {items} items"),
            format!("第 {edition} 版将包含 {catalogs} 个目录、{items} 项"),
        )
        .table(&table, ("no sign-off is asked for", "无需签署"))
        .say_if(
            *outdated > 0,
            format!("{outdated} sign-offs were for other contents and count no more"),
            format!("有 {outdated} 个签署针对此前的内容，已失效，须重新签署"),
        )
        .say_if(response.is_complete, "all sign-offs are given", "签署齐备")
        .say_if(
            !response.is_complete && !response.unchanged,
            format!("sign-offs are open; they must be of at least {people_min} people"),
            format!("签署尚不齐备；至少须由 {people_min} 人签署"),
        )
        .into_text()
}

fn run_text(response: &RunPublishResponse, lang: Lang) -> Text {
    let (edition, missing) = (response.edition, response.missing);
    Page::new(lang)
        .say_if(
            response.unchanged,
            format!("nothing changed since edition {edition}; no new one was made"),
            format!("自第 {edition} 版以来没有变化，未生成新版"),
        )
        .facts(&[
            (Word::Edition, &edition),
            (Word::Catalogs, &response.catalogs),
            (Word::Items, &response.items),
            (Word::Missing, &missing),
            (Word::Manifest, &response.manifest_root),
            (Word::Directory, &response.directory),
        ])
        .table(&missing_table(&response.missing_catalogs, lang), ("nothing is missing", "没有缺少的目录"))
        .into_text()
}

fn list_text(response: &ListEditionsResponse, lang: Lang) -> Text {
    let head =
        [Word::Edition, Word::Published, Word::Operator, Word::Catalogs, Word::Items, Word::Manifest, Word::Directory];
    let mut table = Table::new(lang, &head);
    for row in &response.editions {
        table.row(cells![
            row.edition,
            moment(row.published_at_ms),
            row.operator,
            row.catalogs,
            row.items,
            short(&row.manifest_root),
            row.directory,
        ]);
    }
    Page::new(lang).table(&table, ("no edition yet", "还没有发布")).into_text()
}

fn show_text(response: &ShowEditionResponse, lang: Lang) -> Text {
    let edition = response.edition.clone().unwrap_or_default();
    let mut table = Table::new(lang, &[Word::Catalog, Word::Division, Word::Domain, Word::Items, Word::Revision]);
    for entry in &response.catalogs {
        let row = cells![entry.catalog, entry.division_name, entry.domain_name, entry.items, short(&entry.revision)];
        table.row(row);
    }
    Page::new(lang)
        .facts(&[
            (Word::Edition, &edition.edition),
            (Word::Published, &moment(edition.published_at_ms)),
            (Word::Operator, &edition.operator),
            (Word::Manifest, &edition.manifest_root),
            (Word::Directory, &edition.directory),
        ])
        .table(&table, ("it holds no catalog", "其中没有目录"))
        .table(&missing_table(&response.missing, lang), ("nothing was missing", "没有缺少的目录"))
        .into_text()
}

fn diff_text(response: &DiffEditionsResponse, lang: Lang) -> Text {
    let (from, to) = (response.from, response.to);
    let mut page = Page::new(lang).say(format!("edition {from} → {to}"), format!("第 {from} 版 → 第 {to} 版"));
    for catalog in &response.catalogs {
        let head = format!("{} {} {}", catalog.catalog, catalog.division_name, catalog.domain_name);
        page = page.say(&head, &head).table(&changes(&catalog.changes, lang), ("equal", "相同"));
    }
    page.say_if(response.catalogs.is_empty(), "no catalog differs", "没有不同的目录").into_text()
}

fn verify(args: &VerifyArgs, lang: Lang) -> Result<Answer, Failure> {
    let not_hex = |_| Fault::Usage("the key is not hexadecimal".to_owned());
    let key = args.key.as_deref().map(hex::decode).transpose().map_err(not_hex)?;
    let verified = gongkai_publish::verify(&args.directory, key.as_deref())
        .map_err(|error| Failure::told(error.code(), &error, error.hint()))?;
    Answer::new(&verified_json(&verified), verified_text(&verified, lang))
}

fn verified_json(verified: &Verified) -> serde_json::Value {
    let warnings: Vec<_> = verified
        .warnings
        .iter()
        .map(|warning| serde_json::json!({ "code": warning.code, "message": warning.message }))
        .collect();
    serde_json::json!({
        "edition": verified.edition,
        "is_sound": true,
        "issuer": verified.issuer,
        "published_at": verified.published_at,
        "catalogs": verified.catalogs,
        "items": verified.items,
        "files": verified.files,
        "key_id": verified.key_id,
        "manifest": verified.manifest.to_string(),
        "manifest_root": verified.edition_root.to_string(),
        "warnings": warnings,
    })
}

fn verified_text(verified: &Verified, lang: Lang) -> Text {
    let mut page = Page::new(lang)
        .say("the edition is sound: every file and item is as it was signed", "核验通过：每个文件和事项都与签名一致")
        .facts(&[
            (Word::Edition, &verified.edition),
            (Word::Author, &verified.issuer),
            (Word::Published, &verified.published_at),
            (Word::Catalogs, &verified.catalogs),
            (Word::Items, &verified.items),
            (Word::Manifest, &verified.edition_root),
        ]);
    for warning in &verified.warnings {
        let line = format!("{} {} {}", state_word("warning", lang), warning.code, warning.message);
        page = page.say(&line, &line);
    }
    page.into_text()
}
