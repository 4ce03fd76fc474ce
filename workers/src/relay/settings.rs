//! What there is to choose.

use std::time::Duration;

#[derive(Debug, Clone)]
pub struct RelaySettings {
    /// How long a partition is idle before it gets a heartbeat, and between two of them.
    pub heartbeat: Duration,
    /// How long nothing is acknowledged before it is asked what is wrong with the topic.
    pub stall: Duration,
    /// The longest pause before a topic that can't be written is tried again.
    pub pause: Duration,
    /// The most events that are read at once. A few such pages of each topic and shard are on their way at a time.
    pub page: u32,
}

impl Default for RelaySettings {
    fn default() -> Self {
        Self {
            heartbeat: Duration::from_secs(5),
            stall: Duration::from_secs(3),
            pause: Duration::from_secs(10),
            page: 1000,
        }
    }
}
