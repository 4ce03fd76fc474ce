//! A run in all databases: begun in each before any is loaded, and judged in each before readers of any see something new.

use std::sync::Arc;

use tokio::time::{Instant, sleep};
use xentri_projections::kit::ReadModel;

use super::RebuildError;
use super::book::Phase;
use super::progress::ProgressSender;
use super::rebuilds::{Rebuilds, Request};
use super::rebuilt::Rebuilt;
use super::run::Run;

pub(super) struct Everywhere<'a> {
    rebuilds: &'a Rebuilds,
    request: &'a Request,
    progress: &'a ProgressSender,
    runs: Vec<Run<'a>>,
}

impl<'a> Everywhere<'a> {
    pub(super) fn new(
        rebuilds: &'a Rebuilds,
        models: &'a [Arc<dyn ReadModel>],
        request: &'a Request,
        progress: &'a ProgressSender,
    ) -> Self {
        let run = |shards| Run::new(rebuilds, shards, models, request, progress);
        let runs = rebuilds.database_shards().into_iter().map(run).collect();
        Self { rebuilds, request, progress, runs }
    }

    pub(super) async fn run(mut self) -> Result<Vec<Rebuilt>, RebuildError> {
        let worked = self.work().await;
        if let Err(RebuildError::Cancelled(_)) = &worked {
            for run in &mut self.runs {
                run.give_up(false).await?;
            }
        }
        let shown: Vec<_> = self.runs.into_iter().flat_map(Run::into_shown).collect();
        if worked.is_err() && !shown.is_empty() {
            let names: Vec<_> = shown.iter().map(|one| one.id.to_string()).collect();
            tracing::warn!(shown = names.join(", "), "readers see these already");
        }
        worked.map(|()| shown)
    }

    /// Whatever is interrupted by a database that is away is compared and judged once more.
    async fn work(&mut self) -> Result<(), RebuildError> {
        loop {
            for run in &mut self.runs {
                run.begin().await?;
            }
            for run in &mut self.runs {
                run.compare().await?;
            }
            if !self.runs.iter().any(Run::is_open) {
                return Ok(());
            }
            self.judge().await?;
            if self.settle().await? && self.show().await? {
                return Ok(());
            }
        }
    }

    /// An error where something is not as it has to be: then nothing is swapped, in whatever database.
    async fn judge(&mut self) -> Result<(), RebuildError> {
        if !self.runs.iter().any(Run::refuses) {
            return Ok(());
        }
        let differences: Vec<_> = self.runs.iter().flat_map(Run::differences).cloned().collect();
        // What differs from an older version waits for somebody to accept it; what should have been the same is dropped where
        // nobody wants to look at it.
        let keeps = self.request.keep
            || self.runs.iter().any(Run::was_kept)
            || differences.iter().all(|difference| !difference.is_of_one_version());
        for run in self.runs.iter_mut().filter(|run| run.is_open()) {
            run.give_up(keeps).await?;
        }
        Err(RebuildError::Differs(differences))
    }

    /// Until nobody reads any more as of before they were together. False after an interruption.
    async fn settle(&mut self) -> Result<bool, RebuildError> {
        let settings = &self.rebuilds.settings;
        for run in &mut self.runs {
            if !run.settle().await? {
                return Ok(false);
            }
        }
        let (begins, mut together_since) = (Instant::now(), Instant::now());
        loop {
            let left = settings.settle.saturating_sub(together_since.elapsed());
            self.progress.begin(Phase::Settling, 0, left.as_secs());
            if left.is_zero() {
                return Ok(true);
            }
            for run in &mut self.runs {
                let Some(together) = run.is_together().await? else { return Ok(false) };
                if together {
                    continue;
                }
                if begins.elapsed() > settings.patience + settings.settle && !run.follow().await? {
                    return Ok(false);
                }
                together_since = Instant::now();
            }
            sleep(settings.refresh.min(left)).await;
        }
    }

    /// To readers. False after an interruption.
    async fn show(&mut self) -> Result<bool, RebuildError> {
        for run in &mut self.runs {
            if !run.show().await? {
                return Ok(false);
            }
        }
        Ok(true)
    }
}
