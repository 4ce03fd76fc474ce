//! Whether a generation is what it has to be: row by row what readers see, where both are of the same version; where they are
//! not, how much of it is the same.
//!
//! A few orgs and a few thousand rows in one statement, in whose snapshot both stand at the same place.

mod chunks;
mod events;
mod report;
mod rows;
mod tables;

pub use report::{ColumnDifference, Difference, LastEvent, RowDifference, TableDifference};

use std::time::Duration;

use tokio::time::{Instant, sleep};
use xentri_ledger::{Shard, WorkerTx};

use super::RebuildError;
use super::job::Job;
use super::step::Step;
use crate::runtime::MemberId;
use chunks::{Bounds, orgs_of};
use tables::{Compared, Counts};

/// Two that are fed together stand at one place nearly always.
const BETWEEN_TRIES: Duration = Duration::from_millis(20);

impl Step<'_> {
    /// None where nothing differs. `base`: what readers see.
    pub(super) async fn compare(
        &self,
        shards: &[Shard],
        job: &Job,
        base: &MemberId,
    ) -> Result<Option<Difference>, RebuildError> {
        let Some(first) = shards.first() else { return Ok(None) };
        let mut tx = WorkerTx::begin(self.databases, *first, &[]).await?;
        let all = tables::of_both_in_tx(tx.connection(), job, base).await?;
        tx.commit().await?;
        let mut difference = Difference::new(job.id.clone(), base.clone());
        for compared in &all {
            let mut table = TableDifference::new(compared.name);
            for shard in shards {
                self.compare_shard(*shard, compared, &mut table).await?;
            }
            if base.version != job.id.version || !table.is_none() {
                difference.tables.push(table);
            }
        }
        if difference.tables.is_empty() {
            return Ok(None);
        }
        events::add(self.databases, job, &mut difference).await?;
        Ok(Some(difference))
    }

    async fn compare_shard(
        &self,
        shard: Shard,
        compared: &Compared,
        table: &mut TableDifference,
    ) -> Result<(), RebuildError> {
        let mut after = None;
        loop {
            let orgs = orgs_of(self.databases, shard, after).await?;
            let Some(last) = orgs.last() else { return Ok(()) };
            after = Some(*last);
            let mut bounds = Bounds::of(&orgs);
            loop {
                self.control.check()?;
                let chunk = chunks::Chunk { shard, orgs: &orgs, compared };
                let to = chunk.end(self.databases, bounds, self.settings.compared).await?;
                let counts = self.counts(&chunk, bounds.up_to(to)).await?;
                self.progress.came(counts.new);
                if counts.differ() && table.rows.len() < self.settings.shown {
                    let left = self.settings.shown - table.rows.len();
                    table.rows.extend(rows::differing(self.databases, &chunk, bounds.up_to(to), left).await?);
                }
                table.add(&counts);
                let Some(to) = to else { break };
                bounds = bounds.from(to);
            }
        }
    }

    /// As of a moment in which both stand at the same place, where that has to be.
    async fn counts(&self, chunk: &chunks::Chunk<'_>, bounds: Bounds) -> Result<Counts, RebuildError> {
        let begun = Instant::now();
        loop {
            self.control.check()?;
            if let Some(counts) = tables::count(self.databases, chunk, bounds).await? {
                return Ok(counts);
            }
            if begun.elapsed() > self.settings.patience {
                let minutes = self.settings.patience.as_secs() / 60;
                let (id, shard) = (chunk.compared.new.clone(), chunk.shard);
                return Err(RebuildError::Behind { id, shard, minutes });
            }
            sleep(BETWEEN_TRIES).await;
        }
    }
}
