//! What is made anew: a generation begun, or one that was begun before.

use std::collections::BTreeMap;
use std::sync::Arc;

use sqlx::postgres::PgConnection;
use uuid::Uuid;
use xentri_ledger::{Databases, Shard, ShardHead, WorkerTx, shard_heads_in_tx};
use xentri_projections::kit::{KeyPart, ReadModel};

use super::RebuildError;
use super::book::{Load, RebuildEntry, Unit, Wish, add_in_tx, begin_in_tx, running_in_tx, wish_in_tx};
use super::job::Job;
use super::rebuilds::Request;
use crate::feed::Place;
use crate::runtime::{MemberId, lock_discards_in_tx};

pub(super) struct Planning<'a> {
    pub(super) databases: &'a Databases,
    /// Those of one database.
    pub(super) shards: &'a [Shard],
    pub(super) request: &'a Request,
    /// After an interruption: nothing is begun, and what others want by now is not overruled.
    pub(super) again: bool,
}

impl Planning<'_> {
    pub(super) async fn plan(&self, model: &Arc<dyn ReadModel>) -> Result<Option<Job>, RebuildError> {
        let Some(first) = self.shards.first() else { return Ok(None) };
        let mut tx = WorkerTx::begin(self.databases, *first, &[]).await?;
        let entry = match running_in_tx(tx.connection(), model.name()).await? {
            Some(entry) if entry.id.version != model.version() => {
                return Err(RebuildError::OtherVersion(entry.id));
            }
            Some(entry) if self.again => entry,
            Some(entry) => {
                wish_in_tx(tx.connection(), model.name(), Wish::Go).await?;
                entry
            }
            None if self.request.only_resume || self.again => return Ok(None),
            None => self.begin_in_tx(&mut tx, model).await?,
        };
        tx.commit().await?;
        Ok(Some(Job::of(&entry, model.clone())))
    }

    async fn begin_in_tx(
        &self,
        tx: &mut WorkerTx,
        model: &Arc<dyn ReadModel>,
    ) -> Result<RebuildEntry, RebuildError> {
        let (projection, version) = (model.name().to_owned(), model.version());
        lock_discards_in_tx(tx.connection(), false).await?;
        let left_out: Vec<Uuid> =
            sqlx::query_scalar("select event_id from parked_discard where projection = $1")
                .bind(&projection)
                .fetch_all(tx.connection())
                .await?;
        let heads = shard_heads_in_tx(tx, self.shards).await?;
        let connection = tx.connection();
        let generation: i32 = sqlx::query_scalar("select app.make_generation($1, $2)")
            .bind(&projection)
            .bind(version)
            .fetch_one(&mut *connection)
            .await?;
        let id = MemberId { projection, version, generation };
        let replaces = comparable_in_tx(connection, &id, &heads).await?;
        begin_in_tx(connection, &id, replaces, &left_out, self.request).await?;
        for shard in self.shards {
            let up_to = heads.get(shard).map(|head| Place { epoch: head.epoch, position: head.position });
            let up_to = up_to.unwrap_or_default();
            let done = up_to.position == 0;
            let unit =
                Unit { shard: *shard, part: KeyPart::WHOLE, up_to, position: 0, done, load: Load::default() };
            add_in_tx(connection, &id, &unit).await?;
        }
        let begun = running_in_tx(connection, &id.projection).await?;
        begun.ok_or(RebuildError::NothingUnderWay(id.projection))
    }
}

/// The generation that readers see, if it is to be compared, and waited for where it lags. Not so one of a version that was
/// installed a moment ago, which has everything before it still: nobody has begun it in most shards, or readers have an older one.
async fn comparable_in_tx(
    connection: &mut PgConnection,
    id: &MemberId,
    heads: &BTreeMap<Shard, ShardHead>,
) -> Result<Option<i32>, RebuildError> {
    let rows: Vec<(i32, i32, i64)> = sqlx::query_as(
        "select g.generation, coalesce(c.shard, -1), coalesce(c.position, 0) from projection_generation g \
           left join projection_checkpoint c using (projection, version, generation) \
          where g.projection = $1 and g.version = $2 and g.state = 'live'",
    )
    .bind(&id.projection)
    .bind(id.version)
    .fetch_all(&mut *connection)
    .await?;
    let position = |shard: &Shard| {
        let of = rows.iter().find(|(_, number, _)| *number == shard.number());
        of.map_or(0, |(_, _, position)| u64::try_from(*position).unwrap_or_default())
    };
    let lags = heads.iter().any(|(shard, head)| 2 * position(shard) < head.position);
    let begun =
        heads.keys().filter(|shard| rows.iter().any(|(_, number, _)| *number == shard.number())).count();
    if lags && (2 * begun < heads.len() || older_in_tx(connection, id).await?.is_some()) {
        return Ok(None);
    }
    Ok(rows.first().map(|(generation, _, _)| *generation))
}

/// What readers of an older version see, the newest of them.
pub(super) async fn older(
    databases: &Databases,
    shard: Shard,
    id: &MemberId,
) -> Result<Option<MemberId>, RebuildError> {
    let mut tx = WorkerTx::begin(databases, shard, &[]).await?;
    let older = older_in_tx(tx.connection(), id).await?;
    tx.commit().await?;
    Ok(older)
}

async fn older_in_tx(connection: &mut PgConnection, id: &MemberId) -> Result<Option<MemberId>, RebuildError> {
    let found: Option<(i32, i32)> = sqlx::query_as(
        "select version, generation from projection_generation \
          where projection = $1 and version < $2 and state = 'live' order by version desc limit 1",
    )
    .bind(&id.projection)
    .bind(id.version)
    .fetch_optional(connection)
    .await?;
    Ok(found.map(|(version, generation)| MemberId { version, generation, ..id.clone() }))
}
