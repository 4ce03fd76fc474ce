//! What a comparison found in one database, what is done about it, and the swap.

use std::time::Duration;

use sqlx::Row as _;
use xentri_ledger::WorkerTx;

use super::RebuildError;
use super::book::{Phase, named, places, units_in_tx};
use super::clear::{clear, drop_ended};
use super::compare::Difference;
use super::job::Job;
use super::plan::older;
use super::rebuilds::Rebuilds;
use super::rebuilt::Rebuilt;
use super::run::{Begun, Run};
use super::swap::Swap;
use crate::runtime::MemberId;

impl Run<'_> {
    /// Something of it is to be shown to readers.
    pub(super) fn is_open(&self) -> bool {
        self.begun.as_ref().is_some_and(|begun| !begun.jobs.is_empty())
    }

    pub(super) fn differences(&self) -> impl Iterator<Item = &Difference> {
        self.compared.iter().flat_map(|compared| &compared.differences)
    }

    /// Something is not as it has to be.
    pub(super) fn refuses(&self) -> bool {
        // Somebody has seen it: it was kept for that, or it is shown now and was expected.
        let seen = |one: &Difference| self.known.kept.contains(&one.id) || !one.is_of_one_version();
        self.differences().any(|one| !(self.request.accept && seen(one)))
    }

    /// Somebody wanted to see how it differs.
    pub(super) fn was_kept(&self) -> bool {
        !self.known.kept.is_empty()
    }

    pub(super) async fn difference(
        &self,
        begun: &Begun,
        job: &Job,
    ) -> Result<Option<Difference>, RebuildError> {
        let base = match job.replaced() {
            Some(replaced) => Some(replaced),
            None => older(&self.rebuilds.databases, self.first, &job.id).await?,
        };
        let Some(base) = base else { return Ok(None) };
        self.progress.begin(Phase::Comparing, 0, self.rebuilt(&job.id, job.replaced()).await?.rows);
        self.step(begun).compare(&self.shards, job, &base).await
    }

    /// Keeps it for somebody to look at, or clears it away. What readers see already stays.
    pub(super) async fn give_up(&mut self, keeps: bool) -> Result<(), RebuildError> {
        self.known.given_up = true;
        loop {
            self.begin().await?;
            let Some(begun) = &self.begun else { continue };
            let given_up =
                if keeps { self.enter(begun, Phase::Differing).await } else { self.clear(begun).await };
            if self.or_wait(given_up).await?.is_some() {
                return Ok(());
            }
        }
    }

    async fn clear(&self, begun: &Begun) -> Result<(), RebuildError> {
        for job in &begun.jobs {
            clear(&self.rebuilds.databases, self.first, &job.id).await?;
        }
        Ok(())
    }

    /// To readers. False after an interruption.
    pub(super) async fn show(&mut self) -> Result<bool, RebuildError> {
        while let Some(begun) = self.begun.as_ref().filter(|_| self.compared.is_some()) {
            let Some(job) = begun.jobs.first() else {
                // What was not whole may be in use for a moment still; whoever comes next drops it, too.
                if let Err(error) = drop_ended(&self.rebuilds.databases, self.first).await {
                    tracing::warn!(%error, "generations can't be dropped now");
                }
                return Ok(true);
            };
            let swapped = self.swap(begun, job).await;
            let Some(rebuilt) = self.or_wait(swapped).await? else { return Ok(false) };
            if let (Some(begun), Some(compared)) = (&mut self.begun, &mut self.compared) {
                begun.jobs.retain(|job| job.id != rebuilt.id);
                compared.differences.retain(|difference| difference.id != rebuilt.id);
            }
            self.known.shown.push(rebuilt);
        }
        Ok(false)
    }

    async fn swap(&self, begun: &Begun, job: &Job) -> Result<Rebuilt, RebuildError> {
        let Rebuilds { databases, settings, .. } = self.rebuilds;
        let replaced = job.replaced();
        let rebuilt = self.rebuilt(&job.id, replaced.clone()).await?;
        let swap = Swap {
            databases,
            shard: self.first,
            of: &job.id,
            to: &job.id,
            from: replaced.as_ref(),
            phase: Phase::Grace,
            order: self.request.order,
            grace: settings.grace,
            patience: settings.patience,
        };
        let locked = swap.swap(Some(&begun.control)).await?;
        let loaded_in = self.compared.as_ref().map_or(rebuilt.loaded_in, |compared| compared.loaded_in);
        Ok(Rebuilt { loaded_in, locked, ..rebuilt })
    }

    /// As far as it has come.
    pub(super) async fn rebuilt(
        &self,
        id: &MemberId,
        replaced: Option<MemberId>,
    ) -> Result<Rebuilt, RebuildError> {
        let mut tx = WorkerTx::begin(&self.rebuilds.databases, self.first, &[]).await?;
        let connection = tx.connection();
        let units = units_in_tx(connection, id).await?;
        let query =
            "select count(*) from parked_event where projection = $1 and version = $2 and generation = $3";
        let parked: i64 = named(query, id).fetch_one(connection).await?.try_get(0)?;
        tx.commit().await?;
        let events = places(&units).values().map(|place| place.position).sum();
        Ok(Rebuilt {
            id: id.clone(),
            database: self.rebuilds.database_of(self.first),
            replaced,
            events,
            rows: units.iter().map(|unit| unit.load.rows).sum(),
            left_out: units.iter().map(|unit| unit.load.left_out).sum(),
            parked: u64::try_from(parked).unwrap_or_default(),
            loaded_in: Duration::ZERO,
            locked: Duration::ZERO,
        })
    }

    pub(super) fn into_shown(self) -> Vec<Rebuilt> {
        self.known.shown
    }
}
