//! Leaving an event out of a projection, or unanswered by a reactor, for good.

use std::collections::BTreeMap;

use sqlx::postgres::PgConnection;
use xentri_ledger::{Shard, WorkerTx};

use super::attempt::remove_in_tx;
use super::list::of_member_in_tx;
use super::retry::Retried;
use super::{Parked, ParkedError, ParkedEvent, ParkedId};
use crate::runtime::{MemberId, lock_discards_in_tx, touch_in_tx, without_nul};

/// Who decides it, and why. Both are kept.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Discard {
    pub reason: String,
    pub by: String,
}

impl Parked {
    /// In all versions and generations of the projection, rebuilds included. What waited for it alone is then taken.
    pub async fn discard(&self, id: &ParkedId, discard: &Discard) -> Result<Retried, ParkedError> {
        if discard.reason.trim().is_empty() || discard.by.trim().is_empty() {
            return Err(ParkedError::NoReason);
        }
        let gone = self.leave_out(id, discard).await?;
        let mut retried = Retried::default();
        for parked in gone {
            // The fold of another version may be another program's: that one is asked to retry.
            if self.taker(&parked.id.of).is_ok() {
                let rows = parked.rows().collect();
                self.drain(&parked.id.of, id.shard, Some(rows), &mut retried, &mut |_| ()).await?;
            } else {
                retried.skipped.insert(parked.id.of);
            }
        }
        Ok(retried)
    }

    /// The event as it was parked in each generation.
    async fn leave_out(&self, id: &ParkedId, discard: &Discard) -> Result<Vec<ParkedEvent>, ParkedError> {
        let mut tx = WorkerTx::begin(&self.databases, id.shard, &[]).await?;
        let connection = tx.connection();
        lock_discards_in_tx(connection, true).await?;
        let all = generations_in_tx(connection, &id.of.projection, id.shard).await?;
        let mut parked: BTreeMap<MemberId, Vec<ParkedEvent>> = BTreeMap::new();
        for of in all {
            touch_in_tx(connection, id.shard, &of).await?;
            let of_member = of_member_in_tx(connection, &of, id.shard).await?;
            parked.insert(of, of_member);
        }
        let wanted = parked.get(&id.of).and_then(|all| all.iter().find(|parked| parked.id == *id));
        let (org, event) = wanted
            .map(|parked| (parked.org, parked.event))
            .ok_or_else(|| ParkedError::NotParked(id.clone()))?;
        tx.name(org).await?;
        let connection = tx.connection();
        sqlx::query(
            "insert into parked_discard (org_id, projection, event_id, reason, discarded_by) \
             values ($1, $2, $3, $4, $5) on conflict do nothing",
        )
        .bind(org.uuid())
        .bind(&id.of.projection)
        .bind(event.uuid())
        .bind(without_nul(&discard.reason))
        .bind(without_nul(&discard.by))
        .execute(&mut *connection)
        .await?;
        let gone: Vec<_> = parked.into_values().flatten().filter(|parked| parked.event == event).collect();
        for parked in &gone {
            remove_in_tx(connection, parked).await?;
        }
        tx.commit().await?;
        Ok(gone)
    }
}

async fn generations_in_tx(
    connection: &mut PgConnection,
    projection: &str,
    shard: Shard,
) -> Result<Vec<MemberId>, ParkedError> {
    let query = "select projection, version, generation from projection_checkpoint \
                 where projection = $1 and shard = $2 order by 1, 2, 3";
    let rows: Vec<(String, i32, i32)> =
        sqlx::query_as(query).bind(projection).bind(shard.number()).fetch_all(connection).await?;
    let id = |(projection, version, generation)| MemberId { projection, version, generation };
    Ok(rows.into_iter().map(id).collect())
}
