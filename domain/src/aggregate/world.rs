//! A little world of one org: streams of several kinds that see each other, and commands to any of them.
//!
//! For what no single stream can promise: that a slug belongs to one site, that what one stream says of another is
//! so. Whatever is decided happens at once, elsewhere too; what is refused changes nothing.

use std::any::Any;
use std::collections::BTreeMap;
use std::sync::Arc;

use serde_json::Value;

use super::scenario::{facts, read_event, write_any};
use super::{Aggregate, CommandSet, Decision, Facts, Halt, Stream, StreamRef, Unread};
use crate::kernel::{StreamId, Timestamp};
use crate::registry::Event;

type State = Arc<dyn Any + Send + Sync>;

/// A kind of stream that the world may have.
#[derive(Clone, Copy)]
pub(crate) struct Kind {
    stream_type: &'static str,
    empty: fn() -> State,
    apply: fn(&State, &Event) -> State,
    add: fn(&mut Facts, StreamId, &State),
}

impl Kind {
    pub(crate) fn of<S: Stream>() -> Self
    where
        Event: From<S::Event>,
    {
        Self {
            stream_type: S::TYPE,
            empty: || Arc::new(S::default()),
            apply: |state, event| Arc::new(applied(of::<S>(state), event)),
            add: |facts, id, state| facts.add(id, of::<S>(state)),
        }
    }
}

fn of<S: Stream>(state: &State) -> Arc<S> {
    Arc::clone(state).downcast().expect("a stream's state is of the stream's type")
}

/// The event is applied as it is read back, and the state is what is read back of it.
fn applied<S: Stream>(state: Arc<S>, event: &Event) -> S
where
    Event: From<S::Event>,
{
    let read: S::Event = read_event(&write_any(event));
    assert_eq!(Event::from(read.clone()), *event, "{} is not what was written", event.kind().type_name);
    let mut after = Arc::unwrap_or_clone(state);
    after.apply(&read);
    let written = serde_json::to_value(&after).unwrap();
    assert_eq!(serde_json::from_value::<S>(written).unwrap(), after, "a state is not what was written");
    after
}

#[derive(Clone)]
pub(crate) struct World {
    kinds: BTreeMap<&'static str, Kind>,
    streams: BTreeMap<StreamRef, State>,
    /// What every decision knows, before it asks for streams.
    facts: Facts,
    commands: u64,
}

impl World {
    pub(crate) fn of(kinds: impl IntoIterator<Item = Kind>) -> Self {
        Self {
            kinds: kinds.into_iter().map(|kind| (kind.stream_type, kind)).collect(),
            streams: BTreeMap::new(),
            facts: facts(),
            commands: 0,
        }
    }

    pub(crate) fn now(&self) -> Timestamp {
        self.facts.now
    }

    pub(crate) fn wait_until(&mut self, moment: Timestamp) {
        self.facts.now = moment;
    }

    /// The types of the events that happened, on the stream itself and then elsewhere.
    pub(crate) fn ask<A: Aggregate>(
        &mut self,
        id: impl Into<StreamId>,
        command: &str,
        body: Value,
    ) -> Result<Vec<&'static str>, A::Error>
    where
        Event: From<A::Event>,
    {
        let command = A::Command::read(command, body).expect("a command").expect("a well-formed command");
        let own = StreamRef::of::<A>(id);
        let (decision, facts) = self.decide::<A>(own, &command)?;
        let mut happened = Vec::new();
        for event in decision.events {
            happened.push(self.happen(own, &event.into()));
        }
        for (stream, event) in decision.elsewhere {
            let seen = facts.streams().any(|seen| seen == stream);
            assert!(seen, "what is appended to is seen before, so that its version is known: {stream}");
            happened.push(self.happen(stream, &event));
        }
        Ok(happened)
    }

    /// The state of a stream, the default one where nothing has happened on it.
    pub(crate) fn state<S: Stream>(&self, id: impl Into<StreamId>) -> Arc<S> {
        self.streams.get(&StreamRef::of::<S>(id)).map_or_else(Arc::default, of)
    }

    /// Every stream of a type on which something has happened.
    pub(crate) fn all<S: Stream>(&self) -> impl Iterator<Item = (StreamId, Arc<S>)> + '_ {
        let streams = self.streams.iter().filter(|(stream, _)| stream.stream_type == S::TYPE);
        streams.map(|(stream, state)| (stream.id, of(state)))
    }

    fn decide<A: Aggregate>(
        &mut self,
        own: StreamRef,
        command: &A::Command,
    ) -> Result<(Decision<A>, Facts), A::Error> {
        let state = self.state::<A>(own.id);
        self.commands += 1;
        let mut facts = self.facts.clone();
        facts.stream = own.id;
        facts.fresh = StreamId::v7(self.commands, [7; 10]);
        loop {
            let decided = state.decide(command.clone(), &facts);
            assert_eq!(decided, state.decide(command.clone(), &facts), "the same question, another answer");
            match decided {
                Ok(decision) => return Ok((decision, facts)),
                Err(Halt::Refused(error)) => return Err(error),
                Err(Halt::Unread(Unread::Streams(streams))) => {
                    for stream in streams {
                        let kind = self.kind(stream);
                        (kind.add)(&mut facts, stream.id, &self.any(stream));
                    }
                }
                Err(Halt::Unread(unread)) => panic!("a world has no {unread:?}"),
            }
        }
    }

    fn happen(&mut self, stream: StreamRef, event: &Event) -> &'static str {
        assert_eq!(event.kind().stream_type, stream.stream_type, "{event:?}");
        let after = (self.kind(stream).apply)(&self.any(stream), event);
        self.streams.insert(stream, after);
        event.kind().type_name
    }

    fn any(&self, stream: StreamRef) -> State {
        self.streams.get(&stream).map_or_else(self.kind(stream).empty, Arc::clone)
    }

    fn kind(&self, stream: StreamRef) -> Kind {
        *self.kinds.get(stream.stream_type).unwrap_or_else(|| panic!("the world does not know {stream}"))
    }
}
