//! What a reactor is.

use xentri_commands::{CommandRequest, Idempotency, Provenance};
use xentri_domain::kernel::{Actor, FormatError, Principal, Role, Slug, StreamId, TimeZone, Timestamp};
use xentri_domain::registry::Command;
use xentri_projections::kit::LedgerEvent;

/// A pure answer to an event. A new one is a file here and a line in the worker.
pub(super) trait Reactor: Send + Sync {
    /// Its events say that it was this reactor; its checkpoint too.
    fn name(&self) -> &'static str;

    /// Its first release: what was recorded before is history, to which nobody reacts any more.
    fn since(&self) -> &'static str;

    fn react(&self, event: &LedgerEvent, zone: &TimeZone) -> Option<Reaction>;
}

#[derive(Debug, Clone, PartialEq)]
pub(super) struct Reaction {
    pub(super) stream: StreamId,
    pub(super) command: Command,
}

impl Reaction {
    pub(super) fn principal(reactor: &str, event: &LedgerEvent) -> Result<Principal, FormatError> {
        Ok(Principal::new(event.org(), Actor::Job(Slug::parse(reactor)?), Role::Owner))
    }

    /// As part of what the event belongs to, and caused by it.
    pub(super) fn request(self, reactor: &str, event: &LedgerEvent) -> Result<CommandRequest, FormatError> {
        let key = format!("{reactor}/{}", event.envelope.id);
        Ok(CommandRequest {
            command: self.command,
            stream: Some(self.stream),
            idempotency: Some(Idempotency { key: key.parse()?, fingerprint: key.into_bytes() }),
            if_match: None,
            provenance: Provenance {
                correlation_id: event.envelope.correlation_id,
                causation_id: Some(event.envelope.id),
                trace_id: event.envelope.trace_id,
                ..Provenance::from_source(Slug::parse("reactor")?)
            },
        })
    }
}

/// Whether the event came before the reactor did.
pub(super) fn is_history(reactor: &dyn Reactor, event: &LedgerEvent) -> bool {
    Timestamp::parse(reactor.since()).is_ok_and(|since| event.recorded_at < since)
}
