//! Making, showing and checking the topics. The brokers are never asked to make one by themselves.

use std::time::Duration;

use rdkafka::admin::{
    AdminClient, AdminOptions, NewTopic, OwnedResourceSpecifier, ResourceSpecifier, TopicReplication,
};
use rdkafka::client::DefaultClientContext;
use rdkafka::error::{KafkaError, RDKafkaErrorCode};
use rdkafka::metadata::Metadata;
use thiserror::Error;

use crate::kafka::{Inquiry, KafkaFault, KafkaSettings, with_advice};

const PATIENCE: Duration = Duration::from_secs(10);
/// Longer than the longest event on its way, with its headers.
const LARGEST_MESSAGE: &str = "1048576";

/// For topics that are made; those that are there keep theirs.
#[derive(Debug, Clone)]
pub struct TopicSettings {
    pub replication: i32,
    /// How many replicas have to have a message before it counts as sent.
    pub min_in_sync: i32,
    /// How long messages of the contexts are kept; those of the log are for ever. None: for ever.
    pub context_retention: Option<Duration>,
}

impl Default for TopicSettings {
    fn default() -> Self {
        Self { replication: 3, min_in_sync: 2, context_retention: None }
    }
}

/// A topic as Kafka has it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TopicFound {
    pub name: String,
    /// None: it is not there.
    pub partitions: Option<usize>,
    pub replication: Option<usize>,
    /// What differs from Kafka's own defaults, in order.
    pub settings: Vec<(String, String)>,
    /// It was not there, and was made.
    pub made: bool,
}

#[derive(Debug, Clone, Error)]
pub enum TopicsError {
    #[error(
        "{topic} has {found} partitions and the ledger {wanted} shards, which must be equal: an event's partition is its \
         shard. Take another topic prefix, or delete the topic and apply again"
    )]
    Partitions { topic: String, found: usize, wanted: usize },
    #[error("{topic} is not there: run `xentri topics apply`")]
    Missing { topic: String },
    #[error("{topic} can't be made: {}", with_advice(*code))]
    NotMade { topic: String, code: RDKafkaErrorCode },
    #[error("Kafka: {0}")]
    Kafka(#[from] KafkaFault),
}

impl From<KafkaError> for TopicsError {
    fn from(error: KafkaError) -> Self {
        Self::Kafka(error.into())
    }
}

pub struct Topics {
    kafka: KafkaSettings,
    partitions: usize,
}

impl Topics {
    /// Each has a partition for every shard.
    pub fn new(kafka: KafkaSettings, shards: usize) -> Self {
        Self { kafka, partitions: shards }
    }

    /// Makes those that are missing and says what is there now. Changes none that is there, and makes none when another has
    /// the wrong number of partitions.
    pub async fn apply(&self, settings: &TopicSettings) -> Result<Vec<TopicFound>, TopicsError> {
        let before = self.list().await?;
        for found in &before {
            self.refuse_partitions(found)?;
        }
        let missing: Vec<_> = before
            .iter()
            .filter(|found| found.partitions.is_none())
            .map(|found| found.name.as_str())
            .collect();
        if missing.is_empty() {
            return Ok(before);
        }
        self.make(&missing, settings).await?;
        let mut after = self.list().await?;
        for found in &mut after {
            found.made = missing.contains(&found.name.as_str());
        }
        Ok(after)
    }

    /// All that there should be, the log first.
    pub async fn list(&self) -> Result<Vec<TopicFound>, TopicsError> {
        let names = self.kafka.topics().all();
        let metadata = self.metadata(None).await?;
        let mut all: Vec<_> = names.iter().map(|name| found(&metadata, name)).collect();
        self.describe(&mut all).await?;
        Ok(all)
    }

    /// Everything is there, with the right number of partitions.
    pub async fn check(&self) -> Result<(), TopicsError> {
        let names = self.kafka.topics().all();
        let metadata = self.metadata(None).await?;
        names.iter().try_for_each(|name| self.refuse(&found(&metadata, name)))
    }

    pub(super) async fn check_log(&self) -> Result<(), TopicsError> {
        let log = self.kafka.topics().log();
        let metadata = self.metadata(Some(log.clone())).await?;
        self.refuse(&found(&metadata, &log))
    }

    fn refuse(&self, found: &TopicFound) -> Result<(), TopicsError> {
        if found.partitions.is_none() {
            return Err(TopicsError::Missing { topic: found.name.clone() });
        }
        self.refuse_partitions(found)
    }

    fn refuse_partitions(&self, found: &TopicFound) -> Result<(), TopicsError> {
        match found.partitions {
            Some(count) if count != self.partitions => Err(TopicsError::Partitions {
                topic: found.name.clone(),
                found: count,
                wanted: self.partitions,
            }),
            _ => Ok(()),
        }
    }

