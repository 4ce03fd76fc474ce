//! Why a read model could not be made.

use thiserror::Error;
use xentri_ledger::DatabaseError;

use crate::runtime::Trouble;

#[derive(Debug, Error)]
pub enum ReplayError {
    #[error(transparent)]
    Database(#[from] DatabaseError),
    #[error("{0}")]
    Keys(String),
    /// What follows may rest on it.
    #[error("an event can't be passed over: {0}")]
    NotReadable(String),
    #[error("rows can't wait in the system's temporary folder: {0}")]
    Disk(#[from] std::io::Error),
    #[error("rows that waited in the system's temporary folder are not what was written")]
    Spool,
}

impl From<sqlx::Error> for ReplayError {
    fn from(error: sqlx::Error) -> Self {
        Self::Database(error.into())
    }
}

impl From<Trouble> for ReplayError {
    fn from(trouble: Trouble) -> Self {
        match trouble {
            Trouble::Database(error) => Self::Database(error),
            other => Self::Keys(other.to_string()),
        }
    }
}
