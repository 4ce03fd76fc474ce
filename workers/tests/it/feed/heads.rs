//! Where shards end, as a process is told.

use std::sync::Arc;

use xentri_ledger::{DatabaseSettings, DatabaseShards, Databases, Shard, ShardMap};
use xentri_testkit::TestDb;
use xentri_workers::feed::{Heads, Place};

use super::support::PATIENCE;
use super::world::{SHARD, World, Writer};

#[tokio::test]
async fn whoever_waits_for_a_shard_is_told_where_it_ends_and_nobody_else() {
    let world = World::new().await;
    let mut writer = world.writer().await;
    let (mut told, other) = (world.heads.of(SHARD), world.heads.of(Shard::new(4)));
    for events in [1, 7] {
        writer.append(events).await;
        let head = tokio::time::timeout(PATIENCE, told.wait_for(|head| *head == writer.last)).await;
        assert!(head.unwrap().is_ok());
    }
    assert!(!other.has_changed().unwrap());
    assert_eq!(*other.borrow(), Place::default());
}

#[tokio::test]
async fn a_shard_that_was_restored_goes_back() {
    let world = World::new().await;
    let mut writer = world.writer().await;
    writer.append(5).await;
    let mut told = world.heads.of(SHARD);
    told.wait_for(|head| head.position == 5).await.unwrap();
    world.restore(&mut writer, 0).await;
    let head = tokio::time::timeout(PATIENCE, told.wait_for(|head| *head == Place::default())).await;
    assert!(head.unwrap().is_ok());
}

/// Nobody listens at the first database's address.
#[tokio::test]
async fn a_database_that_is_away_keeps_nobody_from_the_heads_of_another() {
    let db = Arc::new(TestDb::new().await);
    let half = |url: &str, shards: std::ops::Range<u16>| DatabaseShards {
        url: url.to_owned(),
        shards: shards.map(Shard::new).collect(),
    };
    let away = half("postgres://xentri:none@127.0.0.1:1/none", 0..2);
    let map = ShardMap::new(vec![away, half(&db.server_url(), 2..4)]).unwrap();
    let databases = Databases::new(map, &DatabaseSettings::default()).unwrap();
    let heads = Heads::watch(&databases);
    let mut writer = Writer::new(db.connect_as_admin().await);
    let mut told = heads.of(SHARD);
    for _ in 0..3 {
        writer.append(1).await;
        let head = tokio::time::timeout(PATIENCE, told.wait_for(|head| *head == writer.last)).await;
        assert!(head.unwrap().is_ok());
    }
    assert_eq!(*heads.of(Shard::new(0)).borrow(), Place::default());
}
