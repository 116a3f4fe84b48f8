//! One benchmark's figure and what it is compared with, as the JSON object on the last line.
//!
//! Invariant: the machine's cores and load stand in every outcome, so that a reader can judge the figure.

use std::fs;

use serde_json::{Map, Value, json};

/// What a benchmark found.
pub(crate) struct Outcome {
    pub(crate) bench: &'static str,
    pub(crate) items: usize,
    pub(crate) value: f64,
    pub(crate) unit: &'static str,
    pub(crate) limit: f64,
    pub(crate) limit_what: &'static str,
    pub(crate) ratio: f64,
    /// What the ratio should be: at least, or at most, as the benchmark's README row says.
    pub(crate) aim: f64,
    /// Whether it is met.
    pub(crate) is_met: bool,
    /// Further figures of the same run.
    pub(crate) more: Value,
}

impl Outcome {
    /// One line.
    pub(crate) fn json(&self) -> String {
        let mut all = Map::new();
        let mut put = |key: &str, value: Value| drop(all.insert(key.to_owned(), value));
        put("bench", json!(self.bench));
        put("items", json!(self.items));
        put("value", json!(rounded(self.value)));
        put("unit", json!(self.unit));
        put("limit", json!(rounded(self.limit)));
        put("limit_what", json!(self.limit_what));
        put("ratio", json!(rounded(self.ratio)));
        put("aim", json!(self.aim));
        put("met", json!(self.is_met));
        if let Value::Object(more) = &self.more {
            more.iter().for_each(|(key, value)| put(key, value.clone()));
        }
        put("nproc", json!(std::thread::available_parallelism().map_or(0, usize::from)));
        put("load", json!(load()));
        Value::Object(all).to_string()
    }
}

/// Three digits behind the point are more than any of these figures holds.
pub(crate) fn rounded(value: f64) -> f64 {
    (value * 1000.0).round() / 1000.0
}

/// The value below which a share of the sorted values lies.
pub(crate) fn quantile(values: &mut [f64], share: f64) -> f64 {
    values.sort_by(f64::total_cmp);
    let last = values.len().saturating_sub(1);
    values.get((last as f64 * share).round() as usize).copied().unwrap_or(f64::NAN)
}

/// The middle one.
pub(crate) fn median(values: &mut [f64]) -> f64 {
    quantile(values, 0.5)
}

/// Processes that wanted a core during the last minute.
fn load() -> f64 {
    let text = fs::read_to_string("/proc/loadavg").unwrap_or_default();
    text.split(' ').next().and_then(|first| first.parse().ok()).unwrap_or(-1.0)
}
