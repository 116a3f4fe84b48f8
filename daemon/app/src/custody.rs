//! Custody: whose node keeps a division's catalogs, where a person has said so.
//!
//! Invariant: a function of the set of `custody.put` and `custody.answer` entries and the tree. Custody moves up and down
//! the division's own path; a keeper beside the path would be sent nothing of what it keeps. An order by which custody is
//! taken from a node that lives moves nothing before a person there or at the top says that it stands.
//! Left out: which submissions count under which order (model: `review::Keeping`).

mod answer;
mod error;

use std::collections::{BTreeMap, BTreeSet};

use gongkai_journal::{
    Entry,
    kind::Kind,
    payload::{self, CustodyAnswer, CustodyPut},
    route::Ancestry,
};
use gongkai_model::{
    digest::Digest,
    id::DivisionId,
    review::{Keeping, Order, Word, word_of},
    tree::Tree,
};
use gongkai_store::Draft;

pub use answer::{Doubt, Doubted};
pub use error::CustodyError;

use crate::{Action, App, Error, Operator, Result, World, act::Subject};

/// Ends of lines that an order or a certificate names at most: 26 domains have as many, a town in conflict some more. What
/// has no room is named by nobody, and a person is asked.
const KEPT_MAX: usize = 500;

/// Custody that was given, or would be.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Custody {
    /// Whose catalogs.
    pub division: DivisionId,
    /// Whose node kept them.
    pub from: DivisionId,
    /// Whose node keeps them now.
    pub to: DivisionId,
    /// Nothing moves before a person of `from` or of the top says that the order stands.
    pub awaits_word: bool,
}

/// What is known of one division's custody.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
struct Kept {
    /// The order in force, and whom it names.
    holder: Option<(Digest, DivisionId)>,
    /// The highest version heard.
    version: u64,
    orders: BTreeMap<Digest, Order>,
    refused: BTreeSet<Digest>,
    words: BTreeMap<Digest, Vec<Word>>,
}

/// Who keeps what, by the entries heard.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Holders {
    by_division: BTreeMap<DivisionId, Kept>,
}

/// What orders are judged by, besides the words on them.
pub(crate) struct Places<'t> {
    /// Whoever ever stood above: an order stays what it was when the division has moved away from its author.
    pub(crate) ancestry: &'t Ancestry,
    pub(crate) top: &'t DivisionId,
    /// Who has a node of his own, or had one.
    pub(crate) has_node: &'t dyn Fn(&DivisionId) -> bool,
    /// Who keeps a division's catalogs of old.
    pub(crate) of_old: &'t dyn Fn(&DivisionId) -> DivisionId,
}

impl Places<'_> {
    /// As [`may_give`] in whatever tree there was: the author stood above the division, and at or above both keepers,
    /// and the keepers on its line.
    fn may_have_given(&self, author: &DivisionId, division: &DivisionId, keepers: [&DivisionId; 2]) -> bool {
        let has_stood = |above: &DivisionId, below: &DivisionId| self.ancestry.may_write(above, below);
        let is_right = |keeper: &DivisionId| has_stood(keeper, division) && has_stood(author, keeper);
        author != division && has_stood(author, division) && keepers.into_iter().all(is_right)
    }
}

impl Holders {
    /// Hears the entries that count, in the order of their versions.
    pub(crate) fn fold<'e>(places: &Places<'_>, entries: impl Iterator<Item = &'e Entry>) -> Self {
        let mut holders = Self::default();
        let mut puts: Vec<(u64, Digest, DivisionId, CustodyPut)> = Vec::new();
        for entry in entries {
            let author = entry.header.stream.author.division.clone();
            if entry.header.kind == Kind::CustodyPut {
                puts.extend(
                    entry.read::<CustodyPut>().map(|put| (put.version, entry.hash(), author, CustodyPut::clone(&put))),
                );
            } else if entry.header.kind == Kind::CustodyAnswer
                && let Some(answer) = entry.read::<CustodyAnswer>()
            {
                let word = Word { version: answer.version, author, is_right: answer.is_right };
                let kept = holders.by_division.entry(answer.division.clone()).or_default();
                kept.words.entry(answer.about).or_default().push(word);
            }
        }
        puts.sort_by_key(|one| (one.0, one.1));
        for (_, hash, author, put) in puts {
            let kept = holders.by_division.entry(put.division.clone()).or_default();
            kept.hear(places, hash, author, put);
        }
        for words in holders.by_division.values_mut().flat_map(|kept| kept.words.values_mut()) {
            words.sort();
        }
        holders
    }

    /// Who was named for a division.
    pub(crate) fn of(&self, division: &DivisionId) -> Option<&DivisionId> {
        self.order_of(division).map(|(_, holder)| holder)
    }

    /// The order in force about a division, and whom it names.
    pub(crate) fn order_of(&self, division: &DivisionId) -> Option<(Digest, &DivisionId)> {
        let (order, holder) = self.by_division.get(division)?.holder.as_ref()?;
        Some((*order, holder))
    }

    /// What the model judges a division's submissions by.
    pub(crate) fn keeping(
        &self,
        division: &DivisionId,
        top: &DivisionId,
        of_old: DivisionId,
        at_first: BTreeSet<Digest>,
    ) -> Keeping {
        let Kept { orders, refused, words, .. } = self.by_division.get(division).cloned().unwrap_or_default();
        Keeping { top: top.clone(), of_old, orders, refused, words, at_first }
    }

    /// The divisions about whose custody anything was said.
    fn divisions(&self) -> impl Iterator<Item = &DivisionId> {
        self.by_division.keys()
    }

    fn version_of(&self, division: &DivisionId) -> u64 {
        self.by_division.get(division).map_or(0, |kept| kept.version)
    }
}

