//! The task that writes snapshots, and its queue.

use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};

use thiserror::Error;
use tokio::sync::{mpsc, oneshot};
use tokio::task::JoinHandle;
use xentri_domain::aggregate::Stream;
use xentri_domain::kernel::StreamId;

use super::write::{EncodeError, EncodedState, save_snapshot_in_tx};
use crate::database::{DatabaseError, Databases, Home, TenantTx};

#[derive(Debug, Clone)]
pub struct SnapshotSettings {
    /// A stream has a snapshot every so many events; none before.
    pub every: u32,
    /// So many may wait to be written; more are dropped.
    pub queue: usize,
}

impl Default for SnapshotSettings {
    fn default() -> Self {
        Self { every: 200, queue: 256 }
    }
}

/// Since the process began.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct SnapshotStats {
    pub written: u64,
    /// There was no room in the queue.
    pub dropped: u64,
    /// The database did not take it.
    pub failed: u64,
}

/// Cheap to clone; the last clone ends the task.
#[derive(Debug, Clone)]
pub struct Snapshots(Arc<Inner>);

#[derive(Debug)]
struct Inner {
    every: u32,
    queue: mpsc::Sender<Job>,
    task: Mutex<JoinHandle<()>>,
    counters: Arc<Counters>,
}

#[derive(Debug, Default)]
struct Counters {
    written: AtomicU64,
    dropped: AtomicU64,
    failed: AtomicU64,
}

type Encode = Box<dyn FnOnce() -> Result<EncodedState, EncodeError> + Send>;

enum Job {
    /// Encoded when its turn has come, not on the way of a command.
    Write(Home, Encode),
    /// Answered when everything before it is done.
    Settle(oneshot::Sender<()>),
}

impl Snapshots {
    /// Starts the task; must be called within a Tokio runtime.
    pub fn start(databases: Databases, settings: &SnapshotSettings) -> Self {
        let (queue, waiting) = mpsc::channel(settings.queue.max(1));
        let counters = Arc::new(Counters::default());
        let task = Mutex::new(tokio::spawn(write_all(databases, waiting, counters.clone())));
        Self(Arc::new(Inner { every: settings.every.max(1), queue, task, counters }))
    }

    /// Offers the state of a stream that has come from version `before` to `version`, folded from sealed events. It is written
    /// later, if one is due in between.
    pub fn offer<S: Stream>(&self, home: Home, id: StreamId, before: u32, version: u32, state: &Arc<S>) {
        if before / self.0.every >= version / self.0.every {
            return;
        }
        let state = state.clone();
        let job = Job::Write(home, Box::new(move || EncodedState::of(id, version, &*state)));
        if self.0.queue.try_send(job).is_err() {
            self.0.counters.dropped.fetch_add(1, Ordering::Relaxed);
        }
    }

    /// Returns when what was offered before is written or lost.
    pub async fn settle(&self) {
        let (answer, settled) = oneshot::channel();
        if self.0.queue.send(Job::Settle(answer)).await.is_ok() {
            // The task ends without an answer when it is stopped.
            let _stopped = settled.await;
        }
    }

    pub fn stats(&self) -> SnapshotStats {
        let Counters { written, dropped, failed } = &*self.0.counters;
        let read = |counter: &AtomicU64| counter.load(Ordering::Relaxed);
        SnapshotStats { written: read(written), dropped: read(dropped), failed: read(failed) }
    }

    /// Ends the task; what waits is lost.
    pub fn stop(&self) {
        self.0.task.lock().unwrap_or_else(PoisonError::into_inner).abort();
    }
}

async fn write_all(databases: Databases, mut waiting: mpsc::Receiver<Job>, counters: Arc<Counters>) {
    while let Some(job) = waiting.recv().await {
        match job {
            Job::Write(home, encode) => match write(&databases, home, encode).await {
                Ok(()) => {
                    counters.written.fetch_add(1, Ordering::Relaxed);
                }
                Err(error) => {
                    counters.failed.fetch_add(1, Ordering::Relaxed);
                    tracing::warn!(%error, org = %home.org(), "a snapshot is lost");
                }
            },
            Job::Settle(answer) => {
                let _gone = answer.send(());
            }
        }
    }
}

async fn write(databases: &Databases, home: Home, encode: Encode) -> Result<(), Lost> {
    let state = encode()?;
    let mut tx = TenantTx::write(databases, home).await?;
    save_snapshot_in_tx(&mut tx, &state).await?;
    Ok(tx.commit().await?)
}

#[derive(Debug, Error)]
enum Lost {
    #[error(transparent)]
    Encode(#[from] EncodeError),
    #[error(transparent)]
    Database(#[from] DatabaseError),
}
