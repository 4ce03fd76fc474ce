//! What was found; `--json` prints it as it is.

use std::collections::BTreeMap;

use serde::Serialize;
use xentri_ledger::Shard;
use xentri_projections::read_models;
use xentri_workers::feed::Place;
use xentri_workers::progress::Progress;

#[derive(Debug, Serialize)]
pub(super) struct Found {
    pub(super) databases: Vec<Base>,
    /// None where none is configured.
    pub(super) kafka: Option<Kafka>,
    pub(super) shards: Vec<ShardFound>,
}

#[derive(Debug, Serialize)]
pub(super) struct Base {
    pub(super) address: String,
    pub(super) shards: Vec<i32>,
    /// Why it can't be worked on.
    pub(super) fault: Option<String>,
}

#[derive(Debug, Serialize)]
pub(super) struct Kafka {
    pub(super) brokers: String,
    pub(super) topic_prefix: String,
    /// The topic with every event.
    pub(super) log: String,
    pub(super) fault: Option<String>,
}

/// Lags are events that are there and not yet done with.
#[derive(Debug, Serialize)]
pub(super) struct ShardFound {
    pub(super) shard: i32,
    pub(super) epoch: u64,
    pub(super) head: u64,
    /// Of the log; null without Kafka.
    pub(super) relay_lag: Option<u64>,
    /// By name, of the version that this program has.
    pub(super) read_models: BTreeMap<String, u64>,
    pub(super) reactors: BTreeMap<String, u64>,
    /// Events that can't be folded, and those that wait behind them.
    pub(super) parked: u64,
    pub(super) waiting: u64,
    /// What a process does for the shard now.
    pub(super) led: Vec<&'static str>,
}

impl ShardFound {
    pub(super) fn of(shard: Shard, progress: &Progress, log: Option<&str>) -> Self {
        let lag = |place: Place| progress.head.position.saturating_sub(place.position);
        let relayed = |log: &str| progress.relayed.get(log).copied().unwrap_or_default();
        let of_ours = |name: &str, version| {
            read_models().iter().any(|model| model.name() == name && model.version() == version)
        };
        let models = progress.read_models.iter().filter(|(id, _)| of_ours(&id.projection, id.version));
        Self {
            shard: shard.number(),
            epoch: progress.head.epoch,
            head: progress.head.position,
            relay_lag: log.map(|log| lag(relayed(log))),
            read_models: models.map(|(id, place)| (id.projection.clone(), lag(*place))).collect(),
            reactors: progress.reactors.iter().map(|(name, place)| (name.clone(), lag(*place))).collect(),
            parked: progress.parked.failed,
            waiting: progress.parked.waiting,
            led: progress.led.iter().map(|duty| duty.as_str()).collect(),
        }
    }
}
