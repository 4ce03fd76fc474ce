//! What the read models of a process have done since it began.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use xentri_ledger::{Histogram, Reading, Table};

use super::open::Trouble;

/// Events of one transaction.
const SIZES: &[u64] = &[1, 2, 5, 10, 20, 50, 100, 200, 500, 1000, 2000, 5000];
/// Twice as many as there will be read models in the next years.
const PROJECTIONS: usize = 64;
const KINDS_OF_TROUBLE: usize = 8;

/// Cheap to clone: all clones show the same.
#[derive(Debug, Clone)]
pub struct RuntimeCounts(Arc<Counters>);

#[derive(Debug)]
struct Counters {
    batches: Histogram,
    passed: Table<Passed, 1>,
    retries: Table<AtomicU64, 2>,
}

#[derive(Debug, Default)]
struct Passed {
    events: AtomicU64,
    parked: AtomicU64,
}

/// Of one projection, all its generations together.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct PassedCount {
    pub projection: String,
    /// Folded, parked, or not its own.
    pub events: u64,
    /// Of these, parked: those that could not be folded, and those behind them.
    pub parked: u64,
}

impl RuntimeCounts {
    pub(super) fn new() -> Self {
        Self(Arc::new(Counters {
            batches: Histogram::new(SIZES),
            passed: Table::new(PROJECTIONS, Passed::default),
            retries: Table::new(PROJECTIONS * KINDS_OF_TROUBLE, AtomicU64::default),
        }))
    }

    /// How many events each transaction had of read models that go together.
    pub fn batches(&self) -> Reading {
        self.0.batches.read()
    }

    /// In order.
    pub fn passed(&self) -> Vec<PassedCount> {
        let all = self.0.passed.all().map(|([projection], passed)| PassedCount {
            projection: projection.to_owned(),
            events: passed.events.load(Ordering::Relaxed),
            parked: passed.parked.load(Ordering::Relaxed),
        });
        let mut all: Vec<_> = all.collect();
        all.sort_unstable();
        all
    }

    /// Transactions that came to nothing, by projection and by what was in the way; 0 of what never was.
    pub fn retries(&self) -> Vec<(String, String, u64)> {
        let of_one = |PassedCount { projection, .. }: PassedCount| {
            Trouble::KINDS.map(|kind| {
                let count = self.0.retries.at([&projection, kind]).load(Ordering::Relaxed);
                (projection.clone(), kind.to_owned(), count)
            })
        };
        self.passed().into_iter().flat_map(of_one).collect()
    }

    pub(super) fn batch(&self, events: usize) {
        self.0.batches.count(events as u64);
    }

    pub(super) fn moved(&self, projection: &str, events: u64, parked: usize) {
        let passed = self.0.passed.at([projection]);
        passed.events.fetch_add(events, Ordering::Relaxed);
        passed.parked.fetch_add(parked as u64, Ordering::Relaxed);
    }

    pub(super) fn retried(&self, projection: &str, trouble: &Trouble) {
        self.0.retries.at([projection, trouble.kind()]).fetch_add(1, Ordering::Relaxed);
    }
}
