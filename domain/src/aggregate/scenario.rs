//! Given events, when a command comes in, then events or a refusal: how the tests of every aggregate read.
//!
//! Commands and events are written as they are on the wire, so that a test shows what a user sends and what the
//! ledger keeps. Facts are those of one afternoon in Madrid unless a test says otherwise.

use std::sync::Arc;

use serde_json::{Value, json};
use serde_path_to_error::Segment;

use super::{Aggregate, CommandSet, Decision, EventSet, Facts, Halt, Stream, StreamRef, Unread};
use crate::kernel::{Actor, OrgId, Principal, Role, StreamId, Timestamp, UserId, split_code};
use crate::org::Org;
use crate::registry::Event;

pub(crate) const NOW: &str = "2026-03-02T15:00:00.000000Z";

/// It has the id of [`stream_id`] too, because an org's own stream has the org's id.
pub(crate) fn org_id() -> OrgId {
    stream_id().into()
}

/// The stream that every scenario decides on.
pub(crate) fn stream_id() -> StreamId {
    StreamId::v7(2, [2; 10])
}

/// The fresh id that every scenario offers.
pub(crate) fn fresh_id() -> StreamId {
    StreamId::v7(3, [3; 10])
}

/// The first event of an org in Madrid.
pub(crate) fn org_created() -> Value {
    json!({
        "type": "xentri.org.created.v1", "name": "Acme", "time_zone": "Europe/Madrid", "currency": "EUR",
        "language": "es", "invoice_prefix": "INV",
    })
}

/// An event as the tests write it: its payload with its type beside it.
pub(crate) fn read_event<E: EventSet>(written: &Value) -> E {
    let mut payload = written.as_object().expect("an event is an object").clone();
    let type_name = payload.remove("type").expect("an event says its type");
    let type_name = type_name.as_str().expect("a type is text");
    E::read_payload(type_name, Value::Object(payload))
        .unwrap_or_else(|| panic!("{type_name} does not happen on this stream"))
        .unwrap_or_else(|error| panic!("{type_name}: {error}"))
}

pub(crate) fn write_event<E: EventSet>(event: &E) -> Value {
    with_type(event.kind().type_name, event.write_payload(serde_json::value::Serializer).unwrap())
}

pub(crate) fn write_any(event: &Event) -> Value {
    with_type(event.kind().type_name, event.write_payload(serde_json::value::Serializer).unwrap())
}

fn with_type(type_name: &str, mut payload: Value) -> Value {
    payload.as_object_mut().expect("a payload is an object").insert("type".into(), type_name.into());
    payload
}

pub(crate) fn fold<S: Stream>(events: impl IntoIterator<Item = Value>) -> S {
    let mut state = S::default();
    for event in events {
        state.apply(&read_event(&event));
    }
    state
}

/// A stream with a history, among facts.
pub(crate) struct Given<A: Aggregate> {
    state: A,
    facts: Facts,
}

/// Facts of an org in Madrid on the afternoon of [`NOW`], asked by one of its users.
pub(crate) fn facts() -> Facts {
    let actor = Actor::User(UserId::of("test", "ada"));
    let mut facts = Facts::new(
        Principal::new(org_id(), actor, Role::Owner),
        stream_id(),
        NOW.parse().unwrap(),
        fresh_id(),
    );
    facts.add::<Org>(org_id(), Arc::new(fold([org_created()])));
    facts
}

pub(crate) fn given<A: Aggregate>(events: impl IntoIterator<Item = Value>) -> Given<A> {
    Given { state: fold(events), facts: facts() }
}

impl<A: Aggregate> Given<A> {
    /// Another stream of the org, with its history.
    pub(crate) fn and<S: Stream>(
        mut self,
        id: impl Into<StreamId>,
        events: impl IntoIterator<Item = Value>,
    ) -> Self {
        self.facts.add::<S>(id, Arc::new(fold(events)));
        self
    }

    pub(crate) fn at(mut self, now: &str) -> Self {
        self.facts.now = now.parse::<Timestamp>().unwrap();
        self
    }

    /// Any other change to the facts: another actor, another stream.
    pub(crate) fn with(mut self, change: impl FnOnce(&mut Facts)) -> Self {
        change(&mut self.facts);
        self
    }

    pub(crate) fn when(self, command: &str, body: Value) -> Outcome<A> {
        let mut track = serde_path_to_error::Track::new();
        let command = A::Command::read(command, serde_path_to_error::Deserializer::new(body, &mut track))
            .unwrap_or_else(|| panic!("there is no command {command}"));
        let malformed = |error: serde_json::Error| Malformed {
            pointer: pointer(&track.path()),
            message: error.to_string(),
        };
        let decided = command.map_err(malformed).map(|command| {
            let decision = self.state.decide(command.clone(), &self.facts);
            assert_eq!(
                decision,
                self.state.decide(command, &self.facts),
                "the same question, another answer"
            );
            decision
        });
        Outcome { state: self.state, facts: self.facts, decided }
    }
}

