//! Clients without a certificate that finish their handshake and say nothing: who has a token still joins.

use anyhow::Result;
use gongkai_tests::tree::eventually;

use crate::{
    bystander::{Act, Bystander},
    gauge::Gauge,
    knock::Crowd,
    stage::{Stage, enrolled, run},
    thief::{Thief, address},
};

/// From each of these addresses so many.
const FROM: [u8; 6] = [2, 3, 4, 5, 6, 7];
const EACH: usize = 40;
/// A third county.
const JOINER: &str = "211224";

#[test]
fn silent_clients_without_a_certificate_stop_no_join() -> Result<()> {
    let place = tempfile::tempdir()?;
    let mut stage = Stage::set(place.path())?;
    let thief = Thief::steal(&mut stage.county, &stage.city)?;
    let other = Thief::steal(&mut stage.other, &stage.city)?;
    let (gauge, held) = run(async {
        let mut bystander = Bystander::new(other, Act::Knock);
        let (keep, mut kept) = tokio::sync::mpsc::channel(FROM.len() * EACH);
        let attack = async move {
            let crowd = Crowd::of_strangers(&thief.tls, address(&thief.parent), &thief.path[..1])?;
            for _ in 0..EACH {
                for host in FROM {
                    // One that has to wait for a place is held up as the attacker wants it.
                    if let Ok(stream) = crowd.shake(host).await {
                        keep.try_send(stream)?;
                    }
                }
            }
            Ok(crowd.sent.bytes())
        };
        let gauge = Gauge::measure("silent TLS clients without a certificate", &stage.city, &mut bystander, attack);
        let gauge = gauge.await?;
        let mut held = Vec::new();
        kept.recv_many(&mut held, FROM.len() * EACH).await;
        Ok((gauge, held))
    })?;
    let joiner = enrolled(place.path(), &stage.city, JOINER)?;
    eventually("the joiner is let in", || Ok(joiner.link("211200")?["state"] == "connected"))?;
    drop(held);
    gauge.hold(&mut stage.city)
}
