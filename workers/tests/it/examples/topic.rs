//! A topic as the relay fills it, with messages that the relay makes.

use rdkafka::admin::{AdminClient, AdminOptions, NewTopic, TopicReplication};
use rdkafka::config::ClientConfig;
use rdkafka::producer::{FutureProducer, FutureRecord};
use xentri_domain::kernel::{StreamId, Timestamp};
use xentri_ledger::{Shard, StoredEvent};
use xentri_schemas::{Digest, Reading};
use xentri_testkit::{kafka_brokers, topic_prefix};
use xentri_workers::feed::Place;
use xentri_workers::relay::Message;

use super::PATIENCE;

pub(super) const LEAD: &str = "0190a5e1-0000-7000-8000-000000000002";
pub(super) const OTHER_LEAD: &str = "0190a5e1-0000-7000-8000-000000000009";

/// The golden sample as it is recorded, with what is personal sealed.
pub(super) fn event(sample: &str, stream: &str, version: u64, place: Place) -> StoredEvent {
    let path = format!("{}/../schemas/samples/events/{sample}.jsonl", env!("CARGO_MANIFEST_DIR"));
    let samples = std::fs::read_to_string(path).unwrap();
    let body = samples.lines().find(|line| line.contains(r#"{"$p":""#)).or(samples.lines().next()).unwrap();
    let Ok(Reading::Event(mut envelope)) = Reading::of(body) else { panic!("{body}") };
    envelope.stream_id = StreamId::parse(stream).unwrap();
    envelope.version = version;
    let body = envelope.write_body().unwrap();
    let kind = envelope.payload.kind();
    StoredEvent {
        shard: Shard::new(1),
        epoch: place.epoch,
        position: place.position,
        org: envelope.org_id,
        org_seq: place.position,
        stream_type: kind.stream_type.into(),
        stream_id: envelope.stream_id,
        version: u32::try_from(version).unwrap(),
        id: envelope.id,
        type_name: kind.type_name.into(),
        recorded_at: "2026-02-01T08:00:00.000000Z".parse().unwrap(),
        hash: Digest::of(&body),
        body,
    }
}

pub(super) fn heartbeat(head: Place) -> Message {
    let now: Timestamp = "2026-02-01T08:01:00.000000Z".parse().unwrap();
    Message::heartbeat(head, now)
}

pub(super) struct Topic {
    pub(super) name: String,
    producer: FutureProducer,
}

impl Topic {
    pub(super) async fn new() -> Self {
        let topic = Self::never_made();
        let admin: AdminClient<_> = client().create().unwrap();
        let wanted = NewTopic::new(&topic.name, 3, TopicReplication::Fixed(1));
        let options = AdminOptions::new().operation_timeout(Some(PATIENCE));
        assert_eq!(admin.create_topics([&wanted], &options).await.unwrap(), [Ok(topic.name.clone())]);
        topic
    }

    pub(super) fn never_made() -> Self {
        let producer = client().set("enable.idempotence", "true").set("acks", "all").create().unwrap();
        Self { name: format!("{}xentri.sales.v1", topic_prefix()), producer }
    }

    /// From the beginning of the partition.
    pub(super) async fn send_in_order(&self, partition: i32, messages: &[Message]) {
        self.send_after(partition, Place::default(), messages).await;
    }

    pub(super) async fn send_after(&self, partition: i32, mut prev: Place, messages: &[Message]) {
        for message in messages {
            self.send(partition, message, prev).await;
            prev = message.place;
        }
    }

    pub(super) async fn send(&self, partition: i32, message: &Message, prev: Place) {
        let mut record =
            FutureRecord::<String, String>::to(&self.name).partition(partition).payload(&message.value);
        record.key = message.key.as_ref();
        self.producer.send(record.headers(message.headers_after(prev)), PATIENCE).await.unwrap();
    }
}

fn client() -> ClientConfig {
    let mut config = ClientConfig::new();
    config.set("bootstrap.servers", kafka_brokers());
    config
}
