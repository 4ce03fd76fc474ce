//! How much goes into a call, how much may wait, and for how long.

use std::time::Duration;

/// Of the append, in one process.
#[derive(Debug, Clone)]
pub struct AppendSettings {
    /// For each database: every one has a connection and a fixed part of the shards. A few are best: more of them make
    /// smaller batches, and every batch pays a commit.
    pub appenders: usize,
    pub batch: BatchLimits,
    pub queue: QueueLimits,
    /// How long commands that were never sent wait for a database that does not answer, and how long one attempt to
    /// connect or to look something up may take.
    pub patience: Duration,
    /// How long the answer to a call is waited for. Postgres ends it before: after 10 s on one lock, or 12 s in all.
    pub call: Duration,
    /// How long the fate of commands that were sent is inquired after.
    pub doubt: Duration,
}

/// Of one call. Its time grows with what is in it, and the shards' locks are held for as long.
#[derive(Debug, Clone)]
pub struct BatchLimits {
    pub commands: usize,
    pub bytes: usize,
    /// The append takes no more than 256.
    pub orgs: usize,
}

/// Of each appender: what comes on top is refused at once.
#[derive(Debug, Clone)]
pub struct QueueLimits {
    pub commands: usize,
    pub bytes: usize,
    /// Chains, so that one org's flood leaves room for the others.
    pub of_one_org: usize,
}

impl Default for AppendSettings {
    fn default() -> Self {
        Self {
            appenders: 2,
            batch: BatchLimits { commands: 1024, bytes: 4 << 20, orgs: 256 },
            queue: QueueLimits { commands: 8192, bytes: 64 << 20, of_one_org: 2048 },
            patience: Duration::from_secs(2),
            call: Duration::from_secs(20),
            doubt: Duration::from_secs(15),
        }
    }
}
