//! The process that keeps read models up to date, killed while one of them is rebuilt.

use std::process::Stdio;

use sqlx::{AssertSqlSafe, Connection as _, Executor as _, PgConnection};

use super::rebuild::{rebuild, told};
use super::support::{Caller, Server};
use crate::process::{MASTER_KEY, Running, eventually, xentri};

/// Something that is written in the course of a rebuild, by it or by the worker. `{new}` is what is made, `{head}` where the ledger
/// ended when it began.
const WRITES: [(&str, &str, &str); 5] = [
    ("it loads", "rebuild_unit", LOADED),
    ("workers get it", "rebuild", "new.phase = 'following'"),
    ("the worker feeds it", "projection_checkpoint", "new.generation = {new} and new.position > {head}"),
    ("it has been compared", "rebuild", "new.phase = 'settling'"),
    ("readers get it", "rebuild", "new.phase = 'grace'"),
];
const LOADED: &str = "new.done and new.up_to > 0";
const LEADS: usize = 10;

/// Whoever writes such a row waits here. Two may be closed at once.
struct Gate {
    number: u32,
    keeper: PgConnection,
}

impl Gate {
    async fn close(server: &Server, number: u32, table: &str, when: &str) -> Self {
        let mut keeper = server.database().await;
        let close = format!(
            "create function wait_at_gate_{number}() returns trigger language plpgsql security definer as $$ begin
               perform pg_advisory_xact_lock_shared({number});
               return new;
             end $$;
             create trigger gate_{number} before insert or update on {table} for each row when ({when})
               execute function wait_at_gate_{number}();
             select pg_advisory_lock({number})"
        );
        keeper.execute(AssertSqlSafe(close)).await.unwrap();
        Self { number, keeper }
    }

    async fn until_reached(&mut self) {
        let waiting = format!(
            "select from pg_locks where locktype = 'advisory' and objid = {} and not granted
              and database = (select oid from pg_database where datname = current_database())",
            self.number
        );
        eventually("somebody comes to the gate", async || {
            let waiting = AssertSqlSafe(waiting.clone());
            self.keeper.fetch_optional(waiting).await.unwrap().is_some()
        })
        .await;
    }

    /// Those that waited go on, if they are still there.
    async fn open(self) {
        self.keeper.close().await.unwrap();
    }

    async fn remove(server: &Server, number: u32) {
        let remove = format!("drop function wait_at_gate_{number}() cascade");
        server.database().await.execute(AssertSqlSafe(remove)).await.unwrap();
    }
}

fn work(server: &Server) -> Running {
    let mut command = xentri(["work"]);
    command.env("DATABASE_URL", server.database_url()).env("XENTRI_MASTER_KEY", MASTER_KEY);
    Running::detached(&mut command)
}

async fn number(database: &mut PgConnection, query: &str) -> i64 {
    sqlx::query_scalar(AssertSqlSafe(query.to_owned())).fetch_one(database).await.unwrap()
}

async fn leads(owner: &Caller, leads: usize) {
    for _ in 0..leads {
        owner.lead().await;
    }
}

/// Both generations have all of them, and nothing differs; there is no other one, and nothing is parked.
async fn are_the_same(database: &mut PgConnection, old: i64, leads: i64) {
    let new = old + 1;
    let behind = "select count(*) from projection_checkpoint c where projection = 'leads'
                  and position < (select coalesce(max(position), 0) from event e where e.shard = c.shard)";
    eventually("all of it is there", async || number(database, behind).await == 0).await;
    for table in ["leads", "pipeline"] {
        let (one, other) = (format!("table read.{table}_v1_g{old}"), format!("table read.{table}_v1_g{new}"));
        let differs =
            format!("select count(*) from (({one} except {other}) union all ({other} except {one})) d");
        assert_eq!(number(database, &differs).await, 0, "{table}");
    }
    assert_eq!(number(database, &format!("select count(*) from read.leads_v1_g{new}")).await, leads);
    let live =
        "select generation::bigint from projection_generation where projection = 'leads' and state = 'live'";
    assert_eq!(number(database, live).await, new);
    let litter = format!(
        "select (select count(*) from pg_class where relkind = 'r' and relname ~ '^(leads|pipeline)_v1_g[0-9]+$') - 4
              + (select count(*) from parked_event)
              + (select count(*) from projection_checkpoint where projection = 'leads' and generation not in ({old}, {new}))
              + (select count(*) from rebuild_unit where generation <> {new} or not done)"
    );
    assert_eq!(number(database, &litter).await, 0, "of what was rebuilt before, or of what is parked");
}

/// The worker is killed at what is written by it, or while the rebuild is held at what that writes.
#[tokio::test(flavor = "multi_thread")]
async fn whatever_is_written_when_the_worker_is_killed_the_next_one_brings_the_rebuild_to_its_end() {
    let server = Server::alone().await;
    let mut worker = work(&server);
    let owner = server.owner().await;
    leads(&owner, LEADS).await;
    let mut database = server.database().await;
    eventually("all leads are read", async || {
        number(&mut database, "select count(*) from read.leads_v1").await == 10
    })
    .await;
    let mut given = LEADS;
    for ((what, table, when), old) in WRITES.into_iter().zip(1..) {
        let head = number(&mut database, "select max(position) from event").await;
        let when = when.replace("{new}", &(old + 1).to_string()).replace("{head}", &head.to_string());
        let mut loading = Gate::close(&server, 4711, "rebuild_unit", LOADED).await;
        let mut gate = Gate::close(&server, 4712, table, &when).await;
        let mut rebuilding = rebuild(&server, &["leads", "--json"]);
        let rebuilding = rebuilding.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
        loading.until_reached().await;
        leads(&owner, 3).await;
        given += 3;
        loading.open().await;
        gate.until_reached().await;
        worker.signal("KILL");
        worker.end();
        gate.open().await;
        worker = work(&server);
        let ended = tokio::task::spawn_blocking(|| rebuilding.wait_with_output().unwrap()).await.unwrap();
        let told = told(&ended, true);
        let rebuilt = told.iter().find(|line| line["rebuilt"].is_string()).expect(what);
        assert_eq!((&rebuilt["generation"], &rebuilt["parked"]), (&(old + 1).into(), &0.into()), "{what}");
        are_the_same(&mut database, old, i64::try_from(given).unwrap()).await;
        for number in [4711, 4712] {
            Gate::remove(&server, number).await;
        }
        // The next one clears away what this one has replaced.
        database.execute("update rebuild set grace_until = now() - interval '1 second'").await.unwrap();
    }
}
