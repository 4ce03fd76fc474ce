//! Personal fields of a batch, opened as of its transaction.

use thiserror::Error;
use xentri_ledger::{DatabaseError, KeyRing, KeyRingError, OpeningError, Shard, WorkerTx};

use super::events::Incoming;

/// Why a transaction came to nothing.
#[derive(Debug, Clone, Error)]
pub(crate) enum Trouble {
    #[error(transparent)]
    Database(#[from] DatabaseError),
    /// Of all of them, and so of no event's making.
    #[error("keys: {0}")]
    Keys(KeyRingError),
    #[error("the ledger has gone back to before epoch {0}, position {1}: it has to be rebuilt")]
    GoneBack(u64, u64),
}

impl Trouble {
    /// One of the events is what is wrong.
    pub(crate) fn is_data(&self) -> bool {
        matches!(self, Self::Database(DatabaseError::Data { .. }))
    }

    pub(super) const KINDS: [&'static str; 5] =
        ["data", "database_away", "database_refuses", "gone_back", "keys"];

    /// One of them, as metrics have it.
    pub(super) fn kind(&self) -> &'static str {
        match self {
            Self::Database(error) if error.is_transient() => "database_away",
            Self::Database(DatabaseError::Data { .. }) => "data",
            Self::Database(_) => "database_refuses",
            Self::Keys(_) => "keys",
            Self::GoneBack(..) => "gone_back",
        }
    }

    pub(crate) fn is_transient(&self) -> bool {
        match self {
            Self::Database(error) => error.is_transient(),
            Self::Keys(error) => error.is_transient(),
            Self::GoneBack(..) => false,
        }
    }
}

impl From<sqlx::Error> for Trouble {
    fn from(error: sqlx::Error) -> Self {
        Self::Database(error.into())
    }
}

/// An event that does not open is marked, and keeps nobody from the others.
pub(crate) async fn open_in_tx(
    tx: &mut WorkerTx,
    keys: &KeyRing,
    shard: Shard,
    events: &mut [Incoming],
) -> Result<(), Trouble> {
    let all = events.iter_mut().map(|incoming| &mut *incoming.event.envelope);
    let Err(error) = keys.open_shard_in_tx(tx, shard, all).await else { return Ok(()) };
    fault_of(error)?;
    for incoming in events {
        let opened = keys.open_shard_in_tx(tx, shard, [&mut *incoming.event.envelope]).await;
        incoming.fault = opened.err().map(fault_of).transpose()?;
    }
    Ok(())
}

/// What the event itself is to blame for.
fn fault_of(error: OpeningError) -> Result<String, Trouble> {
    match error {
        OpeningError::Key(KeyRingError::Database(error)) => Err(Trouble::Database(error)),
        OpeningError::Key(error @ KeyRingError::Keeper(_)) => Err(Trouble::Keys(error)),
        error @ (OpeningError::Key(_) | OpeningError::Field(_)) => Ok(error.to_string()),
    }
}
