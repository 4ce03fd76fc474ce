//! Ways in which the events of one ledger may come to the read models.

use std::collections::{BTreeMap, VecDeque};
use std::sync::Arc;
use std::time::Duration;

use rand::RngExt as _;
use rand::rngs::StdRng;
use rand::seq::SliceRandom as _;
use sqlx::{AssertSqlSafe, Executor as _, PgConnection};
use tokio::task::JoinHandle;
use uuid::Uuid;
use xentri_ledger::{Ledger, PageLimit, Shard, StoredEvent, WorkerTx, read_shard_in_tx};
use xentri_projections::read_models;
use xentri_testkit::TestDb;
use xentri_workers::feed::{FeedError, Heads, LedgerFeed, LedgerFeedSettings, Place, TopicPlace};
use xentri_workers::runtime::{GroupCommit, OpenFeed, RuntimeSettings, RuntimeStatus, ShardWorker};

use super::history::SHARDS;
use crate::runtime::{Script, place};

const PATIENCE: Duration = Duration::from_mins(2);

/// From the ledger, in pages of any size.
pub(super) struct Pages {
    ledger: Ledger,
    heads: Heads,
    settings: LedgerFeedSettings,
}

impl OpenFeed for Pages {
    type Feed = LedgerFeed;

    async fn open(&self, shard: Shard, after: Place, _: Option<TopicPlace>) -> Result<LedgerFeed, FeedError> {
        Ok(LedgerFeed::open(self.ledger.databases(), shard, after, &self.heads, self.settings))
    }
}

/// Workers on every shard of a ledger. They end with the value.
pub(super) struct Working(Vec<(Shard, RuntimeStatus, JoinHandle<()>)>);

impl Working {
    /// So many on each shard at the same time: each event comes to all of them, and counts once.
    pub(super) fn in_pages(
        ledger: &Ledger,
        settings: LedgerFeedSettings,
        batch: usize,
        workers: usize,
    ) -> Self {
        let heads = Heads::watch(ledger.databases());
        let feed = || Pages { ledger: ledger.clone(), heads: heads.clone(), settings };
        let feeds = SHARDS.iter().flat_map(|shard| (0..workers).map(|_| (*shard, feed()))).collect();
        Self::start(ledger, feeds, batch)
    }

    /// In batches from one event to thousands; some begin again with what was given before.
    pub(super) async fn in_batches(ledger: &Ledger, random: &mut StdRng) -> Self {
        let mut feeds = Vec::new();
        for shard in SHARDS {
            let steps: Vec<_> = (0..500).map(|_| (any_size(random), again(random))).collect();
            feeds.push((shard, Script::new(&events(ledger, shard).await, &steps)));
        }
        Self::start(ledger, feeds, any_size(random))
    }

    fn start<O: OpenFeed>(ledger: &Ledger, feeds: Vec<(Shard, O)>, batch: usize) -> Self {
        let settings = RuntimeSettings { batch, ..RuntimeSettings::default() };
        let group_commit = GroupCommit::start(ledger.databases(), ledger.keys());
        let start = |(shard, feed): (Shard, O)| {
            let status = RuntimeStatus::new();
            let (databases, keys) = (ledger.databases().clone(), ledger.keys().clone());
            let worker = ShardWorker::new(databases, keys, shard, read_models(), Arc::new(feed))
                .with_settings(settings)
                .with_group_commit(group_commit.clone())
                .with_status(status.clone());
            (shard, status, tokio::spawn(worker.run(std::future::pending())))
        };
        Self(feeds.into_iter().map(start).collect())
    }

    /// Waits until all of them have everything, and ends them.
    pub(super) async fn finish(mut self, ledger: &Ledger) {
        for (shard, status, _) in &self.0 {
            let head = place(events(ledger, *shard).await.last().unwrap());
            let (all, mut models) = (read_models().len(), status.subscribe());
            let there = models.wait_for(|models| {
                models.values().filter(|model| model.place == head && model.parked == 0).count() == all
            });
            let in_time = tokio::time::timeout(PATIENCE, there).await.is_ok();
            assert!(in_time, "they do not come to {head:?}: {:#?}", status.all());
        }
        for (_, _, task) in self.0.drain(..) {
            task.abort();
            // Its transaction ends with it.
            let _aborted = task.await;
        }
    }
}

