//! One run in one database, from wherever it stands to the swap.

use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use tokio::time::{Instant, sleep};
use xentri_ledger::{Shard, WorkerTx, shard_heads_in_tx};
use xentri_projections::kit::ReadModel;

use super::RebuildError;
use super::book::{Phase, RebuildEntry, Wish, enter_in_tx, entries_in_tx};
use super::clear::{clear, drop_ended};
use super::control::{Control, Pace};
use super::follow::{Feeding, Following};
use super::job::Job;
use super::load::Loading;
use super::lock::Lock;
use super::plan::Planning;
use super::progress::ProgressSender;
use super::rebuilds::{Rebuilds, Request};
use super::rebuilt::Rebuilt;
use super::seal::seal;
use crate::runtime::MemberId;

const FIRST_PAUSE: Duration = Duration::from_millis(200);
const LONGEST_PAUSE: Duration = Duration::from_secs(5);
/// How long a process that has just ended may still have the lock.
const PREDECESSOR: Duration = Duration::from_secs(2);

pub(super) struct Run<'a> {
    pub(super) rebuilds: &'a Rebuilds,
    /// Of one database.
    pub(super) shards: Vec<Shard>,
    pub(super) first: Shard,
    pub(super) request: &'a Request,
    pub(super) progress: &'a ProgressSender,
}

/// What a run goes by once it has begun.
pub(super) struct Begun {
    pub(super) jobs: Vec<Job>,
    pub(super) control: Control,
    /// What readers see by now.
    pub(super) done: Done,
}

type Done = Arc<Mutex<Vec<Rebuilt>>>;

/// What is known from one attempt to the next.
#[derive(Default)]
struct Known {
    /// It has had the lock.
    locked: bool,
    /// All that it makes, once that is begun: from then on nothing is begun, and what others want of it stays.
    begun: Option<Vec<MemberId>>,
    done: Done,
}

impl Known {
    fn is_shown(&self, name: &str) -> bool {
        let done = self.done.lock().unwrap_or_else(PoisonError::into_inner);
        done.iter().any(|one| one.id.projection == name)
    }
}

impl<'a> Run<'a> {
    pub(super) fn new(
        rebuilds: &'a Rebuilds,
        shards: Vec<Shard>,
        request: &'a Request,
        progress: &'a ProgressSender,
    ) -> Self {
        let first = shards.first().copied().unwrap_or(Shard::new(0));
        Self { rebuilds, shards, first, request, progress }
    }

    /// A database that is away is waited for, and then it goes on.
    pub(super) async fn run(&self, models: &[Arc<dyn ReadModel>]) -> Result<Vec<Rebuilt>, RebuildError> {
        let mut pause = FIRST_PAUSE;
        let mut known = Known::default();
        loop {
            let error = match self.go_on(models, &mut known).await {
                Ok(()) => {
                    let mut done = known.done.lock().unwrap_or_else(PoisonError::into_inner);
                    return Ok(std::mem::take(&mut *done));
                }
                Err(error) if error.is_transient() => error,
                // Its own lock of a moment ago: what is gone with a connection takes a while to be noticed.
                Err(error @ RebuildError::Running(_)) if known.locked => error,
                Err(error) => return Err(error),
            };
            tracing::warn!(%error, "a rebuild waits");
            self.progress.waits(&error.to_string());
            sleep(pause).await;
            pause = (pause * 2).min(LONGEST_PAUSE);
        }
    }

    async fn go_on(&self, models: &[Arc<dyn ReadModel>], known: &mut Known) -> Result<(), RebuildError> {
        let Rebuilds { databases, settings, .. } = self.rebuilds;
        let names: Vec<_> = models.iter().map(|model| model.name().to_owned()).collect();
        let _lock = Lock::take(databases, self.first, &names, PREDECESSOR).await?;
        known.locked = true;
        drop_ended(databases, self.first).await?;
        self.find_shown(known).await?;
        let again = known.begun.is_some();
        let planning = Planning { databases, shards: &self.shards, request: self.request, again };
        let mut jobs = Vec::new();
        for model in models.iter().filter(|model| !known.is_shown(model.name())) {
            jobs.extend(planning.plan(model).await?);
        }
        let ids = known.begun.get_or_insert_with(|| jobs.iter().map(|job| job.id.clone()).collect());
        let control = Control::watch(databases, self.first, names, settings.refresh);
        let begun = Begun { jobs, control, done: known.done.clone() };
        let worked = match self.cancelled(ids).await? {
            Some(name) => Err(RebuildError::Cancelled(name)),
            None => self.work(&begun).await,
        };
        match worked {
            Err(error @ RebuildError::Cancelled(_)) => {
                for job in &begun.jobs {
                    clear(databases, self.first, &job.id).await?;
                }
                Err(error)
            }
            other => other,
        }
    }

