//! A line that says how far a rebuild is, how fast it goes and how long it will take.

use std::io::Write as _;
use std::time::{Duration, Instant};

use xentri_workers::rebuild::{Phase, Progress};

const WIDTH: u64 = 30;
/// The rate is that of about the last seconds.
const MEMORY: f64 = 5.0;

pub(super) struct Bar {
    phase: Option<Phase>,
    seen: (Instant, u64),
    rate: Option<f64>,
}

/// How fast, and for how long still.
pub(super) struct Pace {
    pub(super) rate: u64,
    pub(super) left: Option<Duration>,
}

impl Bar {
    pub(super) fn new() -> Self {
        Self { phase: None, seen: (Instant::now(), 0), rate: None }
    }

    pub(super) fn pace(&mut self, progress: &Progress) -> Pace {
        self.pace_at(progress, Instant::now())
    }

    fn pace_at(&mut self, progress: &Progress, now: Instant) -> Pace {
        if self.phase.replace(progress.phase) != Some(progress.phase) || progress.done < self.seen.1 {
            (self.seen, self.rate) = ((now, progress.done), None);
        }
        let (then, done) = self.seen;
        let seconds = now.duration_since(then).as_secs_f64();
        if seconds > 0.0 {
            let rate = as_f64(progress.done - done) / seconds;
            let weight = (seconds / MEMORY).min(1.0);
            self.rate = Some(self.rate.map_or(rate, |before| before + (rate - before) * weight));
            self.seen = (now, progress.done);
        }
        let rate = self.rate.unwrap_or_default();
        let missing = as_f64(progress.total.saturating_sub(progress.done));
        let left = (rate >= 1.0).then(|| Duration::from_secs_f64((missing / rate).min(1e9)));
        Pace { rate: as_u64(rate), left }
    }

    pub(super) fn show(&mut self, progress: &Progress) {
        let pace = self.pace(progress);
        eprint!("\r\x1b[K{}", text(progress, &pace));
        // A terminal that is gone wants no bar.
        let _gone = std::io::stderr().flush();
    }

    pub(super) fn clear() {
        eprint!("\r\x1b[K");
    }
}

fn text(progress: &Progress, pace: &Pace) -> String {
    if let Some(why) = &progress.waits {
        return format!("{:<10} waits: {why}", progress.phase);
    }
    match progress.phase {
        Phase::Following => format!("{:<10} {} events behind", progress.phase, progress.total),
        Phase::Settling => {
            format!("{:<10} {} s, until nobody reads as of before", progress.phase, progress.total)
        }
        _ => bar(progress, pace),
    }
}

fn bar(progress: &Progress, pace: &Pace) -> String {
    let total = progress.total.max(progress.done).max(1);
    let full = usize::try_from(progress.done * WIDTH / total).unwrap_or_default();
    let empty = usize::try_from(WIDTH).unwrap_or_default() - full;
    let left = pace.left.map_or_else(|| "?".to_owned(), |left| format!("{} s", left.as_secs()));
    let what = if progress.phase == Phase::Comparing { "rows" } else { "events" };
    format!(
        "{:<10} [{}{}] {:>3} %  {}/{total} {what}  {}/s  {left} left",
        progress.phase,
        "=".repeat(full),
        " ".repeat(empty),
        progress.done * 100 / total,
        progress.done,
        pace.rate,
    )
}

#[expect(clippy::cast_precision_loss, reason = "a rate that is shown")]
fn as_f64(number: u64) -> f64 {
    number as f64
}

#[expect(
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "a rate that is shown, and none is negative"
)]
fn as_u64(number: f64) -> u64 {
    number as u64
}

#[cfg(test)]
mod tests {
    use super::*;

    fn progress(phase: Phase, done: u64, total: u64) -> Progress {
        Progress { phase, done, total, waits: None }
    }

    #[test]
    fn a_line_says_how_far_how_fast_and_how_long() {
        let (mut bar, begun) = (Bar::new(), Instant::now());
        bar.pace_at(&progress(Phase::Loading, 0, 1_000_000), begun);
        let now = progress(Phase::Loading, 500_000, 1_000_000);
        let pace = bar.pace_at(&now, begun + Duration::from_secs(2));
        let expected =
            "loading    [===============               ]  50 %  500000/1000000 events  250000/s  2 s left";
        assert_eq!(text(&now, &pace), expected);
        let next = bar.pace_at(&progress(Phase::Comparing, 0, 7), begun + Duration::from_secs(3));
        assert_eq!((next.rate, next.left), (0, None), "each phase has its own");
    }

    #[test]
    fn it_says_what_it_waits_for() {
        let pace = Pace { rate: 0, left: None };
        assert_eq!(text(&progress(Phase::Following, 0, 12), &pace), "following  12 events behind");
        let waits =
            Progress { waits: Some("the database does not answer".to_owned()), ..Progress::default() };
        assert_eq!(text(&waits, &pace), "loading    waits: the database does not answer");
        assert!(text(&progress(Phase::Loading, 9, 3), &pace).contains("100 %"), "what is found on the way");
    }
}
