//! Three levels of nodes in one directory, and what one does to them.

use std::{
    fs,
    path::{Path, PathBuf},
};

use gongkai_app::{App, Verdicts};
use gongkai_journal::Route;
use gongkai_model::{id::CatalogId, review::Verdict};
use tempfile::TempDir;

use crate::nodes::{self, COUNTY, TOWN, join, operator, root, sync};

pub(crate) struct Bed {
    kept: TempDir,
    pub(crate) city: App,
    pub(crate) county: App,
    pub(crate) town: App,
}

impl Bed {
    /// The city, a county and a township, enrolled and in step.
    pub(crate) async fn new() -> Self {
        let kept = tempfile::tempdir().unwrap();
        let at = |name: &str| kept.path().join(name);
        let city = root(&at("city")).await;
        let county = join(&city, &at("county"), COUNTY).await;
        sync(&county, &city).await;
        let town = join(&county, &at("town"), TOWN).await;
        sync(&town, &county).await;
        sync(&county, &city).await;
        Self { kept, city, county, town }
    }

    pub(crate) fn path(&self, name: &str) -> PathBuf {
        self.kept.path().join(name)
    }
}

/// A clerk imports a workbook of one catalog.
pub(crate) async fn import(app: &App, file: &str) -> CatalogId {
    nodes::import(app, file).await.remove(0)
}

pub(crate) async fn submit(app: &App, catalog: &CatalogId) -> Result<(), gongkai_app::Error> {
    app.submit(&operator(app, "clerk"), catalog, "news".to_owned(), String::new()).await.map(drop)
}

pub(crate) async fn approve(app: &App, catalog: &CatalogId) -> Result<(), gongkai_app::Error> {
    let said = Verdicts {
        submission: None,
        verdict: Verdict::Approve,
        items: Vec::new(),
        note: String::new(),
        approves_rest: true,
        outside: None,
    };
    app.decide(&operator(app, "reviewer"), catalog, said).await.map(drop)
}

/// How many submissions of a catalog a node knows.
pub(crate) async fn submissions(app: &App, catalog: &CatalogId) -> usize {
    app.load_known(catalog).await.map_or(0, |loaded| loaded.state.submissions.len())
}

/// Streams with more than one end, of those a node sees.
pub(crate) async fn forks(app: &App) -> usize {
    let world = app.world();
    let heads = app.store().heads(&Route::of(world.tree(), &world.me)).await.unwrap();
    heads.iter().filter(|head| head.tips.len() > 1).count()
}

/// A copy of a data directory, as a machine's snapshot makes it.
pub(crate) fn snapshot(from: &Path, to: &Path) {
    fs::create_dir_all(to).unwrap();
    for found in fs::read_dir(from).unwrap() {
        let found = found.unwrap();
        let target = to.join(found.file_name());
        if found.path().is_dir() {
            snapshot(&found.path(), &target)
        } else {
            fs::copy(found.path(), target).unwrap();
        }
    }
}
