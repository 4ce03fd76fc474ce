//! A run in one database, from wherever it stands to where it has been compared.

use std::sync::Arc;
use std::time::Duration;

use tokio::time::{Instant, sleep};
use xentri_ledger::{ScanConnections, Shard, WorkerTx, shard_heads_in_tx};
use xentri_projections::kit::ReadModel;

use super::RebuildError;
use super::book::{Phase, RebuildEntry, Wish, enter_in_tx, entries_in_tx};
use super::clear::drop_ended;
use super::compare::Difference;
use super::control::{Control, Pace};
use super::follow::Feeding;
use super::job::Job;
use super::load::{Loading, Memory};
use super::lock::Lock;
use super::plan::Planning;
use super::progress::ProgressSender;
use super::rebuilds::{Rebuilds, Request};
use super::rebuilt::Rebuilt;
use super::seal::seal;
use super::step::Step;
use crate::runtime::MemberId;

const FIRST_PAUSE: Duration = Duration::from_millis(200);
const LONGEST_PAUSE: Duration = Duration::from_secs(5);
/// Connections by which shards are read.
const SCANS: usize = 2;
/// How long a process that has just ended may still have the lock.
const PREDECESSOR: Duration = Duration::from_secs(2);

pub(super) struct Run<'a> {
    pub(super) rebuilds: &'a Rebuilds,
    /// Of one database.
    pub(super) shards: Vec<Shard>,
    pub(super) first: Shard,
    models: &'a [Arc<dyn ReadModel>],
    pub(super) request: &'a Request,
    pub(super) progress: &'a ProgressSender,
    pub(super) known: Known,
    pub(super) begun: Option<Begun>,
    pub(super) compared: Option<Compared>,
    pause: Duration,
}

/// What is known from one attempt to the next.
#[derive(Default)]
pub(super) struct Known {
    /// It has had the lock.
    locked: bool,
    /// All that it makes, once that is begun: from then on nothing is begun, and what others want of it stays.
    begun: Option<Vec<MemberId>>,
    /// Of those, what had been kept for somebody to see how it differs.
    pub(super) kept: Vec<MemberId>,
    /// Nothing is to come of it.
    pub(super) given_up: bool,
    /// What readers see by now.
    pub(super) shown: Vec<Rebuilt>,
}

/// What an attempt goes by. Nobody else is at it as long as it lives.
pub(super) struct Begun {
    /// What readers do not see yet.
    pub(super) jobs: Vec<Job>,
    pub(super) control: Control,
    _lock: Lock,
}

/// What was made stands beside the live one, and is fed as long as this lives.
pub(super) struct Compared {
    pub(super) differences: Vec<Difference>,
    heads: Vec<(Shard, u64)>,
    pub(super) loaded_in: Duration,
    _feeding: Option<Feeding>,
}

impl<'a> Run<'a> {
    pub(super) fn new(
        rebuilds: &'a Rebuilds,
        shards: Vec<Shard>,
        models: &'a [Arc<dyn ReadModel>],
        request: &'a Request,
        progress: &'a ProgressSender,
    ) -> Self {
        let first = shards.first().copied().unwrap_or(Shard::new(0));
        let (known, pause) = (Known::default(), FIRST_PAUSE);
        Self { rebuilds, shards, first, models, request, progress, known, begun: None, compared: None, pause }
    }

    /// A database that is away is waited for, here as in all that follows.
    pub(super) async fn begin(&mut self) -> Result<(), RebuildError> {
        while self.begun.is_none() {
            let begun = self.try_begin().await;
            self.begun = self.or_wait(begun).await?;
        }
        Ok(())
    }

    pub(super) async fn compare(&mut self) -> Result<(), RebuildError> {
        while self.compared.is_none() {
            self.begin().await?;
            let Some(begun) = &self.begun else { continue };
            let compared = self.try_compare(begun).await;
            self.compared = self.or_wait(compared).await?;
        }
        Ok(())
    }

    /// None where it has to begin again, some time after a database went away.
    pub(super) async fn or_wait<T>(
        &mut self,
        done: Result<T, RebuildError>,
    ) -> Result<Option<T>, RebuildError> {
        let error = match done {
            Ok(done) => return Ok(Some(done)),
            Err(error) if error.is_transient() => error,
            // Its own lock of a moment ago: what is gone with a connection takes a while to be noticed.
            Err(error @ RebuildError::Running(_)) if self.known.locked => error,
            Err(error) => return Err(error),
        };
        (self.begun, self.compared) = (None, None);
        tracing::warn!(%error, "a rebuild waits");
        self.progress.waits(&error.to_string());
        sleep(self.pause).await;
        self.pause = (self.pause * 2).min(LONGEST_PAUSE);
        Ok(None)
    }

    async fn try_begin(&mut self) -> Result<Begun, RebuildError> {
        let Rebuilds { databases, settings, .. } = self.rebuilds;
        let names: Vec<_> = self.models.iter().map(|model| model.name().to_owned()).collect();
        let lock = Lock::take(databases, self.first, &names, PREDECESSOR).await?;
        self.known.locked = true;
        drop_ended(databases, self.first).await?;
        self.find_shown().await?;
        let again = self.known.begun.is_some() || self.known.given_up;
        let planning = Planning { databases, shards: &self.shards, request: self.request, again };
        let mut jobs = Vec::new();
        for model in self.models.iter().filter(|model| !self.known.is_shown(model.name())) {
            jobs.extend(planning.plan(model).await?);
        }
        if self.known.begun.is_none() {
            let kept = jobs.iter().filter(|job| job.was_kept(self.request));
            self.known.kept = kept.map(|job| job.id.clone()).collect();
            self.known.begun = Some(jobs.iter().map(|job| job.id.clone()).collect());
        }
        let control = Control::watch(databases, self.first, names, settings.refresh);
        Ok(Begun { jobs, control, _lock: lock })
    }

