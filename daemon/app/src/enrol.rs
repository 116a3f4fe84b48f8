//! Enrolling children: the invite, and the answer to the child that redeems it.
//!
//! Invariant: a certificate is granted only together with the entry that makes it known on the whole path; the
//! secret of a token is stored as a digest only.

use gongkai_journal::{
    Entry, Incarnation,
    header::SIGNATURE_ED25519,
    kind::Kind,
    payload::{self, CertPut, KeyRecord},
};
use gongkai_model::{digest::Digest, id::DivisionId};
use gongkai_pki::{Authority, Grant, Invite, Lifetimes, PkiDir, Request, enrol::secret_digest};
use gongkai_store::Draft;

use crate::{Action, App, Error, Operator, Result, world::Anchor};

/// Where an invite is kept, by the digest of its secret.
const INVITE: &str = "invite.";

/// A token as it is handed to a person.
#[derive(Clone, Debug)]
pub struct Invited {
    /// For whom.
    pub division: DivisionId,
    /// The text to carry.
    pub token: String,
    /// Fingerprint of the trust root.
    pub root_fingerprint: Digest,
    /// Until when, unix milliseconds.
    pub expires_ms: i64,
}

/// What a child asks.
#[derive(Clone, Debug)]
pub struct JoinQuestion {
    /// Its path, root first.
    pub path: Vec<DivisionId>,
    /// The token's secret.
    pub secret: Vec<u8>,
    /// Its keys with proofs.
    pub request: Request,
    /// The life of its journal.
    pub incarnation: Incarnation,
}

/// What it gets.
#[derive(Clone, Debug)]
pub struct JoinAnswer {
    /// Its certificates.
    pub grant: Grant,
    /// The root's entry key.
    pub anchor: Anchor,
    /// Whether it takes the place of a lost node, whose past it must get back before it acts.
    pub is_rebuilt: bool,
    /// The entry that names the certificate, behind those above it.
    pub introduction: Vec<Entry>,
}

impl App {
    /// Makes a token for a direct child.
    pub async fn invite(
        &self,
        operator: &Operator,
        division: &str,
        addresses: &[String],
        valid_ms: i64,
    ) -> Result<Invited> {
        self.invite_for(operator, division, addresses, valid_ms, false).await
    }

    /// Makes a token for a node that takes the place of one that is lost.
    pub async fn invite_rebuild(
        &self,
        operator: &Operator,
        division: &str,
        addresses: &[String],
        valid_ms: i64,
    ) -> Result<Invited> {
        self.invite_for(operator, division, addresses, valid_ms, true).await
    }

    async fn invite_for(
        &self,
        operator: &Operator,
        division: &str,
        addresses: &[String],
        valid_ms: i64,
        is_rebuild: bool,
    ) -> Result<Invited> {
        operator.may(Action::NodeInvite)?;
        let world = self.world();
        let child = world.division(division)?;
        if child.parent.as_ref() != Some(&world.me) {
            return Err(Error::Enrolment {
                code: "GK-APP-021",
                message: format!("`{}` ({}) is not directly below this node", child.id, child.name),
                hint: child.parent.as_ref().map_or_else(
                    || "a top node is founded with `gongkai node init`".to_owned(),
                    |parent| format!("invite it at its parent {parent}"),
                ),
            });
        }
        let authority = self.authority()?;
        let expires_ms = self.now_ms().saturating_add(valid_ms);
        let token = gongkai_pki::token::invite(
            &world.tree().path(&child.id),
            addresses,
            authority.root_fingerprint(),
            expires_ms,
        )?;
        let allows_authority = world.tree().children(&child.id).next().is_some();
        let invite = Invite { is_rebuild, ..Invite::of(&token, allows_authority) };
        self.put_invite(&invite).await?;
        Ok(Invited {
            division: child.id.clone(),
            token: token.to_string(),
            root_fingerprint: authority.root_fingerprint(),
            expires_ms,
        })
    }

