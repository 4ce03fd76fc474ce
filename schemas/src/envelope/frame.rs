//! The envelope as it is written. The order of the fields here is the order of the bytes.

use std::borrow::Cow;

use serde::{Deserialize, Serialize, Serializer};
use serde_json::value::RawValue;
use xentri_domain::kernel::{Actor, CorrelationId, EventId, OrgId, StreamId, Timestamp};
use xentri_domain::registry::Event;

use super::{DedupeKey, Envelope, Meta, TraceId};

/// Of the envelope itself.
pub const VERSION: &str = "1.0";

/// One event as the ledger keeps it: what happened, to what, when, and through whom.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct Frame<'a, P> {
    /// Names the event for ever; a repeated delivery has the same.
    pub id: EventId,
    /// What happened, and the major version of its payload.
    #[serde(rename = "type", borrow)]
    #[cfg_attr(feature = "schema", schemars(regex(pattern = r"^xentri(\.[a-z][a-z0-9_]*)+\.v[1-9][0-9]*$")))]
    pub type_name: Cow<'a, str>,
    /// When it took place, as far as its author knows. It decides no order.
    pub occurred_at: Timestamp,
    pub org_id: OrgId,
    pub actor: Actor,
    /// Of the envelope itself.
    #[serde(borrow)]
    #[cfg_attr(feature = "schema", schemars(regex(pattern = r"^1\.[0-9]+$")))]
    pub envelope_version: Cow<'a, str>,
    /// Names the JSON Schema of the payload.
    #[serde(borrow)]
    #[cfg_attr(
        feature = "schema",
        schemars(regex(pattern = r"^[a-z][a-z0-9_]*(\.[a-z][a-z0-9_]*)+@[1-9][0-9]*\.[0-9]+$"))
    )]
    pub payload_schema: Cow<'a, str>,
    pub payload: P,
    /// The idempotency key of the command.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub dedupe_key: Option<DedupeKey>,
    /// Shared by everything that one request set off.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub correlation_id: Option<CorrelationId>,
    /// The event that led to this one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub causation_id: Option<EventId>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub trace_id: Option<TraceId>,
    pub meta: Meta,
    #[serde(borrow)]
    pub stream: StreamMark<'a>,
}

/// The stream on which it happened, and the place in it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct StreamMark<'a> {
    #[serde(rename = "type", borrow)]
    #[cfg_attr(feature = "schema", schemars(regex(pattern = "^[a-z]+(_[a-z]+)*$")))]
    pub stream_type: Cow<'a, str>,
    pub id: StreamId,
    /// Gapless, from 1.
    #[cfg_attr(feature = "schema", schemars(range(min = 1, max = 9_007_199_254_740_991_u64), extend("format" = "int64")))]
    pub version: u64,
}

impl<'a> Frame<'a, &'a RawValue> {
    /// Everything around the payload, which stays text: for whoever filters and forwards.
    pub fn read(body: &'a str) -> Result<Self, serde_json::Error> {
        serde_json::from_str(body)
    }
}

impl<'a> From<&'a Envelope> for Frame<'a, Payload<'a>> {
    fn from(envelope: &'a Envelope) -> Self {
        let kind = envelope.payload.kind();
        Self {
            id: envelope.id,
            type_name: kind.type_name.into(),
            occurred_at: envelope.occurred_at,
            org_id: envelope.org_id,
            actor: envelope.actor.clone(),
            envelope_version: VERSION.into(),
            payload_schema: kind.schema.into(),
            payload: Payload(&envelope.payload),
            dedupe_key: envelope.dedupe_key.clone(),
            correlation_id: envelope.correlation_id,
            causation_id: envelope.causation_id,
            trace_id: envelope.trace_id,
            meta: envelope.meta.clone(),
            stream: StreamMark {
                stream_type: kind.stream_type.into(),
                id: envelope.stream_id,
                version: envelope.version,
            },
        }
    }
}

/// Writes the payload without the name of its variant.
pub(super) struct Payload<'a>(&'a Event);

impl Serialize for Payload<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        self.0.write_payload(serializer)
    }
}
