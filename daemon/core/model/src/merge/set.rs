//! Sets and lists: what either side added is in, what either side removed is out.
//!
//! Invariant: the sides can be swapped. Open where that would leave nothing of what both sides hold, where both put
//! other words in place of the same title, and where both lists have another member first.

use std::{cmp::Ordering, collections::BTreeSet};

use serde_json::Value;

use crate::diff::element::{Form, members};

/// The merged members; `None` where a person must decide.
pub(super) fn merge(form: Form, base: Option<&Value>, ours: Option<&Value>, theirs: Option<&Value>) -> Option<Value> {
    let (base, ours, theirs) = (members(base), members(ours), members(theirs));
    if form == Form::Basis && has_rival_titles(&base, &ours, &theirs) {
        return None;
    }
    let kept = base.iter().filter(|member| ours.contains(member) && theirs.contains(member)).cloned();
    let added = |side: &[Value]| side.iter().filter(|member| !base.contains(member)).cloned().collect::<Vec<Value>>();
    let mut news: Vec<Value> = added(&ours).into_iter().chain(added(&theirs)).collect();
    news.sort_by(by_text);
    news.dedup();
    let mut merged: Vec<Value> = kept.chain(news).collect();
    if merged.is_empty() && !(ours.is_empty() || theirs.is_empty()) {
        return None;
    }
    match form {
        Form::Set => merged.sort_by(by_text),
        Form::List => put_lead_first(&mut merged, [&base, &ours, &theirs])?,
        Form::Basis | Form::Text | Form::Word | Form::Limit => {}
    }
    Some(Value::Array(merged))
}

/// As the canonical bytes sort a set's members.
fn by_text(one: &Value, other: &Value) -> Ordering {
    match (one.as_str(), other.as_str()) {
        (Some(one), Some(other)) => one.cmp(other),
        (Some(_), None) | (None, _) => one.to_string().cmp(&other.to_string()),
    }
}

/// The lead body is the first: the side that changed it says who it is.
fn put_lead_first(merged: &mut Vec<Value>, [base, ours, theirs]: [&[Value]; 3]) -> Option<()> {
    let (before, our, their) = (base.first(), ours.first(), theirs.first());
    let lead = if our == their || their == before {
        our
    } else if our == before {
        their
    } else {
        return None;
    };
    if let Some(place) = lead.and_then(|lead| merged.iter().position(|member| member == lead)) {
        let lead = merged.remove(place);
        merged.insert(0, lead);
    }
    Some(())
}

/// Both sides took the same words of a title away and put different ones in their place.
fn has_rival_titles(base: &[Value], ours: &[Value], theirs: &[Value]) -> bool {
    let title = |member: &Value| member.get("title").and_then(Value::as_str).unwrap_or_default().to_owned();
    let news = |side: &[Value], of: &str| -> BTreeSet<String> {
        let new = side.iter().filter(|member| !base.contains(member) && title(member) == of);
        new.map(Value::to_string).collect()
    };
    let gone = base.iter().filter(|member| !ours.contains(member) && !theirs.contains(member));
    gone.map(title).any(|of| {
        let (our, their) = (news(ours, &of), news(theirs, &of));
        !our.is_empty() && !their.is_empty() && our != their
    })
}
