//! More than can be appended, and the end of a process that has much to do.

use std::time::Duration;

use tokio::task::JoinHandle;
use uuid::Uuid;
use xentri_domain::kernel::EventId;
use xentri_ledger::{
    AppendError, Appended, BatchLimits, Chain, EventRecord, Home, LedgerSettings, Outcome, QueueLimits,
};

use super::checks::{HeldShard, assert_sound, until};
use crate::support::{Lead, World, created};

type Answer = Result<Outcome, AppendError>;

/// A world whose appender has sent a call that waits for a lock: what is sent now waits in the queue.
struct Jam {
    world: World,
    home: Home,
    /// Two other orgs.
    others: [Home; 2],
    lock: HeldShard,
    first: JoinHandle<Answer>,
}

impl Jam {
    async fn new(change: impl FnOnce(&mut LedgerSettings)) -> Self {
        let mut settings = LedgerSettings::default();
        // One for all shards, so that all orgs meet.
        settings.append.appenders = 1;
        change(&mut settings);
        let world = World::with(&settings).await;
        let (home, others) = (world.org().await, [world.org().await, world.org().await]);
        let mut lock = HeldShard::take(&world.db, home.shard()).await;
        let lead = Lead::new(home);
        let first = send(&world, lead.chain(0, vec![created(&lead)]));
        lock.waited_for_by(1).await;
        Self { world, home, others, lock, first }
    }

    /// Sends so many chains, each on a stream of its own, and returns when they wait.
    async fn crowd(&self, count: usize, body: &str) -> Vec<JoinHandle<Answer>> {
        let before = self.world.ledger.appenders().waiting();
        let crowd = (0..count).map(|_| send(&self.world, chain(self.home, body))).collect();
        self.waiting(before + count).await;
        crowd
    }

    async fn waiting(&self, count: usize) {
        until("all wait", async || self.world.ledger.appenders().waiting() == count).await;
    }

    async fn release(self) -> World {
        self.lock.release().await;
        assert!(matches!(self.first.await.unwrap(), Ok(Outcome::Appended(_))));
        self.world
    }
}

fn chain(home: Home, body: &str) -> Chain {
    let lead = Lead::new(home);
    let id = EventId::try_from(Uuid::now_v7()).unwrap();
    let event = EventRecord::from_body(id, "xentri.lead.created.v1", lead.stream(), body.to_owned()).unwrap();
    lead.chain(0, vec![event])
}

fn send(world: &World, chain: Chain) -> JoinHandle<Answer> {
    let ledger = world.ledger.clone();
    tokio::spawn(async move { ledger.appenders().append(chain).await })
}

async fn all_appended(crowd: Vec<JoinHandle<Answer>>) {
    for answer in crowd {
        let answer = answer.await.unwrap();
        assert!(matches!(answer, Ok(Outcome::Appended(_))), "{answer:?}");
    }
}

async fn recorded_at(answer: JoinHandle<Answer>) -> Appended {
    let answer = answer.await.unwrap();
    let Ok(Outcome::Appended(appended)) = answer else { panic!("{answer:?}") };
    appended[0]
}

/// Nothing leaves the queue while the lock is held, so what fits is known exactly; ten thousand more find no room.
#[tokio::test]
async fn a_full_queue_refuses_at_once_and_grows_no_more() {
    let jam = Jam::new(|settings| settings.append.queue = QueueLimits { commands: 100, ..queue() }).await;
    let crowd = jam.crowd(100, "{}").await;
    for _ in 0..10_000 {
        let refused = jam.world.ledger.appenders().append(chain(jam.home, "{}")).await;
        assert!(matches!(refused, Err(AppendError::Overloaded)), "{refused:?}");
    }
    assert_eq!(jam.world.ledger.appenders().waiting(), 100);
    let home = jam.home;
    let world = jam.release().await;
    all_appended(crowd).await;
    assert!(matches!(world.append(chain(home, "{}")).await, Outcome::Appended(_)));
}

/// The bounds in bytes and of one org hold as well.
#[tokio::test]
async fn a_queue_is_bounded_in_bytes_and_for_each_org() {
    let full = |queue: QueueLimits| async {
        let jam = Jam::new(|settings| settings.append.queue = queue).await;
        let crowd = jam.crowd(10, &"x".repeat(1000)).await;
        let refused = jam.world.ledger.appenders().append(chain(jam.home, &"x".repeat(1000))).await;
        assert!(matches!(refused, Err(AppendError::Overloaded)), "{refused:?}");
        let _world = jam.release().await;
        all_appended(crowd).await;
    };
    full(QueueLimits { bytes: 15_000, ..queue() }).await;
    full(QueueLimits { of_one_org: 10, ..queue() }).await;
}

