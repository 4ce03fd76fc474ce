//! How the read models do, for whoever looks after them.

use std::collections::BTreeMap;

use tokio::sync::watch;
use xentri_ledger::Shard;

use super::counts::RuntimeCounts;
use super::member::{Member, MemberId};
use super::open::Trouble;
use crate::feed::Place;

/// Of one generation on one shard.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ModelStatus {
    pub place: Place,
    /// Of the shard, as it was seen last.
    pub head: Place,
    pub state: ModelState,
    /// Events that wait, those that can't be folded among them.
    pub parked: usize,
    /// Transactions that came to nothing and were tried again.
    pub retries: u64,
    /// Why the last of them did; none since one succeeded.
    pub error: Option<String>,
}

impl ModelStatus {
    /// Events that are there and not folded.
    pub fn lag(&self) -> u64 {
        self.head.position.saturating_sub(self.place.position)
    }
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub enum ModelState {
    /// With the others.
    Running,
    /// Behind the others, or failing without them: it reads the ledger for itself.
    Alone,
    /// It goes no further, and says why. Somebody has to look.
    Halted(String),
}

type Models = BTreeMap<(Shard, MemberId), ModelStatus>;

/// Cheap to clone; clones show the same.
#[derive(Debug, Clone)]
pub struct RuntimeStatus(watch::Sender<Models>, RuntimeCounts);

impl RuntimeStatus {
    pub fn new() -> Self {
        Self(watch::Sender::new(Models::new()), RuntimeCounts::new())
    }

    pub fn all(&self) -> Models {
        self.0.borrow().clone()
    }

    pub fn of(&self, shard: Shard, id: &MemberId) -> Option<ModelStatus> {
        self.0.borrow().get(&(shard, id.clone())).cloned()
    }

    pub fn counts(&self) -> &RuntimeCounts {
        &self.1
    }

    /// Shows the read models of a shard for as long as the value lives: what another process keeps up to date is not told
    /// from what this one knew last.
    pub fn show(&self, shard: Shard) -> Shown {
        Shown { status: self.clone(), shard }
    }

    /// To wait for what it becomes.
    pub fn subscribe(&self) -> watch::Receiver<Models> {
        self.0.subscribe()
    }

    /// Those that a shard's worker has now, and no others.
    pub(super) fn begin(&self, shard: Shard, members: &[Member]) {
        self.0.send_modify(|models| {
            models.retain(|(of, id), _| *of != shard || members.iter().any(|member| member.id() == *id));
        });
        for member in members {
            self.see(shard, member, ModelState::Running);
        }
    }

    /// After a success.
    pub(super) fn see(&self, shard: Shard, member: &Member, state: ModelState) {
        self.0.send_modify(|models| {
            let known = models.entry((shard, member.id())).or_insert_with(|| ModelStatus {
                place: member.place,
                head: Place::default(),
                state: ModelState::Running,
                parked: member.parked,
                retries: 0,
                error: None,
            });
            let events = member.place.position.saturating_sub(known.place.position);
            let parked = member.parked.saturating_sub(known.parked);
            self.1.moved(member.model.name(), events, parked);
            (known.place, known.parked) = (member.place, member.parked);
            known.head = known.head.max(member.place);
            (known.state, known.error) = (state, None);
        });
    }

    pub(super) fn see_head(&self, shard: Shard, head: Place) {
        self.0.send_modify(|models| {
            models.iter_mut().filter(|((of, _), _)| *of == shard).for_each(|(_, model)| model.head = head);
        });
    }

    pub(super) fn failed(&self, shard: Shard, member: &Member, error: &Trouble) {
        self.1.retried(member.model.name(), error);
        self.0.send_modify(|models| {
            if let Some(known) = models.get_mut(&(shard, member.id())) {
                known.retries += 1;
                known.error = Some(error.to_string());
            }
        });
    }
}

/// See [`RuntimeStatus::show`].
#[derive(Debug)]
pub struct Shown {
    status: RuntimeStatus,
    shard: Shard,
}

impl Drop for Shown {
    fn drop(&mut self) {
        self.status.0.send_modify(|models| models.retain(|(shard, _), _| *shard != self.shard));
    }
}

impl Default for RuntimeStatus {
    fn default() -> Self {
        Self::new()
    }
}
