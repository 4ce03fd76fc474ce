//! Trying parked events again: the first of a row, and then in order those that wait behind it.

use std::collections::HashSet;

use sqlx::postgres::PgConnection;
use xentri_ledger::{DatabaseError, Shard, WorkerTx};

use super::chain::together;
use super::list::{of_member_in_tx, stored_in_tx};
use super::{Parked, ParkedError, ParkedEvent, ParkedId};
use crate::runtime::{Key, MemberId, Trouble, open_in_tx, read, touch_in_tx, without_nul};

/// What became of parked events.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Retried {
    /// In the read model now, in this order.
    pub taken: Vec<ParkedId>,
    /// Still not to be folded; their rows' waiters still wait.
    pub failed: Vec<ParkedId>,
}

/// What became of one.
enum Attempt {
    Taken,
    Failed(String),
    /// Somebody else was here, or one is before it: it is looked at anew.
    NotNow,
}

impl Parked {
    /// The event with all that it hangs together with: those before it that it waits for, and those that wait for it.
    pub async fn retry(&self, id: &ParkedId) -> Result<Retried, ParkedError> {
        let all = self.of_member(&id.of, id.shard).await?;
        let parked = all.iter().find(|parked| parked.id == *id);
        let parked = parked.ok_or_else(|| ParkedError::NotParked(id.clone()))?;
        self.drain(&id.of, id.shard, Some(parked.rows().collect())).await
    }

    /// Everything that is parked of a projection, on all shards and in every generation that this program has the fold of.
    pub async fn retry_all(&self, projection: &str) -> Result<Retried, ParkedError> {
        let mut retried = Retried::default();
        for (of, shard) in self.places(projection).await? {
            if self.model(&of).is_err() {
                continue;
            }
            let of_one = self.drain(&of, shard, None).await?;
            retried.taken.extend(of_one.taken);
            retried.failed.extend(of_one.failed);
        }
        Ok(retried)
    }

    async fn places(&self, projection: &str) -> Result<Vec<(MemberId, Shard)>, ParkedError> {
        let mut places = Vec::new();
        for database in self.database_shards() {
            let mut tx = WorkerTx::begin(&self.databases, database, &[]).await?;
            let query = "select distinct projection, version, generation, shard from parked_event \
                         where projection = $1 order by 1, 2, 3, 4";
            let rows: Vec<(String, i32, i32, i32)> =
                sqlx::query_as(query).bind(projection).fetch_all(tx.connection()).await?;
            tx.commit().await?;
            places.extend(rows.into_iter().filter_map(|(projection, version, generation, shard)| {
                let of = MemberId { projection, version, generation };
                Some((of, Shard::new(u16::try_from(shard).ok()?)))
            }));
        }
        Ok(places)
    }

    async fn of_member(&self, of: &MemberId, shard: Shard) -> Result<Vec<ParkedEvent>, ParkedError> {
        let mut tx = WorkerTx::begin(&self.databases, shard, &[]).await?;
        let all = of_member_in_tx(tx.connection(), of, shard).await?;
        tx.commit().await?;
        Ok(all)
    }

    /// Looks again until nothing is left that was not tried: until the worker has noticed that a row is free, it parks what
    /// comes for it.
    pub(super) async fn drain(
        &self,
        of: &MemberId,
        shard: Shard,
        mut rows: Option<HashSet<Key>>,
    ) -> Result<Retried, ParkedError> {
        let mut retried = Retried::default();
        let mut stuck: HashSet<Key> = HashSet::new();
        loop {
            let all = self.of_member(of, shard).await?;
            let all = match &mut rows {
                Some(rows) => together(all, rows),
                None => all,
            };
            let Some(next) = first_free(all, &mut stuck) else { return Ok(retried) };
            match self.attempt(&next).await? {
                Attempt::Taken => retried.taken.push(next.id),
                Attempt::Failed(error) => {
                    self.still_fails(&next, &error).await?;
                    stuck.extend(next.rows());
                    retried.failed.push(next.id);
                }
                Attempt::NotNow => {}
            }
        }
    }

