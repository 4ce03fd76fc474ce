//! A topic that our user may not write.

use std::collections::BTreeMap;
use std::thread;
use std::time::Duration;

use futures_util::future::join_all;
use xentri_domain::kernel::{Area, Principal};
use xentri_ledger::{Shard, StoredEvent};
use xentri_testkit::{GuardedKafka, TestDb, topic_prefix};
use xentri_workers::relay::{RelaySettings, RelayStats};

use super::super::partition::{Arrived, Contract, Partition};
use super::super::support::{World, until};
use super::{make_topics, settings};

const USER: &str = "xentri-relay";
const PRINCIPAL: &str = "User:xentri-relay";
const OFTEN: Duration = Duration::from_millis(500);

#[tokio::test(flavor = "multi_thread")]
async fn a_topic_that_may_not_be_written_does_not_hold_back_the_log_and_is_whole_once_it_may() {
    let denied = Denied::new().await;
    denied.world.leads(&denied.owners, 5).await;
    let before = denied.ledger().await;
    let often = RelaySettings { pause: OFTEN, heartbeat: OFTEN, ..RelaySettings::default() };
    let relay = denied.world.relay_with(often);
    relay.has_caught_up(8).await;
    denied.sales_alone_waits(&relay.stats, &before).await;

    denied.world.leads(&denied.owners, 30).await;
    relay.has_caught_up(8).await;
    denied.log_has_all_and_what_is_new_once(&before).await;
    assert!(denied.in_topic(&denied.sales).await.values().all(Vec::is_empty));

    denied.permit();
    relay.has_sent_everything().await;
    // Where nothing happens it is a heartbeat that shows it.
    until("nothing waits", || relay.stats.waiting().is_empty()).await;
    relay.stop().await;
    let mut sales = denied.in_topic(&denied.sales).await;
    for (shard, events) in denied.ledger().await {
        let of_sales: Vec<_> =
            events.iter().filter(|event| event.stream_type == "lead").map(StoredEvent::wire).collect();
        assert_eq!(Contract::of(sales.remove(&shard).unwrap()).values(), of_sales);
    }
}

/// Our user may write all topics but that of sales.
struct Denied {
    kafka: &'static GuardedKafka,
    world: World,
    sales: String,
    owners: Vec<Principal>,
}

impl Denied {
    async fn new() -> Self {
        let (kafka, prefix) = (GuardedKafka::shared(), topic_prefix());
        make_topics(kafka, &prefix).await;
        let world = World::on(TestDb::new().await, settings(kafka, USER, &prefix));
        let sales = world.kafka.topics().context(Area::Sales);
        let may = ["--add", "--allow-principal", PRINCIPAL, "--operation", "Read", "--operation", "Write"];
        let all = ["--topic", &prefix, "--resource-pattern-type", "prefixed"];
        thread::scope(|scope| {
            scope.spawn(|| kafka.tool("AclCommand", &[&may[..], &all].concat()));
            scope.spawn(|| kafka.tool("AclCommand", &[&["--add"], &may_not(&sales)[..]].concat()));
        });
        let mut owners = Vec::new();
        for _ in 0..12 {
            owners.push(world.owner().await);
        }
        Self { kafka, world, sales, owners }
    }

    fn permit(&self) {
        self.kafka.tool("AclCommand", &[&["--remove", "--force"], &may_not(&self.sales)[..]].concat());
    }

    async fn ledger(&self) -> BTreeMap<Shard, Vec<StoredEvent>> {
        let mut all = BTreeMap::new();
        for shard in self.world.shards() {
            all.insert(shard, self.world.events(shard).await);
        }
        all
    }

    async fn in_topic(&self, topic: &str) -> BTreeMap<Shard, Vec<Arrived>> {
        let (brokers, topic) = (self.kafka.open_brokers(), topic.to_owned());
        let read = self.world.shards().into_iter().map(|shard| {
            let partition = Partition::at(brokers, &topic, shard);
            tokio::spawn(async move { (shard, partition.all().await) })
        });
        join_all(read.collect::<Vec<_>>()).await.into_iter().map(Result::unwrap).collect()
    }

    async fn sales_alone_waits(&self, stats: &RelayStats, ledger: &BTreeMap<Shard, Vec<StoredEvent>>) {
        until("sales waits wherever there is something for it", || {
            let waiting = stats.waiting();
            let busy = ledger.iter().filter(|(_, events)| !events.is_empty());
            busy.into_iter().all(|(shard, _)| waiting.contains_key(&(*shard, self.sales.clone())))
        })
        .await;
        let waiting = stats.waiting();
        assert!(waiting.keys().all(|(_, topic)| *topic == self.sales), "{waiting:?}");
        assert!(waiting.values().all(|why| why.contains("our user lacks a permission")), "{waiting:?}");
    }

    /// Once sales is alone, what it meets does not even disturb the others.
    async fn log_has_all_and_what_is_new_once(&self, before: &BTreeMap<Shard, Vec<StoredEvent>>) {
        let mut log = self.in_topic(&self.world.kafka.topics().log()).await;
        for (shard, events) in self.ledger().await {
            let log = log.remove(&shard).unwrap();
            let came = log.iter().filter(|arrived| !arrived.is_heartbeat());
            let came: Vec<_> = came.map(|arrived| arrived.value.clone()).collect();
            let new: Vec<_> = events[before[&shard].len()..].iter().map(StoredEvent::wire).collect();
            let counts = (events.len(), came.len());
            assert!(came.ends_with(&new), "events of shard {shard}, and messages: {counts:?}");
            assert_eq!(Contract::of(log).taken.len(), events.len());
        }
    }
}

/// For the tool that gives permissions.
fn may_not(topic: &str) -> [&str; 6] {
    ["--deny-principal", PRINCIPAL, "--operation", "Write", "--topic", topic]
}
