//! The Enrol service: the one that needs no client certificate.
//!
//! Invariant: what reaches the caller has passed every check of form; who gets a certificate is the caller's decision.

use std::{future::Future, sync::Arc};

use gongkai_pki::Grant;
use gongkai_proto::link::v1::{self as wire, enrol_server::Enrol as EnrolService};
use tonic::{Request, Response, Status};

use super::enrol_words::{Join, Joined, Renew, read_join, read_renew, write_grant, write_joined};
use crate::{
    codec::DecodeError,
    refusal::{Refusal, refusal_status},
};

/// Who gets a certificate: the caller's business.
pub trait Enrolment: Send + Sync + 'static {
    /// Redeems an invite.
    fn join(&self, join: Join) -> impl Future<Output = Result<Joined, Refusal>> + Send;

    /// Renews a certificate for the chain that the child shows. Only its proofs vouch for it.
    fn renew(&self, renew: Renew) -> impl Future<Output = Result<Grant, Refusal>> + Send;
}

pub(super) struct Server<E>(Arc<E>);

impl<E> Server<E> {
    pub(super) fn new(enrolment: Arc<E>) -> Self {
        Self(enrolment)
    }
}

#[tonic::async_trait]
impl<E: Enrolment> EnrolService for Server<E> {
    async fn join(&self, request: Request<wire::JoinRequest>) -> Result<Response<wire::JoinReply>, Status> {
        let join = read_join(request.into_inner()).map_err(|error| malformed(&error))?;
        let joined = self.0.join(join).await.map_err(|refusal| refusal_status(&refusal))?;
        Ok(Response::new(write_joined(joined)))
    }

    async fn renew(&self, request: Request<wire::RenewRequest>) -> Result<Response<wire::RenewReply>, Status> {
        let renew = read_renew(request.into_inner()).map_err(|error| malformed(&error))?;
        let grant = self.0.renew(renew).await.map_err(|refusal| refusal_status(&refusal))?;
        Ok(Response::new(wire::RenewReply { grant: Some(write_grant(grant)) }))
    }
}

fn malformed(error: &DecodeError) -> Status {
    refusal_status(&Refusal::lasting(error.code(), error.to_string(), error.hint()))
}
