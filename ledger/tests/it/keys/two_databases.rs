//! An org's directory entry in the first database, its keys in the second.

use std::sync::Arc;

use xentri_ledger::{
    DatabaseShards, Home, Ledger, LedgerSettings, MasterKeys, Rotation, Shard, ShardMap, WorkerTx,
};
use xentri_testkit::TestDb;

use crate::support::{Lead, MASTER_KEY, World, ada, nobody_shows};

const NEW_KEY: &str = "AgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgI=";

fn open(dbs: &[Arc<TestDb>; 2], keys: &[&str]) -> World {
    let shards = [[0, 1], [2, 3]].map(|shards| shards.map(Shard::new).to_vec());
    let databases =
        dbs.iter().zip(shards).map(|(db, shards)| DatabaseShards { url: db.server_url(), shards });
    let map = ShardMap::new(databases.collect()).unwrap();
    let keys = Arc::new(MasterKeys::from_text(&keys.join(",")).unwrap());
    let ledger = Ledger::open(map, keys, &LedgerSettings::default()).unwrap();
    World { db: dbs[0].clone(), second: Some(dbs[1].clone()), ledger }
}

/// One org in each database, with a lead.
async fn orgs(world: &World) -> [Home; 2] {
    let (mut first, mut second) = (None, None);
    while first.is_none() || second.is_none() {
        let home = world.org().await;
        let place = if home.shard() < Shard::new(2) { &mut first } else { &mut second };
        *place = Some(home);
    }
    let homes = [first.unwrap(), second.unwrap()];
    for home in homes {
        world.recorded(home, &[ada(&Lead::new(home))]).await;
    }
    homes
}

#[tokio::test]
async fn erasing_and_rotating_reach_every_database() {
    let dbs = [Arc::new(TestDb::new().await), Arc::new(TestDb::new().await)];
    let world = open(&dbs, &[MASTER_KEY]);
    let [first, second] = orgs(&world).await;
    let mut total = 0;
    for shard in [first.shard(), second.shard()] {
        let mut tx = WorkerTx::begin(world.ledger.databases(), shard, &[]).await.unwrap();
        let keys: i64 =
            sqlx::query_scalar("select count(*) from org_key").fetch_one(tx.connection()).await.unwrap();
        total += u64::try_from(keys).unwrap();
    }

    let operator = open(&dbs, &[NEW_KEY, MASTER_KEY]);
    let rotated = operator.ledger.keys().rotate_master_key(|_| {}).await.unwrap();
    assert_eq!(rotated, Rotation { done: total, total });

    let after = open(&dbs, &[NEW_KEY]);
    assert!(!nobody_shows(&after.history(first).await) && !nobody_shows(&after.history(second).await));
    assert!(after.ledger.keys().erase_org(second.org()).await.unwrap());
    assert_eq!(operator.ledger.directory().find(second.org()).await.unwrap(), None);
    assert!(!nobody_shows(&after.history(first).await) && nobody_shows(&after.history(second).await));
}
