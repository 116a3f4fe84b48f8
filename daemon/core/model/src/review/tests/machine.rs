//! What the state machine refuses, by code, and what it records.

use std::collections::BTreeSet;

use super::world::{CITY, COUNTY, TOWN, World, division, id, item, item_target, operator, revision, step, table};
use crate::{
    digest::Digest,
    id::DepartmentSlug,
    item::{Element, Item},
    review::{Act, Actor, Coverage, Draft, Intent, Opinion, Refusal, Ruling, Target, Verdict, admit, submit_check},
    revision::{Revision, Slot},
};

fn actor(home: &str, who: &str) -> Actor {
    Actor { operator: operator(&format!("{home}/{who}")), division: division(home), departments: BTreeSet::new() }
}

fn draft<'a>(world: &World, revision: &'a Revision, head: Option<&'a Revision>) -> Intent<'a> {
    Intent::Submit(Draft {
        revision,
        head,
        base: head,
        custody: None,
        routing: table("1"),
        steps: world.steps.clone(),
        writers: Vec::new(),
        written: Default::default(),
        reason: "首次编制".to_owned(),
        basis_of_change: String::new(),
        effective_from: None,
    })
}

fn ruling(submission: Digest, verdict: Verdict, opinions: Vec<Opinion>) -> Intent<'static> {
    let note = String::new();
    Intent::Decide(Ruling {
        submission,
        routing: table("1"),
        verdict,
        opinions,
        note,
        outside: None,
        coverage: Coverage::Whole,
    })
}

