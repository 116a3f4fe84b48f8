//! A county whose key was stolen writes about its town: a catalog that is not its to write, custody that nobody gave it,
//! an edition of its own. Every node of the path says so until a person answers, and nobody is misled meanwhile.

use anyhow::{Context as _, Result, ensure};
use gongkai_journal::{
    kind::Kind,
    payload::{self, CustodyPut, OnCatalog},
};
use gongkai_model::{
    digest::Digest,
    edition::EditionPayload,
    id::{CatalogId, DivisionId, OperatorId},
    item::Item,
    review::{Decision, Opinion, Submission, Target, Verdict},
    revision::{Revision, Slot, apply},
};
use gongkai_pki::{EntryKey, PkiDir};
use gongkai_store::{Draft, Store};
use gongkai_tests::{
    tree::{COUNTY, Node, TOWN, eventually, three},
    work::{CATALOG, FIRST, approve, submit, until},
};

/// What the forged item says.
const FORGED: &str = "FORGED BY A THIEF";
/// A moment, unix milliseconds: nothing is decided by it.
const AT_MS: i64 = 1_764_547_200_000;

/// The journal of a node that does not run, in the hands of whoever took its disk.
struct Stolen {
    store: Store,
    key: EntryKey,
}

impl Stolen {
    async fn open(node: &Node) -> Result<Self> {
        let store = Store::open(&node.dir).await?;
        Ok(Self { store, key: EntryKey::load(&PkiDir::open(&node.dir)?)? })
    }

    async fn write(&self, kind: Kind, subject: &str, payload: Vec<u8>) -> Result<Digest> {
        let draft = Draft {
            about: payload::about_text(&kind.into(), &payload),
            operator: Some(OperatorId::parse(&format!("{COUNTY}/thief"))?),
            ..Draft::of(kind, DivisionId::parse(subject)?, payload)
        };
        let author = self.store.identity().author();
        let written = self.store.append(vec![draft], &author, &self.key, AT_MS).await?;
        Ok(written.first().context("an entry")?.hash())
    }

    /// The town's own submission, with its content.
    async fn genuine(&self) -> Result<(Digest, Submission, Revision)> {
        let entries = self.store.entries_about(CATALOG).await?;
        let entry = entries.iter().find(|entry| entry.header.kind == Kind::Submission).context("a submission")?;
        let submission: Submission = payload::decode("submission", entry.payload.as_deref().context("bytes")?)?;
        let revision = apply(None, &[], &submission.body)?;
        Ok((entry.hash(), submission, revision))
    }

    /// A submission that follows the town's, its first item reworded, and its approval at every step.
    async fn forge(&self, custody: Option<Digest>) -> Result<Digest> {
        let (genuine, submission, mut revision) = self.genuine().await?;
        let (id, slot) = revision.items.iter().next().context("an item")?;
        let (id, order, serial) = (id.clone(), slot.order, slot.serial.clone());
        let item = Item { content: FORGED.to_owned(), ..slot.item().decode() };
        revision.parents = vec![submission.body.revision];
        revision.items.insert(id, Slot::new(order, serial, item.to_canonical()));
        let forged = Submission { body: revision.full(), previous: Some(genuine), custody, ..submission.clone() };
        let hash = self.write(Kind::Submission, TOWN, payload::encode(&forged)).await?;
        for (step, named) in (0u32..).zip(&submission.steps) {
            let approved = |target: Target, digest: Digest| Opinion {
                target,
                digest,
                verdict: Verdict::Approve,
                text: String::new(),
                elements: Default::default(),
            };
            let items = revision.items.iter().map(|(id, slot)| approved(Target::Item(id.clone()), slot.digest()));
            let opinions = items.chain([approved(Target::Header, revision.header.digest())]).collect();
            let act = Decision {
                submission: hash,
                step,
                named: Some(named.clone()),
                routing: submission.routing,
                verdict: Verdict::Approve,
                opinions,
                note: String::new(),
                outside: None,
            };
            let decision = OnCatalog { catalog: CatalogId::parse(CATALOG)?, act };
            self.write(Kind::Decision, TOWN, payload::encode(&decision)).await?;
        }
        Ok(hash)
    }
}

