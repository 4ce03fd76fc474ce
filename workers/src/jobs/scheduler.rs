//! When jobs run: by one process for each shard, again and again.

use std::sync::Arc;
use std::time::Duration;

use futures_util::StreamExt as _;
use futures_util::stream;
use tokio::time::{Instant, MissedTickBehavior, interval};
use xentri_commands::{DispatchError, Dispatcher};
use xentri_domain::kernel::{OrgId, Timestamp};
use xentri_ledger::{
    Clearing, DatabaseError, Duty, Ledger, OrgEntry, RECEIPTS_KEPT, Shard, WorkerTx, clear_receipts,
};

use super::due::{Due, Job, OrgNow};
use super::mark_overdue::MarkOverdueJob;
use super::publish_timeout::PublishTimeout;
use crate::given::GivenStats;
use crate::leases::{LeaseStats, Leases, Stop};
use crate::rebuild::{Clerk, drop_ended};

/// As metrics have it.
const CLEARING: &str = "clear-receipts";
/// Of one transaction, which names them all.
const ORGS_AT_ONCE: u16 = 200;
/// Jobs are in no hurry, and leave the ledger to people.
const COMMANDS_AT_ONCE: usize = 8;

static JOBS: &[&dyn Job] = &[&MarkOverdueJob, &PublishTimeout];

#[derive(Debug, Clone)]
pub struct SchedulerSettings {
    /// How often what is due is looked for.
    pub every: Duration,
    /// How often old receipts are cleared away.
    pub clearing: Duration,
}

impl Default for SchedulerSettings {
    fn default() -> Self {
        Self { every: Duration::from_secs(30), clearing: Duration::from_hours(1) }
    }
}

/// Cheap to clone.
#[derive(Clone)]
pub struct Scheduler {
    ledger: Ledger,
    dispatcher: Dispatcher,
    settings: Arc<SchedulerSettings>,
    leases: Leases,
    stats: GivenStats,
    clerk: Option<Arc<Clerk>>,
}

/// What became of what was due.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Ticked {
    pub done: u64,
    /// It was not due any more: the read model was behind.
    pub refused: u64,
    /// It is due still.
    pub failed: u64,
}

impl Scheduler {
    pub fn new(ledger: Ledger, dispatcher: Dispatcher, settings: SchedulerSettings) -> Self {
        let leases = Leases::new(ledger.databases().clone(), Duty::Schedule);
        let stats = GivenStats::of(JOBS.iter().map(|job| job.name())).and(CLEARING);
        Self { ledger, dispatcher, settings: Arc::new(settings), leases, stats, clerk: None }
    }

    /// One that does what is ordered besides.
    #[must_use]
    pub fn with_clerk(self, clerk: Clerk) -> Self {
        Self { clerk: Some(Arc::new(clerk)), ..self }
    }

    pub fn leases(&self) -> LeaseStats {
        self.leases.stats()
    }

    pub fn stats(&self) -> GivenStats {
        self.stats.clone()
    }

    /// Does all of it in as many shards as are this process's part, `until` is done.
    pub async fn run(&self, until: impl Future<Output = ()>) {
        let scheduler = self.clone();
        let on_shard = move |shard: Shard, mut stop: Stop| {
            let scheduler = scheduler.clone();
            async move {
                tokio::select! {
                    () = scheduler.run_shard(shard) => {}
                    () = scheduler.clear(shard) => {}
                    () = scheduler.rebuild(shard) => {}
                    () = stop.told() => {}
                }
            }
        };
        self.leases.hold(on_shard, until).await;
    }

    /// Until it is dropped. Two processes that do so do everything once: the second finds what the first has recorded.
    async fn run_shard(&self, shard: Shard) {
        let mut ticks = interval(self.settings.every);
        ticks.set_missed_tick_behavior(MissedTickBehavior::Delay);
        loop {
            ticks.tick().await;
            match self.tick(shard).await {
                Ok(Ticked { done: 0, failed: 0, .. }) => {}
                Ok(ticked) => {
                    tracing::info!(%shard, done = ticked.done, failed = ticked.failed, "ran the jobs");
                }
                Err(error) => tracing::warn!(%shard, %error, "the jobs can't be run now"),
            }
        }
    }

