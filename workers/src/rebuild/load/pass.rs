//! One way through a shard, for one part of each job.

use std::collections::BTreeSet;

use xentri_ledger::Shard;
use xentri_projections::kit::KeyPart;

use super::super::RebuildError;
use super::Loading;
use super::memory::Claim;
use super::slot::Slot;
use super::source::{Read, Source, Stretch};
use super::threads::gently;

pub(super) struct Pass<'a> {
    loading: &'a Loading<'a>,
    shard: Shard,
    claim: Claim<'a>,
    /// Events.
    came: u64,
}

impl<'a> Pass<'a> {
    pub(super) fn new(loading: &'a Loading<'a>, shard: Shard) -> Self {
        Self { loading, shard, claim: loading.memory.claim(), came: 0 }
    }

    pub(super) async fn run(mut self, mut slots: Vec<Slot>) -> Result<(), RebuildError> {
        let Loading { control, progress, .. } = self.loading;
        let stretch = self.stretch(&slots);
        let mut left = stretch.range.clone();
        let mut source = Source::start(self.loading, stretch);
        while let Some(read) = source.next().await {
            control.check()?;
            let read = read?;
            let (came, last) = (read.came, read.last);
            slots = fold(slots, read).await?;
            left.start = last + 1;
            self.came += came;
            self.relieve(&mut slots, last).await?;
            progress.came(came);
        }
        if !left.is_empty() {
            return Err(RebuildError::Gap { shard: self.shard, position: left.start - 1 });
        }
        for slot in &mut slots {
            self.loading.store(slot).await?;
        }
        Ok(())
    }

    /// What all slots need together.
    fn stretch(&self, slots: &[Slot]) -> Stretch {
        let first = slots.iter().map(|slot| slot.unit.position).min().unwrap_or_default() + 1;
        let last = slots.iter().map(|slot| slot.unit.up_to.position).max().unwrap_or_default();
        let all = slots.iter().any(|slot| slot.job.model.streams().is_empty());
        let streams: BTreeSet<_> = slots.iter().flat_map(|slot| slot.job.model.streams()).copied().collect();
        Stretch {
            shard: self.shard,
            range: first..last + 1,
            streams: if all { Vec::new() } else { streams.into_iter().collect() },
            page: self.loading.settings.page,
        }
    }

    /// Until what is held in memory is little enough: rows that nothing touches any more go into their table, of others half are
    /// given up.
    async fn relieve(&mut self, slots: &mut [Slot], last: u64) -> Result<(), RebuildError> {
        loop {
            let all: usize = slots.iter().map(Slot::bytes).sum();
            if slots.iter().all(|slot| slot.part() == KeyPart::WHOLE) {
                self.claim.weigh(all, self.came);
            }
            let Some(largest) = slots.iter_mut().max_by_key(|slot| slot.bytes()) else { return Ok(()) };
            if !self.claim.is_too_much(all) {
                return Ok(());
            }
            if largest.is_ready() {
                self.loading.store_so_far(largest, last).await?;
            } else if largest.split().is_some() {
                self.loading.progress.more(largest.unit.up_to.position);
            } else {
                // One row that is larger than all that is allowed.
                return Ok(());
            }
        }
    }
}

/// On a thread of its own: it takes milliseconds.
async fn fold(mut slots: Vec<Slot>, read: Read) -> Result<Vec<Slot>, RebuildError> {
    let folding = move || {
        slots.iter_mut().try_for_each(|slot| slot.fold(&read.events))?;
        Ok(slots)
    };
    gently(folding).await
}
