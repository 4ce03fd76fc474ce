//! An event that comes back from where it was sent, such as a topic.

use thiserror::Error;
use xentri_schemas::{Frame, Recorded, WireError};

use super::stored::{StoredEvent, known};
use crate::shard::Shard;

/// Holds nothing of what stands there: it may be anybody's data.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
pub enum FromWireError {
    #[error(transparent)]
    Suffix(#[from] WireError),
    #[error("what stands before the ledger's fields is no envelope")]
    Envelope,
}

impl StoredEvent {
    /// What [`wire`](Self::wire) wrote. The shard and the position are not in it: whoever sent it says them beside.
    pub fn from_wire(shard: Shard, position: u64, wire: &str) -> Result<Self, FromWireError> {
        let (body, recorded) = Recorded::split(wire)?;
        let frame = Frame::read(&body).map_err(|_| FromWireError::Envelope)?;
        let event = Self {
            shard,
            epoch: recorded.ledger.epoch,
            position,
            org: frame.org_id,
            org_seq: recorded.ledger.org_seq,
            stream_type: known(&frame.stream.stream_type),
            stream_id: frame.stream.id,
            version: u32::try_from(frame.stream.version).map_err(|_| FromWireError::Envelope)?,
            id: frame.id,
            type_name: known(&frame.type_name),
            recorded_at: recorded.recorded_at,
            hash: recorded.ledger.hash,
            body: String::new(),
        };
        Ok(Self { body, ..event })
    }
}
