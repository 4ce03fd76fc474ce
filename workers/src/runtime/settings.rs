//! How a worker paces itself.

use std::time::Duration;

#[derive(Debug, Clone, Copy)]
pub struct RuntimeSettings {
    /// What is there is taken at once, however little it is; batches of a feed are put together until a transaction has so
    /// many events.
    pub batch: usize,
    /// How often it looks for generations that came or went, for what was retried, and for the shard's head.
    pub refresh: Duration,
    /// How long it waits after a failure: the first time, and at most.
    pub first_wait: Duration,
    pub longest_wait: Duration,
}

impl Default for RuntimeSettings {
    fn default() -> Self {
        Self {
            batch: 2000,
            refresh: Duration::from_secs(1),
            first_wait: Duration::from_millis(50),
            longest_wait: Duration::from_secs(5),
        }
    }
}
