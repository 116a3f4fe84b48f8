//! Reroutes, outside steps, and opinions across a change of the standard.

use std::{
    collections::{BTreeMap, BTreeSet},
    sync::Arc,
};

use super::world::{CITY, COUNTY, TOWN, World, division, id, item_target, prescribed, revision, step, table};
use crate::{
    digest::Digest,
    id::DepartmentSlug,
    review::{
        Act, Actor, CatalogState, Coverage, Ground, Intent, Outside, Prescribed, PrescribedStep, Reroute, Ruling, Step,
        SubmissionStatus, Verdict, VoidReason, admit, fold_on,
    },
    revision::{Header, Revision},
    standard::{StandardId, StandardRef},
};

/// The state under tables 1 (the county) and 2 (the city), as the county and the city stand above the town.
fn state(world: &World) -> CatalogState {
    state_with(world, &BTreeMap::new())
}

fn state_with(world: &World, standards: &BTreeMap<Digest, Arc<Revision>>) -> CatalogState {
    let tables = [(table("1"), prescribed(1, &[step(COUNTY)])), (table("2"), prescribed(2, &[step(CITY)]))];
    let steps_of = |hash: &Digest| tables.iter().find(|(known, _)| known == hash).map(|(_, steps)| steps.clone());
    let standard_of = |hash: &Digest| standards.get(hash).cloned();
    let custodians = BTreeSet::from([division(COUNTY), division(CITY)]);
    let ground = Ground {
        catalog: &world.catalog,
        custodians: &custodians,
        keeping: None,
        steps_of: Some(&steps_of),
        standard_of: Some(&standard_of),
    };
    fold_on(&ground, world.facts.clone()).state
}

fn reroute(world: &mut World, author: &str, submission: Digest, after: Option<Digest>, to: &str, name: &str) -> Digest {
    let reason = "机构改革".to_owned();
    let reroute = Reroute { submission, after, routing: table(name), steps: vec![step(to)], reason };
    world.add(author, "office", Act::Reroute(reroute))
}

fn void(state: &CatalogState, hash: Digest) -> Option<VoidReason> {
    state.void.iter().find(|void| void.hash == hash).map(|void| void.reason.clone())
}

#[test]
fn a_submission_keeps_its_steps_until_a_reroute_moves_them() {
    let mut world = World::new();
    let first = world.submit(None, &[("a", "1"), ("b", "1")]);
    assert_eq!(state(&world).submission(&first).unwrap().steps, vec![step(COUNTY)], "table 2 alone moves nothing");
    reroute(&mut world, CITY, first, None, CITY, "2");
    let moved = state(&world);
    assert_eq!(moved.submission(&first).unwrap().steps, vec![step(CITY)]);
    assert!(moved.submission(&first).unwrap().reroutes[0].is_effective);
    world.approve(CITY, first, 0);
    assert_eq!(state(&world).approved, vec![first]);
}

#[test]
fn a_decision_under_the_older_table_holds_and_is_flagged_in_whatever_order_it_comes() {
    let mut world = World::new();
    let first = world.submit(None, &[("a", "1")]);
    let made = world.approve(COUNTY, first, 0);
    reroute(&mut world, CITY, first, None, CITY, "2");
    for _ in 0..world.facts.len() {
        world.facts.rotate_left(1);
        let state = state(&world);
        assert_eq!(state.submission(&first).unwrap().status, SubmissionStatus::Approved);
        let decision = state.submission(&first).unwrap().decisions[0].clone();
        assert!(decision.hash == made && decision.is_other_table);
    }
    // The office that is responsible now may take it back.
    world.revoke(CITY, made);
    assert_eq!(state(&world).submission(&first).unwrap().status, SubmissionStatus::Revoked);
}

#[test]
fn a_reroute_comes_from_above_and_names_the_steps_of_its_table() {
    let mut world = World::new();
    let first = world.submit(None, &[("a", "1")]);
    let own = reroute(&mut world, TOWN, first, None, CITY, "2");
    let chosen = reroute(&mut world, CITY, first, None, TOWN, "2");
    let state = state(&world);
    assert_eq!(void(&state, own), Some(VoidReason::NotAbove));
    assert_eq!(void(&state, chosen), Some(VoidReason::OtherSteps));
    assert_eq!(state.submission(&first).unwrap().steps, vec![step(COUNTY)]);
}

