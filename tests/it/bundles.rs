//! Offices without a network: real daemons that hear of each other by files alone.

use std::path::{Path, PathBuf};

use anyhow::{Context as _, Result, ensure};
use gongkai_tests::{
    tree::{CITY, COUNTY, Node, TOWN, eventually},
    work::{CATALOG, FIRST, SECOND, agreed, approve, events, import, outline, submit, until_free},
};
use serde_json::Value;

use crate::plant::{LATER_KIND, draft, plant};

/// City and county are linked; the town was enrolled and is never connected.
struct Cut {
    nodes: [Node; 3],
    drives: PathBuf,
    count: usize,
}

impl Cut {
    fn new(place: &Path) -> Result<Self> {
        let mut city = Node::found(place, CITY)?;
        city.start()?;
        let mut county = Node::join(place, &city, COUNTY)?;
        county.start()?;
        let mut town = Node::join(place, &county, TOWN)?;
        without_network(&town)?;
        town.start()?;
        let drives = place.join("drives");
        std::fs::create_dir(&drives)?;
        Ok(Self { nodes: [city, county, town], drives, count: 0 })
    }

    fn county(&self) -> &Node {
        &self.nodes[1]
    }

    fn town(&self) -> &Node {
        &self.nodes[2]
    }

    /// A bundle of the town for the county.
    fn up(&mut self) -> Result<String> {
        self.count += 1;
        let file = self.drives.join(format!("{}.gkb", self.count)).display().to_string();
        export(self.town(), COUNTY, &file)?;
        Ok(file)
    }

    /// A bundle of the county for the town.
    fn down(&mut self) -> Result<String> {
        self.count += 1;
        let file = self.drives.join(format!("{}.gkb", self.count)).display().to_string();
        export(self.county(), TOWN, &file)?;
        Ok(file)
    }

    /// A drive down and one up.
    fn round(&mut self) -> Result<()> {
        let down = self.down()?;
        read(self.town(), &down)?;
        let up = self.up()?;
        read(self.county(), &up)?;
        Ok(())
    }

    /// Both sides know the same of the catalog, once the county has given its receipts and the town has heard of them.
    fn settled(&mut self) -> Result<()> {
        self.round()?;
        let (here, there) = (outline(self.town())?, outline(self.county())?);
        ensure!(here == there, "the town says {here}, the county says {there}");
        Ok(())
    }
}

fn without_network(node: &Node) -> Result<()> {
    let config = node.dir.join("gongkaid.toml");
    let text = std::fs::read_to_string(&config)?.replace("[parent]\n", "[parent]\nmode = \"bundle\"\n");
    ensure!(text.contains("mode = \"bundle\""), "no [parent] in {text}");
    Ok(std::fs::write(&config, text)?)
}

fn export(node: &Node, to: &str, file: &str) -> Result<Value> {
    node.run(&["bundle", "export", "--to", to, "--out", file])
}

fn read(node: &Node, file: &str) -> Result<Value> {
    node.run(&["bundle", "import", file])
}

#[test]
fn a_town_without_a_network_submits_and_hears_the_decision_by_drive() -> Result<()> {
    let place = tempfile::tempdir()?;
    let mut cut = Cut::new(place.path())?;
    cut.round()?;
    ensure!(cut.town().link(COUNTY)?["last_contact"].is_i64(), "a drive is a contact");
    ensure!(cut.town().link(COUNTY)?["mode"] == "bundle" && cut.town().link(COUNTY)?["reason"].is_null());

    submit(cut.town(), FIRST)?;
    let up = cut.up()?;
    let foreseen = cut.county().run(&["bundle", "import", &up, "--dry-run"])?;
    ensure!(events(cut.county(), "submission")? == 0, "a dry run takes nothing");
    let report = read(cut.county(), &up)?;
    ensure!(foreseen["applied"] == report["applied"] && report["moved"] == true, "{foreseen} {report}");
    let again = read(cut.county(), &up)?;
    ensure!(again["applied"] == 0 && again["moved"] == false && again["is_news"] == false, "{again}");

    approve(cut.county())?;
    let lost = cut.down()?;
    std::fs::remove_file(&lost)?;
    let asked = cut.county().run(&["bundle", "lost"])?;
    ensure!(asked["bundles"].as_array().is_some_and(|lost| !lost.is_empty()), "{asked}");
    cut.round()?;
    ensure!(cut.county().run(&["bundle", "lost"])?["bundles"] == serde_json::json!([]), "the next one held it all");
    agreed(&cut.nodes, "approved", FIRST)?;

    // Nothing left to say: what goes to and fro does not grow with what was said before.
    cut.round()?;
    let empty = cut.town().run(&["bundle", "export", "--to", COUNTY, "--dry-run"])?;
    ensure!(empty["bundle"]["entries"] == 0, "{empty}");
    let row = |node: &Node, kind: &str| -> Result<usize> {
        Ok(node.run(&["audit", "log", "--kind", kind])?["entries"].as_array().context("entries")?.len())
    };
    ensure!(row(cut.town(), "bundle.export")? == cut_exports(&cut)? && row(cut.county(), "bundle.import")? >= 3);
    Ok(())
}

