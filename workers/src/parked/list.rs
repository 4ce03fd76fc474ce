//! What is parked.

use sqlx::postgres::PgConnection;
use xentri_domain::kernel::{OrgId, Timestamp};
use xentri_ledger::{Moment, PageLimit, Shard, StoredEvent, WorkerTx, read_shard_in_tx};

use super::entry::columns;
use super::{Parked, ParkedError, ParkedEvent, ParkedId, Shown};
use crate::runtime::MemberId;

/// All that is none is not asked for.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct ParkedFilter {
    pub projection: Option<String>,
    pub org: Option<OrgId>,
    pub correlation_id: Option<String>,
    /// Parked then or later.
    pub since: Option<Timestamp>,
    /// Leaves out those that only wait.
    pub failed: bool,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ParkedPage {
    pub events: Vec<ParkedEvent>,
    /// To go on after; none at the end.
    pub next: Option<ParkedId>,
}

const LIST: &str = concat!(
    "select ",
    columns!(),
    " from parked_event where ($1::text is null or projection = $1) and ($2::uuid is null or org_id = $2) \
      and ($3::text is null or correlation_id = $3) and (error is not null or not $4) \
      and ($5::text is null or (projection, version, generation, shard, position) > ($5, $6::int, $7::int, $8::int, $9::bigint)) \
      and ($11::timestamptz is null or parked_at >= $11) \
      order by projection, version, generation, shard, position limit $10"
);

const OF_MEMBER: &str = concat!(
    "select ",
    columns!(),
    " from parked_event where projection = $1 and version = $2 and generation = $3 and shard = $4 order by position"
);

impl Parked {
    /// Of all databases, after a known one.
    pub async fn list(
        &self,
        filter: &ParkedFilter,
        after: Option<&ParkedId>,
        limit: u32,
    ) -> Result<ParkedPage, ParkedError> {
        let mut events = Vec::new();
        for shard in self.database_shards() {
            let mut tx = WorkerTx::begin(&self.databases, shard, &[]).await?;
            let query = sqlx::query(LIST)
                .bind(filter.projection.as_deref())
                .bind(filter.org.map(OrgId::uuid))
                .bind(filter.correlation_id.as_deref())
                .bind(filter.failed)
                .bind(after.map(|after| after.of.projection.as_str()))
                .bind(after.map(|after| after.of.version))
                .bind(after.map(|after| after.of.generation))
                .bind(after.map(|after| after.shard.number()))
                .bind(after.map(|after| i64::try_from(after.position).unwrap_or(i64::MAX)))
                .bind(i64::from(limit.max(1)) + 1)
                .bind(filter.since.map(Moment));
            for row in query.fetch_all(tx.connection()).await? {
                events.push(ParkedEvent::read(&row)?);
            }
            tx.commit().await?;
        }
        events.sort_by(|one, other| one.id.cmp(&other.id));
        let more = events.len() > limit.max(1) as usize;
        events.truncate(limit.max(1) as usize);
        let next = events.last().filter(|_| more).map(|last| last.id.clone());
        Ok(ParkedPage { events, next })
    }

    /// With the event from the ledger.
    pub async fn show(&self, id: &ParkedId) -> Result<Shown, ParkedError> {
        let mut tx = WorkerTx::begin(&self.databases, id.shard, &[]).await?;
        let all = of_member_in_tx(tx.connection(), &id.of, id.shard).await?;
        let parked = all.into_iter().find(|parked| parked.id == *id);
        let parked = parked.ok_or_else(|| ParkedError::NotParked(id.clone()))?;
        let event = stored_in_tx(&mut tx, id).await?.wire();
        tx.commit().await?;
        Ok(Shown { parked, event })
    }
}

/// In the order in which they wait.
pub(super) async fn of_member_in_tx(
    connection: &mut PgConnection,
    of: &MemberId,
    shard: Shard,
) -> Result<Vec<ParkedEvent>, ParkedError> {
    let query =
        sqlx::query(OF_MEMBER).bind(&of.projection).bind(of.version).bind(of.generation).bind(shard.number());
    let rows = query.fetch_all(connection).await?;
    Ok(rows.iter().map(ParkedEvent::read).collect::<Result<_, _>>()?)
}

pub(super) async fn stored_in_tx(tx: &mut WorkerTx, id: &ParkedId) -> Result<StoredEvent, ParkedError> {
    let one = PageLimit { events: 1, ..PageLimit::default() };
    let after = id.position.saturating_sub(1);
    let page = read_shard_in_tx(tx, id.shard, after, Some(id.position), one).await?;
    page.events.into_iter().next().ok_or_else(|| ParkedError::NotInLedger(id.clone()))
}
