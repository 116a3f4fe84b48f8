//! Which account of the machine, or whose certificate, is behind an operator: kept in the journal beside his name.
//!
//! Invariant: an entry in an operator's name was made through the account that the last `operator.account` entry about
//! him before it in this node's feed names; where there is none (written before accounts were kept), nobody knows. It
//! stays at the node. What one account gives counts as one person's word, whatever names it acts under.

use std::{
    collections::{BTreeMap, BTreeSet},
    sync::PoisonError,
};

use gongkai_journal::{
    Entry,
    kind::Kind,
    payload::{self, OperatorAccount},
};
use gongkai_model::{
    id::{CatalogId, OperatorId},
    review::{Actor, Intent, Refusal, Ruling, admit},
};
use gongkai_store::{Draft, Placed};

use crate::{App, Error, Loaded, Operator, Result};

/// Entries read in one go.
const PAGE: usize = 500;
/// Longest account kept, in characters: a number, or a certificate's name.
const ACCOUNT_CHARS_MAX: usize = 200;

/// The accounts that were written last, by operator; `None` before the journal was read.
pub(crate) type Said = Option<BTreeMap<OperatorId, String>>;

/// All that the journal says of accounts: of each operator through which one he acts behind which feed number.
#[derive(Default)]
pub(crate) struct Told(BTreeMap<OperatorId, BTreeMap<u64, String>>);

impl Told {
    /// Through what an operator made the entry at a feed number; `None` where nobody knows.
    fn at(&self, operator: &OperatorId, feed: u64) -> Option<&str> {
        self.0.get(operator)?.range(..feed).next_back().map(|(_, account)| account.as_str())
    }

    /// The last account of each operator.
    fn last(self) -> impl Iterator<Item = (OperatorId, String)> {
        self.0.into_iter().filter_map(|(operator, mut accounts)| Some((operator, accounts.pop_last()?.1)))
    }
}

impl App {
    /// The entry that says through what an operator acts, where the last one says otherwise.
    pub(crate) async fn unsaid_account(&self, operator: &Operator) -> Result<Option<Draft>> {
        let account = cut(&operator.account);
        if account.is_empty() || self.said_account(&operator.id).await?.as_deref() == Some(account.as_str()) {
            return Ok(None);
        }
        let told = OperatorAccount { operator: operator.id.clone(), account };
        let mut draft = Draft::of(Kind::OperatorAccount, self.world().me.clone(), payload::encode(&told));
        draft.operator = Some(operator.id.clone());
        Ok(Some(draft))
    }

    /// Remembers that it was written.
    pub(crate) fn account_said(&self, operator: &Operator) {
        let mut said = self.inner.accounts.lock().unwrap_or_else(PoisonError::into_inner);
        said.get_or_insert_default().insert(operator.id.clone(), cut(&operator.account));
    }

    async fn said_account(&self, operator: &OperatorId) -> Result<Option<String>> {
        // Acts come one after the other: nobody reads it a second time meanwhile.
        let known = self.inner.accounts.lock().unwrap_or_else(PoisonError::into_inner).clone();
        let said = match known {
            Some(said) => said,
            None => {
                let said = self.read_accounts().await?;
                self.inner.accounts.lock().unwrap_or_else(PoisonError::into_inner).replace(said.clone());
                said
            }
        };
        Ok(said.get(operator).cloned())
    }

    async fn read_accounts(&self) -> Result<BTreeMap<OperatorId, String>> {
        Ok(self.told_accounts().await?.last().collect())
    }

    async fn told_accounts(&self) -> Result<Told> {
        let me = self.world().me.clone();
        let (mut all, mut after) = (Told::default(), 0);
        loop {
            let placed = self.store().entries_of_kinds(&[Kind::OperatorAccount.word()], after, PAGE).await?;
            let Some(last) = placed.last().map(|placed| placed.feed) else { return Ok(all) };
            after = last;
            for placed in placed.iter().filter(|placed| placed.entry.header.stream.author.division == me) {
                if let Some((operator, account)) = told(&placed.entry) {
                    all.0.entry(operator).or_default().insert(placed.feed, account);
                }
            }
        }
    }

    /// The accounts through which several operators acted last, each with their names.
    pub(crate) async fn shared_accounts(&self) -> Result<Vec<(String, Vec<OperatorId>)>> {
        let mut by_account: BTreeMap<String, Vec<OperatorId>> = BTreeMap::new();
        for (operator, account) in self.read_accounts().await? {
            by_account.entry(account).or_default().push(operator);
        }
        Ok(by_account.into_iter().filter(|(_, operators)| operators.len() > 1).collect())
    }

    /// Refuses a decision on what the same account wrote here under another name: for each writer behind the account it
    /// asks the rules of review as if he had given it.
    pub(crate) async fn require_other_hands(
        &self,
        operator: &Operator,
        loaded: &Loaded,
        ruling: &Ruling,
        actor: &Actor,
    ) -> Result<()> {
        if !has_writer_of(loaded, actor) {
            return Ok(());
        }
        for other in self.same_hands(operator, &loaded.catalog).await? {
            let as_he = Actor { operator: other.clone(), ..actor.clone() };
            if let Err(Refusal::SelfReview(_)) = admit(&loaded.state, Intent::Decide(ruling.clone()), &as_he) {
                let (operator, account) = (operator.id.clone(), operator.account.clone());
                return Err(Error::SameAccount { operator, other, account });
            }
        }
        Ok(())
    }

