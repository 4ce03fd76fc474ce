//! One generation of a read model on one shard, as its worker knows it.

use std::collections::HashSet;
use std::fmt;
use std::sync::Arc;

use uuid::Uuid;
use xentri_domain::kernel::{EventId, OrgId};
use xentri_ledger::Moment;
use xentri_projections::kit::ReadModel;

use crate::feed::{Place, TopicPlace};

/// A row, in its org.
pub(crate) type Key = (OrgId, Uuid);

/// A copy of a read model's tables.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct MemberId {
    pub projection: String,
    pub version: i32,
    pub generation: i32,
}

impl fmt::Display for MemberId {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "{}_v{}_g{}", self.projection, self.version, self.generation)
    }
}

/// Valid as long as the checkpoint is as it says: whoever changes what is parked or discarded changes `stamp` too.
#[derive(Clone)]
pub(super) struct Member {
    pub(super) model: Arc<dyn ReadModel>,
    pub(super) generation: i32,
    pub(super) place: Place,
    pub(super) topic: Option<TopicPlace>,
    /// When the checkpoint moved last.
    pub(super) stamp: Moment,
    /// The rows that parked events touch.
    pub(super) blocked: HashSet<Key>,
    pub(super) parked: usize,
    pub(super) discarded: Arc<HashSet<EventId>>,
}

impl Member {
    pub(super) fn id(&self) -> MemberId {
        MemberId {
            projection: self.model.name().to_owned(),
            version: self.model.version(),
            generation: self.generation,
        }
    }

    /// Nothing has to be looked up for its events.
    pub(super) fn takes_all(&self) -> bool {
        self.blocked.is_empty() && self.discarded.is_empty()
    }
}

/// Without what it knows of rows.
impl fmt::Debug for Member {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter
            .debug_struct("Member")
            .field("id", &self.id())
            .field("place", &self.place)
            .field("parked", &self.parked)
            .finish_non_exhaustive()
    }
}
