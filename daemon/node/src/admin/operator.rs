//! OperatorService: who calls and what he may do.
//!
//! Invariant: the answer is read from the same table by which calls are let through.

use gongkai_app::{Action, Operator};
use gongkai_proto::admin::v1::{self as wire, operator_service_server::OperatorService};
use tonic::{Request, Response, Status};

use super::{Admin, gate::caller_of};

#[tonic::async_trait]
impl OperatorService for Admin {
    async fn who_am_i(&self, request: Request<wire::WhoAmIRequest>) -> Result<Response<wire::WhoAmIResponse>, Status> {
        let operator = self.operator(&request)?;
        let caller = caller_of(request.extensions()).to_string();
        let actions = Action::ALL.iter().map(|action| wire::ActionRow {
            action: action.word().to_owned(),
            is_allowed: operator.may(*action).is_ok(),
            roles: action.roles().iter().map(|role| role.word().to_owned()).collect(),
        });
        let actions = actions.collect();
        let wire::OperatorRow { operator, roles, departments, domains, .. } = row(&operator, String::new());
        let node = self.node_id();
        Ok(Response::new(wire::WhoAmIResponse { node, operator, roles, departments, domains, caller, actions }))
    }

    async fn list(
        &self,
        request: Request<wire::ListOperatorsRequest>,
    ) -> Result<Response<wire::ListOperatorsResponse>, Status> {
        self.operator(&request)?;
        let named = self.0.operators.known().iter().map(|known| row(&known.operator, known.known_by()));
        let groups = self.0.operators.groups().iter().map(|group| wire::OperatorRow {
            operator: String::new(),
            roles: group.roles.iter().map(|role| role.word().to_owned()).collect(),
            departments: group.departments.iter().map(ToString::to_string).collect(),
            domains: group.domains.iter().map(ToString::to_string).collect(),
            known_by: format!("group {}", group.group),
        });
        let operators = named.chain(groups).collect();
        Ok(Response::new(wire::ListOperatorsResponse { node: self.node_id(), operators }))
    }
}

fn row(operator: &Operator, known_by: String) -> wire::OperatorRow {
    wire::OperatorRow {
        operator: operator.id.to_string(),
        roles: operator.roles.iter().map(|role| role.word().to_owned()).collect(),
        departments: operator.departments.iter().map(ToString::to_string).collect(),
        domains: operator.domains.iter().map(ToString::to_string).collect(),
        known_by,
    }
}
