//! A municipal node with a catalog, and the steps that bring one to approval.
//!
//! Invariant: everything goes through the use cases; nothing is written behind their back.

use std::path::{Path, PathBuf};

use gongkai_app::Chance;
use gongkai_app::{
    App, Edition, Error, Founding, ImportQuestion, JoinQuestion, Operator, Role, SystemChance, SystemClock, Verdicts,
    found_root,
};
use gongkai_model::{
    digest::Digest,
    id::{CatalogId, DivisionId},
    item::Item,
    review::{Outside, Verdict},
};
use gongkai_pki::{EntryKey, PkiDir, Request, Token};
use gongkai_seeds::{Seeds, samples};
use gongkai_sheets::{CatalogSheet, Reading, SheetRow};
use gongkai_store::Store;

pub(crate) const BUDGETS: &str = "211200-budgets-and-accounts.xlsx";
pub(crate) const ECOLOGY: &str = "211200-ecological-environment.xlsx";

pub(crate) struct Bed {
    pub(crate) app: App,
    dir: tempfile::TempDir,
}

impl Bed {
    /// A founded municipal node.
    pub(crate) async fn new() -> Self {
        let dir = tempfile::tempdir().unwrap();
        let division = DivisionId::parse("211200").unwrap();
        let seeds = Seeds::builtin();
        let founding = Founding { division: &division, seeds: &seeds };
        found_root(&dir.path().join("node"), founding, &SystemClock, &SystemChance).await.unwrap();
        let app = open(&dir.path().join("node")).await;
        Self { app, dir }
    }

    /// The daemon dies and starts again.
    pub(crate) async fn restarted(self) -> Self {
        let Self { app, dir } = self;
        app.store().close().await;
        drop(app);
        let app = open(&dir.path().join("node")).await;
        Self { app, dir }
    }

    /// Where editions lie.
    pub(crate) fn editions(&self) -> PathBuf {
        self.dir.path().join("editions")
    }

    pub(crate) fn edition_dir(&self, number: u64) -> PathBuf {
        self.editions().join(format!("edition-{number}"))
    }

    pub(crate) fn operator(&self, name: &str, roles: &[Role]) -> Operator {
        Operator::new(&self.app.world().me, name, roles.iter().copied()).unwrap()
    }

    async fn import_by(&self, clerk: &Operator, content: Vec<u8>, file_name: &str) -> CatalogId {
        let question = ImportQuestion { content, file_name: file_name.to_owned(), ..ImportQuestion::default() };
        let imported = self.app.import(clerk, question).await.unwrap();
        imported.revisions[0].catalog.clone()
    }

    pub(crate) async fn import_sample(&self, file: &str) -> CatalogId {
        self.import_sample_by(&self.operator("clerk", &[Role::Clerk]), file).await
    }

    pub(crate) async fn import_sample_by(&self, clerk: &Operator, file: &str) -> CatalogId {
        let sample = samples().iter().find(|sample| sample.file == file).unwrap_or_else(|| panic!("no sample {file}"));
        self.import_by(clerk, sample.bytes.to_vec(), file).await
    }

    pub(crate) async fn submit(&self, catalog: &CatalogId) {
        let clerk = self.operator("clerk", &[Role::Clerk]);
        self.app.submit(&clerk, catalog, "as planned".to_owned(), String::new()).await.unwrap();
    }

    /// Records the province's decision; gives its entry.
    pub(crate) async fn approve(&self, catalog: &CatalogId) -> Digest {
        self.approve_by(&self.operator("reviewer", &[Role::Reviewer]), catalog).await.unwrap()
    }

