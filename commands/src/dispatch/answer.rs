//! What a command has led to.

use serde::{Deserialize, Serialize};
use xentri_domain::kernel::{EventId, StreamId};
use xentri_schemas::Envelope;

/// The answer to a command that was appended, now or the first time it came.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Answer {
    pub id: StreamId,
    /// Of the stream, after the command.
    pub version: u64,
    /// Of the last event; of the org's last one at that time where the command made none.
    pub org_seq: u64,
    pub consistency_token: String,
    /// Own ones first, then those on other streams.
    pub events: Vec<AnsweredEvent>,
    /// The stream began with this command.
    pub created: bool,
    /// It was appended when the same command came before, and not again.
    pub replayed: bool,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct AnsweredEvent {
    pub id: EventId,
    #[serde(rename = "type")]
    pub type_name: String,
}

impl AnsweredEvent {
    pub(crate) fn of(envelope: &Envelope) -> Self {
        Self { id: envelope.id, type_name: envelope.payload.kind().type_name.to_owned() }
    }
}