#[test]
fn a_dry_run_refuses_what_the_reading_refuses() -> Result<()> {
    let place = tempfile::tempdir()?;
    let mut cut = Cut::new(place.path())?;
    cut.round()?;
    submit(cut.town(), FIRST)?;
    let scrawl = draft(LATER_KIND, TOWN, b"x".to_vec())?;
    plant(&mut cut.nodes[2], vec![scrawl], true)?;
    let up = cut.up()?;
    let foreseen = cut.county().run(&["bundle", "import", &up, "--dry-run"])?;
    let report = read(cut.county(), &up)?;
    ensure!(report["refused"][0]["code"] == "GK-CHAIN-003" && report["applied"].as_u64() > Some(0), "{report}");
    for said in ["applied", "already_had", "wanted", "refused", "moved"] {
        ensure!(foreseen[said] == report[said], "{said}: {foreseen} {report}");
    }
    Ok(())
}

fn cut_exports(cut: &Cut) -> Result<usize> {
    let status = cut.town().run(&["bundle", "status", COUNTY])?;
    Ok(status["peers"][0]["made"].as_array().context("made")?.len())
}

#[test]
fn a_decision_that_crosses_a_later_submission_on_drives_ends_the_same_in_both_orders() -> Result<()> {
    for decision_is_read_first in [true, false] {
        let place = tempfile::tempdir()?;
        let mut cut = Cut::new(place.path())?;
        cut.round()?;
        submit(cut.town(), FIRST)?;
        let up = cut.up()?;
        read(cut.county(), &up)?;
        // The county decides on what it has, the town submits anew; both drives are on their way.
        approve(cut.county())?;
        let decision = cut.down()?;
        submit(cut.town(), SECOND)?;
        let submission = cut.up()?;
        if decision_is_read_first {
            read(cut.town(), &decision)?;
            read(cut.county(), &submission)?;
        } else {
            read(cut.county(), &submission)?;
            read(cut.town(), &decision)?;
        }
        cut.settled()?;
        agreed(&cut.nodes, "in-review", SECOND)?;
        approve(cut.county())?;
        cut.settled()?;
        agreed(&cut.nodes, "approved", SECOND)?;
    }
    Ok(())
}

#[test]
fn a_town_that_was_restored_is_free_again_by_drives_alone() -> Result<()> {
    let place = tempfile::tempdir()?;
    let mut cut = Cut::new(place.path())?;
    cut.round()?;
    let backup = place.path().join("town.backup").display().to_string();
    cut.town().run(&["backup", &backup])?;
    submit(cut.town(), FIRST)?;
    let up = cut.up()?;
    read(cut.county(), &up)?;

    cut.nodes[2].stop()?;
    cut.town().lose()?;
    cut.town().run(&["restore", &backup])?;
    cut.nodes[2].start()?;
    import(cut.town(), SECOND)?;
    let refusal = cut.town().refusal(&["--as", "clerk", "catalog", "submit", CATALOG])?;
    ensure!(refusal.contains("GK-APP-050"), "{refusal}");
    // The county learns of the new life, the town of its lost submission.
    let mut rounds = 0;
    while !cut.town().run(&["status"])?["hold"].is_null() {
        rounds += 1;
        ensure!(rounds <= 3, "three drives each way did not free it");
        let up = cut.up()?;
        read(cut.county(), &up)?;
        let down = cut.down()?;
        read(cut.town(), &down)?;
    }
    until_free(cut.town())?;
    ensure!(events(cut.town(), "submission")? == 1, "the submission that only the county had came back");
    ensure!(events(cut.town(), "receipt")? == events(cut.county(), "receipt")?);
    cut.round()?;
    for (node, peer) in [(cut.town(), COUNTY), (cut.county(), TOWN)] {
        let status = node.run(&["bundle", "status", peer])?;
        ensure!(status["peers"][0]["wanted_streams"] == 0, "{status}");
    }
    Ok(())
}

