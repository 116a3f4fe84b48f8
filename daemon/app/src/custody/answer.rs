//! What stands in doubt about who keeps a division's catalogs, and a person's word on it.
//!
//! Invariant: a doubt is found, never stored: an order that took custody from a node that lives, or a submission by
//! another than the keeper. It is an alarm at every node of the path until a person of the division, of the keeper
//! before, or of the top says yes or no; whoever wrote it says nothing of it.

use gongkai_journal::{
    kind::Kind,
    payload::{self, CustodyAnswer},
};
use gongkai_model::{
    digest::Digest,
    id::{CatalogId, DivisionId, OperatorId},
    named::{Beginning, only},
    review::VoidReason,
};
use gongkai_store::Draft;

use super::{CustodyError, Holders};
use crate::{Action, App, Error, Operator, Result, World, act::Subject, named::one};

/// Longest reason, in characters.
const REASON_CHARS_MAX: usize = 500;

/// What a doubt is about.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Doubted {
    /// Custody went to this division by the order of another than the keeper before and the top.
    Order {
        /// Whose node kept the catalogs.
        from: DivisionId,
        /// Whose node would keep them.
        to: DivisionId,
    },
    /// A catalog was put up by another than its keeper.
    Submission {
        /// The catalog.
        catalog: CatalogId,
        /// Why it is in doubt.
        reason: VoidReason,
    },
}

/// An order or a submission that stands in doubt.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Doubt {
    /// Its entry.
    pub entry: Digest,
    /// Whose catalogs.
    pub division: DivisionId,
    /// What it is.
    pub doubted: Doubted,
    /// Whose node wrote it.
    pub author: DivisionId,
    /// On whose word.
    pub operator: Option<OperatorId>,
    /// The author's wall clock, unix milliseconds.
    pub at_ms: i64,
    /// Where a person can say whether it stands.
    pub said_at: Vec<DivisionId>,
    /// Whether that is here.
    pub is_mine: bool,
}

impl Doubt {
    /// The code of the alarm.
    pub fn code(&self) -> &'static str {
        match self.doubted {
            Doubted::Order { .. } => "GK-CUSTODY-004",
            Doubted::Submission { .. } => "GK-CUSTODY-005",
        }
    }

    /// Whether it is about who keeps a catalog.
    pub(crate) fn is_about(&self, asked: &CatalogId) -> bool {
        match &self.doubted {
            Doubted::Order { .. } => self.division == asked.division,
            Doubted::Submission { catalog, .. } => catalog == asked,
        }
    }

    /// What is so.
    pub fn message(&self) -> String {
        let Self { division, author, .. } = self;
        match &self.doubted {
            Doubted::Order { from, to } => {
                format!(
                    "`{author}` ordered that the catalogs of `{division}` go from `{from}` to `{to}`; nobody there has agreed"
                )
            }
            Doubted::Submission { catalog, reason } => {
                format!("a submission of `{catalog}` by `{author}` has no effect and enters no edition: {reason}")
            }
        }
    }

    /// What to do.
    pub fn hint(&self) -> String {
        let at: Vec<String> = self.said_at.iter().map(ToString::to_string).collect();
        let (entry, at) = (self.entry.short(), at.join(", or at "));
        format!("at {at}: `gongkai custody confirm {entry}`, or `gongkai custody refuse {entry} --reason TEXT`")
    }
}

impl App {
    /// What stands in doubt here, orders first.
    pub async fn custody_doubts(&self) -> Result<Vec<Doubt>> {
        let world = self.world();
        let mut doubts = Vec::new();
        for (division, order) in world.open_orders() {
            doubts.extend(self.order_in_doubt(&world, &division, &order).await?);
        }
        for row in self.catalog_rows().await?.into_iter().filter(|row| row.in_doubt > 0) {
            let loaded = self.load(&row.summary.catalog).await?;
            let (division, catalog) = (&loaded.catalog.division, &loaded.catalog);
            for void in loaded.state.in_doubt() {
                let Some(entry) = loaded.entries.iter().find(|entry| entry.hash() == void.hash) else { continue };
                if entry.header.kind != Kind::Submission {
                    continue;
                }
                let said_at = world.may_say_on(division, &void.hash, &void.author);
                doubts.push(Doubt {
                    entry: void.hash,
                    division: division.clone(),
                    doubted: Doubted::Submission { catalog: catalog.clone(), reason: void.reason.clone() },
                    author: void.author.clone(),
                    operator: Some(void.operator.clone()),
                    at_ms: entry.header.written_at_ms,
                    is_mine: said_at.contains(&world.me),
                    said_at,
                });
            }
        }
        Ok(doubts)
    }

