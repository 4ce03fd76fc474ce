//! Which streams a person is in: forgetting names them.

use sqlx::Row;
use uuid::Uuid;
use xentri_domain::aggregate::StreamRef;
use xentri_domain::kernel::{StreamId, SubjectId};
use xentri_domain::registry::STREAM_TYPES;

use crate::database::{DatabaseError, TenantTx};

/// The first stands beside the person's key, further ones in a table of their own. In an order that does not change.
/// Another stream may come to hold data about them before they are forgotten: the append then says that the chain is stale.
pub async fn subject_streams_in_tx(
    tx: &mut TenantTx,
    subject: SubjectId,
) -> Result<Vec<StreamRef>, DatabaseError> {
    let (shard, org) = (tx.shard(), tx.org());
    let rows = sqlx::query(
        "select stream_type, stream_id from subject_key \
          where shard = $1 and org_id = $2 and subject_id = $3 and stream_id is not null \
         union \
         select stream_type, stream_id from subject_stream where shard = $1 and org_id = $2 and subject_id = $3 \
          order by stream_type, stream_id",
    )
    .bind(shard.number())
    .bind(org.uuid())
    .bind(subject.uuid())
    .fetch_all(tx.connection())
    .await?;
    let stream = |row: &sqlx::postgres::PgRow| {
        let name: &str = row.try_get(0)?;
        let stream_type = STREAM_TYPES.iter().find(|known| **known == name);
        let stream_type = stream_type.ok_or_else(|| unreadable(&format!("a stream of type {name}")))?;
        let id = StreamId::try_from(row.try_get::<Uuid, _>(1)?).map_err(|_| unreadable("a stream's id"))?;
        Ok(StreamRef { stream_type, id })
    };
    rows.iter().map(stream).collect()
}

/// Of a newer program, for instance: then only that one can forget the person.
fn unreadable(what: &str) -> DatabaseError {
    let message = format!("a person is in {what}, which this program does not know");
    DatabaseError::Failed { code: "none".to_owned(), message }
}