    /// Whoever else saved or submitted something of the catalog at this node through the account of this operator.
    async fn same_hands(&self, operator: &Operator, catalog: &CatalogId) -> Result<BTreeSet<OperatorId>> {
        let account = cut(&operator.account);
        let mut others = BTreeSet::new();
        if account.is_empty() {
            return Ok(others);
        }
        let (told, me) = (self.told_accounts().await?, self.world().me.clone());
        let (about, mut after) = (catalog.to_string(), 0);
        loop {
            let page = self.store().headers_about(&about, after, PAGE).await?;
            let Some(last) = page.last().map(|placed| placed.feed) else { return Ok(others) };
            after = last;
            for Placed { feed, entry, .. } in page.iter().filter(|placed| is_writing(&placed.entry)) {
                let header = &entry.header;
                let Some(who) = header.operator.as_ref().filter(|who| **who != operator.id) else { continue };
                if header.stream.author.division == me && told.at(who, *feed) == Some(account.as_str()) {
                    others.insert(who.clone());
                }
            }
        }
    }

    /// Whether an entry of this node was made through the account of this operator.
    pub(crate) async fn is_by_account(&self, entry: &gongkai_journal::EntryHash, operator: &Operator) -> Result<bool> {
        let account = cut(&operator.account);
        let Some(Placed { feed, entry, .. }) = self.store().placed(entry).await?.filter(|_| !account.is_empty()) else {
            return Ok(false);
        };
        let is_own = entry.header.stream.author.division == self.world().me;
        let Some(who) = entry.header.operator.filter(|_| is_own) else { return Ok(false) };
        Ok(self.told_accounts().await?.at(&who, feed) == Some(account.as_str()))
    }
}

/// Whether anybody of the actor's own node wrote what is up for review: hardly ever, and only then it costs anything.
fn has_writer_of(loaded: &Loaded, actor: &Actor) -> bool {
    let head = loaded.state.head().into_iter();
    let mut writers = head.flat_map(|head| {
        let of_elements = head.standing.iter().flat_map(|standing| standing.writers.iter());
        head.writers.iter().chain(of_elements)
    });
    let is_of_it = |who: &OperatorId| {
        let name = who.as_str().strip_prefix(actor.division.as_str());
        name.is_some_and(|name| name.starts_with('/'))
    };
    writers.any(is_of_it)
}

/// Whether an entry puts words into a catalog.
fn is_writing(entry: &Entry) -> bool {
    entry.header.kind.is_one_of(&[Kind::DraftSave, Kind::Submission])
}

/// What an entry says of an operator's account, if it is one of those.
pub(crate) fn told(entry: &Entry) -> Option<(OperatorId, String)> {
    if entry.header.kind != Kind::OperatorAccount {
        return None;
    }
    let told: OperatorAccount = payload::decode(&entry.header.kind, entry.payload.as_deref()?).ok()?;
    Some((told.operator, told.account))
}

fn cut(account: &str) -> String {
    account.chars().take(ACCOUNT_CHARS_MAX).collect()
}

/// How many people stand behind words: who shares an operator's name or an account with another is the same.
pub(crate) fn people<'w>(words: impl IntoIterator<Item = (&'w OperatorId, &'w str)>) -> usize {
    let mut people: Vec<(BTreeSet<&OperatorId>, BTreeSet<&str>)> = Vec::new();
    for (operator, account) in words {
        let is_same = |person: &(BTreeSet<&OperatorId>, BTreeSet<&str>)| {
            person.0.contains(operator) || (!account.is_empty() && person.1.contains(account))
        };
        let mut one = (BTreeSet::from([operator]), BTreeSet::from([account]));
        let (same, others): (Vec<_>, Vec<_>) = people.into_iter().partition(is_same);
        for (operators, accounts) in same {
            one.0.extend(operators);
            one.1.extend(accounts);
        }
        people = others;
        people.push(one);
    }
    people.len()
}

#[cfg(test)]
#[expect(clippy::unwrap_used, reason = "a test stops at the first surprise")]
mod tests {
    use super::*;

    #[test]
    fn one_account_is_one_person_and_one_person_may_come_by_two() {
        let id = |name: &str| OperatorId::parse(name).unwrap();
        let [a, b, c] = ["x/a", "x/b", "x/c"].map(id);
        for (words, count) in [
            (vec![(&a, "uid 0"), (&b, "uid 0"), (&c, "uid 0")], 1),
            (vec![(&a, "uid 1"), (&b, "uid 2"), (&c, "uid 3")], 3),
            (vec![(&a, ""), (&b, ""), (&a, "")], 2),
            (vec![(&a, "uid 1"), (&b, "uid 2"), (&a, "uid 2")], 1),
            (vec![], 0),
        ] {
            assert_eq!(people(words.clone()), count, "{words:?}");
        }
    }
}
