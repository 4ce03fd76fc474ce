//! Checkpoints, moved by compare-and-set.

use std::collections::HashMap;

use sqlx::Row;
use sqlx::postgres::PgConnection;
use xentri_ledger::{Moment, Shard};

use super::member::{Member, MemberId};
use super::open::Trouble;
use super::park::{bigint, number};
use super::transaction::Share;

/// Nobody waits for the disk at its commit: rows and checkpoint are lost together, and the ledger has the events. A setting
/// in the list of what is returned is one statement less in every batch.
const MOVE: &str = "update projection_checkpoint kept \
     set epoch = believed.to_epoch, position = believed.to_position, \
         topic_id = believed.topic_id, topic_offset = believed.topic_offset, \
         updated_at = greatest(now(), kept.updated_at + interval '1 microsecond') \
     from unnest($1::int[], $2::text[], $3::int[], $4::int[], $5::timestamptz[], $6::int[], $7::bigint[], \
                 $8::int[], $9::bigint[], $10::text[], $11::bigint[]) \
          believed(shard, projection, version, generation, updated_at, epoch, position, \
                   to_epoch, to_position, topic_id, topic_offset) \
     where kept.projection = believed.projection and kept.version = believed.version \
       and kept.generation = believed.generation and kept.shard = believed.shard \
       and kept.epoch = believed.epoch and kept.position = believed.position \
       and kept.updated_at = believed.updated_at \
     returning kept.projection, kept.version, kept.generation, kept.updated_at, kept.shard, \
               set_config('synchronous_commit', 'off', true)";

/// When each checkpoint moved. None when one is not where its member believes: then somebody else writes here, or has changed
/// what is parked, and nothing may be written.
pub(super) async fn move_in_tx(
    connection: &mut PgConnection,
    shares: &[Share<'_>],
) -> Result<Option<HashMap<(Shard, MemberId), Moment>>, Trouble> {
    let all: Vec<(&Share<'_>, &Member)> =
        shares.iter().flat_map(|share| share.members.iter().map(move |member| (share, member))).collect();
    let topics = |(share, _): &(&Share<'_>, &Member)| share.step.topic.cloned();
    let rows = sqlx::query(MOVE)
        .bind(all.iter().map(|(share, _)| share.shard.number()).collect::<Vec<_>>())
        .bind(all.iter().map(|(_, member)| member.model.name().to_owned()).collect::<Vec<_>>())
        .bind(all.iter().map(|(_, member)| member.model.version()).collect::<Vec<_>>())
        .bind(all.iter().map(|(_, member)| member.generation).collect::<Vec<_>>())
        .bind(all.iter().map(|(_, member)| member.stamp).collect::<Vec<_>>())
        .bind(all.iter().map(|(_, member)| number(member.place.epoch)).collect::<Vec<_>>())
        .bind(all.iter().map(|(_, member)| bigint(member.place.position)).collect::<Vec<_>>())
        .bind(all.iter().map(|(share, _)| number(share.step.to.epoch)).collect::<Vec<_>>())
        .bind(all.iter().map(|(share, _)| bigint(share.step.to.position)).collect::<Vec<_>>())
        .bind(all.iter().map(topics).map(|topic| topic.map(|topic| topic.topic_id)).collect::<Vec<_>>())
        .bind(all.iter().map(topics).map(|topic| topic.map(|topic| topic.next_offset)).collect::<Vec<_>>())
        .fetch_all(connection)
        .await?;
    if rows.len() < all.len() {
        return Ok(None);
    }
    let mut stamps = HashMap::new();
    for row in &rows {
        let shard = u16::try_from(row.try_get::<i32, _>(4)?).unwrap_or_default();
        stamps.insert((Shard::new(shard), member_id(row)?), row.try_get(3)?);
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
