//! Postgres killed while something is rebuilt: the rebuild waits, goes on by itself, and ends with the same rows.

use std::sync::Arc;
use std::time::Duration;

use sqlx::postgres::PgConnection;
use sqlx::{AssertSqlSafe, Executor as _};
use tokio::sync::watch;
use tokio::task::spawn_blocking;
use tokio::time::{sleep, timeout};
use xentri_testkit::PrivatePostgres;
use xentri_workers::rebuild::{Phase, Progress, ProgressSender, RebuildSettings, Rebuilt};

use super::support::{Sales, hurried, in_phase, rebuilds, request, sell};
use crate::process::Gate;
use crate::runtime::fragile::fragile;
use crate::runtime::support::{PATIENCE, World};

const LEADS: usize = 40;

async fn start() -> (Arc<PrivatePostgres>, Sales) {
    let postgres = PrivatePostgres::start().await;
    let world = World::on(&postgres.server_url(), &postgres.admin_url());
    (Arc::new(postgres), Sales::of(world, LEADS).await)
}

/// In several parts.
fn in_parts() -> RebuildSettings {
    RebuildSettings { memory: 6_000, shards: 1, ..hurried() }
}

/// The one that is made while something happens.
async fn rebuilt_while(
    sales: &Sales,
    settings: RebuildSettings,
    happens: impl AsyncFnOnce(watch::Receiver<Progress>),
) -> Rebuilt {
    let rebuilds = rebuilds(&sales.world, &fragile()).with_settings(settings);
    let progress = ProgressSender::new();
    let (asked, seen) = (request(&["leads"]), progress.subscribe());
    let (rebuilt, ()) = tokio::join!(rebuilds.run(&asked, &progress), happens(seen));
    let mut rebuilt = rebuilt.unwrap();
    assert_eq!(rebuilt.len(), 1);
    rebuilt.remove(0)
}

async fn kill_and_start_again(postgres: &Arc<PrivatePostgres>) {
    let postgres = postgres.clone();
    let again = spawn_blocking(move || {
        postgres.kill();
        postgres.start_again();
    });
    again.await.unwrap();
}

async fn until_true(connection: &mut PgConnection, query: &str) {
    let so = async {
        loop {
            let so = sqlx::query_scalar(AssertSqlSafe(query.to_owned()));
            if so.fetch_one(&mut *connection).await.unwrap() {
                return;
            }
            sleep(Duration::from_millis(10)).await;
        }
    };
    timeout(PATIENCE, so).await.unwrap_or_else(|_| panic!("it does not become so: {query}"));
}

