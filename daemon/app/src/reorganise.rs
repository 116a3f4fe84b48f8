//! A division goes under another one (撤乡并镇), and a node loses its standing: what a person orders about the tree.
//!
//! Invariant: parentage is written by the top node, the only one whose word about the tree counts in this version. The
//! order moves nothing by itself: routes follow from the tree, history from routes. A dry run writes nothing.

use gongkai_journal::{
    kind::Kind,
    payload::{self, TreePut},
};
use gongkai_model::{id::DivisionId, tree::Division};
use gongkai_store::Draft;

use crate::{Action, App, Error, Operator, Result, World, act::Subject, revocation::Owed};

/// Longest reason kept, in characters.
const REASON_CHARS_MAX: usize = 500;

/// A move that was ordered, or would be.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Moved {
    /// What moves.
    pub division: DivisionId,
    /// From under which division.
    pub from: DivisionId,
    /// To under which.
    pub to: DivisionId,
    /// The nodes whose certificates spell the old path: each joins again at its parent.
    pub nodes: Vec<DivisionId>,
    /// Catalogs that go with it, as far as they are known here.
    pub catalogs: usize,
}

impl App {
    /// Puts a division under another one; a dry run only says what would be.
    pub async fn move_division(
        &self,
        operator: &Operator,
        division: &str,
        to: &str,
        is_dry_run: bool,
    ) -> Result<Moved> {
        let acting = self.begin(operator, Action::NodeMove, Subject::NODE).await?;
        let world = self.world();
        let (division, to) = (world.division(division)?.clone(), world.division(to)?.id.clone());
        let from = check_move(&world, &division, &to)?;
        let below = world.tree().subtree(&division.id);
        let rows = self.catalog_rows().await?;
        let catalogs = rows.iter().filter(|row| below.contains(&row.summary.catalog.division)).count();
        let moved = Moved {
            division: division.id.clone(),
            from,
            to: to.clone(),
            nodes: below.iter().filter(|id| world.has_node(id)).cloned().collect(),
            catalogs,
        };
        if !is_dry_run {
            let version = self.tree_version().await?.saturating_add(1);
            let record = Division { from: world.today.clone(), parent: Some(to), ..division };
            let put = payload::encode(&TreePut { version, divisions: vec![record] });
            let mut drafts = vec![Draft::of(Kind::TreePut, world.me.clone(), put)];
            // Whoever keeps them next did not write what stands there: the top says that it does.
            for division in below.iter().filter(|id| !world.has_node(id)) {
                let stands = self.ends_of_lines(division).await?;
                drafts.extend(stands.into_iter().map(|end| world.right(division, end, "moved")));
            }
            acting.record(drafts).await?;
        }
        Ok(moved)
    }

    /// Ends the keys of a division below: its node opens no session any more, and what it signs beyond what is here
    /// now counts nowhere; under a hold what is here when heads were compared (revocation).
    pub async fn revoke_node(&self, operator: &Operator, division: &str, reason: &str) -> Result<usize> {
        let reason: String = reason.trim().chars().take(REASON_CHARS_MAX).collect();
        let acting = self.begin(operator, Action::NodeRevoke, Subject::NODE).await?;
        let world = self.world();
        let division = world.division(division)?.id.clone();
        let keys = world.standing_keys(&division);
        check_revocation(&world, &division, &reason, keys.len())?;
        let key = |key_id: String| Owed {
            division: division.clone(),
            key_id,
            reason: reason.clone(),
            operator: operator.id.clone(),
        };
        let count = keys.len();
        let drafts = self.revocations(keys.into_iter().map(key).collect()).await?;
        acting.record(drafts).await?;
        Ok(count)
    }

    /// The highest version that the tree was ordered in.
    async fn tree_version(&self) -> Result<u64> {
        let entries = self.inner.trust_log.read(self.store(), &self.world().root).await?;
        let puts = entries.iter().filter(|entry| entry.header.kind == Kind::TreePut);
        let versions = puts.filter_map(|entry| Some(entry.read::<TreePut>()?.version));
        Ok(versions.max().unwrap_or(0))
    }
}

/// Gives the division from under which it goes.
fn check_move(world: &World, division: &Division, to: &DivisionId) -> Result<DivisionId> {
    let refusal = |message: String, hint: &str| Error::Enrolment { code: "GK-APP-024", message, hint: hint.to_owned() };
    let id = &division.id;
    if world.me != world.root {
        let hint = format!("do this at the node of {}", world.root);
        return Err(refusal("the tree is written at the top node".to_owned(), &hint));
    }
    let Some(from) = &division.parent else {
        return Err(refusal(format!("`{id}` is the top of the tree"), "name a division below it"));
    };
    if from == to {
        return Err(refusal(format!("`{id}` stands under `{to}` already"), "nothing needs to be done"));
    }
    if world.tree().is_on_path(id, to) {
        return Err(refusal(format!("`{to}` is `{id}` or stands below it"), "name a division outside of it"));
    }
    if world.tree().get(to).is_some_and(|to| to.is_retired) {
        return Err(refusal(format!("`{to}` is dissolved"), "name a division that exists"));
    }
    Ok(from.clone())
}

fn check_revocation(world: &World, division: &DivisionId, reason: &str, keys: usize) -> Result<()> {
    let refusal = |message: String, hint: &str| Error::Enrolment { code: "GK-APP-026", message, hint: hint.to_owned() };
    if *division == world.me || !world.tree().is_on_path(&world.me, division) {
        return Err(refusal(format!("`{division}` does not stand below this node"), "do this at a node above it"));
    }
    if reason.is_empty() {
        return Err(refusal("a revocation needs a reason".to_owned(), "say it with `--reason TEXT`"));
    }
    if keys == 0 {
        return Err(refusal(format!("`{division}` has no key that stands"), "nothing needs to be done"));
    }
    Ok(())
}
