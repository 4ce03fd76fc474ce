//! What a decision is given: its facts, and those that it asks for on the way.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use xentri_domain::aggregate::{Aggregate, CommandKind, Decision, Facts, Halt, StreamRef, Unread};
use xentri_domain::registry::Command;
use xentri_ledger::{Authorized, Home, Ledger, LoadError, NotAuthorized, TenantTx, subject_streams_in_tx};

use super::Halted;
use crate::streams::{Streams, add_to};

/// What the decision on one command rests on. A clone is the same.
#[derive(Debug, Clone)]
pub struct Services(Arc<Desk>);

#[derive(Debug)]
struct Desk {
    source: Option<(Ledger, Home)>,
    hand: Mutex<Hand>,
}

/// What the command has led to so far.
#[derive(Debug)]
pub(super) struct Hand {
    pub(super) facts: Facts,
    /// Of every stream that was seen: as the decision saw it first, so that a change since is found out.
    pub(super) versions: HashMap<StreamRef, u32>,
    pub(super) given: Option<(Authorized, &'static CommandKind)>,
}

impl Services {
    /// For tests: the facts are all there is.
    pub fn given(facts: Facts) -> Self {
        Self::new(None, facts)
    }

    pub(super) fn new(source: Option<(Ledger, Home)>, facts: Facts) -> Self {
        let hand = Hand { facts, versions: HashMap::new(), given: None };
        Self(Arc::new(Desk { source, hand: Mutex::new(hand) }))
    }

    /// Never held across an await.
    pub(super) fn hand(&self) -> MutexGuard<'_, Hand> {
        self.0.hand.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub(super) fn authorize(&self, command: &Command) -> Result<(), NotAuthorized> {
        let mut hand = self.hand();
        let authorized = Authorized::to_give(command, &hand.facts.principal)?;
        hand.given = Some((authorized, command.kind()));
        Ok(())
    }

    pub(super) async fn decide<A: Aggregate>(
        &self,
        state: &A,
        command: A::Command,
    ) -> Result<Decision<A>, Halted<A::Error>> {
        loop {
            let decision = state.decide(command.clone(), &self.hand().facts);
            match decision {
                Ok(decision) => return Ok(decision),
                Err(Halt::Refused(error)) => return Err(Halted::Refused(error)),
                Err(Halt::Unread(unread)) => self.read(unread).await?,
            }
        }
    }

    async fn read<E>(&self, unread: Unread) -> Result<(), Halted<E>> {
        let Some((ledger, home)) = &self.0.source else { return Err(Halted::Unread(unread)) };
        let read = async {
            match unread {
                Unread::Streams(streams) => self.load(Streams { ledger, home: *home }, streams).await,
                Unread::SubjectStreams => {
                    let subject = self.hand().facts.stream.into();
                    let streams = subject_streams_in_tx(&mut begin(ledger, *home).await?, subject).await?;
                    self.hand().facts.subject_streams = Some(streams);
                    Ok(())
                }
            }
        };
        read.await.map_err(Halted::NotLoaded)
    }

    /// A decision may write to a stream without having looked at it: of that, only the version is wanted.
    pub(super) async fn expect(&self, streams: impl Iterator<Item = StreamRef>) -> Result<(), LoadError> {
        let Some((ledger, home)) = &self.0.source else { return Ok(()) };
        let unseen: Vec<_> = {
            let hand = self.hand();
            streams.filter(|stream| !hand.versions.contains_key(stream)).collect()
        };
        self.load(Streams { ledger, home: *home }, unseen).await
    }

    async fn load(&self, of_home: Streams<'_>, streams: Vec<StreamRef>) -> Result<(), LoadError> {
        for stream in streams {
            let state = of_home.reload(stream).await?;
            let mut hand = self.hand();
            hand.versions.entry(stream).or_insert(state.version);
            add_to(&mut hand.facts, stream, &state);
        }
        Ok(())
    }
}

pub(super) async fn begin(ledger: &Ledger, home: Home) -> Result<TenantTx, LoadError> {
    Ok(TenantTx::read(ledger.databases(), home).await?)
}
