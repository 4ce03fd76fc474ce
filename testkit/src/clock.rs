//! A clock that stands still until a test moves it.

use std::sync::atomic::{AtomicI64, Ordering};
use std::time::Duration;

use xentri_domain::kernel::{Clock, Timestamp};

/// Every test begins at the same moment: noon of 2 March 2026, UTC, a Monday.
const START_MICROS: i64 = 1_772_452_800_000_000;

#[derive(Debug)]
pub struct TestClock(AtomicI64);

impl TestClock {
    pub fn new() -> Self {
        Self(AtomicI64::new(START_MICROS))
    }

    pub fn advance(&self, by: Duration) {
        let micros = i64::try_from(by.as_micros()).expect("a test moves by less than an age");
        self.0.fetch_add(micros, Ordering::SeqCst);
    }

    pub fn set(&self, to: Timestamp) {
        self.0.store(to.as_micros(), Ordering::SeqCst);
    }
}

impl Default for TestClock {
    fn default() -> Self {
        Self::new()
    }
}

impl Clock for TestClock {
    fn now(&self) -> Timestamp {
        Timestamp::from_micros(self.0.load(Ordering::SeqCst)).expect("a test stays between 1970 and 9999")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn time_passes_only_when_told() {
        let clock = TestClock::new();
        assert_eq!(clock.now().to_string(), "2026-03-02T12:00:00.000000Z");
        assert_eq!(clock.now(), clock.now());
        clock.advance(Duration::from_hours(12));
        assert_eq!(clock.now().to_string(), "2026-03-03T00:00:00.000000Z");
        clock.set(Timestamp::MAX);
        assert_eq!(clock.now(), Timestamp::MAX);
    }
}
