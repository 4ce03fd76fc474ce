//! The relay as a whole.

use std::sync::Arc;

use xentri_ledger::{Databases, Duty};

use super::parts::Parts;
use super::settings::RelaySettings;
use super::shard::lead;
use super::stats::RelayStats;
use super::topics::{Topics, TopicsError};
use crate::feed::Heads;
use crate::kafka::KafkaSettings;
use crate::leases::{LeaseStats, Leases};

/// As many may run as one likes, on any number of machines: each shard is led by one of them.
pub struct Relay {
    parts: Arc<Parts>,
    heads: Heads,
    leases: Leases,
}

impl Relay {
    /// Must be called within a Tokio runtime. `heads`: of the same databases. Whoever appends in this process may nudge them.
    pub fn new(databases: Databases, heads: Heads, kafka: KafkaSettings, settings: RelaySettings) -> Self {
        let leases = Leases::new(databases.clone(), Duty::Relay);
        Self { parts: Arc::new(Parts::new(databases, kafka, settings)), heads, leases }
    }

    pub fn leases(&self) -> LeaseStats {
        self.leases.stats()
    }

    pub fn stats(&self) -> RelayStats {
        self.parts.stats.clone()
    }

    /// Until `shutdown` is done; then what is on its way is waited for a moment, and the shards are given up. Refuses a log
    /// that has another number of partitions than the ledger has shards. All else is waited for: databases, Kafka, topics that
    /// are not there yet.
    pub async fn run(&self, shutdown: impl Future<Output = ()>) -> Result<(), TopicsError> {
        let topics = Topics::new(self.parts.kafka.clone(), self.parts.shards);
        match topics.check_log().await {
            Err(error @ TopicsError::Partitions { .. }) => return Err(error),
            Err(error) => tracing::warn!(%error, "the relay waits for its topics"),
            Ok(()) => {}
        }
        let (parts, heads) = (Arc::clone(&self.parts), self.heads.clone());
        let on_shard = move |shard, stop| lead(Arc::clone(&parts), shard, heads.of(shard), stop);
        self.leases.hold(on_shard, shutdown).await;
        Ok(())
    }
}
