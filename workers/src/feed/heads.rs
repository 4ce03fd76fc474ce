//! Where every shard ends, asked for once for a whole process.
//!
//! Appends don't tell other processes (a notification would take a lock of the whole cluster at commit), so each
//! process asks each database: every millisecond while something happens, every 50 when nothing does. A relay lets a little
//! more come together. Whoever hears of events by a topic asks seldom: it has to learn that the topic lags, and no more.

use std::collections::BTreeMap;
use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use tokio::sync::{Notify, watch};
use tokio::task::JoinSet;
use xentri_ledger::{DatabaseError, Databases, Shard, ShardHead, WorkerTx, shard_heads_in_tx};

use super::Place;

const BUSY: Duration = Duration::from_millis(1);
const GATHERING: Duration = Duration::from_millis(3);
const SELDOM: Duration = Duration::from_millis(25);
const IDLE: Duration = Duration::from_millis(50);
const AWAY: Duration = Duration::from_secs(2);

/// Cheap to clone; the last clone ends the asking.
#[derive(Clone)]
pub struct Heads(Arc<Inner>);

struct Inner {
    known: Arc<Known>,
    /// Ends with this.
    _asking: JoinSet<()>,
}

struct Known {
    by_shard: BTreeMap<Shard, watch::Sender<Place>>,
    nudges: Vec<Notify>,
}

impl Heads {
    /// Must be called within a Tokio runtime. A database that is away keeps nobody from the others' heads.
    pub fn watch(databases: &Databases) -> Self {
        Self::watch_every(databases, BUSY)
    }

    /// For a process that does nothing but relay: what comes within a few milliseconds is read together.
    pub fn watch_gathering(databases: &Databases) -> Self {
        Self::watch_every(databases, GATHERING)
    }

    /// For a process whose feeds come from a topic.
    pub fn watch_seldom(databases: &Databases) -> Self {
        Self::watch_every(databases, SELDOM)
    }

    fn watch_every(databases: &Databases, busy: Duration) -> Self {
        let all = databases.shard_map().databases();
        let by_shard = databases.shard_map().shards().into_iter();
        let known = Arc::new(Known {
            by_shard: by_shard.map(|shard| (shard, watch::Sender::default())).collect(),
            nudges: all.iter().map(|_| Notify::new()).collect(),
        });
        let mut asking = JoinSet::new();
        for (place, database) in all.iter().enumerate() {
            if !database.shards.is_empty() {
                asking.spawn(ask(databases.clone(), database.shards.clone(), known.clone(), place, busy));
            }
        }
        Self(Arc::new(Inner { known, _asking: asking }))
    }

    /// For whoever has just appended in this process: nobody need wait for the next time of asking.
    pub fn nudge(&self) {
        for nudge in &self.0.known.nudges {
            nudge.notify_one();
        }
    }

    /// The place of the shard's last event, as of some moments ago: the default before the first answer, or when there
    /// is none. It never moves for a shard that the map does not have.
    pub fn of(&self, shard: Shard) -> watch::Receiver<Place> {
        let head = self.0.known.by_shard.get(&shard);
        head.map_or_else(|| watch::channel(Place::default()).1, watch::Sender::subscribe)
    }
}

async fn ask(databases: Databases, shards: Vec<Shard>, known: Arc<Known>, place: usize, busy: Duration) {
    let mut pause = busy;
    let mut away = false;
    loop {
        match read(&databases, &shards).await {
            Ok(heads) => {
                if std::mem::take(&mut away) {
                    tracing::info!(?shards, "the ledger's heads are known again");
                }
                let moved = known.tell(&shards, &heads);
                pause = if moved { busy } else { (pause * 2).min(IDLE) };
            }
            Err(error) => {
                if !std::mem::replace(&mut away, true) {
                    tracing::warn!(?shards, %error, "the ledger's heads are not known");
                }
                pause = (pause * 2).clamp(IDLE, AWAY);
            }
        }
        // Nudges shorten the pauses of quiet times. In busy ones they would make it ask without a pause.
        tokio::time::sleep(busy).await;
        tokio::select! {
            () = tokio::time::sleep(pause.saturating_sub(busy)) => {}
            () = known.nudges[place].notified() => pause = busy,
        }
    }
}

async fn read(databases: &Databases, shards: &[Shard]) -> Result<BTreeMap<Shard, ShardHead>, DatabaseError> {
    let Some(first) = shards.first() else { return Ok(BTreeMap::new()) };
    // They are all in one database.
    let mut tx = WorkerTx::begin(databases, *first, &[]).await?;
    let heads = shard_heads_in_tx(&mut tx, shards).await?;
    tx.commit().await?;
    Ok(heads)
}

impl Known {
    /// Wakes those whose shard has moved. One that was restored may have gone back.
    fn tell(&self, shards: &[Shard], heads: &BTreeMap<Shard, ShardHead>) -> bool {
        let mut moved = false;
        for shard in shards {
            let head = heads
                .get(shard)
                .map_or_else(Place::default, |head| Place { epoch: head.epoch, position: head.position });
            if let Some(told) = self.by_shard.get(shard) {
                moved |= told.send_if_modified(|known| std::mem::replace(known, head) != head);
            }
        }
        moved
    }
}

impl fmt::Debug for Heads {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let heads = self.0.known.by_shard.iter().map(|(shard, head)| (shard, *head.borrow()));
        formatter.debug_map().entries(heads).finish()
    }
}
