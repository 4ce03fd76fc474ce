//! Schedulers that share the work.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use tokio::task::JoinHandle;
use xentri_domain::kernel::{Clock, Timestamp};
use xentri_testkit::TestDb;
use xentri_workers::jobs::{Scheduler, SchedulerSettings};

use crate::runtime::support::World;

const PATIENCE: Duration = Duration::from_mins(2);
/// Between two looks.
const GLANCE: Duration = Duration::from_millis(10);

/// Counts how often it is looked at. Where no org is, only who clears receipts asks what time it is.
#[derive(Default)]
struct CountingClock(AtomicU64);

impl Clock for CountingClock {
    fn now(&self) -> Timestamp {
        self.0.fetch_add(1, Ordering::SeqCst);
        Timestamp::parse("2026-03-02T12:00:00Z").unwrap()
    }
}

/// A process of its own. Ends with the value.
struct Office {
    clock: Arc<CountingClock>,
    task: JoinHandle<()>,
}

impl Office {
    fn open(db: &TestDb) -> Self {
        let clock = Arc::new(CountingClock::default());
        let world = World::with(&db.server_url(), &db.admin_url(), clock.clone());
        let settings =
            SchedulerSettings { every: Duration::from_millis(5), clearing: Duration::from_millis(5) };
        let scheduler = Scheduler::new(world.ledger.clone(), world.dispatcher.clone(), settings);
        let task = tokio::spawn(async move {
            let _world = world;
            scheduler.run(std::future::pending()).await;
        });
        Self { clock, task }
    }

    fn cleared(&self) -> u64 {
        self.clock.0.load(Ordering::SeqCst)
    }
}

impl Drop for Office {
    fn drop(&mut self) {
        self.task.abort();
    }
}

async fn until(what: &str, so: impl Fn() -> bool) {
    let wait = async {
        while !so() {
            tokio::time::sleep(GLANCE).await;
        }
    };
    tokio::time::timeout(PATIENCE, wait).await.expect(what);
}

/// Whoever leads the shard clears, which is one of them; the other would be heard of long before the first has done it two
/// hundred times.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn of_two_schedulers_one_clears_old_receipts_and_the_other_when_that_one_is_gone() {
    let db = TestDb::new().await;
    let mut offices = [Office::open(&db), Office::open(&db)];
    until("one clears", || offices.iter().any(|office| office.cleared() > 200)).await;
    offices.sort_by_key(Office::cleared);
    let [other, leader] = offices;
    assert_eq!(other.cleared(), 0);
    drop(leader);
    until("the other clears", || other.cleared() > 0).await;
}
