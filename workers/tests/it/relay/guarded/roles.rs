//! The permissions that the guide gives to each role, given by its own commands.

use std::thread;

use xentri_domain::kernel::Area;
use xentri_ledger::{Shard, StoredEvent};
use xentri_testkit::{GuardedKafka, TestDb};
use xentri_workers::feed::{
    Feed as _, Heads, KafkaFeed, KafkaFeedSettings, LedgerFeed, LedgerFeedSettings, LogTopic, Place,
    TopicPlace,
};
use xentri_workers::kafka::KafkaSettings;
use xentri_workers::relay::TopicsError;
use xentri_workers::watch::{Start, Watch, WatchError};

use super::super::examples::{EXPECTED, life};
use super::super::support::{PATIENCE, World};
use super::{apply, settings};
use crate::examples::{install, run_as, without_times};

const SECRET: &str = "crm-password";

/// What `docs/kafka.md` tells to type, at once: none needs another.
fn as_the_guide_says(kafka: &GuardedKafka) -> usize {
    let guide = std::fs::read_to_string(format!("{}/../docs/kafka.md", env!("CARGO_MANIFEST_DIR"))).unwrap();
    let commands: Vec<Vec<String>> = guide
        .lines()
        .filter_map(|line| line.strip_prefix("    kafka-"))
        .map(|line| line.replace("SECRET", SECRET).split_whitespace().map(str::to_owned).collect())
        .collect();
    thread::scope(|scope| {
        for command in &commands {
            scope.spawn(|| {
                let options: Vec<&str> = command[1..].iter().map(String::as_str).collect();
                let class = match command[0].as_str() {
                    "acls.sh" => "AclCommand",
                    "configs.sh" => "kafka.admin.ConfigCommand",
                    other => panic!("the guide tells to use kafka-{other}"),
                };
                kafka.tool(class, &options);
            });
        }
    });
    commands.len()
}

#[tokio::test(flavor = "multi_thread")]
async fn each_role_does_its_work_with_the_permissions_that_the_guide_gives_it() {
    let kafka = GuardedKafka::shared();
    assert_eq!(as_the_guide_says(kafka), 6);
    let refused = apply(settings(kafka, "xentri-relay", "")).await.unwrap_err();
    let (said, expected) = (refused.to_string(), "lacks a permission: docs/kafka.md");
    assert!(matches!(refused, TopicsError::NotMade { .. }) && said.contains(expected), "{said}");
    let made = apply(settings(kafka, "xentri-operator", "")).await.unwrap();
    assert!(made.iter().all(|topic| topic.made && !topic.settings.is_empty()), "{made:?}");

    let world = World::on(TestDb::new().await, settings(kafka, "xentri-relay", ""));
    world.fill(8, 2).await;
    let lead = life(&world).await;
    let relay = world.relay();
    relay.has_sent_everything().await;
    a_worker_reads_the_log(kafka, &world).await;
    relay.stop().await;
    an_integrator_reads_what_it_may(kafka, &world, &lead.to_string()).await;
}

async fn a_worker_reads_the_log(kafka: &GuardedKafka, world: &World) {
    let worker = settings(kafka, "xentri-worker", "");
    for shard in world.shards() {
        let events = world.events(shard).await;
        if events.is_empty() {
            continue;
        }
        let mut feed = log_feed(world, &worker, shard);
        assert_eq!(all(&mut feed, events.len()).await, events);
        let counts = feed.stats().counts();
        assert_eq!(
            (counts.from_topic, counts.from_ledger),
            (events.len() as u64, 0),
            "{:?}",
            feed.stats().trouble()
        );
    }
    // Whoever looks on does as a worker does.
    let names = world.kafka.topics();
    let mut watch = Watch::open(&worker, &names.log(), Start::Oldest).await.unwrap();
    assert_eq!(watch.next().await.unwrap().topic, names.log());
    let refused = Watch::open(&worker, &names.context(Area::Sales), Start::Oldest).await.err().unwrap();
    assert!(matches!(refused, WatchError::NoTopic(_)), "{refused}");
}

async fn an_integrator_reads_what_it_may(kafka: &GuardedKafka, world: &World, lead: &str) {
    let names = world.kafka.topics();
    for example in install::examples() {
        let may = run_as(example, kafka, ("crm", SECRET), &names.context(Area::Sales), lead).await;
        assert!(may.2, "{}: {}", example.language, may.1);
        assert_eq!(without_times(&may.0), EXPECTED);
        let may_not = run_as(example, kafka, ("crm", SECRET), &names.log(), lead).await;
        assert!(!may_not.2 && may_not.0.is_empty(), "{}: {:?}", example.language, may_not.0);
    }
}

/// From the topic's beginning, which it is not to leave for the ledger.
fn log_feed(world: &World, kafka: &KafkaSettings, shard: Shard) -> KafkaFeed {
    let log = LogTopic::of(kafka);
    let log = LogTopic { settings: KafkaFeedSettings { lag: 2 * PATIENCE, ..log.settings }, ..log };
    let heads = Heads::watch(world.databases());
    let nothing = Place { epoch: 1, position: 0 };
    let ledger = LedgerFeed::open(world.databases(), shard, nothing, &heads, LedgerFeedSettings::default());
    let start = TopicPlace { topic_id: log.name.clone(), next_offset: 0 };
    KafkaFeed::open(&log, ledger, Some(&start)).unwrap()
}

async fn all(feed: &mut KafkaFeed, count: usize) -> Vec<StoredEvent> {
    let mut events = Vec::new();
    while events.len() < count {
        let batch = tokio::time::timeout(PATIENCE, feed.next()).await.expect("something in time").unwrap();
        events.extend(batch.events);
    }
    events
}