fn refused(world: &World, intent: Intent<'_>, actor: &Actor) -> &'static str {
    let refusal = admit(&world.state(), intent, actor).unwrap_err();
    assert!(!refusal.hint().is_empty() && !refusal.to_string().is_empty());
    refusal.code()
}

#[test]
fn a_submission_is_refused_by_name() {
    let mut world = World::new();
    let clerk = actor(TOWN, "clerk");
    let content = revision(&world.catalog, &[], "标题", &[("a", "1")]);
    let empty = revision(&world.catalog, &[], "标题", &[]);
    assert_eq!(refused(&world, draft(&world, &content, None), &actor(COUNTY, "x")), "GK-REVIEW-001");
    let elsewhere = crate::id::CatalogId::parse("211221100/work-safety").unwrap();
    let other = revision(&elsewhere, &[], "标题", &[("a", "1")]);
    assert_eq!(refused(&world, draft(&world, &other, None), &clerk), "GK-REVIEW-002");
    assert_eq!(refused(&world, draft(&world, &empty, None), &clerk), "GK-REVIEW-003");
    let mut without_steps = world.clone();
    without_steps.steps.clear();
    assert_eq!(refused(&world, draft(&without_steps, &content, None), &clerk), "GK-REVIEW-008");

    let first = world.submit_revision(None, &[], &content);
    let same = revision(&world.catalog, &[content.digest()], "标题", &[("a", "1")]);
    assert_eq!(refused(&world, draft(&world, &same, Some(&content)), &clerk), "GK-REVIEW-005");
    let aside = revision(&world.catalog, &[], "标题", &[("a", "2")]);
    assert_eq!(refused(&world, draft(&world, &aside, Some(&content)), &clerk), "GK-REVIEW-006");
    world.submit(Some(first), &[("a", "3")]);
    world.submit(Some(first), &[("a", "4")]);
    let blind = revision(&world.catalog, &[content.digest()], "标题", &[("a", "5")]);
    assert_eq!(refused(&world, draft(&world, &blind, None), &clerk), "GK-REVIEW-007");
}

#[test]
fn every_missing_element_is_named_by_item() {
    let world = World::new();
    let mut content = revision(&world.catalog, &[], "标题", &[("a", "1"), ("b", "1")]);
    let bare = Item { basis: Vec::new(), channels: BTreeSet::new(), ..item("救助标准", "1") };
    content.items.insert(id("b"), Slot::new(2048, "7".to_owned(), bare.to_canonical()));
    let missing = submit_check(&content);
    assert_eq!(missing.len(), 1);
    assert_eq!(missing[0].elements, vec![Element::Basis, Element::Channels]);
    assert_eq!((missing[0].name.as_str(), missing[0].serial.as_str()), ("救助标准", "7"));
    let refusal = admit(&world.state(), draft(&world, &content, None), &actor(TOWN, "clerk")).unwrap_err();
    assert_eq!(refusal.code(), "GK-REVIEW-004");
    let text = refusal.to_string();
    assert!(text.contains("救助标准") && text.contains("依据、渠道"), "{text}");
}

#[test]
fn a_submission_names_what_it_follows_and_what_its_owner_had_seen() {
    let mut world = World::new();
    let first = world.submit(None, &[("a", "1"), ("b", "1")]);
    let decision = world.send_back(COUNTY, first, 0, &["b"]);
    let before = world.content(first).clone();
    let next = revision(&world.catalog, &[before.digest()], "标题", &[("a", "1"), ("b", "2")]);
    let act = admit(&world.state(), draft(&world, &next, Some(&before)), &actor(TOWN, "clerk")).unwrap();
    let Act::Submission { submission, .. } = act else { unreachable!() };
    assert_eq!((submission.previous, submission.knows), (Some(first), vec![decision]));
    assert_eq!((submission.body.base, submission.body.puts.len()), (Some(before.digest()), 1));
}

#[test]
fn a_base_that_the_author_never_submitted_is_sent_in_full() {
    let world = World::new();
    let saved = revision(&world.catalog, &[], "标题", &[("a", "0")]);
    let content = revision(&world.catalog, &[saved.digest()], "标题", &[("a", "1")]);
    let Intent::Submit(mut wish) = draft(&world, &content, None) else { unreachable!() };
    wish.base = Some(&saved);
    let act = admit(&world.state(), Intent::Submit(wish), &actor(TOWN, "clerk")).unwrap();
    let Act::Submission { submission, .. } = act else { unreachable!() };
    assert_eq!(submission.body.base, None);
}

#[test]
fn a_decision_is_refused_by_name() {
    let mut world = World::new();
    let first = world.submit(None, &[("a", "1"), ("b", "1")]);
    let reviewer = actor(COUNTY, "reviewer");
    let all = world.submission(first).complete_opinions(0, Vec::new());
    let approve = |opinions: Vec<Opinion>| ruling(first, Verdict::Approve, opinions);
    let refused_here = |intent, actor: &Actor| refused(&world, intent, actor);

    let unknown = Digest::of("unknown", &[]);
    assert_eq!(refused_here(ruling(unknown, Verdict::Approve, all.clone()), &reviewer), "GK-REVIEW-009");
    assert_eq!(refused_here(approve(all.clone()), &actor(CITY, "x")), "GK-REVIEW-013");
    let clerk = Actor { operator: operator("211221100/clerk"), ..reviewer.clone() };
    assert_eq!(refused_here(approve(all.clone()), &clerk), "GK-REVIEW-015");

    let mut bent = all.clone();
    bent[1].target = item_target("z");
    assert_eq!(refused_here(approve(bent), &reviewer), "GK-REVIEW-016");
    let mut bent = all.clone();
    bent[1].digest = unknown;
    assert_eq!(refused_here(approve(bent), &reviewer), "GK-REVIEW-017");
    let mut bent = all.clone();
    bent[2] = bent[1].clone();
    assert_eq!(refused_here(approve(bent), &reviewer), "GK-REVIEW-018");
    assert_eq!(refused_here(ruling(first, Verdict::Return, all.clone()), &reviewer), "GK-REVIEW-019");
    let mut bent = all.clone();
    bent[1].verdict = Verdict::Return;
    assert_eq!(refused_here(approve(bent), &reviewer), "GK-REVIEW-020");
    assert_eq!(refused_here(approve(all[..2].to_vec()), &reviewer), "GK-REVIEW-021");
}

#[test]
fn an_unreviewed_removal_is_named() {
    let mut world = World::new();
    let first = world.submit(None, &[("a", "1"), ("b", "1")]);
    world.send_back(COUNTY, first, 0, &["b"]);
    let second = world.submit(Some(first), &[("a", "1")]);
    let outcome = admit(&world.state(), ruling(second, Verdict::Approve, Vec::new()), &actor(COUNTY, "reviewer"));
    assert_eq!(outcome.unwrap_err(), Refusal::Unreviewed(vec![Target::Removal(id("b"))]));
}

#[test]
fn a_department_decides_only_its_own_step() {
    let mut world = World::new();
    let civil_affairs = DepartmentSlug::parse("dept-civil-affairs").unwrap();
    world.steps[0].department = Some(civil_affairs.clone());
    let first = world.submit(None, &[("a", "1")]);
    let all = world.submission(first).complete_opinions(0, Vec::new());
    let outsider = actor(COUNTY, "reviewer");
    assert_eq!(refused(&world, ruling(first, Verdict::Approve, all.clone()), &outsider), "GK-REVIEW-014");
    let insider = Actor { departments: BTreeSet::from([civil_affairs]), ..outsider };
    assert!(admit(&world.state(), ruling(first, Verdict::Approve, all), &insider).is_ok());
}

#[test]
fn what_is_over_is_over() {
    let mut world = World::new();
    let reviewer = actor(COUNTY, "reviewer");
    let clerk = actor(TOWN, "clerk");
    let first = world.submit(None, &[("a", "1")]);
    let withdraw = |submission| Intent::Withdraw { submission, reason: String::new() };
    let mut withdrawn = world.clone();
    withdrawn.withdraw(first, &[]);
    assert_eq!(refused(&withdrawn, ruling(first, Verdict::Approve, Vec::new()), &reviewer), "GK-REVIEW-011");

    let approval = world.approve(COUNTY, first, 0);
    assert_eq!(refused(&world, ruling(first, Verdict::Approve, Vec::new()), &reviewer), "GK-REVIEW-012");
    assert_eq!(refused(&world, withdraw(first), &clerk), "GK-REVIEW-022");
    world.receive(COUNTY, first);
    let receive = Intent::Receive { submission: first, number: String::new() };
    assert_eq!(refused(&world, receive.clone(), &reviewer), "GK-REVIEW-027");
    assert_eq!(refused(&world, receive, &clerk), "GK-REVIEW-028");

    let revoke = |decision, reason: &str| Intent::Revoke { decision, reason: reason.to_owned() };
    assert_eq!(refused(&world, revoke(first, "x"), &reviewer), "GK-REVIEW-023");
    assert_eq!(refused(&world, revoke(approval, "x"), &clerk), "GK-REVIEW-025");
    assert_eq!(refused(&world, revoke(approval, " "), &reviewer), "GK-REVIEW-026");
    world.revoke(COUNTY, approval);
    assert_eq!(refused(&world, revoke(approval, "x"), &reviewer), "GK-REVIEW-024");
    assert!(admit(&world.state(), withdraw(first), &clerk).is_ok(), "a revoked decision does not hold it");

    world.submit(Some(first), &[("a", "2")]);
    assert_eq!(refused(&world, ruling(first, Verdict::Approve, Vec::new()), &reviewer), "GK-REVIEW-010");
    assert_eq!(refused(&world, withdraw(first), &clerk), "GK-REVIEW-010");
}

#[test]
fn a_city_step_is_the_citys_after_the_county() {
    let mut world = World::with_city();
    let first = world.submit(None, &[("a", "1")]);
    let all = world.submission(first).complete_opinions(1, Vec::new());
    let refusal = admit(&world.state(), ruling(first, Verdict::Approve, all.clone()), &actor(CITY, "reviewer"));
    assert_eq!(refusal.unwrap_err(), Refusal::NotYourStep { step: step(COUNTY), division: division(CITY) });
    world.approve(COUNTY, first, 0);
    let act = admit(&world.state(), ruling(first, Verdict::Approve, all), &actor(CITY, "reviewer")).unwrap();
    assert!(matches!(act, Act::Decision(decision) if decision.step == 1));
}
