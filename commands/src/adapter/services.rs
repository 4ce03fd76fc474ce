//! What a decision is given: its facts, and those that it asks for on the way.

use std::collections::BTreeMap;
use std::pin::Pin;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use xentri_domain::aggregate::{Aggregate, CommandKind, Decision, Facts, Halt, Stream, StreamRef, Unread};
use xentri_domain::registry::{Command, StreamVisitor, visit_streams};
use xentri_ledger::{
    Authorized, Home, Ledger, LoadError, NotAuthorized, TenantTx, Until, fold_stream_in_tx,
    subject_streams_in_tx,
};

use super::Halted;

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
    pub(super) versions: BTreeMap<StreamRef, u32>,
    pub(super) given: Option<(Authorized, &'static CommandKind)>,
}

impl Services {
    /// For tests: the facts are all there is.
    pub fn given(facts: Facts) -> Self {
        Self::new(None, facts)
    }

    pub(super) fn new(source: Option<(Ledger, Home)>, facts: Facts) -> Self {
        let hand = Hand { facts, versions: BTreeMap::new(), given: None };
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
        let mut tx = begin(ledger, *home).await.map_err(Halted::NotLoaded)?;
        match unread {
            Unread::Streams(streams) => self.load(&mut tx, streams).await.map_err(Halted::NotLoaded),
            Unread::SubjectStreams => {
                let subject = self.hand().facts.stream.into();
                let streams = subject_streams_in_tx(&mut tx, subject).await;
                self.hand().facts.subject_streams =
                    Some(streams.map_err(LoadError::from).map_err(Halted::NotLoaded)?);
                Ok(())
            }
        }
    }

    /// A decision may write to a stream without having looked at it: of that, only the version is wanted.
    pub(super) async fn expect(&self, streams: impl Iterator<Item = StreamRef>) -> Result<(), LoadError> {
        let Some((ledger, home)) = &self.0.source else { return Ok(()) };
        let unseen: Vec<_> = {
            let hand = self.hand();
            streams.filter(|stream| !hand.versions.contains_key(stream)).collect()
        };
        if unseen.is_empty() {
            return Ok(());
        }
        self.load(&mut begin(ledger, *home).await?, unseen).await
    }

    async fn load(&self, tx: &mut TenantTx, streams: Vec<StreamRef>) -> Result<(), LoadError> {
        for stream in streams {
            let mut loading = Loading { tx: Some(&mut *tx), stream, fact: None };
            visit_streams(&mut loading);
            let Some(fact) = loading.fact else { continue };
            let (version, add) = fact.await?;
            let mut hand = self.hand();
            hand.versions.entry(stream).or_insert(version);
            add(&mut hand.facts);
        }
        Ok(())
    }
}

pub(super) async fn begin(ledger: &Ledger, home: Home) -> Result<TenantTx, LoadError> {
    Ok(TenantTx::read(ledger.databases(), home).await?)
}

/// From a stream's name to its type, and to its state among the facts.
struct Loading<'tx> {
    tx: Option<&'tx mut TenantTx>,
    stream: StreamRef,
    fact: Option<Fact<'tx>>,
}

/// The stream's version, and what puts its state where the decision finds it.
type Fact<'tx> = Pin<Box<dyn Future<Output = Result<(u32, AddFact), LoadError>> + Send + 'tx>>;
type AddFact = Box<dyn FnOnce(&mut Facts) + Send>;

impl StreamVisitor for Loading<'_> {
    fn visit<S: Stream>(&mut self) {
        let id = self.stream.id;
        let Some(tx) = self.tx.take_if(|_| S::TYPE == self.stream.stream_type) else { return };
        self.fact = Some(Box::pin(async move {
            let loaded = fold_stream_in_tx::<S>(tx, id, Until::Head).await?;
            let add: AddFact = Box::new(move |facts| facts.add(id, loaded.state));
            Ok((loaded.version, add))
        }));
    }
}
