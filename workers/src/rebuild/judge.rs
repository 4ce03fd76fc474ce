//! What is found by a comparison, what is done about it, and the swap.

use std::sync::PoisonError;
use std::time::Duration;

use xentri_ledger::WorkerTx;

use super::RebuildError;
use super::book::{Phase, units_in_tx};
use super::clear::{clear, drop_ended};
use super::compare::{Comparing, Difference};
use super::job::Job;
use super::plan::older;
use super::rebuilds::Rebuilds;
use super::rebuilt::Rebuilt;
use super::run::{Begun, Run};
use super::swap::Swap;
use crate::runtime::MemberId;

impl Run<'_> {
    /// An error where something is not as it has to be: then nothing is swapped.
    pub(super) async fn judge(&self, begun: &Begun) -> Result<(), RebuildError> {
        let mut differences = Vec::new();
        let mut refused = false;
        for job in &begun.jobs {
            let Some(difference) = self.difference(begun, job).await? else { continue };
            // Somebody has seen it: it was kept for that, or it is shown now and was expected.
            let seen = self.was_kept(job) || !difference.is_of_one_version();
            refused |= !(self.request.accept && seen);
            differences.push(difference);
        }
        if !refused {
            return Ok(());
        }
        self.put_aside(begun, &differences).await?;
        Err(RebuildError::Differs(differences))
    }

    /// For somebody to see it, which is not so where this very order was about to tell of it.
    fn was_kept(&self, job: &Job) -> bool {
        job.phase == Phase::Differing && (job.order.is_none() || job.order != self.request.order)
    }

    async fn difference(&self, begun: &Begun, job: &Job) -> Result<Option<Difference>, RebuildError> {
        let Rebuilds { databases, settings, .. } = self.rebuilds;
        let base = match job.replaced() {
            Some(replaced) => Some(replaced),
            None => older(databases, self.first, &job.id).await?,
        };
        let Some(base) = base else { return Ok(None) };
        let comparing = Comparing { databases, settings, control: &begun.control, progress: self.progress };
        comparing.begin(self.rebuilt(&job.id, job.replaced()).await?.rows);
        comparing.compare(&self.shards, job, &base).await
    }

    /// What differs from an older version waits for somebody to accept it; what should have been the same is dropped where
    /// nobody wants to look at it.
    async fn put_aside(&self, begun: &Begun, differences: &[Difference]) -> Result<(), RebuildError> {
        let waits = self.request.keep
            || begun.jobs.iter().any(|job| job.phase == Phase::Differing)
            || differences.iter().all(|difference| !difference.is_of_one_version());
        if waits {
            return self.enter(begun, Phase::Differing).await;
        }
        for job in &begun.jobs {
            clear(&self.rebuilds.databases, self.first, &job.id).await?;
        }
        Ok(())
    }

    /// To readers.
    pub(super) async fn show(&self, begun: &Begun, loaded_in: Duration) -> Result<(), RebuildError> {
        let Rebuilds { databases, settings, .. } = self.rebuilds;
        for job in &begun.jobs {
            let replaced = job.replaced();
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
            let rebuilt = self.rebuilt(&job.id, replaced.clone()).await?;
            let locked = swap.swap(Some(&begun.control)).await?;
            let done = Rebuilt { loaded_in, locked, ..rebuilt };
            begun.done.lock().unwrap_or_else(PoisonError::into_inner).push(done);
        }
        // What was not whole may be in use for a moment still; whoever comes next drops it, too.
        if let Err(error) = drop_ended(databases, self.first).await {
            tracing::warn!(%error, "generations can't be dropped now");
        }
        Ok(())
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
        let query = sqlx::query_scalar(query).bind(&id.projection).bind(id.version);
        let parked: i64 = query.bind(id.generation).fetch_one(connection).await?;
        tx.commit().await?;
        let events = super::book::places(&units).values().map(|place| place.position).sum();
        Ok(Rebuilt {
            id: id.clone(),
            replaced,
            events,
            rows: units.iter().map(|unit| unit.load.rows).sum(),
            left_out: units.iter().map(|unit| unit.load.left_out).sum(),
            parked: u64::try_from(parked).unwrap_or_default(),
            loaded_in: Duration::ZERO,
            locked: Duration::ZERO,
        })
    }
}