impl Drop for Working {
    fn drop(&mut self) {
        for (_, _, task) in &self.0 {
            task.abort();
        }
    }
}

async fn events(ledger: &Ledger, shard: Shard) -> Vec<StoredEvent> {
    let mut all: Vec<StoredEvent> = Vec::new();
    loop {
        let after = all.last().map_or(0, |event| event.position);
        let mut tx = WorkerTx::begin(ledger.databases(), shard, &[]).await.unwrap();
        let page = read_shard_in_tx(&mut tx, shard, after, None, PageLimit::default()).await.unwrap();
        tx.commit().await.unwrap();
        all.extend(page.events);
        if !page.more {
            return all;
        }
    }
}

/// As often a few as many, from one to thousands.
pub(super) fn any_size(random: &mut StdRng) -> usize {
    let most = 1 << random.random_range(0..13);
    random.random_range(1..=most)
}

fn again(random: &mut StdRng) -> usize {
    if random.random_ratio(1, 3) { any_size(random) } else { 0 }
}

/// Another database with the same ledger, of which nothing has been read yet.
pub(super) async fn unread(db: &TestDb) -> TestDb {
    let copy = db.copy().await;
    let mut admin = copy.connect_as_admin().await;
    let all = "select string_agg(format('%I.%I', schemaname, tablename), ', ') from pg_tables where schemaname = 'read'";
    let tables: String = sqlx::query_scalar(all).fetch_one(&mut admin).await.unwrap();
    let forget = format!("truncate {tables}; delete from projection_checkpoint");
    admin.execute(AssertSqlSafe(forget)).await.unwrap();
    copy
}

/// Gives every event of a shard another position, so that the orgs come in another order; that of each org stays.
pub(super) async fn mix(db: &TestDb, random: &mut StdRng) {
    let mut admin = db.connect_as_admin().await;
    for shard in SHARDS {
        mix_shard(&mut admin, shard, random).await;
    }
}

async fn mix_shard(admin: &mut PgConnection, shard: Shard, random: &mut StdRng) {
    let events: Vec<(Uuid, i64)> =
        sqlx::query_as("select org_id, position from event where shard = $1 order by position")
            .bind(shard.number())
            .fetch_all(&mut *admin)
            .await
            .unwrap();
    // The orgs' turns are shuffled, and each org takes its own in its order.
    let mut turns: Vec<Uuid> = events.iter().map(|(org, _)| *org).collect();
    turns.shuffle(random);
    let mut places = BTreeMap::<Uuid, VecDeque<i64>>::new();
    for (turn, (_, position)) in turns.into_iter().zip(&events) {
        places.entry(turn).or_default().push_back(*position);
    }
    let (from, to): (Vec<i64>, Vec<i64>) = events
        .iter()
        .map(|(org, position)| (*position, places.get_mut(org).unwrap().pop_front().unwrap()))
        .unzip();
    admin
        .execute("alter table event disable trigger event_never_changes; drop table if exists mixed")
        .await
        .unwrap();
    sqlx::query("create temp table mixed as select * from event where shard = $1")
        .bind(shard.number())
        .execute(&mut *admin)
        .await
        .unwrap();
    let move_all = "update mixed set position = moved.to_place \
                    from unnest($1::bigint[], $2::bigint[]) moved(from_place, to_place) where position = from_place";
    sqlx::query(move_all).bind(&from).bind(&to).execute(&mut *admin).await.unwrap();
    sqlx::query("delete from event where shard = $1")
        .bind(shard.number())
        .execute(&mut *admin)
        .await
        .unwrap();
    admin.execute("insert into event select * from mixed").await.unwrap();
}
