//! The events of a bundle, as its reader meets them.

use std::collections::BTreeSet;

use xentri_domain::aggregate::HoldsPersonal as _;
use xentri_domain::registry::Event;
use xentri_schemas::{Frame, Reading, Recorded};

use super::lines::SCHEMAS_MAX;
use super::read::LineFault;
use crate::verify::book::CheckpointBook;
use crate::verify::chain::{ChainLink, OrgChain};
use crate::verify::finding::{Finding, Reason};

pub(super) struct Events {
    pub(super) chain: OrgChain,
    /// Those that the payloads name.
    pub(super) schemas: BTreeSet<String>,
    pub(super) unknown: u64,
}

impl Events {
    pub(super) fn new(chain: OrgChain) -> Self {
        Self { chain, schemas: BTreeSet::new(), unknown: 0 }
    }

    pub(super) fn add(&mut self, line: &str) -> Result<(), LineFault> {
        let (body, recorded) = Recorded::split(line).map_err(|_| LineFault::Not("an event"))?;
        let frame = Frame::read(&body).map_err(|_| LineFault::Not("an event"))?;
        let finding = Finding {
            shard: None,
            org_id: frame.org_id.uuid(),
            org_seq: i64::try_from(recorded.ledger.org_seq).unwrap_or(i64::MAX),
            position: None,
            event_id: Some(frame.id.uuid()),
            reason: Reason::OtherOrg,
        };
        if frame.org_id != self.chain.org_id() {
            return Err(LineFault::Event(Box::new(finding)));
        }
        let next = ChainLink::of(recorded, &body);
        let fits = self.chain.add(&next).and_then(|()| self.content(&body, &frame));
        fits.map_err(|reason| LineFault::Event(Box::new(Finding { reason, ..finding })))
    }

    fn content<P>(&mut self, body: &str, frame: &Frame<'_, P>) -> Result<(), Reason> {
        if self.schemas.len() < SCHEMAS_MAX && !self.schemas.contains(&*frame.payload_schema) {
            self.schemas.insert(frame.payload_schema.to_string());
        }
        match Reading::of(body).map_err(|_| Reason::Unreadable)? {
            Reading::Event(envelope) => shows_nobody(envelope.payload),
            Reading::UnknownType { .. } | Reading::UnknownMajor { .. } => {
                self.unknown += 1;
                Ok(())
            }
        }
    }

    /// Against checkpoints that the bundle does not bring itself.
    pub(super) fn nothing_missing(&self, book: &CheckpointBook) -> Result<(), LineFault> {
        let org_id = self.chain.org_id();
        let events = |org| if org == org_id { self.chain.org_seq() } else { u64::MAX };
        let missing = book.missing(events).into_iter().next();
        missing.map_or(Ok(()), |finding| Err(LineFault::Event(Box::new(finding))))
    }
}

/// An export goes to whoever asks for it and can't be called back: people in it must be forgettable.
pub(super) fn shows_nobody(mut payload: Event) -> Result<(), Reason> {
    let mut open = None;
    payload.visit_personal(&mut |pointer, field| {
        if field.open_text().is_some() {
            open.get_or_insert_with(|| pointer.to_owned());
        }
    });
    open.map_or(Ok(()), |pointer| Err(Reason::OpenPersonal { pointer }))
}
