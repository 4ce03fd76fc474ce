//! One parked event, tried again by whoever takes it.

use sqlx::postgres::PgConnection;
use xentri_ledger::{DatabaseError, WorkerTx};
use xentri_projections::kit::ReadModel;

use super::list::stored_in_tx;
use super::{Parked, ParkedError, ParkedEvent, ParkedId, Taker};
use crate::reactors::{NotGiven, Reactions, Reactor};
use crate::runtime::{Incoming, Trouble, open_in_tx, read, touch_in_tx, without_nul};

/// What became of it.
pub(super) enum Attempt {
    Taken,
    Failed(String),
    /// Somebody else was here, or one is before it: it is looked at anew.
    NotNow,
}

impl Parked {
    pub(super) async fn attempt(&self, parked: &ParkedEvent) -> Result<Attempt, ParkedError> {
        match self.taker(&parked.id.of)? {
            Taker::Model(model) => self.fold(model, parked).await,
            Taker::Reactor(reactor, reactions) => self.react(reactor, reactions, parked).await,
        }
    }

    async fn fold(&self, model: &dyn ReadModel, parked: &ParkedEvent) -> Result<Attempt, ParkedError> {
        let ParkedId { of, shard, .. } = &parked.id;
        let mut tx = WorkerTx::begin(&self.databases, *shard, &[parked.org]).await?;
        touch_in_tx(tx.connection(), *shard, of).await?;
        if !is_first_in_tx(tx.connection(), parked).await? {
            return Ok(Attempt::NotNow);
        }
        let mut incoming = match incoming_in_tx(&mut tx, &parked.id).await? {
            Ok(incoming) => [incoming],
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

    /// The command has a key of the event: should we die before it is noted that it was given, the next try does nothing.
    async fn react(
        &self,
        reactor: &dyn Reactor,
        reactions: &Reactions,
        parked: &ParkedEvent,
    ) -> Result<Attempt, ParkedError> {
        let ParkedId { of, shard, .. } = &parked.id;
        let mut tx = WorkerTx::begin(&self.databases, *shard, &[parked.org]).await?;
        if !is_first_in_tx(tx.connection(), parked).await? {
            return Ok(Attempt::NotNow);
        }
        let incoming = incoming_in_tx(&mut tx, &parked.id).await?;
        tx.commit().await?;
        let reacted = match incoming {
            Ok(incoming) => reactions.react(reactor, &incoming.event).await,
            Err(reason) => Err(NotGiven::AtAll(reason)),
        };
        match reacted {
            Ok(()) => {}
            Err(NotGiven::AtAll(error)) => return Ok(Attempt::Failed(error)),
            Err(NotGiven::Now(error)) => return Err(ParkedError::NotNow(error)),
        }
        let mut tx = WorkerTx::begin(&self.databases, *shard, &[parked.org]).await?;
        touch_in_tx(tx.connection(), *shard, of).await?;
        remove_in_tx(tx.connection(), parked).await?;
        tx.commit().await?;
        Ok(Attempt::Taken)
    }

    pub(super) async fn still_fails(&self, parked: &ParkedEvent, error: &str) -> Result<(), ParkedError> {
        let id = &parked.id;
        let mut tx = WorkerTx::begin(&self.databases, id.shard, &[parked.org]).await?;
        let query = "update parked_event set error = $6 where projection = $1 and version = $2 and generation = $3 \
                     and shard = $4 and position = $5";
        let query = named(query, id).bind(without_nul(error));
        query.execute(tx.connection()).await?;
        Ok(tx.commit().await?)
    }
}

/// From the ledger, or why it can't be read.
async fn incoming_in_tx(tx: &mut WorkerTx, id: &ParkedId) -> Result<Result<Incoming, String>, ParkedError> {
    let read = read(&stored_in_tx(tx, id).await?);
    Ok(read.and_then(|known| known.ok_or_else(|| "this program does not know its type".to_owned())))
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
