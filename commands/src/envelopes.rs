//! Envelopes around what was decided.

use std::collections::HashMap;

use xentri_domain::aggregate::{CommandKind, StreamRef};
use xentri_domain::kernel::{EventId, Principal, Text, Timestamp};
use xentri_domain::registry::Event;
use xentri_schemas::{DedupeKey, Envelope, Environment, Meta, command_name};

use crate::dispatch::Provenance;

/// What the envelopes of one command have in common.
pub(crate) struct Frame<'a> {
    pub(crate) principal: &'a Principal,
    pub(crate) command: &'a CommandKind,
    pub(crate) provenance: &'a Provenance,
    pub(crate) dedupe_key: Option<&'a DedupeKey>,
    pub(crate) now: Timestamp,
    pub(crate) environment: Environment,
}

impl Frame<'_> {
    /// In order, numbered on from the versions that the decision saw.
    pub(crate) fn around(
        &self,
        events: Vec<(StreamRef, Event)>,
        versions: &mut HashMap<StreamRef, u32>,
    ) -> Vec<Envelope> {
        let Provenance { occurred_at, mut correlation_id, causation_id, trace_id, .. } = *self.provenance;
        let envelope = |(stream, payload): (StreamRef, Event)| {
            let version = versions.entry(stream).or_default();
            *version += 1;
            let id = EventId::v7(self.now.as_millis(), rand::random());
            Envelope {
                id,
                occurred_at: occurred_at.unwrap_or(self.now),
                org_id: self.principal.org(),
                actor: self.principal.actor().clone(),
                payload,
                dedupe_key: self.dedupe_key.cloned(),
                // What nobody set off starts with its own first event.
                correlation_id: Some(*correlation_id.get_or_insert(id.into())),
                causation_id,
                trace_id,
                meta: self.meta(),
                stream_id: stream.id,
                version: (*version).into(),
            }
        };
        events.into_iter().map(envelope).collect()
    }

    fn meta(&self) -> Meta {
        Meta {
            source: self.provenance.source.clone(),
            environment: self.environment,
            command: command_text(&command_name(self.command)),
            reason: self.provenance.reason.clone(),
            on_behalf_of: self.principal.represented(),
        }
    }
}

#[expect(clippy::expect_used, reason = "names of commands are short words; a test goes through all of them")]
fn command_text(name: &str) -> Text<100> {
    Text::parse(name).expect("the name of a command")
}

#[cfg(test)]
mod tests {
    use xentri_domain::registry::command_kinds;

    use super::*;

    #[test]
    fn every_command_has_a_name_that_fits_its_events() {
        for kind in command_kinds() {
            let name = command_name(kind);
            assert_eq!(command_text(&name).as_str(), name);
        }
    }
}
