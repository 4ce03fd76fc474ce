//! What a rebuild loads in one go: a part of a shard's rows.

use std::collections::BTreeMap;

use sqlx::Row as _;
use sqlx::postgres::{PgArguments, PgConnection, PgRow, Postgres};
use sqlx::query::Query;
use xentri_ledger::{DatabaseError, Shard};
use xentri_projections::kit::KeyPart;

use super::entry::{named, unreadable};
use crate::feed::Place;
use crate::runtime::MemberId;

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::rebuild) struct Unit {
    pub(in crate::rebuild) shard: Shard,
    pub(in crate::rebuild) part: KeyPart,
    /// The last event of it.
    pub(in crate::rebuild) up_to: Place,
    /// Up to where its rows are in the table already.
    pub(in crate::rebuild) position: u64,
    pub(in crate::rebuild) done: bool,
    pub(in crate::rebuild) load: Load,
}

/// What was brought.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(in crate::rebuild) struct Load {
    pub(in crate::rebuild) rows: u64,
    pub(in crate::rebuild) left_out: u64,
}

/// In the order of shards.
pub(in crate::rebuild) async fn units_in_tx(
    connection: &mut PgConnection,
    id: &MemberId,
) -> Result<Vec<Unit>, DatabaseError> {
    let query = "select shard, bits, prefix, epoch, up_to, position, done, rows, left_out from rebuild_unit \
                 where projection = $1 and version = $2 and generation = $3 order by shard, bits, prefix";
    named(query, id).fetch_all(connection).await?.iter().map(read).collect()
}

pub(in crate::rebuild) async fn add_in_tx(
    connection: &mut PgConnection,
    id: &MemberId,
    unit: &Unit,
) -> Result<(), DatabaseError> {
    named(
        "insert into rebuild_unit (projection, version, generation, shard, bits, prefix, epoch, up_to, position, done, rows, left_out) \
         values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12)",
        id,
    )
    .bind(unit.shard.number())
    .bind(i32::from(unit.part.bits()))
    .bind(i64::from(unit.part.prefix()))
    .bind(i32::try_from(unit.up_to.epoch).unwrap_or(i32::MAX))
    .bind(bigint(unit.up_to.position))
    .bind(bigint(unit.position))
    .bind(unit.done)
    .bind(bigint(unit.load.rows))
    .bind(bigint(unit.load.left_out))
    .execute(connection)
    .await?;
    Ok(())
}

/// Rows up to a position are in the table. False when the unit is not as it was believed to be: another process does the same.
pub(in crate::rebuild) async fn move_in_tx(
    connection: &mut PgConnection,
    id: &MemberId,
    unit: &Unit,
    to: u64,
    load: Load,
) -> Result<bool, DatabaseError> {
    let moved = of(
        "update rebuild_unit set position = $8, rows = rows + $9, left_out = left_out + $10 \
         where projection = $1 and version = $2 and generation = $3 and shard = $4 and bits = $5 and prefix = $6 \
           and position = $7 and not done",
        id,
        unit,
    )
    .bind(bigint(to))
    .bind(bigint(load.rows))
    .bind(bigint(load.left_out))
    .execute(connection)
    .await?;
    Ok(moved.rows_affected() == 1)
}

/// It is done, as far as it was not given to other units. False as above.
pub(in crate::rebuild) async fn finish_in_tx(
    connection: &mut PgConnection,
    id: &MemberId,
    unit: &Unit,
    kept: KeyPart,
    given: &[KeyPart],
    load: Load,
) -> Result<bool, DatabaseError> {
    let query = "delete from rebuild_unit where projection = $1 and version = $2 and generation = $3 \
                 and shard = $4 and bits = $5 and prefix = $6 and position = $7 and not done";
    if of(query, id, unit).execute(&mut *connection).await?.rows_affected() != 1 {
        return Ok(false);
    }
    let load = Load { rows: unit.load.rows + load.rows, left_out: unit.load.left_out + load.left_out };
    let done = Unit { part: kept, position: unit.up_to.position, done: true, load, ..*unit };
    add_in_tx(connection, id, &done).await?;
    for part in given {
        add_in_tx(connection, id, &Unit { part: *part, load: Load::default(), ..*unit }).await?;
    }
    Ok(true)
}

/// Forgets what was loaded of a shard: its rows are made by workers, from the first event on.
pub(in crate::rebuild) async fn begin_anew_in_tx(
    connection: &mut PgConnection,
    id: &MemberId,
    shard: Shard,
) -> Result<(), DatabaseError> {
    let query =
        "delete from rebuild_unit where projection = $1 and version = $2 and generation = $3 and shard = $4";
    named(query, id).bind(shard.number()).execute(&mut *connection).await?;
    let unit = Unit {
        shard,
        part: KeyPart::WHOLE,
        up_to: Place::default(),
        position: 0,
        done: true,
        load: Load::default(),
    };
    add_in_tx(connection, id, &unit).await
}

/// Where each shard's worker goes on.
pub(in crate::rebuild) fn places(units: &[Unit]) -> BTreeMap<Shard, Place> {
    units.iter().map(|unit| (unit.shard, unit.up_to)).collect()
}

fn of<'q>(query: &'static str, id: &'q MemberId, unit: &Unit) -> Query<'q, Postgres, PgArguments> {
    named(query, id)
        .bind(unit.shard.number())
        .bind(i32::from(unit.part.bits()))
        .bind(i64::from(unit.part.prefix()))
        .bind(bigint(unit.position))
}

fn read(row: &PgRow) -> Result<Unit, DatabaseError> {
    let number = |value: i64| u64::try_from(value).unwrap_or_default();
    let part = || {
        let bits = u8::try_from(row.try_get::<i32, _>(1).ok()?).ok()?;
        KeyPart::new(bits, u32::try_from(row.try_get::<i64, _>(2).ok()?).ok()?)
    };
    Ok(Unit {
        shard: Shard::new(
            u16::try_from(row.try_get::<i32, _>(0)?).map_err(|_| unreadable("rebuild_unit", "shard"))?,
        ),
        part: part().ok_or_else(|| unreadable("rebuild_unit", "prefix"))?,
        up_to: Place { epoch: number(row.try_get::<i32, _>(3)?.into()), position: number(row.try_get(4)?) },
        position: number(row.try_get(5)?),
        done: row.try_get(6)?,
        load: Load { rows: number(row.try_get(7)?), left_out: number(row.try_get(8)?) },
    })
}

fn bigint(number: u64) -> i64 {
    i64::try_from(number).unwrap_or(i64::MAX)
}
