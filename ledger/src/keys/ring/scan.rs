//! Opening all that a shard has, for whoever reads it from one end to the other.

use std::collections::BTreeSet;
use std::fmt;

use xentri_schemas::Envelope;

use super::find::{Keep, People};
use super::open::{only_sealed, open_with};
use super::{KeyRing, OpeningError};
use crate::database::WorkerTx;
use crate::shard::Shard;

/// Some megabytes. Events of a person mostly stand close together.
const MOST: usize = 20_000;

/// Knows people as they were when it met them first: who is forgotten later has an event that says so, and it comes later too.
/// Their keys lie here and not in the ring, whose own would have to make way for those of everybody there is.
pub struct ShardOpener {
    keys: KeyRing,
    shard: Shard,
    people: People,
}

impl ShardOpener {
    pub fn new(keys: &KeyRing, shard: Shard) -> Self {
        Self { keys: keys.clone(), shard, people: People::new() }
    }

    /// One statement for all whom it has not met. After an error some may be open and others not.
    pub async fn open_in_tx<'e>(
        &mut self,
        tx: &mut WorkerTx,
        envelopes: impl IntoIterator<Item = &'e mut Envelope>,
    ) -> Result<(), OpeningError> {
        if self.people.len() > MOST {
            self.people.clear();
        }
        let mut envelopes: Vec<&mut Envelope> = envelopes.into_iter().collect();
        let mut unknown = BTreeSet::new();
        only_sealed(&mut envelopes, |person| {
            if !self.people.contains_key(&person) {
                unknown.insert(person);
            }
        });
        if !unknown.is_empty() {
            let found = self.keys.find_in_tx(tx.connection(), self.shard, &unknown, Keep::Nothing).await?;
            self.people.extend(found);
        }
        open_with(&self.people, envelopes)
    }
}

impl fmt::Debug for ShardOpener {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.debug_struct("ShardOpener").field("shard", &self.shard).finish_non_exhaustive()
    }
}
