//! What all shards of a relay share.

use tokio::sync::Semaphore;
use xentri_ledger::Databases;
use xentri_schemas::contexts;

use super::line::Topic;
use super::settings::RelaySettings;
use super::stats::RelayStats;
use crate::kafka::{KafkaFault, KafkaSettings};

/// Consumers that look at the ends of topics, at a time.
const CHECKS: usize = 4;

pub(super) struct Parts {
    pub(super) databases: Databases,
    pub(super) kafka: KafkaSettings,
    pub(super) settings: RelaySettings,
    pub(super) stats: RelayStats,
    /// The log first.
    pub(super) topics: Vec<Topic>,
    pub(super) shards: usize,
    pub(super) checks: Semaphore,
}

impl Parts {
    pub(super) fn new(databases: Databases, kafka: KafkaSettings, settings: RelaySettings) -> Self {
        let names = kafka.topics();
        let log = (names.log(), None);
        let contexts = contexts().map(|context| (names.context(context), Some(context)));
        let numbered = std::iter::once(log).chain(contexts).enumerate();
        let topics = numbered.map(|(number, (name, context))| Topic { number, name, context }).collect();
        Self {
            shards: databases.shard_map().shards().len(),
            databases,
            kafka,
            settings,
            stats: RelayStats::default(),
            topics,
            checks: Semaphore::new(CHECKS),
        }
    }

    /// Said once, by whoever finds out first, and again when the reason is another.
    pub(super) fn kafka_is_away(&self, fault: &KafkaFault) {
        if self.stats.set_away(fault) {
            let how = if fault.is_refusal() { "lets nobody in" } else { "does not answer" };
            tracing::warn!(error = %fault, "Kafka {how}; nothing is lost, and the relay tries again until it does");
        }
    }

    pub(super) fn kafka_is_here(&self) {
        if self.stats.set_here() {
            tracing::info!("Kafka answers again");
        }
    }
}
