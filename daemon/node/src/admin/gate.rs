//! The gate before all admin calls: who calls, whether his roles allow it, and the note of a refusal.
//!
//! Invariant: a call reaches its service only with an operator beside it whose roles the table allows; a call
//! without a row is the administrator's alone. Health and reflection say nothing of the node and are open.

use std::{
    convert::Infallible,
    task::{Context, Poll},
};

use gongkai_app::{Action, App, CertError, CertState, Operator, ROLES_UNLISTED};
use gongkai_proto::metadata;
use tonic::{
    Status,
    body::Body,
    codegen::{BoxFuture, Service, http},
};
use tracing::warn;

use super::Admin;
use crate::{Error, caller::Caller};

/// Before the names of our own services.
const PACKAGE: &str = "/gongkai.admin.v1.";

/// The layer.
#[derive(Clone)]
pub(super) struct Gate(pub(super) Admin);

impl<S> tower::Layer<S> for Gate {
    type Service = Gated<S>;

    fn layer(&self, inner: S) -> Gated<S> {
        Gated { admin: self.0.clone(), inner }
    }
}

/// A service behind the gate.
#[derive(Clone)]
pub(super) struct Gated<S> {
    admin: Admin,
    inner: S,
}

impl<S> Service<http::Request<Body>> for Gated<S>
where
    S: Service<http::Request<Body>, Response = http::Response<Body>, Error = Infallible> + Clone + Send + 'static,
    S::Future: Send,
{
    type Response = http::Response<Body>;
    type Error = Infallible;
    type Future = BoxFuture<Self::Response, Infallible>;

    fn poll_ready(&mut self, context: &mut Context<'_>) -> Poll<Result<(), Infallible>> {
        self.inner.poll_ready(context)
    }

    fn call(&mut self, mut request: http::Request<Body>) -> Self::Future {
        // The clone has not been asked whether it is ready; the one that has is used.
        let fresh = self.inner.clone();
        let mut inner = std::mem::replace(&mut self.inner, fresh);
        let admin = self.admin.clone();
        Box::pin(async move {
            let Some(word) = word_of(request.uri().path()) else { return inner.call(request).await };
            let caller = Caller::of(request.extensions());
            let operator = match admin.admit(&request, &caller, &word) {
                Ok(operator) => operator,
                Err(refused) => {
                    let (operator, error) = *refused;
                    admin.note(operator.as_ref(), &word, error.code(), &caller).await;
                    return Ok(Status::from(error).into_http());
                }
            };
            request.extensions_mut().insert(operator.clone());
            let response = inner.call(request).await?;
            let code = response.headers().get(metadata::CODE).and_then(|code| code.to_str().ok());
            if let Some(code) = code.filter(|code| App::is_personal_refusal(code)) {
                admin.note(Some(&operator), &word, code, &caller).await;
            }
            Ok(response)
        })
    }
}

impl Admin {
    /// The operator, if he may make the call; with a refusal he comes back for the journal.
    fn admit(
        &self,
        request: &http::Request<Body>,
        caller: &Caller,
        word: &str,
    ) -> Result<Operator, Box<(Option<Operator>, Error)>> {
        let operator = self.operator_of(request.headers().get(metadata::OPERATOR), caller);
        let operator = operator.map_err(|error| Box::new((None, error)))?;
        let roles = Action::from_word(word).map_or(ROLES_UNLISTED, Action::roles);
        match operator.require_one(roles) {
            Ok(()) => Ok(operator),
            Err(error) => Err(Box::new((Some(operator), error.into()))),
        }
    }

    fn operator_of(&self, named: Option<&http::HeaderValue>, caller: &Caller) -> Result<Operator, Error> {
        let not_text = |_| Error::BadRequest { what: "the operator's name is not ASCII".to_owned() };
        let named = named.map(|value| value.to_str().map_err(not_text)).transpose()?;
        self.require_standing(caller)?;
        self.0.operators.load().resolve(caller, named.filter(|name| !name.is_empty()))
    }

    /// A certificate is asked for at every call: a connection may outlive it.
    fn require_standing(&self, caller: &Caller) -> Result<(), Error> {
        let Caller::Certificate { name, fingerprint } = caller else { return Ok(()) };
        let held = self.app().operator_cert(fingerprint).filter(|held| held.holder == *name);
        let held = held.ok_or_else(|| Error::CertificateUnknown { name: name.to_string() })?;
        let now_ms = self.0.shared.tls.clock().now_ms();
        let (state, holder) = (held.state(now_ms), held.holder);
        match state {
            CertState::Valid => Ok(()),
            CertState::Expired => Err(app_error(CertError::Expired { holder })),
            CertState::Revoked => {
                Err(app_error(CertError::Revoked { holder, reason: held.revoked.unwrap_or_default() }))
            }
        }
    }

    /// A refusal that cannot be written is logged; the call is refused all the same.
    async fn note(&self, operator: Option<&Operator>, word: &str, code: &str, caller: &Caller) {
        if !App::is_personal_refusal(code) {
            return;
        }
        warn!(action = word, code, %caller, operator = operator.map(|operator| operator.id.as_str()), "a call was refused");
        if let Err(failure) = self.app().note_refusal(operator, word, code, &caller.to_string()).await {
            warn!(code = failure.code(), %failure, "a refusal could not be written");
        }
    }
}

fn app_error(error: CertError) -> Error {
    gongkai_app::Error::from(error).into()
}

/// The action's word in a call's path: `/gongkai.admin.v1.PublishService/SignOff` is `publish.sign-off`.
fn word_of(path: &str) -> Option<String> {
    let (service, method) = path.strip_prefix(PACKAGE)?.split_once('/')?;
    let noun = service.strip_suffix("Service").unwrap_or(service);
    Some(format!("{}.{}", kebab(noun), kebab(method)))
}

fn kebab(name: &str) -> String {
    let mut text = String::new();
    for (place, letter) in name.char_indices() {
        if letter.is_ascii_uppercase() && place > 0 {
            text.push('-');
        }
        text.push(letter.to_ascii_lowercase());
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_calls_path_is_its_actions_word() {
        for (path, word) in [
            ("/gongkai.admin.v1.PublishService/SignOff", Some("publish.sign-off")),
            ("/gongkai.admin.v1.OperatorService/WhoAmI", Some("operator.who-am-i")),
            ("/gongkai.admin.v1.CatalogService/List", Some("catalog.list")),
            ("/grpc.health.v1.Health/Check", None),
            ("/gongkai.admin.v1.", None),
        ] {
            assert_eq!(word_of(path).as_deref(), word, "{path}");
        }
    }
}
