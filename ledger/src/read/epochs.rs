//! Where each epoch began.

use sqlx::Row;
use xentri_domain::kernel::Timestamp;

use crate::database::{DatabaseError, Moment, ReadsAllOrgs};
use crate::shard::Shard;

/// An epoch of a shard: events of older ones above `start` never happened. The first epoch of all has no row.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Epoch {
    pub epoch: u64,
    pub shard: Shard,
    pub start: u64,
    pub started_at: Timestamp,
}

/// Of all shards of the transaction's database, in order.
pub async fn epochs_in_tx(tx: &mut impl ReadsAllOrgs) -> Result<Vec<Epoch>, DatabaseError> {
    let query = "select epoch, shard, start, started_at from ledger_epoch order by epoch, shard";
    let rows = sqlx::query(query).fetch_all(tx.of_all_orgs()).await?;
    let read = |row: &sqlx::postgres::PgRow| {
        let shard = u16::try_from(row.try_get::<i32, _>(1)?).map_err(|_| DatabaseError::Failed {
            code: "none".to_owned(),
            message: "column shard of table ledger_epoch holds what this program can't read".to_owned(),
        })?;
        Ok(Epoch {
            epoch: u64::try_from(row.try_get::<i32, _>(0)?).unwrap_or_default(),
            shard: Shard::new(shard),
            start: u64::try_from(row.try_get::<i64, _>(2)?).unwrap_or_default(),
            started_at: row.try_get::<Moment, _>(3)?.0,
        })
    };
    rows.iter().map(read).collect()
}
