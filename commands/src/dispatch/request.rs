//! What is asked, and what comes along with it.

use xentri_domain::kernel::{CorrelationId, EventId, Slug, StreamId, Text, Timestamp};
use xentri_domain::registry::Command;
use xentri_schemas::{DedupeKey, TraceId};

/// One command and everything that belongs to it but who gives it.
#[derive(Debug, Clone, PartialEq)]
pub struct CommandRequest {
    pub command: Command,
    /// As the path names it. None where the door needs none: a new stream, the one that an org or a user has.
    pub stream: Option<StreamId>,
    pub idempotency: Option<Idempotency>,
    /// The version that the stream must have.
    pub if_match: Option<u64>,
    pub provenance: Provenance,
}

/// A key, and everything in which a command could differ from another with the same key.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Idempotency {
    pub key: DedupeKey,
    /// Method, path, `If-Match` and canonical body. Only its MAC is kept.
    pub fingerprint: Vec<u8>,
}

/// How the command came about, as its events will say.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Provenance {
    /// What took it in: `api`, `job`, `reactor`.
    pub source: Slug,
    /// Now when nobody says otherwise; in the past, or at most five minutes ahead.
    pub occurred_at: Option<Timestamp>,
    pub correlation_id: Option<CorrelationId>,
    pub causation_id: Option<EventId>,
    pub trace_id: Option<TraceId>,
    pub reason: Option<Text<1000>>,
}

impl Provenance {
    pub fn from_source(source: Slug) -> Self {
        Self {
            source,
            occurred_at: None,
            correlation_id: None,
            causation_id: None,
            trace_id: None,
            reason: None,
        }
    }
}
