//! Relays that are killed, and relays that compete: a consumer that keeps the contract never meets a hole.

use std::time::Duration;

use xentri_ledger::StoredEvent;

use super::partition::{Contract, Partition};
use super::support::{Running, World, until};

#[tokio::test(flavor = "multi_thread")]
async fn a_relay_that_was_killed_on_its_way_repeats_a_suffix_and_nothing_else() {
    let world = World::new().await;
    world.fill(8, 100).await;
    for sent in [50, 150, 300] {
        let relay = world.relay();
        until("some is sent", || relay.stats.acknowledged() >= sent).await;
        relay.kill().await;
    }
    let relay = world.relay();
    relay.has_caught_up(8).await;
    relay.stop().await;
    assert_complete(&world).await;
}

/// Raced: relays that come, share, are killed and come again, against writers and against each other. Every message's place and
/// predecessor follow from the ledger alone, and each relay sends without a hole from where something was acknowledged; so
/// whatever way their messages mix, one that is new follows the last one.
#[tokio::test(flavor = "multi_thread")]
async fn a_consumer_that_keeps_the_contract_meets_no_hole_whatever_befalls_the_relays() {
    let world = World::new().await;
    let writing = async {
        for _ in 0..8 {
            world.fill(4, 25).await;
        }
    };
    let killing = async {
        for round in 0..4 {
            let (one, other) = (world.relay(), world.relay());
            until("both lead", || one.leads() > 0 && other.leads() > 0).await;
            if round % 2 == 0 {
                one.kill().await;
            } else {
                cut_off(&world, one).await;
            }
            other.kill().await;
        }
    };
    tokio::join!(writing, killing);
    let relay = world.relay();
    relay.has_caught_up(8).await;
    relay.stop().await;
    assert_complete(&world).await;
}

/// Its locks are taken away under its hands, and it goes on sending until it notices.
async fn cut_off(world: &World, relay: Running) {
    let end = "select pg_terminate_backend(pid) from pg_stat_activity \
               where datname = current_database() and application_name = 'xentri relay lock'";
    sqlx::query(end).execute(&mut world.db.connect_as_admin().await).await.unwrap();
    let restarts = relay.stats.sent();
    until("it goes on", || relay.leads() > 0 || relay.stats.sent() > restarts).await;
    tokio::time::timeout(Duration::from_secs(10), relay.stop()).await.unwrap();
}

async fn assert_complete(world: &World) {
    for shard in world.shards() {
        let expected: Vec<_> = world.events(shard).await.iter().map(StoredEvent::wire).collect();
        for topic in world.kafka.topics().all() {
            let contract = Contract::of(Partition::of(&topic, shard).all().await);
            if topic == world.kafka.topics().log() {
                assert_eq!(contract.values(), expected);
            }
        }
    }
}
