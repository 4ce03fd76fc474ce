//! From the ledger into tables that nobody reads yet.
//!
//! Shard by shard, and in a shard part by part: what does not fit into memory is given up and made in a pass of its own. Rows of
//! a part and the note that it is done commit together, so whoever goes on after a crash makes what is missing and nothing else.

mod copy;
mod hand_over;
mod open;
mod pass;
mod slot;
mod source;
mod store;
mod threads;

use std::sync::Arc;

use futures_util::{FutureExt as _, StreamExt as _, TryStreamExt as _, stream};
use xentri_ledger::{Databases, KeyRing, Shard, WorkerTx};

pub(super) use hand_over::hand_over;
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
    pub(super) keys: &'a KeyRing,
    pub(super) settings: &'a RebuildSettings,
    pub(super) control: &'a Control,
    pub(super) progress: &'a ProgressSender,
    pub(super) pace: &'a Arc<Pace>,
}

impl Loading<'_> {
    /// All that is not loaded yet, several shards at once and each read once for all jobs.
    pub(super) async fn load(&self, shards: &[Shard], jobs: &[Job]) -> Result<(), RebuildError> {
        let (mut done, mut total) = (0, 0);
        for shard in shards {
            let (here, all) = self.left(*shard, jobs).await?;
            (done, total) = (done + here, total + all);
        }
        self.progress.begin(Phase::Loading, done, total);
        let loads = stream::iter(shards.iter().copied()).map(|shard| self.load_shard(shard, jobs).boxed());
        loads.buffer_unordered(self.settings.shards.max(1)).try_collect::<()>().await
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