    /// Whoever leads a database's first shard clears old receipts away, those of its other shards too, until it is dropped.
    async fn clear(&self, shard: Shard) {
        let databases = self.ledger.databases().shard_map().databases();
        if !databases.iter().any(|database| database.shards.first() == Some(&shard)) {
            return std::future::pending().await;
        }
        let mut ticks = interval(self.settings.clearing);
        ticks.set_missed_tick_behavior(MissedTickBehavior::Delay);
        loop {
            ticks.tick().await;
            let begun = Instant::now();
            match self.clear_once(shard).await {
                Ok(clearing) if clearing.removed > 0 => {
                    self.stats.ran(CLEARING);
                    let seconds = begun.elapsed().as_secs();
                    tracing::info!(removed = clearing.removed, seconds, "cleared old receipts");
                }
                Ok(_) => self.stats.ran(CLEARING),
                Err(error) => tracing::warn!(%error, "receipts can't be cleared now"),
            }
            self.drop_generations(shard).await;
        }
    }

    /// What is ordered, by whoever leads the shard that is for it.
    async fn rebuild(&self, shard: Shard) {
        match self.clerk.as_ref().filter(|clerk| clerk.shard() == shard) {
            Some(clerk) => clerk.work().await,
            None => std::future::pending().await,
        }
    }

    /// Those that readers can't be taken back to any more.
    async fn drop_generations(&self, shard: Shard) {
        match drop_ended(self.ledger.databases(), shard).await {
            Ok(dropped) => {
                for id in &dropped {
                    tracing::info!(generation = %id, "dropped a generation after its grace time");
                }
            }
            Err(error) => tracing::warn!(%error, "generations can't be dropped now"),
        }
    }

    async fn clear_once(&self, shard: Shard) -> Result<Clearing, DatabaseError> {
        let now = self.dispatcher.clock().now();
        let kept = i64::try_from(RECEIPTS_KEPT.as_micros()).unwrap_or(i64::MAX);
        let before = Timestamp::from_micros(now.as_micros().saturating_sub(kept)).unwrap_or(Timestamp::MIN);
        clear_receipts(self.ledger.databases(), shard, before, |_| ()).await
    }

    /// Everything that is due in a shard now.
    pub async fn tick(&self, shard: Shard) -> Result<Ticked, DatabaseError> {
        let mut ticked = Ticked::default();
        let mut after: Option<OrgId> = None;
        loop {
            let orgs = self.ledger.directory().of_shard(shard, after, ORGS_AT_ONCE).await?;
            let Some(last) = orgs.last() else {
                for job in JOBS {
                    self.stats.ran(job.name());
                }
                return Ok(ticked);
            };
            after = Some(last.home.org());
            let now = self.dispatcher.clock().now();
            let orgs: Vec<_> = orgs.iter().map(|entry| at(entry, now)).collect();
            for job in JOBS {
                ticked.add(self.do_all(*job, shard, &orgs).await?);
            }
        }
    }

    async fn do_all(&self, job: &dyn Job, shard: Shard, orgs: &[OrgNow]) -> Result<Ticked, DatabaseError> {
        let ids: Vec<_> = orgs.iter().map(|org| org.org).collect();
        let mut tx = WorkerTx::begin(self.ledger.databases(), shard, &ids).await?;
        let due = job.due(&mut tx, orgs).await?;
        tx.commit().await?;
        let done = stream::iter(due).map(|due| self.give(job.name(), due)).buffer_unordered(COMMANDS_AT_ONCE);
        Ok(done
            .fold(Ticked::default(), async |mut all, one| {
                all.add(one);
                all
            })
            .await)
    }

    async fn give(&self, job: &'static str, due: Due) -> Ticked {
        let given = match (due.principal(job), due.request(job)) {
            (Ok(principal), Ok(request)) => self.dispatcher.dispatch(&principal, request).await,
            (Err(error), _) | (_, Err(error)) => {
                tracing::error!(job, %error, "a job can't be given its command");
                Err(DispatchError::Internal)
            }
        };
        self.stats.gave(job, &given);
        match given {
            Ok(_) => Ticked { done: 1, ..Ticked::default() },
            Err(DispatchError::Refused(_)) => Ticked { refused: 1, ..Ticked::default() },
            Err(error) => {
                tracing::warn!(job, org = %due.org, stream = %due.stream, %error, "a job's command failed; it is due still");
                Ticked { failed: 1, ..Ticked::default() }
            }
        }
    }
}

fn at(entry: &OrgEntry, now: Timestamp) -> OrgNow {
    OrgNow { org: entry.home.org(), now, today: entry.settings.time_zone.local_date(now) }
}

impl Ticked {
    fn add(&mut self, other: Self) {
        self.done += other.done;
        self.refused += other.refused;
        self.failed += other.failed;
    }
}
