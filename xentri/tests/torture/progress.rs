//! How far read models, reactors and topics are behind the ledger.

use std::collections::VecDeque;
use std::time::{Duration, Instant};

use sqlx::PgPool;
use tokio::sync::watch;
use tokio::task::JoinHandle;
use tokio::time::sleep;

use crate::system::System;

/// Shards of a ledger that nobody has configured otherwise.
pub(crate) const SHARDS: i32 = 8;
pub(crate) const TOPICS: [&str; 7] = [
    "xentri.log",
    "xentri.core.v1",
    "xentri.strategy.v1",
    "xentri.sales.v1",
    "xentri.finance.v1",
    "xentri.brand.v1",
    "xentri.pulse.v1",
];

/// A backlog of many minutes is worked off in it, on a busy machine too.
const PATIENCE: Duration = Duration::from_mins(5);
const LOOK: Duration = Duration::from_millis(250);

/// Everything that has to keep up, and the last position of each shard: the ledger has one epoch here. A statement sees
/// one moment, so where all is level in it, nothing more comes but of clients and of time.
const PLACES: &str = "\
    with head as ( \
      select shard, coalesce((select position from event where event.shard = shards.shard \
                              order by position desc limit 1), 0) as position \
      from generate_series(0, $1 - 1) as shards(shard)), \
    read as ( \
      select shard, projection || ' v' || g.version || ' g' || generation as what, \
             coalesce((select position from projection_checkpoint c where c.projection = g.projection \
               and c.version = g.version and c.generation = g.generation and c.shard = head.shard), 0) as position \
      from head cross join projection_generation g where state = 'live' \
      union all \
      select shard, projection, position from projection_checkpoint \
      where projection not in (select projection from projection_generation)), \
    sent as ( \
      select shard, topic as what, \
             coalesce((select position from relay_cursor c where c.topic = topics.topic and c.shard = head.shard), 0) \
               as position \
      from head cross join unnest($2::text[]) as topics(topic)) \
    select shard, 'head', 'head', position from head \
    union all select shard, 'read', what, position from read \
    union all select shard, 'sent', what, position from sent";

/// Of one moment.
struct Places(Vec<(i32, String, String, i64)>);

impl Places {
    async fn look(admin: &PgPool) -> sqlx::Result<Self> {
        let query = sqlx::query_as(PLACES).bind(SHARDS).bind(TOPICS);
        Ok(Self(query.fetch_all(admin).await?))
    }

    /// By shard.
    fn heads(&self) -> Vec<i64> {
        self.least("head", i64::MAX)
    }

    fn least(&self, kind: &str, none: i64) -> Vec<i64> {
        let of_shard = |shard| self.0.iter().filter(move |place| place.0 == shard && place.1 == kind);
        let least = |shard| of_shard(shard).map(|place| place.3).min().unwrap_or(none);
        (0..SHARDS).map(least).collect()
    }

    /// Whatever is not where the ledger ends.
    fn behind(&self) -> Vec<String> {
        let heads = self.heads();
        let head = |shard: i32| heads[usize::try_from(shard).unwrap()];
        let behind = self.0.iter().filter(|place| place.3 != head(place.0));
        behind
            .map(|(shard, _, what, at)| format!("{what} of shard {shard}: {at} of {}", head(*shard)))
            .collect()
    }
}

/// Waits until all that follows the ledger is where it ends; how long that took.
pub(crate) async fn settled(system: &System) -> Duration {
    let began = Instant::now();
    loop {
        let behind = match Places::look(&system.admin).await {
            Ok(places) => places.behind(),
            Err(error) => vec![error.to_string()],
        };
        if behind.is_empty() {
            return began.elapsed();
        }
        let words = || system.last_words();
        assert!(began.elapsed() < PATIENCE, "still behind after {PATIENCE:?}: {behind:#?}\n{}", words());
        sleep(LOOK).await;
    }
}

/// The longest that an event was in the ledger before every read model, and every topic, had it.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct Lag {
    pub(crate) read: Duration,
    pub(crate) sent: Duration,
}

/// Looks now and then while all goes on.
pub(crate) struct Watch {
    task: JoinHandle<Lag>,
    stop: watch::Sender<bool>,
}

impl Watch {
    pub(crate) fn begin(system: &System) -> Self {
        let (stop, stopped) = watch::channel(false);
        Self { task: tokio::spawn(look_on(system.admin.clone(), stopped)), stop }
    }

    pub(crate) async fn end(self) -> Lag {
        self.stop.send_replace(true);
        self.task.await.unwrap()
    }
}

async fn look_on(admin: PgPool, stopped: watch::Receiver<bool>) -> Lag {
    let (mut read, mut sent) = (Marks::default(), Marks::default());
    while !*stopped.borrow() {
        // Without Postgres there is nothing new to be behind of.
        if let Ok(places) = Places::look(&admin).await {
            read.seen(places.heads(), &places.least("read", 0));
            sent.seen(places.heads(), &places.least("sent", 0));
        }
        sleep(LOOK).await;
    }
    Lag { read: read.longest, sent: sent.longest }
}

/// Heads that have not been reached, with when they were seen.
#[derive(Default)]
struct Marks {
    open: VecDeque<(Instant, Vec<i64>)>,
    longest: Duration,
}

impl Marks {
    fn seen(&mut self, heads: Vec<i64>, reached: &[i64]) {
        self.open.push_back((Instant::now(), heads));
        let is_reached = |heads: &[i64]| heads.iter().zip(reached).all(|(head, reached)| reached >= head);
        while let Some((at, _)) = self.open.front().filter(|(_, heads)| is_reached(heads)) {
            self.longest = self.longest.max(at.elapsed());
            self.open.pop_front();
        }
    }
}
