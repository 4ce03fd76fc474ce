//! How often something was how much.

use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

/// In microseconds. 300 and 600 ms are what reads and writes may take at most.
pub const TIMES: &[u64] = &[
    250, 500, 1000, 2500, 5000, 10_000, 20_000, 50_000, 100_000, 300_000, 600_000, 1_000_000, 2_500_000,
    10_000_000,
];

/// Counts by size. Both numbers that are added to are atomic for themselves only: who reads in between may see a sum that
/// is one ahead of the counts, which no rate of them notices.
#[derive(Debug)]
pub struct Histogram {
    bounds: &'static [u64],
    /// Of those up to each bound and above the one before; the last is of what is above all bounds.
    counts: Box<[AtomicU64]>,
    sum: AtomicU64,
}

/// What a histogram has counted.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Reading {
    /// Each bound, and how many were not above it.
    pub buckets: Vec<(u64, u64)>,
    pub count: u64,
    pub sum: u64,
}

impl Histogram {
    /// `bounds` ascend.
    pub fn new(bounds: &'static [u64]) -> Self {
        let counts = (0..=bounds.len()).map(|_| AtomicU64::default()).collect();
        Self { bounds, counts, sum: AtomicU64::default() }
    }

    /// Of times, in microseconds.
    pub fn of_times() -> Self {
        Self::new(TIMES)
    }

    pub fn count(&self, size: u64) {
        let bucket = self.bounds.partition_point(|bound| *bound < size);
        // There is one more of them than bounds.
        self.counts[bucket].fetch_add(1, Ordering::Relaxed);
        self.sum.fetch_add(size, Ordering::Relaxed);
    }

    pub fn took(&self, time: Duration) {
        self.count(u64::try_from(time.as_micros()).unwrap_or(u64::MAX));
    }

    pub fn read(&self) -> Reading {
        let mut count = 0;
        let mut upto = |counts: &AtomicU64| {
            count += counts.load(Ordering::Relaxed);
            count
        };
        let buckets =
            self.bounds.iter().zip(&self.counts).map(|(bound, counts)| (*bound, upto(counts))).collect();
        let count = self.counts.last().map_or(0, upto);
        Reading { buckets, count, sum: self.sum.load(Ordering::Relaxed) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_size_counts_in_its_bucket_and_in_all_above() {
        let histogram = Histogram::new(&[1, 10, 100]);
        for size in [0, 1, 2, 10, 11, 101, 5000] {
            histogram.count(size);
        }
        let buckets = vec![(1, 2), (10, 4), (100, 5)];
        assert_eq!(histogram.read(), Reading { buckets, count: 7, sum: 5125 });
    }

    #[test]
    fn times_are_in_microseconds() {
        let histogram = Histogram::of_times();
        histogram.took(Duration::from_millis(300));
        histogram.took(Duration::from_nanos(300_000_001));
        histogram.took(Duration::from_micros(300_001));
        let read = histogram.read();
        assert_eq!((read.count, read.sum), (3, 900_001));
        assert_eq!(read.buckets.iter().find(|(bound, _)| *bound == 300_000), Some(&(300_000, 2)));
    }

    #[test]
    fn nothing_is_lost_when_many_count_at_once() {
        let histogram = Histogram::new(&[1, 2, 3]);
        std::thread::scope(|scope| {
            for size in 0..4 {
                let histogram = &histogram;
                scope.spawn(move || (0..10_000).for_each(|_| histogram.count(size)));
            }
        });
        let buckets = vec![(1, 20_000), (2, 30_000), (3, 40_000)];
        assert_eq!(histogram.read(), Reading { buckets, count: 40_000, sum: 60_000 });
    }
}
