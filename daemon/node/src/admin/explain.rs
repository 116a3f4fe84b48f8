//! ExplainService: why something is stuck.
//!
//! Invariant: a plain translation of the use case; nothing is found out here but how the links stand.

use gongkai_app::{Evidence, Finding, Summary};
use gongkai_proto::admin::v1::{self as wire, explain_service_server::ExplainService};
use tonic::{Request, Response, Status};

use super::{Admin, refuse::refused};

#[tonic::async_trait]
impl ExplainService for Admin {
    async fn explain(&self, request: Request<wire::ExplainRequest>) -> Result<Response<wire::ExplainResponse>, Status> {
        let operator = self.operator(&request)?;
        let sentence = self.sentence(&request);
        let thing = request.into_inner().thing;
        let explained = self.app().explain(&operator, &thing, &self.links_now()).await.map_err(refused)?;
        Ok(Response::new(wire::ExplainResponse {
            node: self.node_id(),
            state: explained.state().word().to_owned(),
            thing: explained.thing,
            kind: explained.kind.to_owned(),
            findings: explained.findings.into_iter().map(|found| finding(found, sentence)).collect(),
            at: self.app().now_ms(),
        }))
    }
}

fn finding(found: Finding, sentence: fn(Summary) -> String) -> wire::ExplainFinding {
    wire::ExplainFinding {
        state: found.state.word().to_owned(),
        code: found.code,
        subject: found.subject,
        cause: sentence(found.cause),
        evidence: found.evidence.into_iter().map(|fact| evidence(fact, sentence)).collect(),
        action: sentence(found.action),
        who: sentence(found.who),
    }
}

fn evidence(fact: Evidence, sentence: fn(Summary) -> String) -> wire::ExplainEvidence {
    wire::ExplainEvidence { name: sentence(fact.name), value: fact.value, at: fact.at_ms.filter(|at_ms| *at_ms > 0) }
}
