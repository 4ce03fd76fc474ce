//! From events to the state as of then.

use std::sync::Arc;

use serde_json::Value;
use xentri_domain::aggregate::StreamRef;
use xentri_domain::kernel::Timestamp;
use xentri_ledger::{KeyRing, PageLimit, StoredEvent, TenantTx, Until, read_stream_in_tx};
use xentri_schemas::{Envelope, Reading};

use super::TimeTravelError;
use super::kinds::{Folding, empty};

/// As of when.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Then {
    Now,
    Version(u32),
    /// With what was recorded by then.
    Moment(Timestamp),
}

/// What a stream had come to.
#[derive(Debug, Clone, PartialEq)]
pub struct StateThen {
    pub stream: StreamRef,
    pub version: u32,
    /// When the event of that version was recorded.
    pub recorded_at: Timestamp,
    /// As `data.state` of a command has it.
    pub state: Value,
}

/// None where there was no such stream by then, or where it has no such version. `opens`: personal data is open, or forgotten
/// by now; else it is sealed as the ledger has it. Folds from the first event on: what a snapshot has can't be opened, for each
/// value is bound to its event.
pub async fn state_in_tx(
    tx: &mut TenantTx,
    keys: &KeyRing,
    stream: StreamRef,
    then: Then,
    opens: bool,
) -> Result<Option<StateThen>, TimeTravelError> {
    let until = match then {
        Then::Now => Until::Head,
        Then::Version(version) => Until::Version(version),
        Then::Moment(moment) => Until::Moment(moment),
    };
    let Some(mut walk) = Walk::new(stream, opens.then_some(keys)) else { return Ok(None) };
    walk.on(tx, until).await?;
    match then {
        Then::Version(version) if walk.version != version => Ok(None),
        _ => walk.state(),
    }
}

/// A stream on the way through its versions.
pub(crate) struct Walk<'k> {
    stream: StreamRef,
    /// None leaves what is personal sealed.
    keys: Option<&'k KeyRing>,
    folding: Box<dyn Folding>,
    version: u32,
    recorded_at: Timestamp,
}

/// An event, and what it says to this program, if it says anything.
pub(crate) type Told = (StoredEvent, Option<Envelope>);

impl<'k> Walk<'k> {
    /// Before the first event. None for no type of stream.
    pub(crate) fn new(stream: StreamRef, keys: Option<&'k KeyRing>) -> Option<Self> {
        let folding = empty(stream.stream_type)?;
        Some(Self { stream, keys, folding, version: 0, recorded_at: Timestamp::MIN })
    }

    /// Goes on as far as there are events.
    pub(super) async fn on(&mut self, tx: &mut TenantTx, until: Until) -> Result<(), TimeTravelError> {
        loop {
            let (told, more) = self.ahead(tx, until).await?;
            for (event, envelope) in told {
                self.step(&event, envelope)?;
            }
            if !more {
                return Ok(());
            }
        }
    }

    /// The events that come next, and whether more may follow. Goes nowhere.
    pub(crate) async fn ahead(
        &self,
        tx: &mut TenantTx,
        until: Until,
    ) -> Result<(Vec<Told>, bool), TimeTravelError> {
        let page = read_stream_in_tx(tx, self.stream, self.version, until, PageLimit::default()).await?;
        let mut read = Vec::with_capacity(page.events.len());
        for event in &page.events {
            read.push(self.read(event)?);
        }
        if let Some(keys) = self.keys {
            let opened = keys.open_in_tx(tx, read.iter_mut().flatten()).await;
            opened
                .map_err(|error| TimeTravelError::Opening { stream: self.stream, error: Arc::new(error) })?;
        }
        Ok((page.events.into_iter().zip(read).collect(), page.more))
    }

    /// Over the next event.
    pub(crate) fn step(
        &mut self,
        event: &StoredEvent,
        envelope: Option<Envelope>,
    ) -> Result<(), TimeTravelError> {
        if let Some(envelope) = envelope {
            self.folding.apply(self.stream, event.version, envelope.payload)?;
        }
        (self.version, self.recorded_at) = (event.version, event.recorded_at);
        Ok(())
    }

    /// None for an event that says nothing to this program.
    fn read(&self, event: &StoredEvent) -> Result<Option<Envelope>, TimeTravelError> {
        let (stream, version) = (self.stream, event.version);
        let reading = event.decode();
        let reading = reading.map_err(|error| TimeTravelError::Unreadable {
            stream,
            version,
            error: Arc::new(error),
        })?;
        match reading {
            Reading::Event(envelope) => Ok(Some(*envelope)),
            Reading::UnknownType { .. } => Ok(None),
            Reading::UnknownMajor { type_name, .. } => {
                Err(TimeTravelError::TooNew { stream, version, type_name })
            }
        }
    }

    pub(super) fn version(&self) -> u32 {
        self.version
    }

    pub(crate) fn written(&self) -> Result<Value, TimeTravelError> {
        self.folding.written(self.stream)
    }

    fn state(&self) -> Result<Option<StateThen>, TimeTravelError> {
        if self.version == 0 {
            return Ok(None);
        }
        let Self { stream, version, recorded_at, .. } = *self;
        Ok(Some(StateThen { stream, version, recorded_at, state: self.written()? }))
    }
}
