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
use gongkai_model::id::OperatorId;
use gongkai_store::Draft;

use crate::{App, Operator, Result};

/// Entries read in one go.
const PAGE: usize = 500;
/// Longest account kept, in characters: a number, or a certificate's name.
const ACCOUNT_CHARS_MAX: usize = 200;

/// The accounts that were written last, by operator; `None` before the journal was read.
pub(crate) type Said = Option<BTreeMap<OperatorId, String>>;

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
        let me = self.world().me.clone();
        let (mut said, mut after) = (BTreeMap::new(), 0);
        loop {
            let placed = self.store().entries_of_kinds(&[Kind::OperatorAccount.word()], after, PAGE).await?;
            let Some(last) = placed.last().map(|placed| placed.feed) else { return Ok(said) };
            after = last;
            let own = placed.iter().filter(|placed| placed.entry.header.stream.author.division == me);
            said.extend(own.filter_map(|placed| told(&placed.entry)));
        }
    }
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
