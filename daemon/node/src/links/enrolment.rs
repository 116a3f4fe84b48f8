//! Answers children that redeem a token.
//!
//! Invariant: what crosses the wire is the use case's code, sentence and hint, nothing of this node's inside.

use gongkai_app::JoinQuestion;
use gongkai_journal::sign::PublicKey;
use gongkai_link::{
    Refusal,
    grpc::{Anchor, Enrolment, Join, Joined, Renew},
};
use gongkai_pki::Grant;
use tracing::{error, info, warn};

use super::Shared;

/// The enrolling side of one node.
pub(crate) struct Enroller(pub(crate) Shared);

impl Enrolment for Enroller {
    async fn join(&self, join: Join) -> Result<Joined, Refusal> {
        let Join { path, secret, request, incarnation, host } = join;
        let child = path.last().map(ToString::to_string).unwrap_or_default();
        match self.0.app.answer_join(JoinQuestion { path, secret, request, incarnation }).await {
            Ok(answer) => {
                info!(child, host, "a child was enrolled");
                let bytes = hex::decode(&answer.anchor.public).unwrap_or_default();
                let key = PublicKey { algorithm: answer.anchor.algorithm, bytes };
                let anchors = vec![Anchor { division: answer.anchor.division, key }];
                Ok(Joined { grant: answer.grant, anchors, is_rebuilt: answer.is_rebuilt })
            }
            Err(failure) => Err(refusal(&child, &host, &failure)),
        }
    }

    async fn renew(&self, renew: Renew) -> Result<Grant, Refusal> {
        let peer = self.0.identify_for_renewal(&renew.chain).map_err(|error| Refusal::from(&error))?;
        let child = peer.division.to_string();
        let renewed = self.0.app.answer_renewal(&peer, &renew.request).await;
        match &renewed {
            Ok(_) => info!(child, "a certificate was renewed"),
            Err(failure) => warn!(child, code = failure.code(), "a renewal was refused"),
        }
        renewed.map_err(|failure| refusal(&child, "", &failure))
    }
}

fn refusal(child: &str, host: &str, failure: &gongkai_app::Error) -> Refusal {
    let code = failure.code();
    if let gongkai_app::Error::Store(inside) = failure {
        error!(child, host, code, error = %inside, "cannot enrol a child");
        return Refusal::passing(code, "the parent cannot enrol now", "look at the log of the parent's daemon");
    }
    warn!(child, host, code, %failure, "a join was refused");
    Refusal::lasting(code, failure.to_string(), failure.hint())
}
