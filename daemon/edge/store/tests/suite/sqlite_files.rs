//! Claims about the data directory and the SQLite files in it: what is refused, and what survives.

use std::{
    fs,
    io::{BufRead, BufReader, Write},
    path::{Path, PathBuf},
    process::{Command, Stdio},
};

use gongkai_store::{Error, MARKER_FILE, Store};
use sqlx::{ConnectOptions, Connection, sqlite::SqliteConnectOptions};

use crate::bed::{Bed, Node, about, author, chain, draft, id, identity, signer, stream};

/// Names the directory to the child process of [`a_killed_writer_loses_nothing_that_it_confirmed`].
const CHILD_DIR: &str = "GONGKAI_STORE_TEST_DIR";

async fn sql(dir: &Path, text: &'static str) {
    let mut connection =
        SqliteConnectOptions::new().filename(dir.join(gongkai_store::DATABASE_FILE)).connect().await.unwrap();
    sqlx::raw_sql(text).execute(&mut connection).await.unwrap();
    connection.close().await.unwrap();
}

async fn refusal(dir: &Path) -> &'static str {
    let error = Store::open(dir).await.err().map(|error| (error.code(), error.hint()));
    let (code, hint) = error.unwrap_or(("none", "-".to_owned()));
    assert!(!hint.is_empty());
    code
}

async fn filled(bed: &Bed) -> Node {
    let t1 = bed.node("t1").await;
    t1.write((0..200).map(|number| draft("t1", &format!("{number}"))).collect()).await;
    t1
}

#[tokio::test]
async fn reopening_gives_the_same_state() {
    let bed = Bed::new();
    let k = bed.node("k").await;
    k.write(vec![draft("k", "a")]).await;
    k.receive("t1", &chain(&stream("t1", "t1"), None, 4, "e")[2..]).await;
    k.store.put_projections(vec![("a".to_owned(), "b".to_owned(), Some("{}".to_owned()))], 1).await.unwrap();
    let position = bed.end_of(&k, &bed.route("t1")).await;
    k.store.record_acked(&id("t1"), &position, 3).await.unwrap();
    let state = async |store: &Store| {
        (
            store.feed_state().await.unwrap(),
            store.heads(&bed.route("c")).await.unwrap(),
            store.wants(&id("t1")).await.unwrap(),
            store.acked_of(&id("t1")).await.unwrap(),
            store.projection_digest().await.unwrap(),
            store.identity().clone(),
        )
    };
    let before = state(&k.store).await;
    assert_eq!(before.3, Some(position));
    k.store.close().await;
    drop(k.store);
    let store = Store::open(&k.dir).await.unwrap();
    assert_eq!(state(&store).await, before);
    assert_eq!(*store.watch().borrow(), 1);
}

#[tokio::test]
async fn a_directory_that_is_not_ours_is_refused_and_untouched() {
    let bed = Bed::new();
    let dir = bed.path("foreign");
    fs::create_dir(&dir).unwrap();
    fs::write(dir.join("thesis.doc"), "x").unwrap();
    let refused = Store::create(&dir, identity("t1"), 1).await.unwrap_err();
    assert_eq!(refused.code(), "GK-STORE-008");
    assert_eq!(fs::read_dir(&dir).unwrap().count(), 1);
    assert_eq!(refusal(&dir).await, "GK-STORE-010");
    assert_eq!(refusal(&bed.path("nowhere")).await, "GK-STORE-010");
    // Keys made before the store are no reason to refuse.
    let ours = bed.path("ours");
    fs::create_dir_all(ours.join("pki")).unwrap();
    Store::create(&ours, identity("t1"), 1).await.unwrap().close().await;
    assert_eq!(Store::create(&ours, identity("t1"), 1).await.unwrap_err().code(), "GK-STORE-009");
}