    async fn make(&self, missing: &[&str], settings: &TopicSettings) -> Result<(), TopicsError> {
        let log = self.kafka.topics().log();
        let min_in_sync = settings.min_in_sync.to_string();
        let kept =
            settings.context_retention.map_or(-1, |kept| i64::try_from(kept.as_millis()).unwrap_or(-1));
        let kept = kept.to_string();
        let partitions = i32::try_from(self.partitions).unwrap_or(i32::MAX);
        let topic = |name: &&'_ str| -> (String, &str) {
            ((*name).to_owned(), if **name == log { "-1" } else { kept.as_str() })
        };
        let wanted: Vec<_> = missing.iter().map(topic).collect();
        let wanted: Vec<_> = wanted
            .iter()
            .map(|(name, kept)| {
                NewTopic::new(name, partitions, TopicReplication::Fixed(settings.replication))
                    .set("cleanup.policy", "delete")
                    .set("retention.ms", kept)
                    .set("retention.bytes", "-1")
                    .set("min.insync.replicas", &min_in_sync)
                    // When it was sent; when it happened is in the envelope.
                    .set("message.timestamp.type", "LogAppendTime")
                    .set("max.message.bytes", LARGEST_MESSAGE)
                    // A replica that lags must not lead: what was acknowledged would be lost.
                    .set("unclean.leader.election.enable", "false")
            })
            .collect();
        let options = AdminOptions::new().operation_timeout(Some(PATIENCE)).request_timeout(Some(PATIENCE));
        for made in self.admin()?.create_topics(&wanted, &options).await? {
            match made {
                // Somebody else has made it meanwhile; what it is like is looked at next.
                Ok(_) | Err((_, RDKafkaErrorCode::TopicAlreadyExists)) => {}
                Err((topic, code)) => return Err(TopicsError::NotMade { topic, code }),
            }
        }
        self.wait_for(missing).await
    }

    /// The broker that made them is not the only one that is asked for them.
    async fn wait_for(&self, names: &[&str]) -> Result<(), TopicsError> {
        let waiting = async {
            loop {
                let metadata = self.metadata(None).await?;
                match names
                    .iter()
                    .map(|name| found(&metadata, name))
                    .find_map(|found| self.refuse(&found).err())
                {
                    Some(TopicsError::Missing { .. }) => tokio::time::sleep(Duration::from_millis(100)).await,
                    Some(error) => return Err(error),
                    None => return Ok(()),
                }
            }
        };
        let late = |_| TopicsError::Missing { topic: names.join(", ") };
        tokio::time::timeout(PATIENCE, waiting).await.map_err(late)?
    }

    async fn describe(&self, all: &mut [TopicFound]) -> Result<(), TopicsError> {
        let there: Vec<_> =
            all.iter().filter(|found| found.partitions.is_some()).map(|found| found.name.clone()).collect();
        if there.is_empty() {
            return Ok(());
        }
        let options = AdminOptions::new().request_timeout(Some(PATIENCE));
        let asked: Vec<_> = there.iter().map(|name| ResourceSpecifier::Topic(name)).collect();
        for described in self.admin()?.describe_configs(&asked, &options).await? {
            // Whoever may not see the settings sees the topics all the same.
            let Ok(described) = described else { continue };
            let OwnedResourceSpecifier::Topic(name) = &described.specifier else { continue };
            let own = described.entries.iter().filter(|entry| !entry.is_default);
            let mut settings: Vec<_> =
                own.map(|entry| (entry.name.clone(), entry.value.clone().unwrap_or_default())).collect();
            settings.sort();
            all.iter_mut()
                .filter(|found| found.name == *name)
                .for_each(|found| found.settings.clone_from(&settings));
        }
        Ok(())
    }

    async fn metadata(&self, topic: Option<String>) -> Result<Metadata, TopicsError> {
        let client = self.kafka.client("topics");
        let asking = move || Inquiry::with(&client)?.metadata(topic.as_deref(), PATIENCE);
        let answer = tokio::task::spawn_blocking(asking).await;
        Ok(answer.unwrap_or_else(|_| Err(KafkaError::MetadataFetch(RDKafkaErrorCode::Fail).into()))?)
    }

    fn admin(&self) -> Result<AdminClient<DefaultClientContext>, TopicsError> {
        Ok(self.kafka.client("topics").create()?)
    }
}

fn found(metadata: &Metadata, name: &str) -> TopicFound {
    let topic = metadata.topics().iter().find(|topic| topic.name() == name);
    let topic = topic.filter(|topic| topic.error().is_none());
    TopicFound {
        name: name.to_owned(),
        partitions: topic.map(|topic| topic.partitions().len()),
        replication: topic.and_then(|topic| Some(topic.partitions().first()?.replicas().len())),
        settings: Vec::new(),
        made: false,
    }
}
