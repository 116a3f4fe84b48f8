//! ReviewService: what waits here, what changed, and the decisions.
//!
//! Invariant: the items shown are those that the open step must look at; nothing else is asked of a reviewer.

use gongkai_app::{ElementWords, Loaded, Operator, Spoken, Suggestion, Verdicts, World};
use gongkai_model::{
    digest::Digest,
    id::{Day, DepartmentSlug},
    review::{DecisionEffect, DecisionState, Outside, Refusal, SubmissionState, Verdict},
};
use gongkai_proto::admin::v1::{self as wire, review_service_server::ReviewService};
use tonic::{Request, Response, Status};

use super::{Admin, convert, proposals, refuse::refused, review_items, review_rows, stale::stale};
use crate::Error;

#[tonic::async_trait]
impl ReviewService for Admin {
    async fn list(
        &self,
        request: Request<wire::ListReviewsRequest>,
    ) -> Result<Response<wire::ListReviewsResponse>, Status> {
        let operator = self.operator(&request)?;
        Ok(Response::new(self.listed_reviews(&operator, request.into_inner()).await?))
    }

    async fn show(
        &self,
        request: Request<wire::ShowReviewRequest>,
    ) -> Result<Response<wire::ShowReviewResponse>, Status> {
        let operator = self.operator(&request)?;
        let is_zh = super::is_zh(&request);
        let asked = request.into_inner();
        let loaded = self.known_catalog(&asked.catalog).await?;
        let submission = loaded.submission_named(&asked.submission).map_err(refused)?;
        let world = self.app().world();
        let (row, years) = self.review_row(&operator, &loaded, submission, &self.app().today());
        let base = loaded.compared_with(submission).map(|base| base.digest());
        Ok(Response::new(wire::ShowReviewResponse {
            review: Some(row),
            proposals: proposals::all(&world, &loaded),
            compared_with: base.map_or_else(String::new, |base| base.to_string()),
            warnings: review_rows::warnings(&years),
            steps: convert::steps(&world, submission),
            items: review_items::shown(&loaded, submission, asked.all_items),
            stale: self.stale(&loaded, submission, is_zh).await?,
            note: submission.reason.clone(),
        }))
    }

    async fn approve(
        &self,
        request: Request<wire::DecideReviewRequest>,
    ) -> Result<Response<wire::DecideReviewResponse>, Status> {
        let operator = self.operator(&request)?;
        Ok(Response::new(self.decide(operator, request.into_inner(), Verdict::Approve).await?))
    }

    async fn r#return(
        &self,
        request: Request<wire::DecideReviewRequest>,
    ) -> Result<Response<wire::DecideReviewResponse>, Status> {
        let operator = self.operator(&request)?;
        Ok(Response::new(self.decide(operator, request.into_inner(), Verdict::Return).await?))
    }

    async fn propose(&self, request: Request<wire::ProposeRequest>) -> Result<Response<wire::ProposeResponse>, Status> {
        let operator = self.operator(&request)?;
        let asked = request.into_inner();
        let said = Suggestion {
            submission: asked.submission,
            item: asked.item,
            element: asked.element,
            words: asked.text,
            note: asked.note,
        };
        let (loaded, hash) = self.app().propose(&operator, said).await.map_err(refused)?;
        Ok(Response::new(wire::ProposeResponse { proposal: self.proposal_of(&loaded, hash) }))
    }

    async fn revoke(
        &self,
        request: Request<wire::RevokeReviewRequest>,
    ) -> Result<Response<wire::DecideReviewResponse>, Status> {
        let operator = self.operator(&request)?;
        let asked = request.into_inner();
        let loaded = self.known_catalog(&asked.catalog).await?;
        let decision = decision_to_revoke(&self.app().world(), &loaded, &asked.revision)?;
        let (hash, step) = (decision.hash, decision.step);
        let after = self.app().revoke(&operator, &loaded.catalog, hash, asked.reason).await.map_err(refused)?;
        let mut response = self.decided(&after, hash, "revoke", false);
        response.step = step.map_or(0, |step| step + 1);
        Ok(Response::new(response))
    }
}

