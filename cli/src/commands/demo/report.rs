//! What the demo prints: a line a step, and at the end where everything stands and lies.
//!
//! Invariant: in JSON the lines go to stderr and stdout holds one document; in text both go to stdout in order.

use std::{
    fs,
    path::{Path, PathBuf},
    time::Instant,
};

use gongkai_proto::admin::v1::{CatalogRow, RunPublishResponse};
use serde::Serialize;

use super::stage::NODES;
use crate::{
    commands::{Answer, or_dash, short},
    errors::{Failure, Fault},
    ui::{Lang, Line, Output, Page, Table, Text, Ui, Word, cells},
};

/// The page with which an edition's site begins.
const FRONT_PAGE: &str = "index.html";

/// A finished step.
#[derive(Clone, Debug, Serialize)]
struct Step {
    step: usize,
    text: String,
    note: String,
    elapsed_ms: u128,
}

/// The report in the making.
pub(crate) struct Report {
    ui: Ui,
    total: usize,
    since: Instant,
    running: String,
    steps: Vec<Step>,
    catalogs: Vec<CatalogRow>,
    editions: Vec<RunPublishResponse>,
    remarks: Vec<String>,
}

impl Report {
    /// Before the first step of so many.
    pub(crate) fn new(ui: Ui, total: usize) -> Self {
        Self {
            ui,
            total,
            since: Instant::now(),
            running: String::new(),
            steps: Vec::new(),
            catalogs: Vec::new(),
            editions: Vec::new(),
            remarks: Vec::new(),
        }
    }

    fn lang(&self) -> Lang {
        self.ui.lang
    }

    fn line(&self, text: &str) {
        match self.ui.output {
            Output::Text => self.ui.print(&Line::from(text).into()),
            Output::Json if self.ui.quiet => {}
            Output::Json => self.ui.print_notice(&Line::from(text).into()),
        }
    }

    /// Names the step that begins.
    pub(crate) fn begin(&mut self, en: &str, zh: &str) {
        self.running = self.lang().pick(en, zh).to_owned();
    }

    /// Ends it, with what was seen.
    pub(crate) fn end(&mut self, en: String, zh: String) {
        let note = self.lang().pick(en, zh);
        let text = std::mem::take(&mut self.running);
        let step = Step { step: self.steps.len() + 1, text, note, elapsed_ms: self.since.elapsed().as_millis() };
        let seconds = self.since.elapsed().as_secs_f32();
        self.line(&format!("[{:>2}/{}] {seconds:>5.1} s  {} — {}", step.step, self.total, step.text, step.note));
        self.steps.push(step);
    }

    /// Says which step did not come to its end.
    pub(crate) fn fail(&self) {
        if !self.running.is_empty() {
            let word = self.lang().pick("did not succeed", "未成功");
            let line = format!("[{:>2}/{}] {} — {word}", self.steps.len() + 1, self.total, self.running);
            self.ui.print_notice(&Line::from(line).into());
        }
    }

    /// Something that a person should read, such as a user's workbook that was not taken.
    pub(crate) fn remark(&mut self, en: String, zh: String) {
        let remark = self.lang().pick(en, zh);
        self.line(&format!("        {remark}"));
        self.remarks.push(remark);
    }

    /// Whether a person should look.
    pub(crate) fn needs_person(&self) -> bool {
        !self.remarks.is_empty()
    }

    /// The catalogs at the end.
    pub(crate) fn set_catalogs(&mut self, catalogs: Vec<CatalogRow>) {
        self.catalogs = catalogs;
    }

    /// An edition that was made.
    pub(crate) fn add_edition(&mut self, edition: RunPublishResponse) {
        self.editions.push(edition);
    }

    /// Where the editions lie.
    pub(crate) fn edition_directories(&self) -> Vec<PathBuf> {
        self.editions.iter().map(|edition| PathBuf::from(&edition.directory)).collect()
    }

    /// For `--keep-running`: where to knock.
    pub(crate) fn say_running(&self, folder: &Path) {
        self.ui.print_notice(&self.text(folder));
        let nodes = folder.join(NODES);
        let line = self.lang().pick(
            format!("all daemons run; try `gongkai --data {}/DIVISION status`; Ctrl-C ends them", nodes.display()),
            format!("所有守护进程仍在运行；可执行 `gongkai --data {}/区划代码 status`；Ctrl-C 结束", nodes.display()),
        );
        self.ui.print_notice(&Line::from(line).into());
    }

    /// Moves the editions out of the nodes' folder and removes the rest.
    pub(crate) fn keep_only_editions(&mut self, folder: &Path) -> Result<(), Failure> {
        for edition in &mut self.editions {
            let kept = folder.join(format!("edition-{}", edition.edition));
            let unwritable = |source| Fault::FileUnwritable { file: kept.clone(), source };
            fs::rename(&edition.directory, &kept).map_err(unwritable)?;
            edition.directory = kept.display().to_string();
        }
        let nodes = folder.join(NODES);
        Ok(fs::remove_dir_all(&nodes).map_err(|source| Fault::FileUnwritable { file: nodes, source })?)
    }

    fn site(&self) -> String {
        let last = self.editions.last();
        last.map_or_else(String::new, |edition| {
            PathBuf::from(&edition.directory).join(FRONT_PAGE).display().to_string()
        })
    }

    fn text(&self, folder: &Path) -> Text {
        let lang = self.lang();
        let head =
            [Word::Division, Word::Domain, Word::Items, Word::State, Word::Revision, Word::Approved, Word::Edition];
        let mut catalogs = Table::new(lang, &head);
        for row in &self.catalogs {
            let mut cells = cells![format!("{} {}", row.division, row.division_name), row.domain_name, row.items];
            cells.push(catalogs.state(&row.state));
            cells.extend(cells![short(&row.revision), short(&row.approved_revision), or_dash(row.edition)]);
            catalogs.row(cells);
        }
        let mut editions =
            Table::new(lang, &[Word::Edition, Word::Catalogs, Word::Items, Word::Manifest, Word::Directory]);
        for edition in &self.editions {
            editions.row(cells![
                edition.edition,
                edition.catalogs,
                edition.items,
                short(&edition.manifest_root),
                edition.directory,
            ]);
        }
        let seconds = self.since.elapsed().as_secs_f32();
        Page::new(lang)
            .table(&catalogs, ("no catalog", "没有目录"))
            .table(&editions, ("no edition", "没有发布"))
            .say(
                format!("{} steps in {seconds:.1} s; data: {}", self.steps.len(), folder.display()),
                format!("{} 步，用时 {seconds:.1} 秒；数据：{}", self.steps.len(), folder.display()),
            )
            .say(format!("site: {}", self.site()), format!("站点：{}", self.site()))
            .into_text()
    }

    /// The end of it all.
    pub(crate) fn answer(&self, folder: &Path) -> Result<Answer, Failure> {
        let document = serde_json::json!({
            "steps": self.steps,
            "catalogs": self.catalogs,
            "editions": self.editions,
            "remarks": self.remarks,
            "directory": folder.display().to_string(),
            "site": self.site(),
            "elapsed_ms": self.since.elapsed().as_millis(),
        });
        Answer::new(&document, self.text(folder))
    }
}
