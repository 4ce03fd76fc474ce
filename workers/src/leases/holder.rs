//! The shards of one database.

use std::collections::BTreeMap;
use std::future::Future;
use std::time::Duration;

use tokio::task::JoinHandle;
use tokio::time::{sleep, timeout};
use xentri_ledger::{DatabaseError, Databases, Duty, Shard, ShardLocks};

use super::share::change;
use super::stop::{Stop, Stopper};
use crate::trouble::Trouble;

const ASK_EVERY: Duration = Duration::from_millis(500);
/// Without an answer for so long, others may have taken the shards.
const PATIENCE: Duration = Duration::from_secs(2);
const LONGEST_PAUSE: Duration = Duration::from_secs(1);

pub(super) struct Holder<S> {
    databases: Databases,
    duty: Duty,
    shards: Vec<Shard>,
    start: S,
}

/// A shard in work. Dropped, it ends where it stands.
struct Leading {
    stop: Stopper,
    task: JoinHandle<()>,
}

impl Drop for Leading {
    fn drop(&mut self) {
        self.task.abort();
    }
}

type Led = BTreeMap<Shard, Leading>;

impl<S: Fn(Shard, Stop) -> JoinHandle<()> + Send> Holder<S> {
    pub(super) fn new(databases: Databases, duty: Duty, shards: Vec<Shard>, start: S) -> Self {
        Self { databases, duty, shards, start }
    }

    pub(super) async fn run(self, mut stop: Stop) {
        let Some(first) = self.shards.first().copied() else { return };
        let mut trouble = Trouble::with(format!("leading shards beside shard {first}"), LONGEST_PAUSE);
        while !stop.is_told() {
            if let Err(error) = self.share(first, &mut stop, &mut trouble).await {
                tokio::select! {
                    () = trouble.pause(&error) => {}
                    () = stop.told() => {}
                }
            }
        }
    }

    /// As long as the session lasts. An error ends all work at once: the locks may be somebody else's.
    async fn share(&self, first: Shard, stop: &mut Stop, trouble: &mut Trouble) -> Result<(), DatabaseError> {
        let mut locks = patiently(ShardLocks::connect(&self.databases, first, self.duty)).await?;
        let mut led = Led::new();
        while !stop.is_told() {
            let standing = patiently(locks.standing()).await?;
            trouble.over();
            let change = change(&self.shards, &standing);
            leave(&mut led, &change.give_up).await;
            patiently(locks.give_up(&change.give_up)).await?;
            for shard in patiently(locks.take(&change.take)).await? {
                led.insert(shard, self.begin(shard));
            }
            for (shard, leading) in led.iter_mut().filter(|(_, leading)| leading.task.is_finished()) {
                tracing::error!(%shard, duty = ?self.duty, "work on a shard has ended by itself; it begins again");
                *leading = self.begin(*shard);
            }
            tokio::select! {
                () = sleep(ASK_EVERY) => {}
                () = stop.told() => {}
            }
        }
        let all: Vec<_> = led.keys().copied().collect();
        leave(&mut led, &all).await;
        patiently(locks.close()).await
    }

    fn begin(&self, shard: Shard) -> Leading {
        let (stop, stopped) = Stopper::new();
        Leading { stop, task: (self.start)(shard, stopped) }
    }
}

/// Lets them finish what is on its way, side by side.
async fn leave(led: &mut Led, shards: &[Shard]) {
    let mut leaving: Vec<_> = shards.iter().filter_map(|shard| led.remove(shard)).collect();
    for leading in &leaving {
        leading.stop.tell();
    }
    for leading in &mut leaving {
        let _ended = timeout(PATIENCE, &mut leading.task).await;
    }
}

async fn patiently<T>(work: impl Future<Output = Result<T, DatabaseError>>) -> Result<T, DatabaseError> {
    let late = |_| DatabaseError::Unavailable("it took too long to say who leads which shard".to_owned());
    timeout(PATIENCE, work).await.map_err(late)?
}
