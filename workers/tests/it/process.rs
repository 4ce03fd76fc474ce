//! A process that dies at a certain moment: it waits at a gate in the database, and is gone before it opens.

use std::future::Future;
use std::time::Duration;

use sqlx::AssertSqlSafe;
use sqlx::postgres::PgConnection;
use tokio::runtime::Runtime;

use crate::runtime::support::World;

const PATIENCE: Duration = Duration::from_mins(2);
/// Between two looks at the database, which has more to do than to be looked at.
const GLANCE: Duration = Duration::from_millis(10);

/// Tasks on a runtime of their own. Killed, all of them end where they stand, and their connections with them.
pub(crate) struct Process(Runtime);

impl Process {
    pub(crate) fn start(main: impl Future<Output = ()> + Send + 'static) -> Self {
        let runtime =
            tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build().unwrap();
        runtime.spawn(main);
        Self(runtime)
    }

    pub(crate) fn kill(self) {
        self.0.shutdown_background();
    }
}

/// Whoever writes such a row waits here.
pub(crate) struct Gate {
    keeper: PgConnection,
}

const WAITING: &str = "select pid from pg_locks where locktype = 'advisory' and objid = 4711 and not granted \
                       and database = (select oid from pg_database where datname = current_database())";

impl Gate {
    /// `when`: a condition on the `new` row of the table.
    pub(crate) async fn close(world: &World, table: &str, when: &str) -> Self {
        world
            .execute(&format!(
                "create function wait_at_gate() returns trigger language plpgsql security definer as $$ begin
                   perform pg_advisory_xact_lock_shared(4711);
                   return new;
                 end $$;
                 create trigger gate before insert or update on {table} for each row when ({when})
                   execute function wait_at_gate()"
            ))
            .await;
        let mut keeper = world.admin().await;
        sqlx::query("select pg_advisory_lock(4711)").execute(&mut keeper).await.unwrap();
        Self { keeper }
    }

    /// Until somebody waits here.
    pub(crate) async fn until_reached(&mut self) {
        self.until_waiting("somebody comes to the gate", |waiting| waiting > 0).await;
    }

    /// Those that waited have died: Postgres would notice only when it has something to say to them.
    pub(crate) async fn open(mut self) {
        let end = format!("select pg_terminate_backend(pid) from ({WAITING}) waiting");
        sqlx::query(AssertSqlSafe(end)).execute(&mut self.keeper).await.unwrap();
        self.until_waiting("those that waited are gone", |waiting| waiting == 0).await;
        sqlx::query("select pg_advisory_unlock(4711)").execute(&mut self.keeper).await.unwrap();
    }

    /// Those that waited go on.
    pub(crate) async fn let_go(mut self) {
        sqlx::query("select pg_advisory_unlock(4711)").execute(&mut self.keeper).await.unwrap();
    }

    /// Makes place for another.
    pub(crate) async fn remove(world: &World) {
        world.execute("drop function wait_at_gate() cascade").await;
    }

    async fn until_waiting(&mut self, what: &str, enough: impl Fn(i64) -> bool) {
        let count = format!("select count(*) from ({WAITING}) waiting");
        let so = async {
            loop {
                let count = sqlx::query_scalar(AssertSqlSafe(count.clone()));
                if enough(count.fetch_one(&mut self.keeper).await.unwrap()) {
                    return;
                }
                tokio::time::sleep(GLANCE).await;
            }
        };
        tokio::time::timeout(PATIENCE, so).await.expect(what);
    }
}
