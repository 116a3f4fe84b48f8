//! OperatorService: who calls and what he may do; the operators of the configuration, and their certificates.
//!
//! Invariant: the answer is read from the same table by which calls are let through. A certificate is issued only to
//! whom the configuration names.

use std::path::PathBuf;

use gongkai_app::{Action, HeldCert, Operator, Role};
use gongkai_proto::admin::v1::{self as wire, operator_service_server::OperatorService};
use tonic::{Request, Response, Status};
use tracing::info;

use super::{Admin, refuse::refused};
use crate::{
    CONFIG_FILE, Error,
    caller::Caller,
    config::{self, Config, GroupConfig, OperatorConfig},
    data_dir,
    operators::Operators,
};

#[tonic::async_trait]
impl OperatorService for Admin {
    async fn who_am_i(&self, request: Request<wire::WhoAmIRequest>) -> Result<Response<wire::WhoAmIResponse>, Status> {
        let operator = self.operator(&request)?;
        let is_registered = operator.is_registered;
        let caller = Caller::of(request.extensions()).to_string();
        let actions = Action::ALL.iter().map(|action| wire::ActionRow {
            action: action.word().to_owned(),
            is_allowed: operator.may(*action).is_ok(),
            roles: action.roles().iter().map(|role| role.word().to_owned()).collect(),
        });
        let actions = actions.collect();
        let wire::OperatorRow { operator, roles, departments, domains, .. } = row(&operator, String::new());
        let node = self.node_id();
        Ok(Response::new(wire::WhoAmIResponse {
            node,
            operator,
            roles,
            departments,
            domains,
            caller,
            actions,
            is_registered,
        }))
    }

    async fn list(
        &self,
        request: Request<wire::ListOperatorsRequest>,
    ) -> Result<Response<wire::ListOperatorsResponse>, Status> {
        self.operator(&request)?;
        Ok(Response::new(self.operators_told()))
    }

    async fn add(
        &self,
        request: Request<wire::AddOperatorRequest>,
    ) -> Result<Response<wire::ListOperatorsResponse>, Status> {
        let by = self.operator(&request)?;
        let wire::AddOperatorRequest { name, roles, departments, domains, uid } = request.into_inner();
        let roles = roles.iter().map(|word| role(word)).collect::<Result<Vec<Role>, Error>>()?;
        let added = OperatorConfig { uid, name, roles, departments, domains, certificate: None };
        self.add_operator(&added)?;
        info!(operator = %added.name, by = %by.id, account = by.account, "an operator was added to the configuration");
        Ok(Response::new(self.operators_told()))
    }

    async fn reload(
        &self,
        request: Request<wire::ReloadOperatorsRequest>,
    ) -> Result<Response<wire::ListOperatorsResponse>, Status> {
        self.operator(&request)?;
        self.reload_operators()?;
        Ok(Response::new(self.operators_told()))
    }

    async fn certify(
        &self,
        request: Request<wire::CertifyOperatorRequest>,
    ) -> Result<Response<wire::CertifyOperatorResponse>, Status> {
        let operator = self.operator(&request)?;
        let wire::CertifyOperatorRequest { operator: name, csr, days } = request.into_inner();
        let holder = self.0.operators.load().configured(&name)?.id.clone();
        let (issued, trust_root) =
            self.app().certify_operator(&operator, &holder, &csr, days).await.map_err(refused)?;
        Ok(Response::new(wire::CertifyOperatorResponse {
            node: self.node_id(),
            operator: holder.to_string(),
            certificate: issued.certificate,
            trust_root,
            fingerprint: issued.fingerprint.to_hex(),
            not_after_at_ms: issued.not_after_ms,
            admin_address: self.admin_address(),
        }))
    }

    async fn certificates(
        &self,
        request: Request<wire::ListCertificatesRequest>,
    ) -> Result<Response<wire::ListCertificatesResponse>, Status> {
        let operator = self.operator(&request)?;
        let certs = self.app().operator_certs(&operator).map_err(refused)?;
        Ok(Response::new(self.certificates_told(certs)))
    }