/// A body that the door refused: where and why.
#[derive(Debug)]
struct Malformed {
    pointer: String,
    message: String,
}

/// What became of the command; the error of the outer result is the door's.
pub(crate) struct Outcome<A: Aggregate> {
    state: A,
    facts: Facts,
    decided: Result<Result<Decision<A>, Halt<A::Error>>, Malformed>,
}

/// As the door writes it for the field that it could not read.
fn pointer(path: &serde_path_to_error::Path) -> String {
    let word = |segment: &Segment| match segment {
        Segment::Seq { index } => format!("/{index}"),
        Segment::Map { key } => format!("/{}", key.replace('~', "~0").replace('/', "~1")),
        Segment::Enum { .. } | Segment::Unknown => String::new(),
    };
    path.iter().map(word).collect()
}

impl<A: Aggregate> Outcome<A> {
    /// Exactly these events, on the stream itself and then elsewhere; an event elsewhere names its stream as `on`.
    pub(crate) fn then(mut self, events: impl IntoIterator<Item = Value>) -> Self {
        let decision = self.decision();
        let mut actual: Vec<Value> = decision.events.iter().map(write_event).collect();
        for (stream, event) in &decision.elsewhere {
            let mut event = write_any(event);
            event["on"] = stream.to_string().into();
            actual.push(event);
        }
        let expected: Vec<Value> = events.into_iter().collect();
        assert_eq!(actual, expected);
        for event in &decision.events {
            self.state.apply(event);
        }
        self
    }

    /// The types of the events, on the stream itself and then elsewhere, or the refusal.
    pub(crate) fn answer(&self) -> Result<Vec<&'static str>, A::Error> {
        match self.decided.as_ref().expect("a well-formed command") {
            Err(Halt::Refused(error)) => Err(error.clone()),
            Err(Halt::Unread(unread)) => panic!("it needs more facts: {unread:?}"),
            Ok(decision) => {
                let own = decision.events.iter().map(|event| event.kind().type_name);
                Ok(own.chain(decision.elsewhere.iter().map(|(_, event)| event.kind().type_name)).collect())
            }
        }
    }

    /// The state once the events of [`Self::then`] have happened, as it is written.
    pub(crate) fn state(self, expected: &Value) -> Self {
        assert_eq!(serde_json::to_value(&self.state).unwrap(), *expected);
        self
    }

    /// The state once the command has had its events, whatever they are.
    pub(crate) fn afterwards(self) -> A {
        let mut state = self.state.clone();
        self.decision().events.iter().for_each(|event| state.apply(event));
        state
    }

    pub(crate) fn into_state(self) -> A {
        self.state
    }

    pub(crate) fn refused(self, look: impl FnOnce(&A::Error, StreamId)) {
        look(&self.refusal(), self.facts.stream);
    }

    pub(crate) fn refusal(&self) -> A::Error {
        match self.answer() {
            Err(error) => error,
            Ok(events) => panic!("it should have been refused: {events:?}"),
        }
    }

    /// The decision can't be made before these are read.
    pub(crate) fn needs(self, streams: impl IntoIterator<Item = StreamRef>) {
        match self.decided.expect("a well-formed command") {
            Err(Halt::Unread(Unread::Streams(needed))) => {
                assert_eq!(needed, streams.into_iter().collect::<Vec<_>>());
            }
            other => panic!("it should have asked for streams: {other:?}"),
        }
    }

    /// The body never became a command.
    pub(crate) fn malformed(self) -> String {
        match self.decided {
            Err(malformed) => malformed.message,
            Ok(decided) => panic!("it should have been refused at the door: {decided:?}"),
        }
    }

    /// The body never became a command, for what stands at `pointer`.
    pub(crate) fn malformed_at(self, pointer: &str, code: &str) {
        match self.decided {
            Err(malformed) => {
                let actual = split_code(&malformed.message).map(|(code, _)| code);
                assert_eq!((malformed.pointer.as_str(), actual), (pointer, Some(code)), "{malformed:?}");
            }
            Ok(decided) => panic!("{pointer} should have been refused at the door: {decided:?}"),
        }
    }

    fn decision(&self) -> Decision<A> {
        match self.decided.as_ref().expect("a well-formed command") {
            Ok(decision) => decision.clone(),
            Err(halt) => panic!("it should have been accepted: {halt:?}"),
        }
    }
}