fn queue() -> QueueLimits {
    LedgerSettings::default().append.queue
}

/// 1999 chains of one org wait, then one of another org. Batches hold 500: the one must be in the first, and all together
/// must not take more than four, for what the other org leaves of its share is the crowd's.
#[tokio::test]
async fn a_crowd_of_one_org_neither_delays_another_nor_wastes_room() {
    let jam = Jam::new(|settings| settings.append.batch.commands = 500).await;
    let crowd = jam.crowd(1999, "{}").await;
    let one = send(&jam.world, chain(jam.others[0], "{}"));
    jam.waiting(2000).await;
    let before = jam.world.ledger.appenders().stats().calls;
    let world = jam.release().await;
    let one = recorded_at(one).await;
    all_appended(crowd).await;
    let calls = world.ledger.appenders().stats().calls - before;
    assert_eq!(calls, 4, "500 at a time");
    let before = "select count(*) from event where recorded_at < $1::timestamptz and stream_type = 'lead'";
    let before: i64 = sqlx::query_scalar(before)
        .bind(one.recorded_at.to_string())
        .fetch_one(&mut world.db.connect_as_admin().await)
        .await
        .unwrap();
    // The one that jammed the queue, and at most the others of its own call.
    assert!(before <= 1 + 499, "{before} came before it");
}

/// Large bodies fill a batch long before the commands do. Whoever found it full comes first in the next, so even an org
/// that always has more than fits can't keep another out.
#[tokio::test]
async fn large_bodies_of_one_org_do_not_keep_another_out() {
    let jam = Jam::new(|settings| settings.append.batch.bytes = 400 << 10).await;
    let crowd = jam.crowd(40, &"x".repeat(100 << 10)).await;
    let one = send(&jam.world, chain(jam.others[0], &"x".repeat(100 << 10)));
    jam.waiting(41).await;
    let world = jam.release().await;
    let one = recorded_at(one).await;
    all_appended(crowd).await;
    let later: i64 = sqlx::query_scalar("select count(*) from event where recorded_at > $1::timestamptz")
        .bind(one.recorded_at.to_string())
        .fetch_one(&mut world.db.connect_as_admin().await)
        .await
        .unwrap();
    assert!(later >= 30, "only {later} came after it");
}

/// 200 chains wait when the ledger is told to close. It answers each of them with what became of it before it returns, and
/// takes no more from the moment it was told.
#[tokio::test]
async fn closing_appends_what_waits_and_takes_no_more() {
    let jam = Jam::new(|_| {}).await;
    let crowd = jam.crowd(200, "{}").await;
    let closing = tokio::spawn({
        let ledger = jam.world.ledger.clone();
        async move { ledger.close().await }
    });
    until("closed to others", async || {
        let answer =
            tokio::time::timeout(Duration::ZERO, jam.world.ledger.appenders().append(chain(jam.home, "{}")));
        matches!(answer.await, Ok(Err(AppendError::Closed)))
    })
    .await;
    let world = jam.release().await;
    closing.await.unwrap();
    assert!(crowd.iter().all(JoinHandle::is_finished));
    all_appended(crowd).await;
    let mut admin = world.db.connect_as_admin().await;
    let events: i64 = sqlx::query_scalar("select count(*) from event").fetch_one(&mut admin).await.unwrap();
    assert_eq!(events, 3 + 1 + 200);
    assert_sound(&mut admin).await;
}

/// Callers who stop waiting while their chains are in the queue: nothing of them was sent, so nothing is appended. A third
/// org's chain waits behind, beyond what a batch looks at, and needs no new arrival to be seen.
#[tokio::test]
async fn what_nobody_waits_for_any_more_is_not_sent() {
    let limits = BatchLimits { orgs: 1, ..LedgerSettings::default().append.batch };
    let jam = Jam::new(|settings| settings.append.batch = limits).await;
    let mut crowd = jam.crowd(20, "{}").await;
    crowd.push(send(&jam.world, chain(jam.others[0], "{}")));
    jam.waiting(21).await;
    let one = send(&jam.world, chain(jam.others[1], "{}"));
    jam.waiting(22).await;
    for gone in crowd {
        gone.abort();
        assert!(gone.await.unwrap_err().is_cancelled());
    }
    let world = jam.release().await;
    assert!(matches!(one.await.unwrap(), Ok(Outcome::Appended(_))));
    let events: i64 = sqlx::query_scalar("select count(*) from event where stream_type = 'lead'")
        .fetch_one(&mut world.db.connect_as_admin().await)
        .await
        .unwrap();
    assert_eq!(events, 2);
}
