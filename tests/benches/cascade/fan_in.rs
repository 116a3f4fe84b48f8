//! `fan-in`: a thousand children of one node, each on its own TLS connection from this process.
//!
//! Invariant: the node is a real daemon; the children speak the link's protocol over its own carrier and hold no
//! store. A broadcast counts when the last child has heard it.

use std::{
    collections::BTreeMap,
    fs,
    path::Path,
    time::{Duration, Instant},
};

use anyhow::{Context as _, Result, ensure};
use gongkai_journal::{
    Incarnation,
    header::SIGNATURE_ED25519,
    kind::Kind,
    payload::{self, CertPut, KeyRecord},
};
use gongkai_link::grpc::{self, Dial, Duplex};
use gongkai_model::id::DivisionId;
use gongkai_pki::{
    Authority, EntryKey, Lifetimes, PkiDir, Request, authority, enrol,
    identity::identify,
    tls::{Credentials, SessionClock, server_name},
};
use gongkai_store::{Draft, Store};
use gongkai_sync::message::{Hello, Message, PROTOCOL_MAX, PROTOCOL_MIN};
use gongkai_tests::{program::gongkai_json, tree::Node};
use serde_json::{Value, json};
use tokio::{runtime::Runtime, sync::mpsc, time::timeout};

use crate::{
    data::Press,
    note,
    outcome::{Outcome, median, quantile, rounded},
    system::{self, quiet},
    tiers::Tier,
};

/// Children when nothing is said: more than any division in the country has.
pub(crate) const CHILDREN: usize = 1000;
/// The division above them.
const TOP: &str = "990000";
/// What one child may cost the node, KiB.
const CHILD_AIM_KIB: f64 = 100.0;
/// Dialled at a time: the node shakes hands with a bounded number.
const DIALLING: usize = 16;
/// For the processor time of a quiet node.
const WINDOW: Duration = Duration::from_secs(20);
/// Longest wait for any of it.
const PATIENCE: Duration = Duration::from_secs(120);
/// Broadcasts measured.
const BROADCASTS: usize = 3;

/// Memory by child, and what a broadcast takes.
pub(crate) fn fan_in(runtime: &Runtime, children: usize) -> Result<Outcome> {
    // Two sockets a child in all, and some for the files.
    system::allow_files(children * 2 + 1024)?;
    let place = tempfile::tempdir()?;
    let node = found(place.path(), children)?;
    note("making keys");
    let dials = dials(runtime, &node, place.path(), children)?;
    let top = Tier::start(runtime, node)?;
    let address = format!("127.0.0.1:{}", top.port()?);
    quiet(Duration::from_secs(1));
    let before = system::memory(top.pid)?.resident;
    note("dialling");
    let begun = Instant::now();
    let mut heard = dial_all(runtime, dials, &address)?;
    let dialled = begun.elapsed().as_secs_f64();
    quiet(Duration::from_secs(2));
    let kib = (system::memory(top.pid)?.resident - before) * 1024.0 / children as f64;
    let cpu = system::cpu_seconds(top.pid)?;
    quiet(WINDOW);
    let idle = (system::cpu_seconds(top.pid)? - cpu) / WINDOW.as_secs_f64();
    note("broadcasting");
    let mut reached = Vec::new();
    for number in 1..=BROADCASTS {
        reached.push(broadcast(runtime, &top, &mut heard, children, number)?);
    }
    let mut last: Vec<f64> = reached.iter().map(|ms| ms.1).collect();
    let mut half: Vec<f64> = reached.iter().map(|ms| ms.0).collect();
    Ok(Outcome {
        bench: "fan-in",
        items: children,
        value: kib,
        unit: "KiB of the node a child",
        limit: CHILD_AIM_KIB,
        limit_what: "resident memory that a connected child should cost its node",
        ratio: kib / CHILD_AIM_KIB,
        aim: 1.0,
        is_met: kib <= CHILD_AIM_KIB,
        more: json!({
            "rss_mib_before": rounded(before),
            "rss_mib_after": rounded(system::memory(top.pid)?.resident),
            "dialled_seconds": rounded(dialled),
            "idle_cpu_percent_of_a_core": rounded(idle * 100.0),
            "broadcast_ms_to_half": rounded(median(&mut half)),
            "broadcast_ms_to_all": rounded(median(&mut last)),
        }),
    })
}