impl Kept {
    /// Hears the next order. One that the tree does not allow is none; one that was refused moves nothing, nor does one
    /// that waits for a word.
    fn hear(&mut self, places: &Places<'_>, hash: Digest, author: DivisionId, put: CustodyPut) {
        let CustodyPut { version, division, holder, kept } = put;
        let of_old = (places.of_old)(&division);
        let before = self.holder.as_ref().map_or_else(|| of_old.clone(), |(_, holder)| holder.clone());
        if !places.may_have_given(&author, &division, [&before, &holder]) {
            return;
        }
        self.version = version;
        let may_say = |who: &DivisionId| {
            let is_theirs = *who == division || *who == of_old || *who == before;
            who == places.top || (is_theirs && *who != author)
        };
        let word = word_of(self.words.get(&hash).into_iter().flatten(), may_say);
        if word == Some(false) {
            self.refused.insert(hash);
            return;
        }
        let is_his = author == *places.top || author == before || before == holder;
        // Who kept another's catalogs has a node.
        let is_taken = !is_his && (before != division || (places.has_node)(&before));
        let kept = kept.map(|kept| kept.into_iter().collect());
        let order = Order { version, author, before, holder: holder.clone(), is_taken, kept };
        if !is_taken || word == Some(true) {
            self.holder = Some((hash, holder));
        }
        self.orders.insert(hash, order);
    }
}

/// Why custody may not be given.
enum Bar {
    /// The one named stands beside the division's path.
    Beside,
    /// It is given at another node.
    Elsewhere(DivisionId),
}

fn may_give(
    tree: &Tree,
    author: &DivisionId,
    division: &DivisionId,
    before: &DivisionId,
    holder: &DivisionId,
) -> Result<(), Bar> {
    if !tree.is_on_path(holder, division) {
        return Err(Bar::Beside);
    }
    // Of two on one path the upper one is an ancestor of both.
    let upper = if tree.is_on_path(before, holder) { before } else { holder };
    let nearest = if upper == division { tree.parent(division).unwrap_or(division) } else { upper };
    let is_above = author != division && tree.is_on_path(author, nearest);
    if is_above { Ok(()) } else { Err(Bar::Elsewhere(nearest.clone())) }
}

impl App {
    /// Gives the custody of a division's catalogs to another node of its path; a dry run only says what would be.
    pub async fn give_custody(
        &self,
        operator: &Operator,
        division: &str,
        to: &str,
        is_dry_run: bool,
    ) -> Result<Custody> {
        let acting = self.begin(operator, Action::NodeGiveCustody, Subject::NODE).await?;
        let world = self.world();
        let (division, to) = (world.division(division)?.id.clone(), world.division(to)?.id.clone());
        let from = world.custodian(&division);
        check(&world, &division, &from, &to)?;
        if !is_dry_run {
            let version = world.holders.version_of(&division).saturating_add(1);
            let kept = Some(self.ends_of_lines(&division).await?);
            let put = CustodyPut { version, division: division.clone(), holder: to.clone(), kept };
            acting.record_one(Draft::of(Kind::CustodyPut, division.clone(), payload::encode(&put))).await?;
        }
        let awaits_word = world.me != world.root && world.me != from;
        Ok(Custody { division, from, to, awaits_word })
    }

    /// The submissions at the ends of the lines of a division's catalogs, as they stand here.
    pub(crate) async fn ends_of_lines(&self, division: &DivisionId) -> Result<Vec<Digest>> {
        let mut ends = BTreeSet::new();
        for row in self.catalog_rows().await? {
            if row.summary.catalog.division == *division {
                ends.extend(self.load(&row.summary.catalog).await?.state.heads);
            }
        }
        Ok(ends.into_iter().take(KEPT_MAX).collect())
    }
}

fn check(world: &World, division: &DivisionId, from: &DivisionId, to: &DivisionId) -> Result<()> {
    let refusal = |message: String, hint: String| Error::Enrolment { code: "GK-APP-025", message, hint };
    if from == to {
        let message = format!("the catalogs of `{division}` are kept by the node of `{to}` already");
        return Err(refusal(message, "nothing needs to be done".to_owned()));
    }
    if !world.has_node(to) {
        let message = format!("`{to}` has no node that could keep the catalogs of `{division}`");
        return Err(refusal(message, "`gongkai node list --enrolled` shows the divisions with nodes".to_owned()));
    }
    match may_give(world.tree(), &world.me, division, from, to) {
        Ok(()) => Ok(()),
        Err(Bar::Beside) => {
            let message = format!("`{to}` does not stand above `{division}`");
            let path: Vec<String> = world.tree().path(division).iter().map(ToString::to_string).collect();
            Err(refusal(message, format!("name one of its own path: {}", path.join(", "))))
        }
        Err(Bar::Elsewhere(nearest)) => {
            let message = format!("the custody of `{division}` from `{from}` to `{to}` is not this node's to give");
            Err(refusal(message, format!("do this at the node of {nearest}, or of one above it")))
        }
    }
}
