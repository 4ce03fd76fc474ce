//! What the appenders have done, for metrics and benchmarks.

use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use tokio::sync::Notify;

use super::outcome::Outcome;
use crate::tally::{Histogram, Reading};

/// Commands in a call.
const SIZES: &[u64] = &[1, 2, 4, 8, 16, 32, 64, 128, 256, 512, 1024];

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

#[derive(Debug)]
pub(super) struct Counters {
    sizes: Histogram,
    times: Histogram,
    largest: AtomicU64,
    appended: AtomicU64,
    refused: AtomicU64,
    halved: AtomicU64,
    failed: AtomicU64,
    /// Told with every command that was appended.
    pub(super) news: Notify,
}

impl Default for Counters {
    fn default() -> Self {
        Self {
            sizes: Histogram::new(SIZES),
            times: Histogram::of_times(),
            largest: AtomicU64::default(),
            appended: AtomicU64::default(),
            refused: AtomicU64::default(),
            halved: AtomicU64::default(),
            failed: AtomicU64::default(),
            news: Notify::default(),
        }
    }
}

impl Counters {
    pub(super) fn called(&self, commands: usize) {
        let commands = commands as u64;
        self.sizes.count(commands);
        self.largest.fetch_max(commands, Ordering::Relaxed);
    }

    pub(super) fn took(&self, call: Duration) {
        self.times.took(call);
    }

    pub(super) fn sizes(&self) -> Reading {
        self.sizes.read()
    }

    pub(super) fn times(&self) -> Reading {
        self.times.read()
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
        let (sizes, times) = (self.sizes.read(), self.times.read());
        AppendStats {
            calls: sizes.count,
            sent: sizes.sum,
            largest: read(&self.largest),
            appended: read(&self.appended),
            refused: read(&self.refused),
            halved: read(&self.halved),
            failed: read(&self.failed),
            in_calls: Duration::from_micros(times.sum),
        }
    }
}
