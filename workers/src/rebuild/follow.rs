//! Until workers have brought a generation to where the live one is.

use std::sync::Arc;
use std::time::Duration;

use sqlx::Row as _;
use sqlx::postgres::PgConnection;
use tokio::task::JoinSet;
use tokio::time::{Instant, sleep};
use xentri_ledger::{Databases, Duty, KeyRing, Shard, WorkerTx, standing_in_tx};
use xentri_projections::kit::ReadModel;

use super::RebuildError;
use super::book::{Phase, named};
use super::job::Job;
use super::step::Step;
use crate::feed::{Feeds, Heads};
use crate::runtime::ShardWorker;

/// Feeds generations where nobody else does: beside a database whose server is stopped. Ends with the value.
pub(super) struct Feeding {
    _workers: JoinSet<()>,
}

impl Feeding {
    /// None where a process is at it. Two who do the same are one too many, and no danger.
    pub(super) async fn where_nobody_does(
        databases: &Databases,
        keys: &KeyRing,
        shards: &[Shard],
        models: &[Arc<dyn ReadModel>],
    ) -> Result<Option<Self>, RebuildError> {
        let Some(first) = shards.first() else { return Ok(None) };
        let mut tx = WorkerTx::begin(databases, *first, &[]).await?;
        let standing = standing_in_tx(&mut tx, Duty::Work).await?;
        tx.commit().await?;
        if standing.candidates > 0 {
            return Ok(None);
        }
        tracing::info!("no process keeps read models up to date; this one does until the rebuild has ended");
        let feeds = Arc::new(Feeds::new(databases.clone(), Heads::watch(databases), None));
        let mut feeding = JoinSet::new();
        for shard in shards {
            let worker =
                ShardWorker::new(databases.clone(), keys.clone(), *shard, models.to_vec(), feeds.clone());
            feeding.spawn(worker.run(std::future::pending()));
        }
        Ok(Some(Self { _workers: feeding }))
    }
}

/// How far a generation is in a shard.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Lag {
    shard: Shard,
    /// Events behind where it has to come to.
    events: u64,
    together: bool,
}

/// Where a generation has to be: at the place of the one that it replaces, or else where the ledger was a moment ago.
const LAGS: &str = "\
    select n.shard, greatest(coalesce(l.position, h.position, 0) - n.position, 0), \
           coalesce(l.epoch = n.epoch and l.position = n.position, coalesce(h.position, 0) <= n.position) \
      from projection_checkpoint n \
      left join projection_checkpoint l on l.projection = n.projection and l.version = n.version \
       and l.shard = n.shard and l.generation = $4 \
      left join unnest($5::int[], $6::bigint[]) h(shard, position) on h.shard = n.shard \
     where n.projection = $1 and n.version = $2 and n.generation = $3";

impl Step<'_> {
    /// Every job at the place of the live one, all shards seen in one moment.
    pub(super) async fn follow(
        &self,
        shard: Shard,
        jobs: &[Job],
        heads: &[(Shard, u64)],
    ) -> Result<(), RebuildError> {
        let (mut before, mut since) = (u64::MAX, Instant::now());
        loop {
            self.control.check()?;
            let mut lags = Vec::new();
            for job in jobs {
                lags.extend(self.lags(shard, job, heads).await?.into_iter().map(|lag| (job, lag)));
            }
            if lags.iter().all(|(_, lag)| lag.together) {
                return Ok(());
            }
            let left = lags.iter().map(|(_, lag)| lag.events).sum();
            self.progress.begin(Phase::Following, 0, left);
            if left < before {
                (before, since) = (left, Instant::now());
            }
            let late = lags
                .iter()
                .max_by_key(|(_, lag)| lag.events)
                .filter(|_| since.elapsed() > self.settings.patience);
            if let Some((job, lag)) = late {
                let minutes = self.settings.patience.as_secs() / 60;
                return Err(RebuildError::Behind { id: job.id.clone(), shard: lag.shard, minutes });
            }
            sleep(self.settings.refresh.min(Duration::from_millis(50))).await;
        }
    }

    /// As of now.
    pub(super) async fn are_together(
        &self,
        shard: Shard,
        jobs: &[Job],
        heads: &[(Shard, u64)],
    ) -> Result<bool, RebuildError> {
        for job in jobs {
            if !self.lags(shard, job, heads).await?.iter().all(|lag| lag.together) {
                return Ok(false);
            }
        }
        Ok(true)
    }

    async fn lags(&self, shard: Shard, job: &Job, heads: &[(Shard, u64)]) -> Result<Vec<Lag>, RebuildError> {
        let mut tx = WorkerTx::begin(self.databases, shard, &[]).await?;
        let lags = lags_in_tx(tx.connection(), job, heads).await?;
        tx.commit().await?;
        Ok(lags)
    }
}

async fn lags_in_tx(
    connection: &mut PgConnection,
    job: &Job,
    heads: &[(Shard, u64)],
) -> Result<Vec<Lag>, RebuildError> {
    let shards: Vec<i32> = heads.iter().map(|(shard, _)| shard.number()).collect();
    let positions: Vec<i64> =
        heads.iter().map(|(_, position)| i64::try_from(*position).unwrap_or(i64::MAX)).collect();
    let query = named(LAGS, &job.id).bind(job.replaces).bind(shards).bind(positions);
    let mut lags = Vec::new();
    for row in query.fetch_all(connection).await? {
        lags.push(Lag {
            shard: Shard::new(u16::try_from(row.try_get::<i32, _>(0)?).unwrap_or_default()),
            events: u64::try_from(row.try_get::<i64, _>(1)?).unwrap_or_default(),
            together: row.try_get(2)?,
        });
    }
    Ok(lags)
}
