//! How far a reactor has come.

use sqlx::Row as _;
use sqlx::postgres::PgConnection;
use xentri_ledger::{DatabaseError, Databases, Shard, WorkerTx};

use super::reactor::{GENERATION, VERSION};
use crate::feed::{Place, TopicPlace};

#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct Checkpoint {
    pub(super) place: Place,
    pub(super) topic: Option<TopicPlace>,
}

pub(super) async fn load(
    databases: &Databases,
    shard: Shard,
    reactor: &str,
) -> Result<Checkpoint, DatabaseError> {
    let mut tx = WorkerTx::begin(databases, shard, &[]).await?;
    let query = "select epoch, position, topic_id, topic_offset from projection_checkpoint \
         where projection = $1 and version = $2 and generation = $3 and shard = $4";
    let row = sqlx::query(query)
        .bind(reactor)
        .bind(VERSION)
        .bind(GENERATION)
        .bind(shard.number())
        .fetch_optional(tx.connection())
        .await?;
    tx.commit().await?;
    let Some(row) = row else { return Ok(Checkpoint::default()) };
    let topic_id: Option<String> = row.try_get(2)?;
    let next_offset: Option<i64> = row.try_get(3)?;
    Ok(Checkpoint {
        place: Place {
            epoch: u64::try_from(row.try_get::<i32, _>(0)?).unwrap_or_default(),
            position: u64::try_from(row.try_get::<i64, _>(1)?).unwrap_or_default(),
        },
        topic: topic_id.zip(next_offset).map(|(topic_id, next_offset)| TopicPlace { topic_id, next_offset }),
    })
}

/// False when it is not where it is believed to be: then another process does this reactor's work. What it lost by a crash is
/// done again with the same keys, so its commit waits for no disk. Nobody else parks, retries or discards for the reactor
/// until the transaction ends.
pub(super) async fn save_in_tx(
    connection: &mut PgConnection,
    shard: Shard,
    reactor: &str,
    believed: Place,
    now: &Checkpoint,
) -> Result<bool, DatabaseError> {
    let query = "insert into projection_checkpoint as kept \
           (projection, version, generation, shard, epoch, position, topic_id, topic_offset) \
         values ($1, $2, $3, $4, $5, $6, $7, $8) \
         on conflict (projection, version, generation, shard) do update \
           set epoch = excluded.epoch, position = excluded.position, topic_id = excluded.topic_id, \
               topic_offset = excluded.topic_offset, updated_at = clock_timestamp() \
           where kept.epoch = $9 and kept.position = $10 \
         returning set_config('synchronous_commit', 'off', true)";
    let saved = sqlx::query(query)
        .bind(reactor)
        .bind(VERSION)
        .bind(GENERATION)
        .bind(shard.number())
        .bind(epoch(now.place))
        .bind(position(now.place))
        .bind(now.topic.as_ref().map(|topic| topic.topic_id.clone()))
        .bind(now.topic.as_ref().map(|topic| topic.next_offset))
        .bind(epoch(believed))
        .bind(position(believed))
        .fetch_optional(connection)
        .await?;
    Ok(saved.is_some())
}

fn epoch(place: Place) -> i32 {
    i32::try_from(place.epoch).unwrap_or(i32::MAX)
}

fn position(place: Place) -> i64 {
    i64::try_from(place.position).unwrap_or(i64::MAX)
}
