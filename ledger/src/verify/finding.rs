//! What did not fit, in words that an auditor understands.

use std::fmt;

use thiserror::Error;
use uuid::Uuid;
use xentri_domain::kernel::Timestamp;
use xentri_schemas::Digest;

/// The first event that is not as it was recorded. Bare numbers and ids: whoever forged the row chose them.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub struct Finding {
    /// Where it was read; an export has none, nor an event that is gone.
    pub shard: Option<i32>,
    pub org_id: Uuid,
    pub org_seq: i64,
    pub position: Option<i64>,
    /// None where the event is gone.
    pub event_id: Option<Uuid>,
    pub reason: Reason,
}

#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum Reason {
    #[error("position {expected} should come here: events before this one are gone, or it was moved")]
    Position { expected: i64 },
    #[error(
        "number {expected} of the org should come here: events before this one are gone, or it was moved"
    )]
    OrgSeq { expected: u64 },
    #[error("it was read as one of shard {read}, and says that it is of another")]
    Shard { read: i32 },
    #[error("its epoch is lower than that of the event before")]
    EpochFell,
    #[error("it was recorded before the event that stands before it")]
    TimeFell,
    #[error("its {0} is one that the ledger never writes")]
    Impossible(EventColumn),
    #[error("its {0} and its body disagree: one of them was changed")]
    Disagrees(EventColumn),
    #[error(
        "its hash does not follow from the event before, its place, its time and its body: one of them was changed"
    )]
    Unfit { stored: Digest, computed: Digest },
    #[error("its body, its epoch or its time was changed: the events after it still follow from its hash")]
    ContentChanged,
    #[error("its hash was changed: the events after it follow from what its content hashes to")]
    HashChanged,
    #[error(
        "a checkpoint signed at {made_at} knows another event in this place: history was written anew, somewhere \
         after number {fits_to} of the org"
    )]
    NotAsSigned { made_at: Timestamp, fits_to: u64 },
    #[error("no checkpoint knows it")]
    NotSigned,
    #[error("it is gone: a checkpoint signed at {made_at} knows the org's events up to number {signed}")]
    MissingTail { made_at: Timestamp, signed: u64 },
    #[error("it is another org's")]
    OtherOrg,
    #[error("the shard map gives its shard to another database, or to none")]
    StrayShard,
    #[error("its org has events on shard {other} too")]
    OnTwoShards { other: i32 },
    #[error("the directory says that its org lives on shard {directory}")]
    OtherShard { directory: i32 },
    #[error("the directory does not know its org")]
    NotInDirectory,
    #[error("it is gone: the directory has the org as active, and it has no events")]
    NoEvents,
    #[error("its body can't be read as an event")]
    Unreadable,
    #[error("it shows data about a person at {pointer}, which should be sealed")]
    OpenPersonal { pointer: String },
}

/// A column of the table of events.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum EventColumn {
    Epoch,
    OrgSeq,
    RecordedAt,
    Hash,
    OrgId,
    EventId,
    Type,
    StreamType,
    StreamId,
    Version,
}

impl Finding {
    /// About all that an org has, or should have, on a shard.
    pub(super) fn of_org(org_id: Uuid, shard: i32, reason: Reason) -> Self {
        Self { shard: Some(shard), org_id, org_seq: 1, position: None, event_id: None, reason }
    }

    /// Tells a changed hash from changed content, which takes the org's next event.
    #[must_use]
    pub fn narrowed_by(mut self, next: &super::ChainLink) -> Self {
        if let Reason::Unfit { stored, computed } = self.reason {
            if next.follows(computed) {
                self.reason = Reason::HashChanged;
            } else if next.follows(stored) {
                self.reason = Reason::ContentChanged;
            }
        }
        self
    }
}

impl fmt::Display for Finding {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "event number {} of org {}", self.org_seq, self.org_id)?;
        if let Some(shard) = self.shard {
            write!(formatter, ", shard {shard}")?;
        }
        if let Some(position) = self.position {
            write!(formatter, ", position {position}")?;
        }
        if let Some(id) = self.event_id {
            write!(formatter, ", id {id}")?;
        }
        write!(formatter, ": {}", self.reason)
    }
}

impl fmt::Display for EventColumn {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.pad(match self {
            Self::Epoch => "epoch",
            Self::OrgSeq => "org_seq",
            Self::RecordedAt => "recorded_at",
            Self::Hash => "hash",
            Self::OrgId => "org_id",
            Self::EventId => "id",
            Self::Type => "type",
            Self::StreamType => "stream_type",
            Self::StreamId => "stream_id",
            Self::Version => "version",
        })
    }
}
