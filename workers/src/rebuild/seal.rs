//! From loaded tables to a generation that workers feed.

use std::collections::BTreeSet;

use sqlx::postgres::PgConnection;
use sqlx::{AssertSqlSafe, Row as _};
use uuid::Uuid;
use xentri_ledger::{Databases, Shard, WorkerTx, epochs_in_tx};

use super::RebuildError;
use super::book::{Phase, Unit, enter_in_tx, named, places, units_in_tx};
use super::job::Job;
use super::load::hand_over;
use crate::runtime::lock_discards_in_tx;

/// Whoever is interrupted calls again.
pub(super) async fn seal(databases: &Databases, shard: Shard, job: &Job) -> Result<(), RebuildError> {
    if state(databases, shard, job).await? == "building" {
        close(databases, shard, job).await?;
    }
    while !hand_to_workers(databases, shard, job).await? {
        // Somebody has discarded something since the rebuild began.
        leave_out_too(databases, shard, job).await?;
    }
    Ok(())
}

async fn state(databases: &Databases, shard: Shard, job: &Job) -> Result<String, RebuildError> {
    let mut tx = WorkerTx::begin(databases, shard, &[]).await?;
    let query =
        "select state from projection_generation where projection = $1 and version = $2 and generation = $3";
    let row = named(query, &job.id).fetch_one(tx.connection()).await?;
    tx.commit().await?;
    Ok(row.try_get(0)?)
}

/// Indexes and row-level security.
async fn close(databases: &Databases, shard: Shard, job: &Job) -> Result<(), RebuildError> {
    let mut tx = WorkerTx::begin(databases, shard, &[]).await?;
    let connection = tx.connection();
    sqlx::query("select set_config('statement_timeout', '0', true)").execute(&mut *connection).await?;
    let units = units_in_tx(connection, &job.id).await?;
    if units.iter().any(|unit| unit.part.bits() > 0 || job.model.build(unit.part).is_ready()) {
        add_sums_in_tx(connection, job).await?;
    }
    named("select app.seal_generation($1, $2, $3)", &job.id).execute(&mut *connection).await?;
    tx.commit().await?;
    Ok(())
}

/// Each part has brought sums of its own rows: those of the same thing become one.
async fn add_sums_in_tx(connection: &mut PgConnection, job: &Job) -> Result<(), RebuildError> {
    let added = job.model.added();
    let Some((name, columns)) = job.model.columns().into_iter().nth(1) else { return Ok(()) };
    let table = job.table(name, job.id.generation);
    let names: Vec<_> = columns.iter().map(|column| column.name).collect();
    let of: Vec<_> = names.iter().filter(|name| !added.contains(name)).copied().collect();
    let sum = |name: &&str| {
        if added.contains(name) { format!("sum({name})::bigint") } else { (*name).to_owned() }
    };
    let sums: Vec<_> = names.iter().map(sum).collect();
    let something: Vec<_> = added.iter().map(|name| format!("sum({name}) <> 0")).collect();
    let statement = format!(
        "with taken as (delete from {table} returning *) insert into {table} ({}) select {} from taken \
         group by {} having {}",
        names.join(", "),
        sums.join(", "),
        of.join(", "),
        something.join(" or ")
    );
    sqlx::query(AssertSqlSafe(statement)).execute(connection).await?;
    Ok(())
}

/// From now on workers feed it. False when something was discarded that rows are made of.
async fn hand_to_workers(databases: &Databases, shard: Shard, job: &Job) -> Result<bool, RebuildError> {
    let mut tx = WorkerTx::begin(databases, shard, &[]).await?;
    let units = units_in_tx(tx.connection(), &job.id).await?;
    if has_gone_back(&mut tx, &units).await? {
        return Err(RebuildError::GoneBack(job.id.clone()));
    }
    let connection = tx.connection();
    lock_discards_in_tx(connection, false).await?;
    if !new_discards_in_tx(connection, job).await?.is_empty() {
        return Ok(false);
    }
    for (shard, place) in places(&units) {
        named(
            "insert into projection_checkpoint (projection, version, generation, shard, epoch, position) \
             values ($1, $2, $3, $4, $5, $6) on conflict do nothing",
            &job.id,
        )
        .bind(shard.number())
        .bind(i32::try_from(place.epoch).unwrap_or(i32::MAX))
        .bind(i64::try_from(place.position).unwrap_or(i64::MAX))
        .execute(&mut *connection)
        .await?;
    }
    enter_in_tx(connection, &job.id, Phase::Following).await?;
    tx.commit().await?;
    Ok(true)
}

/// Events that were read may never have happened, once an earlier copy of the database has taken its place.
async fn has_gone_back(tx: &mut WorkerTx, units: &[Unit]) -> Result<bool, RebuildError> {
    let epochs = epochs_in_tx(tx).await?;
    let lost = |unit: &Unit| {
        epochs.iter().any(|later| {
            later.shard == unit.shard && later.epoch > unit.up_to.epoch && later.start < unit.up_to.position
        })
    };
    Ok(units.iter().any(lost))
}

/// Events, and on which shard each is.
async fn new_discards_in_tx(
    connection: &mut PgConnection,
    job: &Job,
) -> Result<Vec<(Uuid, i32)>, RebuildError> {
    let query = "select d.event_id, o.shard from parked_discard d cross join lateral \
                   (select u.shard from rebuild_unit u \
                     where u.projection = $1 and u.version = $2 and u.generation = $3 \
                       and exists (select from event e where e.shard = u.shard and e.org_id = d.org_id) limit 1) o \
                  where d.projection = $1 and d.event_id <> all ( \
                    select unnest(r.left_out) from rebuild r \
                     where r.projection = $1 and r.version = $2 and r.generation = $3)";
    let query = sqlx::query_as(query).bind(&job.id.projection).bind(job.id.version).bind(job.id.generation);
    Ok(query.fetch_all(connection).await?)
}

/// Workers fold those shards anew, and know what is discarded.
async fn leave_out_too(databases: &Databases, shard: Shard, job: &Job) -> Result<(), RebuildError> {
    let mut tx = WorkerTx::begin(databases, shard, &[]).await?;
    let new = new_discards_in_tx(tx.connection(), job).await?;
    tx.commit().await?;
    let shards: BTreeSet<i32> = new.iter().map(|(_, shard)| *shard).collect();
    for number in shards {
        hand_over(databases, job, Shard::new(u16::try_from(number).unwrap_or_default())).await?;
    }
    let events: Vec<Uuid> = new.into_iter().map(|(event, _)| event).collect();
    let mut tx = WorkerTx::begin(databases, shard, &[]).await?;
    let query = "update rebuild set left_out = left_out || $4 \
                 where projection = $1 and version = $2 and generation = $3";
    named(query, &job.id).bind(events).execute(tx.connection()).await?;
    tx.commit().await?;
    Ok(())
}
