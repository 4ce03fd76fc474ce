//! What does not fit into memory is made part by part, and several read models of one read.

use xentri_projections::read_models;
use xentri_workers::rebuild::{Phase, ProgressSender, RebuildSettings};

use super::support::{Sales, hurried, rebuild, rebuilds, request};
use crate::runtime::fragile::{Poison, fragile, poison};

async fn units(sales: &Sales) -> i64 {
    let query = "select count(*) from rebuild_unit where done";
    sqlx::query_scalar(query).fetch_one(&mut sales.world.admin().await).await.unwrap()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn with_little_memory_it_takes_many_passes_and_makes_the_same_rows_and_sums() {
    let sales = Sales::with(60).await;
    let small = RebuildSettings { memory: 6_000, shards: 1, ..hurried() };
    let rebuilt = rebuild(&rebuilds(&sales.world, &fragile()).with_settings(small)).await;
    assert_eq!(rebuilt.rows, 60);
    assert!(units(&sales).await >= 4, "{} parts", units(&sales).await);
    sales.assert_same(1, 2).await;
}

/// Rows of the audit are made by one event each: they go into their table on the way, and nothing is read twice.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn several_read_models_are_made_of_one_read_of_the_ledger() {
    let sales = Sales::with(40).await;
    let events = sales.world.events(0).await.len();
    let working = sales.world.work(&read_models());
    for name in ["audit", "org", "pulse", "leads"] {
        working.until_at(name, sales.world.head().await).await;
    }
    let progress = ProgressSender::new();
    let mut seen = progress.subscribe();
    let models = read_models();
    let small = RebuildSettings { memory: 60_000, shards: 1, ..hurried() };
    let rebuilds = rebuilds(&sales.world, &models).with_settings(small);
    let asked = request(&["audit", "org", "pulse"]);
    let (rebuilt, loaded) = tokio::join!(rebuilds.run(&asked, &progress), async {
        let mut loaded = (0, 0);
        let watched = seen.wait_for(|now| {
            if now.phase == Phase::Loading {
                loaded = (loaded.0.max(now.done), loaded.1.max(now.total));
            }
            now.phase == Phase::Comparing
        });
        watched.await.unwrap();
        loaded
    });
    let rows: Vec<_> = rebuilt.unwrap().into_iter().map(|one| (one.id.projection, one.rows)).collect();
    assert_eq!(rows[..2], [("audit".to_owned(), events as u64), ("org".to_owned(), 1)]);
    assert_eq!(loaded.1 % events as u64, 0, "{loaded:?}: whole passes");
    assert!(loaded.1 < 3 * events as u64, "{loaded:?} of {events} events");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_row_that_postgres_refuses_leaves_its_shard_to_the_workers() {
    let sales = Sales::with(8).await;
    let lead = sales.world.lead(&sales.owner).await;
    sales.world.go_on(&sales.owner, lead, 1).await;
    let refused = sales.world.events(0).await.pop().unwrap();
    sales.follow().await;
    // The live one has folded it; what is made anew can't.
    poison(refused.id, Poison::Data);
    let error = rebuilds(&sales.world, &fragile()).run(&request(&["leads"]), &ProgressSender::new()).await;
    let Err(xentri_workers::rebuild::RebuildError::Differs(all)) = error else { panic!("{error:?}") };
    let changed: Vec<_> = all[0].tables.iter().map(|table| (table.name, table.changed)).collect();
    assert_eq!(changed[0], ("leads", 1), "one row is not as it was, all others are there");
    assert_eq!(all[0].tables[0].new, 9);
    crate::runtime::fragile::heal(refused.id);
}
