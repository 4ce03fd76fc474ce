//! What a reactor is.

use xentri_commands::{CommandRequest, Idempotency, Provenance};
use xentri_domain::kernel::{Actor, FormatError, Principal, Role, Slug, StreamId, TimeZone, Timestamp};
use xentri_domain::registry::Command;
use xentri_projections::kit::LedgerEvent;

use super::follow_up::FollowUp;
use crate::runtime::MemberId;

/// A pure answer to an event. A new one is a file here and a line in [`REACTORS`].
pub(crate) trait Reactor: Send + Sync {
    /// Its events say that it was this reactor; its checkpoint too. A slug, and so never the name of a read model.
    fn name(&self) -> &'static str;

    /// Its first release: what was recorded before is history, to which nobody reacts any more.
    fn since(&self) -> &'static str;

    /// The types that it may answer, without their major. No other event is read for it.
    fn answers(&self) -> &'static [&'static str];

    fn react(&self, event: &LedgerEvent, zone: &TimeZone) -> Option<Reaction>;
}

pub(super) static REACTORS: &[&dyn Reactor] = &[&FollowUp];

/// In whose names things are parked and counted.
pub fn reactor_names() -> impl Iterator<Item = &'static str> {
    REACTORS.iter().map(|reactor| reactor.name())
}

/// A reactor has no tables, and so no versions and generations of them.
pub(super) const VERSION: i32 = 1;
pub(super) const GENERATION: i32 = 1;

#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Reaction {
    /// Reactions on one stream are given in the order of their events.
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

/// The reactor under which something is parked.
pub(crate) fn reactor_of(id: &MemberId) -> Option<&'static dyn Reactor> {
    let named = REACTORS.iter().find(|reactor| reactor.name() == id.projection).copied();
    named.filter(|_| (id.version, id.generation) == (VERSION, GENERATION))
}

pub(super) fn id_of(reactor: &dyn Reactor) -> MemberId {
    MemberId { projection: reactor.name().to_owned(), version: VERSION, generation: GENERATION }
}

/// Whether it may answer events of that type, in whichever major: one that this program does not know waits for a program
/// that does.
pub(super) fn concerns(reactor: &dyn Reactor, type_name: &str) -> bool {
    let of = |name: &&str| type_name.strip_prefix(name).is_some_and(|rest| rest.starts_with(".v"));
    reactor.answers().iter().any(of)
}

/// Whether what was recorded then came before the reactor did.
pub(super) fn is_history(reactor: &dyn Reactor, recorded_at: Timestamp) -> bool {
    Timestamp::parse(reactor.since()).is_ok_and(|since| recorded_at < since)
}

#[cfg(test)]
mod tests {
    use xentri_domain::registry::event_kinds;

    use super::*;

    #[test]
    fn reactors_answer_types_that_there_are_and_have_names_of_their_own() {
        for reactor in REACTORS {
            assert!(Slug::parse(reactor.name()).is_ok() && reactor.name().contains('-'));
            assert!(Timestamp::parse(reactor.since()).is_ok(), "{}", reactor.since());
            for name in reactor.answers() {
                let known = event_kinds().any(|kind| kind.type_name.starts_with(&format!("{name}.v")));
                assert!(known, "{} answers {name}, which nobody records", reactor.name());
            }
        }
    }

    #[test]
    fn every_major_of_a_type_concerns_a_reactor_and_nothing_that_begins_alike() {
        let concerned = |type_name| concerns(&FollowUp, type_name);
        assert!(concerned("xentri.invoice.issued.v1") && concerned("xentri.invoice.issued.v9"));
        for other in ["xentri.invoice.issued_again.v1", "xentri.invoice.issued", "xentri.invoice.paid.v1"] {
            assert!(!concerned(other), "{other}");
        }
    }
}