    async fn revoke(
        &self,
        request: Request<wire::RevokeCertificatesRequest>,
    ) -> Result<Response<wire::ListCertificatesResponse>, Status> {
        let operator = self.operator(&request)?;
        let wire::RevokeCertificatesRequest { which, reason } = request.into_inner();
        let ended = self.app().revoke_operator_certs(&operator, &which, &reason).await.map_err(refused)?;
        Ok(Response::new(self.certificates_told(ended)))
    }
}

impl Admin {
    fn operators_told(&self) -> wire::ListOperatorsResponse {
        let operators = self.0.operators.load();
        let named = operators.known().iter().map(|known| row(&known.operator, known.known_by()));
        let groups = operators.groups().iter().map(|group| wire::OperatorRow {
            operator: String::new(),
            roles: group.roles.iter().map(|role| role.word().to_owned()).collect(),
            departments: group.departments.iter().map(ToString::to_string).collect(),
            domains: group.domains.iter().map(ToString::to_string).collect(),
            known_by: format!("group {}", group.group),
        });
        wire::ListOperatorsResponse { node: self.node_id(), operators: named.chain(groups).collect() }
    }

    /// A file that is wrong changes nothing.
    fn reload_operators(&self) -> Result<(), Error> {
        let config = Config::load(self.config_file().as_deref())?;
        self.0.operators.store(self.operators_of(&config.operators, &config.groups)?.into());
        Ok(())
    }

    /// The file that was named at the start, else the directory's own once there is one.
    fn config_file(&self) -> Option<PathBuf> {
        data_dir::config_file(&self.0.facts.dir, self.0.facts.config_file.as_deref())
    }

    fn operators_of(&self, operators: &[OperatorConfig], groups: &[GroupConfig]) -> Result<Operators, Error> {
        let me = self.app().world().me.clone();
        Operators::new(me, self.0.facts.own_uid, operators, groups)
    }

    /// Written only where the whole would be right: a name or an account that stands there already is refused.
    fn add_operator(&self, added: &OperatorConfig) -> Result<(), Error> {
        let named = self.config_file();
        let mut config = Config::load(named.as_deref())?;
        config.operators.push(added.clone());
        self.operators_of(&config.operators, &config.groups)?;
        let file = named.unwrap_or_else(|| self.0.facts.dir.join(CONFIG_FILE));
        config::add_operator(&file, added)?;
        self.reload_operators()
    }

    fn certificates_told(&self, certs: Vec<HeldCert>) -> wire::ListCertificatesResponse {
        let now_ms = self.0.shared.tls.clock().now_ms();
        let certificates = certs.into_iter().map(|cert| wire::CertificateRow {
            state: cert.state(now_ms).word().to_owned(),
            operator: cert.holder.to_string(),
            fingerprint: cert.fingerprint.to_hex(),
            issued_at_ms: cert.issued_at_ms,
            issued_by: cert.issued_by.map(|operator| operator.to_string()).unwrap_or_default(),
            not_after_at_ms: cert.not_after_ms,
            reason: cert.revoked.unwrap_or_default(),
        });
        wire::ListCertificatesResponse {
            node: self.node_id(),
            admin_address: self.admin_address(),
            certificates: certificates.collect(),
        }
    }

    /// Where another machine finds the admin port: behind 0.0.0.0 stands the host of tokens, else this machine's name.
    fn admin_address(&self) -> String {
        let Some(address) = self.0.facts.admin_address else { return String::new() };
        if !address.ip().is_unspecified() {
            return address.to_string();
        }
        let told = self.0.facts.advertise.rsplit_once(':').map(|(host, _)| host);
        format!("{}:{}", told.unwrap_or(&self.0.shared.host), address.port())
    }
}

fn role(word: &str) -> Result<Role, Error> {
    let found = Role::ALL.into_iter().find(|role| role.word() == word);
    found.ok_or_else(|| {
        let known = Role::ALL.map(Role::word).join(", ");
        Error::BadRequest {
            what: format!("`{}` is no role; there are {known}", word.chars().take(40).collect::<String>()),
        }
    })
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
