//! The cache of states, bounded in bytes.

use std::fmt;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use moka::future::Cache;
use xentri_domain::aggregate::{Stream, StreamRef};
use xentri_domain::kernel::{OrgId, StreamId};

use super::entry::Entry;
use super::fold::{Fold, LoadError, Loaded};
use crate::database::{Databases, Home, TenantTx};
use crate::read::Until;
use crate::snapshot::Snapshots;

#[derive(Debug, Clone)]
pub struct StateSettings {
    /// What all states together may take in memory, about.
    pub bytes: u64,
}

impl Default for StateSettings {
    fn default() -> Self {
        Self { bytes: 64 << 20 }
    }
}

/// Since the process began, and what there is now.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct StateStats {
    /// Transactions that read a stream.
    pub reads: u64,
    /// Events that they folded.
    pub events: u64,
    /// States in the cache.
    pub kept: u64,
    /// What they take in memory, about.
    pub bytes: u64,
}

/// Cheap to clone; clones share what they keep.
#[derive(Clone)]
pub struct States {
    databases: Databases,
    snapshots: Snapshots,
    kept: Cache<(OrgId, StreamRef), Arc<Entry>>,
    counters: Arc<Counters>,
}

#[derive(Default)]
struct Counters {
    reads: AtomicU64,
    events: AtomicU64,
}

impl States {
    pub fn new(databases: Databases, snapshots: Snapshots, settings: &StateSettings) -> Self {
        let kept = Cache::builder()
            .max_capacity(settings.bytes)
            .weigher(|_, entry: &Arc<Entry>| entry.weight())
            .build();
        Self { databases, snapshots, kept, counters: Arc::default() }
    }

    /// The state that is kept, or else the one in the ledger. All who ask for a stream at once wait for one read.
    pub async fn load<S: Stream>(&self, home: Home, id: StreamId) -> Result<Loaded<S>, LoadError> {
        let read = async {
            let loaded = self.read(home, id, None).await?;
            Ok(Arc::new(Entry::measured::<S>(loaded)))
        };
        let key = key::<S>(home, id);
        let entry = match self.kept.get(&key).await {
            Some(kept) => kept,
            // In a box: what is hot is kept, and need not carry a read's large future with it.
            None => {
                Box::pin(self.kept.try_get_with(key, read)).await.map_err(|e: Arc<LoadError>| (*e).clone())?
            }
        };
        match entry.loaded() {
            Some(loaded) => Ok(loaded),
            None => self.read(home, id, None).await,
        }
    }

    /// The state that is kept, without a read; it may be an old one.
    pub async fn cached<S: Stream>(&self, home: Home, id: StreamId) -> Option<Loaded<S>> {
        self.kept.get(&key::<S>(home, id)).await?.loaded()
    }

    /// The state as it is now: reads what is newer than what is kept.
    pub async fn reload<S: Stream>(&self, home: Home, id: StreamId) -> Result<Loaded<S>, LoadError> {
        let known = self.kept.get(&key::<S>(home, id)).await.and_then(|entry| entry.loaded::<S>());
        let before = known.as_ref().map(|known| known.version);
        let loaded = self.read(home, id, known).await?;
        if before != Some(loaded.version) {
            self.keep(key::<S>(home, id), Entry::measured(loaded.clone())).await;
        }
        Ok(loaded)
    }

    /// Keeps the state after an append that went on from version `before`. `bytes`: how long the bodies of its events are.
    pub async fn put<S: Stream>(
        &self,
        home: Home,
        id: StreamId,
        before: u32,
        loaded: Loaded<S>,
        bytes: usize,
    ) {
        self.snapshots.offer(home, id, before, loaded.version, &loaded.state);
        let key = key::<S>(home, id);
        // Of a new stream nothing is kept. Should somebody have read more of it meanwhile, the next append finds that out.
        let known = if before == 0 { None } else { self.kept.get(&key).await };
        let entry = match known {
            Some(known) if known.version >= loaded.version => return,
            Some(known) => known.grown(loaded, bytes),
            None => Entry::measured(loaded),
        };
        self.kept.insert(key, Arc::new(entry)).await;
    }

    pub async fn forget_stream<S: Stream>(&self, home: Home, id: StreamId) {
        self.kept.invalidate(&key::<S>(home, id)).await;
    }

    /// Forgets everything: after a restore to an earlier point, versions are given again.
    pub fn clear(&self) {
        self.kept.invalidate_all();
    }

    pub async fn stats(&self) -> StateStats {
        self.kept.run_pending_tasks().await;
        StateStats {
            reads: self.counters.reads.load(Ordering::Relaxed),
            events: self.counters.events.load(Ordering::Relaxed),
            kept: self.kept.entry_count(),
            bytes: self.kept.weighted_size(),
        }
    }

    /// A slow read does not take back what a faster one brought. Between the look and the insert it could, and then the
    /// append finds it out.
    async fn keep(&self, key: (OrgId, StreamRef), entry: Entry) {
        let known = self.kept.get(&key).await;
        if known.is_none_or(|known| known.version < entry.version) {
            self.kept.insert(key, Arc::new(entry)).await;
        }
    }

    async fn read<S: Stream>(
        &self,
        home: Home,
        id: StreamId,
        known: Option<Loaded<S>>,
    ) -> Result<Loaded<S>, LoadError> {
        let mut tx = TenantTx::read(&self.databases, home).await?;
        let fold = match known {
            Some(known) => {
                let mut fold = Fold::on(id, known);
                fold.read_on(&mut tx, Until::Head).await?;
                fold
            }
            None => Fold::read(&mut tx, id, Until::Head).await?,
        };
        tx.commit().await?;
        self.counters.reads.fetch_add(1, Ordering::Relaxed);
        self.counters.events.fetch_add(fold.events(), Ordering::Relaxed);
        let (base, loaded) = (fold.base(), fold.loaded());
        self.snapshots.offer(home, id, base, loaded.version, &loaded.state);
        Ok(loaded)
    }
}

fn key<S: Stream>(home: Home, id: StreamId) -> (OrgId, StreamRef) {
    (home.org(), StreamRef::of::<S>(id))
}

/// Shows no state.
impl fmt::Debug for States {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.debug_struct("States").field("kept", &self.kept.entry_count()).finish_non_exhaustive()
    }
}
