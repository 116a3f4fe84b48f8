//! Thousands of joins with secrets that nobody gave out: each is refused, the log stays readable, and children's news are
//! committed meanwhile.

use anyhow::{Result, ensure};
use gongkai_link::grpc::{self, Dial, Join};
use gongkai_pki::{PkiDir, Request, tls::server_name};

use crate::{
    bystander::{Act, Bystander},
    gauge::Gauge,
    knock::Crowd,
    stage::{Stage, run},
    thief::{Thief, address, division},
};

const JOINS: usize = 600;
const AT_ONCE: usize = 24;
/// About one attacker in a minute or two.
const LINES_MAX: usize = 20;
/// Bytes of one question, about.
const QUESTION_BYTES: u64 = 1_500;

#[test]
fn refused_joins_flood_neither_the_log_nor_the_node() -> Result<()> {
    let place = tempfile::tempdir()?;
    let mut stage = Stage::set(place.path())?;
    let thief = Thief::steal(&mut stage.county, &stage.city)?;
    let other = Thief::steal(&mut stage.other, &stage.city)?;
    let stranger = tempfile::tempdir()?;
    let path = vec![thief.path[0].clone(), division("211224")];
    let join = Join {
        request: Request::make(&PkiDir::open(stranger.path())?, &path, true)?,
        path,
        secret: vec![7; 16],
        incarnation: thief.author.incarnation,
        host: "nobody".to_owned(),
    };
    let gauge = run(async {
        let mut bystander = Bystander::new(other, Act::News);
        let attack = async move {
            let tls = Crowd::of_strangers(&thief.tls, address(&thief.parent), &thief.path[..1])?.tls;
            let dial = Dial { address: thief.parent.clone(), name: server_name(&thief.path[..1])?, tls };
            for _ in 0..JOINS / AT_ONCE {
                let mut asked = tokio::task::JoinSet::new();
                for _ in 0..AT_ONCE {
                    let (dial, join) = (dial.clone(), join.clone());
                    asked.spawn(async move { grpc::join(&dial, &join).await });
                }
                while let Some(answered) = asked.join_next().await {
                    ensure!(answered?.is_err(), "nobody invited it");
                }
            }
            Ok(JOINS as u64 * QUESTION_BYTES)
        };
        Gauge::measure("refused joins", &stage.city, &mut bystander, attack).await
    })?;
    let log = std::fs::read_to_string(stage.city.dir.join("test.log"))?;
    let lines = log.lines().filter(|line| line.contains("GK-APP-022")).count();
    ensure!((1..=LINES_MAX).contains(&lines), "{lines} lines for {JOINS} refused joins");
    gauge.hold(&mut stage.city)
}
