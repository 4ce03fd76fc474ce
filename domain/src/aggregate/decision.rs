//! Decisions: the one place where a command becomes events or a refusal.

use super::{CommandSet, Facts, Refusal, Stream, StreamRef, Unread};
use crate::kernel::StreamId;
use crate::registry::Event;

/// A stream that takes commands.
pub trait Aggregate: Stream {
    type Command: CommandSet;
    type Error: Refusal;

    /// Pure: the same state, command and facts always give the same decision.
    fn decide(&self, command: Self::Command, facts: &Facts) -> Result<Decision<Self>, Halt<Self::Error>>;
}

/// What is to be appended, all of it or nothing. No events at all means that the command asks for what is already so.
#[derive(Debug, Clone, PartialEq)]
pub struct Decision<A: Aggregate> {
    /// On the aggregate's own stream, in order.
    pub events: Vec<A::Event>,
    /// On other streams of the same org, in order: claims, and whatever has to happen together with it.
    pub elsewhere: Vec<(StreamRef, Event)>,
}

impl<A: Aggregate> Decision<A> {
    pub fn nothing() -> Self {
        Self { events: Vec::new(), elsewhere: Vec::new() }
    }

    pub fn event(event: impl Into<A::Event>) -> Self {
        Self::nothing().and(event)
    }

    #[must_use]
    pub fn and(mut self, event: impl Into<A::Event>) -> Self {
        self.events.push(event.into());
        self
    }

    /// An event on a stream of type `S`.
    #[must_use]
    pub fn on<S: Stream>(mut self, id: impl Into<StreamId>, event: impl Into<S::Event>) -> Self
    where
        Event: From<S::Event>,
    {
        self.elsewhere.push((StreamRef::of::<S>(id), Event::from(event.into())));
        self
    }
}

/// Why there is no decision.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Halt<E> {
    /// Not yet: decide again with this among the facts.
    Unread(Unread),
    Refused(E),
}

impl<E> From<Unread> for Halt<E> {
    fn from(unread: Unread) -> Self {
        Self::Unread(unread)
    }
}

impl<E: Refusal> From<E> for Halt<E> {
    fn from(refusal: E) -> Self {
        Self::Refused(refusal)
    }
}
