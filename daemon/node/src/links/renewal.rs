//! This node's own certificate: renewed by itself long before its end, or when a person asks.
//!
//! Invariant: keys stay, sessions that stand go on under the certificate they began with, and a renewal that fails
//! leaves everything as it was. Left out: who gets one (app).

use std::time::Duration;

use gongkai_link::{
    LinkError,
    grpc::{self, Dial, Renew, Renewed},
};
use gongkai_model::digest::Digest;
use gongkai_pki::{Authority, Lifetimes, PkiDir, Request, enrol, files::Kept, tls, tls::Credentials};
use tokio_util::sync::CancellationToken;
use tracing::{info, warn};

use super::Shared;
use crate::Error;

/// A third of a certificate's year: months of tries before anybody must act.
const BEFORE_END_MS: i64 = 120 * 24 * 3_600 * 1_000;
/// How often the date is looked at, and a failed renewal tried again.
const LOOK_EVERY: Duration = Duration::from_secs(3_600);

/// Renews this node's certificate; cheap to clone.
#[derive(Clone)]
pub(crate) struct Renewal {
    shared: Shared,
    addresses: Vec<String>,
}

impl Renewal {
    /// Asks at these addresses of the parent, in turn.
    pub(crate) fn new(shared: Shared, addresses: Vec<String>) -> Self {
        Self { shared, addresses }
    }

    /// Watches the certificate's end until `stop`.
    pub(crate) async fn watch(self, stop: CancellationToken) {
        loop {
            let left_ms = self.shared.tls.credentials().not_after_ms().saturating_sub(self.shared.tls.clock().now_ms());
            if left_ms < BEFORE_END_MS {
                match self.renew().await {
                    Ok(not_after_ms) => info!(not_after_ms, "the certificate was renewed"),
                    Err(error) => warn!(code = error.code(), %error, "the certificate cannot be renewed now"),
                }
            }
            if stop.run_until_cancelled(tokio::time::sleep(LOOK_EVERY)).await.is_none() {
                return;
            }
        }
    }

    /// Renews now; gives the new end, unix milliseconds.
    pub(crate) async fn renew(&self) -> Result<i64, Error> {
        let credentials = self.shared.tls.credentials();
        let pki = PkiDir::open(self.shared.app.dir())?;
        match credentials.path() {
            [_] => {
                let now_ms = self.shared.app.now_ms();
                gongkai_pki::authority::renew_own(&pki, &Authority::load(&pki)?, &Lifetimes::default(), now_ms)?;
                let renewed = Credentials::load(&pki)?;
                self.shared.app.name_own_certificate(&renewed.fingerprint(), renewed.not_after_ms()).await?;
            }
            path => {
                let request = Request::make(&pki, path, pki.has(Kept::AuthorityChain))?;
                let renew = Renew { chain: credentials.chain().to_vec(), request };
                let renewed = self.ask(&credentials, &renew).await?;
                // Before the certificate is shown: those below ask for the entry that names it.
                self.shared.app.keep_introduction(&renewed.introduction).await?;
                enrol::accept_renewal(&pki, &renewed.grant, path)?;
            }
        }
        let renewed = Credentials::load(&pki)?;
        let not_after_ms = renewed.not_after_ms();
        self.shared.tls.swap(renewed)?;
        Ok(not_after_ms)
    }

    /// While the certificate is good it is shown, and the question comes over a child's place at the parent; one that has run
    /// out stands in the question only, which then waits among those of strangers.
    async fn ask(&self, credentials: &Credentials, renew: &Renew) -> Result<Renewed, Error> {
        let own = credentials.path();
        let above = own.get(..own.len().saturating_sub(1)).unwrap_or_default();
        let root = Digest::of_file(credentials.trust_root());
        let config = tls::join_config(&root, above, self.shared.tls.clock())?;
        let name = tls::server_name(above)?;
        let is_good = credentials.not_after_ms() > self.shared.tls.clock().now_ms();
        let mut last = Error::BadRequest { what: "no address of the parent is known".to_owned() };
        for address in &self.addresses {
            let dial = |tls| Dial { address: address.clone(), name: name.clone(), tls };
            let shown = match is_good {
                true => grpc::renew(&dial(self.shared.tls.connector()), renew).await,
                false => grpc::renew(&dial(config.clone().into()), renew).await,
            };
            let asked = match shown {
                // The parent may have another authority by now: that is for it to say, not for the handshake.
                Err(error) if is_good && !matches!(error, LinkError::Refused(_)) && !error.is_elsewhere() => {
                    grpc::renew(&dial(config.clone().into()), renew).await
                }
                asked => asked,
            };
            match asked {
                Ok(renewed) => return Ok(renewed),
                Err(error) if error.is_elsewhere() => last = error.into(),
                Err(error) => return Err(error.into()),
            }
        }
        Err(last)
    }
}
