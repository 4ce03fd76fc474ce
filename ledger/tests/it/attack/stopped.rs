//! Clients that stop while they hold a shard's lock.

use std::time::{Duration, Instant};

use sqlx::postgres::PgConnection;
use sqlx::{Connection, Executor};
use xentri_ledger::{LedgerSettings, Outcome, TenantTx};

use super::checks::{HeldShard, assert_sound};
use super::child::{self, Child};
use super::proxy::{Plan, Proxy};
use crate::support::{Lead, World, created};

/// The lock's own timeout is 10 s: whoever gets through in less was let through.
const SOON: Duration = Duration::from_secs(7);

/// A process takes a shard's lock in a transaction and is stopped. Its session waits for it, idle in the transaction, and
/// nothing else will ever end it within the test; so if the append gets through, it has ended that session.
#[tokio::test]
async fn a_stopped_process_keeps_a_shard_for_a_few_seconds_only() {
    let world = World::new().await;
    let lead = Lead::new(world.org().await);
    let shard = lead.home.shard().number().to_string();
    let holder = Child::start(&["hold", &world.db.server_url(), &shard]).await;
    holder.stop();
    let start = Instant::now();
    assert!(matches!(world.append(lead.chain(0, vec![created(&lead)])).await, Outcome::Appended(_)));
    assert!(start.elapsed() < SOON, "{:?}", start.elapsed());
}

/// In the child: holds the lock until it is killed.
pub(crate) async fn hold(url: &str, shard: i32) {
    let mut connection = PgConnection::connect(url).await.unwrap();
    let lock = format!("begin; set local role xentri_app; select pg_advisory_xact_lock(1480937044, {shard})");
    connection.execute(sqlx::AssertSqlSafe(lock)).await.unwrap();
    child::ready().await;
}

/// A ledger that has no connection to spare can't look for stuck sessions. Here it begins to try, after a second, and goes
/// on for ten; the lock that it waits for is given back meanwhile, and the answer must not wait for the look.
#[tokio::test]
async fn an_answer_does_not_wait_for_a_look_at_who_holds_the_lock() {
    let mut settings = LedgerSettings::default();
    (settings.databases.connections, settings.databases.patience) = (1, Duration::from_secs(10));
    let world = World::with(&settings).await;
    let lead = Lead::new(world.org().await);
    let _only_connection = TenantTx::read(world.ledger.databases(), lead.home).await.unwrap();
    let mut lock = HeldShard::take(&world.db, lead.home.shard()).await;
    let start = Instant::now();
    let append = world.append(lead.chain(0, vec![created(&lead)]));
    let release = async {
        lock.waited_for_by(1).await;
        tokio::time::sleep(Duration::from_millis(1500)).await;
        lock.release().await;
    };
    let (outcome, ()) = tokio::join!(append, release);
    assert!(matches!(outcome, Outcome::Appended(_)));
    assert!(start.elapsed() < SOON, "{:?}", start.elapsed());
}

/// A ledger's call is cut short by its last message, Sync: Postgres has executed it, holds the lock and waits, active, for
/// a message that never comes. No timeout covers that state, so if another ledger gets through, it has ended that
/// session. What was not committed is then sent again, and goes in once.
#[tokio::test]
async fn a_client_stopped_before_its_last_message_keeps_a_shard_for_a_few_seconds_only() {
    let world = World::new().await;
    let home = world.org().await;
    let proxy = Proxy::start(&world.db.server_url(), [Plan::StallBeforeSync]).await;
    let stopped = proxy.ledger(&LedgerSettings::default());
    let (late, lead) = (Lead::new(home), Lead::new(home));
    let chain = late.chain(0, vec![created(&late)]);
    let late = tokio::spawn(async move { stopped.appenders().append(chain).await });
    proxy.struck().await;

    let start = Instant::now();
    assert!(matches!(world.append(lead.chain(0, vec![created(&lead)])).await, Outcome::Appended(_)));
    assert!(start.elapsed() < SOON, "{:?}", start.elapsed());
    assert!(matches!(late.await.unwrap(), Ok(Outcome::Appended(_))));
    let mut admin = world.db.connect_as_admin().await;
    let events: i64 = sqlx::query_scalar("select count(*) from event where stream_type = 'lead'")
        .fetch_one(&mut admin)
        .await
        .unwrap();
    assert_eq!(events, 2);
    assert_sound(&mut admin).await;
}