#[tokio::test]
async fn a_creation_that_stopped_half_way_can_be_repeated() {
    let bed = Bed::new();
    let t1 = bed.node("t1").await;
    t1.store.close().await;
    drop(t1.store);
    fs::remove_file(t1.dir.join(MARKER_FILE)).unwrap();
    assert_eq!(refusal(&t1.dir).await, "GK-STORE-010");
    let store = Store::create(&t1.dir, identity("t2"), 1).await.unwrap();
    assert_eq!(store.identity().division, id("t2"));
    store.append(vec![draft("t2", "a")], &author("t2"), &signer("t2"), 1).await.unwrap();
    store.close().await;
    drop(store);
    // With entries in it, it is no half-made node but one that lost its marker.
    fs::remove_file(t1.dir.join(MARKER_FILE)).unwrap();
    let refused = Store::create(&t1.dir, identity("t2"), 1).await.unwrap_err();
    assert_eq!(refused.code(), "GK-STORE-011");
}

#[tokio::test]
async fn two_daemons_on_one_directory_are_refused() {
    let bed = Bed::new();
    let t1 = bed.node("t1").await;
    let refused = Store::open(&t1.dir).await.unwrap_err();
    assert!(matches!(&refused, Error::InUse { pid } if *pid == std::process::id().to_string()), "{refused:?}");
    let clone = t1.store.clone();
    drop(t1.store);
    assert_eq!(refusal(&t1.dir).await, "GK-STORE-006");
    clone.close().await;
    drop(clone);
    Store::open(&t1.dir).await.unwrap();
}

#[tokio::test]
async fn another_nodes_database_is_refused() {
    let bed = Bed::new();
    let (t1, t2) = (bed.node("t1").await, bed.node("t2").await);
    for node in [&t1, &t2] {
        node.store.close().await;
    }
    let (one, two) = (t1.dir.clone(), t2.dir.clone());
    drop((t1, t2));
    fs::copy(two.join(MARKER_FILE), one.join(MARKER_FILE)).unwrap();
    assert_eq!(refusal(&one).await, "GK-STORE-005");
    fs::write(two.join(MARKER_FILE), "{}").unwrap();
    assert_eq!(refusal(&two).await, "GK-STORE-012");
}

