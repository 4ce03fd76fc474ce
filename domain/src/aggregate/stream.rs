//! Streams: the events of one thing, in order, and what they add up to.

use std::fmt::{self, Debug};

use serde::{Serialize, de::DeserializeOwned};

use super::{EventSet, HoldsPersonal};
use crate::kernel::StreamId;

/// A kind of stream. The default value is the state before the first event.
pub trait Stream:
    Clone + Debug + Default + PartialEq + Serialize + DeserializeOwned + HoldsPersonal + Send + Sync + 'static
{
    /// In lower snake case, as in `lead`. Never changed: it is in every event's envelope.
    const TYPE: &'static str;

    /// Raised whenever `apply` makes another state of the same history: snapshots of the old fold are then ignored.
    const FOLD_VERSION: u32;

    type Event: EventSet;

    /// Total: a recorded event has happened, whatever a later version of the rules thinks of it.
    fn apply(&mut self, event: &Self::Event);
}

/// Names one stream of an org.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct StreamRef {
    pub stream_type: &'static str,
    pub id: StreamId,
}

impl StreamRef {
    pub fn of<S: Stream>(id: impl Into<StreamId>) -> Self {
        Self { stream_type: S::TYPE, id: id.into() }
    }
}

impl Debug for StreamRef {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, formatter)
    }
}

impl fmt::Display for StreamRef {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "{}/{}", self.stream_type, self.id)
    }
}