#[test]
fn a_county_under_new_keys_is_known_by_its_drive_and_a_late_drive_of_the_old_one_only_brings_entries() -> Result<()> {
    let place = tempfile::tempdir()?;
    let mut cut = Cut::new(place.path())?;
    cut.round()?;
    submit(cut.town(), FIRST)?;
    let up = cut.up()?;
    read(cut.county(), &up)?;
    approve(cut.county())?;
    // The city hears of it; the drive to the town is long on its way.
    eventually("the city has the decision", || Ok(events(&cut.nodes[0], "decision")? == 1))?;
    let late = cut.down()?;
    cut.nodes[1].kill()?;
    cut.county().lose()?;
    let token = cut.nodes[0].invite(&[COUNTY, "--rebuild"])?;
    cut.county().enrol(&token)?;
    cut.nodes[1].start()?;
    until_free(cut.county())?;

    let down = cut.down()?;
    let report = read(cut.town(), &down)?;
    ensure!(report["is_news"] == true && report["applied"].as_u64() > Some(0), "{report}");
    let stands = cut.town().run(&["bundle", "status", COUNTY])?["peers"][0]["place"].clone();
    let report = read(cut.town(), &late)?;
    ensure!(report["warnings"][0]["code"] == "GK-BUNDLE-023" && report["moved"] == false, "{report}");
    ensure!(cut.town().run(&["bundle", "status", COUNTY])?["peers"][0]["place"] == stands);
    // The town's drive tells where it stood on the feed that is gone; the answer leads on from there.
    let up = cut.up()?;
    let report = read(cut.county(), &up)?;
    ensure!(report["claim"] == "lost", "{report}");
    let down = cut.down()?;
    ensure!(read(cut.town(), &down)?["moved"] == true);
    cut.settled()?;
    agreed(&cut.nodes, "approved", FIRST)
}

#[test]
fn a_place_read_out_by_telephone_is_enough_to_go_on_from() -> Result<()> {
    let place = tempfile::tempdir()?;
    let mut cut = Cut::new(place.path())?;
    let down = cut.down()?;
    read(cut.town(), &down)?;
    let spoken =
        cut.town().run(&["bundle", "status", COUNTY])?["peers"][0]["place"].as_str().context("place")?.to_owned();
    let whole = cut.county().run(&["bundle", "export", "--to", TOWN, "--dry-run"])?;
    ensure!(whole["bundle"]["is_full"] == true, "nobody has acknowledged: {whole}");
    let from_there = cut.county().run(&["bundle", "export", "--to", TOWN, "--heard", &spoken, "--dry-run"])?;
    ensure!(from_there["bundle"]["is_full"] == false && from_there["bundle"]["entries"] == 0, "{from_there}");
    // Another last digit, whatever the place is: one more digit would be right once in sixteen runs.
    let last = if spoken.ends_with('0') { "1" } else { "0" };
    let misheard = format!("{}{last}", &spoken[..spoken.len() - 1]);
    let refusal = cut.county().refusal(&["bundle", "export", "--to", TOWN, "--heard", &misheard])?;
    ensure!(refusal.contains("GK-BUNDLE-026"), "{refusal}");
    eventually("a strange neighbour is refused", || {
        Ok(cut.town().refusal(&["bundle", "export", "--to", CITY])?.contains("GK-BUNDLE-024"))
    })
}
