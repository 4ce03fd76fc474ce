//! The envelope, version 1.0: what stands around every event, in the ledger as on every way out of it.
//!
//! [`Frame`] is its form on the wire and fixes the order of the fields; [`Envelope`] is the same with the event
//! itself inside, so that type, schema and stream can't disagree with it. Keys, ciphers and places in the ledger
//! are the ledger's.

mod body;
mod digest;
mod frame;
mod meta;
mod read;
mod recorded;
mod text;

#[cfg(test)]
mod tests;

use xentri_domain::kernel::{Actor, CorrelationId, EventId, OrgId, StreamId, Timestamp};
use xentri_domain::registry::Event;

pub use body::{BODY_MAX, BodyError, LARGEST_INTEGER};
pub use digest::Digest;
pub use frame::{Frame, StreamMark, VERSION};
pub use meta::{Environment, Meta};
pub use read::{ReadError, Reading};
pub use recorded::{LedgerMark, Recorded, WireError};
pub use text::{DedupeKey, TraceId};

/// One event and all that is known of how it came about.
#[derive(Debug, Clone, PartialEq)]
pub struct Envelope {
    pub id: EventId,
    /// When it took place, which its author may say; order follows the ledger and never this.
    pub occurred_at: Timestamp,
    pub org_id: OrgId,
    pub actor: Actor,
    /// Its kind names the type, the schema and the type of stream.
    pub payload: Event,
    pub dedupe_key: Option<DedupeKey>,
    pub correlation_id: Option<CorrelationId>,
    pub causation_id: Option<EventId>,
    pub trace_id: Option<TraceId>,
    pub meta: Meta,
    pub stream_id: StreamId,
    /// In the stream, from 1.
    pub version: u64,
}
