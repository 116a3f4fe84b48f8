//! Acting: how a person comes to record anything, and how the node does by itself.
//!
//! Invariant: one acts at a time, from deciding until the commit. What a person does is recorded through an
//! [`Acting`] alone; [`App::begin`] gives it to whom the table (permit) lets act there, and not while a hold stops the
//! action. What the node does in nobody's name goes through [`App::on_duty`]. What reaches a subtree names no person.
//! Left out: what is recorded (use cases), and how an act becomes entries (record).

use gongkai_journal::Entry;
use gongkai_model::{
    id::{CatalogId, DomainSlug, OperatorId},
    review::{Actor, Refusal, Step},
    standard::StandardId,
};
use gongkai_store::Draft;
use tokio::sync::MutexGuard;

use crate::{Action, App, Error, Loaded, Operator, Result, Scope, UnderHold};

mod record;

/// Nothing acts beside whoever holds it: for reading what must not change meanwhile, and for what peers bring.
pub(crate) struct Alone<'a> {
    _turn: MutexGuard<'a, ()>,
}

/// A person who may do one thing, and does it now.
pub(crate) struct Acting<'a> {
    app: &'a App,
    operator: &'a Operator,
    action: Action,
    _alone: Alone<'a>,
}

/// The node at one of its duties: it lets a child in that redeems a token, for a person invited it; it gives a child its
/// next certificate, which must not end for what this node may lack; it notes that somebody wanted what he may not. No
/// hold stops any of them.
pub(crate) struct OnDuty<'a> {
    app: &'a App,
    _alone: Alone<'a>,
}

/// What an act is about: the domains of the catalogs or standards; none for the node itself.
pub(crate) struct Subject<'a>(Vec<&'a DomainSlug>);

impl Subject<'_> {
    /// The node itself: its tree, its tables, its people.
    pub(crate) const NODE: Self = Self(Vec::new());
}

impl<'a> From<&'a CatalogId> for Subject<'a> {
    fn from(catalog: &'a CatalogId) -> Self {
        Self(vec![&catalog.domain])
    }
}

impl<'a> From<&'a StandardId> for Subject<'a> {
    fn from(standard: &'a StandardId) -> Self {
        Self(vec![&standard.domain])
    }
}

impl<'a> FromIterator<&'a DomainSlug> for Subject<'a> {
    fn from_iter<T: IntoIterator<Item = &'a DomainSlug>>(domains: T) -> Self {
        Self(domains.into_iter().collect())
    }
}

impl App {
    /// Waits until nothing else acts.
    pub(crate) async fn alone(&self) -> Alone<'_> {
        Alone { _turn: self.inner.acting.lock().await }
    }

    /// Lets a person act, if the table has him do it there, and no hold stops it.
    pub(crate) async fn begin<'a>(
        &'a self,
        operator: &'a Operator,
        action: Action,
        about: impl Into<Subject<'_>>,
    ) -> Result<Acting<'a>> {
        let Subject(domains) = about.into();
        operator.may(action)?;
        for domain in &domains {
            operator.may_in(action, domain)?;
        }
        if action.scope() != Scope::Node && domains.is_empty() && !operator.domains.is_empty() {
            // A use case that does not say what it is about must not open what the table restricts.
            return Err(Error::RoleMissing { operator: operator.id.clone(), roles: action.roles() });
        }
        let acting = Acting { app: self, operator, action, _alone: self.alone().await };
        if action.under_hold() == UnderHold::Refused {
            acting.require_free()?;
        }
        Ok(acting)
    }

    /// The same about a catalog of which something is known here, as it stands; where the table asks for the
    /// department, one for which the operator speaks has a say in the catalog's review at this node.
    pub(crate) async fn begin_on<'a>(
        &'a self,
        operator: &'a Operator,
        action: Action,
        catalog: &CatalogId,
    ) -> Result<(Acting<'a>, Loaded)> {
        let acting = self.begin(operator, action, catalog).await?;
        let loaded = self.load_known(catalog).await?;
        acting.require_say(&loaded)?;
        Ok((acting, loaded))
    }

    /// The same at the node that keeps the catalog, and nowhere else.
    pub(crate) async fn begin_as_keeper<'a>(
        &'a self,
        operator: &'a Operator,
        action: Action,
        catalog: &CatalogId,
    ) -> Result<(Acting<'a>, Loaded)> {
        let acting = self.begin(operator, action, catalog).await?;
        self.writable_division(Some(catalog.division.as_str()))?;
        let loaded = self.load_known(catalog).await?;
        acting.require_say(&loaded)?;
        Ok((acting, loaded))
    }

    /// Lets the node act by itself.
    pub(crate) async fn on_duty(&self) -> OnDuty<'_> {
        OnDuty { app: self, _alone: self.alone().await }
    }
}

impl OnDuty<'_> {
    /// Commits drafts and everything that follows from them.
    pub(crate) async fn record(&self, drafts: Vec<Draft>) -> Result<Vec<Entry>> {
        self.app.record(drafts).await
    }
}

impl Acting<'_> {
    /// Who acts, as entries name him.
    pub(crate) fn id(&self) -> OperatorId {
        self.operator.id.clone()
    }

    /// Who acts, as the rules of review see him.
    pub(crate) fn actor(&self) -> Actor {
        self.operator.actor(&self.app.world())
    }

    /// Refuses now what recording would refuse under a hold, before anything else of the act is recorded.
    pub(crate) fn require_free(&self) -> Result<()> {
        self.app.require_free()
    }

    /// Where the table asks for the department: see [`Self::require_department`].
    fn require_say(&self, loaded: &Loaded) -> Result<()> {
        match self.action.scope() {
            Scope::Node | Scope::Domain => Ok(()),
            Scope::Department => {
                let submissions = loaded.state.submissions.iter().rev();
                self.require_department(submissions.flat_map(|submission| &submission.steps))
            }
        }
    }

    /// Refuses a person who speaks for none of the departments that these steps name at this node. Steps of other
    /// nodes are left to the rules of review.
    pub(crate) fn require_department<'s>(&self, steps: impl IntoIterator<Item = &'s Step>) -> Result<()> {
        let world = self.app.world();
        let his = self.actor().departments;
        let mut here = steps.into_iter().filter(|step| step.division == world.me).peekable();
        let Some(first) = here.peek().copied() else { return Ok(()) };
        if here.any(|step| step.department.as_ref().is_none_or(|one| his.contains(one))) {
            return Ok(());
        }
        Err(Refusal::NotYourDepartment { step: first.clone(), operator: self.id() }.into())
    }
}
