//! From the ledger into tables that nobody reads yet.
//!
//! Shard by shard, and in a shard part by part: what does not fit into memory is given up and made in a pass of its own. Rows of
//! a part and the note that it is done commit together, so whoever goes on after a crash makes what is missing and nothing else.

mod copy;
mod hand_over;
mod memory;
mod open;
mod pass;
mod slot;
mod source;
mod store;
mod threads;

use std::sync::Arc;

use futures_util::stream::FuturesUnordered;
use futures_util::{FutureExt as _, TryFutureExt as _, TryStreamExt as _};
use xentri_ledger::{Databases, KeyRing, ScanConnections, Shard, WorkerTx};

pub(super) use hand_over::hand_over;
pub(super) use memory::Memory;
use pass::Pass;
use slot::Slot;

use super::book::{Phase, units_in_tx};
use super::control::{Control, Pace};
use super::job::Job;
use super::progress::ProgressSender;
use super::{RebuildError, RebuildSettings};

/// What every part of a load needs.
pub(super) struct Loading<'a> {
    pub(super) databases: &'a Databases,
    pub(super) scans: &'a ScanConnections,
    pub(super) keys: &'a KeyRing,
    pub(super) settings: &'a RebuildSettings,
    pub(super) control: &'a Control,
    pub(super) progress: &'a ProgressSender,
    pub(super) pace: &'a Arc<Pace>,
    pub(super) memory: &'a Memory,
}

impl Loading<'_> {
    /// All that is not loaded yet, as many shards at once as fit into memory, each read once for all jobs.
    pub(super) async fn load(&self, shards: &[Shard], jobs: &[Job]) -> Result<(), RebuildError> {
        let (mut waiting, mut done, mut total) = (Vec::new(), 0, 0);
        for shard in shards {
            let (here, all) = self.left(*shard, jobs).await?;
            (done, total) = (done + here, total + all);
            waiting.push((all - here, *shard));
        }
        self.progress.begin(Phase::Loading, done, total);
        // The last one is the next: the largest, so that others go on beside it.
        waiting.sort_unstable();
        let (mut loads, mut under_way) = (FuturesUnordered::new(), 0);
        loop {
            while let Some((events, shard)) =
                waiting.pop_if(|(events, _)| self.may_begin(loads.len(), under_way + *events))
            {
                under_way += events;
                loads.push(self.load_shard(shard, jobs).map_ok(move |()| events).boxed());
            }
            match loads.try_next().await? {
                Some(events) => under_way -= events,
                None => return Ok(()),
            }
        }
    }

    /// Beside so many others; these are the events of all of them.
    fn may_begin(&self, others: usize, events: u64) -> bool {
        others == 0 || others < self.settings.shards && self.memory.is_enough(others + 1, events)
    }

    async fn load_shard(&self, shard: Shard, jobs: &[Job]) -> Result<(), RebuildError> {
        loop {
            let slots = self.slots(shard, jobs).await?;
            if slots.is_empty() {
                return Ok(());
            }
            Pass::new(self, shard).run(slots).await?;
        }
    }

    /// The first part of each job that is not done.
    async fn slots(&self, shard: Shard, jobs: &[Job]) -> Result<Vec<Slot>, RebuildError> {
        let mut tx = WorkerTx::begin(self.databases, shard, &[]).await?;
        let mut slots = Vec::new();
        for job in jobs {
            let units = units_in_tx(tx.connection(), &job.id).await?;
            let unit = units.into_iter().find(|unit| unit.shard == shard && !unit.done);
            slots.extend(unit.map(|unit| Slot::new(job.clone(), unit)));
        }
        tx.commit().await?;
        Ok(slots)
    }

    /// Events that were read and that are to be read, each pass counted by itself.
    async fn left(&self, shard: Shard, jobs: &[Job]) -> Result<(u64, u64), RebuildError> {
        let mut tx = WorkerTx::begin(self.databases, shard, &[]).await?;
        let mut passes: Vec<(u64, u64)> = Vec::new();
        for job in jobs {
            let units = units_in_tx(tx.connection(), &job.id).await?;
            for (place, unit) in units.iter().filter(|unit| unit.shard == shard).enumerate() {
                let came = if unit.done { unit.up_to.position } else { unit.position };
                match passes.get_mut(place) {
                    Some((done, total)) => {
                        (*done, *total) = ((*done).min(came), (*total).max(unit.up_to.position));
                    }
                    None => passes.push((came, unit.up_to.position)),
                }
            }
        }
        tx.commit().await?;
        Ok(passes.iter().fold((0, 0), |(done, total), (of, all)| (done + of, total + all)))
    }
}