#[test]
fn the_last_reroute_of_the_line_counts() {
    let mut world = World::new();
    let first = world.submit(None, &[("a", "1")]);
    let one = reroute(&mut world, CITY, first, None, CITY, "2");
    let back = reroute(&mut world, CITY, first, Some(one), COUNTY, "1");
    for _ in 0..world.facts.len() {
        world.facts.rotate_left(1);
        assert_eq!(state(&world).submission(&first).unwrap().steps, vec![step(COUNTY)]);
    }
    world.facts.retain(|fact| fact.hash != one);
    let waits = state(&world);
    assert!(waits.waiting.iter().any(|waiting| waiting.hash == back), "{:?}", waits.waiting);
}

#[test]
fn a_table_is_right_about_every_dated_department_whatever_the_day() {
    let department = |text: &str| DepartmentSlug::parse(text).unwrap();
    let with = |text: &str| Step { department: Some(department(text)), ..step(COUNTY) };
    let table = Prescribed {
        version: 1,
        steps: vec![PrescribedStep {
            step: with("dept-new"),
            departments: [Some(department("dept-old")), Some(department("dept-new"))].into(),
            divisions: [division(COUNTY), division("211222")].into(),
            is_outside_ever: false,
        }],
        others: vec![prescribed(1, &[step(COUNTY), step(CITY)]).steps],
    };
    for (steps, is_right) in [
        (vec![with("dept-new")], true),
        (vec![with("dept-old")], true),
        (vec![with("dept-other")], false),
        (vec![Step { division: division("211222"), ..with("dept-old") }], true),
        (vec![Step { division: division(CITY), ..with("dept-old") }], false),
        (vec![step(COUNTY)], false),
        (vec![step(COUNTY), step(CITY)], true),
        (vec![], false),
    ] {
        assert_eq!(table.allows(&steps), is_right, "{steps:?}");
    }
}

#[test]
fn the_machine_reroutes_only_what_is_open_and_elsewhere() {
    let mut world = World::new();
    let first = world.submit(None, &[("a", "1")]);
    let actor = |at: &str| Actor {
        operator: super::world::operator(&format!("{at}/office")),
        division: division(at),
        departments: BTreeSet::new(),
    };
    let intent =
        |steps: Vec<Step>| Intent::Reroute { submission: first, routing: table("2"), steps, reason: String::new() };
    let code = |world: &World, at: &str, to: &str| {
        admit(&state(world), intent(vec![step(to)]), &actor(at)).map_err(|refusal| refusal.code()).err()
    };
    assert_eq!(code(&world, CITY, CITY), None);
    assert_eq!(code(&world, TOWN, CITY), Some("GK-ROUTE-012"));
    assert_eq!(code(&world, CITY, COUNTY), Some("GK-ROUTE-013"));
    world.approve(COUNTY, first, 0);
    assert_eq!(code(&world, CITY, CITY), Some("GK-REVIEW-012"));
}

#[test]
fn above_the_top_only_a_document_decides_and_nobody_reviews_his_own_division() {
    let mut world = World::new();
    world.steps = vec![Step { is_outside: true, ..step(TOWN) }];
    let first = world.submit(None, &[("a", "1")]);
    let bare = world.approve(TOWN, first, 0);
    let state = world.state();
    assert_eq!(void(&state, bare), Some(VoidReason::NoDocument));
    let reviewer = Actor {
        operator: super::world::operator("211221100/reviewer"),
        division: division(TOWN),
        departments: BTreeSet::new(),
    };
    let opinions = state.submission(&first).unwrap().complete_opinions(0, Vec::new());
    let outside = Outside {
        authority: "辽宁省民政厅".to_owned(),
        document_no: "辽民函〔2026〕1号".to_owned(),
        file_digest: Digest::of_file(b"scan"),
        file_name: "函.pdf".to_owned(),
        decided_on: None,
        parts: Vec::new(),
    };
    let ruling = |outside| {
        Intent::Decide(Ruling {
            submission: first,
            routing: table("1"),
            verdict: Verdict::Approve,
            opinions: opinions.clone(),
            note: String::new(),
            outside,
            coverage: Coverage::Whole,
        })
    };
    assert_eq!(admit(&state, ruling(None), &reviewer).unwrap_err().code(), "GK-ROUTE-010");
    let act = admit(&state, ruling(Some(outside)), &reviewer).unwrap();
    world.add(TOWN, "reviewer", act);
    assert_eq!(world.approved(), vec![first]);

    let mut own = World::new();
    own.steps = vec![step(TOWN)];
    own.submit(None, &[("a", "1")]);
    let refused = {
        let state = own.state();
        let first = state.heads[0];
        let opinions = state.submission(&first).unwrap().complete_opinions(0, Vec::new());
        let decision = Ruling {
            submission: first,
            routing: table("1"),
            verdict: Verdict::Approve,
            opinions,
            note: String::new(),
            outside: None,
            coverage: Coverage::Whole,
        };
        admit(&state, Intent::Decide(decision), &reviewer).unwrap_err()
    };
    assert_eq!(refused.code(), "GK-ROUTE-011");
}

