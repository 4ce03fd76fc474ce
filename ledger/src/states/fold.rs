//! From stored events to a state.

use std::sync::Arc;

use thiserror::Error;
use xentri_domain::aggregate::{Stream, StreamRef};
use xentri_domain::kernel::StreamId;
use xentri_schemas::{ReadError, Reading};

use crate::database::{DatabaseError, TenantTx};
use crate::read::{PageLimit, StoredEvent, Until, read_stream_in_tx};
use crate::snapshot::load_snapshot_in_tx;

/// A state and the version that it includes; the default state and 0 for a stream without events.
#[derive(Debug, Clone, PartialEq)]
pub struct Loaded<S> {
    pub state: Arc<S>,
    pub version: u32,
}

/// Cloned for everybody who waited for the same stream.
#[derive(Debug, Clone, Error)]
pub enum LoadError {
    #[error(transparent)]
    Database(#[from] DatabaseError),
    #[error(
        "event {version} of {stream} is a {type_name} in envelope {envelope_version}, newer than this program: update it"
    )]
    TooNew { stream: StreamRef, version: u32, type_name: String, envelope_version: String },
    #[error("event {version} of {stream} can't be read")]
    Unreadable {
        stream: StreamRef,
        version: u32,
        #[source]
        error: Arc<ReadError>,
    },
}

/// Most streams are short, and then that is all that has to be asked. Longer ones may have a snapshot.
const FIRST_PAGE: PageLimit = PageLimit { events: 64, bytes: 1 << 20 };

/// A state in the making.
pub(super) struct Fold<S> {
    id: StreamId,
    state: Arc<S>,
    version: u32,
    /// What it goes on from, which is kept somewhere.
    base: u32,
    events: u64,
}

impl<S: Stream> Fold<S> {
    fn new(id: StreamId) -> Self {
        Self::on(id, Loaded { state: Arc::default(), version: 0 })
    }

    pub(super) fn on(id: StreamId, loaded: Loaded<S>) -> Self {
        Self { id, state: loaded.state, version: loaded.version, base: loaded.version, events: 0 }
    }

    /// From its first event, or from a snapshot of later ones.
    pub(super) async fn read(tx: &mut TenantTx, id: StreamId, until: Until) -> Result<Self, LoadError> {
        let mut fold = Self::new(id);
        if !fold.read_page(tx, until, FIRST_PAGE).await? {
            return Ok(fold);
        }
        let last = match until {
            Until::Head => u32::MAX,
            Until::Version(last) => last,
            // When a snapshot's last event was recorded, it does not say.
            Until::Moment(_) => 0,
        };
        let snapshot = if last == 0 { None } else { load_snapshot_in_tx::<S>(tx, id).await? };
        if let Some(snapshot) = snapshot.filter(|kept| (fold.version + 1..=last).contains(&kept.version)) {
            (fold.state, fold.version, fold.base) =
                (Arc::new(snapshot.state), snapshot.version, snapshot.version);
        }
        fold.read_on(tx, until).await?;
        Ok(fold)
    }

    pub(super) async fn read_on(&mut self, tx: &mut TenantTx, until: Until) -> Result<(), LoadError> {
        while self.read_page(tx, until, PageLimit::default()).await? {}
        Ok(())
    }

    /// Whether more may follow.
    async fn read_page(
        &mut self,
        tx: &mut TenantTx,
        until: Until,
        limit: PageLimit,
    ) -> Result<bool, LoadError> {
        let stream = StreamRef::of::<S>(self.id);
        let page = read_stream_in_tx(tx, stream, self.version, until, limit).await?;
        for event in &page.events {
            self.apply(stream, event)?;
        }
        Ok(page.more)
    }

    fn apply(&mut self, stream: StreamRef, event: &StoredEvent) -> Result<(), LoadError> {
        let version = event.version;
        let unreadable = |error| LoadError::Unreadable { stream, version, error: Arc::new(error) };
        match event.decode().map_err(unreadable)? {
            Reading::Event(envelope) => {
                let event = S::Event::try_from(envelope.payload).map_err(|other| {
                    let type_name = other.type_name.to_owned();
                    unreadable(ReadError::Contradiction { type_name, other: stream.stream_type.to_owned() })
                })?;
                // Whoever has the state before keeps it.
                Arc::make_mut(&mut self.state).apply(&event);
            }
            Reading::UnknownType { .. } => {}
            Reading::UnknownMajor { type_name, envelope_version } => {
                return Err(LoadError::TooNew { stream, version, type_name, envelope_version });
            }
        }
        self.version = version;
        self.events += 1;
        Ok(())
    }

    pub(super) fn base(&self) -> u32 {
        self.base
    }

    /// How many were read.
    pub(super) fn events(&self) -> u64 {
        self.events
    }

    pub(super) fn loaded(self) -> Loaded<S> {
        Loaded { state: self.state, version: self.version }
    }
}

/// The state of a stream as it was at a version or a moment, or as it is, straight from the ledger.
pub async fn fold_stream_in_tx<S: Stream>(
    tx: &mut TenantTx,
    id: StreamId,
    until: Until,
) -> Result<Loaded<S>, LoadError> {
    Ok(Fold::read(tx, id, until).await?.loaded())
}
