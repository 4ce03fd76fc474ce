//! A whole shard in the order of its positions: nothing missing between two events, and every org's chain.

use std::collections::HashMap;
use std::collections::hash_map::Entry;

use uuid::Uuid;

use super::book::CheckpointBook;
use super::chain::OrgChain;
use super::finding::{Finding, Reason};
use super::row::EventRow;

/// One per shard, so that shards can be checked side by side. Memory grows with the orgs and not with the events.
///
/// An end that is cut off looks like an end: ask [`CheckpointBook::missing`] when all shards are read.
pub struct ShardCheck {
    shard: i32,
    book: CheckpointBook,
    position: i64,
    epoch: i32,
    recorded_at: i64,
    orgs: HashMap<Uuid, OrgChain>,
}

impl ShardCheck {
    pub fn new(shard: i32, book: CheckpointBook) -> Self {
        Self { shard, book, position: 0, epoch: 0, recorded_at: i64::MIN, orgs: HashMap::new() }
    }

    /// Takes the row of the next position. After a finding nothing that follows means much.
    pub fn add(&mut self, row: &EventRow<'_>) -> Result<(), Box<Finding>> {
        let fits = self.place(row).and_then(|()| self.chain(row));
        fits.map_err(|reason| Box::new(row.finding(reason)))?;
        (self.position, self.epoch, self.recorded_at) = (row.position, row.epoch, row.recorded_at);
        Ok(())
    }

    fn place(&self, row: &EventRow<'_>) -> Result<(), Reason> {
        let expected = self.position.saturating_add(1);
        if row.shard != self.shard {
            return Err(Reason::Shard { read: self.shard });
        }
        if row.position != expected {
            return Err(Reason::Position { expected });
        }
        if row.epoch < self.epoch {
            return Err(Reason::EpochFell);
        }
        if row.recorded_at < self.recorded_at {
            return Err(Reason::TimeFell);
        }
        Ok(())
    }

    fn chain(&mut self, row: &EventRow<'_>) -> Result<(), Reason> {
        match self.orgs.entry(row.org_id) {
            Entry::Occupied(org) => org.into_mut().try_row(row),
            Entry::Vacant(place) => {
                // Before the org is believed in: a changed org_id would look like an org without a beginning.
                row.agrees_with_body()?;
                let org_id = row.org()?;
                place.insert(OrgChain::new(org_id, self.book.of(org_id))).try_row(row)
            }
        }
    }

    /// How many events fit.
    pub fn events(&self) -> u64 {
        self.position.unsigned_abs()
    }

    /// Of the last event that fits; 0 without one.
    pub fn epoch(&self) -> u64 {
        self.epoch.unsigned_abs().into()
    }

    pub fn orgs(&self) -> impl Iterator<Item = &OrgChain> {
        self.orgs.values()
    }
}