    async fn order_in_doubt(&self, world: &World, division: &DivisionId, order: &Digest) -> Result<Option<Doubt>> {
        let keeping = world.keeping(division);
        let (Some(found), Some(entry)) = (keeping.orders.get(order), self.store().entry(order).await?) else {
            return Ok(None);
        };
        let said_at = world.may_say_on(division, order, &found.author);
        Ok(Some(Doubt {
            entry: *order,
            division: division.clone(),
            doubted: Doubted::Order { from: found.before.clone(), to: found.holder.clone() },
            author: found.author.clone(),
            operator: entry.header.operator.clone(),
            at_ms: entry.header.written_at_ms,
            is_mine: said_at.contains(&world.me),
            said_at,
        }))
    }

    /// Says that what stands in doubt stands.
    pub async fn confirm_custody(&self, operator: &Operator, text: &str, reason: &str) -> Result<Doubt> {
        self.answer_custody(operator, Action::CustodyConfirm, text, reason).await
    }

    /// Says that it does not stand: the order moves nothing, the submission never counts.
    pub async fn refuse_custody(&self, operator: &Operator, text: &str, reason: &str) -> Result<Doubt> {
        self.answer_custody(operator, Action::CustodyRefuse, text, reason).await
    }

    async fn answer_custody(&self, operator: &Operator, action: Action, text: &str, reason: &str) -> Result<Doubt> {
        let acting = self.begin(operator, action, Subject::NODE).await?;
        if !operator.is_registered {
            return Err(Error::NotRegistered { operator: operator.id.clone(), roles: action.roles() });
        }
        let (is_right, reason) = (action == Action::CustodyConfirm, reason.trim());
        if (reason.is_empty() && !is_right) || reason.chars().count() > REASON_CHARS_MAX {
            return Err(CustodyError::ReasonMissing { max: REASON_CHARS_MAX }.into());
        }
        let doubt = self.doubt_named(text).await?;
        if !doubt.is_mine {
            return Err(CustodyError::Elsewhere { at: doubt.said_at }.into());
        }
        let word = self.world().word(&doubt.division, doubt.entry, is_right, reason);
        acting.record_one(word).await?;
        Ok(doubt)
    }

    /// The doubt that a hash or its beginning names.
    async fn doubt_named(&self, text: &str) -> Result<Doubt> {
        let beginning = Beginning::parse(text);
        let mut doubts = self.custody_doubts().await?;
        doubts.retain(|doubt| beginning.as_ref().is_some_and(|beginning| beginning.fits(&doubt.entry)));
        let named = only(doubts.iter().map(|doubt| (doubt.entry, doubt.entry.to_string())));
        let nothing = || Error::from(CustodyError::Unknown { text: text.chars().take(80).collect() });
        let entry = one(named, "entry", text, nothing)?;
        doubts.into_iter().find(|doubt| doubt.entry == entry).ok_or_else(nothing)
    }
}

impl World {
    /// The word that something of a division stands.
    pub(crate) fn right(&self, division: &DivisionId, about: Digest, reason: &str) -> Draft {
        self.word(division, about, true, reason)
    }

    fn word(&self, division: &DivisionId, about: Digest, is_right: bool, reason: &str) -> Draft {
        let version = self.holders.words_on(division, &about).saturating_add(1);
        let answer = CustodyAnswer { version, division: division.clone(), about, is_right, reason: reason.to_owned() };
        Draft::of(Kind::CustodyAnswer, division.clone(), payload::encode(&answer))
    }

    /// The orders that took custody from a node that lives, on which nobody has said a word.
    fn open_orders(&self) -> Vec<(DivisionId, Digest)> {
        let open = self.holders.divisions().flat_map(|division| {
            let keeping = self.keeping(division);
            let open = keeping.orders.keys().filter(|order| keeping.is_open(division, order));
            open.map(|order| (division.clone(), *order)).collect::<Vec<_>>()
        });
        open.collect()
    }

    /// Where a person can say whether an order about a division stands.
    fn may_say_on(&self, division: &DivisionId, about: &Digest, writer: &DivisionId) -> Vec<DivisionId> {
        let keeping = self.keeping(division);
        let path = self.tree().path(division).into_iter().rev();
        path.filter(|who| self.has_node(who) && keeping.may_say(division, about, writer, who)).collect()
    }
}

impl Holders {
    /// The highest version of a word on something.
    fn words_on(&self, division: &DivisionId, about: &Digest) -> u64 {
        let words = self.by_division.get(division).and_then(|kept| kept.words.get(about));
        words.into_iter().flatten().map(|word| word.version).max().unwrap_or(0)
    }
}