impl Admin {
    async fn decide(
        &self,
        operator: Operator,
        asked: wire::DecideReviewRequest,
        verdict: Verdict,
    ) -> Result<wire::DecideReviewResponse, Error> {
        let catalog = self.app().catalog_or_submission(&asked.catalog).await?;
        let operator = speaking_for(operator, &asked.department)?;
        let before = self.app().load_known(&catalog).await?;
        if !asked.submission.is_empty() {
            let looked_at = before.submission_named(&asked.submission)?;
            if before.state.head().map(|head| head.hash) != Some(looked_at.hash) {
                return Err(Error::NotCurrent);
            }
        }
        let elements = elements_of(&asked);
        let (said, file) = said(asked, verdict)?;
        let said = Verdicts { submission: before.state.head().map(|head| head.hash), ..said };
        match self.app().decide_saying(&operator, &catalog, said, Spoken { elements, document: file }).await {
            Ok((after, decision)) => Ok(self.decided(&after, decision, verdict_word(verdict), false)),
            Err(gongkai_app::Error::Review(refusal @ Refusal::AlreadyDecided { .. })) => {
                // The same decision by the same person is safe to repeat.
                let same = same_decision(&before, &operator, verdict).ok_or(gongkai_app::Error::Review(refusal))?;
                Ok(self.decided(&before, same, verdict_word(verdict), true))
            }
            Err(error) => Err(error.into()),
        }
    }

    fn decided(&self, loaded: &Loaded, decision: Digest, verdict: &str, unchanged: bool) -> wire::DecideReviewResponse {
        let mut response = wire::DecideReviewResponse {
            catalog: loaded.catalog.to_string(),
            decision: decision.to_string(),
            verdict: verdict.to_owned(),
            state: super::catalog::state_of(loaded).to_owned(),
            unchanged,
            ..wire::DecideReviewResponse::default()
        };
        let Some(head) = loaded.state.head() else { return response };
        response.submission = head.hash.to_string();
        response.revision = head.revision.to_string();
        response.next = convert::open_step(&self.app().world(), head);
        if let Some(made) = head.decisions.iter().find(|made| made.hash == decision) {
            response.step = made.step.map_or(0, |step| step + 1);
            response.items_opinions = made.opinions;
        }
        response
    }
}

/// An operator of several departments who speaks for one of them.
fn speaking_for(mut operator: Operator, department: &str) -> Result<Operator, Error> {
    if department.is_empty() {
        return Ok(operator);
    }
    let department = DepartmentSlug::parse(department)?;
    if !operator.departments.is_empty() && !operator.departments.contains(&department) {
        return Err(Error::BadRequest { what: format!("`{}` does not belong to `{department}`", operator.id) });
    }
    operator.departments = [department].into();
    Ok(operator)
}

/// The words on single elements.
fn elements_of(asked: &wire::DecideReviewRequest) -> Vec<ElementWords> {
    let each = asked.items.iter().flat_map(|item| {
        item.elements.iter().map(|(element, words)| ElementWords {
            item: item.item_id.clone(),
            element: element.clone(),
            words: words.clone(),
        })
    });
    each.collect()
}

/// What is said, and the bytes of the document by which it was decided.
fn said(asked: wire::DecideReviewRequest, verdict: Verdict) -> Result<(Verdicts, Vec<u8>), Error> {
    let items =
        asked.items.into_iter().map(|item| Ok((item.item_id, verdict_of(&item.verdict, verdict)?, item.opinion)));
    let items = items.collect::<Result<Vec<_>, Error>>()?;
    // Whoever returns single items has looked at the others; a return as a whole says nothing of any.
    let approves_rest = !asked.partly && (verdict == Verdict::Approve || !items.is_empty());
    let (outside, file) = match asked.outside {
        Some(outside) => outside_of(outside)?,
        None => (None, Vec::new()),
    };
    Ok((Verdicts { submission: None, verdict, items, note: asked.opinion, approves_rest, outside }, file))
}

