//! An event as an auditor reads it: what is in its envelope, and its place.

use std::sync::Arc;

use serde::Serialize;
use serde_json::Value;
use uuid::Uuid;
use xentri_domain::kernel::{Actor, CorrelationId, EventId, StreamId, Timestamp, UserId};
use xentri_ledger::StoredEvent;
use xentri_schemas::{DedupeKey, Digest, Envelope, Environment, Frame, ReadError, TraceId};

use super::InquiryError;

/// Holds what is personal as it was given: sealed, open or forgotten.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Told {
    pub org_seq: u64,
    pub epoch: u64,
    pub id: EventId,
    #[serde(rename = "type")]
    pub type_name: String,
    pub stream: ToldStream,
    pub recorded_at: Timestamp,
    pub occurred_at: Timestamp,
    #[serde(flatten)]
    pub cause: Cause,
    pub payload: Value,
    pub hash: Digest,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct ToldStream {
    #[serde(rename = "type")]
    pub stream_type: String,
    pub id: StreamId,
    pub version: u32,
}

/// How it came about. Events of one command have all of it in common.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Cause {
    pub actor: Actor,
    pub on_behalf_of: Option<UserId>,
    pub command: String,
    pub source: String,
    pub environment: Environment,
    pub reason: Option<String>,
    pub correlation_id: Option<CorrelationId>,
    pub causation_id: Option<EventId>,
    pub trace_id: Option<TraceId>,
    pub dedupe_key: Option<DedupeKey>,
}

impl Told {
    /// `envelope`: what it says to this program. Of an event that says nothing to it, the payload is as it is stored.
    pub(super) fn of(event: &StoredEvent, envelope: Option<&Envelope>) -> Result<Self, InquiryError> {
        let unreadable =
            |error| InquiryError::Unreadable { event: event.id, error: Arc::new(ReadError::Envelope(error)) };
        let frame = Frame::read(&event.body).map_err(unreadable)?;
        let payload = match envelope {
            Some(envelope) => envelope.payload.write_payload(serde_json::value::Serializer),
            None => serde_json::from_str(frame.payload.get()),
        };
        Ok(Self {
            org_seq: event.org_seq,
            epoch: event.epoch,
            id: event.id,
            type_name: event.type_name.to_string(),
            stream: ToldStream {
                stream_type: event.stream_type.to_string(),
                id: event.stream_id,
                version: event.version,
            },
            recorded_at: event.recorded_at,
            occurred_at: frame.occurred_at,
            payload: payload.map_err(unreadable)?,
            hash: event.hash,
            cause: Cause {
                actor: frame.actor,
                on_behalf_of: frame.meta.on_behalf_of,
                command: frame.meta.command.to_string(),
                source: frame.meta.source.to_string(),
                environment: frame.meta.environment,
                reason: frame.meta.reason.as_ref().map(ToString::to_string),
                correlation_id: frame.correlation_id,
                causation_id: frame.causation_id,
                trace_id: frame.trace_id,
                dedupe_key: frame.dedupe_key,
            },
        })
    }

    /// Whether it belongs to that, and does not just name it.
    pub(super) fn correlates(&self, correlation: Uuid) -> bool {
        self.cause.correlation_id.is_some_and(|own| own.uuid() == correlation)
    }
}
