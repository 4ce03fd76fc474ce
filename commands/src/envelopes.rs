//! Envelopes around what was decided.

use std::collections::HashMap;

use xentri_domain::aggregate::StreamRef;
use xentri_domain::kernel::{EventId, Text, Timestamp};
use xentri_domain::registry::Event;
use xentri_schemas::{DedupeKey, Envelope, Environment, Meta, command_name};

use crate::dispatch::Work;

/// What the envelopes of one command have in common.
pub(crate) struct Frame<'a> {
    pub(crate) work: &'a Work,
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
        let work = self.work;
        let mut correlation = work.provenance.correlation_id;
        let envelope = |(stream, payload): (StreamRef, Event)| {
            let version = versions.entry(stream).or_default();
            *version += 1;
            let id = EventId::v7(self.now.as_millis(), rand::random());
            Envelope {
                id,
                occurred_at: work.provenance.occurred_at.unwrap_or(self.now),
                org_id: work.home.org(),
                actor: work.principal.actor().clone(),
                payload,
                dedupe_key: self.dedupe_key.cloned(),
                // What nobody set off starts with its own first event.
                correlation_id: Some(*correlation.get_or_insert(id.into())),
                causation_id: work.provenance.causation_id,
                trace_id: work.provenance.trace_id,
                meta: self.meta(),
                stream_id: stream.id,
                version: (*version).into(),
            }
        };
        events.into_iter().map(envelope).collect()
    }

    fn meta(&self) -> Meta {
        let name = command_name(self.work.command.kind());
        Meta {
            source: self.work.provenance.source.clone(),
            environment: self.environment,
            command: command_text(&name),
            reason: self.work.provenance.reason.clone(),
            on_behalf_of: self.work.principal.represented(),
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