#[test]
fn a_document_from_outside_decides_no_step_inside_the_tree() {
    let mut world = World::new();
    let first = world.submit(None, &[("a", "1")]);
    let made = world.approve(COUNTY, first, 0);
    let outside = Outside {
        authority: "辽宁省民政厅".to_owned(),
        document_no: "辽民函〔2026〕1号".to_owned(),
        file_digest: Digest::of_file(b"scan"),
        file_name: String::new(),
        decided_on: None,
        parts: Vec::new(),
    };
    let Act::Decision(decision) = &mut world.facts.last_mut().unwrap().act else { unreachable!() };
    decision.outside = Some(outside.clone());
    assert_eq!(void(&world.state(), made), Some(VoidReason::NotOutside));
    assert!(world.approved().is_empty());

    world.facts.pop();
    let state = world.state();
    let ruling = Ruling {
        submission: first,
        routing: table("1"),
        verdict: Verdict::Approve,
        opinions: state.submission(&first).unwrap().complete_opinions(0, Vec::new()),
        note: String::new(),
        outside: Some(outside),
        coverage: Coverage::Whole,
    };
    let reviewer = Actor {
        operator: super::world::operator("211221/reviewer"),
        division: division(COUNTY),
        departments: BTreeSet::new(),
    };
    assert_eq!(admit(&state, Intent::Decide(ruling), &reviewer).unwrap_err().code(), "GK-ROUTE-015");
}

/// A revision that stands on a version of a standard.
fn on(world: &World, parent: Option<Digest>, version: &Revision, items: &[(&str, &str)]) -> Revision {
    let plain = revision(&world.catalog, parent.as_slice(), "标题", items);
    let id = StandardId::parse("211200/social-assistance/guideline").unwrap();
    let standard = StandardRef { id, revision: version.digest(), version: String::new() };
    let header = Header { standard: Some(standard), ..plain.header.decode() };
    Revision { header: header.to_canonical(), ..plain }
}

#[test]
fn what_the_new_version_of_the_standard_touches_is_asked_again() {
    let mut world = World::new();
    let one = revision(&world.catalog, &[], "指引", &[("a", "1"), ("b", "1"), ("c", "1")]);
    let two = revision(&world.catalog, &[], "指引", &[("a", "1"), ("b", "2"), ("c", "1"), ("d", "1")]);
    // The town deviates in b; the standard changes exactly that item.
    let r1 = on(&world, None, &one, &[("a", "1"), ("b", "own"), ("c", "1")]);
    let first = world.submit_revision(None, &[], &r1);
    let made = world.approve(COUNTY, first, 0);
    let r2 = on(&world, Some(r1.digest()), &two, &[("a", "1"), ("b", "own"), ("c", "1")]);
    let second = world.submit_revision(Some(first), &[made], &r2);
    let pending = |standards: &BTreeMap<Digest, Arc<Revision>>| -> Vec<_> {
        let state = state_with(&world, standards);
        let submission = state.submission(&second).unwrap();
        submission.pending(0).map(|standing| standing.target.clone()).collect()
    };
    let both: BTreeMap<Digest, Arc<Revision>> =
        [one.clone(), two.clone()].into_iter().map(|version| (version.digest(), Arc::new(version))).collect();
    assert_eq!(pending(&both), vec![crate::review::Target::Header, item_target("b")]);
    // While a version is not here, nobody can say what it touches.
    let unknown = BTreeMap::from([(one.digest(), Arc::new(one.clone()))]);
    assert_eq!(pending(&unknown).len(), 4);
    assert!(two.items.contains_key(&id("d")));
}

#[test]
fn time_alone_approves_nothing() {
    let mut world = World::new();
    let first = world.submit(None, &[("a", "1")]);
    let before = world.state();
    for fact in &mut world.facts {
        fact.at_ms += 10 * 365 * 24 * 60 * 60 * 1000;
    }
    let after = world.state();
    assert_eq!(after.submission(&first).unwrap().status, before.submission(&first).unwrap().status);
    assert!(after.approved.is_empty());
}
