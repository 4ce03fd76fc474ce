//! What all shards of a relay share.

use std::sync::{Arc, Mutex, PoisonError};

use rdkafka::error::KafkaError;
use tokio::sync::Semaphore;
use xentri_ledger::Databases;
use xentri_schemas::contexts;

use super::line::Topic;
use super::producer::{Haste, Producer};
use super::reads::Reads;
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
    pub(super) reads: Reads,
    /// Of all lines that are well: of the log, and of the contexts.
    shared: [Mutex<Option<Arc<Producer>>>; 2],
}

impl Parts {
    /// Must be called within a Tokio runtime.
    pub(super) fn new(databases: Databases, kafka: KafkaSettings, settings: RelaySettings) -> Self {
        let names = kafka.topics();
        let log = (names.log(), None);
        let contexts = contexts().map(|context| (names.context(context), Some(context)));
        let numbered = std::iter::once(log).chain(contexts).enumerate();
        let topics = numbered.map(|(number, (name, context))| Topic { number, name, context }).collect();
        Self {
            shards: databases.shard_map().shards().len(),
            reads: Reads::start(&databases),
            databases,
            kafka,
            settings,
            stats: RelayStats::default(),
            topics,
            checks: Semaphore::new(CHECKS),
            shared: Default::default(),
        }
    }

    /// The one that all of its family share, or a new one in its place when it has ended.
    pub(super) fn producer(&self, topic: &Topic) -> Result<Arc<Producer>, KafkaError> {
        let shared = &self.shared[usize::from(topic.context.is_some())];
        let mut shared = shared.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(producer) = shared.as_ref().filter(|producer| !producer.has_ended()) {
            return Ok(Arc::clone(producer));
        }
        let producer = self.new_producer(topic)?;
        *shared = Some(Arc::clone(&producer));
        Ok(producer)
    }

    /// One that nobody shares.
    pub(super) fn new_producer(&self, topic: &Topic) -> Result<Arc<Producer>, KafkaError> {
        let haste = if topic.context.is_some() { Haste::Gathers } else { Haste::AtOnce };
        Producer::new(&self.kafka, haste, self.topics.len(), self.shards, self.stats.clone()).map(Arc::new)
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
