//! Loading a snapshot.

use sqlx::Row;
use xentri_domain::aggregate::{Stream, StreamRef};
use xentri_domain::kernel::StreamId;

use crate::database::{DatabaseError, TenantTx};

/// A state as it was after some version.
#[derive(Debug, Clone, PartialEq)]
pub struct Snapshot<S> {
    pub state: S,
    pub version: u32,
}

/// The snapshot of a stream, if this program's fold made it. One that can't be read is none: the events are all there.
pub async fn load_snapshot_in_tx<S: Stream>(
    tx: &mut TenantTx,
    id: StreamId,
) -> Result<Option<Snapshot<S>>, DatabaseError> {
    let query = sqlx::query(
        "select version, state from snapshot \
         where shard = $1 and org_id = $2 and stream_type = $3 and stream_id = $4 and fold_version = $5",
    );
    let query = query
        .bind(tx.shard().number())
        .bind(tx.org().uuid())
        .bind(S::TYPE)
        .bind(id.uuid())
        .bind(i64::from(S::FOLD_VERSION));
    let Some(row) = query.fetch_optional(tx.connection()).await? else { return Ok(None) };
    let (version, state): (i32, &[u8]) = (row.try_get(0)?, row.try_get(1)?);
    let snapshot = u32::try_from(version).ok().zip(serde_json::from_slice(state).ok());
    if snapshot.is_none() {
        tracing::warn!(stream = %StreamRef::of::<S>(id), org = %tx.org(), "a snapshot can't be read and is passed over");
    }
    Ok(snapshot.map(|(version, state)| Snapshot { state, version }))
}
