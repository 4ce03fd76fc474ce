//! What readers see while something is rebuilt, and afterwards.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use sqlx::Executor as _;
use xentri_projections::leads::LeadRow;
use xentri_workers::rebuild::{Phase, RebuildError};

use super::support::{Sales, rebuild, rebuilds, sell};
use crate::runtime::fragile::fragile;
use crate::runtime::support::World;

/// A reader as readers are: one org, one snapshot each time.
async fn poll(world: &World, org: xentri_domain::kernel::OrgId, until: Arc<AtomicBool>) -> (usize, i64) {
    let mut connection = world.admin().await;
    let (mut reads, mut most) = (0, 0);
    while !until.load(Ordering::Relaxed) {
        let begin = format!(
            "begin isolation level repeatable read read only; set local role xentri_app; set local app.current_org_id = '{org}'"
        );
        connection.execute(sqlx::AssertSqlSafe(begin)).await.unwrap();
        let count: i64 = sqlx::query_scalar("select count(*) from read.leads_v1")
            .fetch_one(&mut connection)
            .await
            .unwrap();
        connection.execute("commit").await.unwrap();
        assert!(count >= most, "{count} leads after {most}");
        (reads, most) = (reads + 1, count);
    }
    (reads, most)
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn who_reads_while_others_write_sees_nothing_missing_and_the_new_generation_afterwards() {
    let sales = Sales::with(40).await;
    let (world, owner) = (&sales.world, &sales.owner);
    let over = Arc::new(AtomicBool::new(false));
    let rebuilds = rebuilds(world, &fragile());
    let work = async {
        let writing = async {
            while !over.load(Ordering::Relaxed) {
                sell(world, owner, 5).await;
            }
        };
        let rebuilding = async {
            let rebuilt = rebuild(&rebuilds).await;
            over.store(true, Ordering::Relaxed);
            rebuilt
        };
        tokio::join!(writing, rebuilding).1
    };
    let (rebuilt, (reads, _)) = tokio::join!(work, poll(world, owner.org(), over.clone()));
    assert!(reads > 3, "{reads} reads");
    assert_eq!((sales.live().await, rebuilt.id.generation), (2, 2));
    assert!(rebuilt.rows >= 40 && rebuilt.parked == 0, "{rebuilt:?}");
    sales.follow().await;
    sales.assert_same(1, 2).await;
    assert_eq!(sales.entry().await.phase, Phase::Grace);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_rollback_does_not_take_readers_back_in_time() {
    let sales = Sales::with(10).await;
    let rebuilds = rebuilds(&sales.world, &fragile());
    rebuild(&rebuilds).await;
    sell(&sales.world, &sales.owner, 10).await;
    sales.follow().await;
    let returned = rebuilds.roll_back("leads").await.unwrap();
    assert_eq!((returned[0].0.generation, sales.live().await), (1, 1));
    assert_eq!(sales.world.rows::<LeadRow>(1, 1).await.len(), 20);
    sell(&sales.world, &sales.owner, 5).await;
    sales.follow().await;
    sales.assert_same(1, 2).await;
    let again = rebuilds.roll_back("leads").await;
    assert!(matches!(again, Err(RebuildError::NothingToReturnTo(_))), "{again:?}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_was_replaced_is_dropped_once_its_grace_time_is_over() {
    let sales = Sales::with(5).await;
    let rebuilds = rebuilds(&sales.world, &fragile());
    rebuild(&rebuilds).await;
    let (databases, shard) = (sales.world.ledger.databases(), crate::runtime::support::SHARD);
    assert_eq!(xentri_workers::rebuild::drop_ended(databases, shard).await.unwrap(), []);
    sales.world.execute("update rebuild set grace_until = now() - interval '1 second'").await;
    let dropped = xentri_workers::rebuild::drop_ended(databases, shard).await.unwrap();
    assert_eq!(dropped.iter().map(|id| id.generation).collect::<Vec<_>>(), [1]);
    assert_eq!(sales.entry().await.phase, Phase::Done);
    sell(&sales.world, &sales.owner, 1).await;
    sales.follow().await;
    assert_eq!(sales.world.rows::<LeadRow>(1, 2).await.len(), 6);
}

/// No worker is there but the one that the rebuild brings itself.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_rebuild_needs_no_other_process() {
    let sales = Sales::with(5).await;
    let Sales { world, owner, working } = sales;
    drop(working);
    sell(&world, &owner, 5).await;
    let rebuilt = rebuild(&rebuilds(&world, &fragile())).await;
    assert_eq!(rebuilt.id.generation, 2);
    assert_eq!(world.rows::<LeadRow>(1, 2).await.len(), 10);
}
