//! An idle partition says where it ends.

use std::time::Duration;

use xentri_ledger::Shard;
use xentri_workers::feed::Place;
use xentri_workers::relay::{RelaySettings, header};

use super::partition::Partition;
use super::support::World;

#[tokio::test(flavor = "multi_thread")]
async fn an_idle_partition_gets_heartbeats_with_its_own_head() {
    let world = World::new().await;
    world.fill(8, 1).await;
    let settings = RelaySettings { heartbeat: Duration::from_millis(200), ..RelaySettings::default() };
    let relay = world.relay_with(settings);
    for topic in world.kafka.topics().all() {
        for shard in [Shard::new(0), Shard::new(5)] {
            let partition = Partition::of(&topic, shard);
            let mut head = Place::default();
            let mut beats = 0;
            while beats < 3 {
                let arrived = partition.next().await;
                if arrived.is_heartbeat() {
                    assert_eq!((arrived.place, arrived.prev), (head, head), "{topic}");
                    assert_eq!((arrived.key.as_deref(), arrived.value.as_str()), (None, "{}"));
                    assert_eq!(arrived.header(header::SOURCE), Some("urn:xentri:ledger"));
                    beats += 1;
                } else {
                    assert_eq!(arrived.prev, head, "{topic}");
                    head = arrived.place;
                }
            }
        }
    }
    relay.stop().await;
}
