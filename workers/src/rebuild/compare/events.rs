//! Which events a row that differs was made of last.

use sqlx::Row as _;
use sqlx::postgres::PgRow;
use xentri_domain::registry::STREAM_TYPES;
use xentri_ledger::{Databases, Moment, WorkerTx};

use super::super::RebuildError;
use super::super::job::Job;
use super::report::{Difference, LastEvent, RowDifference};

const EACH: i64 = 3;

/// A stream's last events, of whatever type of stream it is.
const LAST: &str = "select e.org_seq, e.id, e.type, e.recorded_at from unnest($3::text[]) s(stream_type) cross join lateral \
     (select org_seq, id, type, recorded_at from event where shard = $1 and org_id = $2 and stream_type = s.stream_type \
        and stream_id = $4 order by version desc limit $5) e order by e.org_seq desc limit $5";

pub(super) async fn add(
    databases: &Databases,
    job: &Job,
    difference: &mut Difference,
) -> Result<(), RebuildError> {
    for row in difference.tables.iter_mut().flat_map(|table| &mut table.rows) {
        row.events = last(databases, job, row).await?;
    }
    Ok(())
}

async fn last(databases: &Databases, job: &Job, row: &RowDifference) -> Result<Vec<LastEvent>, RebuildError> {
    let streams = Some(job.model.streams()).filter(|streams| !streams.is_empty()).unwrap_or(STREAM_TYPES);
    let mut tx = WorkerTx::begin(databases, row.shard, &[]).await?;
    let query = sqlx::query(LAST).bind(row.shard.number()).bind(row.org).bind(streams);
    let rows = query.bind(row.id).bind(EACH).fetch_all(tx.connection()).await?;
    tx.commit().await?;
    Ok(rows.iter().map(read).collect::<Result<_, _>>()?)
}

fn read(row: &PgRow) -> Result<LastEvent, sqlx::Error> {
    Ok(LastEvent {
        org_seq: u64::try_from(row.try_get::<i64, _>(0)?).unwrap_or_default(),
        id: row.try_get(1)?,
        type_name: row.try_get(2)?,
        recorded_at: row.try_get::<Moment, _>(3)?.0,
    })
}
