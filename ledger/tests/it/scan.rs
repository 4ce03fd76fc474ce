//! Shards from one end to the other, by connections that several scans share.

use serde_json::json;
use tokio::sync::mpsc;
use xentri_ledger::{EventRecord, ScanConnections, ScannedPart, Shard, ShardScan};

use crate::support::{Lead, World, created, envelope, noted};

/// More than a page has sent when one part of it was taken and the next one waits.
const LONG: u32 = 50;

/// A note of a hundred kilobytes.
fn long(lead: &Lead, version: u32) -> EventRecord {
    let (id, payload) = (lead.id.into(), json!({ "note": { "$p": "AQID".repeat(25_000) } }));
    let envelope =
        envelope(lead.home.org(), id, version, "lead.add-note", payload, "xentri.lead.note_added.v1");
    EventRecord::of(&envelope).unwrap()
}

/// An org that was made, and a lead with two events, on each shard.
async fn short_ones(world: &World, shards: &[Shard]) {
    for shard in shards {
        let lead = Lead::new(world.org_on(*shard).await);
        world.appended(lead.chain(0, vec![created(&lead)])).await;
        world.appended(lead.chain(1, vec![noted(&lead, 2)])).await;
    }
}

fn positions(parts: &[ScannedPart], shard: Shard) -> Vec<u64> {
    parts.iter().flat_map(|part| part.iter(shard)).map(|event| event.unwrap().position).collect()
}

async fn all(scan: &ShardScan, shard: Shard) -> Vec<u64> {
    let (sender, mut receiver) = mpsc::channel(8);
    assert!(scan.page(1..100, &sender).await.unwrap());
    drop(sender);
    let mut parts = Vec::new();
    receiver.recv_many(&mut parts, 8).await;
    positions(&parts, shard)
}

#[tokio::test]
async fn scans_of_several_shards_take_turns_at_one_connection() {
    let (world, shards) = (World::new().await, [Shard::new(0), Shard::new(1), Shard::new(2)]);
    short_ones(&world, &shards).await;
    let connections = ScanConnections::new(world.ledger.databases(), shards[0], 1).unwrap();
    let scans = shards.map(|shard| ShardScan::of(&connections, shard, &["lead"]));
    let [first, second, third] = &scans;
    let read = tokio::join!(all(first, shards[0]), all(second, shards[1]), all(third, shards[2]));
    assert_eq!(read, (vec![1, 2, 3], vec![1, 2, 3], vec![1, 2, 3]));
    let count = "select count(*) from pg_stat_activity \
                 where datname = current_database() and application_name = 'xentri scan'";
    let mut admin = world.db.connect_as_admin().await;
    let open: i64 = sqlx::query_scalar(count).fetch_one(&mut admin).await.unwrap();
    assert_eq!(open, 1);
}

#[tokio::test]
async fn what_is_left_of_a_page_that_was_given_up_is_not_read_by_the_next() {
    let (world, shards) = (World::new().await, [Shard::new(0), Shard::new(1)]);
    short_ones(&world, &shards[1..]).await;
    let lead = Lead::new(world.org_on(shards[0]).await);
    world.appended(lead.chain(0, vec![created(&lead)])).await;
    for version in 2..=LONG {
        world.appended(lead.chain(version - 1, vec![long(&lead, version)])).await;
    }
    let connections = ScanConnections::new(world.ledger.databases(), shards[0], 1).unwrap();
    let (sender, mut parts) = mpsc::channel(1);
    let scan = ShardScan::of(&connections, shards[0], &[]);
    let reading = tokio::spawn(async move { scan.page(1..100, &sender).await });
    let first = parts.recv().await.unwrap();
    assert!(first.events() * 3 < LONG as usize, "it waits in the middle of the page");
    reading.abort();
    assert!(reading.await.unwrap_err().is_cancelled());

    let next = ShardScan::of(&connections, shards[1], &[]);
    assert_eq!(all(&next, shards[1]).await, [1, 2, 3]);
}
