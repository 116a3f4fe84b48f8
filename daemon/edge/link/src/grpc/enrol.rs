//! The Enrol service: the one that needs no client certificate.
//!
//! Invariant: what reaches the caller has passed every check of form; who gets a certificate is the caller's decision.

use std::{future::Future, sync::Arc};

use gongkai_proto::link::v1::{self as wire, enrol_server::Enrol as EnrolService};
use tokio::sync::Semaphore;
use tonic::{Request, Response, Status};

use super::{
    enrol_words::{Join, Joined, Renew, Renewed, read_join, read_renew, write_joined, write_renewed},
    lobby::Source,
    server::facts_of,
    tuning::ENROLMENTS_AT_ONCE,
};
use crate::{
    codec::DecodeError,
    refusal::{Refusal, refusal_status},
};

/// Who gets a certificate: the caller's business.
pub trait Enrolment: Send + Sync + 'static {
    /// Redeems an invite, of somebody from this address.
    fn join(&self, join: Join, from: Option<Source>) -> impl Future<Output = Result<Joined, Refusal>> + Send;

    /// Renews a certificate for the chain that the child shows. Only its proofs vouch for it.
    fn renew(&self, renew: Renew, from: Option<Source>) -> impl Future<Output = Result<Renewed, Refusal>> + Send;
}

pub(super) struct Server<E> {
    enrolment: Arc<E>,
    /// Whoever asks is nobody yet: all of them together keep the node from its children's work for two answers at most.
    turns: Semaphore,
}

impl<E> Server<E> {
    pub(super) fn new(enrolment: Arc<E>) -> Self {
        Self { enrolment, turns: Semaphore::new(ENROLMENTS_AT_ONCE) }
    }
}

#[tonic::async_trait]
impl<E: Enrolment> EnrolService for Server<E> {
    async fn join(&self, request: Request<wire::JoinRequest>) -> Result<Response<wire::JoinReply>, Status> {
        let facts = facts_of(&request)?;
        let _call = facts.calls.begin();
        let join = read_join(request.into_inner()).map_err(|error| malformed(&error))?;
        // The semaphore is never closed.
        let _turn = self.turns.acquire().await.ok();
        let from = facts.remote.as_ref().map(Source::of);
        let joined = self.enrolment.join(join, from).await.map_err(|refusal| refusal_status(&refusal))?;
        Ok(Response::new(write_joined(joined)))
    }

    async fn renew(&self, request: Request<wire::RenewRequest>) -> Result<Response<wire::RenewReply>, Status> {
        let facts = facts_of(&request)?;
        let _call = facts.calls.begin();
        let renew = read_renew(request.into_inner()).map_err(|error| malformed(&error))?;
        let _turn = self.turns.acquire().await.ok();
        let from = facts.remote.as_ref().map(Source::of);
        let renewed = self.enrolment.renew(renew, from).await.map_err(|refusal| refusal_status(&refusal))?;
        Ok(Response::new(write_renewed(renewed)))
    }
}

fn malformed(error: &DecodeError) -> Status {
    refusal_status(&Refusal::lasting(error.code(), error.to_string(), error.hint()))
}
