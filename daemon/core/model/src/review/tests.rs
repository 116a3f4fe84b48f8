//! Claims about the review, on a small world of one township, its county and its city.

mod budget;
mod chains;
mod keepers;
mod keeping;
mod ladder;
mod machine;
mod merges;
mod oracle;
mod races;
mod replays;
mod routes;
mod set;
mod steps;
mod world;
mod writing;
