//! A new epoch, after a restore to an earlier point: positions that were given before are given again, and the epoch
//! tells the two apart.

use sqlx::postgres::{PgConnection, PgRow};
use sqlx::{Connection as _, Row as _};

use crate::database::{DatabaseError, DatabaseSettings, session};
use crate::shard_map::{DatabaseShards, ShardMap};

/// Where a shard goes on.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct EpochStart {
    pub shard: i32,
    pub epoch: u64,
    /// The last position that was brought back.
    pub start: u64,
}

/// Begins one for every shard, above every epoch that any of the databases has and above `known`: a restore takes
/// back epochs too, of which only the checkpoints still tell
/// ([`highest_epoch`](crate::CheckpointBook::highest_epoch)).
///
/// `map` has the URLs of the login that migrates. If it fails after some of the databases it may be repeated, and
/// begins yet another one.
pub async fn new_epoch(map: &ShardMap, known: u64) -> Result<Vec<EpochStart>, DatabaseError> {
    let mut connections = Vec::new();
    let mut above = i32::try_from(known).unwrap_or(i32::MAX).max(1);
    for database in map.databases() {
        let mut connection = connect(database).await?;
        let highest = sqlx::query("select coalesce(max(epoch), 1) from ledger_epoch");
        above = highest.fetch_one(&mut connection).await?.try_get::<i32, _>(0)?.max(above);
        connections.push((database, connection));
    }
    let mut starts = Vec::new();
    for (database, mut connection) in connections {
        let shards: Vec<_> = database.shards.iter().map(|shard| shard.number()).collect();
        let query = sqlx::query("select shard, epoch, start from app.new_epoch($1, $2) order by shard");
        let rows = query.bind(shards).bind(above).fetch_all(&mut connection).await?;
        starts.extend(rows.iter().map(read).collect::<Result<Vec<_>, _>>()?);
        connection.close().await?;
    }
    starts.sort_unstable_by_key(|start| start.shard);
    Ok(starts)
}

async fn connect(database: &DatabaseShards) -> Result<PgConnection, DatabaseError> {
    let DatabaseSettings { statement_timeout, idle_timeout, .. } = DatabaseSettings::default();
    let options = session(&database.url, "xentri new-epoch", statement_timeout, idle_timeout)?;
    let mut connection = PgConnection::connect_with(&options).await?;
    sqlx::query("set role xentri_owner").execute(&mut connection).await?;
    Ok(connection)
}

fn read(row: &PgRow) -> Result<EpochStart, DatabaseError> {
    Ok(EpochStart {
        shard: row.try_get(0)?,
        epoch: row.try_get::<i32, _>(1)?.unsigned_abs().into(),
        start: row.try_get::<i64, _>(2)?.unsigned_abs(),
    })
}