    /// What this process, or an earlier one for the same order, has swapped and did not come to tell. An error where somebody has
    /// cleared it away while nobody was at it.
    async fn find_shown(&mut self) -> Result<(), RebuildError> {
        let mut tx = WorkerTx::begin(&self.rebuilds.databases, self.first, &[]).await?;
        let entries = entries_in_tx(tx.connection()).await?;
        tx.commit().await?;
        for entry in entries {
            let name = &entry.id.projection;
            let (began, ordered) = (self.known.began(&entry.id), self.is_ordered(&entry));
            if entry.phase == Phase::Cancelled && !self.known.given_up {
                // One that was ordered may also have been dropped because it differed.
                if began || ordered && entry.wish == Wish::Cancel {
                    return Err(RebuildError::Cancelled(name.clone()));
                }
            }
            if (began || ordered) && entry.phase.was_shown() && !self.known.is_shown(name) {
                let shown = self.rebuilt(&entry.id, entry.replaced()).await?;
                self.known.shown.push(shown);
            }
        }
        Ok(())
    }

    fn is_ordered(&self, entry: &RebuildEntry) -> bool {
        entry.order.is_some() && entry.order == self.request.order
    }

    async fn try_compare(&self, begun: &Begun) -> Result<Compared, RebuildError> {
        if begun.jobs.is_empty() {
            let (differences, heads) = (Vec::new(), Vec::new());
            return Ok(Compared { differences, heads, loaded_in: Duration::ZERO, _feeding: None });
        }
        let loaded_in = self.load(begun).await?;
        let Rebuilds { databases, keys, models, .. } = self.rebuilds;
        let feeding = Feeding::where_nobody_does(databases, keys, &self.shards, models).await?;
        let heads = self.heads().await?;
        self.step(begun).follow(self.first, &begun.jobs, &heads).await?;
        self.enter(begun, Phase::Comparing).await?;
        let mut differences = Vec::new();
        for job in &begun.jobs {
            differences.extend(self.difference(begun, job).await?);
        }
        Ok(Compared { differences, heads, loaded_in, _feeding: feeding })
    }

    /// How long it took.
    async fn load(&self, begun: &Begun) -> Result<Duration, RebuildError> {
        let Rebuilds { databases, keys, settings, .. } = self.rebuilds;
        let jobs: Vec<Job> = begun.jobs.iter().filter(|job| job.phase == Phase::Loading).cloned().collect();
        if jobs.is_empty() {
            return Ok(Duration::ZERO);
        }
        let begins = Instant::now();
        let loading = Loading {
            databases,
            scans: &ScanConnections::new(databases, self.first, SCANS)?,
            keys,
            settings,
            control: &begun.control,
            progress: self.progress,
            pace: &Arc::new(Pace::of(settings.throttle)),
            memory: &Memory::of(settings.memory),
        };
        loading.load(&self.shards, &jobs).await?;
        for job in &jobs {
            begun.control.check()?;
            seal(databases, self.first, job).await?;
        }
        Ok(begins.elapsed())
    }

    async fn heads(&self) -> Result<Vec<(Shard, u64)>, RebuildError> {
        let mut tx = WorkerTx::begin(&self.rebuilds.databases, self.first, &[]).await?;
        let heads = shard_heads_in_tx(&mut tx, &self.shards).await?;
        tx.commit().await?;
        Ok(heads.into_iter().map(|(shard, head)| (shard, head.position)).collect())
    }

    pub(super) fn step<'b>(&'b self, begun: &'b Begun) -> Step<'b> {
        let Rebuilds { databases, settings, .. } = self.rebuilds;
        Step { databases, settings, control: &begun.control, progress: self.progress }
    }

    /// As of now; none after an interruption.
    pub(super) async fn is_together(&mut self) -> Result<Option<bool>, RebuildError> {
        let Some((begun, compared)) = self.standing() else { return Ok(None) };
        begun.control.check()?;
        let step = self.step(begun);
        let together = step.are_together(self.first, &begun.jobs, &compared.heads).await;
        self.or_wait(together).await
    }

    /// Until they are together. False after an interruption.
    pub(super) async fn follow(&mut self) -> Result<bool, RebuildError> {
        let Some((begun, compared)) = self.standing() else { return Ok(false) };
        let followed = self.step(begun).follow(self.first, &begun.jobs, &compared.heads).await;
        Ok(self.or_wait(followed).await?.is_some())
    }

    /// What was compared is to be shown. False after an interruption.
    pub(super) async fn settle(&mut self) -> Result<bool, RebuildError> {
        let Some((begun, _)) = self.standing() else { return Ok(false) };
        let entered = self.enter(begun, Phase::Settling).await;
        Ok(self.or_wait(entered).await?.is_some())
    }

    pub(super) fn standing(&self) -> Option<(&Begun, &Compared)> {
        self.begun.as_ref().zip(self.compared.as_ref())
    }

    pub(super) async fn enter(&self, begun: &Begun, phase: Phase) -> Result<(), RebuildError> {
        let mut tx = WorkerTx::begin(&self.rebuilds.databases, self.first, &[]).await?;
        for job in &begun.jobs {
            enter_in_tx(tx.connection(), &job.id, phase).await?;
        }
        tx.commit().await?;
        Ok(())
    }
}

impl Known {
    fn began(&self, id: &MemberId) -> bool {
        self.begun.iter().flatten().any(|begun| begun == id)
    }

    fn is_shown(&self, name: &str) -> bool {
        self.shown.iter().any(|one| one.id.projection == name)
    }
}