    /// Answers a child that redeems a token.
    pub async fn answer_join(&self, question: JoinQuestion) -> Result<JoinAnswer> {
        let on_duty = self.on_duty().await;
        let world = self.world();
        let key = format!("{INVITE}{}", secret_digest(&question.path, &question.secret).to_hex());
        let stored = self.store().meta(&key).await?;
        let invite: Invite = stored.and_then(|text| serde_json::from_str(&text).ok()).ok_or_else(unknown_invite)?;
        let authority = self.authority()?;
        let now_ms = self.now_ms();
        let lifetimes = Lifetimes::default();
        let (grant, checked) = authority
            .grant(&question.request, &question.path, invite.allows_authority, &lifetimes, now_ms)
            .map_err(pki)?;
        let used = invite.redeem(&question.path, &question.secret, &checked.tls_key_digest, now_ms).map_err(pki)?;
        let division = question.path.last().cloned().ok_or_else(unknown_invite)?;
        let entry_key = KeyRecord { algorithm: SIGNATURE_ED25519, public: hex::encode(checked.entry_key) };
        let has_other = world.has_key(&division, |known| *known != entry_key);
        let is_known = world.has_key(&division, |known| *known == entry_key);
        if has_other && !is_known && !invite.is_rebuild {
            return Err(other_node(&division));
        }
        // Asked twice, because the first answer was lost, it is the same successor.
        let is_rebuilt = has_other && invite.is_rebuild;
        let mut drafts = if is_rebuilt { world.retirements(&division, &entry_key) } else { Vec::new() };
        let kept = match world.has_node(&division) {
            true => world.at_first(&division).into_iter().collect(),
            false => self.ends_of_lines(&division).await?,
        };
        self.put_invite(&used).await?;
        let leaf = grant.leaf().map_err(pki)?;
        let cert = CertPut {
            division: division.clone(),
            incarnation: question.incarnation,
            entry_key,
            tls_fingerprint: leaf.fingerprint.to_hex(),
            tls_not_after_ms: leaf.not_after_ms,
            authority_pem: grant.authority_chain.clone().unwrap_or_default(),
            kept,
        };
        let kind = if grant.authority_chain.is_some() { Kind::AuthorityPut } else { Kind::CertPut };
        drafts.push(Draft::of(kind, division.clone(), payload::encode(&cert)));
        on_duty.record(drafts).await?;
        let introduction = self.world().introduction(&division, &leaf.fingerprint);
        Ok(JoinAnswer { grant, anchor: world.anchor.clone(), is_rebuilt, introduction })
    }

    pub(crate) fn authority(&self) -> Result<Authority> {
        let pki = PkiDir::open(self.dir()).map_err(gongkai_pki::Error::from)?;
        Ok(Authority::load(&pki).map_err(gongkai_pki::Error::from)?)
    }

    async fn put_invite(&self, invite: &Invite) -> Result<()> {
        // An invite is a struct of texts and numbers: serialising it cannot fail.
        let text = serde_json::to_string(invite).unwrap_or_default();
        let key = format!("{INVITE}{}", invite.secret_digest.to_hex());
        Ok(self.store().put_meta(&key, &text).await?)
    }
}

pub(crate) fn pki(error: impl Into<gongkai_pki::Error>) -> Error {
    Error::Pki(error.into())
}

fn other_node(division: &DivisionId) -> Error {
    Error::Enrolment {
        code: "GK-APP-023",
        message: format!("`{division}` has a node with other keys already"),
        hint: format!(
            "if that node is lost for good, invite its successor with `gongkai node invite {division} --rebuild`; else join in its own directory"
        ),
    }
}

fn unknown_invite() -> Error {
    Error::Enrolment {
        code: "GK-APP-022",
        message: "this token was not made by this node".to_owned(),
        hint: "make a new one at the parent with `gongkai node invite`".to_owned(),
    }
}
