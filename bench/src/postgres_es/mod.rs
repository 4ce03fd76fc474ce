//! cqrs-es with postgres-es, set up as its documentation says: its own tables, events as the only source of truth.

mod lead;
mod replay;
mod view;

use cqrs_es::AggregateError;
use postgres_es::{PostgresCqrs, postgres_cqrs};
use sqlx::Executor as _;
use sqlx_of_postgres_es::postgres::{PgPool, PgPoolOptions};
use uuid::Uuid;
use xentri_testkit::TestDb;

use self::lead::{Lead, Services};
pub(crate) use self::replay::{MOST, Replayed};
use crate::contender::{Command, Contender, Scenario};
use crate::measure::Load;

/// Its own function makes a pool of 10; 32 serves it better.
const POOL: u32 = 32;
/// The table of events in the `db/init.sql` that comes with it. Snapshots are not used.
const TABLES: &str = "
    create table events (
        aggregate_type text                         not null,
        aggregate_id   text                         not null,
        sequence       bigint check (sequence >= 0) not null,
        event_type     text                         not null,
        event_version  text                         not null,
        payload        json                         not null,
        metadata       json                         not null,
        primary key (aggregate_type, aggregate_id, sequence)
    )";

pub(crate) struct PostgresEs {
    cqrs: PostgresCqrs<Lead>,
    /// On which all clients work, where they do.
    one: Option<String>,
    pool: PgPool,
    database: TestDb,
}

impl Contender for PostgresEs {
    async fn set_up(load: Load) -> anyhow::Result<Self> {
        let database = TestDb::empty().await;
        database.connect_as_admin().await.execute(TABLES).await?;
        // All connections are there before the clock starts.
        let pool = PgPoolOptions::new()
            .max_connections(POOL)
            .min_connections(POOL)
            .connect(&database.admin_url())
            .await?;
        let cqrs = postgres_cqrs(pool.clone(), vec![], Services);
        let one = (load.scenario == Scenario::OneStream).then(|| Uuid::now_v7().to_string());
        if let Some(lead) = &one {
            cqrs.execute(lead, lead::command(0)).await?;
        }
        Ok(Self { cqrs, one, pool, database })
    }

    async fn execute(&self, command: Command) -> anyhow::Result<()> {
        let Some(lead) = &self.one else {
            return Ok(self.cqrs.execute(&command.lead.to_string(), lead::command(command.step)).await?);
        };
        // Who loses a race loads and decides again at once.
        loop {
            match self.cqrs.execute(lead, lead::command(lead::FOLLOW_UP)).await {
                Err(AggregateError::AggregateConflict) => {}
                answer => return Ok(answer?),
            }
        }
    }
}
