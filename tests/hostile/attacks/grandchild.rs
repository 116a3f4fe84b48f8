//! A town's certificate at the city: genuine, and no child's. It gets a stranger's share of connections, and a daemon that
//! may open few files still serves its children and its operators.

use anyhow::{Result, ensure};
use gongkai_tests::tree::TOWN;

use crate::{
    bystander::{Act, Bystander},
    gauge::{Gauge, descriptors},
    knock::Crowd,
    stage::{Stage, enrolled, run},
    thief::{Thief, address},
};

/// What an account's shell allows.
const DESCRIPTORS_MAX: u32 = 1_024;
const CONNECTIONS: usize = 1_200;
/// The attacker's addresses.
const FROM: [u8; 4] = [2, 3, 4, 5];
/// What is kept for the store and the operators.
const LEFT_MIN: usize = 128;

#[test]
fn a_grandchilds_certificate_takes_no_childs_place_and_no_operators() -> Result<()> {
    let place = tempfile::tempdir()?;
    let mut stage = Stage::set(place.path())?;
    let mut town = enrolled(place.path(), &stage.county, TOWN)?;
    let thief = Thief::steal(&mut town, &stage.county)?;
    let other = Thief::steal(&mut stage.other, &stage.city)?;
    stage.city.stop()?;
    stage.city.descriptors_max = Some(DESCRIPTORS_MAX);
    stage.city.start()?;
    let to = address(&stage.city.listen);
    let (gauge, held) = run(async {
        let mut bystander = Bystander::new(other, Act::Knock);
        let (keep, mut kept) = tokio::sync::mpsc::channel(CONNECTIONS);
        let attack = async move {
            let crowd = Crowd::of(&thief, to, &thief.path[..1]);
            for number in 0..CONNECTIONS {
                if let Ok(stream) = crowd.shake(FROM[number % FROM.len()]).await {
                    keep.try_send(stream)?;
                }
            }
            Ok(crowd.sent.bytes())
        };
        let gauge = Gauge::measure("a grandchild's certificate", &stage.city, &mut bystander, attack).await?;
        let mut held = Vec::new();
        kept.recv_many(&mut held, CONNECTIONS).await;
        Ok((gauge, held))
    })?;
    let open = descriptors(&stage.city)?;
    ensure!(open + LEFT_MIN <= DESCRIPTORS_MAX as usize, "{open} descriptors are open");
    stage.city.run(&["status"])?;
    drop(held);
    gauge.hold(&mut stage.city)
}