fn codes(node: &Node) -> Result<(i32, Vec<String>)> {
    let printed = node.try_run(&["status"])?;
    let json = printed.json()?;
    let warnings = json["warnings"].as_array().context("warnings")?;
    let codes = warnings.iter().filter_map(|warning| warning["code"].as_str());
    let codes = codes.filter(|code| code.starts_with("GK-CUSTODY")).map(str::to_owned).collect();
    Ok((printed.status, codes))
}

/// Every file of every edition that the node made, as one text.
fn published(city: &Node) -> Result<String> {
    let mut text = String::new();
    let mut open = vec![city.dir.join("editions")];
    while let Some(dir) = open.pop() {
        for found in std::fs::read_dir(dir)? {
            let path = found?.path();
            if path.is_dir() {
                open.push(path);
            } else {
                text.push_str(&String::from_utf8_lossy(&std::fs::read(&path)?));
            }
        }
    }
    Ok(text)
}

#[test]
fn what_a_stolen_county_writes_for_its_town_enters_no_edition_and_is_an_alarm_everywhere() -> Result<()> {
    let place = tempfile::tempdir()?;
    let mut nodes = three(place.path())?;
    submit(&nodes[2], FIRST)?;
    until(&nodes, 1, "in-review")?;
    approve(&nodes[1])?;
    until(&nodes, 1, "approved")?;
    nodes[0].run(&["--as", "publisher", "publish", "run"])?;
    nodes[1].stop()?;
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    let (order, alone) = runtime.block_on(async {
        let stolen = Stolen::open(&nodes[1]).await?;
        let put = CustodyPut {
            version: 1,
            division: DivisionId::parse(TOWN)?,
            holder: DivisionId::parse(COUNTY)?,
            kept: None,
        };
        let order = stolen.write(Kind::CustodyPut, TOWN, payload::encode(&put)).await?;
        stolen.forge(Some(order)).await?;
        let alone = stolen.forge(None).await?;
        let digest = Digest::of_file(b"edition");
        let edition = EditionPayload {
            number: 99,
            previous: None,
            manifest_root: digest,
            manifest: digest,
            catalogs: 1,
            items: 1,
            missing: 0,
            published_at_ms: AT_MS,
            sign_offs: Vec::new(),
            heads: digest,
        };
        stolen.write(Kind::Edition, COUNTY, payload::encode(&edition)).await?;
        stolen.store.close().await;
        anyhow::Ok((order, alone))
    })?;
    nodes[1].start()?;

    let alarms = ["GK-CUSTODY-004", "GK-CUSTODY-005", "GK-CUSTODY-005"];
    for node in &nodes {
        eventually(&format!("{} says so", node.division), || {
            Ok(codes(node)? == (3, alarms.map(str::to_owned).to_vec()))
        })?;
        ensure!(node.catalog(CATALOG)?["state"] == "approved" && node.catalog(CATALOG)?["is_conflict"] == false);
        ensure!(node.try_run(&["status"])?.json()?["edition"] == 1, "an edition is the city's: {}", node.division);
    }
    let made = nodes[0].try_run(&["--as", "publisher", "publish", "run"])?;
    ensure!(made.json()?["unchanged"] == true, "nothing is new: {}", made.out);
    let text = published(&nodes[0])?;
    ensure!(!text.is_empty() && !text.contains(FORGED), "the city published what a thief wrote");

    let town = &nodes[2];
    town.run(&["--as", "reviewer", "custody", "refuse", &order.to_hex(), "--reason", "nobody asked us"])?;
    for node in &nodes {
        eventually("the order is refused", || Ok(codes(node)?.1 == ["GK-CUSTODY-005"]))?;
    }
    nodes[0].run(&["--as", "reviewer", "custody", "refuse", &alone.to_hex()[..12], "--reason", "a stolen key"])?;
    for node in &nodes {
        eventually("no alarm is left", || Ok(codes(node)?.1.is_empty()))?;
        ensure!(node.catalog(CATALOG)?["state"] == "approved");
    }
    Ok(())
}
