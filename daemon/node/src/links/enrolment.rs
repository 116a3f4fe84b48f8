//! Answers children that redeem a token.
//!
//! Invariant: what crosses the wire is the use case's code, sentence and hint, nothing of this node's inside.

use gongkai_app::{App, JoinQuestion};
use gongkai_journal::sign::PublicKey;
use gongkai_link::{
    Refusal,
    grpc::{Anchor, Enrolment, Join, Joined, Renew},
};
use gongkai_pki::Grant;
use tracing::{error, info, warn};

use crate::Told;

/// The enrolling side of one node.
pub(crate) struct Enroller(pub(crate) App);

impl Enrolment for Enroller {
    async fn join(&self, join: Join) -> Result<Joined, Refusal> {
        let Join { path, secret, request, incarnation, host } = join;
        let child = path.last().map(ToString::to_string).unwrap_or_default();
        match self.0.answer_join(JoinQuestion { path, secret, request, incarnation }).await {
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

    async fn renew(&self, _renew: Renew) -> Result<Grant, Refusal> {
        let told = Told::from(&crate::Error::NotYet { what: "renew certificates" });
        Err(Refusal::lasting(&told.code, told.message, told.hint))
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
