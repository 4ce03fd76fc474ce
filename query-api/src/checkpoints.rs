//! How far the read models are, asked for once for everybody in this process who waits for an event: only while somebody does.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use tokio::sync::{Notify, watch};
use tokio::task::JoinSet;
use tokio::time::{Instant, sleep, timeout_at};
use xentri_ledger::{DatabaseError, Databases, Shard, WorkerTx};
use xentri_projections::standing::checkpoints_in_tx;

use crate::reads::Model;

/// What comes through workers of this machine is there some milliseconds after its commit.
const PAUSE: Duration = Duration::from_millis(2);
const AWAY: Duration = Duration::from_millis(100);

/// Epoch and position.
type Place = (u64, u64);
type Places = BTreeMap<(Shard, String, i32), Place>;

/// An event, and what has to have come to it.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Awaited<'a> {
    pub(crate) shard: Shard,
    pub(crate) place: Place,
    pub(crate) models: &'a [Model],
}

/// The tasks end with the value.
pub(crate) struct Checkpoints {
    databases: Vec<Arc<Watched>>,
    _asking: JoinSet<()>,
}

/// Of one database.
struct Watched {
    shards: Vec<Shard>,
    known: watch::Sender<Places>,
    waiting: AtomicUsize,
    wanted: Notify,
}

impl Checkpoints {
    /// Must be called within a Tokio runtime.
    pub(crate) fn new(databases: &Databases) -> Self {
        let mut asking = JoinSet::new();
        let watch = |database: &xentri_ledger::DatabaseShards| {
            let watched = Arc::new(Watched {
                shards: database.shards.clone(),
                known: watch::Sender::default(),
                waiting: AtomicUsize::new(0),
                wanted: Notify::new(),
            });
            asking.spawn(ask(databases.clone(), watched.clone()));
            watched
        };
        let databases = databases.shard_map().databases().iter().map(watch).collect();
        Self { databases, _asking: asking }
    }

    /// False where it takes longer than that.
    pub(crate) async fn passed(&self, awaited: Awaited<'_>, until: Instant) -> bool {
        let Some(watched) = self.databases.iter().find(|one| one.shards.contains(&awaited.shard)) else {
            return false;
        };
        let mut known = watched.known.subscribe();
        // What was passed once stays passed.
        if awaited.are_in(&known.borrow_and_update()) {
            return true;
        }
        let _waiting = watched.wait();
        let there = known.wait_for(|places| awaited.are_in(places));
        timeout_at(until, there).await.is_ok_and(|there| there.is_ok())
    }
}

impl Awaited<'_> {
    fn are_in(&self, places: &Places) -> bool {
        self.models.iter().all(|model| {
            let place = places.get(&(self.shard, model.name.to_owned(), model.version));
            place.is_some_and(|place| *place >= self.place)
        })
    }
}

/// Somebody who waits, for as long as the value lives.
struct Waiting<'a>(&'a Watched);

impl Watched {
    fn wait(&self) -> Waiting<'_> {
        self.waiting.fetch_add(1, Ordering::AcqRel);
        self.wanted.notify_one();
        Waiting(self)
    }
}

impl Drop for Waiting<'_> {
    fn drop(&mut self) {
        self.0.waiting.fetch_sub(1, Ordering::AcqRel);
    }
}

async fn ask(databases: Databases, watched: Arc<Watched>) {
    let Some(first) = watched.shards.first() else { return };
    loop {
        while watched.waiting.load(Ordering::Acquire) == 0 {
            watched.wanted.notified().await;
        }
        let pause = match read(&databases, *first).await {
            Ok(places) => {
                watched.known.send_replace(places);
                PAUSE
            }
            Err(error) => {
                tracing::warn!(%error, "checkpoints can't be read");
                AWAY
            }
        };
        sleep(pause).await;
    }
}

async fn read(databases: &Databases, first: Shard) -> Result<Places, DatabaseError> {
    // They are all in one database.
    let mut tx = WorkerTx::begin(databases, first, &[]).await?;
    let found = checkpoints_in_tx(&mut tx).await?;
    tx.commit().await?;
    let place = |one: xentri_projections::standing::Checkpoint| {
        ((one.shard, one.projection, one.version), (one.epoch, one.position))
    };
    Ok(found.into_iter().map(place).collect())
}
