//! What the appenders have done, for metrics and benchmarks.

use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use tokio::sync::Notify;

use super::outcome::Outcome;

/// Since the process began.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct AppendStats {
    pub calls: u64,
    /// Commands sent, those sent again counted again.
    pub sent: u64,
    /// The most commands in one call.
    pub largest: u64,
    pub appended: u64,
    pub refused: u64,
    /// Batches that were halved because some value in them was bad.
    pub halved: u64,
    /// Calls that failed and were tried again.
    pub failed: u64,
    /// What the calls took, those of all appenders together.
    pub in_calls: Duration,
}

#[derive(Debug, Default)]
pub(super) struct Counters {
    calls: AtomicU64,
    sent: AtomicU64,
    largest: AtomicU64,
    appended: AtomicU64,
    refused: AtomicU64,
    halved: AtomicU64,
    failed: AtomicU64,
    microseconds_in_calls: AtomicU64,
    /// Told with every command that was appended.
    pub(super) news: Notify,
}

impl Counters {
    pub(super) fn called(&self, commands: usize) {
        let commands = commands as u64;
        self.calls.fetch_add(1, Ordering::Relaxed);
        self.sent.fetch_add(commands, Ordering::Relaxed);
        self.largest.fetch_max(commands, Ordering::Relaxed);
    }

    pub(super) fn took(&self, call: Duration) {
        let microseconds = u64::try_from(call.as_micros()).unwrap_or(u64::MAX);
        self.microseconds_in_calls.fetch_add(microseconds, Ordering::Relaxed);
    }

    pub(super) fn answered(&self, outcome: &Outcome, commands: usize) {
        if matches!(outcome, Outcome::Appended(_)) {
            self.appended.fetch_add(commands as u64, Ordering::Relaxed);
            self.news.notify_one();
        } else {
            self.refused.fetch_add(commands as u64, Ordering::Relaxed);
        }
    }

    pub(super) fn halved(&self) {
        self.halved.fetch_add(1, Ordering::Relaxed);
    }

    pub(super) fn failed(&self) {
        self.failed.fetch_add(1, Ordering::Relaxed);
    }

    pub(super) fn read(&self) -> AppendStats {
        let read = |counter: &AtomicU64| counter.load(Ordering::Relaxed);
        AppendStats {
            calls: read(&self.calls),
            sent: read(&self.sent),
            largest: read(&self.largest),
            appended: read(&self.appended),
            refused: read(&self.refused),
            halved: read(&self.halved),
            failed: read(&self.failed),
            in_calls: Duration::from_micros(read(&self.microseconds_in_calls)),
        }
    }
}
