//! Making and checking the topics.

use rdkafka::ClientConfig;
use rdkafka::admin::{AdminClient, AdminOptions, NewTopic, TopicReplication};
use rdkafka::client::DefaultClientContext;
use xentri_testkit::kafka_brokers;
use xentri_workers::feed::Heads;
use xentri_workers::relay::{Relay, RelaySettings, TopicSettings, TopicsError};

use super::support::{PATIENCE, World};

pub(super) fn admin() -> AdminClient<DefaultClientContext> {
    ClientConfig::new().set("bootstrap.servers", kafka_brokers()).create().unwrap()
}

#[tokio::test]
async fn what_is_missing_is_made_and_what_is_there_is_left() {
    let world = World::without_topics().await;
    assert!(matches!(world.topics().check().await, Err(TopicsError::Missing { .. })));
    let settings = TopicSettings { replication: 1, min_in_sync: 1, ..TopicSettings::default() };
    let made = world.topics().apply(&settings).await.unwrap();
    world.topics().check().await.unwrap();
    assert!(made.iter().all(|topic| topic.made && topic.partitions == Some(8)), "{made:?}");
    let names: Vec<_> = made.iter().map(|topic| topic.name.clone()).collect();
    assert_eq!(names, world.kafka.topics().all());
    let setting = |name: &str| {
        let found = made[0].settings.iter().find(|(key, _)| key == name);
        found.map(|(_, value)| value.clone())
    };
    assert_eq!(setting("retention.ms").as_deref(), Some("-1"));
    assert_eq!(setting("message.timestamp.type").as_deref(), Some("LogAppendTime"));

    let again = world.topics().apply(&settings).await.unwrap();
    assert!(again.iter().all(|topic| !topic.made && topic.partitions == Some(8)), "{again:?}");
}

#[tokio::test]
async fn a_wrong_number_of_partitions_is_refused_and_not_changed() {
    let world = World::without_topics().await;
    let log = world.kafka.topics().log();
    let few = NewTopic::new(&log, 3, TopicReplication::Fixed(1));
    admin().create_topics([&few], &AdminOptions::new()).await.unwrap()[0].as_ref().unwrap();
    // The broker tells of it a moment later.
    let told = async { while world.topics().list().await.unwrap()[0].partitions.is_none() {} };
    tokio::time::timeout(PATIENCE, told).await.expect("it is told in time");
    let error = world.apply().await.unwrap_err();
    let said = error.to_string();
    assert!(said.contains(&log) && said.contains("3 partitions") && said.contains("8 shards"), "{said}");
    let listed = world.topics().list().await.unwrap();
    let partitions: Vec<_> = listed.iter().map(|topic| topic.partitions).collect();
    assert_eq!(partitions, [Some(3), None, None, None, None, None, None]);

    let relay = Relay::new(
        world.databases().clone(),
        Heads::watch(world.databases()),
        world.kafka.clone(),
        RelaySettings::default(),
    );
    let refused = relay.run(std::future::pending()).await;
    assert!(matches!(refused, Err(TopicsError::Partitions { found: 3, wanted: 8, .. })), "{refused:?}");
}
