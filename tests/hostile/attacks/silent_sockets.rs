//! Three hundred connections a second that say nothing, or begin a handshake and stop: children are let in meanwhile, the
//! slow ones too.

use std::time::Duration;

use anyhow::{Result, ensure};
use gongkai_tests::tree::pause;
use tokio::{io::AsyncWriteExt as _, net::TcpStream, time::MissedTickBehavior};

use crate::{
    bystander::{Act, Bystander},
    gauge::Gauge,
    knock::{Crowd, connect},
    stage::{Stage, run},
    thief::{Thief, address},
};

const A_SECOND: u32 = 300;
const SECONDS: u32 = 6;
/// The attacker's address; the children's is 127.0.0.1.
const FROM: u8 = 2;
/// The beginning of a TLS record, and no more.
const HALF_A_GREETING: &[u8] = &[0x16, 0x03, 0x01, 0x02, 0x00];
/// A line over two satellites.
const SLOW: Duration = Duration::from_secs(2);

/// Every second one has begun to say something.
async fn crowd(to: std::net::SocketAddr) -> Result<u64> {
    let mut every = tokio::time::interval(Duration::from_secs(1) / A_SECOND);
    every.set_missed_tick_behavior(MissedTickBehavior::Burst);
    let (mut held, mut sent): (Vec<TcpStream>, u64) = (Vec::new(), 0);
    for number in 0..A_SECOND * SECONDS {
        every.tick().await;
        // One that is refused is as good for the attacker.
        let Ok(mut stream) = connect(FROM, to).await else { continue };
        if number % 2 == 0 && stream.write_all(HALF_A_GREETING).await.is_ok() {
            sent += HALF_A_GREETING.len() as u64;
        }
        held.push(stream);
    }
    Ok(sent)
}

#[test]
fn silent_sockets_keep_no_child_out_and_no_slow_one_either() -> Result<()> {
    let place = tempfile::tempdir()?;
    let mut stage = Stage::set(place.path())?;
    let other = Thief::steal(&mut stage.other, &stage.city)?;
    let to = address(&stage.city.listen);
    let slow = Crowd::of(&other, to, &other.path[..1]);
    let gauge = run(async {
        let mut bystander = Bystander::new(other, Act::Knock);
        let slowly = tokio::spawn(async move {
            let mut let_in = 0;
            for _ in 0..2 {
                let stream = connect(1, to).await?;
                tokio::task::spawn_blocking(|| pause(SLOW)).await?;
                let_in += u32::from(slow.shake_on(stream).await.is_ok());
            }
            Ok::<_, anyhow::Error>(let_in)
        });
        let gauge = Gauge::measure("silent and half-shaken sockets", &stage.city, &mut bystander, crowd(to)).await?;
        let let_in = slowly.await??;
        ensure!(let_in == 2, "of two slow children {let_in} were let in");
        Ok(gauge)
    })?;
    gauge.hold(&mut stage.city)
}
