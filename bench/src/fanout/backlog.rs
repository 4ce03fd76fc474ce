//! A ledger with many events, of which nothing was folded or sent yet.

use std::sync::Arc;

use sqlx::postgres::PgConnection;
use sqlx::{AssertSqlSafe, Executor as _};
use xentri_projections::read_models;
use xentri_testkit::TestDb;

use crate::contender::{Contender as _, Scenario};
use crate::dispatched::Dispatched;
use crate::fill::{fill, filling};
use crate::machine;

pub(super) struct Backlog {
    filled: Arc<Dispatched>,
    /// Of all shards together.
    pub(super) events: u64,
}

impl Backlog {
    /// By dispatching commands, as orgs do business.
    pub(super) async fn fill(events: u64) -> anyhow::Result<Self> {
        let filled = Arc::new(Dispatched::set_up(filling(Scenario::Business)).await?);
        fill(&filled, Scenario::Business, events).await?;
        let mut postgres = filled.database().connect_as_admin().await;
        postgres.execute("vacuum (analyze)").await?;
        Ok(Self { filled, events: recorded(&mut postgres).await? })
    }

    pub(super) fn database(&self) -> &TestDb {
        self.filled.database()
    }

    /// As it was before anybody folded or sent anything.
    pub(super) async fn as_new(&self) -> anyhow::Result<PgConnection> {
        let mut postgres = self.database().connect_as_admin().await;
        let tables = "select format('read.%I', tablename) from pg_tables where schemaname = 'read'";
        let tables: Vec<String> = sqlx::query_scalar(tables).fetch_all(&mut postgres).await?;
        // Names of our own tables.
        postgres.execute(AssertSqlSafe(format!("truncate {}", tables.join(", ")))).await?;
        postgres.execute("truncate projection_checkpoint, relay_cursor").await?;
        machine::checkpoint().await?;
        Ok(postgres)
    }
}

/// How many events there are, of all shards together.
pub(super) async fn recorded(postgres: &mut PgConnection) -> anyhow::Result<u64> {
    let heads =
        "select sum(head)::bigint from (select max(position) as head from event group by shard) heads";
    let events: i64 = sqlx::query_scalar(heads).fetch_one(postgres).await?;
    Ok(u64::try_from(events)?)
}

/// How many events all read models have, of all shards together.
pub(super) async fn folded(postgres: &mut PgConnection) -> anyhow::Result<u64> {
    let names: Vec<&str> = read_models().iter().map(|model| model.name()).collect();
    let slowest = "select coalesce(sum(place), 0)::bigint from \
         (select min(position) as place from projection_checkpoint where projection = any($1) group by shard) all_shards";
    let folded: i64 = sqlx::query_scalar(slowest).bind(&names).fetch_one(postgres).await?;
    Ok(u64::try_from(folded)?)
}

/// How many events the cursors of all topics have passed, each counted for itself.
pub(super) async fn passed(postgres: &mut PgConnection) -> anyhow::Result<u64> {
    let cursors = "select coalesce(sum(position), 0)::bigint from relay_cursor";
    let passed: i64 = sqlx::query_scalar(cursors).fetch_one(postgres).await?;
    Ok(u64::try_from(passed)?)
}
