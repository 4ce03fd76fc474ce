//! A store of events for one command, on the ledger.

use std::collections::HashMap;
use std::error::Error as StdError;
use std::sync::Arc;

use cqrs_es::{AggregateContext, AggregateError, EventEnvelope, EventStore};
use thiserror::Error;
use xentri_domain::aggregate::{Aggregate, Facts, StreamRef};
use xentri_domain::kernel::StreamId;
use xentri_domain::registry::{Command, Event};
use xentri_ledger::{
    AppendError, Chain, Home, Ledger, LoadError, Outcome, PageLimit, ReceiptRecord, Refusal, Sealer,
    StoredEvent, Until, fold_stream_in_tx, read_stream_in_tx,
};
use xentri_schemas::{Envelope, Environment, Reading};

use super::services::begin;
use super::{Adapted, Halted, Happened, Services};
use crate::dispatch::Provenance;
use crate::envelopes::Frame;

/// One command and everything that belongs to it.
#[derive(Debug, Clone)]
pub struct CommandScope {
    pub home: Home,
    /// Who gives it, on which stream and when. Other streams are read when the decision asks for them.
    pub facts: Facts,
    /// The version that the stream must have.
    pub expected: Option<u32>,
    pub receipt: Option<ReceiptRecord>,
    pub provenance: Provenance,
    pub environment: Environment,
}

/// A store for one command: what it commits rests on everything that the decision has seen. Asked for a second one, it
/// would be late for it: the versions are those that the first one saw.
#[derive(Debug)]
pub struct OneCommand {
    ledger: Ledger,
    scope: CommandScope,
    services: Services,
}

/// The aggregate of the command, as it was when it was loaded.
#[derive(Debug)]
pub struct InHand<A>(Adapted<A>);

/// The ledger says no, and to decide again would not help.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
#[error("the ledger refuses the command: {0:?}")]
pub struct NotAppended(pub Refusal);

#[derive(Debug, Error)]
enum Misused {
    #[error("the store is for a command on {of}, not on {asked}")]
    OtherStream { of: StreamId, asked: String },
    #[error("no command was handled with the store's own services")]
    NotHandled,
}

type Fault = Box<dyn StdError + Send + Sync>;
type Failed<A> = AggregateError<Halted<<A as Aggregate>::Error>>;

impl OneCommand {
    /// With the services that its framework needs; those of another command would do it no good.
    pub fn new(ledger: &Ledger, scope: CommandScope) -> (Self, Services) {
        let services = Services::new(Some((ledger.clone(), scope.home)), scope.facts.clone());
        (Self { ledger: ledger.clone(), scope, services: services.clone() }, services)
    }

    fn stream<A: Aggregate>(&self, asked: &str) -> Result<StreamRef, Misused> {
        let of = self.scope.facts.stream;
        let asked_for_it = of.to_string() == asked;
        asked_for_it
            .then(|| StreamRef::of::<A>(of))
            .ok_or(Misused::OtherStream { of, asked: asked.to_owned() })
    }

    /// Versions go on from those that were seen, stream by stream.
    fn envelopes(&self, events: Vec<(StreamRef, Event)>) -> Result<Vec<Envelope>, Misused> {
        let hand = self.services.hand();
        let (_, command) = hand.given.as_ref().ok_or(Misused::NotHandled)?;
        let CommandScope { facts, receipt, provenance, environment, .. } = &self.scope;
        let dedupe_key = receipt.as_ref().map(ReceiptRecord::key);
        let (principal, now, environment) = (&facts.principal, facts.now, *environment);
        let frame = Frame { principal, command, provenance, dedupe_key, now, environment };
        Ok(frame.around(events, &mut hand.versions.clone()))
    }

    async fn chain(&self, sealer: &mut Sealer, envelopes: &[Envelope]) -> Result<Chain, Fault> {
        let (facts, versions, given) = {
            let hand = self.services.hand();
            (hand.facts.clone(), hand.versions.clone(), hand.given.clone())
        };
        let (authorized, _) = given.ok_or(Misused::NotHandled)?;
        let mut record = match &facts.subject_streams {
            // Only who forgets a person asks for them.
            Some(streams) => sealer.forget(facts.stream.into(), streams, envelopes).await?,
            None => sealer.seal(envelopes).await?,
        };
        record.receipt.clone_from(&self.scope.receipt);
        let mut chain = Chain::new(self.scope.home);
        chain.push(&authorized, versions, record)?;
        Ok(chain)
    }

    async fn append<E: StdError>(&self, envelopes: &[Envelope]) -> Result<(), AggregateError<E>> {
        let mut sealer = self.ledger.keys().sealer(self.scope.home);
        let chain = self.chain(&mut sealer, envelopes).await.map_err(AggregateError::UnexpectedError)?;
        let answer = self.ledger.appenders().append(chain).await;
        sealer.settle(&answer).await;
        match answer {
            Ok(Outcome::Appended(_)) => Ok(()),
            // What was seen is not so any more: whoever sent the command may decide again.
            Ok(Outcome::Refused(Refusal::Stale | Refusal::SubjectKeyExists | Refusal::SubjectKeyUnknown)) => {
                Err(AggregateError::AggregateConflict)
            }
            Ok(Outcome::Refused(refusal)) => {
                Err(AggregateError::UnexpectedError(NotAppended(refusal).into()))
            }
            Err(error @ AppendError::Unavailable(_)) => {
                Err(AggregateError::DatabaseConnectionError(error.into()))
            }
            Err(error) => Err(AggregateError::UnexpectedError(error.into())),
        }
    }
}