/// Killed in the transaction that writes it, which so never was.
async fn killed_at(table: &str, when: &str) {
    let (postgres, sales) = start().await;
    let mut gate = Gate::close(&sales.world, table, when).await;
    let rebuilt = rebuilt_while(&sales, in_parts(), async |_| {
        gate.until_reached().await;
        kill_and_start_again(&postgres).await;
    });
    let rebuilt = rebuilt.await;
    assert_eq!((rebuilt.id.generation, rebuilt.parked), (2, 0));
    assert_eq!((rebuilt.rows, rebuilt.replaced.map(|id| id.generation)), (LEADS as u64, Some(1)));
    sales.assert_replaced(1, 2, LEADS).await;
    sales.world.ledger.close().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn killed_as_it_is_begun_it_goes_on_by_itself() {
    killed_at("rebuild", "new.phase = 'loading'").await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn killed_once_a_later_part_is_loaded_it_goes_on_by_itself() {
    killed_at("rebuild_unit", "new.done and new.prefix <> 0").await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn killed_as_it_gets_indexes_and_policies_it_goes_on_by_itself() {
    killed_at("projection_generation", "new.state = 'sealed'").await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn killed_as_workers_get_it_it_goes_on_by_itself() {
    killed_at("rebuild", "new.phase = 'following'").await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn killed_once_it_is_found_to_be_the_same_it_goes_on_by_itself() {
    killed_at("rebuild", "new.phase = 'settling'").await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn killed_as_readers_get_it_it_goes_on_by_itself() {
    killed_at("rebuild", "new.phase = 'grace'").await;
}

/// No process feeds it but the one that makes it, and that one is held at the live one's rows: it can't come to their place before.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn killed_while_it_follows_it_is_followed_to_the_end() {
    let (postgres, sales) = start().await;
    let Sales { world, owner, working } = sales;
    drop(working);
    let head = world.head().await.position;
    sell(&world, &owner, 5).await;
    let moves = format!("new.projection = 'leads' and new.generation = 1 and new.position > {head}");
    let mut gate = Gate::close(&world, "projection_checkpoint", &moves).await;
    let working = world.work(&[]);
    let sales = Sales { world, owner, working };
    let rebuilt = rebuilt_while(&sales, in_parts(), async |mut seen| {
        gate.until_reached().await;
        seen.wait_for(in_phase(Phase::Following)).await.unwrap();
        kill_and_start_again(&postgres).await;
    });
    assert_eq!(rebuilt.await.id.generation, 2);
    let Sales { world, owner, working } = sales;
    drop(working);
    let working = world.work(&fragile());
    let sales = Sales { world, owner, working };
    sales.assert_replaced(1, 2, LEADS + 5).await;
    sales.world.ledger.close().await;
}

/// Its table is taken from it between two statements.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn killed_while_it_is_compared_or_settles_it_says_that_it_waits_and_goes_on() {
    let (postgres, sales) = start().await;
    let mut gate = Gate::close(&sales.world, "rebuild", "new.phase = 'comparing'").await;
    let rebuilt = rebuilt_while(&sales, in_parts(), async |mut seen| {
        gate.until_reached().await;
        let mut taker = sales.world.admin().await;
        taker.execute("begin; lock table read.leads_v1_g2 in access exclusive mode").await.unwrap();
        gate.let_go().await;
        seen.wait_for(in_phase(Phase::Comparing)).await.unwrap();
        let waits = "select exists (select from pg_locks where relation = 'read.leads_v1_g2'::regclass and not granted)";
        until_true(&mut taker, waits).await;
        let mut waiting = seen.clone();
        let waits = async { waiting.wait_for(|now| now.waits.is_some()).await.unwrap().waits.clone() };
        let (why, ()) = tokio::join!(waits, kill_and_start_again(&postgres));
        assert!(why.unwrap().starts_with("the database does not answer"));
    });
    assert_eq!(rebuilt.await.id.generation, 2);
    sales.assert_replaced(1, 2, LEADS).await;
    Gate::remove(&sales.world).await;

    sales.world.execute("update rebuild set grace_until = now() - interval '1 second'").await;
    let patient = RebuildSettings { settle: Duration::from_secs(2), ..in_parts() };
    let rebuilt = rebuilt_while(&sales, patient, async |mut seen| {
        seen.wait_for(in_phase(Phase::Settling)).await.unwrap();
        kill_and_start_again(&postgres).await;
    });
    assert_eq!(rebuilt.await.id.generation, 3);
    sales.assert_replaced(2, 3, LEADS).await;
    sales.world.ledger.close().await;
}

/// A standby that does not exist is waited for once the swap is in the log, so that it is done and its answer never comes.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_swap_whose_answer_was_lost_is_known_to_be_done() {
    let waits = |name: &str| {
        format!(
            "select exists (select from pg_stat_activity where wait_event = 'SyncRep' and application_name = '{name}')"
        )
    };
    let (postgres, sales) = start().await;
    let mut gate = Gate::close(&sales.world, "rebuild", "new.phase = 'grace'").await;
    let rebuilt = rebuilt_while(&sales, in_parts(), async |_| {
        gate.until_reached().await;
        let mut admin = sales.world.admin().await;
        for statement in ["alter system set synchronous_standby_names = 'nobody'", "select pg_reload_conf()"]
        {
            admin.execute(statement).await.unwrap();
        }
        // Another one that waits shows that it has come into force.
        let mut probe = sales.world.admin().await;
        let probing = tokio::spawn(async move { probe.execute("create table probe ()").await.map(|_| ()) });
        until_true(&mut admin, &waits("")).await;
        gate.let_go().await;
        until_true(&mut admin, &waits("xentri")).await;
        kill_and_start_again(&postgres).await;
        probing.await.unwrap().unwrap_err();
        let mut admin = sales.world.admin().await;
        for statement in ["alter system reset synchronous_standby_names", "select pg_reload_conf()"] {
            admin.execute(statement).await.unwrap();
        }
    });
    assert_eq!(rebuilt.await.id.generation, 2);
    sales.assert_replaced(1, 2, LEADS).await;
    sales.world.ledger.close().await;
}
