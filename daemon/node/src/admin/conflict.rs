//! ConflictService: what stands beside what, and a person's decision.
//!
//! Invariant: reading calls change nothing; settling goes through one use case. Rows are the model's merge.

use gongkai_app::{Loaded, Resolution, Settling, one};
use gongkai_model::{
    conflict::{Conflict, ConflictKind, Side},
    id::CatalogId,
    merge::{Choice, Merged, Place, Row, Take},
    named::only,
    review::Step,
};
use gongkai_proto::{
    IMPORT_BYTES_MAX,
    admin::v1::{self as wire, conflict_service_server::ConflictService},
};
use tonic::{Request, Response, Status};

use super::{Admin, changes::HEADER, conflict_words::sentences, convert, is_zh, refuse::refused};
use crate::Error;

/// Most choices of one call: every element of a hundred items.
const CHOICES_MAX: usize = 2_000;

/// The outcome of elements that stand beside each other and are not merged.
const BESIDE: &str = "beside";

#[tonic::async_trait]
impl ConflictService for Admin {
    async fn list(
        &self,
        request: Request<wire::ListConflictsRequest>,
    ) -> Result<Response<wire::ListConflictsResponse>, Status> {
        self.operator(&request)?;
        let is_zh = is_zh(&request);
        let asked = request.into_inner().catalog;
        let mut conflicts = Vec::new();
        for conflict in self.app().conflicts().await.map_err(refused)? {
            if asked.is_empty() || asked == conflict.catalog.to_string() {
                let loaded = self.app().load(&conflict.catalog).await.map_err(refused)?;
                conflicts.push(self.conflict_row(&loaded, &conflict, is_zh).0);
            }
        }
        Ok(Response::new(wire::ListConflictsResponse { node: self.node_id(), conflicts }))
    }

    async fn show(
        &self,
        request: Request<wire::ShowConflictRequest>,
    ) -> Result<Response<wire::ShowConflictResponse>, Status> {
        self.operator(&request)?;
        let is_zh = is_zh(&request);
        let (loaded, conflict) = self.app().conflict(&request.into_inner().id).await.map_err(refused)?;
        let (row, merged) = self.conflict_row(&loaded, &conflict, is_zh);
        let rows = match merged {
            Some(merged) => merge_rows(&merged),
            None => self.both_claims(&loaded, &conflict).await?,
        };
        let (submitted, now) = conflict.steps.clone().unwrap_or_default();
        Ok(Response::new(wire::ShowConflictResponse {
            conflict: Some(row),
            rows,
            steps_submitted: submitted.iter().map(step).collect(),
            steps_now: now.iter().map(step).collect(),
        }))
    }

    async fn resolve(
        &self,
        request: Request<wire::ResolveConflictRequest>,
    ) -> Result<Response<wire::ResolveConflictResponse>, Status> {
        let operator = self.operator(&request)?;
        let asked = request.into_inner();
        let (id, reason, basis) = (asked.id.clone(), asked.reason.clone(), asked.basis.clone());
        let (loaded, conflict) = self.app().conflict(&id).await.map_err(refused)?;
        let resolution = resolution(asked, &loaded, &conflict)?;
        let settling = Settling { resolution, reason, basis };
        let done = self.app().resolve(&operator, &conflict.id, settling).await.map_err(refused)?;
        let left = self.app().conflicts().await.map_err(refused)?;
        let left = left.iter().filter(|left| left.catalog == conflict.catalog).count();
        let revision = done.loaded.content(&done.revision);
        Ok(Response::new(wire::ResolveConflictResponse {
            id: conflict.id,
            catalog: conflict.catalog.to_string(),
            revision: done.revision.to_string(),
            parents: revision
                .map(|revision| revision.parents.iter().map(ToString::to_string).collect())
                .unwrap_or_default(),
            entry: done.entry.to_string(),
            state: done.ending.word().to_owned(),
            items: revision.map_or(0, |revision| convert::count(revision.items.len())),
            left: convert::count(left),
        }))
    }
}

impl Admin {
    /// The conflict with its suggested merge, where it has one.
    fn conflict_row(&self, loaded: &Loaded, conflict: &Conflict, is_zh: bool) -> (wire::ConflictRow, Option<Merged>) {
        let world = self.app().world();
        let merged = loaded.merged(conflict, &[]);
        let (division_name, domain_name) = convert::names(&world, &conflict.catalog);
        let resolved_at = match (&conflict.steps, &conflict.upper) {
            (Some((submitted, _)), _) => submitted.first().map_or_else(String::new, |step| step.division.to_string()),
            (None, Some((upper, _))) => world.custodian(&upper.division).to_string(),
            (None, None) => world.custodian(&conflict.catalog.division).to_string(),
        };
        // Who keeps a matter is one question.
        let one = usize::from(conflict.kind == ConflictKind::Matter);
        let open = merged.as_ref().map_or(one, |merged| merged.open().count());
        let (summary, hint) = sentences(&world, conflict, is_zh);
        let item = conflict.item.clone();
        let (item_id, item_name, item_serial) =
            item.map(|item| (item.id.to_string(), item.name, item.serial)).unwrap_or_default();
        let upper = conflict.upper.as_ref().map(|(catalog, item)| (catalog.to_string(), item.to_string()));
        let (upper_catalog, upper_item_id) = upper.unwrap_or_default();
        let row = wire::ConflictRow {
            id: conflict.id.clone(),
            kind: conflict.kind.word().to_owned(),
            catalog: conflict.catalog.to_string(),
            division_name,
            domain_name,
            base: conflict.base.map_or_else(String::new, |base| base.to_string()),
            ours: Some(side(&conflict.ours)),
            theirs: Some(side(&conflict.theirs)),
            open: convert::count(open),
            is_mine: resolved_at == world.me.as_str(),
            resolved_at,
            summary,
            hint,
            item_id,
            item_name,
            item_serial,
            upper_catalog,
            upper_item_id,
        };
        (row, merged)
    }

