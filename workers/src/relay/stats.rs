//! What the relay has done, for whoever watches it.

use std::collections::BTreeMap;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use xentri_ledger::Shard;

use crate::kafka::{KafkaFault, Standing};

/// The family of the one topic that has everything.
pub(super) const LOG: &str = "log";

/// Cheap to clone: all clones show the same.
#[derive(Debug, Clone, Default)]
pub struct RelayStats(Arc<Counters>);

#[derive(Debug, Default)]
struct Counters {
    sent: AtomicU64,
    acknowledged: AtomicU64,
    restarts: AtomicU64,
    faults: AtomicU64,
    lag: Mutex<BTreeMap<(Shard, &'static str), u64>>,
    refused: Mutex<BTreeMap<Shard, String>>,
    waiting: Mutex<BTreeMap<(Shard, String), String>>,
    away: Standing,
}

impl RelayStats {
    /// Messages handed to the producer, heartbeats and repeated ones too.
    pub fn sent(&self) -> u64 {
        self.0.sent.load(Ordering::Relaxed)
    }

    /// Messages that Kafka has.
    pub fn acknowledged(&self) -> u64 {
        self.0.acknowledged.load(Ordering::Relaxed)
    }

    /// How often a topic of a shard began again from its cursor, for whatever reason.
    pub fn restarts(&self) -> u64 {
        self.0.restarts.load(Ordering::Relaxed)
    }

    /// How often that was because of an error, Kafka's silence aside.
    pub fn faults(&self) -> u64 {
        self.0.faults.load(Ordering::Relaxed)
    }

    /// Of each shard that this relay leads: events that `xentri.log` has yet to get.
    pub fn lag(&self) -> BTreeMap<Shard, u64> {
        let all = locked(&self.0.lag);
        all.iter().filter(|((_, family), _)| *family == LOG).map(|((shard, _), lag)| (*shard, *lag)).collect()
    }

    /// Of each shard that this relay leads and each family of topics, `log` and the contexts: events that have yet to be
    /// sent, or passed over as another's.
    pub fn lags(&self) -> BTreeMap<(Shard, &'static str), u64> {
        locked(&self.0.lag).clone()
    }

    /// Shards that this relay leads and sends nothing of, and why.
    pub fn refused(&self) -> BTreeMap<Shard, String> {
        locked(&self.0.refused).clone()
    }

    /// Topics that get nothing of a shard for now, and why; the others go on.
    pub fn waiting(&self) -> BTreeMap<(Shard, String), String> {
        locked(&self.0.waiting).clone()
    }

    /// Why Kafka can't be reached now, when it can't.
    pub fn away(&self) -> Option<String> {
        self.0.away.told()
    }

    pub(super) fn count_sent(&self) {
        self.0.sent.fetch_add(1, Ordering::Relaxed);
    }

    pub(super) fn count_acknowledged(&self) {
        self.0.acknowledged.fetch_add(1, Ordering::Relaxed);
    }

    pub(super) fn count_restart(&self) {
        self.0.restarts.fetch_add(1, Ordering::Relaxed);
    }

    pub(super) fn count_fault(&self) {
        self.0.faults.fetch_add(1, Ordering::Relaxed);
    }

    pub(super) fn set_lag(&self, shard: Shard, family: &'static str, lag: u64) {
        locked(&self.0.lag).insert((shard, family), lag);
    }

    pub(super) fn refuse(&self, shard: Shard, why: String) {
        locked(&self.0.refused).insert(shard, why);
    }

    pub(super) fn accept(&self, shard: Shard) {
        locked(&self.0.refused).remove(&shard);
    }

    pub(super) fn hold_up(&self, shard: Shard, topic: &str, why: String) {
        locked(&self.0.waiting).insert((shard, topic.to_owned()), why);
    }

    pub(super) fn go_on(&self, shard: Shard, topic: &str) {
        locked(&self.0.waiting).remove(&(shard, topic.to_owned()));
    }

    /// Whether that is news.
    pub(super) fn set_away(&self, fault: &KafkaFault) -> bool {
        self.0.away.set(fault)
    }

    /// Whether that is news.
    pub(super) fn set_here(&self) -> bool {
        self.0.away.clear()
    }

    pub(super) fn leave(&self, shard: Shard) {
        locked(&self.0.lag).retain(|(of, _), _| *of != shard);
        locked(&self.0.waiting).retain(|(of, _), _| *of != shard);
        self.accept(shard);
    }
}

fn locked<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