    pub(crate) async fn approve_by(&self, reviewer: &Operator, catalog: &CatalogId) -> Result<Digest, Error> {
        let outside = Outside {
            authority: "辽宁省财政厅".to_owned(),
            document_no: "辽财预〔2026〕7号".to_owned(),
            file_digest: Digest::of_file(b"scan"),
            file_name: "scan.pdf".to_owned(),
            decided_on: None,
            parts: Vec::new(),
        };
        let said = Verdicts {
            submission: None,
            verdict: Verdict::Approve,
            items: Vec::new(),
            note: "同意".to_owned(),
            approves_rest: true,
            outside: Some(outside),
        };
        Ok(self.app.decide(reviewer, catalog, said).await?.1)
    }

    /// A sample from workbook to approval.
    pub(crate) async fn approved(&self, file: &str) -> CatalogId {
        let catalog = self.import_sample(file).await;
        self.submit(&catalog).await;
        self.approve(&catalog).await;
        catalog
    }

    /// Writes the catalog as a workbook with its items changed, and imports that.
    pub(crate) async fn change(&self, catalog: &CatalogId, change: impl Fn(usize, &mut Item)) {
        self.change_by(&self.operator("clerk", &[Role::Clerk]), catalog, change).await;
    }

    pub(crate) async fn change_by(&self, clerk: &Operator, catalog: &CatalogId, change: impl Fn(usize, &mut Item)) {
        let loaded = self.app.load_known(catalog).await.unwrap();
        let working = loaded.working().unwrap();
        let mut items: Vec<(String, Item)> =
            working.in_order().into_iter().map(|(_, slot)| (slot.serial.clone(), slot.item().decode())).collect();
        items.iter_mut().enumerate().for_each(|(index, (_, item))| change(index, item));
        let rows = items.iter().map(|(serial, item)| SheetRow { serial, item }).collect();
        let title = working.header.decode().title;
        let world = self.app.world();
        let level = "municipal".to_owned();
        let reading = Reading { vocabulary: &world.vocabulary, routing: world.routing_table(), node_level: &level };
        let sheet = CatalogSheet { name: "目录", title: &title, rows };
        let content = gongkai_sheets::write(&[sheet], &reading).unwrap();
        assert_eq!(self.import_by(clerk, content, "changed.xlsx").await, *catalog);
    }

    pub(crate) async fn publish(&self) -> Edition {
        let publisher = self.operator("publisher", &[Role::Publisher]);
        self.app.run_edition(&publisher, "planned".to_owned(), false, self.editions()).await.unwrap()
    }

    /// A county gets its certificate; it never sends anything.
    pub(crate) async fn enrol(&self, division: &str) {
        let admin = self.operator("admin", &[Role::Admin]);
        let invited = self.app.invite(&admin, division, &["127.0.0.1:1".to_owned()], 60_000).await.unwrap();
        let token = Token::parse(&invited.token).unwrap();
        let place = self.dir.path().join(division);
        std::fs::create_dir_all(&place).unwrap();
        let request = Request::make(&PkiDir::open(&place).unwrap(), token.path(), true).unwrap();
        let incarnation = SystemChance.incarnation();
        let (path, secret) = (token.path().to_vec(), token.secret().to_vec());
        self.app.answer_join(JoinQuestion { path, secret, request, incarnation }).await.unwrap();
    }
}

async fn open(dir: &Path) -> App {
    let store = Store::open(dir).await.unwrap();
    let key = EntryKey::load(&PkiDir::open(dir).unwrap()).unwrap();
    App::open(dir.to_owned(), store, Box::new(key), Box::new(SystemClock), Box::new(SystemChance)).await.unwrap()
}

/// Every file below a directory with its bytes.
pub(crate) fn files(directory: &Path) -> std::collections::BTreeMap<PathBuf, Vec<u8>> {
    let mut found = std::collections::BTreeMap::new();
    let mut open = vec![directory.to_owned()];
    while let Some(next) = open.pop() {
        for entry in std::fs::read_dir(&next).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                open.push(path);
            } else {
                found.insert(path.strip_prefix(directory).unwrap().to_owned(), std::fs::read(&path).unwrap());
            }
        }
    }
    found
}
