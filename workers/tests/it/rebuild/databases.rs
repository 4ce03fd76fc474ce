//! A ledger in two databases: each is rebuilt by itself, and readers are shown all of it or none.

use std::sync::Arc;
use std::time::Duration;

use sqlx::postgres::PgConnection;
use sqlx::{AssertSqlSafe, Executor as _};
use tokio::task::JoinSet;
use tokio::time::{sleep, timeout};
use xentri_ledger::Shard;
use xentri_workers::feed::{Feeds, Heads};
use xentri_workers::rebuild::{Phase, ProgressSender, RebuildError, RebuildSettings, Rebuilds, Request};
use xentri_workers::runtime::ShardWorker;

use super::support::{hurried, in_phase, killed_when, rebuilds, request, sell};
use crate::runtime::fragile::{Poison, fragile, heal, poison};
use crate::runtime::support::{PATIENCE, World};

const LEADS: i64 = 10;

/// Workers of all shards. They end with the value.
fn work(world: &World) -> JoinSet<()> {
    let (databases, keys) = (world.ledger.databases(), world.ledger.keys());
    let feeds = Arc::new(Feeds::new(databases.clone(), Heads::watch(databases), None));
    let mut working = JoinSet::new();
    for shard in databases.shard_map().shards() {
        let worker = ShardWorker::new(databases.clone(), keys.clone(), shard, fragile(), feeds.clone());
        working.spawn(worker.run(std::future::pending()));
    }
    working
}

async fn number(database: &mut PgConnection, query: &str) -> i64 {
    sqlx::query_scalar(AssertSqlSafe(query.to_owned())).fetch_one(database).await.unwrap()
}

/// Leads in an org of each shard.
async fn sell_in_both(world: &World) {
    for shard in [0, 1] {
        loop {
            let owner = world.owner().await;
            let of = format!("select shard::bigint from org where org_id = '{}'", owner.org());
            if number(&mut world.admin().await, &of).await == shard {
                sell(world, &owner, usize::try_from(LEADS).unwrap()).await;
                break;
            }
        }
    }
}

async fn until_read(database: &mut PgConnection) {
    let so = async {
        while number(database, "select count(*) from read.leads_v1").await != LEADS {
            sleep(Duration::from_millis(10)).await;
        }
    };
    timeout(PATIENCE, so).await.expect("all leads are read");
}

/// Of both databases, in the order of time.
async fn phases(rebuilds: &Rebuilds) -> [Vec<Phase>; 2] {
    let all = rebuilds.list().await.unwrap();
    [0, 1].map(|number| {
        let here = all.iter().filter(|(shard, _)| *shard == Shard::new(number));
        here.map(|(_, entry)| entry.phase).collect()
    })
}

