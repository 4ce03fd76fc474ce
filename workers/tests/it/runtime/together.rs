//! Workers of several shards that commit what is little together.

use std::collections::BTreeMap;
use std::sync::Arc;

use futures_util::future::join_all;
use sqlx::Connection as _;
use tokio::task::JoinSet;
use xentri_domain::kernel::Principal;
use xentri_ledger::{Shard, StoredEvent};
use xentri_workers::feed::{Feeds, Heads};
use xentri_workers::runtime::{GroupCommit, RuntimeStatus, ShardWorker};

use super::support::{PATIENCE, World, first, place};
use super::tally::{TallyRow, counted, install, tallies};

const EVERY_SHARD: std::ops::Range<u16> = 0..8;

/// A worker on each shard. They end with the value.
struct Workers {
    status: RuntimeStatus,
    _running: JoinSet<()>,
}

impl Workers {
    fn start(world: &World) -> Self {
        let (databases, keys) = (world.ledger.databases(), world.ledger.keys());
        let group_commit = GroupCommit::start(databases, keys);
        let feeds = Arc::new(Feeds::new(databases.clone(), Heads::watch(databases), None));
        let status = RuntimeStatus::new();
        let mut running = JoinSet::new();
        for shard in EVERY_SHARD.map(Shard::new) {
            let models = vec![tallies()];
            let worker = ShardWorker::new(databases.clone(), keys.clone(), shard, models, feeds.clone())
                .with_status(status.clone())
                .with_group_commit(group_commit.clone());
            running.spawn(worker.run(std::future::pending()));
        }
        Self { status, _running: running }
    }

    async fn are_at(&self, ends: &BTreeMap<Shard, StoredEvent>) {
        let mut models = self.status.subscribe();
        let there = models.wait_for(|models| {
            let at = |shard: &Shard| models.get(&(*shard, first("tallies"))).map(|model| model.place);
            ends.iter().all(|(shard, last)| at(shard) == Some(place(last)))
        });
        let in_time = tokio::time::timeout(PATIENCE, there).await.is_ok();
        assert!(in_time, "they do not come to the ends: {:#?}", self.status.all());
    }
}

/// Owners of as many orgs as it takes to have some on this shard and on another one.
async fn owners_on_and_off(world: &World, shard: Shard) -> Vec<Principal> {
    let mut owners = Vec::new();
    loop {
        owners.extend(join_all((0..8).map(|_| world.owner())).await);
        let ends = world.ends().await;
        if ends.contains_key(&shard) && ends.len() > 1 {
            return owners;
        }
    }
}

async fn a_lead_each(world: &World, owners: &[Principal]) {
    join_all(owners.iter().map(|owner| world.lead(owner))).await;
}

/// While one transaction is under way, what comes in two other shards gathers. When that is, nobody can tell; but with all of
/// them busy it comes about, and then both checkpoints are written by one transaction.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_several_shards_have_at_one_moment_is_one_transaction() {
    let world = World::whole().await;
    install(&world).await;
    let owners = owners_on_and_off(&world, Shard::new(0)).await;
    let workers = Workers::start(&world);
    let shared = "select count(distinct xmin::text) < count(*) from projection_checkpoint \
         where projection = 'tallies' and position > 0";
    let comes_about = async {
        loop {
            a_lead_each(&world, &owners).await;
            workers.are_at(&world.ends().await).await;
            let mut admin = world.admin().await;
            if sqlx::query_scalar::<_, bool>(shared).fetch_one(&mut admin).await.unwrap() {
                return;
            }
        }
    };
    tokio::time::timeout(PATIENCE, comes_about).await.expect("two shards in one transaction");
    let all: Vec<_> = world.events_of_all().await;
    assert_eq!(world.rows::<TallyRow>(1, 1).await, counted(&all));
}

/// Whoever has locked a row of one shard makes its transactions wait, and those that it is in together with others. The others
/// go on without it, and it goes on when it is let go.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_shard_that_has_to_wait_holds_up_no_other() {
    let world = World::whole().await;
    install(&world).await;
    let locked = Shard::new(0);
    let owners = owners_on_and_off(&world, locked).await;
    let workers = Workers::start(&world);
    workers.are_at(&world.ends().await).await;
    let before = world.ends().await.remove(&locked).map(|last| place(&last)).unwrap();

    let mut admin = world.admin().await;
    let mut lock = admin.begin().await.unwrap();
    let statement = "select from projection_checkpoint where projection = 'tallies' and shard = 0 for update";
    sqlx::query(statement).execute(&mut *lock).await.unwrap();
    for _ in 0..3 {
        a_lead_each(&world, &owners).await;
        let mut others = world.ends().await;
        others.remove(&locked);
        workers.are_at(&others).await;
    }
    assert_eq!(workers.status.of(locked, &first("tallies")).unwrap().place, before);
    lock.rollback().await.unwrap();
    workers.are_at(&world.ends().await).await;
    assert_eq!(world.rows::<TallyRow>(1, 1).await, counted(&world.events_of_all().await));
}
