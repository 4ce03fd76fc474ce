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
    let Some(mut walk) = Walk::new(stream, opens) else { return Ok(None) };
    walk.on(tx, keys, until).await?;
    match then {
        Then::Version(version) if walk.version != version => Ok(None),
        _ => walk.state(),
    }
}

/// A stream on the way through its versions.
pub(super) struct Walk {
    stream: StreamRef,
    opens: bool,
    folding: Box<dyn Folding>,
    version: u32,
    recorded_at: Timestamp,
}

impl Walk {
    /// Before the first event. None for no type of stream.
    pub(super) fn new(stream: StreamRef, opens: bool) -> Option<Self> {
        let folding = empty(stream.stream_type)?;
        Some(Self { stream, opens, folding, version: 0, recorded_at: Timestamp::MIN })
    }

    /// Goes on as far as there are events.
    pub(super) async fn on(
        &mut self,
        tx: &mut TenantTx,
        keys: &KeyRing,
        until: Until,
    ) -> Result<(), TimeTravelError> {
        loop {
            let page = read_stream_in_tx(tx, self.stream, self.version, until, PageLimit::default()).await?;
            let mut read = Vec::with_capacity(page.events.len());
            for event in &page.events {
                read.push(self.read(event)?);
            }
            if self.opens {
                let opened = keys.open_in_tx(tx, read.iter_mut().flatten()).await;
                opened.map_err(|error| TimeTravelError::Opening {
                    stream: self.stream,
                    error: Arc::new(error),
                })?;
            }
            for (event, envelope) in page.events.iter().zip(read) {
                if let Some(envelope) = envelope {
                    self.folding.apply(self.stream, event.version, envelope.payload)?;
                }
                (self.version, self.recorded_at) = (event.version, event.recorded_at);
            }
            if !page.more {
                return Ok(());
            }
        }
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

    pub(super) fn written(&self) -> Result<Value, TimeTravelError> {
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
