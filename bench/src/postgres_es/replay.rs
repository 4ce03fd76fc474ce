//! Events replayed into a view, as cqrs-es has it: `QueryReplay` reads all of them and gives one after the other to the query
//! that commands would have fed, which loads the view, changes it and stores it.

use std::sync::Arc;
use std::time::Instant;

use anyhow::ensure;
use cqrs_es::persist::{GenericQuery, QueryReplay};
use postgres_es::{PostgresEventRepository, PostgresViewRepository};
use sqlx::Executor as _;

use super::PostgresEs;
use super::lead::Lead;
use super::view::LeadView;
use crate::contender::{Contender as _, Scenario};
use crate::fill::{FILLING, fill};
use crate::machine;

/// Enough for some seconds.
pub(crate) const MOST: u32 = 30_000;
const VIEW: &str = "lead_view";
/// The table of a view in the `db/init.sql` that comes with it.
const TABLE: &str = "
    create table lead_view (
        view_id text                        not null,
        version bigint check (version >= 0) not null,
        payload json                        not null,
        primary key (view_id)
    )";

/// Leads, each with the five events of its life, and a view that has none of them.
pub(crate) struct Replayed {
    filled: Arc<PostgresEs>,
    events: i64,
}

impl Replayed {
    /// With so many events, or with [`MOST`].
    pub(crate) async fn fill(events: u64) -> anyhow::Result<Self> {
        let filled = Arc::new(PostgresEs::set_up(FILLING).await?);
        fill(&filled, Scenario::Lifecycle, events.min(MOST.into())).await?;
        let mut postgres = filled.database.connect_as_admin().await;
        postgres.execute(TABLE).await?;
        postgres.execute("vacuum (analyze)").await?;
        let events = sqlx::query_scalar("select count(*) from events").fetch_one(&mut postgres).await?;
        Ok(Self { filled, events })
    }

    /// How many a second.
    pub(crate) async fn replay(&self) -> anyhow::Result<f64> {
        let mut postgres = self.filled.database.connect_as_admin().await;
        postgres.execute("truncate lead_view").await?;
        machine::checkpoint().await?;
        let views = PostgresViewRepository::<LeadView, Lead>::new(VIEW, self.filled.pool.clone());
        let mut query = GenericQuery::new(Arc::new(views));
        query.use_error_handler(Box::new(|error| eprintln!("postgres-es: {error}")));
        let mut replay = QueryReplay::new(PostgresEventRepository::new(self.filled.pool.clone()), query);
        replay.use_error_handler(Box::new(|error| eprintln!("postgres-es: {error}")));
        let began = Instant::now();
        replay.replay_all().await?;
        let took = began.elapsed();
        // A view's version is how often it was stored.
        let stored = "select coalesce(sum(version), 0)::bigint from lead_view";
        let stored: i64 = sqlx::query_scalar(stored).fetch_one(&mut postgres).await?;
        ensure!(stored == self.events, "{stored} of {} events are in the view", self.events);
        #[allow(clippy::cast_precision_loss, reason = "a count of events is far below 2^52")]
        let rate = self.events as f64 / took.as_secs_f64();
        Ok(rate)
    }
}
