//! One receipt.

use sqlx::Row;
use xentri_domain::kernel::{Actor, Timestamp};
use xentri_schemas::DedupeKey;

use crate::append::Place;
use crate::database::{DatabaseError, Moment, TenantTx};

/// The first answer to a command.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Receipt {
    /// Another one's than that of the command at hand: the key was used for something else.
    pub mac: [u8; 32],
    pub answer: String,
    pub epoch: u64,
    /// None when the command made no event.
    pub events: Option<Place>,
    pub recorded_at: Timestamp,
}

/// What was answered to the command that this actor sent with this key, if it was appended and is not cleared yet.
pub async fn find_receipt_in_tx(
    tx: &mut TenantTx,
    actor: &Actor,
    key: &DedupeKey,
) -> Result<Option<Receipt>, DatabaseError> {
    let query = sqlx::query(
        "select mac, answer, epoch, first_org_seq, last_position, recorded_at from receipt \
         where shard = $1 and org_id = $2 and actor = $3 and key = $4",
    );
    let query =
        query.bind(tx.shard().number()).bind(tx.org().uuid()).bind(actor.to_string()).bind(key.as_str());
    let Some(row) = query.fetch_optional(tx.connection()).await? else { return Ok(None) };
    let number = |value: i64| u64::try_from(value).unwrap_or_default();
    let mac = row.try_get::<&[u8], _>(0)?.try_into().map_err(|_| DatabaseError::Failed {
        code: "none".to_owned(),
        message: "column mac of table receipt holds what this program can't read".to_owned(),
    })?;
    let places: (Option<i64>, Option<i64>) = (row.try_get(3)?, row.try_get(4)?);
    Ok(Some(Receipt {
        mac,
        answer: row.try_get(1)?,
        epoch: number(row.try_get::<i32, _>(2)?.into()),
        events: places
            .0
            .zip(places.1)
            .map(|(first, last)| Place { first_org_seq: number(first), last_position: number(last) }),
        recorded_at: row.try_get::<Moment, _>(5)?.0,
    }))
}
