//! The process that keeps read models up to date, killed while one of them is rebuilt: the next one brings that to its end.

use std::process::{Child, Command, Stdio};

use sqlx::{AssertSqlSafe, Connection as _, Executor as _, PgConnection};

use super::rebuild::{rebuild, told};
use super::support::{Caller, Server};
use crate::process::{MASTER_KEY, Running, eventually, xentri};

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
async fn are_the_same(database: &mut PgConnection, leads: i64) {
    let behind = "select count(*) from projection_checkpoint c where projection = 'leads'
                  and position < (select coalesce(max(position), 0) from event e where e.shard = c.shard)";
    eventually("all of it is there", async || number(database, behind).await == 0).await;
    for table in ["leads", "pipeline"] {
        let (one, other) = (format!("table read.{table}_v1_g1"), format!("table read.{table}_v1_g2"));
        let differs =
            format!("select count(*) from (({one} except {other}) union all ({other} except {one})) d");
        assert_eq!(number(database, &differs).await, 0, "{table}");
    }
    assert_eq!(number(database, "select count(*) from read.leads_v1_g2").await, leads);
    let live =
        "select generation::bigint from projection_generation where projection = 'leads' and state = 'live'";
    assert_eq!(number(database, live).await, 2);
    let litter = "select (select count(*) from pg_class where relkind = 'r' and relname ~ '^(leads|pipeline)_v1_g[0-9]+$') - 4
                       + (select count(*) from parked_event)
                       + (select count(*) from projection_checkpoint where projection = 'leads' and generation not in (1, 2))
                       + (select count(*) from rebuild_unit where generation <> 2 or not done)";
    assert_eq!(number(database, litter).await, 0, "of what was made, or of what is parked");
}

/// A server, a worker of its own, and leads that it has read.
struct Sales {
    server: Server,
    owner: Caller,
    worker: Option<Running>,
    database: PgConnection,
    given: usize,
}

impl Sales {
    async fn begin() -> Self {
        let server = Server::alone().await;
        let (worker, owner) = (Some(work(&server)), server.owner().await);
        let mut database = server.database().await;
        leads(&owner, LEADS).await;
        eventually("all leads are read", async || {
            number(&mut database, "select count(*) from read.leads_v1").await == 10
        })
        .await;
        Self { server, owner, worker, database, given: LEADS }
    }

    async fn sell(&mut self, more: usize) {
        leads(&self.owner, more).await;
        self.given += more;
    }

    /// Another one begins where it was.
    async fn kill_the_worker_at(&mut self, mut gate: Gate) {
        gate.until_reached().await;
        let worker = self.worker.take().unwrap();
        worker.signal("KILL");
        worker.end();
        gate.open().await;
        self.worker = Some(work(&self.server));
    }

    async fn ends(mut self, rebuilding: Child) {
        let ended = tokio::task::spawn_blocking(|| rebuilding.wait_with_output().unwrap()).await.unwrap();
        let told = told(&ended, true);
        let rebuilt = told.iter().find(|line| line["rebuilt"].is_string()).expect("it came to its end");
        assert_eq!((&rebuilt["generation"], &rebuilt["parked"]), (&2.into(), &0.into()));
        are_the_same(&mut self.database, i64::try_from(self.given).unwrap()).await;
    }
}

fn begin(mut rebuilding: Command) -> Child {
    rebuilding.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap()
}

/// At what is written by it, or while the rebuild is held at what that writes. `{head}` is where the ledger ended when it began.
async fn the_worker_is_killed_at(table: &str, when: &str) {
    let mut sales = Sales::begin().await;
    let head = number(&mut sales.database, "select max(position) from event").await;
    let mut loading = Gate::close(&sales.server, 4711, "rebuild_unit", LOADED).await;
    let gate = Gate::close(&sales.server, 4712, table, &when.replace("{head}", &head.to_string())).await;
    let rebuilding = begin(rebuild(&sales.server, &["leads", "--json"]));
    loading.until_reached().await;
    sales.sell(3).await;
    loading.open().await;
    sales.kill_the_worker_at(gate).await;
    sales.ends(rebuilding).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn the_worker_is_killed_while_rows_are_loaded() {
    the_worker_is_killed_at("rebuild_unit", LOADED).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn the_worker_is_killed_when_it_is_to_feed_what_was_loaded() {
    the_worker_is_killed_at("rebuild", "new.phase = 'following'").await;
}

#[tokio::test(flavor = "multi_thread")]
async fn the_worker_is_killed_as_it_feeds_what_was_loaded() {
    the_worker_is_killed_at("projection_checkpoint", "new.generation = 2 and new.position > {head}").await;
}

#[tokio::test(flavor = "multi_thread")]
async fn the_worker_is_killed_once_both_are_found_to_be_the_same() {
    the_worker_is_killed_at("rebuild", "new.phase = 'settling'").await;
}

/// As it feeds both: while it has their checkpoints, nobody can swap them.
#[tokio::test(flavor = "multi_thread")]
async fn the_worker_is_killed_while_the_rebuild_settles() {
    let mut sales = Sales::begin().await;
    let mut patient = rebuild(&sales.server, &["leads", "--json"]);
    patient.env("XENTRI_HTTP_REQUEST_TIMEOUT", "8s");
    let rebuilding = begin(patient);
    let settles = "select count(*) from rebuild where phase = 'settling'";
    eventually("it settles", async || number(&mut sales.database, settles).await == 1).await;
    let gate = Gate::close(&sales.server, 4712, "projection_checkpoint", "new.generation = 2").await;
    sales.sell(3).await;
    sales.kill_the_worker_at(gate).await;
    assert_eq!(number(&mut sales.database, settles).await, 1, "it was not over before");
    sales.ends(rebuilding).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn the_worker_is_killed_as_readers_get_what_was_made() {
    the_worker_is_killed_at("rebuild", "new.phase = 'grace'").await;
}
