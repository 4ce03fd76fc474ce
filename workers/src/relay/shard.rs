//! Leading a shard: a line for each topic, and one place where their cursors are saved.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use rdkafka::error::{KafkaError, RDKafkaErrorCode};
use thiserror::Error;
use tokio::sync::watch;
use tokio::task::JoinSet;
use xentri_ledger::{DatabaseError, RelayTx, Shard, epochs_in_tx, shard_heads_in_tx};

use super::cursor::{Acknowledged, Cursor, load_cursors_in_tx, save_cursors_in_tx};
use super::line::{Line, Topic};
use super::pages::Pages;
use super::parts::Parts;
use super::settings::RelaySettings;
use super::start::{Ahead, History, Tail, start};
use super::stats::RelayStats;
use super::tail::{TopicFault, read_tails};
use crate::feed::Place;
use crate::kafka::KafkaFault;
use crate::leases::Stop;
use crate::trouble::Trouble;

/// Cursors are saved so often: what was sent since the last time is sent again after a crash.
const SAVE_EVERY: Duration = Duration::from_millis(250);
const LONGEST_PAUSE: Duration = Duration::from_secs(5);

/// A shard that this relay leads, as its lines see it.
pub(super) struct Led {
    pub(super) shard: Shard,
    pub(super) pages: Pages,
    pub(super) acknowledged: Acknowledged,
    parts: Arc<Parts>,
    head: watch::Receiver<Place>,
}

