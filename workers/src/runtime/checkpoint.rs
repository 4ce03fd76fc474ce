//! Checkpoints, moved by compare-and-set.

use std::collections::HashMap;

use sqlx::Row;
use sqlx::postgres::PgConnection;
use xentri_ledger::{Moment, Shard};

use super::member::{Member, MemberId};
use super::open::Trouble;
use super::park::{bigint, number};
use crate::feed::{Place, TopicPlace};

/// Nobody waits for the disk at its commit: rows and checkpoint are lost together, and the ledger has the events. A setting
/// in the list of what is returned is one statement less in every batch.
const MOVE: &str = "update projection_checkpoint kept \
     set epoch = $6, position = $7, topic_id = $8, topic_offset = $9, \
         updated_at = greatest(now(), kept.updated_at + interval '1 microsecond') \
     from unnest($2::text[], $3::int[], $4::int[], $5::timestamptz[], $10::int[], $11::bigint[]) \
          believed(projection, version, generation, updated_at, epoch, position) \
     where kept.projection = believed.projection and kept.version = believed.version \
       and kept.generation = believed.generation and kept.shard = $1 \
       and kept.epoch = believed.epoch and kept.position = believed.position \
       and kept.updated_at = believed.updated_at \
     returning kept.projection, kept.version, kept.generation, kept.updated_at, \
               set_config('synchronous_commit', 'off', true)";

/// When each checkpoint moved. None when one is not where its member believes: then somebody else writes here, or has changed
/// what is parked, and nothing may be written.
pub(super) async fn move_in_tx(
    connection: &mut PgConnection,
    shard: Shard,
    members: &[Member],
    to: Place,
    topic: Option<&TopicPlace>,
) -> Result<Option<HashMap<MemberId, Moment>>, Trouble> {
    let rows = sqlx::query(MOVE)
        .bind(shard.number())
        .bind(members.iter().map(|member| member.model.name().to_owned()).collect::<Vec<_>>())
        .bind(members.iter().map(|member| member.model.version()).collect::<Vec<_>>())
        .bind(members.iter().map(|member| member.generation).collect::<Vec<_>>())
        .bind(members.iter().map(|member| member.stamp).collect::<Vec<_>>())
        .bind(number(to.epoch))
        .bind(bigint(to.position))
        .bind(topic.map(|topic| topic.topic_id.clone()))
        .bind(topic.map(|topic| topic.next_offset))
        .bind(members.iter().map(|member| number(member.place.epoch)).collect::<Vec<_>>())
        .bind(members.iter().map(|member| bigint(member.place.position)).collect::<Vec<_>>())
        .fetch_all(connection)
        .await?;
    if rows.len() < members.len() {
        return Ok(None);
    }
    let mut stamps = HashMap::new();
    for row in &rows {
        stamps.insert(member_id(row)?, row.try_get(3)?);
    }
    Ok(Some(stamps))
}

/// Holds the checkpoint until the end of the transaction, and makes its worker look again before it writes. False when there
/// is none.
pub(crate) async fn touch_in_tx(
    connection: &mut PgConnection,
    shard: Shard,
    id: &MemberId,
) -> Result<bool, Trouble> {
    let touched = sqlx::query(
        "update projection_checkpoint set updated_at = greatest(clock_timestamp(), updated_at + interval '1 microsecond') \
         where projection = $1 and version = $2 and generation = $3 and shard = $4",
    )
    .bind(&id.projection)
    .bind(id.version)
    .bind(id.generation)
    .bind(shard.number())
    .execute(connection)
    .await?;
    Ok(touched.rows_affected() > 0)
}

/// From the first three columns.
pub(super) fn member_id(row: &sqlx::postgres::PgRow) -> Result<MemberId, sqlx::Error> {
    Ok(MemberId { projection: row.try_get(0)?, version: row.try_get(1)?, generation: row.try_get(2)? })
}
