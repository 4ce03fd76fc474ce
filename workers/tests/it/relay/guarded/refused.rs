//! A Kafka that does not let us in, or that we don't trust.

use std::sync::Arc;
use std::time::Duration;

use tokio::task::JoinSet;
use xentri_ledger::Shard;
use xentri_projections::read_models;
use xentri_testkit::{GuardedKafka, TestDb, topic_prefix};
use xentri_workers::feed::{
    Feed as _, Feeds, Heads, KafkaFeed, KafkaFeedSettings, LedgerFeed, LedgerFeedSettings, LogTopic, Place,
};
use xentri_workers::kafka::{KafkaSettings, Sasl, Tls};
use xentri_workers::runtime::{ModelState, RuntimeStatus, ShardWorker};

use super::super::support::{PATIENCE, Running, World, until};
use super::{apply, make_topics, settings};

#[tokio::test(flavor = "multi_thread")]
async fn a_wrong_password_is_told_and_tried_until_it_is_the_right_one() {
    let (kafka, prefix) = (GuardedKafka::shared(), topic_prefix());
    make_topics(kafka, &prefix).await;
    let right = settings(kafka, "late", &prefix);
    let wrong = right.sasl.clone().map(|sasl| Sasl { password: "another".to_owned(), ..sasl });
    let met = Refused::by(KafkaSettings { sasl: wrong, ..right }).await;
    met.says(&["invalid credentials", "SCRAM-SHA-512", "kafka.sasl_password"]).await;
    let another = "SCRAM-SHA-512=[password=another]";
    kafka.tool(
        "kafka.admin.ConfigCommand",
        &["--alter", "--entity-type", "users", "--entity-name", "late", "--add-config", another],
    );
    met.gets_in().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_unknown_authority_is_told_and_tried_until_it_is_known() {
    let (kafka, prefix) = (GuardedKafka::shared(), topic_prefix());
    make_topics(kafka, &prefix).await;
    let file = kafka.dir().join("who-is-trusted.pem");
    kafka.write_other_authority(&file);
    let tls = Tls { authority: Some(file.clone()), ..Tls::default() };
    let met = Refused::by(KafkaSettings { tls: Some(tls), ..settings(kafka, "admin", &prefix) }).await;
    met.says(&["certificate verify failed", "kafka.tls_authority"]).await;
    std::fs::copy(kafka.authority(), file).unwrap();
    met.gets_in().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_broker_under_another_name_than_its_certificate_s_is_not_trusted() {
    let (kafka, prefix) = (GuardedKafka::shared(), topic_prefix());
    let right = settings(kafka, "admin", &prefix);
    let brokers = right.brokers.replace("127.0.0.1", "localhost");
    let met = Refused::by(KafkaSettings { brokers, ..right }).await;
    met.says(&["certificate verify failed", "of another host than kafka.brokers names"]).await;
}

/// A relay and workers that begin with settings that are not right, and their ledger.
struct Refused {
    world: World,
    relay: Running,
}

impl Refused {
    async fn by(settings: KafkaSettings) -> Self {
        let world = World::on(TestDb::new().await, settings);
        world.fill(4, 3).await;
        let relay = world.relay();
        Self { world, relay }
    }

    /// The same to whoever asks, and the read models don't wait for it.
    async fn says(&self, expected: &[&str]) {
        let as_expected = |said: &str| {
            assert!(expected.iter().all(|part| said.contains(part)), "{said}");
        };
        let (by_hand, ()) = tokio::join!(apply(self.world.kafka.clone()), self.read_models_follow());
        as_expected(&by_hand.unwrap_err().to_string());
        until("the relay says why", || self.relay.stats.away().is_some()).await;
        as_expected(&self.relay.stats.away().unwrap());
        as_expected(&self.feed_says().await);
        assert_eq!(self.relay.stats.acknowledged(), 0);
    }

    async fn gets_in(self) {
        self.relay.has_sent_everything().await;
        assert_eq!(self.relay.stats.away(), None);
        self.relay.stop().await;
    }

    /// A feed that has given what the ledger has, and looks for the topic.
    async fn feed_says(&self) -> String {
        let log = LogTopic::of(&self.world.kafka);
        let hasty = KafkaFeedSettings { reopen: Duration::from_millis(100), ..log.settings };
        let log = LogTopic { settings: hasty, ..log };
        let heads = Heads::watch(self.world.databases());
        let settings = LedgerFeedSettings::default();
        let ledger =
            LedgerFeed::open(self.world.databases(), Shard::new(0), Place::default(), &heads, settings);
        let mut feed = KafkaFeed::open(&log, ledger, None).unwrap();
        let stats = feed.stats();
        let feeding = async { while feed.next().await.is_ok() {} };
        tokio::select! {
            () = feeding => panic!("it has no end"),
            () = until("the feed says why", || stats.trouble().is_some()) => {}
        }
        let events = self.world.events(Shard::new(0)).await.len() as u64;
        assert_eq!((stats.counts().from_ledger, stats.counts().from_topic), (events, 0));
        stats.trouble().unwrap()
    }

    /// To the end of every shard, with nothing parked.
    async fn read_models_follow(&self) {
        let ledger = &self.world.ledger;
        let databases = ledger.databases().clone();
        let log = LogTopic::of(&self.world.kafka);
        let feeds = Arc::new(Feeds::new(databases.clone(), Heads::watch(&databases), Some(log)));
        let status = RuntimeStatus::new();
        let mut workers = JoinSet::new();
        for shard in self.world.shards() {
            let worker = ShardWorker::new(
                databases.clone(),
                ledger.keys().clone(),
                shard,
                read_models(),
                feeds.clone(),
            );
            workers.spawn(worker.with_status(status.clone()).run(std::future::pending()));
        }
        for shard in self.world.shards() {
            let Some(head) = self.world.events(shard).await.last().map(Place::of) else { continue };
            let mut seen = status.subscribe();
            let there = seen.wait_for(|models| {
                let mut of_shard =
                    models.iter().filter(|((of, _), _)| *of == shard).map(|(_, model)| model).peekable();
                of_shard.peek().is_some()
                    && of_shard.all(|model| {
                        (model.place, model.parked) == (head, 0) && model.state == ModelState::Running
                    })
            });
            let in_time = tokio::time::timeout(PATIENCE, there).await.is_ok();
            assert!(in_time, "{:#?}", status.all());
        }
    }
}
