//! One child that opens connections without end: it has a child's share, and everybody else has his.

use anyhow::{Result, ensure};

use crate::{
    bystander::{Act, Bystander},
    gauge::{Gauge, descriptors},
    knock::Crowd,
    stage::{Stage, run},
    thief::{Thief, address},
};

const CONNECTIONS: usize = 600;
/// What one child may hold, and what the node opens for itself meanwhile.
const DESCRIPTORS_MORE_MAX: usize = 32;

#[test]
fn one_child_holds_its_share_of_connections_and_no_more() -> Result<()> {
    let place = tempfile::tempdir()?;
    let mut stage = Stage::set(place.path())?;
    let thief = Thief::steal(&mut stage.county, &stage.city)?;
    let other = Thief::steal(&mut stage.other, &stage.city)?;
    let before = descriptors(&stage.city)?;
    let (gauge, held) = run(async {
        let mut bystander = Bystander::new(other, Act::Knock);
        let (keep, mut kept) = tokio::sync::mpsc::channel(CONNECTIONS);
        let attack = async move {
            let crowd = Crowd::of(&thief, address(&thief.parent), &thief.path[..1]);
            for _ in 0..CONNECTIONS {
                keep.try_send(crowd.shake(2).await?)?;
            }
            Ok(crowd.sent.bytes())
        };
        let gauge = Gauge::measure("one child's connections", &stage.city, &mut bystander, attack).await?;
        let mut held = Vec::new();
        kept.recv_many(&mut held, CONNECTIONS).await;
        Ok((gauge, held))
    })?;
    let now = descriptors(&stage.city)?;
    ensure!(held.len() == CONNECTIONS && now <= before + DESCRIPTORS_MORE_MAX, "{before} descriptors, then {now}");
    drop(held);
    gauge.hold(&mut stage.city)
}