    /// Of a matter that two bodies claim: what each lists, where they differ.
    async fn both_claims(&self, loaded: &Loaded, conflict: &Conflict) -> Result<Vec<wire::MergeRow>, Status> {
        let both = self.app().both_claims(loaded, conflict).await.map_err(refused)?;
        let rows = both.map(|both| merge_rows(&both.merged(&[]))).unwrap_or_default();
        let beside = |row: wire::MergeRow| wire::MergeRow { merged: String::new(), outcome: BESIDE.to_owned(), ..row };
        Ok(rows.into_iter().map(beside).collect())
    }
}

fn side(side: &Side) -> wire::ConflictSide {
    wire::ConflictSide {
        revision: side.revision.to_string(),
        entry: side.entry.to_string(),
        division: side.author.to_string(),
        operator: side.operator.as_ref().map_or_else(String::new, ToString::to_string),
        at_ms: side.at_ms,
        kind: side.kind.word().to_owned(),
        items: side.items,
    }
}

fn merge_rows(merged: &Merged) -> Vec<wire::MergeRow> {
    let serial = |place: &Place| match place {
        Place::Header => String::new(),
        Place::Item(id) => merged.items.get(id).map_or_else(String::new, |slot| slot.serial.clone()),
    };
    let row = |row: &Row| wire::MergeRow {
        item_id: place_text(&row.place),
        name: row.name.clone(),
        serial: serial(&row.place),
        element: row.element.clone().unwrap_or_default(),
        base: row.base.clone(),
        ours: row.ours.clone(),
        theirs: row.theirs.clone(),
        merged: row.merged.clone(),
        outcome: convert::word(&row.outcome),
    };
    merged.rows.iter().map(row).collect()
}

fn place_text(place: &Place) -> String {
    match place {
        Place::Header => HEADER.to_owned(),
        Place::Item(id) => id.to_string(),
    }
}

fn step(step: &Step) -> wire::ReviewStepBrief {
    wire::ReviewStepBrief {
        division: step.division.to_string(),
        department: step.department.as_ref().map_or_else(String::new, ToString::to_string),
        role: step.role.clone(),
    }
}

fn resolution(asked: wire::ResolveConflictRequest, loaded: &Loaded, conflict: &Conflict) -> Result<Resolution, Error> {
    if asked.content.len() > IMPORT_BYTES_MAX || asked.choices.len() > CHOICES_MAX {
        return Err(Error::BadRequest { what: "the file or the list of choices is too long".to_owned() });
    }
    if !asked.content.is_empty() {
        return Ok(Resolution::Table { content: asked.content, file_name: asked.file_name });
    }
    let whole = match asked.take.as_str() {
        "ours" => Resolution::Ours,
        "theirs" => Resolution::Theirs,
        "both" => Resolution::Both,
        "merge" | "" => {
            let rows = loaded.merged(conflict, &[]).map(|merged| merge_rows(&merged)).unwrap_or_default();
            let choices = asked.choices.iter().map(|choice| choice_of(choice, &rows, &conflict.catalog));
            return Ok(Resolution::Merge(choices.collect::<Result<_, _>>()?));
        }
        other => return Err(Error::BadRequest { what: format!("`{}` names no side", shortened(other)) }),
    };
    if asked.choices.is_empty() {
        return Ok(whole);
    }
    Err(Error::BadRequest { what: "choices go with the suggested merge, not with one whole side".to_owned() })
}

/// Finds the place that a person means, by id, serial or name.
fn choice_of(asked: &wire::ConflictChoice, rows: &[wire::MergeRow], catalog: &CatalogId) -> Result<Choice, Error> {
    let fits = |row: &&wire::MergeRow| {
        let last = row.name.rsplit(" / ").next().unwrap_or_default();
        !asked.item.is_empty() && [row.item_id.as_str(), &row.serial, &row.name, last].contains(&asked.item.as_str())
    };
    let told = |row: &wire::MergeRow| format!("{} ({} {})", row.item_id, row.serial, row.name);
    let by_id = rows.iter().map(|row| row.item_id.as_str()).find(|id| *id == asked.item);
    let meant = match by_id {
        Some(id) => Ok(id),
        None => only(rows.iter().filter(fits).map(|row| (row.item_id.as_str(), told(row)))),
    };
    let unknown = || gongkai_app::Error::NotInCatalog {
        catalog: catalog.clone(),
        what: "differing item",
        text: shortened(&asked.item),
    };
    let place = match one(meant, "differing item", &asked.item, unknown)? {
        HEADER => Place::Header,
        id => Place::Item(gongkai_model::id::ItemId::parse(id)?),
    };
    let take = match asked.take.as_str() {
        "ours" => Take::Ours,
        "theirs" => Take::Theirs,
        "base" => Take::Base,
        "" if !asked.element.is_empty() => Take::Text(asked.text.clone()),
        other => return Err(Error::BadRequest { what: format!("`{}` names no side", shortened(other)) }),
    };
    let element = Some(asked.element.clone()).filter(|element| !element.is_empty());
    Ok(Choice { place, element, take })
}

fn shortened(text: &str) -> String {
    text.chars().take(80).collect()
}