    /// What this process, or an earlier one for the same order, has swapped and did not come to tell.
    async fn find_shown(&self, known: &Known) -> Result<(), RebuildError> {
        let ours = |entry: &RebuildEntry| {
            let of_order = self.request.order.is_some() && entry.order == self.request.order;
            of_order || known.begun.iter().flatten().any(|id| *id == entry.id)
        };
        let mut tx = WorkerTx::begin(&self.rebuilds.databases, self.first, &[]).await?;
        let entries = entries_in_tx(tx.connection()).await?;
        tx.commit().await?;
        for entry in entries.into_iter().filter(ours) {
            let name = &entry.id.projection;
            if entry.phase == Phase::Cancelled && entry.wish == Wish::Cancel {
                return Err(RebuildError::Cancelled(name.clone()));
            }
            if entry.phase.was_shown() && !known.is_shown(name) {
                let shown = self.rebuilt(&entry.id, entry.replaced()).await?;
                known.done.lock().unwrap_or_else(PoisonError::into_inner).push(shown);
            }
        }
        Ok(())
    }

    /// Of these, one that somebody has cleared away while nobody was at it.
    async fn cancelled(&self, ids: &[MemberId]) -> Result<Option<String>, RebuildError> {
        let mut tx = WorkerTx::begin(&self.rebuilds.databases, self.first, &[]).await?;
        let entries = entries_in_tx(tx.connection()).await?;
        tx.commit().await?;
        let is = |entry: &RebuildEntry| entry.phase == Phase::Cancelled && ids.contains(&entry.id);
        Ok(entries.into_iter().find(is).map(|entry| entry.id.projection))
    }

    async fn work(&self, begun: &Begun) -> Result<(), RebuildError> {
        if begun.jobs.is_empty() {
            return Ok(());
        }
        let loaded_in = self.load(begun).await?;
        let Rebuilds { databases, keys, models, .. } = self.rebuilds;
        let _feeding = Feeding::where_nobody_does(databases, keys, &self.shards, models).await?;
        let heads = self.heads().await?;
        self.follow(begun, &heads).await?;
        self.judge(begun).await?;
        self.settle(begun, &heads).await?;
        self.show(begun, loaded_in).await
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
            keys,
            settings,
            control: &begun.control,
            progress: self.progress,
            pace: &Arc::new(Pace::of(settings.throttle)),
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

    fn following<'b>(&'b self, begun: &'b Begun) -> Following<'b> {
        let Rebuilds { databases, settings, .. } = self.rebuilds;
        Following { databases, settings, control: &begun.control, progress: self.progress }
    }

    async fn follow(&self, begun: &Begun, heads: &[(Shard, u64)]) -> Result<(), RebuildError> {
        self.following(begun).follow(self.first, &begun.jobs, heads).await?;
        self.enter(begun, Phase::Comparing).await
    }

    /// Until nobody reads any more as of before they were together.
    async fn settle(&self, begun: &Begun, heads: &[(Shard, u64)]) -> Result<(), RebuildError> {
        let settings = &self.rebuilds.settings;
        self.enter(begun, Phase::Settling).await?;
        let following = self.following(begun);
        let (begins, mut together_since) = (Instant::now(), Instant::now());
        loop {
            let left = settings.settle.saturating_sub(together_since.elapsed());
            self.progress.begin(Phase::Settling, 0, left.as_secs());
            if left.is_zero() {
                return Ok(());
            }
            begun.control.check()?;
            if !following.are_together(self.first, &begun.jobs, heads).await? {
                if begins.elapsed() > settings.patience + settings.settle {
                    return following.follow(self.first, &begun.jobs, heads).await;
                }
                together_since = Instant::now();
            }
            sleep(settings.refresh.min(left)).await;
        }
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
