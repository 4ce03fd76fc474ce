//! The broker that everything else relies on does what its clients are told it does.

use std::time::Duration;

use rdkafka::admin::{AdminClient, AdminOptions, NewTopic, TopicReplication};
use rdkafka::config::ClientConfig;
use rdkafka::consumer::{Consumer, StreamConsumer};
use rdkafka::message::{Header, Headers, Message, OwnedHeaders};
use rdkafka::producer::{FutureProducer, FutureRecord};
use rdkafka::topic_partition_list::{Offset, TopicPartitionList};
use xentri_testkit::{kafka_brokers, topic_prefix};

const PATIENCE: Duration = Duration::from_secs(30);
const PARTITIONS: i32 = 3;

fn client() -> ClientConfig {
    let mut config = ClientConfig::new();
    config.set("bootstrap.servers", kafka_brokers());
    config
}

async fn make_topic() -> String {
    let topic = format!("{}log", topic_prefix());
    let admin: AdminClient<_> = client().create().unwrap();
    let wanted = NewTopic::new(&topic, PARTITIONS, TopicReplication::Fixed(1));
    let options = AdminOptions::new().operation_timeout(Some(PATIENCE));
    let made = admin.create_topics([&wanted], &options).await.unwrap();
    assert_eq!(made, [Ok(topic.clone())]);
    topic
}

/// An idempotent producer writes to one partition; a consumer that starts from its beginning must get the same
/// messages, in the order they were sent, with their headers and keys.
#[tokio::test]
async fn what_is_produced_to_a_partition_is_consumed_from_it_in_order() {
    let topic = make_topic().await;
    let producer: FutureProducer =
        client().set("enable.idempotence", "true").set("acks", "all").create().unwrap();
    let sent: Vec<String> = (1..=100).map(|n| format!(r#"{{"position":{n}}}"#)).collect();
    for (n, body) in sent.iter().enumerate() {
        let position = n.to_string();
        let headers = OwnedHeaders::new().insert(Header { key: "xentri-position", value: Some(&position) });
        let record = FutureRecord::to(&topic).partition(1).key("org").headers(headers).payload(body);
        let delivery = producer.send(record, PATIENCE).await.unwrap();
        assert_eq!((delivery.partition, delivery.offset), (1, i64::try_from(n).unwrap()));
    }

    let consumer: StreamConsumer =
        client().set("group.id", &topic).set("enable.auto.commit", "false").create().unwrap();
    let mut from = TopicPartitionList::new();
    from.add_partition_offset(&topic, 1, Offset::Beginning).unwrap();
    consumer.assign(&from).unwrap();
    for (n, body) in sent.iter().enumerate() {
        let message =
            tokio::time::timeout(PATIENCE, consumer.recv()).await.expect("a message in time").unwrap();
        assert_eq!(message.payload_view::<str>().unwrap().unwrap(), body);
        assert_eq!(message.key(), Some(&b"org"[..]));
        let header = message.headers().unwrap().get(0);
        assert_eq!((header.key, header.value), ("xentri-position", Some(n.to_string().as_bytes())));
    }
}

#[tokio::test]
async fn a_topic_that_nobody_made_is_refused() {
    let producer: FutureProducer = client().set("message.timeout.ms", "2000").create().unwrap();
    let topic = format!("{}never-made", topic_prefix());
    let record = FutureRecord::<(), str>::to(&topic).payload("lost");
    assert!(
        producer.send(record, PATIENCE).await.is_err(),
        "topics are made on purpose, with the right partitions"
    );
}
