//! Personal fields of what is read, opened.

use xentri_ledger::{Databases, KeyRing, Shard, ShardOpener, WorkerTx};

use super::super::RebuildError;
use crate::runtime::{Incoming, open_in_tx};

/// Opens part after part, each in a transaction of its own.
pub(super) struct Opener {
    databases: Databases,
    keys: KeyRing,
    shard: Shard,
    people: ShardOpener,
}

impl Opener {
    pub(super) fn new(databases: &Databases, keys: &KeyRing, shard: Shard) -> Self {
        let people = ShardOpener::new(keys, shard);
        Self { databases: databases.clone(), keys: keys.clone(), shard, people }
    }

    pub(super) async fn open(&mut self, events: &mut [Incoming]) -> Result<(), RebuildError> {
        if events.is_empty() {
            return Ok(());
        }
        let mut tx = WorkerTx::begin(&self.databases, self.shard, &[]).await?;
        let envelopes = events.iter_mut().map(|incoming| &mut *incoming.event.envelope);
        if self.people.open_in_tx(&mut tx, envelopes).await.is_err() {
            // Which it is that does not open shows one by one.
            open_in_tx(&mut tx, &self.keys, self.shard, events).await?;
        }
        tx.commit().await?;
        Ok(())
    }
}
