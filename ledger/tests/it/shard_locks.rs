//! Who leads a shard.

use std::time::Duration;

use xentri_ledger::{Duty, Shard, ShardLocks};

use crate::support::World;

async fn candidate(world: &World) -> ShardLocks {
    ShardLocks::connect(world.ledger.databases(), Shard::new(0), Duty::Relay).await.unwrap()
}

#[tokio::test]
async fn one_leads_a_shard_until_it_gives_it_up_or_is_gone() {
    let world = World::new().await;
    let shards = [2, 3, 5].map(Shard::new);
    let (mut one, mut other) = (candidate(&world).await, candidate(&world).await);
    assert_eq!(one.take(&shards).await.unwrap(), shards);
    assert_eq!(other.take(&shards).await.unwrap(), []);
    let standing = other.standing().await.unwrap();
    assert_eq!(standing.candidates, 2);
    assert_eq!(standing.led, shards.into_iter().map(|shard| (shard, false)).collect());

    one.give_up(&shards[..1]).await.unwrap();
    assert_eq!(other.take(&shards).await.unwrap(), shards[..1]);
    assert_eq!(one.standing().await.unwrap().led.get(&shards[0]), Some(&false));
    drop(one);
    let free = async {
        while other.take(&shards[1..]).await.unwrap().is_empty() {
            tokio::time::sleep(Duration::from_millis(10)).await;
        }
    };
    tokio::time::timeout(Duration::from_secs(5), free).await.unwrap();
}
