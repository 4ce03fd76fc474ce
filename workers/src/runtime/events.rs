//! Events on their way into the read models: decoded once for all of them.

use xentri_ledger::{ScannedEvent, StoredEvent};
use xentri_projections::kit::LedgerEvent;
use xentri_schemas::Reading;

use crate::feed::{Batch, Place, TopicPlace};

#[derive(Debug, Clone)]
pub(crate) struct Incoming {
    pub(crate) event: LedgerEvent,
    /// Why no read model can take it.
    pub(crate) fault: Option<String>,
}

impl Incoming {
    pub(super) fn place(&self) -> Place {
        Place { epoch: self.event.epoch, position: self.event.position }
    }
}

/// A batch without the types that this program does not know.
#[derive(Debug, Clone, Default)]
pub(super) struct Events {
    pub(super) after: Place,
    pub(super) known: Vec<Incoming>,
    pub(super) last: Place,
    pub(super) topic: Option<TopicPlace>,
    /// Why nothing may be read beyond `last`.
    pub(super) halt: Option<String>,
}

impl Events {
    pub(super) fn of(batch: Batch) -> Self {
        let Batch { after, events, last, topic } = batch;
        let mut read_up_to =
            Self { after, known: Vec::with_capacity(events.len()), last: after, topic: None, halt: None };
        for stored in &events {
            match read(stored) {
                Ok(known) => read_up_to.known.extend(known),
                Err(reason) => {
                    read_up_to.halt = Some(reason);
                    return read_up_to;
                }
            }
            read_up_to.last = Place { epoch: stored.epoch, position: stored.position };
        }
        Self { last, topic, ..read_up_to }
    }

    /// Whether the other goes on where this one ends.
    pub(super) fn precedes(&self, next: &Self) -> bool {
        self.halt.is_none() && next.after == self.last
    }

    /// One batch of both.
    #[must_use]
    pub(super) fn and(mut self, next: Self) -> Self {
        self.known.extend(next.known);
        Self { after: self.after, known: self.known, ..next }
    }

    /// Where those begin that come after a place.
    pub(super) fn first_after(&self, place: Place) -> usize {
        self.known.partition_point(|incoming| incoming.place() <= place)
    }
}

/// None for a type that this program does not know. An error says why nothing may be passed over here: what the event touches
/// can't be told.
pub(crate) fn read(stored: &StoredEvent) -> Result<Option<Incoming>, String> {
    let StoredEvent { shard, epoch, position, org_seq, recorded_at, .. } = *stored;
    let place = ScannedEvent { shard, epoch, position, org_seq, recorded_at, body: None };
    read_body(&place, &stored.body).map_err(|what| format!("event {} {what}", stored.id))
}

/// The same of an event that is known by its place and its body alone.
pub(crate) fn read_body(place: &ScannedEvent<'_>, body: &str) -> Result<Option<Incoming>, String> {
    let ScannedEvent { shard, epoch, position, org_seq, recorded_at, .. } = *place;
    let at = |what: &str| format!("at position {position}: {what}");
    match Reading::of(body) {
        Ok(Reading::Event(envelope)) => {
            let event = LedgerEvent { shard, epoch, position, org_seq, recorded_at, envelope };
            Ok(Some(Incoming { event, fault: None }))
        }
        Ok(Reading::UnknownType { .. }) => Ok(None),
        Ok(Reading::UnknownMajor { type_name, envelope_version }) => Err(at(&format!(
            "{type_name} in an envelope of version {envelope_version} is newer than this program"
        ))),
        Err(error) => Err(at(&error.to_string())),
    }
}
