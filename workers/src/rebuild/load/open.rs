//! Personal fields of what is read, opened.

use xentri_ledger::{Databases, KeyRing, Shard, WorkerTx};

use super::super::RebuildError;
use crate::runtime::{Incoming, open_in_tx};

/// Opens part after part, each as of a transaction of its own: a person who is forgotten meanwhile has an event that says so, and
/// whoever folds that forgets them too.
pub(super) struct Opener {
    databases: Databases,
    keys: KeyRing,
    shard: Shard,
}

impl Opener {
    pub(super) fn new(databases: &Databases, keys: &KeyRing, shard: Shard) -> Self {
        Self { databases: databases.clone(), keys: keys.clone(), shard }
    }

    pub(super) async fn open(&mut self, events: &mut [Incoming]) -> Result<(), RebuildError> {
        if events.is_empty() {
            return Ok(());
        }
        let mut tx = WorkerTx::begin(&self.databases, self.shard, &[]).await?;
        open_in_tx(&mut tx, &self.keys, self.shard, events).await?;
        tx.commit().await?;
        Ok(())
    }
}
