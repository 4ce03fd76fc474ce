//! Small batches of several shards, committed together.
//!
//! A batch costs what its statements cost, however few events it has. So while one transaction is under way, what comes in
//! other shards gathers and goes into the next one, as commands do that are appended. What can't go with the others is handed
//! back, and its shard takes it alone and finds out why: no shard is held up by another for longer than [`PATIENCE`].

use std::collections::BTreeMap;
use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use tokio::sync::{mpsc, oneshot};
use tokio::task::JoinSet;
use xentri_ledger::{Databases, KeyRing, Shard, WorkerTx};

use super::events::Events;
use super::member::Member;
use super::transaction::{Outcome, Share, Step, commit, orgs_of};

/// Events of a batch that goes with others. With more of them each shard is better off alone, beside the others.
const SMALL: usize = 32;

/// Events of all batches of one transaction.
const MOST: usize = 256;

/// For a row that somebody else has locked: it may be of one shard, and all of them wait.
const PATIENCE: Duration = Duration::from_millis(100);

/// Of one process; the last clone ends it.
#[derive(Clone)]
pub struct GroupCommit(Arc<Inner>);

struct Inner {
    by_shard: BTreeMap<Shard, mpsc::Sender<Handed>>,
    /// One for each database. They end with this.
    _committing: JoinSet<()>,
}

/// Members that stand at one place, and the events that follow it.
pub(super) struct Bundle {
    pub(super) members: Vec<Member>,
    pub(super) events: Events,
}

struct Handed {
    shard: Shard,
    bundle: Bundle,
    /// With whether it was committed.
    back: oneshot::Sender<(Bundle, bool)>,
}

impl GroupCommit {
    /// Must be called within a Tokio runtime.
    pub fn start(databases: &Databases, keys: &KeyRing) -> Self {
        let (mut by_shard, mut committing) = (BTreeMap::new(), JoinSet::new());
        for database in databases.shard_map().databases() {
            let (sender, handed) = mpsc::channel(database.shards.len().max(1));
            by_shard.extend(database.shards.iter().map(|shard| (*shard, sender.clone())));
            committing.spawn(commit_for_ever(databases.clone(), keys.clone(), handed));
        }
        Self(Arc::new(Inner { by_shard, _committing: committing }))
    }

    pub(super) fn takes(events: &Events) -> bool {
        events.known.len() <= SMALL
    }

    /// Hands it back, with whether it was committed. None where it is lost, and nobody knows.
    pub(super) async fn take(&self, shard: Shard, bundle: Bundle) -> Option<(Bundle, bool)> {
        let Some(sender) = self.0.by_shard.get(&shard) else { return Some((bundle, false)) };
        let (back, handed_back) = oneshot::channel();
        match sender.send(Handed { shard, bundle, back }).await {
            Ok(()) => handed_back.await.ok(),
            Err(mpsc::error::SendError(handed)) => Some((handed.bundle, false)),
        }
    }
}

impl fmt::Debug for GroupCommit {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.debug_set().entries(self.0.by_shard.keys()).finish()
    }
}

async fn commit_for_ever(databases: Databases, keys: KeyRing, mut handed: mpsc::Receiver<Handed>) {
    while let Some(first) = handed.recv().await {
        let mut events = first.bundle.events.known.len();
        let mut together = vec![first];
        while events < MOST
            && let Ok(next) = handed.try_recv()
        {
            if next.goes_with(&together) {
                events += next.bundle.events.known.len();
                together.push(next);
            } else {
                next.give_back(false);
            }
        }
        // Whoever commits the same rows elsewhere takes them in this order too.
        together.sort_by_key(|one| one.shard);
        let committed = commit_together(&databases, &keys, &mut together).await;
        for one in together {
            one.give_back(committed);
        }
    }
}

impl Handed {
    /// The same generations of the same read models, of another shard.
    fn goes_with(&self, others: &[Self]) -> bool {
        let ids = |one: &Self| one.bundle.members.iter().map(Member::id).collect::<Vec<_>>();
        others.iter().all(|other| other.shard != self.shard)
            && others.first().is_none_or(|other| ids(other) == ids(self))
    }

    fn share(&mut self) -> Share<'_> {
        let Bundle { members, events } = &mut self.bundle;
        let Events { known, last, topic, .. } = events;
        let step = Step { to: *last, topic: topic.as_ref(), refused: None };
        Share { shard: self.shard, members, events: known, step }
    }

    fn give_back(self, committed: bool) {
        // Who has gone meanwhile looks at the checkpoints when it begins again.
        let _gone = self.back.send((self.bundle, committed));
    }
}

/// What goes wrong is not told: each shard finds out for itself.
async fn commit_together(databases: &Databases, keys: &KeyRing, together: &mut [Handed]) -> bool {
    let Some(shard) = together.first().map(|one| one.shard) else { return false };
    let mut shares: Vec<_> = together.iter_mut().map(Handed::share).collect();
    let orgs = orgs_of(&shares);
    let Ok(tx) = WorkerTx::begin_impatient(databases, shard, &orgs, PATIENCE).await else { return false };
    matches!(commit(tx, keys, &mut shares).await, Ok(Outcome::Done))
}
