//! Answers children that redeem a token.
//!
//! Invariant: what crosses the wire is the use case's code, sentence and hint, nothing of this node's inside.

use gongkai_app::JoinQuestion;
use gongkai_journal::sign::PublicKey;
use gongkai_link::{
    Refusal,
    grpc::{Anchor, Enrolment, Join, Joined, Renew, Renewed, Source},
};
use tracing::{error, info, warn};

use super::Shared;

/// The enrolling side of one node.
pub(crate) struct Enroller(pub(crate) Shared);

impl Enrolment for Enroller {
    async fn join(&self, join: Join, from: Option<Source>) -> Result<Joined, Refusal> {
        let Join { path, secret, request, incarnation, host } = join;
        let child = path.last().map(ToString::to_string).unwrap_or_default();
        match self.0.app.answer_join(JoinQuestion { path, secret, request, incarnation }).await {
            Ok(answer) => {
                info!(child, host, "a child was enrolled");
                let bytes = hex::decode(&answer.anchor.public).unwrap_or_default();
                let key = PublicKey { algorithm: answer.anchor.algorithm, bytes };
                let anchors = vec![Anchor { division: answer.anchor.division, key }];
                let (is_rebuilt, introduction) = (answer.is_rebuilt, answer.introduction);
                Ok(Joined { grant: answer.grant, anchors, is_rebuilt, introduction })
            }
            Err(failure) => Err(self.refusal(&child, from, &failure)),
        }
    }

    async fn renew(&self, renew: Renew, from: Option<Source>) -> Result<Renewed, Refusal> {
        let peer = self.0.identify_for_renewal(&renew.chain).map_err(|error| Refusal::from(&error))?;
        let child = peer.division.to_string();
        let renewed = self.0.app.answer_renewal(&peer, &renew.request).await;
        if renewed.is_ok() {
            info!(child, "a certificate was renewed");
        }
        let (grant, introduction) = renewed.map_err(|failure| self.refusal(&child, from, &failure))?;
        Ok(Renewed { grant, introduction })
    }
}

impl Enroller {
    /// Strangers ask here: what they are refused is written a few times for each address, and counted.
    fn refusal(&self, child: &str, from: Option<Source>, failure: &gongkai_app::Error) -> Refusal {
        let code = failure.code();
        let source = from.map_or_else(|| "unknown".to_owned(), |source| source.to_string());
        let left_out = self.0.sparing.says("enrolment refused", &source);
        if let gongkai_app::Error::Store(inside) = failure {
            if let Some(left_out) = left_out {
                error!(child, source, code, left_out, error = %inside, "cannot enrol a child");
            }
            return Refusal::passing(code, "the parent cannot enrol now", "look at the log of the parent's daemon");
        }
        if let Some(left_out) = left_out {
            warn!(child, source, code, left_out, %failure, "an enrolment was refused");
        }
        Refusal::lasting(code, failure.to_string(), failure.hint())
    }
}
