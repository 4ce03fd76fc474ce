//! Why nothing came of it.

use thiserror::Error;
use xentri_ledger::DatabaseError;

use super::ParkedId;
use crate::runtime::{MemberId, Trouble};

#[derive(Debug, Error)]
pub enum ParkedError {
    #[error("no event is parked as {0}; it may have been taken meanwhile")]
    NotParked(ParkedId),
    #[error("this program has neither a read model nor a reactor {0}; ask the release that has it")]
    NobodyTakes(MemberId),
    #[error("it can't be tried now: {0}")]
    NotNow(String),
    #[error("{0} is not the name of a parked event, which is like leads/1/1/0/42")]
    NotAName(String),
    #[error("who discards an event says who they are and why")]
    NoReason,
    #[error("the ledger has no event at {0}")]
    NotInLedger(ParkedId),
    #[error(transparent)]
    Database(#[from] DatabaseError),
    #[error("{0}")]
    Keys(String),
}

impl From<sqlx::Error> for ParkedError {
    fn from(error: sqlx::Error) -> Self {
        Self::Database(error.into())
    }
}

impl From<Trouble> for ParkedError {
    fn from(trouble: Trouble) -> Self {
        match trouble {
            Trouble::Database(error) => Self::Database(error),
            other => Self::Keys(other.to_string()),
        }
    }
}
