//! What a decision may know beside the state of its own stream.
//!
//! A decision finds out for itself which other streams it has to see: it asks for one, and where that one is not
//! there yet, it stops with [`Unread`]. Its caller loads the stream and decides again. So no list of needs can
//! disagree with what the decision really looks at, and a stream with no events is a state like any other.

use std::any::Any;
use std::collections::BTreeMap;
use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use super::{Stream, StreamRef};
use crate::kernel::{Date, OrgId, Principal, StreamId, TimeZone, Timestamp};
use crate::org::Org;

/// Clients' clocks differ from ours by that much at most.
const CLOCK_SKEW: Duration = Duration::from_mins(5);

#[derive(Clone)]
pub struct Facts {
    /// The stream that is decided on.
    pub stream: StreamId,
    /// Who asks, and in which org. That they may give the command at all has been seen to; a rule that depends on the state
    /// asks for more.
    pub principal: Principal,
    /// The server's clock, not the client's.
    pub now: Timestamp,
    /// An id that nothing else has, for a decision that makes something new.
    pub fresh: StreamId,
    /// For a decision on a person: which streams hold data about them. None until it is asked for.
    pub subject_streams: Option<Vec<StreamRef>>,
    read: BTreeMap<StreamRef, Arc<dyn Any + Send + Sync>>,
}

/// What a decision needs and did not find among its facts.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Unread {
    Streams(Vec<StreamRef>),
    SubjectStreams,
}

impl Facts {
    pub fn new(principal: Principal, stream: StreamId, now: Timestamp, fresh: StreamId) -> Self {
        Self { stream, principal, now, fresh, subject_streams: None, read: BTreeMap::new() }
    }

    pub fn org(&self) -> OrgId {
        self.principal.org()
    }

    /// Whether a moment that a client tells has yet to come, beyond what clocks differ by.
    pub fn is_ahead(&self, moment: Timestamp) -> bool {
        moment.since(self.now).is_some_and(|ahead| ahead > CLOCK_SKEW)
    }

    /// Adds a stream that was asked for; one without events is added as its default.
    pub fn add<S: Stream>(&mut self, id: impl Into<StreamId>, state: Arc<S>) {
        self.read.insert(StreamRef::of::<S>(id), state);
    }

    /// Every stream that decisions on these facts have seen.
    pub fn streams(&self) -> impl Iterator<Item = StreamRef> + '_ {
        self.read.keys().copied()
    }

    pub fn read<S: Stream>(&self, id: impl Into<StreamId>) -> Result<&S, Unread> {
        let stream = StreamRef::of::<S>(id);
        self.find(stream).ok_or_else(|| Unread::Streams(vec![stream]))
    }

    /// All of them, in the order asked for; what is missing is named at once.
    pub fn read_all<S: Stream>(&self, ids: impl IntoIterator<Item = StreamId>) -> Result<Vec<&S>, Unread> {
        let mut found = Vec::new();
        let mut missing = Vec::new();
        for stream in ids.into_iter().map(StreamRef::of::<S>) {
            match self.find(stream) {
                Some(state) => found.push(state),
                None => missing.push(stream),
            }
        }
        if missing.is_empty() { Ok(found) } else { Err(Unread::Streams(missing)) }
    }

    /// The org itself: its time zone, currency, language and invoice prefix.
    pub fn settings(&self) -> Result<&Org, Unread> {
        self.read::<Org>(self.org())
    }

    /// The day it is for the org. UTC's for an org that is not there, which no decision gets to.
    pub fn today(&self) -> Result<Date, Unread> {
        let settings = self.settings()?.settings.as_ref();
        Ok(settings.map_or(TimeZone::UTC, |settings| settings.time_zone.clone()).local_date(self.now))
    }

    /// Every stream that holds data about the person whose stream is decided on.
    pub fn streams_about_subject(&self) -> Result<&[StreamRef], Unread> {
        self.subject_streams.as_deref().ok_or(Unread::SubjectStreams)
    }

    fn find<S: Stream>(&self, stream: StreamRef) -> Option<&S> {
        self.read.get(&stream)?.downcast_ref()
    }
}

impl fmt::Debug for Facts {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter
            .debug_struct("Facts")
            .field("stream", &self.stream)
            .field("principal", &self.principal)
            .field("now", &self.now)
            .field("read", &self.read.keys())
            .finish_non_exhaustive()
    }
}
