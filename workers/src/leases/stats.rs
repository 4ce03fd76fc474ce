//! How many shards a process leads, for whoever watches it.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use xentri_ledger::Duty;

/// Cheap to clone: all clones show the same.
#[derive(Debug, Clone)]
pub struct LeaseStats(Arc<Counters>);

#[derive(Debug)]
struct Counters {
    duty: Duty,
    held: AtomicU64,
    taken: AtomicU64,
}

impl LeaseStats {
    pub(super) fn of(duty: Duty) -> Self {
        Self(Arc::new(Counters { duty, held: AtomicU64::default(), taken: AtomicU64::default() }))
    }

    pub fn duty(&self) -> Duty {
        self.0.duty
    }

    /// Shards that are worked on now.
    pub fn held(&self) -> u64 {
        self.0.held.load(Ordering::Relaxed)
    }

    /// How often work on a shard was begun.
    pub fn taken(&self) -> u64 {
        self.0.taken.load(Ordering::Relaxed)
    }

    /// However the work ends, dropped or not, it counts no longer.
    pub(super) fn while_held<F: Future>(&self, work: F) -> impl Future<Output = F::Output> + use<F> {
        self.0.taken.fetch_add(1, Ordering::Relaxed);
        self.0.held.fetch_add(1, Ordering::Relaxed);
        let held = Held(Arc::clone(&self.0));
        async move {
            let _held = held;
            work.await
        }
    }
}

struct Held(Arc<Counters>);

impl Drop for Held {
    fn drop(&mut self) {
        self.0.held.fetch_sub(1, Ordering::Relaxed);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_dropped_before_it_begins_is_not_held() {
        let stats = LeaseStats::of(Duty::Work);
        let one = stats.while_held(std::future::pending::<()>());
        let other = stats.while_held(std::future::pending::<()>());
        assert_eq!((stats.held(), stats.taken()), (2, 2));
        drop((one, other));
        assert_eq!((stats.held(), stats.taken()), (0, 2));
    }
}