/// The document's facts and its bytes.
fn outside_of(outside: wire::OutsideDecision) -> Result<(Option<Outside>, Vec<u8>), Error> {
    let decided_on = Some(outside.decided_on.as_str()).filter(|text| !text.is_empty()).map(Day::parse).transpose()?;
    if outside.authority.trim().is_empty() || outside.doc_no.trim().is_empty() {
        return Err(Error::BadRequest {
            what: "an outside decision names its authority and document number".to_owned(),
        });
    }
    let said = Outside {
        authority: outside.authority,
        document_no: outside.doc_no,
        file_digest: Digest::of_file(&outside.file),
        file_name: outside.file_name,
        decided_on,
        parts: Vec::new(),
    };
    Ok((Some(said), outside.file))
}

fn verdict_of(word: &str, otherwise: Verdict) -> Result<Verdict, Error> {
    match word {
        "" => Ok(otherwise),
        "approve" => Ok(Verdict::Approve),
        "return" => Ok(Verdict::Return),
        other => {
            Err(Error::BadRequest { what: format!("`{}` is no verdict", other.chars().take(40).collect::<String>()) })
        }
    }
}

fn same_decision(loaded: &Loaded, operator: &Operator, verdict: Verdict) -> Option<Digest> {
    let head = loaded.state.head()?;
    let mut decisions = head.decisions.iter().rev();
    let is_same = |made: &&DecisionState| {
        made.operator == operator.id && made.verdict == verdict && made.effect == DecisionEffect::Effective
    };
    decisions.find(is_same).map(|made| made.hash)
}

fn decision_to_revoke<'l>(world: &World, loaded: &'l Loaded, revision: &str) -> Result<&'l DecisionState, Error> {
    let missing =
        || Error::BadRequest { what: format!("catalog `{}` has no approval of this node to revoke", loaded.catalog) };
    // A return by a step that a reroute took out of the chain stands until somebody takes it back.
    let is_former_return = |made: &&DecisionState| {
        made.step.is_none() && made.verdict == Verdict::Return && made.effect == DecisionEffect::Effective
    };
    let submission = if revision.is_empty() {
        let head = loaded.state.head().filter(|head| head.decisions.iter().any(|made| is_former_return(&made)));
        head.or_else(|| loaded.state.latest_approved(None))
    } else {
        let digest = loaded.revision(revision)?.digest();
        loaded.state.submissions.iter().rev().find(|submission| submission.revision == digest)
    };
    let decisions = submission.ok_or_else(missing)?.decisions.iter().rev();
    let is_own = |made: &&DecisionState| {
        made.author == world.me && made.verdict == Verdict::Approve && made.effect == DecisionEffect::Effective
    };
    // Such a return, an approval of this node, else any that the machine may let it revoke.
    let found = decisions.clone().find(is_former_return).or_else(|| decisions.clone().find(is_own));
    found.or_else(|| decisions.into_iter().next()).ok_or_else(missing)
}

impl Admin {
    /// Why decisions no longer count in full: those that came too late, and a standard that has changed since.
    async fn stale(
        &self,
        loaded: &Loaded,
        submission: &SubmissionState,
        is_zh: bool,
    ) -> Result<Vec<wire::Reason>, Error> {
        let mut reasons = stale(loaded, is_zh);
        reasons.extend(super::standard::news(self.app().standard_news(loaded, submission).await?, is_zh));
        Ok(reasons)
    }
}

/// The word of a verdict.
pub(super) fn verdict_word(verdict: Verdict) -> &'static str {
    match verdict {
        Verdict::Approve => "approve",
        Verdict::Return => "return",
    }
}
