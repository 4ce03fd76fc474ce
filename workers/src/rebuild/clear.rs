//! What is left of a rebuild, cleared away.

use std::time::Duration;

use sqlx::Row as _;
use sqlx::postgres::PgConnection;
use tokio::time::sleep;
use xentri_ledger::{Databases, Shard, WorkerTx};

use super::RebuildError;
use super::book::{Phase, RebuildEntry, enter_in_tx, entries_in_tx, named};
use crate::runtime::MemberId;

const TRIES: u32 = 50;
const BETWEEN_TRIES: Duration = Duration::from_millis(100);

/// Drops what was made, with all that is noted of it. Only that somebody wanted it stays. Workers may be in the way for a moment.
pub(super) async fn clear(databases: &Databases, shard: Shard, id: &MemberId) -> Result<(), RebuildError> {
    let mut tries = 0;
    loop {
        match try_clear(databases, shard, id).await {
            Err(error) if error.is_transient() && tries < TRIES => tries += 1,
            other => return other,
        }
        sleep(BETWEEN_TRIES).await;
    }
}

async fn try_clear(databases: &Databases, shard: Shard, id: &MemberId) -> Result<(), RebuildError> {
    let mut tx = WorkerTx::begin(databases, shard, &[]).await?;
    let connection = tx.connection();
    // By a try, or a swap, whose answer was lost.
    if is_in_tx(connection, id, "dropped").await? || is_in_tx(connection, id, "live").await? {
        return Ok(());
    }
    drop_in_tx(connection, id).await?;
    forget_units_in_tx(connection, id).await?;
    enter_in_tx(connection, id, Phase::Cancelled).await?;
    tx.commit().await?;
    Ok(())
}

/// Drops the generations whose grace time is over, in the database of that shard; says which.
pub async fn drop_ended(databases: &Databases, shard: Shard) -> Result<Vec<MemberId>, RebuildError> {
    let mut tx = WorkerTx::begin(databases, shard, &[]).await?;
    let connection = tx.connection();
    let over: Vec<(String, i32, i32)> = sqlx::query_as(
        "select projection, version, generation from rebuild where grace_until < now() and phase in ('grace', 'returned') \
         for update skip locked",
    )
    .fetch_all(&mut *connection)
    .await?;
    let mut dropped = never_whole_in_tx(connection).await?;
    for entry in entries_in_tx(connection).await? {
        let key = (entry.id.projection.clone(), entry.id.version, entry.id.generation);
        if !over.contains(&key) {
            continue;
        }
        if let Some(id) = out_of_sight(&entry)
            && is_in_tx(connection, &id, "grace").await?
        {
            dropped.push(id);
        }
        forget_units_in_tx(connection, &entry.id).await?;
        enter_in_tx(connection, &entry.id, Phase::Done).await?;
    }
    for id in &dropped {
        drop_in_tx(connection, id).await?;
    }
    tx.commit().await?;
    Ok(dropped)
}

/// What was live and not whole when something was put in its place: no rebuild would take readers back to it.
async fn never_whole_in_tx(connection: &mut PgConnection) -> Result<Vec<MemberId>, RebuildError> {
    let found: Vec<(String, i32, i32)> = sqlx::query_as(
        "select g.projection, g.version, g.generation from projection_generation g where g.state = 'grace' \
            and not exists (select from rebuild r where r.projection = g.projection and r.version = g.version \
                              and r.phase in ('grace', 'returned') and g.generation in (r.generation, r.replaces)) \
            and exists (select from rebuild r where r.projection = g.projection and r.version = g.version \
                          and r.phase = 'grace' and r.replaces is null)",
    )
    .fetch_all(connection)
    .await?;
    let id = |(projection, version, generation)| MemberId { projection, version, generation };
    Ok(found.into_iter().map(id).collect())
}

/// What readers saw before, or what they were taken back from.
fn out_of_sight(entry: &RebuildEntry) -> Option<MemberId> {
    match entry.phase {
        Phase::Returned => Some(entry.id.clone()),
        _ => entry.replaced(),
    }
}

async fn is_in_tx(connection: &mut PgConnection, id: &MemberId, state: &str) -> Result<bool, RebuildError> {
    let query = "select exists (select from projection_generation \
                  where projection = $1 and version = $2 and generation = $3 and state = $4)";
    Ok(named(query, id).bind(state).fetch_one(connection).await?.try_get(0)?)
}

/// First its checkpoints, as workers do it: whoever takes the tables first waits for a worker that waits for them.
async fn drop_in_tx(connection: &mut PgConnection, id: &MemberId) -> Result<(), RebuildError> {
    let held = "select shard from projection_checkpoint \
                where projection = $1 and version = $2 and generation = $3 order by shard for update";
    named(held, id).execute(&mut *connection).await?;
    named("select app.drop_generation($1, $2, $3)", id).execute(connection).await?;
    Ok(())
}

async fn forget_units_in_tx(connection: &mut PgConnection, id: &MemberId) -> Result<(), RebuildError> {
    let units = "delete from rebuild_unit where projection = $1 and version = $2 and generation = $3";
    named(units, id).execute(connection).await?;
    Ok(())
}
