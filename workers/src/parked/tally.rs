//! How much is parked, for alerts: counted in the store, so that it is the same whoever asks and after every restart.

use std::collections::BTreeMap;

use sqlx::postgres::PgConnection;
use xentri_ledger::{DatabaseError, Databases, WorkerTx};

/// Of all databases and orgs.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct ParkedTally {
    pub by_projection: BTreeMap<String, ParkedCounts>,
    /// The most parked events that could not be folded and have one correlation id in one org.
    pub same_correlation: u64,
}

/// Events, each once however many generations have parked it.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct ParkedCounts {
    /// They could not be folded.
    pub failed: u64,
    /// Those of the failed that were parked in the last hour.
    pub failed_lately: u64,
    /// They wait behind those.
    pub waiting: u64,
    /// Left out for good.
    pub discarded: u64,
}

const PARKED: &str = "select projection, \
       count(distinct event_id) filter (where error is not null), \
       count(distinct event_id) filter (where error is not null and parked_at > now() - interval '1 hour'), \
       count(distinct event_id) filter (where error is null) \
     from parked_event group by projection";

const DISCARDED: &str = "select projection, count(distinct event_id) from parked_discard group by projection";

const SAME_CORRELATION: &str = "select coalesce(max(events), 0) from (select count(distinct event_id) as events \
       from parked_event where error is not null and correlation_id is not null \
      group by org_id, correlation_id) of_one";

impl ParkedTally {
    pub async fn read(databases: &Databases) -> Result<Self, DatabaseError> {
        let mut tally = Self::default();
        // One shard of each database stands for all that it keeps.
        let firsts = databases.shard_map().databases().iter().filter_map(|database| database.shards.first());
        for shard in firsts {
            let mut tx = WorkerTx::begin(databases, *shard, &[]).await?;
            tally.add_in_tx(tx.connection()).await?;
            tx.commit().await?;
        }
        Ok(tally)
    }

    async fn add_in_tx(&mut self, connection: &mut PgConnection) -> Result<(), DatabaseError> {
        let number = |count: i64| u64::try_from(count).unwrap_or_default();
        let parked: Vec<(String, i64, i64, i64)> = sqlx::query_as(PARKED).fetch_all(&mut *connection).await?;
        for (projection, failed, lately, waiting) in parked {
            let counts = self.by_projection.entry(projection).or_default();
            counts.failed += number(failed);
            counts.failed_lately += number(lately);
            counts.waiting += number(waiting);
        }
        let discarded: Vec<(String, i64)> = sqlx::query_as(DISCARDED).fetch_all(&mut *connection).await?;
        for (projection, events) in discarded {
            self.by_projection.entry(projection).or_default().discarded += number(events);
        }
        let same: i64 = sqlx::query_scalar(SAME_CORRELATION).fetch_one(connection).await?;
        self.same_correlation = self.same_correlation.max(number(same));
        Ok(())
    }
}
