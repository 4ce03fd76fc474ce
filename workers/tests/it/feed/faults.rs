//! All that can go wrong with a topic, by chance and mixed.

use rand::rngs::StdRng;
use rand::{RngExt as _, SeedableRng as _};
use xentri_ledger::StoredEvent;
use xentri_workers::feed::{Feed as _, FeedCounts, Place};

use super::support::{Topic, given};
use super::topic::until_from_topic;
use super::world::World;

/// Raced: a writer, a relay that loses, repeats and swaps messages and sends heartbeats ahead, and a feed whose waits are
/// given up and which is sometimes opened anew from where it was. The ledger has everything, so whatever happens
/// everything must have been given once and in order.
async fn survive(seed: u64) -> FeedCounts {
    let mut chance = StdRng::seed_from_u64(seed);
    let (world, topic) = (World::new().await, Topic::new().await);
    let mut writer = world.writer().await;
    let mut feed = topic.feed_in_haste(&world, Place::default(), None);
    let mut stored = None;
    let mut got: Vec<StoredEvent> = Vec::new();
    for _ in 0..40 {
        let sent = usize::try_from(writer.last.position).unwrap();
        writer.append(chance.random_range(1..20)).await;
        send_badly(&topic, &world.events().await, sent, &mut chance).await;
        for _ in 0..chance.random_range(1..4) {
            let patience = std::time::Duration::from_millis(chance.random_range(0..40));
            if let Ok(batch) = tokio::time::timeout(patience, feed.next()).await {
                let batch = batch.unwrap();
                stored = batch.topic;
                got.extend(batch.events);
            }
        }
        if chance.random_bool(0.1) {
            let after = got.last().map_or_else(Place::default, Place::of);
            feed = topic.feed_in_haste(&world, after, stored.as_ref());
        }
    }
    let after = got.last().map_or_else(Place::default, Place::of);
    got.extend(given(&mut feed, after, writer.last).await);
    let all = world.events().await;
    assert!(got == all, "seed {seed}: {} given of {}", got.len(), all.len());
    until_from_topic(&world, &topic, &mut writer, &mut feed).await;
    feed.stats().counts()
}

/// `all[sent..]` is new.
async fn send_badly(topic: &Topic, all: &[StoredEvent], sent: usize, chance: &mut StdRng) {
    let head = Place::of(all.last().unwrap());
    match chance.random_range(0..10) {
        0 => {}
        1 => topic.heartbeat(head).await,
        2 => topic.send(&all[chance.random_range(0..all.len())..]).await,
        3 => topic.send(&all[chance.random_range(sent..all.len())..]).await,
        4 => {
            let mut mixed = all[sent..].to_vec();
            let (one, other) = (chance.random_range(0..mixed.len()), chance.random_range(0..mixed.len()));
            mixed.swap(one, other);
            topic.send(&mixed).await;
        }
        5 => {
            topic.litter().await;
            topic.send(&all[sent..]).await;
        }
        _ => {
            topic.send(&all[sent..]).await;
            topic.heartbeat(head).await;
        }
    }
}

#[tokio::test]
async fn whatever_the_topic_does_every_event_comes_once_and_in_order() {
    let mut holes = 0;
    for seed in [1, 2, 3] {
        holes += survive(seed).await.holes;
    }
    assert!(holes > 0, "there was nothing to survive");
}
