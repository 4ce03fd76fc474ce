//! A topic that can't be written holds back no other.

use rdkafka::admin::AdminOptions;
use xentri_domain::kernel::Area;
use xentri_ledger::StoredEvent;
use xentri_workers::feed::Place;

use super::partition::{Contract, Partition};
use super::support::{World, until};
use super::topics::admin;

#[tokio::test(flavor = "multi_thread")]
async fn a_deleted_context_topic_does_not_hold_back_the_log_and_is_whole_once_it_is_there_again() {
    let world = World::new().await;
    let sales = world.kafka.topics().context(Area::Sales);
    world.fill(8, 5).await;
    let relay = world.relay();
    relay.has_caught_up(8).await;
    admin().delete_topics(&[&sales], &AdminOptions::new()).await.unwrap()[0].as_ref().unwrap();
    // More than fits on its way at a time.
    world.fill(8, 30).await;
    relay.has_caught_up(8).await;
    world.fill(8, 5).await;
    relay.has_caught_up(8).await;
    let is_behind = |family: &str| {
        let lags = relay.stats.lags();
        lags.iter().any(|((_, of), lag)| *of == family && *lag > 0)
    };
    until("only sales are told to be behind", || {
        is_behind("sales") && !is_behind("log") && !is_behind("core")
    })
    .await;
    until("errors are told", || relay.stats.faults() > 0).await;
    assert_eq!(relay.stats.away(), None);

    world.apply().await.unwrap();
    for shard in world.shards() {
        let events = world.events(shard).await;
        let of_sales: Vec<_> =
            events.iter().filter(|event| event.stream_type == "lead").map(StoredEvent::wire).collect();
        let partition = Partition::of(&sales, shard);
        let mut contract = Contract::default();
        while contract.values() != of_sales {
            let arrived = partition.next().await;
            // What was on its way when the topic was made anew came first.
            if contract.last > Place::default() || arrived.prev == Place::default() {
                contract.meet(arrived);
            }
        }
        let log = Contract::of(Partition::of(&world.kafka.topics().log(), shard).all().await);
        assert_eq!(log.values(), events.iter().map(StoredEvent::wire).collect::<Vec<_>>());
    }
    until("sales are level", || !is_behind("sales")).await;
    relay.stop().await;
}
