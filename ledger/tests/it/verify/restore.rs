//! A restore to an earlier point, and going on from there.

use std::sync::Arc;

use xentri_ledger::{CheckpointBook, CheckpointsError, ShardMap, new_epoch, take_back_after_restore};

use xentri_testkit::TestDb;

use super::{EVENTS, Signer, World, add_lead, at, filled, key, verify};

/// What a backup would bring back, taken now. Nobody may be connected.
async fn copy(world: &World) -> World {
    world.ledger.close().await;
    World::on(Arc::new(world.db.copy().await))
}

#[tokio::test(flavor = "multi_thread")]
async fn after_a_restore_a_new_epoch_goes_on_and_what_was_signed_of_the_lost_is_taken_back() {
    let (world, homes) = filled(2).await;
    let signer = Signer::new();
    signer.sign(&world, 60).await.unwrap();
    let restored = copy(&world).await;

    // What the restore loses: events of an org, and an org; all of it signed.
    let world = World::on(world.db.clone());
    add_lead(&world, homes[0]).await;
    let lost = super::fill(&world, 1).await[0];
    assert_eq!(signer.sign(&world, 120).await.unwrap().len(), 2);

    let map = ShardMap::single(restored.db.admin_url());
    let take_back = async |seconds| {
        let databases = restored.ledger.databases();
        take_back_after_restore(databases, &signer.book(), &key(), &mut signer.file(), at(seconds)).await
    };
    assert!(matches!(take_back(180).await, Err(CheckpointsError::NoNewEpoch { .. })));
    let starts = new_epoch(&map, signer.book().highest_epoch()).await.unwrap();
    assert_eq!((starts.len(), starts.iter().map(|start| start.start).sum::<u64>()), (8, 2 * EVENTS));
    assert!(starts.iter().all(|start| start.epoch == 2));

    // As many as were lost, so that numbers alone would not tell.
    add_lead(&restored, homes[0]).await;
    assert_eq!(verify(&restored, &CheckpointBook::default()).await.unwrap().events, 2 * EVENTS + 3);
    assert!(verify(&restored, &signer.book()).await.is_err());

    let lines = take_back(180).await.unwrap();
    let of = |checkpoint: &xentri_ledger::Checkpoint| (checkpoint.org_id, checkpoint.org_seq);
    assert_eq!(lines.iter().map(of).collect::<Vec<_>>(), [(homes[0].org(), EVENTS), (lost.org(), 0)]);
    verify(&restored, &signer.book()).await.unwrap();
    let moved = signer.sign(&restored, 240).await.unwrap();
    assert_eq!((moved.len(), moved[0].epoch, moved[0].org_seq), (1, 2, EVENTS + 3));
    verify(&restored, &signer.book()).await.unwrap();
    // Now something was signed in that epoch, and only another restore may take it back.
    assert!(matches!(take_back(300).await, Err(CheckpointsError::NoNewEpoch { .. })));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_new_epoch_is_above_all_that_is_known() {
    let (world, second) = super::on_two_databases().await;
    let homes = super::fill(&world, 4).await;
    let url = |db: &TestDb, shards: &[u16]| xentri_ledger::DatabaseShards {
        url: db.admin_url(),
        shards: shards.iter().copied().map(xentri_ledger::Shard::new).collect(),
    };
    // One of the databases is further on.
    let alone = ShardMap::new(vec![url(&second, &[0, 1])]).unwrap();
    new_epoch(&alone, 4).await.unwrap();
    let both = ShardMap::new(vec![url(&world.db, &[0, 1]), url(&second, &[2, 3])]).unwrap();
    let starts = new_epoch(&both, 0).await.unwrap();
    assert_eq!(
        starts.iter().map(|start| (start.shard, start.epoch)).collect::<Vec<_>>(),
        [(0, 6), (1, 6), (2, 6), (3, 6)]
    );
    for home in &homes {
        add_lead(&world, *home).await;
    }
    let report = verify(&world, &CheckpointBook::default()).await.unwrap();
    assert!(report.shards.iter().all(|shard| shard.epoch == 6));
}
