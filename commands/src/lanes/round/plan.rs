//! What one command comes to, on states that are at hand.

use xentri_domain::aggregate::{Facts, Halt, StreamRef, Unread};
use xentri_domain::kernel::Timestamp;
use xentri_domain::registry::Event;

use super::Round;
use crate::dispatch::{DispatchError, Work};
use crate::lanes::decide::decide;
use crate::streams::{State, add_to};

/// What a decision comes to.
pub(super) struct Plan {
    pub(super) events: Vec<(StreamRef, Event)>,
    /// Its own stream first.
    pub(super) seen: Vec<(StreamRef, State)>,
    pub(super) now: Timestamp,
}

pub(super) enum NoPlan {
    Unread(Unread),
    Rejected(DispatchError, Vec<(StreamRef, u32)>),
}

impl Round<'_> {
    /// Asks the domain, which says what else it has to see.
    pub(super) async fn plan(&self, work: &Work) -> Result<Plan, NoPlan> {
        let now = self.inner.clock.now();
        let mut facts = Facts::new(work.principal.clone(), work.stream.id, now, work.fresh);
        facts.subject_streams.clone_from(&work.subject_streams);
        let unread = || NoPlan::Unread(Unread::Streams(vec![work.stream]));
        let own = self.state_of(work, work.stream).await.ok_or_else(unread)?;
        let mut seen = vec![(work.stream, own.clone())];
        let versions = |seen: &[(StreamRef, State)]| {
            seen.iter().map(|(stream, state)| (*stream, state.version)).collect()
        };
        if let Some(expected) = work.if_match.filter(|expected| *expected != u64::from(own.version)) {
            let error = DispatchError::VersionMismatch { expected, current: own.version.into() };
            return Err(NoPlan::Rejected(error, versions(&seen)));
        }
        loop {
            match decide(work.command.clone(), &own, &facts) {
                Ok(events) => return Ok(Plan { events, seen, now }),
                Err(Halt::Refused(refused)) => return Err(NoPlan::Rejected(refused.into(), versions(&seen))),
                Err(Halt::Unread(Unread::SubjectStreams)) => {
                    return Err(NoPlan::Unread(Unread::SubjectStreams));
                }
                Err(Halt::Unread(Unread::Streams(streams))) => {
                    let states = self.states_of(work, streams).await;
                    for (stream, state) in
                        states.map_err(|missing| NoPlan::Unread(Unread::Streams(missing)))?
                    {
                        add_to(&mut facts, stream, &state);
                        seen.push((stream, state));
                    }
                }
            }
        }
    }

    /// All of them, or those that are missing.
    async fn states_of(
        &self,
        work: &Work,
        streams: Vec<StreamRef>,
    ) -> Result<Vec<(StreamRef, State)>, Vec<StreamRef>> {
        let (mut found, mut missing) = (Vec::with_capacity(streams.len()), Vec::new());
        for stream in streams {
            match self.state_of(work, stream).await {
                Some(state) => found.push((stream, state)),
                None => missing.push(stream),
            }
        }
        if missing.is_empty() { Ok(found) } else { Err(missing) }
    }

    /// As this round leaves it or the one before, or the newest that is known.
    async fn state_of(&self, work: &Work, stream: StreamRef) -> Option<State> {
        if let Some(left) = self.trails().find_map(|trail| trail.left.get(&stream)) {
            return Some(left.state.clone());
        }
        let kept = self.streams.cached(stream).await;
        let read = work.known.get(&stream).cloned();
        match (kept, read) {
            (Some(kept), Some(read)) => Some(if read.version > kept.version { read } else { kept }),
            (kept, read) => kept.or(read),
        }
    }
}