/// Why nothing can be sent yet.
#[derive(Debug, Error)]
pub(super) enum StartError {
    #[error(transparent)]
    Database(#[from] DatabaseError),
    #[error(transparent)]
    Topic(#[from] TopicFault),
    #[error(transparent)]
    Ahead(#[from] Ahead),
}

impl StartError {
    /// Kafka itself is away, which is said once for all.
    pub(super) fn outage(&self) -> Option<&KafkaFault> {
        match self {
            Self::Topic(fault) => fault.outage(),
            Self::Database(_) | Self::Ahead(_) => None,
        }
    }
}

/// Until told to stop. What was acknowledged by then is noted.
pub(super) async fn lead(parts: Arc<Parts>, shard: Shard, head: watch::Receiver<Place>, mut stop: Stop) {
    let _left = Leave { parts: Arc::clone(&parts), shard };
    let begun = tokio::select! {
        begun = begin(&parts, shard, head) => begun,
        () = stop.told() => return,
    };
    let (led, mut first) = begun;
    let mut lines = JoinSet::new();
    for topic in parts.topics.iter().cloned() {
        let first = first.remove(&topic.name);
        lines.spawn(Line { led: Arc::clone(&led), topic, stop: stop.clone() }.run(first));
    }
    tokio::select! {
        () = led.save_for_ever() => {}
        () = all_ended(&mut lines) => {}
    }
    if let Err(error) = led.save().await {
        tracing::warn!(%error, "what was sent last of shard {shard} is not noted, and will be sent again");
    }
}

/// However the lead ends, nothing is told of the shard any more.
struct Leave {
    parts: Arc<Parts>,
    shard: Shard,
}

impl Drop for Leave {
    fn drop(&mut self) {
        self.parts.stats.leave(self.shard);
    }
}

/// Lines end when they are told to. One that fails otherwise takes all of them with it, and the shard begins again.
async fn all_ended(lines: &mut JoinSet<()>) {
    while let Some(ended) = lines.join_next().await {
        if let Err(error) = ended {
            tracing::error!(%error, "a topic of a shard ended by a fault of the relay's own");
            return;
        }
    }
}

/// Nothing is sent of a shard whose ledger lacks what a topic has already: events would go out under numbers that are
/// taken. That can be told only when Kafka answers for the log.
async fn begin(
    parts: &Arc<Parts>,
    shard: Shard,
    head: watch::Receiver<Place>,
) -> (Arc<Led>, BTreeMap<String, Cursor>) {
    let mut trouble = Trouble::with(format!("relaying shard {shard}"), LONGEST_PAUSE);
    loop {
        match try_begin(parts, shard, head.clone()).await {
            Ok(begun) => {
                parts.stats.accept(shard);
                trouble.over();
                return begun;
            }
            Err(error) => {
                if let Some(fault) = error.outage() {
                    parts.kafka_is_away(fault);
                    trouble.quiet_pause().await;
                } else {
                    parts.stats.refuse(shard, error.to_string());
                    trouble.pause(&error).await;
                }
            }
        }
    }
}

async fn try_begin(
    parts: &Arc<Parts>,
    shard: Shard,
    head: watch::Receiver<Place>,
) -> Result<(Arc<Led>, BTreeMap<String, Cursor>), StartError> {
    let mut tx = RelayTx::begin(&parts.databases, shard).await?;
    let cursors = load_cursors_in_tx(&mut tx, shard).await?;
    tx.commit().await?;
    let pages = Pages::of(Arc::clone(parts), shard, head.clone());
    let acknowledged = Acknowledged::of(cursors);
    let led = Led { shard, pages, acknowledged, parts: Arc::clone(parts), head };
    let names = parts.topics.iter().map(|topic| topic.name.clone()).collect();
    let mut first = BTreeMap::new();
    for (topic, begin) in led.starts(names).await? {
        match begin {
            Ok(cursor) => {
                first.insert(topic.name.clone(), cursor);
            }
            // Its line waits for it, alone.
            Err(StartError::Topic(_)) if topic.context.is_some() => {}
            Err(error) => return Err(error),
        }
    }
    parts.kafka_is_here();
    Ok((Arc::new(led), first))
}

impl Led {
    pub(super) fn settings(&self) -> &RelaySettings {
        &self.parts.settings
    }

    pub(super) fn stats(&self) -> &RelayStats {
        &self.parts.stats
    }

    pub(super) fn kafka_is_away(&self, fault: &KafkaFault) {
        self.parts.kafka_is_away(fault);
    }

    pub(super) fn kafka_is_here(&self) {
        self.parts.kafka_is_here();
    }

    pub(super) fn is_behind(&self, sent: Cursor) -> bool {
        self.head.borrow().position > sent.read.position
    }

    pub(super) fn parts(&self) -> &Parts {
        &self.parts
    }

    /// Where a topic goes on.
    pub(super) async fn start(&self, topic: &str) -> Result<Cursor, StartError> {
        let mut starts = self.starts(vec![topic.to_owned()]).await?;
        let start = starts.pop().map(|(_, start)| start);
        start.unwrap_or_else(|| Ok(self.acknowledged.get(topic)))
    }

    /// The tails are read before the ledger: what arrives in between is no surprise then.
    async fn starts(
        &self,
        names: Vec<String>,
    ) -> Result<Vec<(&Topic, Result<Cursor, StartError>)>, DatabaseError> {
        let tails = self.tails(names.clone()).await;
        let history = self.history().await?;
        let one = |(name, tail): (&String, Result<Tail, TopicFault>)| {
            let topic = self.parts.topics.iter().find(|topic| topic.name == *name)?;
            let cursor = self.acknowledged.get(name);
            let begin = tail.map_err(StartError::from);
            Some((topic, begin.and_then(|tail| Ok(start(name, cursor, tail, &history)?))))
        };
        Ok(names.iter().zip(tails).filter_map(one).collect())
    }

    async fn history(&self) -> Result<History, DatabaseError> {
        let mut tx = RelayTx::begin(&self.parts.databases, self.shard).await?;
        let mut epochs = epochs_in_tx(&mut tx).await?;
        epochs.retain(|epoch| epoch.shard == self.shard);
        let heads = shard_heads_in_tx(&mut tx, &[self.shard]).await?;
        tx.commit().await?;
        let place = |head: &xentri_ledger::ShardHead| Place { epoch: head.epoch, position: head.position };
        Ok(History { head: heads.get(&self.shard).map(place).unwrap_or_default(), epochs })
    }

    /// That the topic can be sent to.
    pub(super) async fn check(&self, topic: &str) -> Result<(), TopicFault> {
        let checked = self.tails(vec![topic.to_owned()]).await.pop();
        checked.map_or(Ok(()), |tail| tail.map(|_| ()))
    }

    async fn tails(&self, topics: Vec<String>) -> Vec<Result<Tail, TopicFault>> {
        // Never closed.
        let _permit = self.parts.checks.acquire().await;
        let (kafka, shard, shards) = (self.parts.kafka.clone(), self.shard.number(), self.parts.shards);
        let names = topics.clone();
        let read = tokio::task::spawn_blocking(move || read_tails(&kafka, &topics, shard, shards)).await;
        read.unwrap_or_else(|_| {
            let error = KafkaFault::from(KafkaError::MetadataFetch(RDKafkaErrorCode::Fail));
            names.into_iter().map(|topic| Err(TopicFault::Kafka { topic, error: error.clone() })).collect()
        })
    }

    async fn save_for_ever(&self) {
        let mut trouble =
            Trouble::with(format!("noting what was sent of shard {}", self.shard), LONGEST_PAUSE);
        loop {
            tokio::time::sleep(SAVE_EVERY).await;
            self.tell_lags();
            match self.save().await {
                Ok(()) => trouble.over(),
                Err(error) => trouble.pause(&error).await,
            }
        }
    }

    fn tell_lags(&self) {
        let head = self.head.borrow().position;
        for topic in &self.parts.topics {
            let sent = self.acknowledged.get(&topic.name).read.position;
            self.stats().set_lag(self.shard, topic.family(), head.saturating_sub(sent));
        }
    }

    async fn save(&self) -> Result<(), DatabaseError> {
        let cursors = self.acknowledged.unsaved();
        if cursors.is_empty() {
            return Ok(());
        }
        let mut tx = RelayTx::begin(&self.parts.databases, self.shard).await?;
        save_cursors_in_tx(&mut tx, self.shard, &cursors).await?;
        tx.commit().await?;
        self.acknowledged.saved(&cursors);
        Ok(())
    }
}
