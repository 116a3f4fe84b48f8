//! Sign-offs before an edition (保密审查、三审三校): who gave his word, for exactly which contents, and what lacks.
//!
//! Invariant: a word counts for the number and the contents that it names; one more approved revision, and all words
//! are asked for again. The steps and the number of distinct people are policy; the people are attested by this node.
//! Left out: the content checks (select), and who holds the role (permit).

use std::collections::BTreeMap;

use gongkai_journal::{
    kind::Kind,
    payload::{self, SignedOff},
};
use gongkai_model::{
    digest::{Digest, Hasher},
    edition::{SIGN_OFFS_MAX, SignOff},
    id::OperatorId,
};
use gongkai_store::Draft;

use super::{Contents, is_same};
use crate::{Action, App, Operator, Result, account, act::Subject};

/// Entries read in one go; an edition has a handful.
const PAGE: usize = 500;
/// Longest note kept, in characters: the number of a form and a sentence.
const NOTE_CHARS_MAX: usize = 500;

/// Which words an edition needs.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct SignOffPolicy {
    /// The steps, each signed once: `first-review`, `second-review`, `third-review`, `secrecy`, ….
    pub steps: Vec<String>,
    /// Fewest different people among them.
    pub people_min: usize,
}

/// Why a word was not taken, or an edition not made.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum SignOffError {
    /// Steps without a word for these contents.
    #[error("edition {edition} lacks the sign-offs {}", steps.join(", "))]
    Missing {
        /// Its number.
        edition: u64,
        /// The steps.
        steps: Vec<String>,
    },
    /// No such step in the policy.
    #[error("`{step}` is none of the sign-offs {}", known.join(", "))]
    StepUnknown {
        /// As given.
        step: String,
        /// The policy's.
        known: Vec<String>,
    },
    /// Somebody else gave his word for the step.
    #[error("`{operator}` has signed `{step}` for these contents already")]
    StepTaken {
        /// The step.
        step: String,
        /// Who.
        operator: OperatorId,
    },
    /// One person would speak for too many.
    #[error("`{operator}` has signed `{step}`, and the sign-offs must be of {people} people")]
    SamePerson {
        /// Who.
        operator: OperatorId,
        /// What he signed before.
        step: String,
        /// The policy's number.
        people: usize,
    },
    /// Two names, one account behind them.
    #[error(
        "`{operator}` and `{other}`, who has signed `{step}`, act through one account ({account}), which is one person; the sign-offs must be of {people} people"
    )]
    SameAccount {
        /// Who would sign.
        operator: OperatorId,
        /// Who has signed.
        other: OperatorId,
        /// What.
        step: String,
        /// Through what both act.
        account: String,
        /// The policy's number.
        people: usize,
    },
    /// There is nothing to sign: no approved catalog, or none that the last edition lacks.
    #[error("there is nothing new to publish, so nothing to sign off")]
    Nothing,
}

impl SignOffError {
    /// The permanent code.
    pub fn code(&self) -> &'static str {
        match self {
            Self::Missing { .. } => "GK-SIGN-001",
            Self::StepUnknown { .. } => "GK-SIGN-002",
            Self::StepTaken { .. } => "GK-SIGN-003",
            Self::SamePerson { .. } => "GK-SIGN-004",
            Self::Nothing => "GK-SIGN-005",
            Self::SameAccount { .. } => "GK-SIGN-006",
        }
    }

    /// What to do next.
    pub fn hint(&self) -> String {
        match self {
            Self::Missing { steps, .. } => {
                let step = steps.first().map_or("", String::as_str);
                format!(
                    "look with `gongkai publish sign-offs`; then `gongkai publish sign-off --step {step}`, each by another person"
                )
            }
            Self::StepUnknown { .. } => "`gongkai publish sign-offs` lists the steps".to_owned(),
            Self::StepTaken { .. } => "sign another step: `gongkai publish sign-offs`".to_owned(),
            Self::SamePerson { .. } => "let a colleague sign this step".to_owned(),
            Self::SameAccount { .. } => {
                "each signs with an account or a certificate of his own: `gongkai operator certify NAME`".to_owned()
            }
            Self::Nothing => "`gongkai publish preview` shows what waits and why".to_owned(),
        }
    }
}

/// One step of the policy and its word.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SignOffRow {
    /// The step.
    pub step: String,
    /// Who gave his word for the present contents.
    pub operator: Option<OperatorId>,
    /// Through which account; empty where it was not kept.
    pub account: String,
    /// When, unix milliseconds.
    pub at_ms: i64,
    /// His note.
    pub note: String,
}

