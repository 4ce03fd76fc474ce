//! How a rebuild paces itself.

use std::time::Duration;

#[derive(Debug, Clone)]
pub struct RebuildSettings {
    /// The most that rows may take in memory, roughly, of all shards that are read at once.
    pub memory: usize,
    /// The most shards that are read at once. Fewer are where their rows together do not fit into memory.
    pub shards: usize,
    /// Events of one statement.
    pub page: u64,
    /// Events a second, of all shards together; as fast as possible where it says none.
    pub throttle: Option<u32>,
    /// The longest that a reader may go by what it saw when it began. Readers are shown a generation only so long after it was
    /// whole: to one that began before, its tables would be empty.
    pub settle: Duration,
    /// How long readers can be taken back.
    pub grace: Duration,
    /// How often checkpoints and the wishes of others are looked at.
    pub refresh: Duration,
    /// How long a generation may stand behind the live one before somebody has to look.
    pub patience: Duration,
    /// Rows of each side that are compared in one statement.
    pub compared: u32,
    /// Rows that differ, as far as they are shown.
    pub shown: usize,
}

impl Default for RebuildSettings {
    fn default() -> Self {
        Self {
            memory: 128 << 20,
            shards: 4,
            page: 4000,
            throttle: None,
            settle: Duration::from_secs(30),
            grace: Duration::from_hours(24),
            refresh: Duration::from_millis(250),
            patience: Duration::from_mins(10),
            compared: 20_000,
            shown: 100,
        }
    }
}
