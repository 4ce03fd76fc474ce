//! Reading a feed to some place, and a topic that a test fills as a relay does, or doesn't.

use std::time::Duration;

use rdkafka::admin::{AdminClient, AdminOptions, NewTopic, TopicReplication};
use rdkafka::client::DefaultClientContext;
use rdkafka::config::ClientConfig;
use rdkafka::message::{Header, OwnedHeaders};
use rdkafka::producer::{FutureProducer, FutureRecord};
use xentri_ledger::StoredEvent;
use xentri_testkit::{kafka_brokers, topic_prefix};
use xentri_workers::feed::{Batch, Feed, KafkaFeed, KafkaFeedSettings, LogTopic, Place, TopicPlace};

use super::world::{SHARD, World};

/// Nothing takes nearly as long, unless it never comes.
pub(crate) const PATIENCE: Duration = Duration::from_mins(1);

pub(crate) async fn next(feed: &mut impl Feed) -> Batch {
    tokio::time::timeout(PATIENCE, feed.next()).await.expect("something in time").unwrap()
}

/// Everything from `after` to `last`, each batch checked to continue the one before.
pub(crate) async fn given(feed: &mut impl Feed, after: Place, last: Place) -> Vec<StoredEvent> {
    batches(feed, after, last).await.into_iter().flat_map(|batch| batch.events).collect()
}

pub(crate) async fn batches(feed: &mut impl Feed, after: Place, last: Place) -> Vec<Batch> {
    let (mut at, mut batches) = (after, Vec::new());
    while at < last {
        let batch = next(feed).await;
        assert_eq!(batch.after, at);
        for event in &batch.events {
            assert_eq!(event.position, at.position + 1);
            at = Place::of(event);
        }
        assert_eq!(batch.last, at);
        batches.push(batch);
    }
    assert_eq!(at, last);
    batches
}

/// The log of one test, written to by nobody else.
pub(crate) struct Topic {
    pub(crate) name: String,
    admin: AdminClient<DefaultClientContext>,
    producer: FutureProducer,
}

pub(crate) fn client() -> ClientConfig {
    let mut config = ClientConfig::new();
    config.set("bootstrap.servers", kafka_brokers()).set("log_level", "2");
    config
}

impl Topic {
    /// There is none of that name yet.
    pub(crate) fn named() -> Self {
        let name = format!("{}xentri.log", topic_prefix());
        let admin = client().create().unwrap();
        let mut producer = client();
        producer.set("linger.ms", "0").set("topic.metadata.refresh.fast.interval.ms", "50");
        Self { name, admin, producer: producer.create().unwrap() }
    }

    pub(crate) async fn new() -> Self {
        let topic = Self::named();
        topic.make().await;
        topic
    }

    pub(crate) async fn make(&self) {
        let wanted = NewTopic::new(&self.name, 8, TopicReplication::Fixed(1));
        let options = AdminOptions::new().operation_timeout(Some(PATIENCE));
        // One that was deleted is gone only when its last partition is.
        let made = async {
            while self.admin.create_topics([&wanted], &options).await.unwrap()[0].is_err() {
                tokio::task::yield_now().await;
            }
        };
        tokio::time::timeout(PATIENCE, made).await.expect("the topic is made in time");
    }

    pub(crate) async fn delete(&self) {
        let options = AdminOptions::new().operation_timeout(Some(PATIENCE));
        let deleted = self.admin.delete_topics(&[&self.name], &options).await.unwrap();
        assert!(deleted[0].is_ok(), "{deleted:?}");
    }

    /// Sends them in that order, each with its own predecessor in the ledger.
    pub(crate) async fn send(&self, events: &[StoredEvent]) {
        let mut last = Place::default();
        let sending = events.iter().map(|event| {
            let place = Place::of(event);
            let prev = match place.position {
                1 => Place::default(),
                position if position == last.position + 1 => last,
                position => Place { position: position - 1, ..place },
            };
            last = place;
            self.message(
                place,
                prev,
                "xentri.lead.note_added.v1",
                Some(&event.org.to_string()),
                &event.wire(),
            )
        });
        for sent in sending.collect::<Vec<_>>() {
            sent.await;
        }
    }

    pub(crate) async fn heartbeat(&self, head: Place) {
        self.message(head, head, "xentri.heartbeat.v1", None, "{}").await;
    }

    /// Queued at once, in the order of the calls; there when the future ends.
    fn message(
        &self,
        place: Place,
        prev: Place,
        ce_type: &str,
        key: Option<&String>,
        value: &str,
    ) -> impl Future<Output = ()> + use<> {
        let headers = [
            ("ce_type", ce_type.to_owned()),
            ("xentri-epoch", place.epoch.to_string()),
            ("xentri-position", place.position.to_string()),
            ("xentri-prev", prev.to_string()),
        ];
        let headers = headers.iter().fold(OwnedHeaders::new(), |headers, (key, value)| {
            headers.insert(Header { key, value: Some(value) })
        });
        let mut record =
            FutureRecord::to(&self.name).partition(SHARD.number()).headers(headers).payload(value);
        record.key = key;
        let sent = self.producer.send_result(record).map_err(|(error, _)| error).unwrap();
        async move {
            tokio::time::timeout(PATIENCE, sent).await.expect("in time").unwrap().unwrap();
        }
    }

    /// Something that no relay would send.
    pub(crate) async fn litter(&self) {
        let record: FutureRecord<'_, String, str> =
            FutureRecord::to(&self.name).partition(SHARD.number()).payload("litter");
        self.producer.send_result(record).unwrap().await.unwrap().unwrap();
    }

    pub(crate) fn log(&self) -> LogTopic {
        LogTopic { client: client(), name: self.name.clone(), settings: patient() }
    }

    /// For tests in which the topic has to be given up.
    pub(crate) fn log_in_haste(&self) -> LogTopic {
        LogTopic { settings: hasty(), ..self.log() }
    }

    pub(crate) fn feed(&self, world: &World, after: Place, stored: Option<&TopicPlace>) -> KafkaFeed {
        KafkaFeed::open(&self.log(), world.ledger_feed(after), stored).unwrap()
    }

    pub(crate) fn feed_in_haste(
        &self,
        world: &World,
        after: Place,
        stored: Option<&TopicPlace>,
    ) -> KafkaFeed {
        KafkaFeed::open(&self.log_in_haste(), world.ledger_feed(after), stored).unwrap()
    }

    /// Where reading goes on after `messages` of them.
    pub(crate) fn after(&self, messages: i64) -> TopicPlace {
        TopicPlace { topic_id: self.name.clone(), next_offset: messages }
    }
}

/// A topic that lags is not given up before the test is.
fn patient() -> KafkaFeedSettings {
    KafkaFeedSettings { lag: 2 * PATIENCE, ..hasty() }
}

/// Tests don't wait for what operators would.
pub(crate) fn hasty() -> KafkaFeedSettings {
    KafkaFeedSettings {
        lag: Duration::from_millis(300),
        reopen: Duration::from_millis(200),
        reopen_most: Duration::from_secs(2),
        ..KafkaFeedSettings::default()
    }
}