/// Founds a node whose tree has so many children.
fn found(place: &Path, children: usize) -> Result<Node> {
    let seeds = place.join("seeds");
    fs::create_dir(&seeds)?;
    let row = |id: &str, level: &str, parent: Value| {
        json!({
            "id": id, "from": "0001-01-01", "code": id, "name": id, "name_en": id, "level": level,
            "kind": level, "parent": parent,
        })
    };
    let mut rows = vec![row(TOP, "municipal", Value::Null)];
    rows.extend((0..children).map(|n| row(&child(n), "county", json!(TOP))));
    fs::write(seeds.join("divisions.json"), serde_json::to_string(&rows)?)?;
    let folder = seeds.to_str().context("a folder of plain text")?;
    let node = Node::at(place.join(TOP), TOP, "127.0.0.1:0".to_owned());
    node.run(&["node", "init", "--division", TOP, "--listen", "127.0.0.1:0", "--seeds", folder])?;
    node.ask_for_no_sign_offs()?;
    let config = node.dir.join("gongkaid.toml");
    let text = fs::read_to_string(&config)?;
    fs::write(&config, text + "\n[admin]\nlisten = \"127.0.0.1:0\"\n")?;
    Ok(node)
}

/// Approves a catalog of the top in the name of the province, by a person of his own account: nobody decides what his
/// account wrote.
fn approve_outside(top: &Tier, catalog: &str) -> Result<()> {
    let desk = top.node.dir.join("reviewer");
    let desk = desk.to_str().context("a folder of plain text")?;
    if !Path::new(desk).exists() {
        top.node.run(&["operator", "certify", "reviewer", "--out", desk])?;
    }
    let decide = ["review", "approve", catalog, "--outside", "辽宁省", "--doc-no", "辽政公开〔2026〕1号"];
    let profile = format!("{desk}/profile.toml");
    gongkai_json(&[&["--profile", profile.as_str()], decide.as_slice()].concat()).map(drop)
}

fn child(n: usize) -> String {
    format!("{}", 991_000_000 + n)
}

/// One child's way to the node.
struct Line {
    division: DivisionId,
    dial: Dial,
    identify: Identify,
}

type Identify = Box<
    dyn FnOnce(
            &[rustls::pki_types::CertificateDer<'static>],
        ) -> Result<gongkai_pki::PeerIdentity, gongkai_pki::PeerError>
        + Send,
>;

/// Certifies the children with the node's own authority, and names their certificates in its journal, as enrolment does.
/// The address comes later.
fn dials(runtime: &Runtime, node: &Node, place: &Path, children: usize) -> Result<Vec<Line>> {
    let pki = PkiDir::open(&node.dir)?;
    let (issuer, root) = (Authority::load(&pki)?, authority::trust_root(&pki)?);
    let top = vec![DivisionId::parse(TOP)?];
    let now_ms = now_ms()?;
    let clock = SessionClock::new(move || now_ms);
    let mut lines = Vec::with_capacity(children);
    let mut entries = Vec::with_capacity(children);
    for n in 0..children {
        let path = vec![top[0].clone(), DivisionId::parse(&child(n))?];
        let dir = place.join("keys").join(child(n));
        fs::create_dir_all(&dir)?;
        let own = PkiDir::open(&dir)?;
        let request = Request::make(&own, &path, false)?;
        let (grant, checked) = issuer.grant(&request, &path, false, &Lifetimes::default(), now_ms)?;
        enrol::accept(&own, &grant, &issuer.root_fingerprint(), &path)?;
        let leaf = grant.leaf()?;
        let cert = CertPut {
            division: path[1].clone(),
            incarnation: life_of(&path[1])?,
            entry_key: KeyRecord { algorithm: SIGNATURE_ED25519, public: hex::encode(checked.entry_key) },
            tls_fingerprint: leaf.fingerprint.to_hex(),
            tls_not_after_ms: leaf.not_after_ms,
            authority_pem: String::new(),
            kept: Vec::new(),
        };
        entries.push(Draft::of(Kind::CertPut, path[1].clone(), payload::encode(&cert)));
        let tls = Credentials::load(&own)?.session_config(&clock)?;
        let dial = Dial { address: String::new(), name: server_name(&top)?, tls: tls.into() };
        let (root, division) = (root.clone(), path[1].clone());
        let identify: Identify = Box::new(move |chain| {
            let peer = identify(chain, &root, now_ms)?;
            peer.require_parent_of(&path)?;
            Ok(peer)
        });
        lines.push(Line { division, dial, identify });
    }
    let key = EntryKey::load(&pki)?;
    runtime.block_on(async {
        let store = Store::open(&node.dir).await?;
        let author = store.identity().author();
        store.append(entries, &author, &key, now_ms).await?;
        store.close().await;
        anyhow::Ok(())
    })?;
    Ok(lines)
}

/// Sixteen bytes that are another for every child.
fn life_of(division: &DivisionId) -> Result<Incarnation> {
    let mut id = [0; 16];
    id[..9].copy_from_slice(division.as_str().as_bytes().get(..9).context("nine digits")?);
    Ok(Incarnation::from_bytes(id))
}

fn now_ms() -> Result<i64> {
    Ok(i64::try_from(std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH)?.as_millis())?)
}