    async fn attempt(&self, parked: &ParkedEvent) -> Result<Attempt, ParkedError> {
        let ParkedId { of, shard, .. } = &parked.id;
        let model = self.model(of)?;
        let mut tx = WorkerTx::begin(&self.databases, *shard, &[parked.org]).await?;
        touch_in_tx(tx.connection(), *shard, of).await?;
        if !is_first_in_tx(tx.connection(), parked).await? {
            return Ok(Attempt::NotNow);
        }
        let mut incoming = match read(&stored_in_tx(&mut tx, &parked.id).await?) {
            Ok(Some(incoming)) => [incoming],
            Ok(None) => return Ok(Attempt::Failed("this program does not know its type".to_owned())),
            Err(reason) => return Ok(Attempt::Failed(reason)),
        };
        open_in_tx(&mut tx, &self.keys, *shard, &mut incoming).await?;
        let [incoming] = incoming;
        if let Some(fault) = incoming.fault {
            return Ok(Attempt::Failed(fault));
        }
        match model.fold_in_tx(&mut tx, of.generation, &[&incoming.event]).await {
            Ok(held) => {
                if let Some(error) = held.into_iter().find_map(|held| held.error) {
                    return Ok(Attempt::Failed(error.to_string()));
                }
            }
            Err(error @ DatabaseError::Data { .. }) => return Ok(Attempt::Failed(error.to_string())),
            Err(error) => return Err(error.into()),
        }
        remove_in_tx(tx.connection(), parked).await?;
        tx.commit().await?;
        Ok(Attempt::Taken)
    }

    async fn still_fails(&self, parked: &ParkedEvent, error: &str) -> Result<(), ParkedError> {
        let id = &parked.id;
        let mut tx = WorkerTx::begin(&self.databases, id.shard, &[parked.org]).await?;
        let query = "update parked_event set error = $6 where projection = $1 and version = $2 and generation = $3 \
                     and shard = $4 and position = $5";
        let query = named(query, id).bind(without_nul(error));
        query.execute(tx.connection()).await?;
        Ok(tx.commit().await?)
    }
}

/// The first that waits for none of those that are stuck. Whoever waits for one is stuck too.
fn first_free(all: Vec<ParkedEvent>, stuck: &mut HashSet<Key>) -> Option<ParkedEvent> {
    all.into_iter().find(|parked| {
        let waits = parked.rows().any(|row| stuck.contains(&row));
        if waits {
            stuck.extend(parked.rows());
        }
        !waits
    })
}

/// Locks it. False when it is gone, or another is parked before it that touches one of its rows.
async fn is_first_in_tx(connection: &mut PgConnection, parked: &ParkedEvent) -> Result<bool, Trouble> {
    let there = "select from parked_event where projection = $1 and version = $2 and generation = $3 and shard = $4 \
                 and position = $5 for update";
    if named(there, &parked.id).fetch_optional(&mut *connection).await?.is_none() {
        return Ok(false);
    }
    let before = "select from parked_event where projection = $1 and version = $2 and generation = $3 and shard = $4 \
                  and position < $5 and org_id = $6 and keys && $7 limit 1";
    let before = named(before, &parked.id).bind(parked.org.uuid()).bind(&parked.keys);
    Ok(before.fetch_optional(connection).await?.is_none())
}

/// Those that waited for it alone have an error of their own until they are tried: should we die before that, nobody overlooks
/// them.
pub(super) async fn remove_in_tx(
    connection: &mut PgConnection,
    parked: &ParkedEvent,
) -> Result<(), ParkedError> {
    let delete = "delete from parked_event where projection = $1 and version = $2 and generation = $3 and shard = $4 \
                  and position = $5";
    named(delete, &parked.id).execute(&mut *connection).await?;
    let next = "update parked_event set error = 'what it waited for is gone; it was not tried since' \
                where projection = $1 and version = $2 and generation = $3 and shard = $4 and org_id = $6 \
                  and error is null and position in (select min(behind.position) from unnest($7::uuid[]) freed(key) \
                    join parked_event behind on behind.projection = $1 and behind.version = $2 and behind.generation = $3 \
                     and behind.shard = $4 and behind.org_id = $6 and behind.position > $5 and freed.key = any(behind.keys) \
                    group by freed.key)";
    named(next, &parked.id).bind(parked.org.uuid()).bind(&parked.keys).execute(connection).await?;
    Ok(())
}

type Statement<'q> = sqlx::query::Query<'q, sqlx::Postgres, sqlx::postgres::PgArguments>;

/// Its first five parameters.
fn named<'q>(query: &'static str, id: &'q ParkedId) -> Statement<'q> {
    sqlx::query(query)
        .bind(&id.of.projection)
        .bind(id.of.version)
        .bind(id.of.generation)
        .bind(id.shard.number())
        .bind(i64::try_from(id.position).unwrap_or(i64::MAX))
}
