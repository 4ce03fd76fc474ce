//! What is in a partition, and a consumer that keeps the contract.

use rdkafka::ClientConfig;
use rdkafka::consumer::{Consumer as _, StreamConsumer};
use rdkafka::message::{BorrowedMessage, Headers as _, Message as _};
use rdkafka::topic_partition_list::{Offset, TopicPartitionList};
use xentri_ledger::Shard;
use xentri_testkit::kafka_brokers;
use xentri_workers::feed::Place;
use xentri_workers::relay::{HEARTBEAT, header, read_place};

use super::support::PATIENCE;

#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Arrived {
    pub(super) key: Option<String>,
    pub(super) value: String,
    pub(super) headers: Vec<(String, String)>,
    pub(super) place: Place,
    pub(super) prev: Place,
}

impl Arrived {
    fn of(message: &BorrowedMessage<'_>) -> Self {
        let text = |raw: &[u8]| String::from_utf8(raw.to_vec()).unwrap();
        let headers = message.headers().unwrap();
        let headers: Vec<_> =
            headers.iter().map(|header| (header.key.to_owned(), text(header.value.unwrap()))).collect();
        let value_of = |name: &str| &headers.iter().find(|(key, _)| key == name).unwrap().1;
        Self {
            key: message.key().map(text),
            value: text(message.payload().unwrap()),
            place: Place {
                epoch: value_of(header::EPOCH).parse().unwrap(),
                position: value_of(header::POSITION).parse().unwrap(),
            },
            prev: read_place(value_of(header::PREV)).unwrap(),
            headers,
        }
    }

    pub(super) fn header(&self, name: &str) -> Option<&str> {
        self.headers.iter().find(|(key, _)| key == name).map(|(_, value)| value.as_str())
    }

    pub(super) fn is_heartbeat(&self) -> bool {
        self.header(header::TYPE) == Some(HEARTBEAT)
    }
}

/// One partition, from its beginning.
pub(super) struct Partition {
    consumer: StreamConsumer,
    topic: String,
    number: i32,
}

impl Partition {
    pub(super) fn of(topic: &str, shard: Shard) -> Self {
        Self::at(kafka_brokers(), topic, shard)
    }

    pub(super) fn at(brokers: &str, topic: &str, shard: Shard) -> Self {
        let mut config = ClientConfig::new();
        config.set("bootstrap.servers", brokers).set("group.id", topic).set("enable.auto.commit", "false");
        let consumer: StreamConsumer = config.create().unwrap();
        let number = shard.number();
        let mut from = TopicPartitionList::new();
        from.add_partition_offset(topic, number, Offset::Beginning).unwrap();
        consumer.assign(&from).unwrap();
        Self { consumer, topic: topic.to_owned(), number }
    }

    pub(super) async fn next(&self) -> Arrived {
        let message = tokio::time::timeout(PATIENCE, self.consumer.recv()).await;
        Arrived::of(&message.expect("a message in time").unwrap())
    }

    /// All that is there now.
    pub(super) async fn all(&self) -> Vec<Arrived> {
        let (low, high) = self.consumer.fetch_watermarks(&self.topic, self.number, PATIENCE).unwrap();
        let mut all = Vec::new();
        for _ in low..high {
            all.push(self.next().await);
        }
        all
    }
}

/// Drops what it has seen; else what comes must follow what came last.
#[derive(Debug, Default)]
pub(super) struct Contract {
    pub(super) last: Place,
    pub(super) taken: Vec<Arrived>,
    pub(super) dropped: usize,
}

impl Contract {
    pub(super) fn meet(&mut self, arrived: Arrived) {
        if arrived.place <= self.last {
            self.dropped += usize::from(!arrived.is_heartbeat());
            return;
        }
        assert_eq!(arrived.prev, self.last, "a hole before {:?}", arrived.place);
        self.last = arrived.place;
        self.taken.push(arrived);
    }

    pub(super) fn of(all: Vec<Arrived>) -> Self {
        let mut contract = Self::default();
        for arrived in all {
            contract.meet(arrived);
        }
        contract
    }

    pub(super) fn values(&self) -> Vec<&str> {
        self.taken.iter().map(|arrived| arrived.value.as_str()).collect()
    }
}
