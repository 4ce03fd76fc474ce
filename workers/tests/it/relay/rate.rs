//! How fast a backlog is sent. `XENTRI_TEST_RELAY_EVENTS` makes it as long as wished; the figure is printed.

use std::time::Instant;

use super::support::World;

const ORGS: usize = 32;

#[tokio::test(flavor = "multi_thread")]
async fn a_backlog_is_sent_whole() {
    let events = std::env::var("XENTRI_TEST_RELAY_EVENTS").ok().and_then(|events| events.parse().ok());
    let world = World::new().await;
    world.fill(ORGS, events.unwrap_or(3200) / ORGS).await;
    let mut heads = 0;
    for shard in world.shards() {
        heads += world.events(shard).await.len() as u64;
    }
    let began = Instant::now();
    let relay = world.relay();
    relay.has_caught_up(8).await;
    relay.has_sent_everything().await;
    let took = began.elapsed();
    let sent = relay.stats.acknowledged();
    relay.stop().await;
    println!("{heads} events, {sent} messages in {took:?}");
    assert!(sent >= heads * 2, "each goes to the log and to its context: {sent} of {heads}");
}
