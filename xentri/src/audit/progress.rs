//! A bar on a terminal, for what takes long.

use std::fmt::Write;

use indicatif::{ProgressBar, ProgressState, ProgressStyle};
use xentri_ledger::Progress;

/// Draws on stderr, and only where that is a terminal.
pub(super) struct Bar(ProgressBar);

impl Bar {
    pub(super) fn of_events(quiet: bool) -> Self {
        Self::new(quiet, "{wide_bar} {human_pos} of {human_len} events, {rate}, {eta} left")
    }

    pub(super) fn of_bytes(quiet: bool, length: u64) -> Self {
        let bar = Self::new(quiet, "{wide_bar} {bytes} of {total_bytes}, {bytes_per_sec}, {eta} left");
        bar.0.set_length(length);
        bar
    }

    /// Where nobody knows how much there is.
    pub(super) fn of_written(quiet: bool) -> Self {
        Self::new(quiet, "{spinner} {bytes} written, {elapsed}")
    }

    fn new(quiet: bool, template: &str) -> Self {
        let bar = if quiet { ProgressBar::hidden() } else { ProgressBar::new(0) };
        // A template with a mistake leaves the usual bar.
        let style = ProgressStyle::with_template(template).unwrap_or_else(|_| ProgressStyle::default_bar());
        bar.set_style(style.with_key("rate", rate));
        Self(bar)
    }

    pub(super) fn tell(&self, progress: Progress) {
        self.0.set_length(progress.total);
        self.0.set_position(progress.done);
    }

    pub(super) fn bar(&self) -> &ProgressBar {
        &self.0
    }

    /// Before anything else is printed.
    pub(super) fn end(&self) {
        self.0.finish_and_clear();
    }
}

fn rate(state: &ProgressState, out: &mut dyn Write) {
    // A bar without its rate is still a bar.
    let _ = write!(out, "{:.0} a second", state.per_sec());
}