/// What a child has heard, and when.
struct Heard {
    offset: u64,
    at: Instant,
}

/// Opens all sessions, and waits until each has taken the node's position.
fn dial_all(runtime: &Runtime, lines: Vec<Line>, address: &str) -> Result<mpsc::UnboundedReceiver<Heard>> {
    let (tell, mut heard) = mpsc::unbounded_channel();
    let children = lines.len();
    let slots = std::sync::Arc::new(tokio::sync::Semaphore::new(DIALLING));
    for mut line in lines {
        address.clone_into(&mut line.dial.address);
        let (tell, slots) = (tell.clone(), std::sync::Arc::clone(&slots));
        runtime.spawn(async move {
            let division = line.division.clone();
            if let Err(error) = hold(line, tell, slots).await {
                note(format!("{division}: {error}"));
            }
        });
    }
    runtime.block_on(async {
        for n in 0..children {
            let first = timeout(PATIENCE, heard.recv()).await;
            first.ok().flatten().with_context(|| format!("{n} of {children} children are in session"))?;
        }
        Ok(heard)
    })
}

/// One child's session: takes every position as it comes and says so.
async fn hold(
    line: Line,
    tell: mpsc::UnboundedSender<Heard>,
    slots: std::sync::Arc<tokio::sync::Semaphore>,
) -> Result<()> {
    let slot = slots.acquire_owned().await?;
    let Duplex { mut inbound, outbound, .. } = grpc::open(&line.dial, line.identify).await?;
    let life = life_of(&line.division)?;
    let hello = Hello {
        protocol_min: PROTOCOL_MIN,
        protocol_max: PROTOCOL_MAX,
        division: line.division,
        incarnation: life,
        feed_id: life,
        daemon_id: life,
        host: "load".to_owned(),
        position: None,
        is_live: true,
        program: String::new(),
        introduction: Vec::new(),
    };
    outbound.send(&Message::Hello(hello)).await?;
    let mut slot = Some(slot);
    let mut seen = 0;
    while let Some(message) = inbound.receive().await {
        let position = match message? {
            Message::Heads { position: Some(position), .. } => position,
            Message::Batch(batch) => batch.to,
            Message::Refuse(refusal) => anyhow::bail!("{}: {}", refusal.code, refusal.message),
            _ => continue,
        };
        seen += 1;
        slot.take();
        // Nobody listens any more when the benchmark is over.
        let _ = tell.send(Heard { offset: position.offset, at: Instant::now() });
        outbound.send(&Message::Ack { position, faults: Vec::new() }).await?;
        outbound.send(&Message::Done { seen }).await?;
    }
    Ok(())
}

/// Publishes an edition, whose entry every child shall have; milliseconds from the first child's hearing of it until
/// half of them and until all have heard.
fn broadcast(
    runtime: &Runtime,
    top: &Tier,
    heard: &mut mpsc::UnboundedReceiver<Heard>,
    children: usize,
    number: usize,
) -> Result<(f64, f64)> {
    let workbook = Press::new().workbook(TOP, "social-assistance", 5, number)?;
    let admin = top.admin.clone();
    let publishing = runtime.block_on(async {
        admin.import(&workbook).await?;
        admin.submit(&workbook.catalog).await?;
        approve_outside(top, &workbook.catalog)?;
        while heard.try_recv().is_ok() {}
        anyhow::Ok(tokio::spawn(async move { admin.publish().await }))
    })?;
    // A refused edition would be waited for in vain.
    let edition = runtime.block_on(publishing)??;
    ensure!(edition as usize == number, "edition {edition} instead of {number}");
    let mut times: BTreeMap<u64, Vec<Instant>> = BTreeMap::new();
    runtime.block_on(async {
        while times.values().last().is_none_or(|times| times.len() < children) {
            let next = timeout(PATIENCE, heard.recv()).await.ok().flatten();
            let Heard { offset, at } = next.context("not every child has heard")?;
            times.entry(offset).or_default().push(at);
        }
        anyhow::Ok(())
    })?;
    let arrived = times.values().last().context("nobody heard")?;
    let first = arrived.iter().min().copied().context("nobody heard")?;
    let mut ms: Vec<f64> = arrived.iter().map(|at| at.duration_since(first).as_secs_f64() * 1000.0).collect();
    Ok((quantile(&mut ms, 0.5), quantile(&mut ms, 1.0)))
}
