//! The story of the demo, in chapters; each step is one function that ends with what it saw.
//!
//! Invariant: a step goes on only when the state it needs is there (a wait with a bound), and checks what it claims:
//! a step that saw something else is a failure, not a line.

mod edition;
mod enrol;
mod review;
mod trouble;
mod work;

use std::collections::BTreeSet;

use super::{Input, cast::Cast, report::Report, stage::Stage};
use crate::errors::Failure;

/// Steps when the user brings no workbook.
const STEPS: usize = 19;

/// How many steps there will be.
pub(crate) fn steps(inputs: &[Input]) -> usize {
    STEPS + usize::from(!inputs.is_empty())
}

/// Everything a step works with.
struct Scene<'a> {
    stage: &'a mut Stage,
    cast: &'a Cast,
    report: &'a mut Report,
    /// Catalogs that came from the user's workbooks.
    users: BTreeSet<String>,
    /// Items in which the second edition is to differ from the first.
    changes: usize,
}

/// Plays it from the first to the last step.
pub(crate) async fn play(stage: &mut Stage, cast: &Cast, inputs: &[Input], report: &mut Report) -> Result<(), Failure> {
    let mut scene = Scene { stage, cast, report, users: BTreeSet::new(), changes: 0 };
    enrol::found_the_city(&mut scene).await?;
    enrol::enrol_counties(&mut scene).await?;
    enrol::enrol_townships(&mut scene).await?;
    enrol::all_links_stand(&mut scene).await?;
    work::import_samples(&mut scene).await?;
    work::townships_submit(&mut scene).await?;
    review::county_returns(&mut scene).await?;
    review::township_corrects(&mut scene).await?;
    review::county_sees_only_changes(&mut scene).await?;
    trouble::a_link_is_cut(&mut scene).await?;
    trouble::a_daemon_is_killed(&mut scene).await?;
    if !inputs.is_empty() {
        work::import_inputs(&mut scene, inputs).await?;
    }
    review::counties_approve(&mut scene).await?;
    review::counties_submit(&mut scene).await?;
    review::city_reviews_counties(&mut scene).await?;
    review::city_records_outside_decisions(&mut scene).await?;
    edition::publish_first(&mut scene).await?;
    edition::one_item_changes(&mut scene).await?;
    edition::publish_second(&mut scene).await?;
    edition::verify_both(&mut scene).await
}