impl<A: Aggregate> EventStore<Adapted<A>> for OneCommand
where
    Command: From<A::Command>,
{
    type AC = InHand<A>;

    /// Personal fields stay sealed.
    async fn load_events(&self, aggregate_id: &str) -> Result<Vec<EventEnvelope<Adapted<A>>>, Failed<A>> {
        let stream = self.stream::<A>(aggregate_id).map_err(unexpected)?;
        let mut tx = begin(&self.ledger, self.scope.home).await.map_err(not_loaded)?;
        let (mut events, mut after) = (Vec::new(), 0);
        loop {
            let page = read_stream_in_tx(&mut tx, stream, after, Until::Head, PageLimit::default()).await;
            let page = page.map_err(|error| not_loaded(error.into()))?;
            for stored in &page.events {
                after = stored.version;
                events.extend(envelope(stored).map_err(AggregateError::DeserializationError)?);
            }
            if !page.more {
                return Ok(events);
            }
        }
    }

    async fn load_aggregate(&self, aggregate_id: &str) -> Result<InHand<A>, Failed<A>> {
        let stream = self.stream::<A>(aggregate_id).map_err(unexpected)?;
        let mut tx = begin(&self.ledger, self.scope.home).await.map_err(not_loaded)?;
        let loaded = fold_stream_in_tx::<A>(&mut tx, stream.id, Until::Head).await.map_err(not_loaded)?;
        if self.scope.expected.is_some_and(|expected| expected != loaded.version) {
            return Err(AggregateError::AggregateConflict);
        }
        self.services.hand().versions.entry(stream).or_insert(loaded.version);
        Ok(InHand(Adapted(Arc::unwrap_or_clone(loaded.state))))
    }

    /// `metadata` goes no further than the answer: what the ledger keeps beside an event is in the scope.
    async fn commit(
        &self,
        events: Vec<Happened<A>>,
        _: InHand<A>,
        metadata: HashMap<String, String>,
    ) -> Result<Vec<EventEnvelope<Adapted<A>>>, Failed<A>> {
        if events.is_empty() && self.scope.receipt.is_none() {
            return Ok(Vec::new());
        }
        let own = StreamRef::of::<A>(self.scope.facts.stream);
        let placed = events.iter().cloned().map(|event| event.place(own)).collect();
        let envelopes = self.envelopes(placed).map_err(unexpected)?;
        self.append(&envelopes).await?;
        let committed = envelopes.iter().zip(events).map(|(envelope, payload)| EventEnvelope {
            aggregate_id: envelope.stream_id.to_string(),
            sequence: sequence(envelope.version),
            payload,
            metadata: metadata.clone(),
        });
        Ok(committed.collect())
    }
}

impl<A: Aggregate> AggregateContext<Adapted<A>> for InHand<A>
where
    Command: From<A::Command>,
{
    fn aggregate(&mut self) -> &mut Adapted<A> {
        &mut self.0
    }
}

/// None of an event that this program does not know, which a fold passes over too.
fn envelope<A: Aggregate>(stored: &StoredEvent) -> Result<Option<EventEnvelope<Adapted<A>>>, Fault>
where
    Command: From<A::Command>,
{
    let event = match stored.decode()? {
        Reading::Event(envelope) => A::Event::try_from(envelope.payload)?,
        Reading::UnknownType { .. } => return Ok(None),
        Reading::UnknownMajor { type_name, .. } => {
            return Err(format!("{type_name} is newer than this program").into());
        }
    };
    let metadata = [
        ("id", stored.id.to_string()),
        ("org_seq", stored.org_seq.to_string()),
        ("recorded_at", stored.recorded_at.to_string()),
    ];
    Ok(Some(EventEnvelope {
        aggregate_id: stored.stream_id.to_string(),
        sequence: sequence(stored.version.into()),
        payload: Happened::Here(event),
        metadata: metadata.into_iter().map(|(name, value)| (name.to_owned(), value)).collect(),
    }))
}

/// A version is far below 2^32.
fn sequence(version: u64) -> usize {
    usize::try_from(version).unwrap_or(usize::MAX)
}

fn unexpected<E: StdError>(misused: Misused) -> AggregateError<E> {
    AggregateError::UnexpectedError(misused.into())
}

fn not_loaded<E: StdError>(error: LoadError) -> AggregateError<E> {
    match error {
        LoadError::Database(error) => AggregateError::DatabaseConnectionError(error.into()),
        error => AggregateError::DeserializationError(error.into()),
    }
}
