//! Connections: what is left of them when whoever has one goes away, or when Postgres does.

use std::pin::pin;
use std::task::Poll;
use std::time::{Duration, Instant};

use sqlx::Executor;
use xentri_ledger::{DatabaseSettings, Home, Ledger, LedgerSettings, ShardMap, TenantTx};

use crate::support::{World, keeper};

fn settings(connections: u32) -> LedgerSettings {
    let databases = DatabaseSettings { connections, ..DatabaseSettings::default() };
    LedgerSettings { databases, ..LedgerSettings::default() }
}

/// What it answers, if it does before it has been polled so many times; then it is dropped.
async fn polled<T>(times: usize, future: impl Future<Output = T>) -> Option<T> {
    let mut future = pin!(future);
    let mut polls = 0;
    std::future::poll_fn(move |context| {
        if polls == times {
            return Poll::Ready(None);
        }
        polls += 1;
        future.as_mut().poll(context).map(Some)
    })
    .await
}

async fn reads(world: &World, home: Home) -> i64 {
    let mut tx = world.read(home).await;
    let events = sqlx::query_scalar("select count(*) from event").fetch_one(tx.connection()).await.unwrap();
    tx.commit().await.unwrap();
    events
}

/// A caller is dropped at each point where it waits while its transaction begins, on the only connection there is. The next
/// one gets that connection, and a transaction of its own.
#[tokio::test]
async fn whoever_gives_up_while_a_transaction_begins_leaves_none_behind() {
    let world = World::with(&settings(1)).await;
    let (gone, home) = (world.org().await, world.org().await);
    for times in 1.. {
        let begun = polled(times, TenantTx::write(world.ledger.databases(), gone)).await;
        let whole = begun.is_some();
        drop(begun);
        assert_eq!(reads(&world, home).await, 1, "dropped after {times} polls");
        if whole {
            assert!(times > 1);
            return;
        }
    }
}

#[tokio::test]
async fn connections_that_died_in_the_pool_are_noticed_by_nobody() {
    let world = World::with(&settings(4)).await;
    let home = world.org().await;
    let mut open = Vec::new();
    for _ in 0..4 {
        open.push(world.read(home).await);
    }
    for tx in open {
        tx.commit().await.unwrap();
    }
    let end = "select pg_terminate_backend(pid, 10000) from pg_stat_activity \
               where datname = current_database() and application_name = 'xentri'";
    world.db.connect_as_admin().await.execute(end).await.unwrap();
    assert_eq!(reads(&world, home).await, 1);
}

#[tokio::test]
async fn whoever_finds_no_connection_free_waits_for_one_once() {
    let mut settings = settings(1);
    settings.databases.patience = Duration::from_millis(500);
    let world = World::with(&settings).await;
    let home = world.org().await;
    let _taken = world.read(home).await;
    let began = Instant::now();
    let error = TenantTx::read(world.ledger.databases(), home).await.unwrap_err();
    assert!(error.is_transient(), "{error}");
    assert!((500..950).contains(&began.elapsed().as_millis()), "{:?}", began.elapsed());
}

#[tokio::test]
async fn a_ledger_shows_no_password() {
    let map = ShardMap::single("postgres://xentri:pa55word@db/xentri");
    let ledger = Ledger::open(map, keeper(), &LedgerSettings::default()).unwrap();
    let shown = format!("{ledger:?}");
    assert!(shown.contains("Database") && !shown.contains("pa55word"), "{shown}");
}

#[tokio::test]
async fn a_ledger_closes_although_somebody_keeps_a_connection() {
    let world = World::with(&settings(1)).await;
    let home = world.org().await;
    let kept = world.read(home).await;
    tokio::time::timeout(Duration::from_secs(10), world.ledger.close()).await.unwrap();
    assert!(TenantTx::read(world.ledger.databases(), home).await.unwrap_err().is_transient());
    kept.commit().await.unwrap();
}

#[tokio::test]
async fn a_pool_tells_what_is_open_what_is_in_use_and_how_long_one_waited() {
    let world = World::with(&settings(2)).await;
    let home = world.org().await;
    let pool = || world.ledger.databases().pools().pop().unwrap();
    let before = pool();
    let (one, two) = (world.read(home).await, world.read(home).await);
    let busy = pool();
    assert_eq!((busy.limit, busy.open, busy.in_use), (2, 2, 2));
    assert_eq!(busy.waits.count, before.waits.count + 2);

    let waiting = TenantTx::read(world.ledger.databases(), home);
    let until_free = async {
        let begun = Instant::now();
        // Whoever waits has been polled once by then.
        tokio::task::yield_now().await;
        tokio::time::sleep(Duration::from_millis(30)).await;
        drop(one);
        begun.elapsed()
    };
    let (waited, time) = tokio::join!(waiting, until_free);
    waited.unwrap();
    let after = pool();
    let waited = Duration::from_micros(after.waits.sum - busy.waits.sum);
    assert!(waited >= Duration::from_millis(20), "{waited:?} of {time:?}");
    drop(two);
}
