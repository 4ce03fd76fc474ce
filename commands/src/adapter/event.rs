//! Events as the framework carries them: those of other streams ride along.

use cqrs_es::DomainEvent;
use serde::{Deserialize, Deserializer, Serialize, Serializer, de};
use serde_json::Value;
use xentri_domain::aggregate::{Aggregate, EventKind, EventSet as _, StreamRef};
use xentri_domain::kernel::StreamId;
use xentri_domain::registry::Event;

/// An event of a decision: on the aggregate's own stream, or on another that is appended in the same breath.
#[derive(Debug, Clone, PartialEq)]
pub enum Happened<A: Aggregate> {
    Here(A::Event),
    Elsewhere(StreamRef, Box<Event>),
}

impl<A: Aggregate> Happened<A> {
    fn kind(&self) -> &'static EventKind {
        match self {
            Self::Here(event) => event.kind(),
            Self::Elsewhere(_, event) => event.kind(),
        }
    }

    /// `own` is the aggregate's.
    pub(super) fn place(self, own: StreamRef) -> (StreamRef, Event) {
        match self {
            Self::Here(event) => (own, event.into()),
            Self::Elsewhere(stream, event) => (stream, *event),
        }
    }
}

impl<A: Aggregate> DomainEvent for Happened<A> {
    fn event_type(&self) -> String {
        self.kind().type_name.to_owned()
    }

    fn event_version(&self) -> String {
        self.kind().schema.rsplit_once('@').map_or("", |(_, version)| version).to_owned()
    }
}

/// How the framework's own stores would keep an event; `elsewhere` is the id of the stream that is not the aggregate's.
#[derive(Serialize, Deserialize)]
struct Written<P> {
    #[serde(rename = "type")]
    type_name: String,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    elsewhere: Option<StreamId>,
    payload: P,
}

struct Payload<'e, A: Aggregate>(&'e Happened<A>);

impl<A: Aggregate> Serialize for Payload<'_, A> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match self.0 {
            Happened::Here(event) => event.write_payload(serializer),
            Happened::Elsewhere(_, event) => event.write_payload(serializer),
        }
    }
}

impl<A: Aggregate> Serialize for Happened<A> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let elsewhere = match self {
            Self::Here(_) => None,
            Self::Elsewhere(stream, _) => Some(stream.id),
        };
        Written { type_name: self.event_type(), elsewhere, payload: Payload(self) }.serialize(serializer)
    }
}

impl<'de, A: Aggregate> Deserialize<'de> for Happened<A> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let written = Written::<Value>::deserialize(deserializer)?;
        let event = Event::read_payload(&written.type_name, written.payload)
            .ok_or_else(|| de::Error::custom("no stream has such events"))?
            .map_err(de::Error::custom)?;
        match written.elsewhere {
            Some(id) => {
                let stream = StreamRef { stream_type: event.kind().stream_type, id };
                Ok(Self::Elsewhere(stream, Box::new(event)))
            }
            None => event.try_into().map(Self::Here).map_err(de::Error::custom),
        }
    }
}
