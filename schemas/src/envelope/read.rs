//! Reading a body: what this program knows becomes an event, and what it does not know has a name.

use serde_json::Value;
use serde_json::value::RawValue;
use thiserror::Error;
use xentri_domain::aggregate::EventKind;
use xentri_domain::registry::{Event, event_kinds};

use super::{Envelope, Frame};
use crate::upcast::{UPCASTERS, UpcastError, upcast, version};

/// What a body turned out to be.
#[derive(Debug, Clone, PartialEq)]
pub enum Reading {
    Event(Box<Envelope>),
    /// No stream here has such events: pass over it.
    UnknownType {
        type_name: String,
    },
    /// A known event or envelope in a major version that is newer than this program: stop, a newer one has to
    /// read on.
    UnknownMajor {
        type_name: String,
        envelope_version: String,
    },
}

/// The body is none, or contradicts itself: a fault of whoever wrote it.
#[derive(Debug, Error)]
pub enum ReadError {
    #[error("it is no envelope")]
    Envelope(#[source] serde_json::Error),
    #[error("its payload is none of {schema}")]
    Payload {
        schema: String,
        #[source]
        error: serde_json::Error,
    },
    #[error("{type_name} does not go with {other}")]
    Contradiction { type_name: String, other: String },
    #[error(transparent)]
    Upcast(#[from] UpcastError),
}

impl Reading {
    pub fn of(body: &str) -> Result<Self, ReadError> {
        Frame::read(body).map_err(ReadError::Envelope)?.decode()
    }
}

impl<'a> Frame<'a, &'a RawValue> {
    /// Reads the payload too, brought up to the version that is written today.
    pub fn decode(self) -> Result<Reading, ReadError> {
        let kind = match known(&self.type_name) {
            Known::Kind(kind) if self.envelope_version.starts_with("1.") => kind,
            Known::No => return Ok(Reading::UnknownType { type_name: self.type_name.into_owned() }),
            _ => {
                return Ok(Reading::UnknownMajor {
                    type_name: self.type_name.into_owned(),
                    envelope_version: self.envelope_version.into_owned(),
                });
            }
        };
        self.agrees_with(kind)?;
        let payload = self.payload(kind)?;
        Ok(Reading::Event(Box::new(Envelope {
            id: self.id,
            occurred_at: self.occurred_at,
            org_id: self.org_id,
            actor: self.actor,
            payload,
            dedupe_key: self.dedupe_key,
            correlation_id: self.correlation_id,
            causation_id: self.causation_id,
            trace_id: self.trace_id,
            meta: self.meta,
            stream_id: self.stream.id,
            version: self.stream.version,
        })))
    }

    fn agrees_with(&self, kind: &EventKind) -> Result<(), ReadError> {
        let other = if !self.is_as_written_today(kind) && !self.type_is_of_schema() {
            &self.payload_schema
        } else if self.stream.stream_type != kind.stream_type {
            &self.stream.stream_type
        } else {
            return Ok(());
        };
        Err(ReadError::Contradiction {
            type_name: self.type_name.clone().into_owned(),
            other: other.clone().into_owned(),
        })
    }

    /// As nearly all are. It spares taking names and versions apart.
    fn is_as_written_today(&self, kind: &EventKind) -> bool {
        self.type_name == kind.type_name && self.payload_schema == kind.schema
    }

    fn type_is_of_schema(&self) -> bool {
        type_parts(&self.type_name) == version(&self.payload_schema).map(|(name, major, _)| (name, major))
    }

    fn payload(&self, kind: &EventKind) -> Result<Event, ReadError> {
        // A newer minor version only adds fields, which are passed over.
        let is_older = || version(&self.payload_schema) < version(kind.schema);
        let read = if !self.is_as_written_today(kind) && is_older() {
            let value: Value = serde_json::from_str(self.payload.get()).map_err(ReadError::Envelope)?;
            Event::read_payload(kind.type_name, upcast(UPCASTERS, value, &self.payload_schema, kind.schema)?)
        } else {
            let mut text = serde_json::Deserializer::from_str(self.payload.get());
            Event::read_payload(kind.type_name, &mut text)
        };
        let schema = || self.payload_schema.clone().into_owned();
        match read {
            Some(read) => read.map_err(|error| ReadError::Payload { schema: schema(), error }),
            None => Err(ReadError::Contradiction { type_name: kind.type_name.to_owned(), other: schema() }),
        }
    }
}

enum Known {
    /// The event as it is written today, whether the type names this major version or an older one.
    Kind(&'static EventKind),
    TooNew,
    No,
}

fn known(type_name: &str) -> Known {
    if let Some(kind) = event_kinds().find(|kind| kind.type_name == type_name) {
        return Known::Kind(kind);
    }
    let Some((name, major)) = type_parts(type_name) else { return Known::No };
    let majors = event_kinds().filter_map(|kind| {
        type_parts(kind.type_name).filter(|(other, _)| *other == name).map(|(_, major)| (major, kind))
    });
    match majors.max_by_key(|(newest, _)| *newest) {
        Some((newest, kind)) if major < newest => Known::Kind(kind),
        Some(_) => Known::TooNew,
        None => Known::No,
    }
}

/// `("lead.created", 1)` of `xentri.lead.created.v1`.
fn type_parts(type_name: &str) -> Option<(&str, u32)> {
    let (name, major) = type_name.strip_prefix("xentri.")?.rsplit_once(".v")?;
    Some((name, major.parse().ok()?))
}
