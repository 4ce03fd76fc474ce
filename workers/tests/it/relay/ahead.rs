//! A ledger that was restored to an earlier point.

use std::collections::BTreeMap;

use xentri_ledger::{Shard, ShardMap, new_epoch};
use xentri_workers::feed::Place;

use super::partition::Partition;
use super::support::{World, until};

#[tokio::test(flavor = "multi_thread")]
async fn a_ledger_behind_its_topics_is_refused_until_a_new_epoch_begins() {
    let world = World::new().await;
    world.fill(16, 2).await;
    send_all(&world).await;
    let World { db, ledger, dispatcher, kafka } = world;
    drop(dispatcher);
    ledger.close().await;
    let backup = db.copy().await;
    // What happens after the backup is sent, and lost with the ledger.
    let lost = World::on(db, kafka.clone());
    lost.fill(16, 2).await;
    send_all(&lost).await;
    let restored = World::on(backup, kafka);
    let mut behind = Vec::new();
    for shard in restored.shards() {
        if restored.events(shard).await.len() < lost.events(shard).await.len() {
            behind.push(shard);
        }
    }
    assert!(!behind.is_empty());

    let relay = restored.relay();
    until("they are refused", || relay.stats.refused().len() == behind.len()).await;
    let refused = relay.stats.refused();
    assert_eq!(refused.keys().copied().collect::<Vec<_>>(), behind);
    assert!(refused.values().all(|why| why.contains("new-epoch")), "{refused:?}");
    let starts = new_epoch(&ShardMap::single(restored.db.admin_url()), 1).await.unwrap();
    restored.fill(32, 2).await;
    relay.has_caught_up(8).await;
    relay.stop().await;
    for (shard, start) in behind.iter().zip(starts.iter().filter(|start| is_of(start.shard, &behind))) {
        goes_on_after(&restored, *shard, start.start).await;
    }
}

fn is_of(number: i32, shards: &[Shard]) -> bool {
    shards.iter().any(|shard| shard.number() == number)
}

async fn send_all(world: &World) {
    let relay = world.relay();
    relay.has_caught_up(8).await;
    relay.stop().await;
}

/// No number stands for two events, and the new epoch follows what was restored.
async fn goes_on_after(world: &World, shard: Shard, start: u64) {
    let all = Partition::of(&world.kafka.topics().log(), shard).all().await;
    let mut known = BTreeMap::new();
    for arrived in all.iter().filter(|arrived| !arrived.is_heartbeat()) {
        assert_eq!(known.entry(arrived.place).or_insert(&arrived.value), &&arrived.value);
    }
    let first = all.iter().find(|arrived| arrived.place.epoch == 2);
    let happened = world.events(shard).await.len() as u64 > start;
    assert_eq!(first.is_some(), happened);
    if let Some(first) = first {
        let prev = Place { epoch: u64::from(start > 0), position: start };
        assert_eq!((first.place.position, first.prev), (start + 1, prev));
    }
}
