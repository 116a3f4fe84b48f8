//! Claims about bundles: two nodes in memory and drives that are carried, or not.

mod claims;
mod mixture;
mod office;