async fn live(database: &mut PgConnection) -> i64 {
    let query =
        "select generation::bigint from projection_generation where projection = 'leads' and state = 'live'";
    number(database, query).await
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_differs_in_the_second_database_is_shown_in_neither() {
    let (world, second) = World::of_two().await;
    let (mut one, mut two) = (world.admin().await, second.connect_as_admin().await);
    sell_in_both(&world).await;
    let _working = work(&world);
    until_read(&mut one).await;
    until_read(&mut two).await;
    two.execute("update read.leads_v1_g1 set name = 'Mallory'").await.unwrap();

    let rebuilds = rebuilds(&world, &fragile());
    let (asked, progress) = (request(&["leads"]), ProgressSender::new());
    let refused = rebuilds.run(&asked, &progress).await;
    assert!(matches!(&refused, Err(RebuildError::Differs(all)) if all.len() == 1), "{refused:?}");
    assert_eq!((live(&mut one).await, live(&mut two).await), (1, 1));
    assert_eq!(phases(&rebuilds).await, [[Phase::Cancelled], [Phase::Cancelled]]);

    let kept = rebuilds.run(&Request { keep: true, ..asked.clone() }, &progress).await;
    assert!(matches!(&kept, Err(RebuildError::Differs(all)) if all.len() == 1), "{kept:?}");
    assert_eq!((live(&mut one).await, live(&mut two).await), (1, 1));
    assert_eq!(phases(&rebuilds).await, [[Phase::Cancelled, Phase::Differing]; 2]);
    let accepted = Request { accept: true, only_resume: true, ..asked };
    assert_eq!(rebuilds.run(&accepted, &progress).await.unwrap().len(), 2);
    assert_eq!((live(&mut one).await, live(&mut two).await), (3, 3));
    drop((one, two));
    world.ledger.close().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn each_database_is_rebuilt_and_taken_back_by_itself() {
    let (world, second) = World::of_two().await;
    let (mut one, mut two) = (world.admin().await, second.connect_as_admin().await);
    sell_in_both(&world).await;
    let _working = work(&world);
    until_read(&mut one).await;
    until_read(&mut two).await;

    let rebuilds = rebuilds(&world, &fragile());
    let rebuilt = rebuilds.run(&request(&["leads"]), &ProgressSender::new()).await.unwrap();
    let made: Vec<_> = rebuilt.iter().map(|one| (one.id.generation, one.rows)).collect();
    assert_eq!(made, [(2, 10), (2, 10)]);
    assert_eq!((live(&mut one).await, live(&mut two).await), (2, 2));
    assert_eq!(phases(&rebuilds).await, [[Phase::Grace], [Phase::Grace]]);
    assert_eq!(rebuilds.roll_back("leads").await.unwrap().len(), 2);
    assert_eq!((live(&mut one).await, live(&mut two).await), (1, 1));
    assert_eq!(phases(&rebuilds).await, [[Phase::Returned], [Phase::Returned]]);
    drop((one, two));
    world.ledger.close().await;
}

/// It dies while it loads what is in the first one, or after that was compared and before readers are shown any of it.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn one_that_is_killed_in_the_first_database_is_resumed_or_cancelled_in_both() {
    let (world, second) = World::of_two().await;
    let (mut one, mut two) = (world.admin().await, second.connect_as_admin().await);
    sell_in_both(&world).await;
    let _working = work(&world);
    until_read(&mut one).await;
    until_read(&mut two).await;
    let slow = RebuildSettings { throttle: Some(50), settle: Duration::from_secs(1), ..hurried() };
    let slowly = rebuilds(&world, &fragile()).with_settings(slow);
    let rebuilds = rebuilds(&world, &fragile());
    for phase in [Phase::Loading, Phase::Settling] {
        let before = (live(&mut one).await, live(&mut two).await);
        assert!(killed_when(&slowly, &request(&["leads"]), in_phase(phase)).await.unwrap(), "{phase}");
        assert_eq!((live(&mut one).await, live(&mut two).await), before);
        let cancelled = rebuilds.cancel("leads").await.unwrap();
        assert_eq!(cancelled.len(), 2, "{phase}");

        assert!(killed_when(&slowly, &request(&["leads"]), in_phase(phase)).await.unwrap(), "{phase}");
        let resume = Request { only_resume: true, ..request(&["leads"]) };
        let resumed = rebuilds.run(&resume, &ProgressSender::new()).await.unwrap();
        let made = before.0 + 2;
        assert_eq!(resumed.iter().map(|one| i64::from(one.id.generation)).collect::<Vec<_>>(), [made, made]);
        assert_eq!((live(&mut one).await, live(&mut two).await), (made, made), "{phase}");
    }
    drop((one, two));
    world.ledger.close().await;
}

/// It is at the first one when somebody ends it.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn one_that_runs_is_cancelled_in_both() {
    let (world, second) = World::of_two().await;
    let (mut one, mut two) = (world.admin().await, second.connect_as_admin().await);
    sell_in_both(&world).await;
    let _working = work(&world);
    until_read(&mut one).await;
    until_read(&mut two).await;
    let slow = RebuildSettings { throttle: Some(10), ..hurried() };
    let slowly = rebuilds(&world, &fragile()).with_settings(slow);
    let (asked, progress) = (request(&["leads"]), ProgressSender::new());
    let mut seen = progress.subscribe();
    let (ended, cancelled) = tokio::join!(slowly.run(&asked, &progress), async {
        seen.wait_for(in_phase(Phase::Loading)).await.unwrap();
        rebuilds(&world, &fragile()).cancel("leads").await.unwrap()
    });
    assert!(matches!(ended, Err(RebuildError::Cancelled(_))), "{ended:?}");
    assert_eq!(cancelled.len(), 2);
    assert_eq!(phases(&slowly).await, [[Phase::Cancelled], [Phase::Cancelled]]);
    assert_eq!((live(&mut one).await, live(&mut two).await), (1, 1));
    drop((one, two));
    world.ledger.close().await;
}

/// A row of the second one is refused while parts of its shard are in their table already.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_is_left_to_the_workers_of_the_second_database_is_taken_back_there() {
    let (world, second) = World::of_two().await;
    let mut two = second.connect_as_admin().await;
    sell_in_both(&world).await;
    let _working = work(&world);
    until_read(&mut world.admin().await).await;
    until_read(&mut two).await;
    let refused = world.events_of_all().await.pop().unwrap();
    assert_eq!(refused.shard, Shard::new(1));
    poison(refused.id, Poison::Data);
    let small = RebuildSettings { memory: 1500, shards: 1, ..hurried() };
    let rebuilds = rebuilds(&world, &fragile()).with_settings(small);
    let Err(RebuildError::Differs(all)) = rebuilds.run(&request(&["leads"]), &ProgressSender::new()).await
    else {
        panic!("a row is not as it was")
    };
    let table = &all[0].tables[0];
    assert_eq!((table.name, table.old, table.new, table.changed), ("leads", 10, 10, 1));
    heal(refused.id);
    assert_eq!(phases(&rebuilds).await, [[Phase::Cancelled], [Phase::Cancelled]]);
    drop(two);
    world.ledger.close().await;
}
