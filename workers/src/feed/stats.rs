//! What a feed has done, for metrics.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use crate::kafka::{KafkaFault, Standing};

/// Since the feed was opened, or the first of those that count together.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct FeedCounts {
    /// Events given that came from the ledger.
    pub from_ledger: u64,
    /// Events given that came from the topic.
    pub from_topic: u64,
    /// Messages of what was given before, dropped.
    pub duplicates: u64,
    /// Messages of what a restore has taken back, dropped.
    pub taken_back: u64,
    /// How often something was missing in the topic, or could not be read.
    pub holes: u64,
    /// How often the ledger was ahead of the topic for too long.
    pub lags: u64,
    /// How often the topic was opened, the first time counted.
    pub opened: u64,
}

/// Counts of feeds that somebody else may read. Cheap to clone.
#[derive(Debug, Clone, Default)]
pub struct FeedStats(Arc<Counters>);

#[derive(Debug, Default)]
struct Counters {
    from_ledger: AtomicU64,
    from_topic: AtomicU64,
    duplicates: AtomicU64,
    taken_back: AtomicU64,
    holes: AtomicU64,
    lags: AtomicU64,
    opened: AtomicU64,
    trouble: Standing,
}

impl FeedStats {
    pub fn counts(&self) -> FeedCounts {
        let read = |counter: &AtomicU64| counter.load(Ordering::Relaxed);
        FeedCounts {
            from_ledger: read(&self.0.from_ledger),
            from_topic: read(&self.0.from_topic),
            duplicates: read(&self.0.duplicates),
            taken_back: read(&self.0.taken_back),
            holes: read(&self.0.holes),
            lags: read(&self.0.lags),
            opened: read(&self.0.opened),
        }
    }

    /// Why the topic could not be read, until it is read again.
    pub fn trouble(&self) -> Option<String> {
        self.0.trouble.told()
    }

    /// Whether that is news.
    pub(super) fn set_trouble(&self, fault: &KafkaFault) -> bool {
        self.0.trouble.set(fault)
    }

    /// Whether that is news.
    pub(super) fn end_trouble(&self) -> bool {
        self.0.trouble.clear()
    }

    pub(super) fn given_from_ledger(&self, events: usize) {
        self.0.from_ledger.fetch_add(events as u64, Ordering::Relaxed);
    }

    pub(super) fn given_from_topic(&self, events: usize) {
        self.0.from_topic.fetch_add(events as u64, Ordering::Relaxed);
    }

    pub(super) fn duplicate(&self) {
        self.0.duplicates.fetch_add(1, Ordering::Relaxed);
    }

    pub(super) fn taken_back(&self) {
        self.0.taken_back.fetch_add(1, Ordering::Relaxed);
    }

    pub(super) fn hole(&self) {
        self.0.holes.fetch_add(1, Ordering::Relaxed);
    }

    pub(super) fn lag(&self) {
        self.0.lags.fetch_add(1, Ordering::Relaxed);
    }

    pub(super) fn opened(&self) {
        self.0.opened.fetch_add(1, Ordering::Relaxed);
    }
}
