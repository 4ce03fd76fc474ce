//! How the read models do, for whoever looks after them.

use std::collections::BTreeMap;

use tokio::sync::watch;
use xentri_ledger::Shard;

use super::member::{Member, MemberId};
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
pub struct RuntimeStatus(watch::Sender<Models>);

impl RuntimeStatus {
    pub fn new() -> Self {
        Self(watch::Sender::new(Models::new()))
    }

    pub fn all(&self) -> Models {
        self.0.borrow().clone()
    }

    pub fn of(&self, shard: Shard, id: &MemberId) -> Option<ModelStatus> {
        self.0.borrow().get(&(shard, id.clone())).cloned()
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
                parked: 0,
                retries: 0,
                error: None,
            });
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

    pub(super) fn failed(&self, shard: Shard, member: &Member, error: &str) {
        self.0.send_modify(|models| {
            if let Some(known) = models.get_mut(&(shard, member.id())) {
                known.retries += 1;
                known.error = Some(error.to_owned());
            }
        });
    }
}

impl Default for RuntimeStatus {
    fn default() -> Self {
        Self::new()
    }
}
