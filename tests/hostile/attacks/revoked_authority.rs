//! A revoked county mints itself a new certificate with the authority that it was once given: it opens no session, and
//! neither does the one that it was given itself.

use std::{path::Path, sync::Arc};

use anyhow::{Result, ensure};
use gongkai_link::LinkError;
use gongkai_pki::{
    Authority, Lifetimes, PkiDir, Request,
    files::Kept,
    tls::{Credentials, HotTls, SessionClock},
};
use gongkai_sync::message::Message;
use gongkai_tests::tree::{COUNTY, copy};

use crate::{
    bystander::{Act, Bystander},
    gauge::Gauge,
    stage::{Stage, now_ms, run},
    thief::Thief,
};

/// Certificates minted one after the other.
const MINTED: usize = 20;

#[test]
fn a_certificate_minted_by_a_revoked_county_opens_no_session() -> Result<()> {
    let place = tempfile::tempdir()?;
    let mut stage = Stage::set(place.path())?;
    let mut thief = Thief::steal(&mut stage.county, &stage.city)?;
    let other = Thief::steal(&mut stage.other, &stage.city)?;
    let forged = tempfile::tempdir()?;
    copy(&stage.county.dir, forged.path())?;
    // Before anybody knows of the theft, one that no entry names opens no session either.
    run(async {
        let genuine = Arc::clone(&thief.tls);
        mint(&mut thief, forged.path())?;
        ensure!(
            refusal(&thief).await? == Some("GK-PKI-048".to_owned()),
            "a minted certificate of a county that stands"
        );
        thief.tls = genuine;
        thief.greet().await.map(drop)
    })?;
    stage.city.run(&["node", "revoke", COUNTY, "--reason", "its keys were stolen"])?;
    let gauge = run(async {
        let mut bystander = Bystander::new(other, Act::News);
        let attack = async move {
            ensure!(refusal(&thief).await?.is_some(), "the certificate that it was given");
            for _ in 0..MINTED {
                mint(&mut thief, forged.path())?;
                ensure!(refusal(&thief).await? == Some("GK-PKI-048".to_owned()), "a certificate that it minted");
            }
            Ok(0)
        };
        Gauge::measure("certificates of a revoked authority", &stage.city, &mut bystander, attack).await
    })?;
    gauge.hold(&mut stage.city)
}

/// A new leaf for the county itself, signed with the county's own authority.
fn mint(thief: &mut Thief, dir: &Path) -> Result<()> {
    let pki = PkiDir::open(dir)?;
    let request = Request::make(&pki, &thief.path, false)?;
    let chain = Authority::load(&pki)?.sign_csr(&request.tls_csr, &thief.path, &Lifetimes::default(), now_ms()?)?;
    std::fs::write(pki.path(Kept::TlsChain), chain)?;
    let clock = SessionClock::new(|| now_ms().unwrap_or(0));
    thief.tls = Arc::new(HotTls::new(Credentials::load(&pki)?, clock)?);
    Ok(())
}

/// The code with which a session ends before the node has said anything else; `None` where it says more.
async fn refusal(thief: &Thief) -> Result<Option<String>> {
    let mut talk = match thief.open().await {
        Ok(talk) => talk,
        Err(LinkError::Refused(refusal)) => return Ok(Some(refusal.code)),
        Err(other) => return Err(other.into()),
    };
    // Where the connection is refused outright there is nobody to say it to.
    let _ = talk.say(&thief.hello(None)).await;
    match talk.hear().await {
        Ok(Some(Message::Refuse(refusal))) => Ok(Some(refusal.code)),
        Ok(Some(_)) => Ok(None),
        Ok(None) => Ok(Some(String::new())),
        Err(error) => match error.downcast::<LinkError>()? {
            LinkError::Refused(refusal) => Ok(Some(refusal.code)),
            other => Ok(Some(other.code().to_owned())),
        },
    }
}
