//! What one command brings to the ledger, checked against the ledger's bounds before it waits for anything.

use std::fmt;

use thiserror::Error;
use xentri_domain::aggregate::{HoldsPersonal as _, StreamRef};
use xentri_domain::kernel::{EventId, OrgId, SubjectId};
use xentri_schemas::{BODY_MAX, BodyError, DedupeKey, Digest, Envelope};

/// An event as it will be stored: its bytes are fixed.
#[derive(Clone, PartialEq, Eq)]
pub struct EventRecord {
    pub(crate) id: EventId,
    pub(crate) type_name: &'static str,
    pub(crate) stream: StreamRef,
    /// What the body says of the org and of its version, where that is known.
    pub(crate) says: Option<(OrgId, u64)>,
    pub(crate) body: String,
    pub(crate) digest: Digest,
}

/// What Postgres could not store: found here, it costs nobody a call.
#[derive(Debug, Error)]
pub enum RecordError {
    #[error(transparent)]
    Body(#[from] BodyError),
    #[error("{what} holds a character that Postgres can't store (U+0000)")]
    Nul { what: &'static str },
    /// Stored open, it could never be forgotten.
    #[error("{pointer} of event {event} is about a person and is not sealed")]
    Open { event: EventId, pointer: String },
}

impl EventRecord {
    pub fn id(&self) -> EventId {
        self.id
    }

    pub fn stream(&self) -> StreamRef {
        self.stream
    }

    /// Of the body.
    pub fn bytes(&self) -> usize {
        self.body.len()
    }

    /// The personal fields of `envelope` have been sealed; one that is open is refused.
    pub fn of(envelope: &Envelope) -> Result<Self, RecordError> {
        let mut open = None;
        // A visit may change what it visits.
        envelope.payload.clone().visit_personal(&mut |pointer, field| {
            if field.open_text().is_some() {
                open.get_or_insert_with(|| pointer.to_owned());
            }
        });
        match open {
            Some(pointer) => Err(RecordError::Open { event: envelope.id, pointer }),
            None => Self::of_sealed(envelope),
        }
    }

    /// The same for whoever has just sealed all of them.
    pub(crate) fn of_sealed(envelope: &Envelope) -> Result<Self, RecordError> {
        let kind = envelope.payload.kind();
        let stream = StreamRef { stream_type: kind.stream_type, id: envelope.stream_id };
        let record = Self::from_body(envelope.id, kind.type_name, stream, envelope.write_body()?)?;
        Ok(Self { says: Some((envelope.org_id, envelope.version)), ..record })
    }

    /// For a module that writes its bodies itself: a canonical envelope, with this id, type and stream in it, the chain's
    /// org, the version that the event will have, and nothing open about a person.
    pub fn from_body(
        id: EventId,
        type_name: &'static str,
        stream: StreamRef,
        body: String,
    ) -> Result<Self, RecordError> {
        if body.len() > BODY_MAX {
            return Err(BodyError::TooLarge { bytes: body.len() }.into());
        }
        no_nul("the body", &body)?;
        let digest = Digest::of(&body);
        Ok(Self { id, type_name, stream, says: None, body, digest })
    }
}

/// Names the event and not what is in it.
impl fmt::Debug for EventRecord {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter
            .debug_struct("EventRecord")
            .field("id", &self.id)
            .field("type", &self.type_name)
            .field("stream", &format_args!("{}", self.stream))
            .finish_non_exhaustive()
    }
}

/// With an idempotency key: what will be answered when the command comes again.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ReceiptRecord {
    pub(crate) key: DedupeKey,
    pub(crate) mac: [u8; 32],
    pub(crate) answer: String,
}

impl ReceiptRecord {
    /// `mac` covers everything in which the command could differ from another with the same key; `answer` holds no
    /// personal data.
    pub fn new(key: DedupeKey, mac: [u8; 32], answer: String) -> Result<Self, RecordError> {
        no_nul("the answer", &answer)?;
        Ok(Self { key, mac, answer })
    }

    /// For the envelopes of the same command.
    pub fn key(&self) -> &DedupeKey {
        &self.key
    }
}

/// One command's part of a chain.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct CommandRecord {
    pub events: Vec<EventRecord>,
    pub receipt: Option<ReceiptRecord>,
    /// Keys of people who had none.
    pub new_subjects: Vec<NewSubject>,
    /// Which of its streams holds data about whom.
    pub about: Vec<(SubjectId, StreamRef)>,
    /// Whom it forgets.
    pub forgets: Vec<Forgets>,
}

/// A person's first key, under the org's.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NewSubject {
    pub subject: SubjectId,
    pub wrapped: Vec<u8>,
}

/// A person who is forgotten, and of how many streams the events say so: if there are more by then, the command has
/// to be decided again.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Forgets {
    pub subject: SubjectId,
    pub streams: usize,
}

fn no_nul(what: &'static str, text: &str) -> Result<(), RecordError> {
    if text.as_bytes().contains(&0) { Err(RecordError::Nul { what }) } else { Ok(()) }
}