#[tokio::test]
async fn what_a_later_version_wrote_is_refused() {
    let bed = Bed::new();
    let t1 = bed.node("t1").await;
    t1.store.close().await;
    let dir = t1.dir.clone();
    drop(t1);
    let marker = fs::read_to_string(dir.join(MARKER_FILE)).unwrap();
    fs::write(dir.join(MARKER_FILE), r#"{"format": 2, "node": {}}"#).unwrap();
    assert_eq!(refusal(&dir).await, "GK-STORE-004");
    fs::write(dir.join(MARKER_FILE), marker).unwrap();
    sql(&dir, "INSERT INTO _sqlx_migrations (version, description, success, checksum, execution_time) VALUES (1000, 'x', 1, x'00', 1)").await;
    assert_eq!(refusal(&dir).await, "GK-STORE-004");
}

#[tokio::test]
async fn a_damaged_file_is_refused() {
    let bed = Bed::new();
    let t1 = filled(&bed).await;
    t1.store.close().await;
    let dir = t1.dir.clone();
    drop(t1);
    let file = dir.join(gongkai_store::DATABASE_FILE);
    let whole = fs::read(&file).unwrap();
    let check = async |what: &str, bytes: Vec<u8>| {
        fs::write(&file, bytes).unwrap();
        assert_eq!(refusal(&dir).await, "GK-STORE-003", "{what}");
        for suffix in ["-wal", "-shm"] {
            let _ = fs::remove_file(dir.join(format!("gongkai.db{suffix}")));
        }
    };
    check("no database at all", b"PK\x03\x04 a workbook".repeat(300)).await;
    check("empty", Vec::new()).await;
    check("cut in the middle", whole[..whole.len() / 2].to_vec()).await;
    let mut scribbled = whole.clone();
    let middle = scribbled.len() / 8192 * 4096;
    scribbled[middle..middle + 4096].fill(0xa5);
    check("a page of noise", scribbled).await;
    fs::remove_file(&file).unwrap();
    assert_eq!(refusal(&dir).await, "GK-STORE-003");
    fs::write(&file, &whole).unwrap();
    // An older database under a newer feed row, or the other way round.
    sql(&dir, "UPDATE feed SET feed_offset = 199").await;
    assert_eq!(refusal(&dir).await, "GK-STORE-003");
    fs::write(&file, &whole).unwrap();
    assert_eq!(refusal(&dir).await, "none");
}

#[tokio::test]
async fn a_changed_row_is_found_and_never_handed_out() {
    let bed = Bed::new();
    let t1 = filled(&bed).await;
    let changes: [(&'static str, u64); 5] = [
        ("UPDATE payloads SET bytes = CAST('other' AS BLOB) WHERE feed = 11", 11),
        ("DELETE FROM payloads WHERE feed = 22", 22),
        ("UPDATE entries SET header = zeroblob(40) WHERE feed = 33", 33),
        ("UPDATE entries SET signature = zeroblob(300) WHERE feed = 44", 44),
        ("UPDATE entries SET header = (SELECT header FROM entries WHERE feed = 1) WHERE feed = 55", 55),
    ];
    for (change, feed) in changes {
        sql(&t1.dir, change).await;
        let error = t1.store.entries_after(feed - 1, 1).await.unwrap_err();
        assert!(matches!(error, Error::Damaged { feed: found, .. } if found == feed), "{change}: {error:?}");
    }
    sql(&t1.dir, "UPDATE entries SET feed_hash = (SELECT feed_hash FROM entries WHERE feed = 1) WHERE feed = 66").await;
    sql(&t1.dir, "UPDATE tips SET hash = (SELECT hash FROM entries WHERE feed = 77), seq = 77").await;
    let found = t1.store.verify_chain(&|_, _| {}).await.unwrap();
    for feed in [11, 22, 33, 44, 55, 66, 77] {
        assert!(found.problems.iter().any(|problem| problem.feed == feed), "{feed}: {:?}", found.problems);
    }
    for feed in [1, 10, 12, 99] {
        assert!(!found.problems.iter().any(|problem| problem.feed == feed), "{feed}: {:?}", found.problems);
    }
    sql(&t1.dir, "PRAGMA foreign_keys = OFF; DELETE FROM entries WHERE feed = 150").await;
    let found = t1.store.verify_chain(&|_, _| {}).await.unwrap();
    assert!(found.problems.iter().any(|problem| problem.feed == 150));
}

#[tokio::test]
async fn a_dropped_write_leaves_nothing() {
    let bed = Bed::new();
    let t1 = bed.node("t1").await;
    // Dropped after more and more polls: before the transaction, within it, at its commit.
    let mut finished = 0;
    for polls in 0..60 {
        let before = t1.store.feed_state().await.unwrap().offset;
        let drafts = (0..120).map(|number| draft("t1", &format!("{number}"))).collect();
        let mut write = Box::pin(t1.store.append(drafts, &t1.author, &t1.signer, 1));
        let mut is_done = false;
        for _ in 0..polls {
            if futures::poll!(&mut write).is_ready() {
                is_done = true;
                break;
            }
            tokio::task::yield_now().await;
        }
        drop(write);
        finished += usize::from(is_done);
        let after = t1.store.feed_state().await.unwrap().offset;
        assert!(after == before || after == before + 120, "{before} {after}");
        assert!(!is_done || after == before + 120);
    }
    t1.write(vec![draft("t1", "the next one is not hindered")]).await;
    t1.assert_whole().await;
    assert!(finished < 60, "no write was dropped");
}

/// A mounted file system of a size, unmounted at the end.
struct TinyDisk(PathBuf);

impl TinyDisk {
    /// `None` where mounting is not allowed.
    fn mount(at: PathBuf, options: &str) -> Option<Self> {
        fs::create_dir(&at).unwrap();
        let mount = Command::new("mount").args(["-t", "tmpfs", "-o", options, "tmpfs"]).arg(&at).output().ok()?;
        mount.status.success().then_some(Self(at))
    }
}

impl Drop for TinyDisk {
    fn drop(&mut self) {
        let _ = Command::new("umount").arg("-l").arg(&self.0).output();
    }
}

fn skipped(why: &str) {
    // A plain message: a claim that was not looked at must not look like one that holds.
    let _ = writeln!(std::io::stderr(), "skipped: {why}");
}

#[tokio::test]
async fn a_full_disk_is_named_and_heals() {
    let bed = Bed::new();
    let Some(disk) = TinyDisk::mount(bed.path("disk"), "size=1m") else { return skipped("mounting is not allowed") };
    let dir = disk.0.join("t1");
    let store = Store::create(&dir, identity("t1"), 1).await.unwrap();
    let t1 = bed.dress("t1", store, dir);
    let ballast = disk.0.join("ballast");
    fs::write(&ballast, vec![1; 300 * 1024]).unwrap();
    let mut written = 0;
    let refused = loop {
        let large = draft("t1", &"x".repeat(20_000));
        match t1.store.append(vec![large], &t1.author, &t1.signer, 1).await {
            Ok(_) => written += 1,
            Err(error) => break error,
        }
        assert!(written < 100);
    };
    assert_eq!(refused.code(), "GK-STORE-001", "{refused:?}");
    assert!(refused.is_transient());
    assert!(written > 0);
    assert_eq!(t1.store.feed_state().await.unwrap().offset, written, "reading goes on");
    fs::remove_file(&ballast).unwrap();
    t1.write(vec![draft("t1", "there is room again")]).await;
    t1.assert_whole().await;
    t1.store.close().await;
}

#[tokio::test]
async fn a_read_only_directory_is_named() {
    let bed = Bed::new();
    let Some(disk) = TinyDisk::mount(bed.path("disk"), "size=2m") else { return skipped("mounting is not allowed") };
    let dir = disk.0.join("t1");
    Store::create(&dir, identity("t1"), 1).await.unwrap().close().await;
    let remount = Command::new("mount").args(["-o", "remount,ro"]).arg(&disk.0).output().unwrap();
    assert!(remount.status.success());
    assert_eq!(refusal(&dir).await, "GK-STORE-002");
    let refused = Store::create(&disk.0.join("t2"), identity("t2"), 1).await.unwrap_err();
    assert_eq!(refused.code(), "GK-STORE-002");
}

/// Not a claim: the process that the next test kills.
#[tokio::test]
#[ignore = "run by a_killed_writer_loses_nothing_that_it_confirmed"]
async fn child_that_writes_until_it_is_killed() {
    let Some(dir) = std::env::var_os(CHILD_DIR) else { return };
    let bed = Bed::new();
    let store = Store::open(Path::new(&dir)).await.unwrap();
    let k = bed.dress("k", store, PathBuf::from(dir));
    let received = chain(&stream("t1", "t1"), None, 3_000, "e");
    for batch in received.chunks(30) {
        k.receive("t1", batch).await;
        k.write(vec![draft("k", "own"), draft("t1", "own")]).await;
        let offset = k.store.feed_state().await.unwrap().offset;
        writeln!(std::io::stdout(), "confirmed {offset}").unwrap();
    }
}

#[tokio::test]
async fn a_killed_writer_loses_nothing_that_it_confirmed() {
    for confirmations in [1, 4, 9] {
        let bed = Bed::new();
        let k = bed.node("k").await;
        k.store.close().await;
        let dir = k.dir.clone();
        drop(k);
        let mut child = Command::new(std::env::current_exe().unwrap())
            .args(["--exact", "sqlite_files::child_that_writes_until_it_is_killed", "--ignored", "--nocapture"])
            .env(CHILD_DIR, &dir)
            .stdout(Stdio::piped())
            .spawn()
            .unwrap();
        let lines = BufReader::new(child.stdout.take().unwrap()).lines().map_while(Result::ok);
        let numbers = lines.filter_map(|line| line.split_once("confirmed ")?.1.trim().parse::<u64>().ok());
        let confirmed = numbers.take(confirmations).last();
        child.kill().unwrap();
        child.wait().unwrap();
        let confirmed = confirmed.unwrap();

        let store = Store::open(&dir).await.unwrap();
        let k = bed.dress("k", store, dir);
        let offset = k.store.feed_state().await.unwrap().offset;
        assert!(offset >= confirmed, "{offset} of {confirmed}");
        // Whole batches only: 30 received or 2 written, in turns.
        assert!(matches!(offset % 32, 0 | 30), "{offset}");
        k.assert_whole().await;
        assert!(k.store.entries_after(offset - 1, 1).await.unwrap().iter().all(|last| about(&last.entry).is_some()));
    }
}
