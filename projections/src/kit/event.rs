//! An event as a fold sees it.

use uuid::Uuid;
use xentri_domain::aggregate::StreamRef;
use xentri_domain::kernel::{OrgId, Timestamp};
use xentri_domain::registry::Event;
use xentri_ledger::Shard;
use xentri_schemas::Envelope;

/// Decoded, with its place in the ledger, and open where it tells of a person who is not forgotten.
#[derive(Debug, Clone, PartialEq)]
pub struct LedgerEvent {
    pub shard: Shard,
    pub epoch: u64,
    /// In the shard, for workers alone. A tenant's order is `org_seq`.
    pub position: u64,
    pub org_seq: u64,
    pub recorded_at: Timestamp,
    /// In a box: events are handed on again and again.
    pub envelope: Box<Envelope>,
}

impl LedgerEvent {
    pub fn org(&self) -> OrgId {
        self.envelope.org_id
    }

    pub fn payload(&self) -> &Event {
        &self.envelope.payload
    }

    pub fn stream(&self) -> StreamRef {
        let stream_type = self.envelope.payload.kind().stream_type;
        StreamRef { stream_type, id: self.envelope.stream_id }
    }

    /// The id of the stream, which most rows have as their own.
    pub fn stream_id(&self) -> Uuid {
        self.envelope.stream_id.uuid()
    }

    /// In the stream, as rows show it.
    pub fn version(&self) -> i64 {
        i64::try_from(self.envelope.version).unwrap_or(i64::MAX)
    }
}