/// How the next edition stands with its sign-offs.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SignOffs {
    /// The number that it would get.
    pub edition: u64,
    /// Digest of what it would hold.
    pub contents: Digest,
    /// Catalogs that it would hold.
    pub catalogs: usize,
    /// Items that it would hold.
    pub items: usize,
    /// By the policy's order.
    pub rows: Vec<SignOffRow>,
    /// Fewest different people.
    pub people_min: usize,
    /// Words for this number that were given for other contents, and count no more.
    pub outdated: usize,
    /// Whether the edition may be made, as far as words go.
    pub is_complete: bool,
    /// Whether it would equal the edition before.
    pub is_unchanged: bool,
}

impl SignOffs {
    /// Whether there is no approved catalog, and never was one.
    pub(super) fn is_nothing(&self) -> bool {
        self.catalogs == 0 && self.edition == 1
    }

    /// The steps that nobody has signed.
    pub(super) fn missing(&self) -> Vec<String> {
        let open = self.rows.iter().filter(|row| row.operator.is_none());
        open.map(|row| row.step.clone()).collect()
    }

    fn people(&self) -> usize {
        account::people(self.rows.iter().filter_map(|row| Some((row.operator.as_ref()?, row.account.as_str()))))
    }
}

impl App {
    /// Sets the words that editions of this node need; without this call none.
    pub fn require_sign_offs(&self, policy: SignOffPolicy) {
        self.inner.sign_offs.store(std::sync::Arc::new(policy));
    }

    /// How the edition that would be made now stands with its sign-offs.
    pub async fn sign_offs(&self) -> Result<SignOffs> {
        self.require_top()?;
        let _alone = self.alone().await;
        self.sign_offs_now().await
    }

    /// Gives the operator's word for a step (empty: the next that is open); `true` where he had given it before.
    pub async fn sign_off(&self, operator: &Operator, step: &str, note: &str) -> Result<(SignOffs, bool)> {
        operator.may(Action::PublishSignOff)?;
        self.require_top()?;
        let acting = self.begin(operator, Action::PublishSignOff, Subject::NODE).await?;
        let before = self.sign_offs_now().await?;
        if before.is_unchanged || before.is_nothing() {
            return Err(SignOffError::Nothing.into());
        }
        let Some(step) = open_step(&before, operator, step)? else { return Ok((before, true)) };
        let note = note.chars().take(NOTE_CHARS_MAX).collect();
        let word = SignedOff { edition: before.edition, contents: before.contents, step, note };
        acting.record_one(Draft::of(Kind::SignOff, self.world().root.clone(), payload::encode(&word))).await?;
        Ok((self.sign_offs_now().await?, false))
    }

    async fn sign_offs_now(&self) -> Result<SignOffs> {
        let series = self.series().await?;
        let before = self.contents_of_last(&series, None).await?;
        let selection = self.select(&before).await?;
        let last = series.keys().next_back().copied().unwrap_or(0);
        let contents = selection.contents();
        let mut now = self.words_for(last + 1, &contents).await?;
        now.is_unchanged = last > 0 && is_same(&before, &contents);
        Ok(now)
    }

    /// The words that an edition takes with it, or the refusal that names the steps without one.
    pub(super) async fn required_words(&self, edition: u64, contents: &Contents) -> Result<Vec<SignOff>> {
        let found = self.words_for(edition, contents).await?;
        if !found.is_complete {
            return Err(SignOffError::Missing { edition, steps: found.missing() }.into());
        }
        let mut words = Vec::new();
        for row in found.rows.into_iter().take(SIGN_OFFS_MAX) {
            let Some(operator) = row.operator else { continue };
            // The edition's entry goes to every node below: names stay here.
            words.push(SignOff { operator: self.alias_of(&operator).await?, kind: row.step, at_ms: row.at_ms });
        }
        Ok(words)
    }

