//! One stream, in order.

use sqlx::Row;
use sqlx::postgres::PgRow;
use uuid::Uuid;
use xentri_domain::aggregate::StreamRef;
use xentri_domain::kernel::Timestamp;

use super::page::{Page, PageLimit, fetch, page_of, query};
use crate::database::{DatabaseError, TenantTx};

/// Where reading a stream ends.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Until {
    Head,
    /// That event is the last.
    Version(u32),
    /// The last event is the last one that was recorded by then.
    Moment(Timestamp),
}

pub(super) const STREAM: &str =
    page_of!("version", "shard = $4 and org_id = $5 and stream_type = $6 and stream_id = $7");

/// The events of a stream after version `after`. An unknown stream has none.
pub async fn read_stream_in_tx(
    tx: &mut TenantTx,
    stream: StreamRef,
    after: u32,
    until: Until,
    limit: PageLimit,
) -> Result<Page, DatabaseError> {
    let last = if let Until::Version(version) = until { version } else { u32::MAX };
    let statement = query(STREAM, after.into(), last.into(), limit)
        .bind(tx.shard().number())
        .bind(tx.org().uuid())
        .bind(stream.stream_type)
        .bind(stream.id.uuid());
    let shard = tx.shard();
    let mut page = fetch(tx.connection(), shard, limit, statement).await?;
    // No index has the moments, but they never decrease: the first that is too late ends it.
    if let Until::Moment(moment) = until
        && let Some(end) = page.events.iter().position(|event| event.recorded_at > moment)
    {
        page.events.truncate(end);
        page.more = false;
    }
    Ok(page)
}

/// One probe of the index for each stream.
pub(super) const VERSIONS: &str = "select s.n, coalesce((select e.version from event e \
     where e.shard = $1 and e.org_id = $2 and e.stream_type = s.type and e.stream_id = s.id \
     order by e.version desc limit 1), 0) \
     from unnest($3::text[], $4::uuid[]) with ordinality s(type, id, n) order by s.n";

/// Where those streams are now, in their order; 0 for one without events.
pub async fn stream_versions_in_tx(
    tx: &mut TenantTx,
    streams: &[StreamRef],
) -> Result<Vec<u32>, DatabaseError> {
    let types: Vec<&str> = streams.iter().map(|stream| stream.stream_type).collect();
    let ids: Vec<Uuid> = streams.iter().map(|stream| stream.id.uuid()).collect();
    let query = sqlx::query(VERSIONS).bind(tx.shard().number()).bind(tx.org().uuid()).bind(types).bind(ids);
    let rows = query.fetch_all(tx.connection()).await?;
    let version = |row: &PgRow| Ok(u32::try_from(row.try_get::<i32, _>(1)?).unwrap_or_default());
    rows.iter().map(version).collect()
}
