//! Rows into their tables, with the note of what they are.

use xentri_ledger::{DatabaseError, WorkerTx};

use super::super::RebuildError;
use super::super::book::{Load, finish_in_tx, move_in_tx};
use super::Loading;
use super::copy::copy_in_tx;
use super::hand_over::hand_over;
use super::slot::{Slot, orgs};
use super::threads::gently;
use crate::runtime::park_in_tx;

impl Loading<'_> {
    /// A part that is folded to its end.
    pub(super) async fn store(&self, slot: &mut Slot) -> Result<(), RebuildError> {
        if slot.given_up {
            return Ok(());
        }
        if slot.is_entangled() {
            return self.give_up(slot, "an event is held that touches rows of several parts").await;
        }
        self.store_or_give_up(slot, None).await
    }

    /// What is folded up to a position, of rows that nothing touches afterwards.
    pub(super) async fn store_so_far(&self, slot: &mut Slot, position: u64) -> Result<(), RebuildError> {
        let position = position.min(slot.unit.up_to.position);
        self.store_or_give_up(slot, Some(position)).await
    }

    async fn store_or_give_up(&self, slot: &mut Slot, so_far: Option<u64>) -> Result<(), RebuildError> {
        match self.try_store(slot, so_far).await {
            Err(RebuildError::Database(error @ DatabaseError::Data { .. })) => {
                self.give_up(slot, &error.to_string()).await
            }
            stored => stored,
        }
    }

    /// What a load can't do, workers do: they find out which event it is that makes a row what it can't be.
    async fn give_up(&self, slot: &mut Slot, why: &str) -> Result<(), RebuildError> {
        let (id, shard) = (&slot.job.id, slot.unit.shard);
        tracing::warn!(projection = %id, %shard, why, "workers fold this shard from its first event on");
        slot.given_up = true;
        hand_over(self.databases, &slot.job, shard).await
    }

    async fn try_store(&self, slot: &mut Slot, so_far: Option<u64>) -> Result<(), RebuildError> {
        let (id, shard) = (slot.job.id.clone(), slot.unit.shard);
        let made = slot.made();
        let mut tables = gently(move || made.tables()).await;
        let parked = slot.held();
        let mut tx = WorkerTx::begin(self.databases, shard, &orgs(&parked)).await?;
        sqlx::query("select set_config('statement_timeout', '0', true)").execute(tx.connection()).await?;
        let mut load = Load { rows: 0, left_out: slot.left_out };
        for (place, rows) in tables.iter_mut().enumerate() {
            let table = slot.job.table(rows.name(), id.generation);
            let copied = copy_in_tx(tx.connection(), &table, &mut **rows).await?;
            // Of sums nobody wants to know how many there are.
            load.rows += if place == 0 { copied } else { 0 };
        }
        park_in_tx(tx.connection(), &id, shard, &parked).await?;
        let ours = match so_far {
            Some(position) => move_in_tx(tx.connection(), &id, &slot.unit, position, load).await?,
            None => finish_in_tx(tx.connection(), &id, &slot.unit, slot.part(), &slot.given, load).await?,
        };
        if !ours {
            return Err(RebuildError::Running(id.projection));
        }
        tx.commit().await?;
        drop(parked);
        if let Some(position) = so_far {
            slot.unit.position = position;
            slot.unit.load.rows += load.rows;
            slot.unit.load.left_out += load.left_out;
            slot.left_out = 0;
            slot.forget_held();
        }
        Ok(())
    }
}