    async fn words_for(&self, edition: u64, contents: &Contents) -> Result<SignOffs> {
        let policy = self.inner.sign_offs.load_full();
        let digest = contents_digest(edition, contents);
        let row = |step: &String| SignOffRow {
            step: step.clone(),
            operator: None,
            account: String::new(),
            at_ms: 0,
            note: String::new(),
        };
        let mut rows: Vec<SignOffRow> = policy.steps.iter().map(row).collect();
        let mut outdated = 0;
        for Word { operator, account, at_ms, word } in self.words().await? {
            if word.edition != edition {
                continue;
            }
            if word.contents != digest {
                outdated += 1;
                continue;
            }
            let open = rows.iter_mut().find(|row| row.step == word.step && row.operator.is_none());
            if let Some(row) = open {
                (row.operator, row.account) = (Some(operator), account);
                (row.at_ms, row.note) = (at_ms, word.note);
            }
        }
        let mut found = SignOffs {
            edition,
            contents: digest,
            catalogs: contents.len(),
            items: contents.values().map(|(_, items)| *items as usize).sum(),
            rows,
            people_min: policy.people_min.min(policy.steps.len()),
            outdated,
            is_complete: false,
            is_unchanged: false,
        };
        found.is_complete = found.missing().is_empty() && found.people() >= found.people_min;
        Ok(found)
    }

    /// All words given at this node, in the order of its feed.
    async fn words(&self) -> Result<Vec<Word>> {
        let me = self.world().me.clone();
        let (mut words, mut accounts, mut after) = (Vec::new(), BTreeMap::new(), 0);
        let kinds = [Kind::SignOff.word(), Kind::OperatorAccount.word()];
        loop {
            let placed = self.store().entries_of_kinds(&kinds, after, PAGE).await?;
            let Some(last) = placed.last().map(|placed| placed.feed) else { return Ok(words) };
            after = last;
            for placed in placed.into_iter().filter(|placed| placed.entry.header.stream.author.division == me) {
                let entry = placed.entry;
                if let Some((operator, account)) = account::told(&entry) {
                    accounts.insert(operator, account);
                    continue;
                }
                let (Some(operator), Some(bytes)) = (&entry.header.operator, &entry.payload) else { continue };
                let Ok(word) = payload::decode::<SignedOff>(&entry.header.kind, bytes) else { continue };
                let account = accounts.get(operator).cloned().unwrap_or_default();
                words.push(Word { operator: operator.clone(), account, at_ms: entry.header.written_at_ms, word });
            }
        }
    }
}

/// One person's word as this node's journal has it.
struct Word {
    operator: OperatorId,
    /// Through which account; empty where it was not kept.
    account: String,
    at_ms: i64,
    word: SignedOff,
}

/// The step that this person signs now; `None` where he has signed it before.
fn open_step(now: &SignOffs, operator: &Operator, asked: &str) -> Result<Option<String>, SignOffError> {
    let row = match asked {
        "" => now.rows.iter().find(|row| row.operator.is_none()).or(now.rows.first()),
        step => now.rows.iter().find(|row| row.step == step),
    };
    let known = || now.rows.iter().map(|row| row.step.clone()).collect();
    let Some(row) = row else {
        return Err(SignOffError::StepUnknown { step: asked.chars().take(40).collect(), known: known() });
    };
    match &row.operator {
        Some(who) if *who == operator.id => return Ok(None),
        Some(who) => return Err(SignOffError::StepTaken { step: row.step.clone(), operator: who.clone() }),
        None => {}
    }
    let given = || now.rows.iter().filter_map(|row| Some((row.operator.as_ref()?, row)));
    let own = given().find(|(who, _)| **who == operator.id);
    let is_same = |row: &SignOffRow| !operator.account.is_empty() && row.account == operator.account;
    let earlier = own.or_else(|| given().find(|(_, row)| is_same(row)));
    let counted = given().map(|(who, row)| (who, row.account.as_str()));
    let with_his = account::people(counted.chain([(&operator.id, operator.account.as_str())]));
    // Those who may still sign the other open steps are new people at best.
    let reachable = with_his + now.missing().len() - 1;
    let people = now.people_min;
    match earlier {
        Some((who, earlier)) if reachable < people && *who == operator.id => {
            Err(SignOffError::SamePerson { operator: who.clone(), step: earlier.step.clone(), people })
        }
        Some((other, earlier)) if reachable < people => Err(SignOffError::SameAccount {
            operator: operator.id.clone(),
            other: other.clone(),
            step: earlier.step.clone(),
            account: operator.account.clone(),
            people,
        }),
        Some(_) | None => Ok(Some(row.step.clone())),
    }
}

/// H("gongkai edition contents v1", number, (catalog, revision) of each by catalog).
fn contents_digest(edition: u64, contents: &Contents) -> Digest {
    let mut hasher = Hasher::new("gongkai edition contents v1");
    hasher.part(&edition.to_be_bytes());
    for (catalog, (revision, _)) in contents {
        hasher.part(catalog.to_string().as_bytes());
        hasher.part(&revision.to_bytes());
    }
    hasher.finish()
}
