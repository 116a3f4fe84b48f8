//! Progress bars on stderr for work that takes long.
//!
//! Invariant: without a terminal (or with `--quiet`) nothing is drawn and nothing is slowed.

use std::collections::BTreeMap;

use indicatif::{MultiProgress, ProgressBar, ProgressDrawTarget, ProgressStyle};

use super::{Lang, Line, Ui};

/// What moves, how much of it is done, and the rest of what is known; on a narrow terminal the rest is cut off.
const TEMPLATE: &str = "{prefix} {bar:20} {pos:>5}/{len:5} {wide_msg}";

/// One bar a name.
pub(crate) struct Bars {
    all: MultiProgress,
    bars: BTreeMap<String, ProgressBar>,
    /// The language of what stands beside them.
    pub(crate) lang: Lang,
}

impl Bars {
    /// No bar yet.
    pub(crate) fn new(ui: &Ui) -> Self {
        let target = if ui.draws_progress() { ProgressDrawTarget::stderr() } else { ProgressDrawTarget::hidden() };
        Self { all: MultiProgress::with_draw_target(target), bars: BTreeMap::new(), lang: ui.lang }
    }

    /// Bars that nobody sees.
    pub(crate) fn hidden() -> Self {
        let all = MultiProgress::with_draw_target(ProgressDrawTarget::hidden());
        Self { all, bars: BTreeMap::new(), lang: Lang::En }
    }

    /// Moves the bar of `name`, making it when it is new.
    pub(crate) fn set(&mut self, name: &str, message: String, done: u64, total: u64) {
        let message = Line::from(message).to_string();
        let bar = self.bars.entry(name.to_owned()).or_insert_with(|| {
            let style = ProgressStyle::with_template(TEMPLATE).unwrap_or_else(|_| ProgressStyle::default_bar());
            let bar = ProgressBar::new(total).with_style(style).with_prefix(Line::from(name).to_string());
            self.all.add(bar.with_message(message.clone()))
        });
        bar.set_length(total.max(done));
        bar.set_position(done);
        bar.set_message(message);
    }

    /// Prints while the bars are out of the way.
    pub(crate) fn above(&self, print: impl FnOnce()) {
        self.all.suspend(print);
    }

    /// Takes all bars from the screen: the answer follows on stdout.
    pub(crate) fn clear(self) {
        for bar in self.bars.values() {
            bar.finish_and_clear();
        }
    }
}
